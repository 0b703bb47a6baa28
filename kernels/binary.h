// The kernel of operations on two elements, with broadcasting. A row is a type with
//
//   struct Sub {
//     template <typename T>
//     static T Apply(T x, T y, Fault*) { return WrapSub(x, y); }
//   };
//   kernels.Add<Binary<Sub>::Kernel>("Sub").For<NumberTypes>("T");
//
// where the result is either T or bool. An Apply that cannot give a result adds a bit to *fault;
// the run then fails with its text.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/elementwise.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/rows.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {

// What went wrong: bits, which loops can collect in vectors.
using Fault = uint32_t;
inline constexpr Fault kDivisionByZero = 1, kNegativePower = 2;
absl::Status FaultStatus(Fault fault);

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
      Fault fault = 0;
      const IndexRange range = BlockRange(size_, block, num_blocks(0));
      broadcast_.ForEachRun(range.first(), range.last(),
                            [&](int64_t begin, int64_t count, const Broadcast::Offsets& at) {
                              RunOf(x + at[0], y + at[1], z + begin, count, &fault);
                            });
      return FaultStatus(fault);
    }

    // Floating-point operations have no faults.
    int num_operands() const { return 2; }
    static void Tile(const T* const* in, Out* out, int64_t n) {
      Fault fault = 0;
      Elements(in[0], in[1], out, n, &fault);
    }

   private:
    static Out Element(T x, T y, Fault* fault) {
      if constexpr (std::is_same_v<T, Out>) {
        return Narrow<T>(Op::Apply(Widen(x), Widen(y), fault));
      } else {
        return Op::Apply(Widen(x), Widen(y), fault);
      }
    }
    static void Elements(const T* x, const T* y, Out* z, int64_t n, Fault* fault) {
      Vectorized([=] {
        Fault found = 0;
        SESSILE_NO_CARRIED_DEPENDENCE
        for (int64_t i = 0; i < n; ++i) z[i] = Element(x[i], y[i], &found);
        *fault |= found;
      });
    }

    void RunOf(const T* x, const T* y, Out* z, int64_t count, Fault* fault) const {
      if constexpr (kUsual<T> || std::is_same_v<T, bool>) {
        if (count >= kShortRow) return LongRunOf(x, y, z, count, fault);
      }
      const int64_t x_step = broadcast_.run_stride(0);
      const int64_t y_step = broadcast_.run_stride(1);
      for (int64_t i = 0; i < count; ++i) z[i] = Element(x[i * x_step], y[i * y_step], fault);
    }

    // In vectors, for which an operand that stays the same is repeated.
    void LongRunOf(const T* x, const T* y, Out* z, int64_t count, Fault* fault) const {
      const bool same_x = broadcast_.run_stride(0) == 0;
      const bool same_y = broadcast_.run_stride(1) == 0;
      if (!same_x && !same_y) return Elements(x, y, z, count, fault);
      constexpr int64_t kPiece = 256;
      T same[kPiece];
      FillRow(same, std::min(count, kPiece), same_x ? *x : *y);
      for (int64_t i = 0; i < count; i += kPiece) {
        Elements(same_x ? same : x + i, same_y ? same : y + i, z + i, std::min(count - i, kPiece),
                 fault);
      }
    }
  };
};

}  // namespace sessile
