// Select: elements of t where the condition holds, of e elsewhere. The condition has their shape,
// or is a scalar, or a vector with one element for each row.

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>
#include <vector>

#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/rows.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

template <typename T>
class Select final : public Prepared {
 public:
  Select(const PrepareContext& ctx, Broadcast broadcast)
      : broadcast_(std::move(broadcast)), size_(broadcast_.output().num_elements()) {
    AddOutput(ctx.output_dtype(0), broadcast_.output());
    for (const int i : {1, 2}) {
      if (ctx.input_shape(i) == broadcast_.output()) MayForward(i, 0);
    }
    AddPhase(BlocksOf(size_, 3 * sizeof(T) + 1));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const bool* condition = in[0].data<bool>();
    const T* t = Elements<T>(in[1]);
    const T* e = Elements<T>(in[2]);
    T* y = Elements<T>(out[0]);
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    broadcast_.ForEachRun(range.first(), range.last(),
                          [&](int64_t begin, int64_t count, const Broadcast::Offsets& at) {
                            RunOf(condition + at[0], t + at[1], e + at[2], y + begin, count);
                          });
    return absl::OkStatus();
  }

 private:
  void RunOf(const bool* condition, const T* t, const T* e, T* y, int64_t count) const {
    const int64_t c_step = broadcast_.run_stride(0);
    const int64_t t_step = broadcast_.run_stride(1);
    const int64_t e_step = broadcast_.run_stride(2);
    if constexpr (std::is_integral_v<T>) {
      if (c_step != 0 && count >= kShortRow) {
        constexpr int64_t kPiece = 256;
        T same_t[kPiece], same_e[kPiece];
        if (t_step == 0) FillRow(same_t, std::min(count, kPiece), *t);
        if (e_step == 0) FillRow(same_e, std::min(count, kPiece), *e);
        const int64_t piece = t_step == 0 || e_step == 0 ? kPiece : count;
        for (int64_t i = 0; i < count; i += piece) {
          Choose(condition + i, t_step == 0 ? same_t : t + i, e_step == 0 ? same_e : e + i, y + i,
                 std::min(count - i, piece));
        }
        return;
      }
    }
    if (c_step == 0 && (*condition ? t_step : e_step) != 0) {
      std::copy_n(*condition ? t : e, count, y);
      return;
    }
    for (int64_t i = 0; i < count; ++i) {
      y[i] = condition[i * c_step] ? t[i * t_step] : e[i * e_step];
    }
  }

  // Written in bits, and of bytes: compilers turn a choice by a bool into a branch, which they
  // cannot compute in vectors.
  static void Choose(const bool* condition, const T* t, const T* e, T* y, int64_t n) {
    const auto* const bytes = reinterpret_cast<const uint8_t*>(condition);
    Vectorized([=] {
      SESSILE_NO_CARRIED_DEPENDENCE
      for (int64_t i = 0; i < n; ++i) {
        const T a = t[i], b = e[i];
        const T all = static_cast<T>(T{0} - static_cast<T>(bytes[i] != 0));
        y[i] = static_cast<T>(b ^ ((a ^ b) & all));
      }
    });
  }

  const Broadcast broadcast_;
  const int64_t size_;
};

absl::Status Differ(int input, const Shape& condition, const Shape& shape) {
  return InvalidArgument(
      "Inputs to operation Select of type Select must have the same size and shape.  Input 0: ",
      condition.ToString(), " != input ", input, ": ", shape.ToString());
}

PreparedOr PrepareSelected(const PrepareContext& ctx, std::span<const Shape> shapes) {
  SESSILE_ASSIGN_OR_RETURN(Broadcast broadcast, Broadcast::Of(shapes));
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<Select<T>>(ctx, std::move(broadcast));
  });
}

PreparedOr PrepareSelect(const PrepareContext& ctx) {
  Shape condition = ctx.input_shape(0);
  const Shape& t = ctx.input_shape(1);
  const Shape& e = ctx.input_shape(2);
  if (t != e) return Differ(2, t, e);
  if (condition.rank() == 1 && t.rank() > 1 && condition.dim(0) == t.dim(0)) {
    for (int i = 1; i < t.rank(); ++i) condition = condition.Append(1);
  } else if (condition.rank() != 0 && condition != t) {
    return Differ(1, condition, t);
  }
  const std::array<Shape, 3> shapes = {condition, t, e};
  return PrepareSelected(ctx, shapes);
}

PreparedOr PrepareSelectV2(const PrepareContext& ctx) {
  const std::array<Shape, 3> shapes = {ctx.input_shape(0), ctx.input_shape(1), ctx.input_shape(2)};
  return PrepareSelected(ctx, shapes);
}

}  // namespace

void RegisterSelect(KernelRegistry& kernels) {
  kernels.Add("Select", PrepareSelect);
  kernels.Add("SelectV2", PrepareSelectV2);
}

}  // namespace sessile
