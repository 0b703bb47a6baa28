// Assert and Print: conditions that a run checks, values that it shows.

#include "sessile/ops/assert.h"

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::StatusOr<std::vector<Output>> PrintGradient(GradContext&, const Node& node,
                                                  std::span<const Output> grads) {
  std::vector<Output> results(static_cast<size_t>(node.num_inputs()));
  results[0] = grads[0];
  return results;
}

absl::Status AssertShape(ShapeContext& ctx) { return ctx.InputIsScalar(0); }

Operation AssertNode(const Input& condition, const std::vector<Input>& data, int64_t summarize) {
  return OpBuilder("Assert")
      .Input(condition)
      .InputList(data)
      .Attr("summarize", summarize)
      .BuildOperation();
}

}  // namespace

void RegisterAssert(OpRegistry& ops) {
  ops.Add("Assert")
      .Input("condition: bool")
      .Input("data: T")
      .Attr("T: list(type) >= 1")
      .Attr("summarize: int = 3")
      .Stateful()
      .Shape(AssertShape)
      .NoGradient("it has no outputs")
      .Doc("An error that shows `data` unless `condition` holds.");
  ops.Add("Print")
      .Input("input: T")
      .Input("data: U")
      .Output("output: T")
      .Attr("T: type")
      .Attr("U: list(type) >= 0")
      .Attr("message: string = ''")
      .Attr("first_n: int = -1")
      .Attr("summarize: int = 3")
      .Stateful()
      .Shape(UnchangedShape)
      .Gradient(PrintGradient)
      .Doc("`input`; when it runs, `data` is shown on standard error.");
}

// Data of other types than strings and int32 might be on another device, and TensorFlow copies them
// only if the condition fails: the node is built inside of a cond.
Operation Assert(Input condition, const InputList& data, AssertOptions options) {
  SourceScope here(condition);
  std::vector<Input> inputs = data;
  inputs.insert(inputs.begin(), condition);
  const Graph graph = graph_of(inputs);
  const auto with = graph.as_default();
  const name_scope scope(options.name.empty() ? "Assert" : options.name, graph.impl());
  bool on_host = true;
  for (const Input& each : data) {
    const DataType type = BaseType(convert_to_tensor(each).dtype());
    on_host = on_host && (type == string || type == int32);
  }
  if (on_host) return AssertNode(condition, data, options.summarize);
  const Output holds = convert_to_tensor(condition, std::nullopt, "Condition");
  const Output guarded = cond(
      holds, [] { return no_op(); }, [&] { return AssertNode(holds, data, options.summarize); },
      {.name = "AssertGuard"});
  return guarded.op();
}

Output Print(Input input, const InputList& data, PrintOptions options) {
  SourceScope here(input);
  return OpBuilder("Print", options.name)
      .Input(input)
      .InputList(data)
      .Attr("message", options.message)
      .Attr("first_n", options.first_n)
      .Attr("summarize", options.summarize)
      .Build();
}

}  // namespace sessile
