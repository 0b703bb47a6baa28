// A few operations and kernels for tests of the session alone, and short ways to build graphs of
// them.
//
//   TestGraph g;
//   const Output x = g.Placeholder("x", float32);
//   const Output y = g.Op("Neg", "y", {x});
//   Session sess = g.NewSession();
//
// The ops are named as TensorFlow's where they do the same. Besides them: "Gate", which blocks
// until the test opens the gate or the run is cancelled, and "Count", which counts its calls.
#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/output.h"
#include "sessile/core/session/session.h"

namespace sessile {

const OpRegistry& SessionTestOps();
const KernelRegistry& SessionTestKernels();

// Shared by all tests of a process, which run one after another.
struct SessionTestProbe {
  std::atomic<int> calls{0};           // of Count
  std::atomic<bool> gate_open{false};  // Gate goes on
  std::atomic<int> in_gate{0};         // Gates that wait
  void Reset();
};
SessionTestProbe& Probe();

class TestGraph {
 public:
  TestGraph() : graph_(SessionTestOps()) {}

  using Attrs = std::vector<std::pair<std::string, AttrValue>>;
  Operation AddOp(const std::string& op, const std::string& name,
                  const std::vector<Output>& inputs = {}, const Attrs& attrs = {},
                  const std::vector<Operation>& controls = {});
  // The first output of AddOp.
  Output Op(const std::string& op, const std::string& name, const std::vector<Output>& inputs = {},
            const Attrs& attrs = {}, const std::vector<Operation>& controls = {}) {
    return Output(AddOp(op, name, inputs, attrs, controls), 0);
  }
  Output Placeholder(const std::string& name, DataType dtype,
                     const Shape& shape = Shape::Unknown());
  Output Const(const std::string& name, const Tensor& value,
               const std::vector<Operation>& controls = {});
  Output Const(const std::string& name, float value) { return Const(name, Tensor::Scalar(value)); }
  // The reference output of a variable.
  Output Variable(const std::string& name, DataType dtype = float32) {
    return Op("VariableV2", name, {}, {{"dtype", dtype}});
  }

  Session NewSession(ConfigProto config = {}) const;
  const Graph& graph() const { return graph_; }

 private:
  Graph graph_;
};

Tensor Floats(const Shape& shape, const std::vector<float>& values);
// Matches a Tensor of floats with these elements.
testing::Matcher<const Tensor&> HasFloats(const std::vector<float>& values);
// Expects that `status` has this code and a message that contains `text`.
void ExpectStatus(const absl::Status& status, absl::StatusCode code, const std::string& text);

}  // namespace sessile
