// Betainc: of arguments that have one shape or are scalars.

#include <array>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/special_functions.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// One element costs about as much as moving this many bytes.
constexpr int64_t kElementBytes = 4096;

template <typename T>
class Betainc final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    constexpr std::array<const char*, 3> kNames = {"a", "b", "x"};
    int shaped = -1;  // the first argument that is no scalar
    for (int i = 0; i < 3; ++i) {
      if (ctx.input_shape(i).rank() == 0) continue;
      if (shaped < 0) shaped = i;
      if (ctx.input_shape(i) == ctx.input_shape(shaped)) continue;
      return InvalidArgument("Shapes of ", kNames[static_cast<size_t>(shaped)], " and ",
                             kNames[static_cast<size_t>(i)],
                             " are inconsistent: ", ctx.input_shape(shaped).ToString(), " vs. ",
                             ctx.input_shape(i).ToString());
    }
    return std::make_unique<Betainc>(ctx, shaped < 0 ? Shape() : ctx.input_shape(shaped));
  }
  Betainc(const PrepareContext& ctx, const Shape& output) : size_(output.num_elements()) {
    for (int i = 0; i < 3; ++i) {
      steps_[static_cast<size_t>(i)] = ctx.input_shape(i).rank() == 0 ? 0 : 1;
    }
    AddOutput(DataTypeOf<T>::value, output);
    AddPhase(BlocksOf(size_, kElementBytes));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const auto argument = [&](size_t input, int64_t i) {
      return static_cast<double>(in[input].data<T>()[i * steps_[input]]);
    };
    for (const int64_t i : BlockRange(size_, block, num_blocks(0))) {
      out[0].data<T>()[i] =
          static_cast<T>(RegularizedBeta(argument(0, i), argument(1, i), argument(2, i)));
    }
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
  std::array<int64_t, 3> steps_;
};

}  // namespace

void RegisterBetainc(KernelRegistry& kernels) {
  kernels.Add<Betainc>("Betainc").For<FloatTypes>("T");
}

}  // namespace sessile
