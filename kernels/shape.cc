// Shape, ShapeN, Size, Rank, BroadcastGradientArgs: integers that follow from shapes. They are
// known when the kernel is prepared.

#include <limits>
#include <utility>
#include <vector>

#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// Writes integers that it knows already, as int32 or int64.
class KnownIntegers final : public Prepared {
 public:
  KnownIntegers() { AddPhase(1); }

  void AddVector(DataType dtype, std::vector<int64_t> values) {
    AddOutput(dtype, Shape({static_cast<int64_t>(values.size())}));
    values_.push_back(std::move(values));
  }
  void AddScalar(DataType dtype, int64_t value) {
    AddOutput(dtype, Shape());
    values_.push_back({value});
  }

  absl::Status Run(RunContext&, Inputs, Outputs out, Scratch, int, int64_t) const override {
    for (size_t i = 0; i < values_.size(); ++i) {
      for (size_t j = 0; j < values_[i].size(); ++j) {
        if (out[i].dtype() == int32) {
          out[i].data<int32_t>()[j] = static_cast<int32_t>(values_[i][j]);
        } else {
          out[i].data<int64_t>()[j] = values_[i][j];
        }
      }
    }
    return absl::OkStatus();
  }

 private:
  std::vector<std::vector<int64_t>> values_;
};

bool Fits(DataType dtype, int64_t value) {
  return dtype != int32 || value <= std::numeric_limits<int32_t>::max();
}

PreparedOr PrepareShapes(const PrepareContext& ctx) {
  auto kernel = std::make_unique<KnownIntegers>();
  for (int i = 0; i < ctx.num_inputs(); ++i) {
    const Shape& shape = ctx.input_shape(i);
    for (int d = 0; d < shape.rank(); ++d) {
      if (Fits(ctx.output_dtype(i), shape.dim(d))) continue;
      return InvalidArgument("Shape output type is 32-bit  but dim ", d, " is ", shape.dim(d));
    }
    kernel->AddVector(ctx.output_dtype(i), {shape.dims().begin(), shape.dims().end()});
  }
  return kernel;
}

PreparedOr PrepareSize(const PrepareContext& ctx) {
  const int64_t size = ctx.input_shape(0).num_elements();
  if (!Fits(ctx.output_dtype(0), size)) {
    return InvalidArgument(
        "Number of elements was larger than representable by 32-bit output "
        "type");
  }
  auto kernel = std::make_unique<KnownIntegers>();
  kernel->AddScalar(ctx.output_dtype(0), size);
  return kernel;
}

PreparedOr PrepareRank(const PrepareContext& ctx) {
  auto kernel = std::make_unique<KnownIntegers>();
  kernel->AddScalar(ctx.output_dtype(0), ctx.input_shape(0).rank());
  return kernel;
}

PreparedOr PrepareBroadcastGradientArgs(const PrepareContext& ctx) {
  std::vector<std::vector<int64_t>> shapes;
  for (int i = 0; i < 2; ++i) {
    if (ctx.input_shape(i).rank() != 1) {
      return InvalidArgument("In[", i, "] must be a vector.", ctx.input_shape(i).ToString());
    }
    SESSILE_ASSIGN_OR_RETURN(std::vector<int64_t> dims, IntsFromTensor(*ctx.input_value(i)));
    shapes.push_back(std::move(dims));
  }
  SESSILE_ASSIGN_OR_RETURN(BroadcastAxes axes, BroadcastReductions(shapes[0], shapes[1]));
  auto kernel = std::make_unique<KnownIntegers>();
  kernel->AddVector(ctx.output_dtype(0), std::move(axes.a));
  kernel->AddVector(ctx.output_dtype(1), std::move(axes.b));
  return kernel;
}

}  // namespace

void RegisterShape(KernelRegistry& kernels) {
  kernels.Add("Shape", PrepareShapes).FromShapes();
  kernels.Add("ShapeN", PrepareShapes).FromShapes();
  kernels.Add("VariableShape", PrepareShapes).FromShapes().ReadsHandles();
  kernels.Add("Size", PrepareSize).FromShapes();
  kernels.Add("Rank", PrepareRank).FromShapes();
  kernels.Add("BroadcastGradientArgs", PrepareBroadcastGradientArgs).AllValueInputs();
}

}  // namespace sessile
