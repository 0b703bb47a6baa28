// DynamicStitch: slices of several tensors, put where their indices say. Of two with the same index
// the later one stays; places that no index names are zero. DynamicPartition: slices of one tensor,
// to the outputs that `partitions` says.
//
//   merged[indices[m][i, ...], inner...] = data[m][i, ..., inner...]

#include <algorithm>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

template <typename T>
class DynamicStitch final : public Prepared {
 public:
  DynamicStitch(const PrepareContext& ctx, Shape output)
      : inner_(output.Slice(1).num_elements()), rows_(output.dim(0)) {
    AddOutput(ctx.output_dtype(0), std::move(output));
    AddPhase(1);
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    T* merged = Elements<T>(out[0]);
    std::fill_n(merged, rows_ * inner_, T());
    const size_t count = in.size() / 2;
    for (size_t m = 0; m < count; ++m) {
      const auto* places = in[m].data<int32_t>();
      const T* data = Elements<T>(in[count + m]);
      for (int64_t i = 0; i < in[m].num_elements(); ++i) {
        std::copy_n(data + i * inner_, inner_, merged + places[i] * inner_);
      }
    }
    return absl::OkStatus();
  }

 private:
  const int64_t inner_;
  const int64_t rows_;
};

PreparedOr PrepareDynamicStitch(const PrepareContext& ctx) {
  const int count = ctx.num_inputs() / 2;
  if (count == 0) return InvalidArgument("DynamicStitch needs at least one input");
  int64_t rows = 0;
  Shape inner;
  for (int m = 0; m < count; ++m) {
    const Tensor& indices = *ctx.input_value(m);
    const Shape& data = ctx.input_shape(count + m);
    if (data.rank() < indices.rank() || data.Slice(0, indices.rank()) != indices.shape()) {
      return InvalidArgument("data[", m, "].shape = ", data.ToString(),
                             " does not start with indices[", m,
                             "].shape = ", indices.shape().ToString());
    }
    const Shape rest = data.Slice(indices.rank());
    if (m > 0 && rest != inner) {
      return InvalidArgument("Need data[0].shape[", ctx.input_value(0)->rank(), ":] = data[", m,
                             "].shape[", indices.rank(),
                             ":], got data[0].shape = ", ctx.input_shape(count).ToString(),
                             ", data[", m, "].shape = ", data.ToString());
    }
    inner = rest;
    for (const int32_t place : indices.flat<int32_t>()) {
      if (place < 0) return InvalidArgument("indices[", m, "] must be >= 0, got ", place);
      rows = std::max<int64_t>(rows, int64_t{place} + 1);
    }
  }
  SESSILE_ASSIGN_OR_RETURN(Shape output,
                           Shape::FromDims(Shape::Concat(Shape({rows}), inner).dims()));
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<DynamicStitch<T>>(ctx, std::move(output));
  });
}

template <typename T>
class DynamicPartition final : public Prepared {
 public:
  DynamicPartition(const PrepareContext& ctx, Shape inner)
      : inner_(std::move(inner)), parts_(static_cast<size_t>(ctx.num_outputs())) {
    for (int i = 0; i < ctx.num_outputs(); ++i) AddOutput(ctx.output_dtype(i), Shape::Unknown());
    AddPhase(1);
  }
  absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int, int64_t) const override {
    const auto* const partitions = in[1].data<int32_t>();
    const int64_t count = in[1].num_elements();
    std::vector<int64_t> rows(parts_);
    for (int64_t i = 0; i < count; ++i) {
      const auto part = static_cast<size_t>(partitions[i]);
      if (partitions[i] < 0 || part >= parts_) {
        return InvalidArgument("partitions[", i, "] = ", partitions[i], " is not in [0, ", parts_,
                               ")");
      }
      ++rows[part];
    }
    std::vector<T*> next;
    for (size_t part = 0; part < parts_; ++part) {
      SESSILE_ASSIGN_OR_RETURN(
          const TensorView out,
          ctx.AllocateOutput(static_cast<int>(part), Shape::Concat(Shape({rows[part]}), inner_)));
      next.push_back(Elements<T>(out));
    }
    const T* data = Elements<T>(in[0]);
    const int64_t size = inner_.num_elements();
    for (int64_t i = 0; i < count; ++i) {
      T*& to = next[static_cast<size_t>(partitions[i])];
      to = std::copy_n(data + i * size, size, to);
    }
    return absl::OkStatus();
  }

 private:
  const Shape inner_;
  const size_t parts_;
};

PreparedOr PrepareDynamicPartition(const PrepareContext& ctx) {
  const Shape& data = ctx.input_shape(0);
  const Shape& partitions = ctx.input_shape(1);
  if (data.rank() < partitions.rank() || data.Slice(0, partitions.rank()) != partitions) {
    return InvalidArgument("data.shape must start with partitions.shape, got data.shape = ",
                           data.ToString(), ", partitions.shape = ", partitions.ToString());
  }
  return WithStorage(ctx.input_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<DynamicPartition<T>>(ctx, data.Slice(partitions.rank()));
  });
}

}  // namespace

void RegisterDynamicStitch(KernelRegistry& kernels) {
  // All values: indices give the size of the output.
  kernels.Add("DynamicStitch", PrepareDynamicStitch).AllValueInputs();
  kernels.Add("ParallelDynamicStitch", PrepareDynamicStitch).AllValueInputs();
  kernels.Add("DynamicPartition", PrepareDynamicPartition);
}

}  // namespace sessile
