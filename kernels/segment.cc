// Segment and UnsortedSegment reductions: rows of `data` with one id are reduced to one row of the
// output. Sorted ids say themselves how many rows there are. SparseSegment reductions are of the
// rows that `indices` names.

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/half_as_float.h"
#include "sessile/kernels/indices.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/rows.h"

namespace sessile {
namespace {

// What a reduction begins with, and how elements join; kGap is the row of a sorted id that does not
// occur.
template <typename T>
struct SumOf {
  static constexpr Wide<T> kStart = Wide<T>(0), kGap = Wide<T>(0);
  static constexpr bool kMean = false;
  using Join = AddElement;
};
template <typename T>
struct MeanOf : SumOf<T> {
  static constexpr bool kMean = true;
};
template <typename T>
struct ProdOf {
  static constexpr Wide<T> kStart = Wide<T>(1), kGap = Wide<T>(1);
  static constexpr bool kMean = false;
  using Join = MulElement;
};
template <typename T>
struct MaxOf {
  static constexpr Wide<T> kStart = std::numeric_limits<Wide<T>>::lowest(), kGap = Wide<T>(0);
  static constexpr bool kMean = false;
  struct Join {
    static T Of(T a, T b) { return Widen(b) > Widen(a) || Widen(b) != Widen(b) ? b : a; }
  };
};
template <typename T>
struct MinOf {
  static constexpr Wide<T> kStart = std::numeric_limits<Wide<T>>::max(), kGap = Wide<T>(0);
  static constexpr bool kMean = false;
  struct Join {
    static T Of(T a, T b) { return Widen(b) < Widen(a) || Widen(b) != Widen(b) ? b : a; }
  };
};

struct Segments {
  bool sorted = false;
  int64_t rows = 1;   // of data, one for each id
  int64_t inner = 1;  // elements of a row
  Shape output = {};
};

// Sorted: the ids of a vector, whose last one is the number of the last row.
absl::StatusOr<Segments> SortedSegments(const PrepareContext& ctx) {
  const Shape& data = ctx.input_shape(0);
  const Tensor& ids = *ctx.input_value(1);
  if (ids.rank() != 1) return InvalidArgument("segment_ids should be a vector.");
  if (data.rank() < 1 || data.dim(0) != ids.dim(0)) {
    return InvalidArgument("segment_ids should be the same size as dimension 0 of input.");
  }
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> values, IntsFromTensor(ids));
  if (!values.empty() && values.front() < 0) return InvalidArgument("segment ids must be >= 0");
  if (!std::is_sorted(values.begin(), values.end())) {
    return InvalidArgument("segment ids are not increasing");
  }
  Segments segments{.sorted = true, .rows = data.dim(0), .inner = data.Slice(1).num_elements()};
  if (!values.empty() && values.back() == std::numeric_limits<int64_t>::max()) {
    return InvalidArgument("segment id ", values.back(), " is too large");
  }
  std::vector<int64_t> dims(data.dims().begin(), data.dims().end());
  dims[0] = values.empty() ? 0 : values.back() + 1;
  SESSILE_ASSIGN_OR_RETURN(segments.output, Shape::FromDims(dims));
  return segments;
}

absl::StatusOr<Segments> UnsortedSegments(const PrepareContext& ctx) {
  const Shape& data = ctx.input_shape(0);
  const Shape& ids = ctx.input_shape(1);
  if (ctx.input_shape(2).rank() != 0) {
    return InvalidArgument("num_segments should be a scalar, not shape ",
                           ctx.input_shape(2).ToString());
  }
  if (data.rank() < ids.rank() || data.Slice(0, ids.rank()) != ids) {
    return InvalidArgument("data.shape = ", data.ToString(),
                           " does not start with segment_ids.shape = ", ids.ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> count, IntsFromTensor(*ctx.input_value(2)));
  if (count[0] < 0) {
    return InvalidArgument("Input num_segments == ", count[0], " must not be negative.");
  }
  Segments segments{.rows = ids.num_elements(), .inner = data.Slice(ids.rank()).num_elements()};
  std::vector<int64_t> dims = {count[0]};
  dims.insert(dims.end(), data.dims().begin() + ids.rank(), data.dims().end());
  SESSILE_ASSIGN_OR_RETURN(segments.output, Shape::FromDims(dims));
  return segments;
}

template <template <typename> class OpFor>
struct Segment {
  // Blocks are ranges of the elements of a row, so that rows join in their order.
  template <typename T>
  class Kernel final : public Prepared {
   public:
    using Op = OpFor<T>;

    static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
      SESSILE_ASSIGN_OR_RETURN(Segments segments,
                               ctx.num_inputs() == 2 ? SortedSegments(ctx) : UnsortedSegments(ctx));
      return std::make_unique<Kernel>(std::move(segments));
    }
    explicit Kernel(Segments segments) : s_(std::move(segments)) {
      AddOutput(DataTypeOf<T>::value, s_.output);
      // More rows than a block has bytes make no difference.
      const int64_t rows = std::min(s_.rows, kBlockBytes) + std::min(s_.output.dim(0), kBlockBytes);
      AddPhase(BlocksOfColumns(s_.inner, rows, sizeof(T)));
    }

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                     int64_t block) const override {
      const IndexRange range = BlockRange(s_.inner, block, num_blocks(0));
      if (range.size() == 0) return absl::OkStatus();
      const T* data = in[0].data<T>();
      T* rows = out[0].data<T>();
      const int64_t count = s_.output.dim(0);
      for (int64_t row = 0; row < count; ++row) {
        FillRow(rows + row * s_.inner + range.first(), range.size(), Narrow<T>(Op::kStart));
      }
      int64_t members = 0;  // of the sorted segment `current`
      int64_t current = -1;
      for (int64_t i = 0; i < s_.rows; ++i) {
        const int64_t id = IndexAt(in[1], i);
        if (id >= count || (s_.sorted && id < current)) {
          return InvalidArgument("segment_ids", PlaceText(in[1].shape(), i), " = ", id,
                                 " is out of range [0, ", count, ")");
        }
        if (id < 0) continue;  // dropped, as TensorFlow does
        if (s_.sorted && id != current) {
          Finish(rows, range, current, id, members);
          current = id;
          members = 0;
        }
        ++members;
        JoinRow<typename Op::Join>(rows + id * s_.inner + range.first(),
                                   data + i * s_.inner + range.first(), range.size());
      }
      if (s_.sorted) Finish(rows, range, current, count, members);
      return absl::OkStatus();
    }

   private:
    // Row `done` is complete, and the rows up to `next` do not occur.
    void Finish(T* rows, IndexRange range, int64_t done, int64_t next, int64_t members) const {
      if (Op::kMean && members > 0) {
        for (const int64_t j : range) {
          T& sum = rows[done * s_.inner + j];
          sum = Narrow<T>(static_cast<Wide<T>>(Widen(sum) / static_cast<Wide<T>>(members)));
        }
      }
      for (int64_t row = done + 1; row < next; ++row) {
        FillRow(rows + row * s_.inner + range.first(), range.size(), Narrow<T>(Op::kGap));
      }
    }

    const Segments s_;
  };
};

// -- SparseSegment reductions and their gradients. Both add rows to rows: the reduction those that
// `indices` names to those of the segments, the gradient the other way round.

enum class SegmentScale { kNone, kMean, kSqrtN };

struct SparseSegments {
  bool is_gradient = false;
  int64_t rows = 0;  // of input 0
  int64_t inner = 1;
  int64_t count = 0;  // of the indices
  Shape output = {};

  int64_t segments() const { return is_gradient ? rows : output.dim(0); }
  int64_t indexed() const { return is_gradient ? output.dim(0) : rows; }
};

// Of the last input, or of the last id.
absl::StatusOr<int64_t> SparseSegmentOutputRows(const PrepareContext& ctx) {
  if (ctx.num_inputs() == 4) {
    if (ctx.input_shape(3).rank() != 0) {
      return InvalidArgument("The number of rows should be a scalar, not shape ",
                             ctx.input_shape(3).ToString());
    }
    SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> rows, IntsFromTensor(*ctx.input_value(3)));
    if (rows[0] < 0) return InvalidArgument("The number of rows must be >= 0, got ", rows[0]);
    return rows[0];
  }
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> ids, IntsFromTensor(*ctx.input_value(2)));
  if (ids.empty()) return int64_t{0};
  if (!std::is_sorted(ids.begin(), ids.end())) {
    return InvalidArgument("segment ids are not increasing");
  }
  if (ids.back() < 0) return InvalidArgument("segment ids must be >= 0");
  if (ids.back() == std::numeric_limits<int64_t>::max()) {
    return InvalidArgument("segment id ", ids.back(), " is too large");
  }
  return ids.back() + 1;
}

absl::StatusOr<SparseSegments> SparseSegmentsOf(const PrepareContext& ctx, bool is_gradient) {
  const Shape& data = ctx.input_shape(0);
  if (data.rank() < 1) return InvalidArgument("input must be at least 1-D");
  if (ctx.input_shape(1).rank() != 1) return InvalidArgument("indices should be a vector.");
  if (ctx.input_shape(2) != ctx.input_shape(1)) {
    return InvalidArgument("segment_ids and indices should have same size.");
  }
  SparseSegments segments{.is_gradient = is_gradient,
                          .rows = data.dim(0),
                          .inner = data.Slice(1).num_elements(),
                          .count = ctx.input_shape(1).dim(0)};
  std::vector<int64_t> dims(data.dims().begin(), data.dims().end());
  SESSILE_ASSIGN_OR_RETURN(dims[0], SparseSegmentOutputRows(ctx));
  SESSILE_ASSIGN_OR_RETURN(segments.output, Shape::FromDims(dims));
  return segments;
}

template <SegmentScale scale, bool is_gradient>
struct SparseSegment {
  template <typename T>
  class Kernel final : public Prepared {
   public:
    static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
      SESSILE_ASSIGN_OR_RETURN(SparseSegments segments, SparseSegmentsOf(ctx, is_gradient));
      return std::make_unique<Kernel>(std::move(segments));
    }
    explicit Kernel(SparseSegments segments) : s_(std::move(segments)) {
      AddOutput(DataTypeOf<T>::value, s_.output);
      if (s_.output.num_elements() == 0) return;
      AddPhase(1);
      AddPhase(BlocksOfColumns(s_.inner, std::min(s_.count, kBlockBytes), 3 * sizeof(T)));
      if (scale != SegmentScale::kNone) {
        SetScratch(1, static_cast<size_t>(s_.segments()) * sizeof(double));
      }
    }

    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                     int64_t block) const override {
      double* const factors = scale == SegmentScale::kNone ? nullptr : scratch.slot<double>(0);
      if (phase == 0) {
        SESSILE_RETURN_IF_ERROR(Check(in));
        if (factors != nullptr) SetFactors(in[2], factors);
        return absl::OkStatus();
      }
      AddRows(in, BlockRange(s_.inner, block, num_blocks(1)), factors, out[0].data<T>());
      return absl::OkStatus();
    }

   private:
    absl::Status Check(Inputs in) const {
      int64_t before = 0;
      for (int64_t i = 0; i < s_.count; ++i) {
        const int64_t index = IndexAt(in[1], i);
        const int64_t id = IndexAt(in[2], i);
        if (index < 0 || index >= s_.indexed()) {
          return InvalidArgument("Bad: indices[", i, "] == ", index, " out of range [0, ",
                                 s_.indexed(), ")");
        }
        if (id < 0) return InvalidArgument("segment ids must be >= 0");
        if (!is_gradient && id < before) {
          return InvalidArgument("segment ids are not increasing");
        }
        if (id >= s_.segments()) return InvalidArgument("segment ids must be < num_segments");
        before = id;
      }
      return absl::OkStatus();
    }

    // What each segment's sum is multiplied with.
    void SetFactors(const TensorView& ids, double* factors) const {
      std::fill_n(factors, s_.segments(), 0.0);
      for (int64_t i = 0; i < s_.count; ++i) factors[IndexAt(ids, i)] += 1;
      for (int64_t i = 0; i < s_.segments(); ++i) {
        const double members = std::max(factors[i], 1.0);
        factors[i] = 1 / (scale == SegmentScale::kMean ? members : std::sqrt(members));
      }
    }

    void AddRows(Inputs in, IndexRange range, const double* factors, T* to) const {
      if (range.size() == 0) return;
      const T* const from = in[0].data<T>();
      for (int64_t row = 0; row < s_.output.dim(0); ++row) {
        FillRow(to + row * s_.inner + range.first(), range.size(), T{});
      }
      for (int64_t i = 0; i < s_.count; ++i) {
        const int64_t index = IndexAt(in[1], i);
        const int64_t id = IndexAt(in[2], i);
        const T* const source = from + (is_gradient ? id : index) * s_.inner;
        T* const target = to + (is_gradient ? index : id) * s_.inner;
        if (is_gradient && factors != nullptr) {
          AddScaled(source, range, factors[id], target);
        } else {
          JoinRow<AddElement>(target + range.first(), source + range.first(), range.size());
        }
      }
      for (int64_t row = 0; !is_gradient && factors != nullptr && row < s_.output.dim(0); ++row) {
        for (const int64_t j : range) {
          T& sum = to[row * s_.inner + j];
          sum = Scaled(sum, factors[row]);
        }
      }
    }
    static void AddScaled(const T* from, IndexRange range, double factor, T* to) {
      for (const int64_t j : range) to[j] = AddElement::Of(to[j], Scaled(from[j], factor));
    }
    static T Scaled(T x, double factor) {
      return Narrow<T>(static_cast<Wide<T>>(static_cast<double>(Widen(x)) * factor));
    }

    const SparseSegments s_;
  };
};

template <SegmentScale scale>
void SparseSegmentRows(KernelRegistry& kernels, const std::string& op) {
  using Types = std::conditional_t<scale == SegmentScale::kNone, AllNumberTypes, AllFloatTypes>;
  kernels.Add<HalfAsFloat<SparseSegment<scale, false>::template Kernel>::template Kernel>(op)
      .template For<Types>("T")
      .ValueInput(2);
  kernels
      .Add<HalfAsFloat<SparseSegment<scale, false>::template Kernel>::template Kernel>(
          op + "WithNumSegments")
      .template For<Types>("T")
      .ValueInput(3);
  kernels
      .Add<HalfAsFloat<SparseSegment<scale, true>::template Kernel>::template Kernel>(op + "Grad")
      .template For<AllFloatTypes>("T")
      .ValueInput(3);
}

template <template <typename> class Op, typename Types>
void SegmentRow(KernelRegistry& kernels, const char* op, int value_input) {
  kernels.Add<HalfAsFloat<Segment<Op>::template Kernel>::template Kernel>(op)
      .template For<Types>("T")
      .ValueInput(value_input);
  kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
}

}  // namespace

void RegisterSegment(KernelRegistry& kernels) {
  SparseSegmentRows<SegmentScale::kNone>(kernels, "SparseSegmentSum");
  SparseSegmentRows<SegmentScale::kMean>(kernels, "SparseSegmentMean");
  SparseSegmentRows<SegmentScale::kSqrtN>(kernels, "SparseSegmentSqrtN");
  SegmentRow<SumOf, WithComplex<AllNumberTypes>>(kernels, "SegmentSum", 1);
  SegmentRow<MeanOf, WithComplex<AllNumberTypes>>(kernels, "SegmentMean", 1);
  SegmentRow<ProdOf, WithComplex<AllNumberTypes>>(kernels, "SegmentProd", 1);
  SegmentRow<MaxOf, AllNumberTypes>(kernels, "SegmentMax", 1);
  SegmentRow<MinOf, AllNumberTypes>(kernels, "SegmentMin", 1);
  SegmentRow<SumOf, WithComplex<AllNumberTypes>>(kernels, "UnsortedSegmentSum", 2);
  SegmentRow<ProdOf, WithComplex<AllNumberTypes>>(kernels, "UnsortedSegmentProd", 2);
  SegmentRow<MaxOf, AllNumberTypes>(kernels, "UnsortedSegmentMax", 2);
  SegmentRow<MinOf, AllNumberTypes>(kernels, "UnsortedSegmentMin", 2);
}

}  // namespace sessile
