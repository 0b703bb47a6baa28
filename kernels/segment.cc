// Segment and UnsortedSegment reductions: rows of `data` with one id are reduced to one row of the
// output. Sorted ids say themselves how many rows there are.

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
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

template <template <typename> class Op>
void SegmentRow(KernelRegistry& kernels, const char* op, int value_input) {
  kernels.Add<Segment<Op>::template Kernel>(op).template For<AllNumberTypes>("T").ValueInput(
      value_input);
  kernels.Lacks(op, "T", ComplexTypes(), kNoComplexKernels);
  kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
}

}  // namespace

void RegisterSegment(KernelRegistry& kernels) {
  SegmentRow<SumOf>(kernels, "SegmentSum", 1);
  SegmentRow<MeanOf>(kernels, "SegmentMean", 1);
  SegmentRow<ProdOf>(kernels, "SegmentProd", 1);
  SegmentRow<MaxOf>(kernels, "SegmentMax", 1);
  SegmentRow<MinOf>(kernels, "SegmentMin", 1);
  SegmentRow<SumOf>(kernels, "UnsortedSegmentSum", 2);
  SegmentRow<ProdOf>(kernels, "UnsortedSegmentProd", 2);
  SegmentRow<MaxOf>(kernels, "UnsortedSegmentMax", 2);
  SegmentRow<MinOf>(kernels, "UnsortedSegmentMin", 2);
}

}  // namespace sessile
