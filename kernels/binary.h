// The kernel of operations on two elements, with broadcasting. A row is a type with
//
//   struct Sub {
//     template <typename T>
//     static T Apply(T x, T y, Fault*) { return WrapSub(x, y); }
//   };
//   kernels.Add<Binary<Sub>::Kernel>("Sub").For<NumberTypes>("T");
//
// where the result is either T or bool. An Apply that cannot give a result sets *fault; the run
// then fails with its text.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/elementwise.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {

// Null, or what went wrong.
using Fault = const char*;

// T where Op maps T to T, void where it compares.
template <typename T, typename Op>
using MapOf = std::conditional_t<
    std::is_same_v<decltype(Op::Apply(Wide<T>(), Wide<T>(), std::declval<Fault*>())), Wide<T>>, T,
    void>;

// What such a kernel has whatever its operation and types are: written once, not once for each
// pair.
class BroadcastingKernel : public Prepared {
 public:
  ~BroadcastingKernel() override;

 protected:
  // The output may take the place of an operand of its own type and shape.
  BroadcastingKernel(const PrepareContext& ctx, Broadcast broadcast, DataType output);

  const Broadcast broadcast_;
  const int64_t size_;
};

template <typename Op>
struct Binary {
  template <typename T>
  class Kernel final : public BroadcastingKernel, public Tiled<Kernel<T>, MapOf<T, Op>> {
   public:
    using Result = decltype(Op::Apply(Wide<T>(), Wide<T>(), std::declval<Fault*>()));
    using Out = std::conditional_t<std::is_same_v<Result, Wide<T>>, T, Result>;

    static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
      absl::StatusOr<Broadcast> broadcast = Broadcast::Of(ctx.input_shape(0), ctx.input_shape(1));
      if (!broadcast.ok()) return broadcast.status();
      return std::make_unique<Kernel>(ctx, *std::move(broadcast));
    }

    Kernel(const PrepareContext& ctx, Broadcast broadcast)
        : BroadcastingKernel(ctx, std::move(broadcast), DataTypeOf<Out>::value) {}

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                     int64_t block) const override {
      const T* x = in[0].data<T>();
      const T* y = in[1].data<T>();
      Out* z = out[0].data<Out>();
      Fault fault = nullptr;
      const IndexRange range = BlockRange(size_, block, num_blocks(0));
      broadcast_.ForEachRun(range.first(), range.last(),
                            [&](int64_t begin, int64_t count, const Broadcast::Offsets& at) {
                              RunOf(x + at[0], y + at[1], z + begin, count, &fault);
                            });
      return fault == nullptr ? absl::OkStatus() : InvalidArgument(fault);
    }

    // Floating-point operations have no faults.
    int num_operands() const { return 2; }
    static void Tile(const T* const* in, Out* out, int64_t n) {
      const T* const x = in[0];
      const T* const y = in[1];
      Vectorized([=] {
        Fault fault = nullptr;
        SESSILE_NO_CARRIED_DEPENDENCE
        for (int64_t i = 0; i < n; ++i) out[i] = Element(x[i], y[i], &fault);
      });
    }

   private:
    static Out Element(T x, T y, Fault* fault) {
      if constexpr (std::is_same_v<T, Out>) {
        return Narrow<T>(Op::Apply(Widen(x), Widen(y), fault));
      } else {
        return Op::Apply(Widen(x), Widen(y), fault);
      }
    }
    // An operand that stays the same is read before: the output may be in its place. The usual
    // types get loops of their own, which compilers turn into vector instructions.
    void RunOf(const T* x, const T* y, Out* z, int64_t count, Fault* fault) const {
      const int64_t x_step = broadcast_.run_stride(0);
      const int64_t y_step = broadcast_.run_stride(1);
      if constexpr (!kUsual<T>) {
        for (int64_t i = 0; i < count; ++i) z[i] = Element(x[i * x_step], y[i * y_step], fault);
      } else if (x_step == 0) {
        const T first = *x;
        for (int64_t i = 0; i < count; ++i) z[i] = Element(first, y[i * y_step], fault);
      } else if (y_step == 0) {
        const T second = *y;
        for (int64_t i = 0; i < count; ++i) z[i] = Element(x[i], second, fault);
      } else if constexpr (std::is_floating_point_v<T> && std::is_same_v<T, Out>) {
        const T* const operands[] = {x, y};
        Tile(operands, z, count);
      } else {
        for (int64_t i = 0; i < count; ++i) z[i] = Element(x[i], y[i], fault);
      }
    }
  };
};

}  // namespace sessile
