// CheckNumerics: the output is the input itself. Every block looks at its elements in phase 0;
// phase 1 says what they found, so that the message does not depend on the order of the blocks.

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

enum : uint32_t { kInfinite = 1, kNan = 2 };

template <typename T>
class CheckNumerics final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(std::string message, ctx.Attr<std::string>("message"));
    return std::make_unique<CheckNumerics>(ctx.input_shape(0), std::move(message));
  }
  CheckNumerics(const Shape& shape, std::string message)
      : size_(shape.num_elements()), message_(std::move(message)) {
    AddOutput(DataTypeOf<T>::value, shape);
    Alias(0, 0);
    AddPhase(BlocksOf(size_, sizeof(T)));
    AddPhase(1);
    SetScratch(num_blocks(0), sizeof(uint32_t));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs, Scratch scratch, int phase,
                   int64_t block) const override {
    if (phase == 0) {
      *scratch.slot<uint32_t>(block) = FoundIn(in[0].data<T>(), block);
      return absl::OkStatus();
    }
    uint32_t found = 0;
    for (int64_t i = 0; i < num_blocks(0); ++i) found |= *scratch.slot<uint32_t>(i);
    if (found == 0) return absl::OkStatus();
    return InvalidArgument(message_, " : Tensor had ",
                           found == kNan        ? "NaN"
                           : found == kInfinite ? "Inf"
                                                : "Inf and NaN",
                           " values");
  }

 private:
  uint32_t FoundIn(const T* x, int64_t block) const {
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    uint32_t found = 0;
    Vectorized([&found, first = x + range.first(), n = range.size()] {
      uint32_t bits = 0;
      for (int64_t i = 0; i < n; ++i) {
        const Wide<T> value = Widen(first[i]);
        // x - x is 0 for every number, and NaN otherwise.
        bits |= value != value ? kNan : value - value != Wide<T>{0} ? kInfinite : 0u;
      }
      found = bits;
    });
    return found;
  }

  const int64_t size_;
  const std::string message_;
};

}  // namespace

void RegisterCheckNumerics(KernelRegistry& kernels) {
  kernels.Add<CheckNumerics>("CheckNumerics").For<AllFloatTypes>("T");
}

}  // namespace sessile
