// Sum, Mean, Prod, EuclideanNorm, Max, Min, All, Any over some dimensions.
//
// The order of additions follows from the shape alone. Floats are added up in double, doubles with
// the error of each addition carried along (Knuth's TwoSum), so that the result is the exact sum
// rounded, but for a last bit.

#include <algorithm>
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
#include "sessile/kernels/half_as_float.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/reduction_plan.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/rows.h"
#include "sessile/kernels/vectorized.h"

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
  using Acc = std::conditional_t<std::is_same_v<T, double>, Compensated, InDouble<T>>;
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
    if constexpr (!std::is_integral_v<T>) {
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
  using Acc = InDouble<T>;
  static Acc Empty() { return Acc{1}; }
  static void Add(Acc& acc, T x) { acc = WrapMul(acc, static_cast<Acc>(Widen(x))); }
  static void Join(Acc& acc, const Acc& other) { acc = WrapMul(acc, other); }
  static T Result(const Acc& acc, int64_t) { return Narrow<T>(static_cast<Wide<T>>(acc)); }
};

// The root of the sum of |x|^2, of integers cut to a whole number.
template <typename T>
struct EuclideanNormOp {
  using Sums = SumOp<T>;
  using Acc = typename Sums::Acc;
  static Acc Empty() { return Acc(); }
  static void Add(Acc& acc, T x) {
    if constexpr (std::is_same_v<Acc, Compensated>) {
      acc.Add(x * x);
    } else {
      const Acc wide = static_cast<Acc>(Widen(x));
      acc = WrapAdd(acc, WrapMul(wide, Conjugate(wide)));
    }
  }
  static void Join(Acc& acc, const Acc& other) { Sums::Join(acc, other); }
  static T Result(const Acc& acc, int64_t) {
    if constexpr (kIsComplex<T>) {
      return static_cast<T>(std::sqrt(acc));
    } else {
      return Narrow<T>(static_cast<Wide<T>>(std::sqrt(static_cast<double>(Sums::Total(acc)))));
    }
  }
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
  static void Add(Acc& acc, bool x) { Join(acc, x); }
  static void Join(Acc& acc, const Acc& x) { acc = (acc & x) != 0; }
  static bool Result(const Acc& acc, int64_t) { return acc; }
};

template <typename T>
struct AnyOp {
  using Acc = bool;
  static Acc Empty() { return false; }
  static void Add(Acc& acc, bool x) { Join(acc, x); }
  static void Join(Acc& acc, const Acc& x) { acc = (acc | x) != 0; }
  static bool Result(const Acc& acc, int64_t) { return acc; }
};

// The loops over elements of T and over what Op keeps of them.
template <typename Op, typename T>
struct Loops {
  using Acc = typename Op::Acc;

  // Few elements are not worth vectors.
  template <typename Loop>
  static void Run(int64_t elements, Loop loop) {
    if constexpr (kUsual<T> || std::is_same_v<T, bool>) {
      if (elements >= kShortRow) return Vectorized(loop);
    }
    loop();
  }

  static void Reset(int64_t n, Acc* accs) {
    Run(n, [=] {
      for (int64_t i = 0; i < n; ++i) accs[i] = Op::Empty();
    });
  }
  static void Join(const Acc* from, int64_t n, Acc* accs) {
    Run(n, [=] {
      SESSILE_NO_CARRIED_DEPENDENCE
      for (int64_t i = 0; i < n; ++i) Op::Join(accs[i], from[i]);
    });
  }

  // Adds element j of each of `rows` rows, `stride` apart, to accs[j], in their order.
  static void AddColumns(const T* x, int64_t rows, int64_t stride, int64_t columns, Acc* accs) {
    Run(columns, [=] {
      const T* row = x;
      const T* const end = x + rows * stride;
      for (; end - row >= 4 * stride; row += 4 * stride) {
        SESSILE_NO_CARRIED_DEPENDENCE
        for (int64_t j = 0; j < columns; ++j) {
          Acc acc = accs[j];
          Op::Add(acc, row[j]);
          Op::Add(acc, row[j + stride]);
          Op::Add(acc, row[j + 2 * stride]);
          Op::Add(acc, row[j + 3 * stride]);
          accs[j] = acc;
        }
      }
      for (; row != end; row += stride) {
        SESSILE_NO_CARRIED_DEPENDENCE
        for (int64_t j = 0; j < columns; ++j) Op::Add(accs[j], row[j]);
      }
    });
  }

  // Adds each of `rows` rows of n neighbouring elements to an accumulator of its own.
  static void AddRows(const T* x, int64_t rows, int64_t n, Acc* accs) {
    Run(rows * n, [=] {
      for (int64_t row = 0; row < rows; ++row) Op::Join(accs[row], Total(x + row * n, n));
    });
  }

 private:
  // In lanes side by side, and the few elements that are left one by one.
  static Acc Total(const T* x, int64_t n) {
    constexpr int64_t kLanes = 8;
    Acc total = Op::Empty();
    int64_t i = 0;
    if (n >= kLanes) {
      Acc lanes[kLanes];
      SESSILE_OVER_LANES
      for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] = Op::Empty();
      for (; i + kLanes <= n; i += kLanes) {
        SESSILE_OVER_LANES
        for (int64_t lane = 0; lane < kLanes; ++lane) Op::Add(lanes[lane], x[i + lane]);
      }
      SESSILE_OVER_LANES
      for (int64_t lane = 0; lane < 4; ++lane) Op::Join(lanes[lane], lanes[lane + 4]);
      Op::Join(lanes[0], lanes[2]);
      Op::Join(lanes[1], lanes[3]);
      Op::Join(lanes[0], lanes[1]);
      Op::Join(total, lanes[0]);
    }
    for (; i < n; ++i) Op::Add(total, x[i]);
    return total;
  }
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
    // A mean adds as a sum does.
    using L = Loops<std::conditional_t<std::is_base_of_v<SumOp<T>, Op>, SumOp<T>, Op>, T>;
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
      } else if (plan_.of_rows()) {
        ReduceRows(x, BlockRange(plan_.units(), block, num_blocks(0)), y);
      } else {
        for (const int64_t i : BlockRange(plan_.units(), block, num_blocks(0))) {
          const ReductionPlan::Unit unit = plan_.unit(i);
          Acc accs[kTile];
          Reduce(x, unit, 0, accs);
          Finish(accs, unit.columns, y + unit.output);
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
      L::Reset(unit.columns, accs);
      plan_.ForEachPiece(chunk, [&](int64_t offset, int64_t rows) {
        AddPiece(x + unit.input + offset, rows, unit.columns, accs);
      });
    }

    // Rows of few columns are taken several at a time, so that neighbouring elements go to
    // independent accumulators: one vector operation for many, and shorter chains of additions.
    void AddPiece(const T* x, int64_t rows, int64_t columns, Acc* accs) const {
      constexpr int64_t kWidth = 128;
      if (plan_.columns() == 1) return L::AddRows(x, 1, rows, accs);
      const int64_t group = std::min(rows / 4, kWidth / columns);
      if (columns != plan_.columns() || group < 2) {
        return L::AddColumns(x, rows, plan_.columns(), columns, accs);
      }
      Acc wide[kWidth];
      const int64_t width = group * columns;
      L::Reset(width, wide);
      L::AddColumns(x, rows / group, width, width, wide);
      L::AddColumns(x + rows / group * width, 1, width, rows % group * columns, wide);
      for (int64_t i = 0; i < group; ++i) L::Join(wide + i * columns, columns, accs);
    }

    void ReduceRows(const T* x, IndexRange range, T* y) const {
      for (int64_t first = range.first(); first < range.last(); first += kTile) {
        const int64_t rows = std::min(kTile, range.last() - first);
        Acc accs[kTile];
        L::Reset(rows, accs);
        L::AddRows(x + first * plan_.reduced(), rows, plan_.reduced(), accs);
        Finish(accs, rows, y + first);
      }
    }

    void JoinChunks(Scratch scratch, IndexRange range, T* y) const {
      for (int64_t first = range.first(); first < range.last(); first += kTile) {
        const int64_t n = std::min(kTile, range.last() - first);
        Acc accs[kTile];
        L::Reset(n, accs);
        for (int64_t chunk = 0; chunk < plan_.chunks(); ++chunk) {
          L::Join(scratch.slot<Acc>(chunk) + first, n, accs);
        }
        Finish(accs, n, y + first);
      }
    }

    void Finish(const Acc* accs, int64_t n, T* y) const {
      L::Run(n, [accs, n, y, count = plan_.reduced()] {
        for (int64_t i = 0; i < n; ++i) y[i] = Op::Result(accs[i], count);
      });
    }

    const ReductionPlan plan_;
  };
};

template <template <typename> class Op, typename Types>
void Row(KernelRegistry& kernels, const char* op) {
  kernels.Add<HalfAsFloat<Reduction<Op>::template Kernel>::template Kernel>(op)
      .template For<Types>("T")
      .ValueInput(1);
  kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
}

}  // namespace

void RegisterReduction(KernelRegistry& kernels) {
  Row<SumOp, WithComplex<AllNumberTypes>>(kernels, "Sum");
  Row<MeanOp, WithComplex<AllNumberTypes>>(kernels, "Mean");
  Row<ProdOp, WithComplex<AllNumberTypes>>(kernels, "Prod");
  Row<EuclideanNormOp, WithComplex<AllNumberTypes>>(kernels, "EuclideanNorm");
  Row<MaxOp, AllNumberTypes>(kernels, "Max");
  Row<MinOp, AllNumberTypes>(kernels, "Min");
  for (const char* op : {"Max", "Min"}) {
    kernels.Lacks(op, "T", ComplexTypes(), "complex numbers have no order");
  }
  kernels.Add("All", Reduction<AllOp>::Kernel<bool>::Prepare).ValueInput(1);
  kernels.Add("Any", Reduction<AnyOp>::Kernel<bool>::Prepare).ValueInput(1);
}

}  // namespace sessile
