// BroadcastTo and Tile: elements repeated. Tiling [a, b] by [m, n] is broadcasting [1, a, 1, b] to
// [m, a, n, b].

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/elementwise.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/rows.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

template <typename T>
class Repeat final : public Prepared, public Elementwise {
 public:
  Repeat(DataType dtype, const Shape& output, Broadcast broadcast)
      : broadcast_(std::move(broadcast)), size_(output.num_elements()) {
    AddOutput(dtype, output);
    AddPhase(BlocksOf(size_, 2 * sizeof(T)));
  }
  SESSILE_OPTIMIZE_SPEED absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                                          int64_t block) const override {
    const T* x = Elements<T>(in[0]);
    T* y = Elements<T>(out[0]);
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    broadcast_.ForEachRun(range.first(), range.last(),
                          [&](int64_t begin, int64_t count, const Broadcast::Offsets& at) {
                            if (broadcast_.run_stride(0) == 1) {
                              std::copy_n(x + at[0], count, y + begin);
                            } else {
                              FillRow(y + begin, count, x[at[0]]);
                            }
                          });
    return absl::OkStatus();
  }

  // Of floats, where the input is broadcast.
  int operands() const override { return 1; }
  bool is_identity() const override { return true; }
  void RunTile(const float* const* in, float* out, int64_t n) const override {
    std::memmove(out, in[0], static_cast<size_t>(n) * sizeof(float));
  }

 private:
  const Broadcast broadcast_;
  const int64_t size_;
};

PreparedOr PrepareRepeat(const PrepareContext& ctx, const Shape& output, const Shape& from,
                         const Shape& to) {
  const std::array<Shape, 2> shapes = {from, to};
  SESSILE_ASSIGN_OR_RETURN(Broadcast broadcast, Broadcast::Of(shapes));
  if (broadcast.output() != to) {
    return InvalidArgument("Incompatible shapes: ", from.ToString(), " vs. ", to.ToString());
  }
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<Repeat<T>>(ctx.output_dtype(0), output, std::move(broadcast));
  });
}

PreparedOr PrepareBroadcastTo(const PrepareContext& ctx) {
  const Shape& input = ctx.input_shape(0);
  SESSILE_ASSIGN_OR_RETURN(const Shape output, ShapeOfSizes(*ctx.input_value(1)));
  if (ctx.input_shape(1).rank() > 1) {
    return InvalidArgument("shape must be a vector, got shape ", ctx.input_shape(1).ToString());
  }
  if (input.rank() > output.rank()) {
    return InvalidArgument("Rank of input (", input.rank(),
                           ") must be no greater than rank of output shape (", output.rank(), ").");
  }
  return PrepareRepeat(ctx, output, input, output);
}

PreparedOr PrepareTile(const PrepareContext& ctx) {
  const Shape& input = ctx.input_shape(0);
  const Shape& given = ctx.input_shape(1);
  if (given.rank() != 1) {
    return InvalidArgument("Expected multiples to be 1-D, but got shape ", given.ToString());
  }
  if (given.dim(0) != input.rank()) {
    return InvalidArgument("Expected multiples argument to be a vector of length ", input.rank(),
                           " but got length ", given.dim(0));
  }
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> multiples,
                           IntsFromTensor(*ctx.input_value(1)));
  std::vector<int64_t> from, to, dims;
  for (size_t i = 0; i < multiples.size(); ++i) {
    const int64_t size = input.dim(static_cast<int>(i));
    if (multiples[i] < 0) {
      return InvalidArgument("Expected multiples[", i, "] >= 0, but got ", multiples[i]);
    }
    from.insert(from.end(), {1, size});
    to.insert(to.end(), {multiples[i], size});
    int64_t& dim = dims.emplace_back();
    if (__builtin_mul_overflow(multiples[i], size, &dim)) {
      return InvalidArgument("Tiling dimension ", i, " of size ", size, " ", multiples[i],
                             " times is more than 2^63 - 1 elements");
    }
  }
  SESSILE_ASSIGN_OR_RETURN(const Shape output, Shape::FromDims(dims));
  SESSILE_ASSIGN_OR_RETURN(const Shape from_shape, Shape::FromDims(from));
  SESSILE_ASSIGN_OR_RETURN(const Shape to_shape, Shape::FromDims(to));
  return PrepareRepeat(ctx, output, from_shape, to_shape);
}

}  // namespace

void RegisterBroadcast(KernelRegistry& kernels) {
  kernels.Add("BroadcastTo", PrepareBroadcastTo).ValueInput(1);
  kernels.Add("Tile", PrepareTile).ValueInput(1);
}

}  // namespace sessile
