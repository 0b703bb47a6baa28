// Cumsum, Cumprod and CumulativeLogsumexp along one dimension: element i of the output is made of
// the elements up to i of the input, or with `exclusive` of those before i; with `reverse` from the
// other end.
//
// Floats are added up in double, so that the error of a long sum does not grow with it.

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/rows.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

struct Plus {
  template <typename A>
  static constexpr A kStart = A{0};
  template <typename A>
  static A Join(A a, A b) {
    return WrapAdd(a, b);
  }
};
struct Times {
  template <typename A>
  static constexpr A kStart = A{1};
  template <typename A>
  static A Join(A a, A b) {
    return WrapMul(a, b);
  }
};

// log(e^a + e^b). An infinity beside anything is what it is; -infinity stands for no element.
struct LogPlus {
  template <typename A>
  static constexpr A kStart = -std::numeric_limits<A>::infinity();
  template <typename A>
  static A Join(A a, A b) {
    const A larger = std::max(a, b);
    const A smaller = std::min(a, b);
    return std::isinf(smaller) && smaller < 0 ? larger
                                              : larger + std::log1p(std::exp(smaller - larger));
  }
};

template <typename Op>
struct Scan {
  // Blocks are ranges of lines [outer, inner].
  template <typename T>
  class Kernel final : public Prepared {
   public:
    using Acc = InDouble<T>;

    static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
      const Shape& shape = ctx.input_shape(0);
      if (ctx.input_shape(1).rank() != 0) {
        return InvalidArgument("ScanOp: axis must be a scalar, not ",
                               ctx.input_shape(1).ToString());
      }
      SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> given,
                               IntsFromTensor(*ctx.input_value(1)));
      const int64_t axis = given[0] < 0 ? given[0] + shape.rank() : given[0];
      if (axis < 0 || axis >= shape.rank()) {
        return InvalidArgument("ScanOp: Expected scan axis in the range [", -shape.rank(), ", ",
                               shape.rank(), "), but got ", given[0]);
      }
      SESSILE_ASSIGN_OR_RETURN(const bool exclusive, ctx.Attr<bool>("exclusive"));
      SESSILE_ASSIGN_OR_RETURN(const bool reverse, ctx.Attr<bool>("reverse"));
      return std::make_unique<Kernel>(shape, static_cast<int>(axis), exclusive, reverse);
    }

    Kernel(const Shape& shape, int axis, bool exclusive, bool reverse)
        : length_(shape.dim(axis)),
          inner_(shape.Slice(axis + 1).num_elements()),
          lines_(shape.Slice(0, axis).num_elements() * inner_),
          exclusive_(exclusive),
          reverse_(reverse) {
      AddOutput(DataTypeOf<T>::value, shape);
      MayForward(0, 0);
      AddPhase(
          BlocksOf(lines_, std::max<int64_t>(length_, 1) * 2 * static_cast<int64_t>(sizeof(T))));
    }

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                     int64_t block) const override {
      const IndexRange range = BlockRange(lines_, block, num_blocks(0));
      for (int64_t line = range.first(); line < range.last();) {
        const int64_t first = line / inner_ * length_ * inner_ + line % inner_;
        const int64_t start = reverse_ ? first + (length_ - 1) * inner_ : first;
        const T* x = in[0].data<T>() + start;
        T* y = out[0].data<T>() + start;
        const int64_t count = std::min({range.last() - line, inner_ - line % inner_, kLines});
        if (count < kShortRow) {
          for (int64_t i = 0; i < count; ++i) RunLine(x + i, y + i);
        } else {
          RunLines(x, y, count);
        }
        line += count;
      }
      return absl::OkStatus();
    }

   private:
    static constexpr int64_t kLines = 256;

    void RunLine(const T* x, T* y) const {
      const int64_t step = reverse_ ? -inner_ : inner_;
      Acc acc = Op::template kStart<Acc>;
      for (int64_t i = 0; i < length_; ++i) {
        const Acc next = Op::Join(acc, static_cast<Acc>(x[i * step]));
        y[i * step] = static_cast<T>(exclusive_ ? acc : next);
        acc = next;
      }
    }

    // Up to kLines neighbours, an element of each after the other.
    void RunLines(const T* x, T* y, int64_t count) const {
      Acc accs[kLines];
      std::fill_n(accs, count, Op::template kStart<Acc>);
      const int64_t step = reverse_ ? -inner_ : inner_;
      for (int64_t i = 0; i < length_; ++i) {
        const auto loop = [from = x + i * step, to = y + i * step, sums = accs, count,
                           exclusive = exclusive_] {
          SESSILE_NO_CARRIED_DEPENDENCE
          for (int64_t j = 0; j < count; ++j) {
            const Acc acc = sums[j];
            const Acc next = Op::Join(acc, static_cast<Acc>(from[j]));
            to[j] = static_cast<T>(exclusive ? acc : next);
            sums[j] = next;
          }
        };
        if constexpr (kUsual<T>) {
          Vectorized(loop);
        } else {
          loop();
        }
      }
    }

    const int64_t length_;
    const int64_t inner_;
    const int64_t lines_;
    const bool exclusive_;
    const bool reverse_;
  };
};

template <typename Op>
void ScanRow(KernelRegistry& kernels, const char* op) {
  kernels.Add<InWiderType<Scan<Op>::template Kernel>::template Kernel>(op)
      .template For<WithComplex<AllNumberTypes>>("T")
      .ValueInput(1);
  kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
}

}  // namespace

void RegisterScan(KernelRegistry& kernels) {
  ScanRow<Plus>(kernels, "Cumsum");
  ScanRow<Times>(kernels, "Cumprod");
  kernels.Add<InWiderType<Scan<LogPlus>::Kernel>::Kernel>("CumulativeLogsumexp")
      .For<AllFloatTypes>("T")
      .ValueInput(1);
}

}  // namespace sessile
