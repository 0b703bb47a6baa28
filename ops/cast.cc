// Cast: the same values as another dtype.

#include <cmath>

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

// Between int32 and int64; from a number with a point if it fits.
std::optional<Tensor> CastValue(ShapeContext& ctx, int index) {
  if (const std::optional<std::vector<int64_t>> ints = KnownInts(ctx, 0)) {
    return IntTensor(OutputType(ctx, index), ctx.input_value(0)->shape(), *ints);
  }
  const Tensor* const value = ctx.input_value(0);
  if (value == nullptr || value->num_elements() > kMaxFoldedElements) return std::nullopt;
  std::vector<int64_t> ints;
  for (int64_t i = 0; i < value->num_elements(); ++i) {
    double number = 0;
    const auto at = static_cast<size_t>(i);
    if (value->dtype() == float32) {
      number = static_cast<double>(value->flat<float>()[at]);
    } else if (value->dtype() == float64) {
      number = value->flat<double>()[at];
    } else if (value->dtype() == bool_) {
      number = value->flat<bool>()[at] ? 1 : 0;
    } else {
      return std::nullopt;
    }
    if (!(std::abs(number) < 2147483648.0)) return std::nullopt;
    ints.push_back(static_cast<int64_t>(number));
  }
  return IntTensor(OutputType(ctx, index), value->shape(), ints);
}

// A shape stays one under another integer type.
std::optional<Shape> CastValueAsShape(ShapeContext& ctx, int index) {
  const DataType to = OutputType(ctx, index);
  absl::StatusOr<Shape> shape = ctx.input_value_as_shape(0);
  if ((to != int32 && to != int64) || !shape.ok()) return std::nullopt;
  return *std::move(shape);
}

bool IsDifferentiable(DataType type) { return IsFloating(type) || IsComplex(type); }

absl::StatusOr<std::vector<Output>> CastGradient(GradContext& ctx, const Node& node,
                                                 std::span<const Output> grads) {
  const DataType from = BaseType(ctx.input(node, 0).dtype());
  const DataType to = BaseType(grads[0].dtype());
  if (!IsDifferentiable(from) || !IsDifferentiable(to)) return std::vector<Output>{Output()};
  return std::vector<Output>{cast(grads[0], from)};
}

}  // namespace

void RegisterCast(OpRegistry& ops) {
  ops.Add("Cast")
      .Input("x: SrcT")
      .Output("y: DstT")
      .Attr("SrcT: type")
      .Attr("DstT: type")
      .Attr("Truncate: bool = false")
      .Shape(UnchangedShape)
      .Value(CastValue)
      .ValueAsShape(CastValueAsShape)
      .Gradient(CastGradient)
      .RowsIndependent()
      .Doc("The values of `x` as another dtype.");
}

Output cast(Input x, DataType dtype, std::string_view name) {
  SourceScope here(x);
  const DataType base = BaseType(dtype);
  if (x.is_output() && x.output().dtype() == base) return x.Read();
  const name_scope scope(name.empty() ? "Cast" : name, graph_of({&x, 1}).impl());
  const Output tensor = convert_to_tensor(x, std::nullopt, "x");
  if (BaseType(tensor.dtype()) == base) return tensor;
  return OpBuilder("Cast", scope.name()).Input(tensor).Attr("DstT", base).Build();
}

Output to_float(Input x, std::string_view name) { return cast(x, float32, name); }
Output to_double(Input x, std::string_view name) { return cast(x, float64, name); }
Output to_int32(Input x, std::string_view name) { return cast(x, int32, name); }
Output to_int64(Input x, std::string_view name) { return cast(x, int64, name); }

}  // namespace sessile
