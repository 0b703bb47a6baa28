// StackV2 and what pushes and pops. A stack lives as long as its handles, and so for one run.

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/resource.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

class ValueStack final : public Resource {
 public:
  ValueStack(std::string name, DataType dtype, int64_t max_size)
      : name_(std::move(name)), dtype_(dtype), max_size_(max_size) {}

  DataType dtype() const { return dtype_; }

  absl::Status Push(Tensor value) {
    const std::lock_guard<std::mutex> lock(mutex_);
    SESSILE_RETURN_IF_ERROR(CheckOpen());
    if (max_size_ >= 0 && static_cast<int64_t>(values_.size()) >= max_size_) {
      return InvalidArgument("Stack[", name_, "] overflowed its max_size (", max_size_, ")");
    }
    values_.push_back(std::move(value));
    return absl::OkStatus();
  }

  absl::StatusOr<Tensor> Pop() {
    const std::lock_guard<std::mutex> lock(mutex_);
    SESSILE_RETURN_IF_ERROR(CheckOpen());
    if (values_.empty()) {
      return InvalidArgument("Stack[", name_, "] is empty when calling Pop().");
    }
    Tensor value = std::move(values_.back());
    values_.pop_back();
    return value;
  }

  void Close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    values_.clear();
    closed_ = true;
  }

 private:
  absl::Status CheckOpen() const {
    if (!closed_) return absl::OkStatus();
    return InvalidArgument("Stack[", name_, "] has already been closed.");
  }

  const std::string name_;
  const DataType dtype_;
  const int64_t max_size_;
  std::mutex mutex_;
  std::vector<Tensor> values_;
  bool closed_ = false;
};

absl::StatusOr<std::shared_ptr<ValueStack>> StackOf(const TensorView& handle) {
  std::shared_ptr<ValueStack> stack;
  if (handle.num_elements() == 1) {
    stack = std::dynamic_pointer_cast<ValueStack>(*handle.data<ResourceHandle>());
  }
  if (stack == nullptr) return InvalidArgument("handle is not that of a stack");
  return stack;
}

class MakeStack final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    if (ctx.input_shape(0).rank() != 0) {
      return InvalidArgument("Stack size must be scalar, but had shape: ",
                             ctx.input_shape(0).ToString());
    }
    SESSILE_ASSIGN_OR_RETURN(const DataType dtype, ctx.Attr<DataType>("elem_type"));
    SESSILE_ASSIGN_OR_RETURN(std::string name, ctx.Attr<std::string>("stack_name"));
    if (name.empty()) name = ctx.node().name();
    return std::make_unique<MakeStack>(std::move(name), ctx.Carried(dtype));
  }
  MakeStack(std::string name, DataType dtype) : name_(std::move(name)), dtype_(dtype) {
    AddOutput(DataType::kResource, Shape());
    AddPhase(1);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    *out[0].data<ResourceHandle>() =
        std::make_shared<ValueStack>(name_, dtype_, *in[0].data<int32_t>());
    return absl::OkStatus();
  }

 private:
  const std::string name_;
  const DataType dtype_;
};

class PushValue final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) { return std::make_unique<PushValue>(ctx); }
  explicit PushValue(const PrepareContext& ctx) {
    AddOutput(ctx.output_dtype(0), ctx.input_shape(1));
    Alias(1, 0);
    AddPhase(1);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto stack, StackOf(in[0]));
    if (stack->dtype() != in[1].dtype()) {
      return InvalidArgument("Must have type ", DataTypeName(stack->dtype()), " but got ",
                             DataTypeName(in[1].dtype()));
    }
    SESSILE_ASSIGN_OR_RETURN(Tensor value, CopyOf(in[1], 0, in[1].shape()));
    return stack->Push(std::move(value));
  }
};

class PopValue final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    return std::make_unique<PopValue>(ctx.output_dtype(0));
  }
  explicit PopValue(DataType dtype) : dtype_(dtype) {
    AddOutput(dtype, Shape::Unknown());
    AddPhase(1);
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto stack, StackOf(in[0]));
    if (stack->dtype() != dtype_) {
      return InvalidArgument("Must have type ", DataTypeName(stack->dtype()), " but got ",
                             DataTypeName(dtype_));
    }
    SESSILE_ASSIGN_OR_RETURN(const Tensor value, stack->Pop());
    SESSILE_ASSIGN_OR_RETURN(const TensorView out, ctx.AllocateOutput(0, value.shape()));
    CopyTo(value, 0, out);
    return absl::OkStatus();
  }

 private:
  const DataType dtype_;
};

class CloseStack final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext&) { return std::make_unique<CloseStack>(); }
  CloseStack() { AddPhase(1); }

  absl::Status Run(RunContext&, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto stack, StackOf(in[0]));
    stack->Close();
    return absl::OkStatus();
  }
};

}  // namespace

void RegisterValueStack(KernelRegistry& kernels) {
  kernels.Add("StackV2", MakeStack::Prepare);
  kernels.Add("StackPushV2", PushValue::Prepare);
  kernels.Add("StackPopV2", PopValue::Prepare);
  kernels.Add("StackCloseV2", CloseStack::Prepare);
}

}  // namespace sessile
