// Softmax, LogSoftmax and the cross entropies of them, row by row. With m the largest logit of a
// row, e^(x - m) never overflows, and at least one of its terms is 1:
//
//   softmax_i = e^(x_i - m) / sum_j e^(x_j - m)
//   log softmax_i = x_i - m - log sum_j e^(x_j - m)
//
// Sums are kept in double.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vector_math.h"
#include "sessile/kernels/vectorized.h"

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

// Sums side by side, which are added up in their order.
constexpr int64_t kLanes = 8;

template <typename W, typename At>
W LargestOf(int64_t columns, At at) {
  std::array<W, kLanes> lanes;
  lanes.fill(-std::numeric_limits<W>::infinity());
  const auto look = [&](int64_t c, size_t lane) {
    const W x = at(c);
    lanes[lane] = lanes[lane] < x ? x : lanes[lane];
  };
  int64_t c = 0;
  for (; c + kLanes <= columns; c += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) look(c + static_cast<int64_t>(lane), lane);
  }
  for (; c < columns; ++c) look(c, 0);
  return *std::max_element(lanes.begin(), lanes.end());
}

// The sum of term(i) for i < n. Terms are made in vectors, a tile at a time.
template <typename W, typename Term>
double SumOfTerms(int64_t n, Term term) {
  constexpr int64_t kTile = 32 * kLanes;
  std::array<W, kTile> tile;
  std::array<double, kLanes> lanes = {};
  for (int64_t begin = 0; begin < n; begin += kTile) {
    const int64_t count = std::min(kTile, n - begin);
    W* const terms = tile.data();
    SESSILE_NO_CARRIED_DEPENDENCE
    for (int64_t i = 0; i < count; ++i) terms[i] = term(begin + i);
    int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
      for (int64_t lane = 0; lane < kLanes; ++lane) {
        lanes[static_cast<size_t>(lane)] += double{terms[i + lane]};
      }
    }
    for (; i < count; ++i) lanes[0] += double{terms[i]};
  }
  return std::accumulate(lanes.begin(), lanes.end(), 0.0);
}

// The row whose elements are at(c). keep(c, e) is called with each exponential.
template <typename T, typename W = Wide<T>, typename At, typename Keep>
RowSum<W> SumRow(int64_t columns, At at, Keep keep) {
  RowSum<W> row;
  VectorizedFor<T>([=, &row] {
    const W largest = LargestOf<W>(columns, at);
    row.largest = largest;
    row.sum = SumOfTerms<W>(columns, [=](int64_t c) {
      const W e = vector_math::Exp(at(c) - largest);
      keep(c, e);
      return e;
    });
  });
  return row;
}

// Exponentials of a row where its results will stand; where those are narrower they would be
// rounded, and are computed twice.
template <typename T>
class RowOfExponentials {
 public:
  using W = Wide<T>;
  template <typename At>
  RowOfExponentials(T* memory, int64_t columns, At at)
      : memory_(memory), sum_(SumRow<T>(columns, at, [=](int64_t c, W e) {
          if constexpr (kKeeps) memory[c] = e;
        })) {}
  const RowSum<W>& sum() const { return sum_; }
  template <typename At>
  W operator()(int64_t c, At at) const {
    if constexpr (kKeeps) {
      return memory_[c];
    } else {
      return vector_math::Exp(at(c) - sum_.largest);
    }
  }

 private:
  static constexpr bool kKeeps = std::is_same_v<T, W>;
  T* const memory_;
  const RowSum<W> sum_;
};

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
        kLog ? LogRow(x, y) : Row(x, y);
      }
      return absl::OkStatus();
    }

   private:
    void Row(const T* x, T* y) const {
      const auto at = [x](int64_t c) { return Widen(x[c]); };
      const RowOfExponentials<T> e(y, dims_.columns, at);
      const auto inverse = static_cast<Wide<T>>(1 / e.sum().sum);
      VectorizedFor<T>([=, columns = dims_.columns] {
        SESSILE_NO_CARRIED_DEPENDENCE
        for (int64_t c = 0; c < columns; ++c) y[c] = Narrow<T>(e(c, at) * inverse);
      });
    }
    void LogRow(const T* x, T* y) const {
      const auto at = [x](int64_t c) { return Widen(x[c]); };
      const auto sum = SumRow<T>(dims_.columns, at, [](int64_t, Wide<T>) {});
      const auto log_sum = static_cast<Wide<T>>(std::log(sum.sum));
      VectorizedFor<T>([=, columns = dims_.columns] {
        SESSILE_NO_CARRIED_DEPENDENCE
        for (int64_t c = 0; c < columns; ++c) y[c] = Narrow<T>(at(c) - sum.largest - log_sum);
      });
    }

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
      T* const backprop = out[1].data<T>() + row * dims_.columns;
      const RowOfExponentials<T> e(backprop, dims_.columns, at);
      const auto log_sum = static_cast<Wide<T>>(std::log(e.sum().sum));
      const auto inverse = static_cast<Wide<T>>(1 / e.sum().sum);
      double loss = 0;
      VectorizedFor<T>([=, &loss, columns = dims_.columns, step = labels_.column] {
        loss = SumOfTerms<Wide<T>>(columns, [=](int64_t c) {
          const Wide<T> p = Widen(label[c * step]);
          backprop[c] = Narrow<T>(e(c, at) * inverse - p);
          const Wide<T> term = p * (log_sum - (at(c) - e.sum().largest));
          return p != Wide<T>{0} ? term : Wide<T>{0};
        });
      });
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
        const Wide<T> of_label = at(label);  // backprop may be in the place of the logits
        const RowOfExponentials<T> e(backprop, dims_.columns, at);
        const auto log_sum = static_cast<Wide<T>>(std::log(e.sum().sum));
        const auto inverse = static_cast<Wide<T>>(1 / e.sum().sum);
        out[0].data<T>()[row] = Narrow<T>(log_sum - (of_label - e.sum().largest));
        const Wide<T> p = e(label, at) * inverse - Wide<T>{1};
        VectorizedFor<T>([=, columns = dims_.columns] {
          SESSILE_NO_CARRIED_DEPENDENCE
          for (int64_t c = 0; c < columns; ++c) backprop[c] = Narrow<T>(e(c, at) * inverse);
        });
        backprop[label] = Narrow<T>(p);
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
  kernels.Add<InWiderType<Softmax<false>::Kernel>::Kernel>("Softmax").For<AllFloatTypes>("T");
  kernels.Add<InWiderType<Softmax<true>::Kernel>::Kernel>("LogSoftmax").For<AllFloatTypes>("T");
}

void RegisterSoftmaxCrossEntropy(KernelRegistry& kernels) {
  kernels.Add<InWiderType<DenseCrossEntropy>::Kernel>("SoftmaxCrossEntropyWithLogits")
      .For<AllFloatTypes>("T");
  const char* const sparse = "SparseSoftmaxCrossEntropyWithLogits";
  kernels.Add<InWiderType<SparseCrossEntropy<int32_t>::Kernel>::Kernel>(sparse)
      .For<AllFloatTypes>("T")
      .When("Tlabels", int32);
  kernels.Add<InWiderType<SparseCrossEntropy<int64_t>::Kernel>::Kernel>(sparse)
      .For<AllFloatTypes>("T")
      .When("Tlabels", int64);
}

}  // namespace sessile
