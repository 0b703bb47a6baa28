// Const and Placeholder: where values come from.

#include <algorithm>
#include <cstring>
#include <utility>

#include "sessile/core/graph/node.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// The value of a float constant as the yardstick carries it.
absl::StatusOr<Tensor> Carry(const Tensor& value, DataType carried) {
  if (value.dtype() == carried) return value;
  if (value.dtype() != float32 || carried != float64) {
    return InvalidArgument("A constant of type ", DataTypeName(value.dtype()),
                           " cannot be carried as ", DataTypeName(carried));
  }
  SESSILE_ASSIGN_OR_RETURN(Tensor wide, Tensor::Allocate(float64, value.shape()));
  std::copy_n(value.data<float>(), value.num_elements(), wide.mutable_data<double>());
  return wide;
}

class Const final : public Prepared {
 public:
  explicit Const(Tensor value) : value_(std::move(value)) {
    AddOutput(value_.dtype(), value_.shape());
    KnowsOutput(0, value_);
    AddPhase(value_.dtype() == string ? 1 : BlocksOf(Bytes(), 1));
  }

  absl::Status Run(RunContext&, Inputs, Outputs out, Scratch, int, int64_t block) const override {
    if (value_.dtype() == string) {
      std::copy_n(value_.data<std::string>(), value_.num_elements(), out[0].data<std::string>());
      return absl::OkStatus();
    }
    const IndexRange range = BlockRange(Bytes(), block, num_blocks(0));
    if (range.size() > 0) {
      std::memcpy(static_cast<char*>(out[0].raw()) + range.first(),
                  static_cast<const char*>(value_.raw_data()) + range.first(),
                  static_cast<size_t>(range.size()));
    }
    return absl::OkStatus();
  }

 private:
  int64_t Bytes() const { return static_cast<int64_t>(value_.num_bytes()); }
  const Tensor value_;
};

PreparedOr PrepareConst(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Tensor value, ctx.Attr<Tensor>("value"));
  SESSILE_ASSIGN_OR_RETURN(Tensor carried, Carry(value, ctx.output_dtype(0)));
  if (!carried.has_value()) return InvalidArgument("The constant has no value");
  return std::make_unique<Const>(std::move(carried));
}

// Runs only if nobody fed it.
PreparedOr PreparePlaceholder(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const DataType dtype, ctx.Attr<DataType>("dtype"));
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, ctx.attrs().GetOr<Shape>("shape", Shape::Unknown()));
  const bool has_dims = shape.has_rank() && shape.rank() > 0;
  return InvalidArgument("You must feed a value for placeholder tensor '", ctx.node().name(),
                         "' with dtype ", DataTypeName(dtype),
                         has_dims ? " and shape " + shape.ToString() : "");
}

}  // namespace

void RegisterConstant(KernelRegistry& kernels) {
  kernels.Add("Const", PrepareConst);
  kernels.Add("Placeholder", PreparePlaceholder);
  kernels.Add("PlaceholderV2", PreparePlaceholder);
}

}  // namespace sessile
