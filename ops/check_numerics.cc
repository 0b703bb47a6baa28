// CheckNumerics: the input itself, or an error if not all of its elements are finite numbers; and
// verify_tensor_all_finite, which is made of it.

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/check.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// The gradient is checked too. TensorFlow's Python shows the message as it shows bytes: b'...'.
absl::StatusOr<std::vector<Output>> CheckNumericsGradient(GradContext&, const Node& node,
                                                          std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const std::string message, node.attrs().Get<std::string>("message"));
  return std::vector<Output>{check_numerics(
      grads[0], absl::StrCat("Not a number (NaN) or infinity (Inf) values detected in gradient. b'",
                             absl::CHexEscape(message), "'"))};
}

}  // namespace

void RegisterCheckNumerics(OpRegistry& ops) {
  ops.Add("CheckNumerics")
      .Input("tensor: T")
      .Output("output: T")
      .Attr("T: {bfloat16, half, float, double}")
      .Attr("message: string")
      .Shape(UnchangedShape)
      .Gradient(CheckNumericsGradient)
      .Stateful()
      .Doc("The input itself; an error that begins with `message` if it has NaN or infinity.");
}

Output check_numerics(Input tensor, const std::string& message, std::string_view name) {
  SourceScope here(tensor);
  return OpBuilder("CheckNumerics", name).Input(tensor).Attr("message", message).Build();
}

Output verify_tensor_all_finite(Input x, const std::string& message, std::string_view name) {
  SourceScope here(x);
  const name_scope scope(name.empty() ? "VerifyFinite" : name, graph_of({&x, 1}).impl());
  const Output tensor = convert_to_tensor(x, std::nullopt, "x");
  const colocate_with beside(tensor);
  const Output checked = check_numerics(tensor, message);
  return with_dependencies({checked}, tensor);
}

}  // namespace sessile
