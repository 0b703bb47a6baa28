// AddN: the sum of any number of tensors of one shape, from the first to the last. Floats are
// summed in double and rounded once.

#include <type_traits>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"

namespace sessile {
namespace {

template <typename T>
class AddN final : public Prepared {
 public:
  using Sum = std::conditional_t<std::is_floating_point_v<Wide<T>>, double, T>;

  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    if (ctx.num_inputs() == 0) return InvalidArgument("AddN needs at least one input");
    for (int i = 1; i < ctx.num_inputs(); ++i) {
      if (ctx.input_shape(i) == ctx.input_shape(0)) continue;
      return InvalidArgument(
          "Inputs to operation AddN of type AddN must have the same size and shape.  Input 0: ",
          ctx.input_shape(0).ToString(), " != input ", i, ": ", ctx.input_shape(i).ToString());
    }
    return std::make_unique<AddN>(ctx);
  }

  explicit AddN(const PrepareContext& ctx) : size_(ctx.input_shape(0).num_elements()) {
    AddOutput(DataTypeOf<T>::value, ctx.input_shape(0));
    for (int i = 0; i < ctx.num_inputs(); ++i) MayForward(i, 0);
    AddPhase(BlocksOf(size_, static_cast<int64_t>(sizeof(T)) * (ctx.num_inputs() + 1)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    constexpr int64_t kTile = 512;
    Sum sums[kTile];
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    for (int64_t begin = range.first(); begin < range.last(); begin += kTile) {
      const int64_t count = std::min(kTile, range.last() - begin);
      for (int64_t i = 0; i < count; ++i) sums[i] = Sum{0};
      for (const TensorView& view : in) {
        const T* x = view.data<T>() + begin;
        for (int64_t i = 0; i < count; ++i) {
          sums[i] = WrapAdd(sums[i], static_cast<Sum>(Widen(x[i])));
        }
      }
      T* sum = out[0].data<T>() + begin;
      for (int64_t i = 0; i < count; ++i) sum[i] = Narrow<T>(static_cast<Wide<T>>(sums[i]));
    }
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
};

}  // namespace

void RegisterAddN(KernelRegistry& kernels) {
  kernels.Add<AddN>("AddN").For<AllNumberTypes>("T");
  kernels.Lacks("AddN", "T", ComplexTypes(), kNoComplexKernels);
  kernels.Lacks("AddN", "T", QuantizedTypes(), kNoQuantizedKernels);
  kernels.Lacks("AddN", "T", ObjectTypes(), kNoObjectKernels);
}

}  // namespace sessile
