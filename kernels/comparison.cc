// Comparisons of two elements and logic of bools, one row each. The result is a bool.

#include <complex>
#include <string>

#include "sessile/kernels/binary.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

// clang-format off
struct Equal { template <typename T> static bool Apply(const T& x, const T& y, Fault*) { return x == y; } };
struct NotEqual { template <typename T> static bool Apply(const T& x, const T& y, Fault*) { return x != y; } };
struct Less { template <typename T> static bool Apply(T x, T y, Fault*) { return x < y; } };
struct LessEqual { template <typename T> static bool Apply(T x, T y, Fault*) { return x <= y; } };
struct Greater { template <typename T> static bool Apply(T x, T y, Fault*) { return x > y; } };
struct GreaterEqual { template <typename T> static bool Apply(T x, T y, Fault*) { return x >= y; } };
struct And { static bool Apply(bool x, bool y, Fault*) { return (x & y) != 0; } };
struct Or { static bool Apply(bool x, bool y, Fault*) { return (x | y) != 0; } };
// clang-format on

// What Equal and NotEqual give for shapes that do not fit, if they are told not to mind.
class OneBool final : public Prepared {
 public:
  explicit OneBool(bool value) : value_(value) {
    AddOutput(bool_, Shape());
    AddPhase(1);
  }
  absl::Status Run(RunContext&, Inputs, Outputs out, Scratch, int, int64_t) const override {
    *out[0].data<bool>() = value_;
    return absl::OkStatus();
  }

 private:
  const bool value_;
};

template <typename Op, bool if_shapes_differ>
struct Equality {
  template <typename T>
  struct Kernel {
    static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
      SESSILE_ASSIGN_OR_RETURN(const bool strict,
                               ctx.attrs().GetOr<bool>("incompatible_shape_error", true));
      if (!strict && !Broadcast::Of(ctx.input_shape(0), ctx.input_shape(1)).ok()) {
        return std::make_unique<OneBool>(if_shapes_differ);
      }
      return Binary<Op>::template Kernel<T>::Prepare(ctx);
    }
  };
};

class LogicalNot final : public Prepared {
 public:
  explicit LogicalNot(const Shape& shape) : size_(shape.num_elements()) {
    AddOutput(bool_, shape);
    MayForward(0, 0);
    AddPhase(BlocksOf(size_, 2));
  }
  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    return std::make_unique<LogicalNot>(ctx.input_shape(0));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    const bool* const x = in[0].data<bool>() + range.first();
    bool* const y = out[0].data<bool>() + range.first();
    Vectorized([x, y, n = range.size()] {
      SESSILE_NO_CARRIED_DEPENDENCE
      for (int64_t i = 0; i < n; ++i) y[i] = !x[i];
    });
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
};

using ComparableTypes = TypeList<float, double, int8_t, int16_t, int32_t, int64_t, uint8_t,
                                 uint16_t, uint32_t, uint64_t, Half, BFloat16, bool, std::string,
                                 std::complex<float>, std::complex<double>>;

template <typename Op, bool if_shapes_differ>
void EqualityRow(KernelRegistry& kernels, const char* op) {
  kernels.Add<Equality<Op, if_shapes_differ>::template Kernel>(op).template For<ComparableTypes>(
      "T");
  kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
  kernels.Lacks(op, "T", ObjectTypes(), kNoObjectKernels);
}

template <typename Op>
void OrderRow(KernelRegistry& kernels, const char* op) {
  kernels.Add<Binary<Op>::template Kernel>(op).template For<AllNumberTypes>("T");
}

}  // namespace

void RegisterComparison(KernelRegistry& kernels) {
  EqualityRow<Equal, false>(kernels, "Equal");
  EqualityRow<NotEqual, true>(kernels, "NotEqual");
  OrderRow<Less>(kernels, "Less");
  OrderRow<LessEqual>(kernels, "LessEqual");
  OrderRow<Greater>(kernels, "Greater");
  OrderRow<GreaterEqual>(kernels, "GreaterEqual");
  kernels.Add("LogicalAnd", Binary<And>::Kernel<bool>::Prepare);
  kernels.Add("LogicalOr", Binary<Or>::Kernel<bool>::Prepare);
  kernels.Add("LogicalNot", LogicalNot::Prepare);
}

}  // namespace sessile
