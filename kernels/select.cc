// Select: elements of t where the condition holds, of e elsewhere. The condition has their shape,
// or is a scalar, or a vector with one element for each row.

#include <array>
#include <utility>
#include <vector>

#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

template <typename T>
class Select final : public Prepared {
 public:
  Select(DataType dtype, Broadcast broadcast)
      : broadcast_(std::move(broadcast)), size_(broadcast_.output().num_elements()) {
    AddOutput(dtype, broadcast_.output());
    AddPhase(BlocksOf(size_, 3 * sizeof(T) + 1));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const bool* condition = in[0].data<bool>();
    const T* t = Elements<T>(in[1]);
    const T* e = Elements<T>(in[2]);
    T* y = Elements<T>(out[0]);
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    const int64_t c_step = broadcast_.run_stride(0);
    const int64_t t_step = broadcast_.run_stride(1);
    const int64_t e_step = broadcast_.run_stride(2);
    broadcast_.ForEachRun(range.first(), range.last(),
                          [&](int64_t begin, int64_t count, const Broadcast::Offsets& at) {
                            for (int64_t i = 0; i < count; ++i) {
                              y[begin + i] = condition[at[0] + i * c_step] ? t[at[1] + i * t_step]
                                                                           : e[at[2] + i * e_step];
                            }
                          });
    return absl::OkStatus();
  }

 private:
  const Broadcast broadcast_;
  const int64_t size_;
};

absl::Status Differ(int input, const Shape& condition, const Shape& shape) {
  return InvalidArgument(
      "Inputs to operation Select of type Select must have the same size and shape.  Input 0: ",
      condition.ToString(), " != input ", input, ": ", shape.ToString());
}

PreparedOr PrepareSelected(const PrepareContext& ctx, std::span<const Shape> shapes) {
  SESSILE_ASSIGN_OR_RETURN(Broadcast broadcast, Broadcast::Of(shapes));
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<Select<T>>(ctx.output_dtype(0), std::move(broadcast));
  });
}

PreparedOr PrepareSelect(const PrepareContext& ctx) {
  Shape condition = ctx.input_shape(0);
  const Shape& t = ctx.input_shape(1);
  const Shape& e = ctx.input_shape(2);
  if (t != e) return Differ(2, t, e);
  if (condition.rank() == 1 && t.rank() > 1 && condition.dim(0) == t.dim(0)) {
    for (int i = 1; i < t.rank(); ++i) condition = condition.Append(1);
  } else if (condition.rank() != 0 && condition != t) {
    return Differ(1, condition, t);
  }
  const std::array<Shape, 3> shapes = {condition, t, e};
  return PrepareSelected(ctx, shapes);
}

PreparedOr PrepareSelectV2(const PrepareContext& ctx) {
  const std::array<Shape, 3> shapes = {ctx.input_shape(0), ctx.input_shape(1), ctx.input_shape(2)};
  return PrepareSelected(ctx, shapes);
}

}  // namespace

void RegisterSelect(KernelRegistry& kernels) {
  kernels.Add("Select", PrepareSelect);
  kernels.Add("SelectV2", PrepareSelectV2);
}

}  // namespace sessile
