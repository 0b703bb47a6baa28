// Einsum: sums of products of elements whose dimensions an equation names.

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "sessile/core/framework/einsum_equation.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/reduction_grad.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;

constexpr const char* kEllipsis = "...";

absl::Status EinsumShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const std::string text, ctx.Attr<std::string>("equation"));
  SESSILE_ASSIGN_OR_RETURN(const EinsumEquation equation, EinsumEquation::Parse(text));
  std::vector<Shape> shapes;
  for (int i = 0; i < ctx.num_inputs(); ++i) shapes.push_back(ctx.input(i));
  SESSILE_ASSIGN_OR_RETURN(const std::optional<EinsumDims> dims, EinsumDims::Of(equation, shapes));
  if (!dims.has_value()) return absl::OkStatus();
  SESSILE_ASSIGN_OR_RETURN(Shape output, dims->OutputShape());
  ctx.SetOutput(0, std::move(output));
  return absl::OkStatus();
}

Output EinsumOp(const Outputs& inputs, const std::string& equation) {
  return OpBuilder("Einsum").InputList(inputs).Attr("equation", equation).Build();
}

bool Contains(const std::string& subscript, char label) {
  return subscript.find(label) != std::string::npos;
}

std::string Without(const std::string& subscript, const std::string& labels) {
  std::string kept = subscript;
  std::erase_if(kept, [&](char label) { return Contains(labels, label); });
  return kept;
}

// The labels of `subscript`, each once, that none of `others` has.
std::string OnlyIn(const std::string& subscript, const std::string& others) {
  std::string only;
  for (const char label : subscript) {
    if (label != '.' && !Contains(others, label) && !Contains(only, label)) only += label;
  }
  return only;
}

// Where the dimension of `label` is; behind an ellipsis it is counted from the end.
int64_t AxisOf(const std::string& subscript, char label) {
  const auto at = static_cast<int64_t>(subscript.find(label));
  const size_t ellipsis = subscript.find(kEllipsis);
  const bool behind = ellipsis != std::string::npos && at > static_cast<int64_t>(ellipsis);
  return behind ? at - static_cast<int64_t>(subscript.size()) : at;
}

bool HasRepeatedLabels(const std::string& subscript) {
  return std::set<char>(subscript.begin(), subscript.end()).size() < subscript.size();
}

// What tf.ones of a number, not of a list, builds.
Output OnesVector(int32_t count) {
  const name_scope scope("ones");
  const Output sizes = constant(std::vector<int32_t>{count}, {.name = "shape_as_tensor"});
  const Output one = constant(1, {.name = "Const"});
  return OpBuilder("Fill", scope.name()).Input(sizes).Input(one).Build();
}

// The gradient by the one operand `input` of which labels `reduced` were summed up: repeated along
// their dimensions.
Output GradientOfSum(const Output& grad, const std::string& output, const std::string& input,
                     const Output& input_shape, const std::string& reduced) {
  std::vector<Input> sizes;
  std::vector<int32_t> axes;
  for (const char label : reduced) axes.push_back(static_cast<int32_t>(AxisOf(input, label)));
  for (const int32_t axis : axes) sizes.emplace_back(input_shape[axis]);
  const Output reduced_sizes = stack(sizes);
  if (!HasRepeatedLabels(input) && !HasRepeatedLabels(output) &&
      Without(input, reduced) == output) {
    const Input kept = ReducedShape(input_shape, convert_to_tensor(Input(axes)));
    return broadcast_to(reshape(grad, kept), input_shape);
  }
  // Put in front at first, and from there to where they belong.
  const Output whole = concat({reduced_sizes, shape(grad)}, 0);
  const Output one_each = OnesVector(static_cast<int32_t>(reduced.size()));
  const Output kept = concat({one_each, shape(grad)}, 0);
  const Output repeated = broadcast_to(reshape(grad, kept), whole);
  return EinsumOp({repeated}, absl::StrCat(reduced, output, "->", input));
}

struct Operand {
  std::string subscript;
  Output value;
  Output shape = sessile::shape(value);
};

// The gradient by `x`, as if nothing had been broadcast: again an einsum, of `grad` and the other
// operand.
Output GradientBy(const Operand& x, const Operand& other, const Output& grad,
                  const std::string& output) {
  const std::string reduced = OnlyIn(x.subscript, absl::StrCat(output, other.subscript));
  const std::string left = Without(x.subscript, reduced);
  const Output by_left =
      EinsumOp({grad, other.value}, absl::StrCat(output, ",", other.subscript, "->", left));
  if (reduced.empty()) return by_left;
  return GradientOfSum(by_left, left, x.subscript, x.shape, reduced);
}

// The dimensions of an ellipsis: begin, and end from the end (0: up to the end).
struct EllipsisRange {
  int64_t begin = 0;
  int64_t end = 0;
};
EllipsisRange RangeOf(const std::string& subscript) {
  const auto begin = static_cast<int64_t>(subscript.find(kEllipsis));
  return {begin, begin + 3 - static_cast<int64_t>(subscript.size())};
}

Shape BroadcastPart(const Shape& shape, const EllipsisRange& range) {
  return shape.Slice(static_cast<int>(range.begin), shape.rank() + static_cast<int>(range.end));
}

Output BroadcastPart(const Output& shape, const EllipsisRange& range) {
  if (range.end == 0) return shape[{{range.begin, {}}}];
  return shape[{{range.begin, range.end}}];
}

// Sums over what was repeated in one of the operands.
Outputs Unbroadcast(const Operand& x, const Operand& y, const Output& by_x, const Output& by_y) {
  const EllipsisRange x_range = RangeOf(x.subscript);
  const EllipsisRange y_range = RangeOf(y.subscript);
  const Shape x_known = x.value.get_shape();
  const Shape y_known = y.value.get_shape();
  if (x_known.IsFullyDefined() && y_known.IsFullyDefined() &&
      BroadcastPart(x_known, x_range) == BroadcastPart(y_known, y_range)) {
    return {by_x, by_y};
  }
  const Output x_part = BroadcastPart(x.shape, x_range);
  const Output y_part = BroadcastPart(y.shape, y_range);
  const Outputs axes = OpBuilder("BroadcastGradientArgs").Input(x_part).Input(y_part).BuildAll();
  const Output x_axes = x_range.begin + axes[0];
  const Output x_sum = reshape(reduce_sum(by_x, {.axis = x_axes}), x.shape);
  const Output y_axes = y_range.begin + axes[1];
  const Output y_sum = reshape(reduce_sum(by_y, {.axis = y_axes}), y.shape);
  return {x_sum, y_sum};
}

absl::StatusOr<Outputs> EinsumGradient(GradContext& ctx, const Node& node,
                                       std::span<const Output> grads) {
  SESSILE_ASSIGN_OR_RETURN(const std::string text, node.attrs().Get<std::string>("equation"));
  SESSILE_ASSIGN_OR_RETURN(const EinsumEquation equation, EinsumEquation::Parse(text));
  const std::string& output = equation.output;
  Outputs values;
  for (int i = 0; i < node.num_inputs(); ++i) {
    values.push_back(node.num_inputs() == 1 ? ctx.input(node, i) : conj(ctx.input(node, i)));
  }
  Operand x = {.subscript = equation.inputs[0], .value = values[0]};
  if (node.num_inputs() == 1) {
    const std::string reduced = OnlyIn(x.subscript, output);
    if (reduced.empty()) {
      return Outputs{EinsumOp({grads[0]}, absl::StrCat(output, "->", x.subscript))};
    }
    return Outputs{GradientOfSum(grads[0], output, x.subscript, x.shape, reduced)};
  }
  Operand y = {.subscript = equation.inputs[1], .value = values[1]};
  const bool broadcasts = output.find(kEllipsis) != std::string::npos;
  for (Operand* operand : {&x, &y}) {
    if (broadcasts && operand->subscript.find(kEllipsis) == std::string::npos) {
      operand->subscript += kEllipsis;
    }
  }
  const Output by_x = GradientBy(x, y, grads[0], output);
  const Output by_y = GradientBy(y, x, grads[0], output);
  if (!broadcasts) return Outputs{by_x, by_y};
  return Unbroadcast(x, y, by_x, by_y);
}

// -- The builder.

void Refuse(const std::string& message) { errors::ThrowIfError(InvalidArgument(message)); }

// Letters, and one character in place of "...".
std::string Simplified(const std::string& equation) {
  constexpr char kMark = '0';
  const std::string compact =
      absl::StrReplaceAll(equation, {{" ", ""}, {kEllipsis, std::string(1, kMark)}});
  const std::string sides = absl::StrReplaceAll(compact, {{"->", ","}});
  const bool ok = std::all_of(sides.begin(), sides.end(), [](char c) {
    return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == ',' || c == kMark;
  });
  if (!ok || Contains(equation, kMark)) {
    Refuse(absl::StrCat("Subscripts have incorrect format: ", compact));
  }
  return compact;
}

// The labels that occur once, in alphabetical order.
std::string ImplicitOutput(const std::string& inputs) {
  std::map<char, int> counts;
  for (const char label : inputs) {
    if (label != ',') ++counts[label];
  }
  std::string output;
  for (const auto& [label, count] : counts) {
    if (count == 1) output += label;
  }
  return output;
}

// The equation as the operation wants it: without spaces, with an output.
std::string Resolved(const std::string& equation, size_t operands) {
  std::string simple = Simplified(equation);
  std::vector<std::string> sides = absl::StrSplit(simple, "->");
  if (sides.size() > 2) Refuse(absl::StrCat("Subscripts have incorrect format: ", simple));
  const std::vector<std::string> inputs = absl::StrSplit(sides[0], ',');
  if (inputs.size() != operands) {
    Refuse(absl::StrCat("Got ", operands, " inputs for equation \"", equation, "\", expecting ",
                        inputs.size()));
  }
  if (sides.size() == 1) sides.push_back(ImplicitOutput(sides[0]));
  if (HasRepeatedLabels(sides[1])) {
    Refuse(absl::StrCat("Output subscripts contain a label appearing more than once: ", equation));
  }
  return absl::StrReplaceAll(absl::StrCat(sides[0], "->", sides[1]), {{"0", kEllipsis}});
}

}  // namespace

void RegisterEinsum(OpRegistry& ops) {
  ops.Add("Einsum")
      .Input("inputs: N * T")
      .Output("output: T")
      .Attr("equation: string")
      .Attr("N: int >= 1")
      .Attr("T: type")
      .Shape(EinsumShape)
      .Gradient(EinsumGradient)
      .Doc("Sums of products of elements, whose dimensions `equation` names: \"ij,jk->ik\".");
}

Output einsum(const std::string& equation, const InputList& inputs, std::string_view name) {
  if (inputs.empty()) Refuse("einsum needs at least one tensor");
  SourceScope here(inputs.front());
  if (inputs.size() > 2) {
    errors::ThrowIfError(
        Unimplemented("einsum of more than two tensors: in which order they are "
                      "multiplied must be said by several einsums"));
  }
  const name_scope scope(name.empty() ? "einsum" : name, graph_of(inputs).impl());
  return OpBuilder("Einsum")
      .InputList(inputs)
      .Attr("equation", Resolved(equation, inputs.size()))
      .Build();
}

}  // namespace sessile
