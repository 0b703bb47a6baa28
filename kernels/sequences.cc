// ReverseSequence, LinSpace, DeepCopy, Empty, ParallelConcat.

#include <algorithm>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

// Dimensions as [outer, first, middle, second, inner], `first` and `second` being those of the
// sequence and of the batch.
struct SequenceSizes {
  int64_t outer, first, middle, second, inner;
  bool batch_is_first;
};

template <typename T>
class ReverseSequence final : public Prepared {
 public:
  ReverseSequence(const PrepareContext& ctx, const SequenceSizes& sizes)
      : s_(sizes), pieces_(s_.outer * s_.first * s_.middle * s_.second) {
    AddOutput(ctx.output_dtype(0), ctx.input_shape(0));
    if (ctx.input_shape(0).num_elements() == 0) return;
    AddPhase(BlocksOf(pieces_, s_.inner * static_cast<int64_t>(sizeof(T)) + 16));
  }

  SESSILE_OPTIMIZE_SPEED absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                                          int64_t block) const override {
    for (const int64_t piece : BlockRange(pieces_, block, num_blocks(0))) {
      const int64_t second = piece % s_.second;
      const int64_t first = piece / s_.second / s_.middle % s_.first;
      const int64_t batch = s_.batch_is_first ? first : second;
      const int64_t place = s_.batch_is_first ? second : first;
      SESSILE_ASSIGN_OR_RETURN(const int64_t length, LengthAt(in[1], batch));
      const int64_t from = place < length ? length - 1 - place : place;
      const int64_t stride = s_.batch_is_first ? 1 : s_.middle * s_.second;
      const int64_t source = piece + (from - place) * stride;
      std::copy_n(Elements<T>(in[0]) + source * s_.inner, s_.inner,
                  Elements<T>(out[0]) + piece * s_.inner);
    }
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<int64_t> LengthAt(const TensorView& lengths, int64_t batch) const {
    const int64_t length = lengths.dtype() == DataType::kInt32 ? lengths.data<int32_t>()[batch]
                                                               : lengths.data<int64_t>()[batch];
    const int64_t most = s_.batch_is_first ? s_.second : s_.first;
    if (length >= 0 && length <= most) return length;
    return InvalidArgument("seq_lens(", batch, ") = ", length, " is not between 0 and ", most);
  }

  const SequenceSizes s_;
  const int64_t pieces_;
};

PreparedOr PrepareReverseSequence(const PrepareContext& ctx) {
  const Shape& input = ctx.input_shape(0);
  SESSILE_ASSIGN_OR_RETURN(const int64_t seq, ctx.Attr<int64_t>("seq_dim"));
  SESSILE_ASSIGN_OR_RETURN(const int64_t batch, ctx.Attr<int64_t>("batch_dim"));
  if (seq < 0 || seq >= input.rank() || batch < 0 || batch >= input.rank() || seq == batch) {
    return InvalidArgument("seq_dim ", seq, " and batch_dim ", batch,
                           " must be two dimensions of an input of shape ", input.ToString());
  }
  if (ctx.input_shape(1) != Shape({input.dim(static_cast<int>(batch))})) {
    return InvalidArgument("Length of seq_lens != input.dims(", batch, "), (",
                           ctx.input_shape(1).ToString(), " vs. ",
                           input.dim(static_cast<int>(batch)), ")");
  }
  const int a = static_cast<int>(std::min(seq, batch));
  const int b = static_cast<int>(std::max(seq, batch));
  const SequenceSizes sizes = {input.Slice(0, a).num_elements(),     input.dim(a),
                               input.Slice(a + 1, b).num_elements(), input.dim(b),
                               input.Slice(b + 1).num_elements(),    batch < seq};
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<ReverseSequence<T>>(ctx, sizes);
  });
}

template <typename T>
class LinSpace final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    for (int i = 0; i < 3; ++i) {
      if (ctx.input_shape(i).rank() != 0) {
        return InvalidArgument("start, stop and num must be scalars, got shape ",
                               ctx.input_shape(i).ToString());
      }
    }
    SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> count, IntsFromTensor(*ctx.input_value(2)));
    if (count[0] <= 0) return InvalidArgument("Requires num > 0: ", count[0]);
    SESSILE_ASSIGN_OR_RETURN(const Shape output, Shape::FromDims(count));
    return std::make_unique<LinSpace>(output);
  }
  explicit LinSpace(const Shape& output) : size_(output.num_elements()) {
    AddOutput(DataTypeOf<T>::value, output);
    AddPhase(BlocksOf(size_, sizeof(T)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const Wide<T> start = Widen(*in[0].data<T>());
    const Wide<T> stop = Widen(*in[1].data<T>());
    const Wide<T> step = size_ > 1 ? (stop - start) / static_cast<Wide<T>>(size_ - 1) : Wide<T>{0};
    for (const int64_t i : BlockRange(size_, block, num_blocks(0))) {
      const bool last = i + 1 == size_ && size_ > 1;
      out[0].data<T>()[i] = Narrow<T>(last ? stop : start + step * static_cast<Wide<T>>(i));
    }
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
};

template <typename T>
class DeepCopy final : public Prepared {
 public:
  DeepCopy(const PrepareContext& ctx, const Shape& shape) : size_(shape.num_elements()) {
    AddOutput(ctx.output_dtype(0), shape);
    AddPhase(BlocksOf(size_, sizeof(T)));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    std::copy_n(Elements<T>(in[0]) + range.first(), range.size(),
                Elements<T>(out[0]) + range.first());
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
};

template <typename T>
class Empty final : public Prepared {
 public:
  Empty(const PrepareContext& ctx, const Shape& shape) : size_(shape.num_elements()) {
    AddOutput(ctx.output_dtype(0), shape);
    AddPhase(BlocksOf(size_, sizeof(T)));
  }
  absl::Status Run(RunContext&, Inputs, Outputs out, Scratch, int, int64_t block) const override {
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    std::fill_n(Elements<T>(out[0]) + range.first(), range.size(), T());
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
};

// Each input is as long as the others.
template <typename T>
class ParallelConcat final : public Prepared {
 public:
  ParallelConcat(const PrepareContext& ctx, Shape output, int64_t row)
      : rows_(ctx.num_inputs()), row_(row) {
    AddOutput(ctx.output_dtype(0), std::move(output));
    AddPhase(BlocksOf(rows_, row * static_cast<int64_t>(sizeof(T))));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    for (const int64_t i : BlockRange(rows_, block, num_blocks(0))) {
      std::copy_n(Elements<T>(in[static_cast<size_t>(i)]), row_, Elements<T>(out[0]) + i * row_);
    }
    return absl::OkStatus();
  }

 private:
  const int64_t rows_;
  const int64_t row_;
};

PreparedOr PrepareDeepCopy(const PrepareContext& ctx) {
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<DeepCopy<T>>(ctx, ctx.input_shape(0));
  });
}

PreparedOr PrepareEmpty(const PrepareContext& ctx) {
  if (ctx.input_shape(0).rank() != 1) {
    return InvalidArgument("shape must be a vector of int32, got shape ",
                           ctx.input_shape(0).ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, ShapeOfSizes(*ctx.input_value(0)));
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<Empty<T>>(ctx, shape);
  });
}

PreparedOr PrepareParallelConcat(const PrepareContext& ctx) {
  const Shape& first = ctx.input_shape(0);
  if (first.rank() < 1) return InvalidArgument("values must have a first dimension");
  for (int i = 0; i < ctx.num_inputs(); ++i) {
    if (ctx.input_shape(i) != first || first.dim(0) != 1) {
      return InvalidArgument("All values must have one shape whose first dimension is 1: ",
                             ctx.input_shape(i).ToString(), " after ", first.ToString());
    }
  }
  SESSILE_ASSIGN_OR_RETURN(Shape output,
                           Shape::FromDims(first.WithDim(0, ctx.num_inputs()).dims()));
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<ParallelConcat<T>>(ctx, std::move(output), first.num_elements());
  });
}

}  // namespace

void RegisterSequences(KernelRegistry& kernels) {
  kernels.Add("ReverseSequence", PrepareReverseSequence);
  kernels.Add<LinSpace>("LinSpace").For<AllFloatTypes>("T").ValueInput(2);
  kernels.Add("DeepCopy", PrepareDeepCopy);
  kernels.Add("Empty", PrepareEmpty).ValueInput(0);
  kernels.Add("ParallelConcat", PrepareParallelConcat);
}

}  // namespace sessile
