// Softmax, LogSoftmax and the cross entropies of them, row by row. With m the largest logit of a
// row, e^(x - m) never overflows, and at least one of its terms is 1:
//
//   softmax_i = e^(x_i - m) / sum_j e^(x_j - m)
//   log softmax_i = x_i - m - log sum_j e^(x_j - m)
//
// Sums are kept in double.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// An element costs an exponential: about that many bytes of memory traffic.
constexpr int64_t kCostOfSoftmax = 64;

struct SoftmaxRows {
  int64_t rows = 0;
  int64_t columns = 0;
  // Along the last dimension.
  static SoftmaxRows Of(const Shape& shape) {
    const int64_t columns = shape.dim(shape.rank() - 1);
    int64_t rows = 1;
    for (int i = 0; i + 1 < shape.rank(); ++i) rows *= shape.dim(i);
    return {rows, columns};
  }
  int64_t blocks() const { return BlocksOf(rows, columns * kCostOfSoftmax); }
};

// One row of logits: its largest element, and the sum of exponentials relative to it.
template <typename W>
struct RowSum {
  W largest = -std::numeric_limits<W>::infinity();
  double sum = 0;
};

template <typename T, typename At>
RowSum<Wide<T>> SumRow(int64_t columns, At at) {
  RowSum<Wide<T>> row;
  for (int64_t c = 0; c < columns; ++c) row.largest = std::max(row.largest, at(c));
  for (int64_t c = 0; c < columns; ++c) row.sum += std::exp(at(c) - row.largest);
  return row;
}

template <bool kLog>
struct Softmax {
  template <typename T>
  class Kernel final : public Prepared {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) {
      if (ctx.input_shape(0).rank() < 1) {
        return InvalidArgument("logits must have >= 1 dimension, got ",
                               ctx.input_shape(0).ToString());
      }
      return std::make_unique<Kernel>(ctx.input_shape(0));
    }

    explicit Kernel(const Shape& shape) : dims_(SoftmaxRows::Of(shape)) {
      AddOutput(DataTypeOf<T>::value, shape);
      MayForward(0, 0);
      if (shape.rank() > 1) TakesRows(0);
      AddPhase(dims_.blocks());
    }

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                     int64_t block) const override {
      for (const int64_t row : BlockRange(dims_.rows, block, num_blocks(0))) {
        const T* x = in[0].data<T>() + row * dims_.columns;
        T* y = out[0].data<T>() + row * dims_.columns;
        const auto at = [x](int64_t c) { return Widen(x[c]); };
        const RowSum<Wide<T>> sum = SumRow<T>(dims_.columns, at);
        const auto log_sum = static_cast<Wide<T>>(std::log(sum.sum));
        const auto inverse = static_cast<Wide<T>>(1 / sum.sum);
        for (int64_t c = 0; c < dims_.columns; ++c) {
          const Wide<T> shifted = at(c) - sum.largest;
          y[c] = Narrow<T>(kLog ? shifted - log_sum : std::exp(shifted) * inverse);
        }
      }
      return absl::OkStatus();
    }

   private:
    const SoftmaxRows dims_;
  };
};

// Features and labels, matrices of which one may be broadcast: an element's place is a sum of
// those of its row and of its column.
template <typename T>
class DenseCrossEntropy final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    const Shape& features = ctx.input_shape(0);
    const Shape& labels = ctx.input_shape(1);
    const absl::StatusOr<Broadcast> broadcast = Broadcast::Of(features, labels);
    if (!broadcast.ok()) {
      return InvalidArgument("logits and labels must be broadcastable: logits_size=",
                             features.ToString(), " labels_size=", labels.ToString());
    }
    if (broadcast->output().rank() != 2) {
      return InvalidArgument(
          "logits and labels must be either 2-dimensional, or broadcasted to be 2-dimensional");
    }
    return std::make_unique<DenseCrossEntropy>(broadcast->output(), features, labels);
  }

  DenseCrossEntropy(const Shape& output, const Shape& features, const Shape& labels)
      : dims_(SoftmaxRows::Of(output)), features_(features), labels_(labels) {
    AddOutput(DataTypeOf<T>::value, Shape({dims_.rows}));
    AddOutput(DataTypeOf<T>::value, output);
    AddPhase(dims_.blocks());
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    for (const int64_t row : BlockRange(dims_.rows, block, num_blocks(0))) {
      const T* const x = in[0].data<T>() + row * features_.row;
      const T* const label = in[1].data<T>() + row * labels_.row;
      const auto at = [&](int64_t c) { return Widen(x[c * features_.column]); };
      const RowSum<Wide<T>> sum = SumRow<T>(dims_.columns, at);
      const auto log_sum = static_cast<Wide<T>>(std::log(sum.sum));
      const auto inverse = static_cast<Wide<T>>(1 / sum.sum);
      double loss = 0;
      T* const backprop = out[1].data<T>() + row * dims_.columns;
      for (int64_t c = 0; c < dims_.columns; ++c) {
        const Wide<T> p = Widen(label[c * labels_.column]);
        const Wide<T> shifted = at(c) - sum.largest;
        if (p != Wide<T>{0}) loss += static_cast<double>(p * (log_sum - shifted));
        backprop[c] = Narrow<T>(std::exp(shifted) * inverse - p);
      }
      out[0].data<T>()[row] = Narrow<T>(static_cast<Wide<T>>(loss));
    }
    return absl::OkStatus();
  }

 private:
  // How far apart neighbouring rows and columns are; 0 where there is one for all.
  struct Strides {
    explicit Strides(const Shape& shape) {
      const int rank = shape.rank();
      const int64_t columns = rank > 0 ? shape.dim(rank - 1) : 1;
      column = columns == 1 ? 0 : 1;
      row = rank < 2 || shape.dim(0) == 1 ? 0 : columns;
    }
    int64_t row = 0;
    int64_t column = 0;
  };

  const SoftmaxRows dims_;
  const Strides features_;
  const Strides labels_;
};

template <typename Label>
struct SparseCrossEntropy {
  template <typename T>
  class Kernel final : public Prepared {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) {
      const Shape& logits = ctx.input_shape(0);
      const Shape& labels = ctx.input_shape(1);
      if (logits.rank() != 2) {
        return InvalidArgument("logits must be 2-D, but got shape ", logits.ToString());
      }
      if (labels.rank() != 1) {
        return InvalidArgument("labels must be 1-D, but got shape ", labels.ToString());
      }
      if (logits.dim(0) != labels.dim(0)) {
        return InvalidArgument(
            "logits and labels must have the same first dimension, got logits shape ",
            logits.ToString(), " and labels shape ", labels.ToString());
      }
      if (logits.dim(1) <= 0) {
        return InvalidArgument("Must have at least one class, but got logits shape ",
                               logits.ToString());
      }
      return std::make_unique<Kernel>(logits);
    }

    explicit Kernel(const Shape& logits) : dims_(SoftmaxRows::Of(logits)) {
      AddOutput(DataTypeOf<T>::value, Shape({dims_.rows}));
      AddOutput(DataTypeOf<T>::value, logits);
      MayForward(0, 1);
      AddPhase(1);
      AddPhase(dims_.blocks());
    }

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int phase,
                     int64_t block) const override {
      const Label* const labels = in[1].data<Label>();
      if (phase == 0) return CheckLabels(labels);
      for (const int64_t row : BlockRange(dims_.rows, block, num_blocks(1))) {
        const T* const x = in[0].data<T>() + row * dims_.columns;
        T* const backprop = out[1].data<T>() + row * dims_.columns;
        const auto label = static_cast<int64_t>(labels[row]);
        const auto at = [x](int64_t c) { return Widen(x[c]); };
        const RowSum<Wide<T>> sum = SumRow<T>(dims_.columns, at);
        const auto log_sum = static_cast<Wide<T>>(std::log(sum.sum));
        const auto inverse = static_cast<Wide<T>>(1 / sum.sum);
        out[0].data<T>()[row] = Narrow<T>(log_sum - (at(label) - sum.largest));
        for (int64_t c = 0; c < dims_.columns; ++c) {
          const Wide<T> p = std::exp(at(c) - sum.largest) * inverse;
          backprop[c] = Narrow<T>(c == label ? p - Wide<T>{1} : p);
        }
      }
      return absl::OkStatus();
    }

   private:
    absl::Status CheckLabels(const Label* labels) const {
      for (int64_t row = 0; row < dims_.rows; ++row) {
        if (labels[row] >= 0 && static_cast<int64_t>(labels[row]) < dims_.columns) continue;
        constexpr int64_t kShown = 32;
        const auto shown = static_cast<size_t>(std::min(dims_.rows, kShown));
        return InvalidArgument(
            "Received a label value of ", labels[row], " which is outside the valid range of [0, ",
            dims_.columns,
            ").  Label values: ", absl::StrJoin(absl::Span<const Label>(labels, shown), " "),
            dims_.rows > kShown ? " ..." : "");
      }
      return absl::OkStatus();
    }

    const SoftmaxRows dims_;
  };
};

}  // namespace

void RegisterSoftmax(KernelRegistry& kernels) {
  kernels.Add<Softmax<false>::Kernel>("Softmax").For<AllFloatTypes>("T");
  kernels.Add<Softmax<true>::Kernel>("LogSoftmax").For<AllFloatTypes>("T");
}

void RegisterSoftmaxCrossEntropy(KernelRegistry& kernels) {
  kernels.Add<DenseCrossEntropy>("SoftmaxCrossEntropyWithLogits").For<AllFloatTypes>("T");
  const char* const sparse = "SparseSoftmaxCrossEntropyWithLogits";
  kernels.Add<SparseCrossEntropy<int32_t>::Kernel>(sparse).For<AllFloatTypes>("T").When("Tlabels",
                                                                                        int32);
  kernels.Add<SparseCrossEntropy<int64_t>::Kernel>(sparse).For<AllFloatTypes>("T").When("Tlabels",
                                                                                        int64);
}

}  // namespace sessile
