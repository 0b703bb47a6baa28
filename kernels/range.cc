// Range: start, start + delta, ... Each element is start + i * delta, so that errors do not add up.

#include <type_traits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/range_size.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

template <typename T>
class Range final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    constexpr const char* kNames[] = {"start", "limit", "delta"};
    using Number = std::conditional_t<std::is_integral_v<T>, int64_t, Wide<T>>;
    T values[3];
    Number numbers[3];
    for (int i = 0; i < 3; ++i) {
      if (ctx.input_shape(i).num_elements() != 1 || ctx.input_shape(i).rank() > 1) {
        return InvalidArgument(kNames[i], " must be a scalar, not shape ",
                               ctx.input_shape(i).ToString());
      }
      values[i] = ctx.input_value(i)->data<T>()[0];
      numbers[i] = static_cast<Number>(Widen(values[i]));
    }
    SESSILE_ASSIGN_OR_RETURN(const int64_t size, RangeSize(numbers[0], numbers[1], numbers[2]));
    return std::make_unique<Range>(values[0], values[2], size);
  }

  Range(T start, T delta, int64_t size) : start_(start), delta_(delta), size_(size) {
    AddOutput(DataTypeOf<T>::value, Shape({size}));
    AddPhase(BlocksOf(size, sizeof(T)));
  }
  absl::Status Run(RunContext&, Inputs, Outputs out, Scratch, int, int64_t block) const override {
    const Wide<T> start = Widen(start_);
    const Wide<T> delta = Widen(delta_);
    T* y = out[0].data<T>();
    for (const int64_t i : BlockRange(size_, block, num_blocks(0))) {
      y[i] = Narrow<T>(WrapAdd(start, WrapMul(static_cast<Wide<T>>(i), delta)));
    }
    return absl::OkStatus();
  }

 private:
  const T start_;
  const T delta_;
  const int64_t size_;
};

}  // namespace

void RegisterRange(KernelRegistry& kernels) {
  kernels.Add<Range>("Range").For<AllNumberTypes>("Tidx").AllValueInputs();
}

}  // namespace sessile
