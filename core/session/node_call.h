// One call of one node's kernel: locks, preparation, memory, blocks.
//
//   NodeCall call(step, inputs, {&pool, &limits, yardstick});
//   SESSILE_RETURN_IF_ERROR(call.Run());
//   outputs = call.TakeOutputs();
//
// The call takes its inputs away, so that an input that nobody else needs can become an output
// (MayForward). While the kernel runs, the contents of variables are locked: exclusive for
// references and handles through which it may write, shared for values that alias a variable, in
// the order of the locks' ids.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/core/session/cancellation.h"
#include "sessile/core/session/dataflow.h"
#include "sessile/core/session/program.h"
#include "sessile/core/session/run_metadata.h"
#include "sessile/core/session/thread_pool.h"

namespace sessile {

// The tensor at an input: for a reference or a handle, the variable's content now, without value if
// it is uninitialized.
Tensor TensorOf(const RunValue& value);

// True if values of this type may stand for a variable itself: references and handles. Where one
// goes to another type, its content goes.
bool MayReferToVariable(DataType type);
// True if the step may write the variable that comes at input `i`.
bool WritesVariable(const Step& step, size_t i);
// True if the step may meet an uninitialized variable at input `i`: one that it gives a value, asks
// about, or passes on as a handle.
bool MayBeUninitialized(const Step& step, size_t i);

// INVALID_ARGUMENT if input `i` is a handle and the step's kernel is not made for variables there:
// it would take the content for a handle.
absl::Status CheckTakesVariable(const Step& step, size_t i);
// That, and FAILED_PRECONDITION ("Attempting to use uninitialized value W") if a live input is an
// uninitialized variable and the step wants a value there.
absl::Status CheckInitialized(const Step& step, std::span<const RunValue> inputs);

class NodeCall final : public RunContext {
 public:
  struct Environment {
    ThreadPool* pool;
    const RunLimits* limits;
    bool yardstick;
    RunTrace* trace = nullptr;  // null: the run is not traced
  };

  // REQUIRES: all inputs are live, and references where the node takes references.
  NodeCall(const Step& step, std::span<RunValue> inputs, const Environment& environment);

  absl::Status Run();
  std::vector<RunValue> TakeOutputs() { return std::move(outputs_); }

  // RunContext, for the kernel:
  KernelState* state() override { return step_.state; }
  VariableState* variable(int i) override { return inputs_[static_cast<size_t>(i)].variable; }
  absl::StatusOr<TensorView> AllocateOutput(int i, const Shape& shape) override;
  bool cancelled() const override { return environment_.limits->Exceeded(); }

 private:
  class Locks;
  absl::Status MakeOutputs();
  absl::Status MakeOutput(int i);
  bool RefersToVariable(int i, const Prepared::Forward* alias) const;
  absl::Status MakeReference(int i, const Prepared::Forward* alias);
  bool MayTakeOver(const Tensor& input, const TensorSpec& spec) const;
  absl::Status PrepareVariables(std::vector<Tensor>* targets);
  absl::Status RunPhases();
  absl::Status CheckOutputs() const;

  const Step& step_;
  const Environment environment_;
  std::vector<RunValue> inputs_;
  std::vector<Tensor> tensors_;  // of the inputs
  std::shared_ptr<const Prepared> prepared_;
  std::vector<TensorView> input_views_;
  std::vector<RunValue> outputs_;
  std::vector<TensorView> output_views_;
};

}  // namespace sessile
