// OneHot: output[outer, d, inner] is on_value where d is indices[outer, inner], else off_value.

#include <algorithm>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/indices.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/rows.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// Blocks are ranges of indices [outer, inner].
template <typename T>
class OneHot final : public Prepared {
 public:
  OneHot(DataType dtype, const Shape& output, int axis)
      : depth_(output.dim(axis)),
        inner_(output.Slice(axis + 1).num_elements()),
        count_(output.Slice(0, axis).num_elements() * inner_) {
    AddOutput(dtype, output);
    AddPhase(BlocksOf(count_, std::max<int64_t>(depth_, 1) * static_cast<int64_t>(sizeof(T))));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const T& on = *Elements<T>(in[2]);
    const T& off = *Elements<T>(in[3]);
    for (const int64_t i : BlockRange(count_, block, num_blocks(0))) {
      T* vector = Elements<T>(out[0]) + i / inner_ * depth_ * inner_ + i % inner_;
      if (inner_ == 1) {
        FillRow(vector, depth_, off);
      } else {
        for (int64_t d = 0; d < depth_; ++d) vector[d * inner_] = off;
      }
      const int64_t index = IndexAt(in[0], i);
      if (index >= 0 && index < depth_) vector[index * inner_] = on;
    }
    return absl::OkStatus();
  }

 private:
  const int64_t depth_;
  const int64_t inner_;
  const int64_t count_;
};

PreparedOr PrepareOneHot(const PrepareContext& ctx) {
  const Shape& indices = ctx.input_shape(0);
  SESSILE_ASSIGN_OR_RETURN(const int64_t given, ctx.attrs().GetOr<int64_t>("axis", -1));
  if (given < -1 || given > indices.rank()) {
    return InvalidArgument("Expected axis to be -1 or between [0, ", indices.rank() + 1,
                           ").  But received: ", given);
  }
  constexpr const char* kNames[] = {"indices", "depth", "on_value", "off_value"};
  for (const int i : {1, 2, 3}) {
    if (ctx.input_shape(i).rank() == 0) continue;
    return InvalidArgument(kNames[i],
                           " must be a scalar, but got: ", ctx.input_shape(i).ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> depth, IntsFromTensor(*ctx.input_value(1)));
  if (depth[0] < 0) return InvalidArgument("depth must be non-negative, got: ", depth[0]);
  const auto axis = static_cast<int>(given == -1 ? indices.rank() : given);
  std::vector<int64_t> dims(indices.dims().begin(), indices.dims().end());
  dims.insert(dims.begin() + axis, depth[0]);
  SESSILE_ASSIGN_OR_RETURN(const Shape output, Shape::FromDims(dims));
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<OneHot<T>>(ctx.output_dtype(0), output, axis);
  });
}

}  // namespace

void RegisterOneHot(KernelRegistry& kernels) { kernels.Add("OneHot", PrepareOneHot).ValueInput(1); }

}  // namespace sessile
