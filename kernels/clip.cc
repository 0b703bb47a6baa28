// ClipByValue: each bound is one number or has the tensor's shape.

#include <algorithm>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

template <typename T>
class ClipByValue final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    const Shape& t = ctx.input_shape(0);
    for (int i = 1; i < 3; ++i) {
      const Shape& bound = ctx.input_shape(i);
      if (bound == t || bound.rank() == 0) continue;
      return InvalidArgument(
          "clip_value_min and clip_value_max must be either of the same shape as input, or a "
          "scalar. input shape: ",
          t.ToString(), "clip_value_min shape: ", ctx.input_shape(1).ToString(),
          "clip_value_max shape: ", ctx.input_shape(2).ToString());
    }
    return std::make_unique<ClipByValue>(ctx);
  }
  explicit ClipByValue(const PrepareContext& ctx)
      : size_(ctx.input_shape(0).num_elements()),
        low_step_(ctx.input_shape(1).rank() == 0 ? 0 : 1),
        high_step_(ctx.input_shape(2).rank() == 0 ? 0 : 1) {
    AddOutput(DataTypeOf<T>::value, ctx.input_shape(0));
    MayForward(0, 0);
    AddPhase(BlocksOf(size_, 4 * static_cast<int64_t>(sizeof(T))));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const T* const t = in[0].data<T>();
    const T* const low = in[1].data<T>();
    const T* const high = in[2].data<T>();
    T* const clipped = out[0].data<T>();
    for (const int64_t i : BlockRange(size_, block, num_blocks(0))) {
      // NaN stays; the lower bound counts where they contradict each other.
      const Wide<T> below = std::min(Widen(t[i]), Widen(high[i * high_step_]));
      clipped[i] = Narrow<T>(std::max(below, Widen(low[i * low_step_])));
    }
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
  const int64_t low_step_;
  const int64_t high_step_;
};

}  // namespace

void RegisterClip(KernelRegistry& kernels) {
  kernels.Add<ClipByValue>("ClipByValue").For<AllNumberTypes>("T");
  kernels.Lacks("ClipByValue", "T", ComplexTypes(), kNoComplexKernels);
  kernels.Lacks("ClipByValue", "T", QuantizedTypes(), kNoQuantizedKernels);
}

}  // namespace sessile
