// TopK, TopKV2, InTopK and InTopKV2.

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

// The value of a scalar of any integer type.
absl::StatusOr<int64_t> ScalarOf(const Tensor& tensor, const char* name) {
  if (tensor.shape().rank() != 0) {
    return InvalidArgument(name, " must be scalar, got shape ", tensor.shape().ToString());
  }
  switch (tensor.dtype()) {
    case int16:
      return tensor.flat<int16_t>()[0];
    case int32:
      return tensor.flat<int32_t>()[0];
    default:
      return tensor.flat<int64_t>()[0];
  }
}

// Of the second input, or of the attribute of the first version.
absl::StatusOr<int64_t> TopKCount(const PrepareContext& ctx) {
  if (ctx.num_inputs() == 1) return ctx.Attr<int64_t>("k");
  return ScalarOf(*ctx.input_value(1), "k");
}

// The best k so far are a heap of indices, in the output's own memory, whose root is the worst.
template <typename T, typename Index>
class TopK final : public Prepared {
 public:
  TopK(const Shape& input, int64_t columns, int64_t k) : columns_(columns), k_(k) {
    const Shape output = input.WithDim(input.rank() - 1, k);
    AddOutput(DataTypeOf<T>::value, output);
    AddOutput(DataTypeOf<Index>::value, output);
    rows_ = k == 0 ? 0 : output.num_elements() / k;
    AddPhase(BlocksOf(rows_, columns * 16));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    for (const int64_t row : BlockRange(rows_, block, num_blocks(0))) {
      const T* const x = in[0].data<T>() + row * columns_;
      T* const values = out[0].data<T>() + row * k_;
      Index* const best = out[1].data<Index>() + row * k_;
      Select(x, best);
      for (int64_t i = 0; i < k_; ++i) values[i] = x[best[i]];
    }
    return absl::OkStatus();
  }

 private:
  SESSILE_OPTIMIZE_SPEED void Select(const T* x, Index* best) const {
    // Larger first, then the lower index; NaN comes last.
    const auto before = [x](Index a, Index b) {
      const auto va = x[a];
      const auto vb = x[b];
      if (va > vb) return true;
      if (vb > va) return false;
      const bool a_is_nan = va != va;
      const bool b_is_nan = vb != vb;
      return a_is_nan != b_is_nan ? b_is_nan : a < b;
    };
    for (int64_t i = 0; i < k_; ++i) best[i] = static_cast<Index>(i);
    std::make_heap(best, best + k_, before);
    for (int64_t i = k_; i < columns_; ++i) {
      const auto index = static_cast<Index>(i);
      if (!before(index, best[0])) continue;
      std::pop_heap(best, best + k_, before);
      best[k_ - 1] = index;
      std::push_heap(best, best + k_, before);
    }
    std::sort_heap(best, best + k_, before);
  }

  const int64_t columns_;
  const int64_t k_;
  int64_t rows_ = 0;
};

struct TopKSizes {
  int64_t columns;
  int64_t k;
};

absl::StatusOr<TopKSizes> TopKSizesOf(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const int64_t k, TopKCount(ctx));
  const Shape& input = ctx.input_shape(0);
  if (k < 0) return InvalidArgument("Need k >= 0, got ", k);
  if (input.rank() < 1) {
    return InvalidArgument("input must be >= 1-D, got shape ", input.ToString());
  }
  const int64_t columns = input.dim(input.rank() - 1);
  if (columns < k) {
    return InvalidArgument("input must have at least k columns. Had ", columns, ", needed ", k);
  }
  SESSILE_ASSIGN_OR_RETURN(const DataType index,
                           ctx.attrs().GetOr<DataType>("index_type", DataType::kInt32));
  const int64_t last = index == DataType::kInt16   ? std::numeric_limits<int16_t>::max()
                       : index == DataType::kInt32 ? std::numeric_limits<int32_t>::max()
                                                   : std::numeric_limits<int64_t>::max();
  if (columns - 1 > last) {
    return InvalidArgument("input has ", columns,
                           " columns, more than its indices' type can tell apart");
  }
  return TopKSizes{columns, k};
}

// Indices of int16 beside elements that are computed in a wider type are widened with them.
template <typename T>
struct TopKOf {
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const TopKSizes sizes, TopKSizesOf(ctx));
    const Shape& input = ctx.input_shape(0);
    switch (ctx.output_dtype(1)) {
      case DataType::kInt16:
        return std::make_unique<TopK<T, int16_t>>(input, sizes.columns, sizes.k);
      case DataType::kInt32:
        return std::make_unique<TopK<T, int32_t>>(input, sizes.columns, sizes.k);
      default:
        return std::make_unique<TopK<T, int64_t>>(input, sizes.columns, sizes.k);
    }
  }
};

// A target that is no class, or a prediction that is no number, is never among the best.
template <typename T, typename Target>
class InTopK final : public Prepared {
 public:
  InTopK(const Shape& predictions, int64_t k)
      : rows_(predictions.dim(0)), classes_(predictions.dim(1)), k_(k) {
    AddOutput(DataType::kBool, Shape({rows_}));
    AddPhase(BlocksOf(rows_, classes_ * static_cast<int64_t>(sizeof(T))));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    for (const int64_t row : BlockRange(rows_, block, num_blocks(0))) {
      out[0].data<bool>()[row] =
          IsIn(in[0].data<T>() + row * classes_, static_cast<int64_t>(in[1].data<Target>()[row]));
    }
    return absl::OkStatus();
  }

 private:
  bool IsIn(const T* predictions, int64_t target) const {
    if (target < 0 || target >= classes_ || !std::isfinite(predictions[target])) return false;
    int64_t above = 0;
    for (int64_t c = 0; c < classes_ && above < k_; ++c) {
      if (!std::isfinite(predictions[c])) return false;
      if (predictions[c] > predictions[target]) ++above;
    }
    return above < k_;
  }

  const int64_t rows_;
  const int64_t classes_;
  const int64_t k_;
};

PreparedOr MakeInTopK(const PrepareContext& ctx, int64_t k) {
  const Shape& predictions = ctx.input_shape(0);
  const Shape& targets = ctx.input_shape(1);
  if (predictions.rank() != 2) return InvalidArgument("predictions must be 2-dimensional");
  if (targets.rank() != 1) return InvalidArgument("targets must be 1-dimensional");
  if (predictions.dim(0) != targets.dim(0)) {
    return InvalidArgument("First dimension of predictions ", predictions.dim(0),
                           " must match length of targets ", targets.dim(0));
  }
  const bool wide = ctx.input_dtype(0) == DataType::kDouble;  // in the yardstick
  if (ctx.input_dtype(1) == DataType::kInt32) {
    if (wide) return std::make_unique<InTopK<double, int32_t>>(predictions, k);
    return std::make_unique<InTopK<float, int32_t>>(predictions, k);
  }
  if (wide) return std::make_unique<InTopK<double, int64_t>>(predictions, k);
  return std::make_unique<InTopK<float, int64_t>>(predictions, k);
}

PreparedOr PrepareInTopK(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const int64_t k, ctx.Attr<int64_t>("k"));
  return MakeInTopK(ctx, k);
}

PreparedOr PrepareInTopKV2(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const int64_t k, ScalarOf(*ctx.input_value(2), "k"));
  return MakeInTopK(ctx, k);
}

}  // namespace

void RegisterTopK(KernelRegistry& kernels) {
  for (const DataType index : {int16, int32, int64}) {
    kernels.Add<InWiderType<TopKOf>::Kernel>("TopKV2")
        .For<AllNumberTypes>("T")
        .When("index_type", index)
        .ValueInput(1);
  }
  kernels.Add<InWiderType<TopKOf>::Kernel>("TopK").For<AllNumberTypes>("T");
  kernels.Add("InTopK", PrepareInTopK).Types("T", {int32, int64});
  kernels.Add("InTopKV2", PrepareInTopKV2).Types("T", {int32, int64}).ValueInput(2);
}

}  // namespace sessile
