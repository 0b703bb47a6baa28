// L2Loss: half the sum of squares. Each block adds up its part in double, and the parts are added
// in order.

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

template <typename T>
class L2Loss final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    return std::make_unique<L2Loss>(ctx.input_shape(0).num_elements());
  }

  explicit L2Loss(int64_t size) : size_(size) {
    AddOutput(DataTypeOf<T>::value, Shape());
    AddPhase(BlocksOf(size_, sizeof(T)));
    AddPhase(1);
    SetScratch(num_blocks(0), sizeof(double));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    if (phase == 0) {
      *scratch.slot<double>(block) =
          SumOfSquares(in[0].data<T>(), BlockRange(size_, block, num_blocks(0)));
      return absl::OkStatus();
    }
    double sum = 0;
    for (int64_t i = 0; i < num_blocks(0); ++i) sum += *scratch.slot<double>(i);
    *out[0].data<T>() = Narrow<T>(static_cast<Wide<T>>(sum / 2));
    return absl::OkStatus();
  }

 private:
  static double SumOfSquares(const T* t, IndexRange range) {
    double sum = 0;
    const auto loop = [t, range, sum = &sum] { *sum = InLanes(t + range.first(), range.size()); };
    if constexpr (kUsual<T>) {
      Vectorized(loop);
    } else {
      loop();
    }
    return sum;
  }

  // In several sums side by side, which vectors can hold.
  static double InLanes(const T* t, int64_t n) {
    constexpr int64_t kLanes = 8;
    double sums[kLanes] = {};
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
      SESSILE_OVER_LANES
      for (int64_t lane = 0; lane < kLanes; ++lane) {
        const auto x = static_cast<double>(Widen(t[i + lane]));
        sums[lane] += x * x;
      }
    }
    double sum = 0;
    for (; i < n; ++i) {
      const auto x = static_cast<double>(Widen(t[i]));
      sum += x * x;
    }
    for (const double lane : sums) sum += lane;
    return sum;
  }

  const int64_t size_;
};

}  // namespace

void RegisterL2Loss(KernelRegistry& kernels) {
  kernels.Add<L2Loss>("L2Loss").For<AllFloatTypes>("T");
}

}  // namespace sessile
