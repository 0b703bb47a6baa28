// Pack: N tensors of one shape as slices of a new dimension.
//
//   inputs N x [outer..., inner...]  ->  output [outer..., N, inner...]      axis is N's place

#include <algorithm>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

template <typename T>
class Pack final : public Prepared {
 public:
  Pack(DataType dtype, const Shape& input, int64_t count, int axis)
      : count_(count),
        inner_(input.Slice(axis).num_elements()),
        slices_(input.Slice(0, axis).num_elements() * count) {
    const Shape front = input.Slice(0, axis).Append(count);
    AddOutput(dtype, Shape::Concat(front, input.Slice(axis)));
    AddPhase(BlocksOf(slices_, std::max<int64_t>(inner_, 1) * 2 * static_cast<int64_t>(sizeof(T))));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    for (const int64_t slice : BlockRange(slices_, block, num_blocks(0))) {
      const T* source = Elements<T>(in[static_cast<size_t>(slice % count_)]);
      std::copy_n(source + slice / count_ * inner_, inner_, Elements<T>(out[0]) + slice * inner_);
    }
    return absl::OkStatus();
  }

 private:
  const int64_t count_;
  const int64_t inner_;
  const int64_t slices_;
};

PreparedOr PreparePack(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const int64_t axis, ctx.attrs().GetOr<int64_t>("axis", 0));
  if (ctx.num_inputs() == 0) return InvalidArgument("Pack needs at least one input");
  const Shape& shape = ctx.input_shape(0);
  const int64_t rank = shape.rank() + 1;
  if (axis < -rank || axis >= rank) {
    return InvalidArgument("axis = ", axis, " not in [", -rank, ", ", rank, ")");
  }
  if (rank > Shape::kMaxRank) {
    return InvalidArgument("Tensors of rank ", rank - 1, " cannot be packed");
  }
  for (int i = 1; i < ctx.num_inputs(); ++i) {
    if (ctx.input_shape(i) == shape) continue;
    return InvalidArgument("Shapes of all inputs must match: values[0].shape = ", shape.ToString(),
                           " != values[", i, "].shape = ", ctx.input_shape(i).ToString());
  }
  const auto place = static_cast<int>(axis < 0 ? axis + rank : axis);
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<Pack<T>>(ctx.output_dtype(0), shape, ctx.num_inputs(), place);
  });
}

}  // namespace

void RegisterStack(KernelRegistry& kernels) { kernels.Add("Pack", PreparePack); }

}  // namespace sessile
