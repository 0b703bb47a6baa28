// Bucketize, LowerBound and UpperBound: binary searches.

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// What a search reads and looks at, in bytes of work.
constexpr int64_t kSearchBytes = 256;

struct FirstNotLess {
  template <typename T>
  static const T* Find(const T* first, const T* last, T value) {
    return std::lower_bound(first, last, value, [](T a, T b) { return Widen(a) < Widen(b); });
  }
};
struct FirstGreater {
  template <typename T>
  static const T* Find(const T* first, const T* last, T value) {
    return std::upper_bound(first, last, value, [](T a, T b) { return Widen(a) < Widen(b); });
  }
};

template <typename Search, typename Index>
struct Bound {
  template <typename T>
  class Kernel final : public Prepared {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) {
      const Shape& sorted = ctx.input_shape(0);
      const Shape& values = ctx.input_shape(1);
      if (sorted.rank() != 2 || values.rank() != 2) {
        const bool first = sorted.rank() != 2;
        return InvalidArgument("Shape must be rank 2 but is rank ",
                               first ? sorted.rank() : values.rank(), " for `",
                               first ? "sorted_inputs" : "values", "` argument");
      }
      if (sorted.dim(0) != values.dim(0)) {
        return InvalidArgument("Leading dim_size of both tensors must match.");
      }
      if (sorted.dim(1) > std::numeric_limits<Index>::max()) {
        return InvalidArgument(
            "trailing dim_size of sorted_inputs must fit the output's type, but is ",
            sorted.dim(1));
      }
      return std::make_unique<Kernel>(sorted, values);
    }
    Kernel(const Shape& sorted, const Shape& values)
        : size_(values.num_elements()), columns_(values.dim(1)), length_(sorted.dim(1)) {
      AddOutput(DataTypeOf<Index>::value, values);
      AddPhase(BlocksOf(size_, kSearchBytes));
    }

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                     int64_t block) const override {
      for (const int64_t i : BlockRange(size_, block, num_blocks(0))) {
        const T* const row = in[0].template data<T>() + i / columns_ * length_;
        const T value = in[1].template data<T>()[i];
        out[0].template data<Index>()[i] =
            static_cast<Index>(Search::Find(row, row + length_, value) - row);
      }
      return absl::OkStatus();
    }

   private:
    const int64_t size_;
    const int64_t columns_;
    const int64_t length_;
  };
};

// NaN is beyond every boundary.
template <typename T>
class Bucketize final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(std::vector<float> boundaries,
                             ctx.Attr<std::vector<float>>("boundaries"));
    if (!std::is_sorted(boundaries.begin(), boundaries.end())) {
      return InvalidArgument("Expected sorted boundaries");
    }
    return std::make_unique<Bucketize>(ctx.input_shape(0), std::move(boundaries));
  }
  Bucketize(const Shape& shape, std::vector<float> boundaries)
      : size_(shape.num_elements()), boundaries_(std::move(boundaries)) {
    AddOutput(int32, shape);
    AddPhase(BlocksOf(size_, kSearchBytes));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    for (const int64_t i : BlockRange(size_, block, num_blocks(0))) {
      const T value = in[0].data<T>()[i];
      const auto above = std::upper_bound(
          boundaries_.begin(), boundaries_.end(), value,
          [](T a, float b) { return static_cast<double>(a) < static_cast<double>(b); });
      out[0].data<int32_t>()[i] = static_cast<int32_t>(above - boundaries_.begin());
    }
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
  const std::vector<float> boundaries_;
};

template <typename Search, typename Index>
void AddBound(KernelRegistry& kernels, const char* op) {
  kernels.Add<Bound<Search, Index>::template Kernel>(op).template For<AllNumberTypes>("T").When(
      "out_type", DataTypeOf<Index>::value);
}

template <typename Search>
void AddBounds(KernelRegistry& kernels, const char* op) {
  AddBound<Search, int32_t>(kernels, op);
  AddBound<Search, int64_t>(kernels, op);
  kernels.Lacks(op, "T", {string, bool_}, kNoKernelInTensorFlow);
  kernels.Lacks(op, "T", ComplexTypes(), kNoKernelInTensorFlow);
  kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
  kernels.Lacks(op, "T", ObjectTypes(), kNoObjectKernels);
}

}  // namespace

void RegisterSearchSorted(KernelRegistry& kernels) {
  AddBounds<FirstNotLess>(kernels, "LowerBound");
  AddBounds<FirstGreater>(kernels, "UpperBound");
  kernels.Add<Bucketize>("Bucketize").For<TypeList<int32_t, int64_t, float, double>>("T");
}

}  // namespace sessile
