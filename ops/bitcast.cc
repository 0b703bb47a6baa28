// Bitcast: the bytes of a tensor as elements of another type.

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/array.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status BitcastShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const DataType from, ctx.Attr<DataType>("T"));
  SESSILE_ASSIGN_OR_RETURN(const DataType to, ctx.Attr<DataType>("type"));
  const auto size = static_cast<int64_t>(DataTypeSize(from));
  const auto size_to = static_cast<int64_t>(DataTypeSize(to));
  Shape shape = ctx.input(0);
  if (!shape.has_rank()) return absl::OkStatus();
  if (size > size_to) {
    SESSILE_ASSIGN_OR_RETURN(shape, Shape::FromDims(shape.Append(size / size_to).dims()));
  } else if (size < size_to) {
    SESSILE_RETURN_IF_ERROR(ctx.InputAtLeastRank(0, 1).status());
    const int64_t last = shape.dim(shape.rank() - 1);
    if (last >= 0 && last != size_to / size) {
      return InvalidArgument("Cannot bitcast due to shape. ", last, " is not evenly divisible by ",
                             size_to / size, ".");
    }
    shape = shape.Slice(0, -1);
  }
  ctx.SetOutput(0, std::move(shape));
  return absl::OkStatus();
}

constexpr std::string_view kBitcastTypes =
    "{bfloat16, half, float, double, int64, int32, uint8, uint16, uint32, uint64, int8, int16, "
    "complex64, complex128, qint8, quint8, qint16, quint16, qint32}";

}  // namespace

void RegisterBitcast(OpRegistry& ops) {
  ops.Add("Bitcast")
      .Input("input: T")
      .Output("output: type")
      .Attr(absl::StrCat("T: ", std::string(kBitcastTypes)))
      .Attr(absl::StrCat("type: ", std::string(kBitcastTypes)))
      .Shape(BitcastShape)
      .NoGradient("bits have no derivative")
      .Doc("The bytes of `input` as elements of another type.");
}

Output bitcast(Input input, DataType type, std::string_view name) {
  SourceScope here(input);
  return OpBuilder("Bitcast", name).Input(input).Attr("type", type).Build();
}

}  // namespace sessile
