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
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/indices.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/rows.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// What a reduction begins with, and how elements join; kGap is the row of a sorted id that does not
// occur.
template <typename T>
struct SumOf : OfBits {
  static constexpr T kStart = T(0), kGap = T(0);
  static constexpr bool kMean = false;
  using Join = AddElement;
};
template <typename T>
struct MeanOf {
  static constexpr T kStart = T(0), kGap = T(0);
  static constexpr bool kMean = true;
  using Join = AddElement;
};
template <typename T>
struct ProdOf : OfBits {
  static constexpr T kStart = T(1), kGap = T(1);
  static constexpr bool kMean = false;
  using Join = MulElement;
};
template <typename T>
struct MaxOf {
  static constexpr T kStart = Lowest<T>(), kGap = T{};
  static constexpr bool kMean = false;
  struct Join {
    static T Of(T a, T b) { return Widen(b) > Widen(a) || Widen(b) != Widen(b) ? b : a; }
  };
};
template <typename T>
struct MinOf {
  static constexpr T kStart = Largest<T>(), kGap = T{};
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

// Blocks are ranges of the elements of a row, so that rows join in their order. A loop does all of
// that for one operation and type.
using SegmentLoop = absl::Status (*)(const Segments& s, Inputs in, void* out, IndexRange range);

class SegmentKernel final : public Prepared {
 public:
  SegmentKernel(DataType type, Segments segments, SegmentLoop loop)
      : s_(std::move(segments)), loop_(loop) {
    AddOutput(type, s_.output);
    // More rows than a block has bytes make no difference.
    const int64_t rows = std::min(s_.rows, kBlockBytes) + std::min(s_.output.dim(0), kBlockBytes);
    AddPhase(BlocksOfColumns(s_.inner, rows, static_cast<int64_t>(DataTypeSize(type))));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const IndexRange range = BlockRange(s_.inner, block, num_blocks(0));
    return range.size() == 0 ? absl::OkStatus() : loop_(s_, in, out[0].raw(), range);
  }

 private:
  const Segments s_;
  const SegmentLoop loop_;
};

PreparedOr PrepareSegment(const PrepareContext& ctx, SegmentLoop loop) {
  SESSILE_ASSIGN_OR_RETURN(Segments segments,
                           ctx.num_inputs() == 2 ? SortedSegments(ctx) : UnsortedSegments(ctx));
  return std::make_unique<SegmentKernel>(ctx.output_dtype(0), std::move(segments), loop);
}

template <template <typename> class OpFor>
struct Segment {
  template <typename T>
  struct Kernel {
    static PreparedOr Prepare(const PrepareContext& ctx) {
      using C = std::conditional_t<std::is_base_of_v<OfBits, OpFor<T>>, SameBits<T>, T>;
      return PrepareSegment(ctx, &RunOf<C>);
    }
  };

 private:
  template <typename T>
  static absl::Status RunOf(const Segments& s, Inputs in, void* out, IndexRange range) {
    using Op = OpFor<T>;
    const T* const data = static_cast<const T*>(in[0].raw());
    T* const rows = static_cast<T*>(out);
    const TensorView ids = in[1];
    const int64_t count = s.output.dim(0);
    const int64_t inner = s.inner;
    for (int64_t row = 0; row < count; ++row) {
      FillRow(rows + row * inner + range.first(), range.size(), Op::kStart);
    }
    int64_t members = 0;  // of the sorted segment `current`
    int64_t current = -1;
    for (int64_t i = 0; i < s.rows; ++i) {
      const int64_t id = IndexAt(ids, i);
      if (id >= count || (s.sorted && id < current)) {
        return InvalidArgument("segment_ids", PlaceText(ids.shape(), i), " = ", id,
                               " is out of range [0, ", count, ")");
      }
      if (id < 0) continue;  // dropped, as TensorFlow does
      if (s.sorted && id != current) {
        SESSILE_RETURN_IF_ERROR(Finish(s, rows, range, current, id, members));
        current = id;
        members = 0;
      }
      ++members;
      JoinRow<typename Op::Join>(rows + id * inner + range.first(),
                                 data + i * inner + range.first(), range.size());
    }
    return s.sorted ? Finish(s, rows, range, current, count, members) : absl::OkStatus();
  }

  // Row `done` is complete, and the rows up to `next` do not occur.
  template <typename T>
  static absl::Status Finish(const Segments& s, T* rows, IndexRange range, int64_t done,
                             int64_t next, int64_t members) {
    if constexpr (OpFor<T>::kMean) {
      if (members > 0) SESSILE_RETURN_IF_ERROR(Divide(rows + done * s.inner, range, members));
    }
    for (int64_t row = done + 1; row < next; ++row) {
      FillRow(rows + row * s.inner + range.first(), range.size(), OpFor<T>::kGap);
    }
    return absl::OkStatus();
  }

  // The number of members is cut to T, as TensorFlow's is, which ends where that makes it 0.
  template <typename T>
  static absl::Status Divide(T* row, IndexRange range, int64_t members) {
    const T divisor = static_cast<T>(members);
    if (std::is_integral_v<T> && divisor == T(0)) {
      return InvalidArgument("The mean of ", members, " rows cannot be taken in ",
                             DataTypeName(DataTypeOf<T>::value), ", where ", members, " is 0");
    }
    for (const int64_t j : range) row[j] = static_cast<T>(row[j] / divisor);
    return absl::OkStatus();
  }
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

// Adds the rows of a range of columns; `factors` are what the segments' sums are multiplied with,
// or null.
using SparseSegmentLoop = void (*)(const SparseSegments& s, Inputs in, IndexRange range,
                                   const double* factors, void* out);

class SparseSegmentKernel final : public Prepared {
 public:
  SparseSegmentKernel(DataType type, SparseSegments segments, SegmentScale scale,
                      SparseSegmentLoop loop)
      : s_(std::move(segments)), scale_(scale), loop_(loop) {
    AddOutput(type, s_.output);
    if (s_.output.num_elements() == 0) return;
    AddPhase(1);
    AddPhase(BlocksOfColumns(s_.inner, std::min(s_.count, kBlockBytes),
                             3 * static_cast<int64_t>(DataTypeSize(type))));
    if (scale_ != SegmentScale::kNone) {
      SetScratch(1, static_cast<size_t>(s_.segments()) * sizeof(double));
    }
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    double* const factors = scale_ == SegmentScale::kNone ? nullptr : scratch.slot<double>(0);
    if (phase == 0) {
      SESSILE_RETURN_IF_ERROR(Check(in));
      if (factors != nullptr) SetFactors(in[2], factors);
      return absl::OkStatus();
    }
    const IndexRange range = BlockRange(s_.inner, block, num_blocks(1));
    if (range.size() > 0) loop_(s_, in, range, factors, out[0].raw());
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
      if (!s_.is_gradient && id < before) {
        return InvalidArgument("segment ids are not increasing");
      }
      if (id >= s_.segments()) return InvalidArgument("segment ids must be < num_segments");
      before = id;
    }
    return absl::OkStatus();
  }

  void SetFactors(const TensorView& ids, double* factors) const {
    std::fill_n(factors, s_.segments(), 0.0);
    for (int64_t i = 0; i < s_.count; ++i) factors[IndexAt(ids, i)] += 1;
    for (int64_t i = 0; i < s_.segments(); ++i) {
      const double members = std::max(factors[i], 1.0);
      factors[i] = 1 / (scale_ == SegmentScale::kMean ? members : std::sqrt(members));
    }
  }

  const SparseSegments s_;
  const SegmentScale scale_;
  const SparseSegmentLoop loop_;
};

PreparedOr PrepareSparseSegment(const PrepareContext& ctx, SegmentScale scale, bool is_gradient,
                                SparseSegmentLoop loop) {
  SESSILE_ASSIGN_OR_RETURN(SparseSegments segments, SparseSegmentsOf(ctx, is_gradient));
  return std::make_unique<SparseSegmentKernel>(ctx.output_dtype(0), std::move(segments), scale,
                                               loop);
}

template <typename T>
struct SparseSegmentRowsOf {
  static void Add(const SparseSegments& s, Inputs in, IndexRange range, const double* factors,
                  void* out) {
    const T* const from = static_cast<const T*>(in[0].raw());
    T* const to = static_cast<T*>(out);
    for (int64_t row = 0; row < s.output.dim(0); ++row) {
      FillRow(to + row * s.inner + range.first(), range.size(), T{});
    }
    for (int64_t i = 0; i < s.count; ++i) {
      const int64_t index = IndexAt(in[1], i);
      const int64_t id = IndexAt(in[2], i);
      const T* const source = from + (s.is_gradient ? id : index) * s.inner;
      T* const target = to + (s.is_gradient ? index : id) * s.inner;
      if (s.is_gradient && factors != nullptr) {
        for (const int64_t j : range) target[j] += Scaled(source[j], factors[id]);
      } else {
        JoinRow<AddElement>(target + range.first(), source + range.first(), range.size());
      }
    }
    for (int64_t row = 0; !s.is_gradient && factors != nullptr && row < s.output.dim(0); ++row) {
      for (const int64_t j : range) {
        T& sum = to[row * s.inner + j];
        sum = Scaled(sum, factors[row]);
      }
    }
  }

 private:
  static T Scaled(T x, double factor) { return static_cast<T>(static_cast<double>(x) * factor); }
};

template <SegmentScale scale, bool is_gradient>
struct SparseSegment {
  template <typename T>
  struct Kernel {
    static PreparedOr Prepare(const PrepareContext& ctx) {
      return PrepareSparseSegment(ctx, scale, is_gradient, &SparseSegmentRowsOf<T>::Add);
    }
  };
};

template <SegmentScale scale>
void SparseSegmentRows(KernelRegistry& kernels, const std::string& op) {
  using Types = std::conditional_t<scale == SegmentScale::kNone, AllNumberTypes, AllFloatTypes>;
  kernels.Add<InWiderType<SparseSegment<scale, false>::template Kernel>::template Kernel>(op)
      .template For<Types>("T")
      .ValueInput(2);
  kernels
      .Add<InWiderType<SparseSegment<scale, false>::template Kernel>::template Kernel>(
          op + "WithNumSegments")
      .template For<Types>("T")
      .ValueInput(3);
  kernels
      .Add<InWiderType<SparseSegment<scale, true>::template Kernel>::template Kernel>(op + "Grad")
      .template For<AllFloatTypes>("T")
      .ValueInput(3);
}

template <template <typename> class Kernel, typename Types>
void KernelRow(KernelRegistry& kernels, const char* op, int value_input) {
  kernels.Add<Kernel>(op).template For<Types>("T").ValueInput(value_input);
  kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
}

template <template <typename> class Op>
void SegmentRow(KernelRegistry& kernels, const char* op, int value_input) {
  KernelRow<HalfInFloat<Segment<Op>::template Kernel>::template Kernel,
            WithComplex<AllNumberTypes>>(kernels, op, value_input);
}

// Small floats begin with the ends of their own type.
template <template <typename> class Op>
void EndRow(KernelRegistry& kernels, const char* op, int value_input) {
  KernelRow<Segment<Op>::template Kernel, AllNumberTypes>(kernels, op, value_input);
}

}  // namespace

void RegisterSegment(KernelRegistry& kernels) {
  SparseSegmentRows<SegmentScale::kNone>(kernels, "SparseSegmentSum");
  SparseSegmentRows<SegmentScale::kMean>(kernels, "SparseSegmentMean");
  SparseSegmentRows<SegmentScale::kSqrtN>(kernels, "SparseSegmentSqrtN");
  SegmentRow<SumOf>(kernels, "SegmentSum", 1);
  SegmentRow<MeanOf>(kernels, "SegmentMean", 1);
  SegmentRow<ProdOf>(kernels, "SegmentProd", 1);
  EndRow<MaxOf>(kernels, "SegmentMax", 1);
  EndRow<MinOf>(kernels, "SegmentMin", 1);
  SegmentRow<SumOf>(kernels, "UnsortedSegmentSum", 2);
  SegmentRow<ProdOf>(kernels, "UnsortedSegmentProd", 2);
  EndRow<MaxOf>(kernels, "UnsortedSegmentMax", 2);
  EndRow<MinOf>(kernels, "UnsortedSegmentMin", 2);
}

}  // namespace sessile
