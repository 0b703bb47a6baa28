// Bucketize, LowerBound and UpperBound: binary searches.

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// What a search reads and looks at, in bytes of work.
constexpr int64_t kSearchBytes = 256;

// The number of elements of a sorted row that are less than a value, or, with `or_equal`, not
// greater.
using CountBelow = int64_t (*)(const void* row, int64_t length, const void* value, bool or_equal);

template <typename T>
int64_t CountBelowOf(const void* row, int64_t length, const void* value, bool or_equal) {
  const T* const first = static_cast<const T*>(row);
  const auto wanted = Widen(*static_cast<const T*>(value));
  const auto below = [=](T x) { return or_equal ? !(wanted < Widen(x)) : Widen(x) < wanted; };
  return std::partition_point(first, first + length, below) - first;
}

class Bound final : public Prepared {
 public:
  Bound(const PrepareContext& ctx, CountBelow count, bool or_equal)
      : size_(ctx.input_shape(1).num_elements()),
        columns_(ctx.input_shape(1).dim(1)),
        length_(ctx.input_shape(0).dim(1)),
        element_(StoredSize(ctx.input_dtype(0))),
        count_(count),
        or_equal_(or_equal) {
    AddOutput(ctx.output_dtype(0), ctx.input_shape(1));
    AddPhase(BlocksOf(size_, kSearchBytes));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const auto* const rows = static_cast<const char*>(in[0].raw());
    const auto* const values = static_cast<const char*>(in[1].raw());
    for (const int64_t i : BlockRange(size_, block, num_blocks(0))) {
      const int64_t place = count_(rows + i / columns_ * length_ * element_, length_,
                                   values + i * element_, or_equal_);
      if (out[0].dtype() == DataType::kInt32) {
        out[0].data<int32_t>()[i] = static_cast<int32_t>(place);
      } else {
        out[0].data<int64_t>()[i] = place;
      }
    }
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
  const int64_t columns_;
  const int64_t length_;
  const int64_t element_;
  const CountBelow count_;
  const bool or_equal_;
};

PreparedOr PrepareBound(const PrepareContext& ctx, CountBelow count, bool or_equal) {
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
  if (ctx.output_dtype(0) == DataType::kInt32 &&
      sorted.dim(1) > std::numeric_limits<int32_t>::max()) {
    return InvalidArgument("trailing dim_size of sorted_inputs must fit the output's type, but is ",
                           sorted.dim(1));
  }
  return std::make_unique<Bound>(ctx, count, or_equal);
}

template <bool or_equal>
struct BoundOf {
  template <typename T>
  struct Kernel {
    static PreparedOr Prepare(const PrepareContext& ctx) {
      return PrepareBound(ctx, &CountBelowOf<T>, or_equal);
    }
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

template <bool or_equal>
void AddBounds(KernelRegistry& kernels, const char* op) {
  for (const DataType index : {int32, int64}) {
    kernels.Add<BoundOf<or_equal>::template Kernel>(op).template For<AllNumberTypes>("T").When(
        "out_type", index);
  }
  kernels.Lacks(op, "T", {string, bool_}, kNoKernelInTensorFlow);
  kernels.Lacks(op, "T", ComplexTypes(), kNoKernelInTensorFlow);
  kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
  kernels.Lacks(op, "T", ObjectTypes(), kNoObjectKernels);
}

}  // namespace

void RegisterSearchSorted(KernelRegistry& kernels) {
  AddBounds<false>(kernels, "LowerBound");
  AddBounds<true>(kernels, "UpperBound");
  kernels.Add<Bucketize>("Bucketize").For<TypeList<int32_t, int64_t, float, double>>("T");
}

}  // namespace sessile
