// Comparisons of two elements and logic of bools, one row each. The result is a bool.

#include <complex>
#include <memory>
#include <string>

#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/binary.h"
#include "sessile/kernels/map.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"

namespace sessile {
namespace {

// clang-format off
struct Equal : OfBits { template <typename T> static bool Apply(const T& x, const T& y, Fault*) { return x == y; } };
struct NotEqual : OfBits { template <typename T> static bool Apply(const T& x, const T& y, Fault*) { return x != y; } };
struct Less { template <typename T> static bool Apply(T x, T y, Fault*) { return x < y; } };
struct LessEqual { template <typename T> static bool Apply(T x, T y, Fault*) { return x <= y; } };
struct Greater { template <typename T> static bool Apply(T x, T y, Fault*) { return x > y; } };
struct GreaterEqual { template <typename T> static bool Apply(T x, T y, Fault*) { return x >= y; } };
struct And { static bool Apply(bool x, bool y, Fault*) { return (x & y) != 0; } };
struct Not { static bool Apply(bool x) { return !x; } };
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

PreparedOr PrepareEquality(const PrepareContext& ctx, bool if_shapes_differ, PrepareFn prepare) {
  SESSILE_ASSIGN_OR_RETURN(const bool strict,
                           ctx.attrs().GetOr<bool>("incompatible_shape_error", true));
  if (!strict && !Broadcast::Of(ctx.input_shape(0), ctx.input_shape(1)).ok()) {
    return std::make_unique<OneBool>(if_shapes_differ);
  }
  return prepare(ctx);
}

template <typename Op, bool if_shapes_differ>
struct Equality {
  template <typename T>
  struct Kernel {
    static PreparedOr Prepare(const PrepareContext& ctx) {
      return PrepareEquality(ctx, if_shapes_differ, &Binary<Op>::template Kernel<T>::Prepare);
    }
  };
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
  kernels.Add("LogicalNot", Map<Not>::Kernel<bool>::Prepare);
}

}  // namespace sessile
