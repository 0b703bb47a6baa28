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
    T operands[3];
    for (int i = 0; i < 3; ++i) {
      const Tensor& operand = *ctx.input_value(i);
      if (operand.num_elements() != 1) {
        return InvalidArgument(kNames[i], " must be a scalar, not shape ",
                               operand.shape().ToString());
      }
      operands[i] = operand.flat<T>()[0];
    }
    using Limit = std::conditional_t<std::is_integral_v<T>, int64_t, T>;
    SESSILE_ASSIGN_OR_RETURN(const int64_t size,
                             RangeSize<Limit>(operands[0], operands[1], operands[2]));
    return std::make_unique<Range>(ctx.output_dtype(0), size, operands[0], operands[2]);
  }

  Range(DataType dtype, int64_t size, T start, T delta)
      : size_(size), start_(start), delta_(delta) {
    AddOutput(dtype, Shape({size}));
    AddPhase(BlocksOf(size, sizeof(T)));
  }

  absl::Status Run(RunContext&, Inputs, Outputs out, Scratch, int, int64_t block) const override {
    T* const y = out[0].data<T>();
    for (const int64_t i : BlockRange(size_, block, num_blocks(0))) {
      y[i] = WrapAdd(start_, WrapMul(static_cast<T>(i), delta_));
    }
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
  const T start_;
  const T delta_;
};

}  // namespace

void RegisterRange(KernelRegistry& kernels) {
  using Types = TypeList<float, double, int8_t, int16_t, int32_t, int64_t, uint16_t, uint32_t>;
  kernels.Add<Range>("Range").For<Types>("Tidx").AllValueInputs();
  kernels.Lacks("Range", "Tidx", {float16, bfloat16},
                "a range of half-precision numbers soon repeats itself; cast one of float32");
}

}  // namespace sessile
