// ArgMax and ArgMin: the place of the largest or smallest element along one dimension, the first
// one of several. NaN is never chosen over a number.

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

struct Larger {
  template <typename W>
  static constexpr W kWorst = std::numeric_limits<W>::lowest();
  template <typename W>
  static bool Better(W a, W b) {
    return a > b;
  }
};

struct Smaller {
  template <typename W>
  static constexpr W kWorst = std::numeric_limits<W>::max();
  template <typename W>
  static bool Better(W a, W b) {
    return a < b;
  }
};

// What an index is written as.
void WriteIndex(const TensorView& out, int64_t i, int64_t index) {
  switch (out.dtype()) {
    case DataType::kInt16:
      out.data<int16_t>()[i] = static_cast<int16_t>(index);
      break;
    case DataType::kUInt16:
      out.data<uint16_t>()[i] = static_cast<uint16_t>(index);
      break;
    case DataType::kInt32:
      out.data<int32_t>()[i] = static_cast<int32_t>(index);
      break;
    default:
      out.data<int64_t>()[i] = index;
  }
}

template <typename Order>
struct ArgOf {
  template <typename T>
  class Kernel final : public Prepared {
   public:
    static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
      const Shape& input = ctx.input_shape(0);
      if (ctx.input_shape(1).rank() != 0) {
        return InvalidArgument("dim must be a scalar, but received tensor of shape: ",
                               ctx.input_shape(1).ToString());
      }
      SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> dims,
                               IntsFromTensor(*ctx.input_value(1)));
      const int64_t rank = input.rank();
      const int64_t dim = dims[0] < 0 ? dims[0] + rank : dims[0];
      if (dim < 0 || dim >= rank) {
        return InvalidArgument("Expected dimension in the range [", -rank, ", ", rank,
                               "), but got ", dims[0]);
      }
      const int axis = static_cast<int>(dim);
      if (input.dim(axis) == 0) {
        return InvalidArgument("Reduction axis ", axis, " is empty in shape ", input.ToString());
      }
      return std::make_unique<Kernel>(ctx.output_dtype(0), input, axis);
    }

    Kernel(DataType output, const Shape& input, int axis)
        : length_(input.dim(axis)),
          inner_(input.Slice(axis + 1).num_elements()),
          results_(input.Slice(0, axis).num_elements() * inner_) {
      AddOutput(output, Shape::Concat(input.Slice(0, axis), input.Slice(axis + 1)));
      if (axis > 0) TakesRows(0);
      AddPhase(BlocksOf(results_, length_ * static_cast<int64_t>(sizeof(T))));
    }

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                     int64_t block) const override {
      for (const int64_t i : BlockRange(results_, block, num_blocks(0))) {
        const T* x = in[0].data<T>() + i / inner_ * length_ * inner_ + i % inner_;
        WriteIndex(out[0], i, inner_ == 1 && kUsual<T> ? PlaceInRow(x) : PlaceInColumn(x));
      }
      return absl::OkStatus();
    }

   private:
    static constexpr T kWorst = Order::template kWorst<T>;

    int64_t PlaceInColumn(const T* x) const {
      T best = kWorst;
      int64_t place = 0;
      for (int64_t j = 0; j < length_; ++j) {
        const T candidate = x[j * inner_];
        if (!Order::Better(candidate, best)) continue;
        best = candidate;
        place = j;
      }
      return place;
    }

    // First the best value, in vectors, then where it stands first.
    int64_t PlaceInRow(const T* x) const {
      T best = kWorst;
      VectorizedFor<T>([=, &best, n = length_] { best = BestOfRow(x, n); });
      if (!Order::Better(best, kWorst)) return 0;
      return std::find_if(x, x + length_, [best](T other) { return other == best; }) - x;
    }

    static T BestOfRow(const T* x, int64_t n) {
      constexpr int64_t kLanes = 16;
      std::array<T, kLanes> lanes;
      lanes.fill(kWorst);
      const auto look = [&](int64_t j, int64_t lane) {
        T& best = lanes[static_cast<size_t>(lane)];
        const T candidate = x[j];
        best = Order::Better(candidate, best) ? candidate : best;
      };
      int64_t j = 0;
      for (; j + kLanes <= n; j += kLanes) {
        SESSILE_OVER_LANES
        for (int64_t lane = 0; lane < kLanes; ++lane) look(j + lane, lane);
      }
      for (; j < n; ++j) look(j, 0);
      T best = kWorst;
      for (const T of_lane : lanes) best = Order::Better(of_lane, best) ? of_lane : best;
      return best;
    }

    const int64_t length_;
    const int64_t inner_;
    const int64_t results_;
  };
};

template <typename Order>
void Row(KernelRegistry& kernels, const char* op) {
  kernels.Add<InWiderType<ArgOf<Order>::template Kernel>::template Kernel>(op)
      .template For<AllNumberTypes>("T")
      .ValueInput(1);
  kernels.Add<ArgOf<Order>::template Kernel>(op).template For<TypeList<bool>>("T").ValueInput(1);
  kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
  kernels.Lacks(op, "T", ComplexTypes(), "complex numbers have no order");
}

}  // namespace

void RegisterArgMax(KernelRegistry& kernels) {
  Row<Larger>(kernels, "ArgMax");
  Row<Smaller>(kernels, "ArgMin");
}

}  // namespace sessile
