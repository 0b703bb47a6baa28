// The context in which the nodes of a loop are built.
//
// What is used in it from outside enters the loop's frame by an Enter that is the same in all
// turns.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/ops/control_flow_context.h"

namespace sessile {

class WhileContext final : public GuardingContext {
 public:
  // Makes the context inside of the current one, under a name that becomes the frame's.
  static WhileContext* Make(const std::shared_ptr<GraphImpl>& graph, int64_t parallel_iterations);
  // The innermost loop that `context` is or lies in; null if there is none.
  static const WhileContext* Around(const ControlFlowContext* context);

  absl::Status AddOp(Node& node) override;
  bool IsWhile() const override { return true; }
  absl::StatusOr<Endpoint> AddValue(Endpoint value) override;

  // An Enter for `value`, outside of all contexts; and its adoption into this one, with the control
  // inputs of the scopes that are open.
  absl::StatusOr<Endpoint> MakeEnter(Endpoint value, bool is_constant);
  void Adopt(Endpoint entered);
  void ForgetValues() { values_.clear(); }

  // Alive in every turn: before the condition is known (the first Merge), and in the body.
  void SetPivotForCondition(Endpoint pivot) { pivot_ = pivot; }
  void SetPivotForBody(Endpoint pivot) { pivot_ = pivot; }
  Endpoint control_pivot() const { return pivot_; }

 private:
  WhileContext(GraphImpl& graph, std::string name, GuardingContext* outer,
               int64_t parallel_iterations)
      : GuardingContext(graph, std::move(name), outer), parallel_iterations_(parallel_iterations) {}
  // An Identity inside of the loop of what node `control` outside of it gives.
  absl::StatusOr<int> WaitInside(int control);
  bool OnlyReadsInvariants(const Node& node) const;

  const int64_t parallel_iterations_;
  Endpoint pivot_;
};

}  // namespace sessile
