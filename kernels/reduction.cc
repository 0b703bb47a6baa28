// Sum, Mean, Prod, Max, Min, All, Any over some dimensions.
//
// The order of additions follows from the shape alone. Floats are added up in double, doubles with
// the error of each addition carried along (Knuth's TwoSum), so that the result is the exact sum
// rounded, but for a last bit.

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/elementwise.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/reduction_plan.h"
#include "sessile/kernels/register_all.h"

namespace sessile {
namespace {

// A sum of doubles and what rounding took from it.
struct Compensated {
  double sum = 0;
  double rest = 0;

  void Add(double x) {
    const double next = sum + x;
    const double taken = next - sum;
    rest += (sum - (next - taken)) + (x - taken);
    sum = next;
  }
  // `rest` means nothing once the sum is infinite.
  double value() const { return std::isfinite(sum) ? sum + rest : sum; }
};

// What each reduction keeps while it runs, Acc, and what it does with it. `count` is the number of
// elements that went into a result.
template <typename T>
struct SumOp {
  static constexpr bool kFloat = std::is_floating_point_v<Wide<T>>;
  using Acc = std::conditional_t<std::is_same_v<T, double>, Compensated,
                                 std::conditional_t<kFloat, double, T>>;
  static Acc Empty() { return Acc(); }
  static void Add(Acc& acc, T x) {
    if constexpr (std::is_same_v<Acc, Compensated>) {
      acc.Add(x);
    } else {
      acc = WrapAdd(acc, static_cast<Acc>(Widen(x)));
    }
  }
  static void Join(Acc& acc, const Acc& other) {
    if constexpr (std::is_same_v<Acc, Compensated>) {
      acc.Add(other.sum);
      acc.rest += other.rest;
    } else {
      acc = WrapAdd(acc, other);
    }
  }
  static auto Total(const Acc& acc) {
    if constexpr (std::is_same_v<Acc, Compensated>) {
      return acc.value();
    } else {
      return acc;
    }
  }
  static T Result(const Acc& acc, int64_t) { return Narrow<T>(static_cast<Wide<T>>(Total(acc))); }
};

template <typename T>
struct MeanOp : SumOp<T> {
  using typename SumOp<T>::Acc;
  static T Result(const Acc& acc, int64_t count) {
    const auto total = SumOp<T>::Total(acc);
    if constexpr (SumOp<T>::kFloat) {
      return Narrow<T>(static_cast<Wide<T>>(total / static_cast<double>(count)));
    } else if constexpr (std::is_signed_v<T>) {
      return count == 0 ? T{0} : static_cast<T>(total / count);
    } else {
      return count == 0 ? T{0} : static_cast<T>(total / static_cast<uint64_t>(count));
    }
  }
};

template <typename T>
struct ProdOp {
  using Acc = std::conditional_t<std::is_floating_point_v<Wide<T>>, double, T>;
  static Acc Empty() { return Acc{1}; }
  static void Add(Acc& acc, T x) { acc = WrapMul(acc, static_cast<Acc>(Widen(x))); }
  static void Join(Acc& acc, const Acc& other) { acc = WrapMul(acc, other); }
  static T Result(const Acc& acc, int64_t) { return Narrow<T>(static_cast<Wide<T>>(acc)); }
};

// NaN wins over every number.
template <typename T>
struct MaxOp {
  using Acc = Wide<T>;
  using Limits = std::numeric_limits<Acc>;
  static Acc Empty() { return Limits::has_infinity ? -Limits::infinity() : Limits::lowest(); }
  static void Add(Acc& acc, T x) { Join(acc, Widen(x)); }
  static void Join(Acc& acc, const Acc& x) { acc = x > acc || x != x ? x : acc; }
  static T Result(const Acc& acc, int64_t) { return Narrow<T>(acc); }
};

template <typename T>
struct MinOp {
  using Acc = Wide<T>;
  using Limits = std::numeric_limits<Acc>;
  static Acc Empty() { return Limits::has_infinity ? Limits::infinity() : Limits::max(); }
  static void Add(Acc& acc, T x) { Join(acc, Widen(x)); }
  static void Join(Acc& acc, const Acc& x) { acc = x < acc || x != x ? x : acc; }
  static T Result(const Acc& acc, int64_t) { return Narrow<T>(acc); }
};

template <typename T>
struct AllOp {
  using Acc = bool;
  static Acc Empty() { return true; }
  static void Add(Acc& acc, bool x) { acc = acc && x; }
  static void Join(Acc& acc, const Acc& x) { acc = acc && x; }
  static bool Result(const Acc& acc, int64_t) { return acc; }
};

template <typename T>
struct AnyOp {
  using Acc = bool;
  static Acc Empty() { return false; }
  static void Add(Acc& acc, bool x) { acc = acc || x; }
  static void Join(Acc& acc, const Acc& x) { acc = acc || x; }
  static bool Result(const Acc& acc, int64_t) { return acc; }
};

template <template <typename> class OpFor>
struct Reduction {
  // 1: a sum of floats, 2: their mean, 0: anything else.
  template <typename T>
  static constexpr int kSum = std::is_same_v<OpFor<T>, SumOp<float>>    ? 1
                              : std::is_same_v<OpFor<T>, MeanOp<float>> ? 2
                                                                        : 0;

  template <typename T>
  class Kernel final : public Prepared, public MaySumColumns<Kernel<T>, kSum<T> != 0> {
   public:
    using Op = OpFor<T>;
    using Acc = typename Op::Acc;
    static constexpr int64_t kTile = ReductionPlan::kTile;

    static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
      SESSILE_ASSIGN_OR_RETURN(const bool keep_dims,
                               ctx.attrs().template GetOr<bool>("keep_dims", false));
      if (ctx.input_shape(1).rank() > 1) {
        return InvalidArgument("Only scalars and vectors may name dimensions to reduce, got shape ",
                               ctx.input_shape(1).ToString());
      }
      SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> named,
                               IntsFromTensor(*ctx.input_value(1)));
      SESSILE_ASSIGN_OR_RETURN(const ReductionAxes axes,
                               ReductionAxes::OfRun(ctx.input_shape(0), named, keep_dims));
      return std::make_unique<Kernel>(axes);
    }

    explicit Kernel(const ReductionAxes& axes) : plan_(axes, sizeof(T)) {
      AddOutput(DataTypeOf<T>::value, axes.output());
      AddPhase(plan_.blocks());
      if (plan_.chunks() > 1) {
        SetScratch(plan_.chunks(), static_cast<size_t>(plan_.outputs()) * sizeof(Acc));
        AddPhase(BlocksOf(plan_.outputs(), plan_.chunks() * static_cast<int64_t>(sizeof(Acc))));
      }
    }

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                     int64_t block) const override {
      const T* x = in[0].data<T>();
      T* y = out[0].data<T>();
      if (phase == 1) {
        JoinChunks(scratch, BlockRange(plan_.outputs(), block, num_blocks(1)), y);
      } else if (plan_.chunks() > 1) {
        const int64_t chunk = block % plan_.chunks();
        const ReductionPlan::Unit unit = plan_.unit(block / plan_.chunks());
        Reduce(x, unit, chunk, scratch.slot<Acc>(chunk) + unit.output);
      } else {
        for (const int64_t i : BlockRange(plan_.units(), block, num_blocks(0))) {
          const ReductionPlan::Unit unit = plan_.unit(i);
          Acc accs[kTile];
          Reduce(x, unit, 0, accs);
          for (int64_t j = 0; j < unit.columns; ++j) {
            y[unit.output + j] = Op::Result(accs[j], plan_.reduced());
          }
        }
      }
      return absl::OkStatus();
    }

    std::optional<ColumnSum> column_sum() const {
      if (plan_.outputs() != plan_.columns()) return std::nullopt;
      return ColumnSum{plan_.columns(), kSum<T> == 2 ? static_cast<double>(plan_.reduced()) : 1.0};
    }

   private:
    void Reduce(const T* x, const ReductionPlan::Unit& unit, int64_t chunk, Acc* accs) const {
      for (int64_t j = 0; j < unit.columns; ++j) accs[j] = Op::Empty();
      plan_.ForEachPiece(chunk, [&](int64_t offset, int64_t rows) {
        AddRows(x + unit.input + offset, rows, unit.columns, accs);
      });
    }

    // Rows of few columns are taken several at a time, so that neighbouring elements go to
    // independent accumulators: one vector operation for many, and shorter chains of additions.
    void AddRows(const T* x, int64_t rows, int64_t columns, Acc* accs) const {
      const int64_t group = std::min(rows / 4, kTile / columns);
      if (columns != plan_.columns() || group < 2) {
        for (int64_t row = 0; row < rows; ++row, x += plan_.columns()) {
          for (int64_t j = 0; j < columns; ++j) Op::Add(accs[j], x[j]);
        }
        return;
      }
      Acc wide[kTile];
      const int64_t width = group * columns;
      for (int64_t j = 0; j < width; ++j) wide[j] = Op::Empty();
      const T* const end = x + rows * columns;
      for (; end - x >= width; x += width) {
        for (int64_t j = 0; j < width; ++j) Op::Add(wide[j], x[j]);
      }
      for (int64_t j = 0; j < end - x; ++j) Op::Add(wide[j], x[j]);
      for (int64_t j = 0; j < width; ++j) Op::Join(accs[j % columns], wide[j]);
    }

    void JoinChunks(Scratch scratch, IndexRange range, T* y) const {
      for (const int64_t i : range) {
        Acc acc = Op::Empty();
        for (int64_t chunk = 0; chunk < plan_.chunks(); ++chunk) {
          Op::Join(acc, scratch.slot<Acc>(chunk)[i]);
        }
        y[i] = Op::Result(acc, plan_.reduced());
      }
    }

    const ReductionPlan plan_;
  };
};

template <template <typename> class Op>
void Row(KernelRegistry& kernels, const char* op) {
  kernels.Add<Reduction<Op>::template Kernel>(op).template For<AllNumberTypes>("T").ValueInput(1);
  kernels.Lacks(op, "T", ComplexTypes(), kNoComplexKernels);
  kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
}

}  // namespace

void RegisterReduction(KernelRegistry& kernels) {
  Row<SumOp>(kernels, "Sum");
  Row<MeanOp>(kernels, "Mean");
  Row<ProdOp>(kernels, "Prod");
  Row<MaxOp>(kernels, "Max");
  Row<MinOp>(kernels, "Min");
  kernels.Add("All", Reduction<AllOp>::Kernel<bool>::Prepare).ValueInput(1);
  kernels.Add("Any", Reduction<AnyOp>::Kernel<bool>::Prepare).ValueInput(1);
}

}  // namespace sessile
