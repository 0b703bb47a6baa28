// Bitcast: the same bytes as elements of another type. Between types of different sizes the last
// dimension is what makes up for it: float32 [2] is uint8 [2,4].

#include <algorithm>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// Elements of one size stay where they are; others are copied.
class Bitcast final : public Prepared {
 public:
  Bitcast(DataType dtype, const Shape& shape, bool same_size)
      : bytes_(shape.num_elements() * static_cast<int64_t>(DataTypeSize(dtype))) {
    AddOutput(dtype, shape);
    if (same_size) {
      Alias(0, 0);
    } else {
      AddPhase(BlocksOf(bytes_, 2));
    }
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const IndexRange range = BlockRange(bytes_, block, num_blocks(0));
    std::copy_n(Elements<char>(in[0]) + range.first(), range.size(),
                Elements<char>(out[0]) + range.first());
    return absl::OkStatus();
  }

 private:
  const int64_t bytes_;
};

PreparedOr PrepareBitcast(const PrepareContext& ctx) {
  // The types of the attributes: the yardstick's double has no bits of a float.
  SESSILE_ASSIGN_OR_RETURN(const DataType from, ctx.Attr<DataType>("T"));
  SESSILE_ASSIGN_OR_RETURN(const DataType to, ctx.Attr<DataType>("type"));
  if (ctx.input_dtype(0) != from || ctx.output_dtype(0) != to) {
    return Unimplemented("Bitcast of ", DataTypeName(from), " to ", DataTypeName(to),
                         " has no meaning where float is carried as double");
  }
  const auto size = static_cast<int64_t>(DataTypeSize(from));
  const auto size_to = static_cast<int64_t>(DataTypeSize(to));
  Shape shape = ctx.input_shape(0);
  if (size > size_to) {
    if (shape.rank() >= Shape::kMaxRank) {
      return InvalidArgument("A tensor of rank ", shape.rank(), " cannot get another dimension");
    }
    SESSILE_ASSIGN_OR_RETURN(shape, Shape::FromDims(shape.Append(size / size_to).dims()));
  } else if (size < size_to) {
    if (shape.rank() == 0 || shape.dim(shape.rank() - 1) != size_to / size) {
      return InvalidArgument("Cannot bitcast from ", DataTypeName(from), " to ", DataTypeName(to),
                             ": ", shape.ToString());
    }
    shape = shape.Slice(0, -1);
  }
  return std::make_unique<Bitcast>(to, shape, size == size_to);
}

}  // namespace

void RegisterBitcast(KernelRegistry& kernels) { kernels.Add("Bitcast", PrepareBitcast); }

}  // namespace sessile
