// Sum, Mean, Prod, EuclideanNorm, Max, Min, All, Any over some dimensions.
//
// The order of additions follows from the shape alone. Floats are added up in double, doubles with
// the error of each addition carried along (Knuth's TwoSum), so that the result is the exact sum
// rounded, but for a last bit.

#include <algorithm>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/elementwise.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/reduction_ops.h"
#include "sessile/kernels/reduction_plan.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/rows.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

// Few elements are not worth vectors.
template <typename C, typename Loop>
void RunLoop(int64_t elements, Loop loop) {
  if constexpr (kUsual<C> || std::is_same_v<C, bool>) {
    if (elements >= kShortRow) return Vectorized(loop);
  }
  loop();
}

// The loops of an operation over elements of type C and over what it keeps of them.
template <typename Op, typename C>
struct Loops {
  using Acc = typename Op::Acc;

  static void Reset(int64_t n, void* to) {
    Acc* const accs = static_cast<Acc*>(to);
    RunLoop<C>(n, [=] {
      for (int64_t i = 0; i < n; ++i) accs[i] = Op::Empty();
    });
  }
  static void Join(const void* others, int64_t n, void* to) {
    const Acc* const from = static_cast<const Acc*>(others);
    Acc* const accs = static_cast<Acc*>(to);
    RunLoop<C>(n, [=] {
      SESSILE_NO_CARRIED_DEPENDENCE
      for (int64_t i = 0; i < n; ++i) Op::Join(accs[i], from[i]);
    });
  }

  // Adds element j of each of `rows` rows, `stride` apart, to accs[j], in their order.
  static void AddColumns(const void* from, int64_t rows, int64_t stride, int64_t columns,
                         void* to) {
    const C* const x = static_cast<const C*>(from);
    Acc* const accs = static_cast<Acc*>(to);
    RunLoop<C>(columns, [=] {
      const C* row = x;
      const C* const end = x + rows * stride;
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
  static void AddRows(const void* from, int64_t rows, int64_t n, void* to) {
    const C* const x = static_cast<const C*>(from);
    Acc* const accs = static_cast<Acc*>(to);
    RunLoop<C>(rows * n, [=] {
      for (int64_t row = 0; row < rows; ++row) Op::Join(accs[row], Total(x + row * n, n));
    });
  }

 private:
  // In lanes side by side, and the few elements that are left one by one.
  static Acc Total(const C* x, int64_t n) {
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

// What an operation takes elements of T for.
template <template <typename> class OpFor, typename T>
using ElementFor = std::conditional_t<std::is_base_of_v<OfBits, OpFor<T>>, SameBits<T>, T>;

template <template <typename> class OpFor, typename T, typename Acc>
void Finish(const void* from, int64_t n, int64_t count, void* to) {
  using C = ElementFor<OpFor, T>;
  const Acc* const accs = static_cast<const Acc*>(from);
  T* const y = static_cast<T*>(to);
  RunLoop<T>(n, [=] {
    for (int64_t i = 0; i < n; ++i) y[i] = OpFor<C>::template Result<T>(accs[i], count);
  });
}

// All of a reduction that depends on its operation and types.
struct ReductionLoops {
  int64_t acc_bytes;
  int sum;  // 1: a sum of floats, 2: their mean, 0: anything else
  void (*reset)(int64_t n, void* accs);
  void (*join)(const void* from, int64_t n, void* accs);
  void (*add_columns)(const void* x, int64_t rows, int64_t stride, int64_t columns, void* accs);
  void (*add_rows)(const void* x, int64_t rows, int64_t n, void* accs);
  void (*finish)(const void* accs, int64_t n, int64_t count, void* y);
};

class ReductionKernel final : public Prepared, public SumsColumns {
 public:
  ReductionKernel(DataType type, const ReductionAxes& axes, const ReductionLoops& loops)
      : loops_(loops), size_(StoredSize(type)), plan_(axes, size_) {
    AddOutput(type, axes.output());
    AddPhase(plan_.blocks());
    if (plan_.chunks() > 1) {
      SetScratch(plan_.chunks(), static_cast<size_t>(plan_.outputs() * loops.acc_bytes));
      AddPhase(BlocksOf(plan_.outputs(), plan_.chunks() * loops.acc_bytes));
    }
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    const char* const x = static_cast<const char*>(in[0].raw());
    char* const y = static_cast<char*>(out[0].raw());
    if (phase == 1) {
      JoinChunks(scratch, BlockRange(plan_.outputs(), block, num_blocks(1)), y);
    } else if (plan_.chunks() > 1) {
      const int64_t chunk = block % plan_.chunks();
      const ReductionPlan::Unit unit = plan_.unit(block / plan_.chunks());
      Reduce(x, unit, chunk, scratch.slot<char>(chunk) + unit.output * loops_.acc_bytes);
    } else if (plan_.of_rows()) {
      ReduceRows(x, BlockRange(plan_.units(), block, num_blocks(0)), y);
    } else {
      for (const int64_t i : BlockRange(plan_.units(), block, num_blocks(0))) {
        const ReductionPlan::Unit unit = plan_.unit(i);
        Accs<kTile> accs;
        Reduce(x, unit, 0, accs.bytes);
        Finish(accs.bytes, unit.columns, y + unit.output * size_);
      }
    }
    return absl::OkStatus();
  }

  std::optional<ColumnSum> AsColumnSum() const override {
    if (loops_.sum == 0 || plan_.outputs() != plan_.columns()) return std::nullopt;
    return ColumnSum{plan_.columns(), loops_.sum == 2 ? static_cast<double>(plan_.reduced()) : 1.0};
  }

 private:
  static constexpr int64_t kTile = ReductionPlan::kTile;
  template <int64_t n>
  struct alignas(64) Accs {
    char bytes[n * 16];
  };

  void Reduce(const char* x, const ReductionPlan::Unit& unit, int64_t chunk, char* accs) const {
    loops_.reset(unit.columns, accs);
    plan_.ForEachPiece(chunk, [&](int64_t offset, int64_t rows) {
      AddPiece(x + (unit.input + offset) * size_, rows, unit.columns, accs);
    });
  }

  // Rows of few columns are taken several at a time, so that neighbouring elements go to
  // independent accumulators: one vector operation for many, and shorter chains of additions.
  void AddPiece(const char* x, int64_t rows, int64_t columns, char* accs) const {
    constexpr int64_t kWidth = 128;
    if (plan_.columns() == 1) return loops_.add_rows(x, 1, rows, accs);
    const int64_t group = std::min(rows / 4, kWidth / columns);
    if (columns != plan_.columns() || group < 2) {
      return loops_.add_columns(x, rows, plan_.columns(), columns, accs);
    }
    Accs<kWidth> wide;
    const int64_t width = group * columns;
    loops_.reset(width, wide.bytes);
    loops_.add_columns(x, rows / group, width, width, wide.bytes);
    loops_.add_columns(x + rows / group * width * size_, 1, width, rows % group * columns,
                       wide.bytes);
    for (int64_t i = 0; i < group; ++i) {
      loops_.join(wide.bytes + i * columns * loops_.acc_bytes, columns, accs);
    }
  }

  void ReduceRows(const char* x, IndexRange range, char* y) const {
    for (int64_t first = range.first(); first < range.last(); first += kTile) {
      const int64_t rows = std::min(kTile, range.last() - first);
      Accs<kTile> accs;
      loops_.reset(rows, accs.bytes);
      loops_.add_rows(x + first * plan_.reduced() * size_, rows, plan_.reduced(), accs.bytes);
      Finish(accs.bytes, rows, y + first * size_);
    }
  }

  void JoinChunks(Scratch scratch, IndexRange range, char* y) const {
    for (int64_t first = range.first(); first < range.last(); first += kTile) {
      const int64_t n = std::min(kTile, range.last() - first);
      Accs<kTile> accs;
      loops_.reset(n, accs.bytes);
      for (int64_t chunk = 0; chunk < plan_.chunks(); ++chunk) {
        loops_.join(scratch.slot<char>(chunk) + first * loops_.acc_bytes, n, accs.bytes);
      }
      Finish(accs.bytes, n, y + first * size_);
    }
  }

  void Finish(const char* accs, int64_t n, char* y) const {
    loops_.finish(accs, n, plan_.reduced(), y);
  }

  const ReductionLoops& loops_;
  const int64_t size_;
  const ReductionPlan plan_;
};

PreparedOr PrepareReduction(const PrepareContext& ctx, const ReductionLoops& loops) {
  SESSILE_ASSIGN_OR_RETURN(const bool keep_dims, ctx.attrs().GetOr<bool>("keep_dims", false));
  if (ctx.input_shape(1).rank() > 1) {
    return InvalidArgument("Only scalars and vectors may name dimensions to reduce, got shape ",
                           ctx.input_shape(1).ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> named, IntsFromTensor(*ctx.input_value(1)));
  SESSILE_ASSIGN_OR_RETURN(const ReductionAxes axes,
                           ReductionAxes::OfRun(ctx.input_shape(0), named, keep_dims));
  return std::make_unique<ReductionKernel>(ctx.output_dtype(0), axes, loops);
}

template <template <typename> class OpFor>
struct Reduction {
  template <typename T>
  struct Kernel {
    using C = ElementFor<OpFor, T>;
    using Adds = Loops<typename OpFor<C>::Adds, C>;
    using Joins = Loops<typename OpFor<C>::Joins, C>;
    static constexpr ReductionLoops kLoops = {
        .acc_bytes = sizeof(typename Adds::Acc),
        .sum = std::is_same_v<OpFor<T>, SumOp<float>>    ? 1
               : std::is_same_v<OpFor<T>, MeanOp<float>> ? 2
                                                         : 0,
        .reset = Joins::Reset,
        .join = Joins::Join,
        .add_columns = Adds::AddColumns,
        .add_rows = Adds::AddRows,
        .finish = Finish<OpFor, T, typename Adds::Acc>,
    };
    static PreparedOr Prepare(const PrepareContext& ctx) { return PrepareReduction(ctx, kLoops); }
  };
};

template <template <typename> class Op, typename Types>
void Row(KernelRegistry& kernels, const char* op) {
  kernels.Add<HalfInFloat<Reduction<Op>::template Kernel>::template Kernel>(op)
      .template For<Types>("T")
      .ValueInput(1);
  kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
}

}  // namespace

void RegisterReduction(KernelRegistry& kernels) {
  Row<SumOp, WithComplex<AllNumberTypes>>(kernels, "Sum");
  Row<MeanOp, WithComplex<AllFloatTypes>>(kernels, "Mean");
  kernels.Add<Reduction<IntegerMeanOp>::Kernel>("Mean").For<IntTypes>("T").ValueInput(1);
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
