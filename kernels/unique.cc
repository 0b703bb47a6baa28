// Unique and its kin: the slices of a tensor along an axis in the order of their first occurrence.
// (A vector's slices are its elements.) NaN is unlike any other; 0 and -0 are alike.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/float_bits.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

// A tensor as [outer, count, inner]: `count` slices.
struct SliceSizes {
  int64_t outer = 1;
  int64_t count = 1;
  int64_t inner = 1;
};

// Elements of one size are the same to it, whatever their type.
template <typename T>
class Slices {
 public:
  Slices(const SliceSizes& sizes, const T* data, FloatBits bits)
      : s_(sizes), data_(data), bits_(bits) {}

  // Calls f(first element, number) for the runs of neighbours of slice i, until it gives false.
  template <typename F>
  bool ForEachRun(int64_t i, F f) const {
    if (s_.inner == 0) return true;
    for (int64_t o = 0; o < s_.outer; ++o) {
      if (!f((o * s_.count + i) * s_.inner)) return false;
    }
    return true;
  }
  bool HasNan(int64_t i) const {
    if constexpr (std::is_integral_v<T>) {
      return bits_.are_floats() && !ForEachRun(i, [&](int64_t at) {
               return std::none_of(data_ + at, data_ + at + s_.inner,
                                   [this](T x) { return bits_.IsNan(x); });
             });
    }
    return false;
  }
  size_t Hash(int64_t i) const {
    size_t hash = 0;
    ForEachRun(i, [&](int64_t at) {
      for (int64_t k = 0; k < s_.inner; ++k) hash = absl::HashOf(hash, Key(data_[at + k]));
      return true;
    });
    return hash;
  }
  bool Equal(int64_t i, int64_t j) const {
    const int64_t distance = (j - i) * s_.inner;
    return ForEachRun(i, [&](int64_t at) {
      return std::equal(data_ + at, data_ + at + s_.inner, data_ + at + distance,
                        [this](const T& a, const T& b) { return Key(a) == Key(b); });
    });
  }

 private:
  // What is compared and hashed of an element.
  decltype(auto) Key(const T& x) const {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(bits_.Key(x));
    } else {
      return (x);
    }
  }

  const SliceSizes& s_;
  const T* data_;
  const FloatBits bits_;
};

// Element i of a tensor of int32 or int64.
void StoreIndex(const TensorView& to, size_t i, int64_t value) {
  if (to.dtype() == DataType::kInt64) {
    to.data<int64_t>()[i] = value;
  } else {
    to.data<int32_t>()[i] = static_cast<int32_t>(value);
  }
}

template <typename T>
class Unique final : public Prepared {
 public:
  Unique(const PrepareContext& ctx, int axis)
      : shape_(ctx.input_shape(0)),
        axis_(axis),
        s_{shape_.Slice(0, axis).num_elements(), shape_.dim(axis),
           shape_.Slice(axis + 1).num_elements()},
        counts_(ctx.num_outputs() == 3) {
    AddOutput(ctx.output_dtype(0), shape_.WithDim(axis, None));
    AddOutput(ctx.output_dtype(1), Shape({s_.count}));
    if (counts_) AddOutput(ctx.output_dtype(2), Shape({None}));
    AddPhase(1);
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    const T* const x = Elements<T>(in[0]);
    const Slices<T> slices(s_, x, FloatBits::Of(in[0].dtype()));
    std::vector<int64_t> firsts;  // of each different slice
    std::vector<int64_t> counts;
    FindEqual(slices, out[1], &firsts, &counts);
    const auto found = static_cast<int64_t>(firsts.size());
    SESSILE_ASSIGN_OR_RETURN(const TensorView y,
                             ctx.AllocateOutput(0, shape_.WithDim(axis_, found)));
    T* to = Elements<T>(y);
    for (int64_t o = 0; s_.inner > 0 && o < s_.outer; ++o) {
      for (const int64_t first : firsts) {
        to = std::copy_n(x + (o * s_.count + first) * s_.inner, s_.inner, to);
      }
    }
    if (!counts_) return absl::OkStatus();
    SESSILE_ASSIGN_OR_RETURN(const TensorView count, ctx.AllocateOutput(2, Shape({found})));
    for (size_t i = 0; i < counts.size(); ++i) StoreIndex(count, i, counts[i]);
    return absl::OkStatus();
  }

 private:
  SESSILE_OPTIMIZE_SPEED [[gnu::flatten]] void FindEqual(const Slices<T>& slices,
                                                         const TensorView& idx,
                                                         std::vector<int64_t>* firsts,
                                                         std::vector<int64_t>* counts) const {
    const auto hash = [&](int64_t i) { return slices.Hash(i); };
    const auto equal = [&](int64_t i, int64_t j) { return slices.Equal(i, j); };
    absl::flat_hash_map<int64_t, int64_t, decltype(hash), decltype(equal)> places(0, hash, equal);
    for (int64_t i = 0; i < s_.count; ++i) {
      const auto next = static_cast<int64_t>(firsts->size());
      // NaNs would only fill one bucket of the table.
      const int64_t place = slices.HasNan(i) ? next : places.try_emplace(i, next).first->second;
      if (place == next) {
        firsts->push_back(i);
        counts->push_back(0);
      }
      StoreIndex(idx, static_cast<size_t>(i), place);
      ++(*counts)[static_cast<size_t>(place)];
    }
  }

  const Shape shape_;
  const int axis_;
  const SliceSizes s_;
  const bool counts_;
};

// The axis of the second versions; 0, of a vector, where none is given.
absl::StatusOr<int> AxisOf(const PrepareContext& ctx) {
  const Shape& x = ctx.input_shape(0);
  std::vector<int64_t> axes;
  if (ctx.num_inputs() == 2) {
    if (ctx.input_shape(1).rank() != 1) return InvalidArgument("axis expects a 1D vector.");
    SESSILE_ASSIGN_OR_RETURN(axes, IntsFromTensor(*ctx.input_value(1)));
  }
  if (axes.empty()) {
    if (x.rank() == 1) return 0;
    return InvalidArgument("unique expects a 1D vector, got shape ", x.ToString());
  }
  if (axes.size() > 1) {
    return InvalidArgument("axis does not support input tensors larger than 1 elements");
  }
  const int64_t axis = axes[0] < 0 ? axes[0] + x.rank() : axes[0];
  if (axis < 0 || axis >= x.rank()) {
    return InvalidArgument("axis has to be between [0, ", x.rank(), ")");
  }
  return static_cast<int>(axis);
}

PreparedOr PrepareUnique(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const int axis, AxisOf(ctx));
  if (ctx.input_shape(0).dim(axis) > std::numeric_limits<int32_t>::max()) {
    return InvalidArgument("unique does not support input tensors larger than ",
                           std::numeric_limits<int32_t>::max(), " elements");
  }
  return WithStorage(ctx.input_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    if constexpr (std::is_same_v<T, Bytes16>) {
      return Unimplemented(kNoComplexKernels);
    } else {
      return std::make_unique<Unique<T>>(ctx, axis);
    }
  });
}

void AddUniqueOp(KernelRegistry& kernels, const char* op, bool along_axis) {
  for (const DataType index : {int32, int64}) {
    for (const DataType type : {float32, float64, int8, int16, int32, int64, uint8, uint16, uint32,
                                uint64, float16, bfloat16, bool_, string}) {
      KernelDefBuilder builder = kernels.Add(op, PrepareUnique);
      builder.Types("T", {type}).When("out_idx", index);
      if (along_axis) builder.ValueInput(1);
    }
  }
  kernels.Lacks(op, "T", ComplexTypes(), kNoComplexKernels);
  kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
  kernels.Lacks(op, "T", ObjectTypes(), kNoObjectKernels);
}

}  // namespace

void RegisterUnique(KernelRegistry& kernels) {
  AddUniqueOp(kernels, "Unique", /*along_axis=*/false);
  AddUniqueOp(kernels, "UniqueV2", /*along_axis=*/true);
  AddUniqueOp(kernels, "UniqueWithCounts", /*along_axis=*/false);
  AddUniqueOp(kernels, "UniqueWithCountsV2", /*along_axis=*/true);
}

}  // namespace sessile
