// Optional values: tensors, or the fact that there are none. The branches of a conditional pass on
// with them what only one of them computes.

#include <string>
#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/framework/variant.h"
#include "sessile/kernels/add_elements.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

class Optional final : public VariantValue {
 public:
  // Without a value.
  Optional() = default;
  explicit Optional(std::vector<Tensor> components)
      : has_value_(true), components_(std::move(components)) {}

  const char* type_name() const override { return "Optional"; }
  bool has_value() const { return has_value_; }
  const std::vector<Tensor>& components() const { return components_; }

  absl::StatusOr<std::shared_ptr<VariantValue>> ZerosLike() const override {
    if (!has_value_) return std::make_shared<Optional>();
    std::vector<Tensor> zeros;
    for (const Tensor& component : components_) {
      SESSILE_ASSIGN_OR_RETURN(zeros.emplace_back(),
                               Tensor::Zeros(component.dtype(), component.shape()));
    }
    return std::make_shared<Optional>(std::move(zeros));
  }

  absl::StatusOr<std::shared_ptr<VariantValue>> Plus(const VariantValue& other) const override {
    const auto& more = static_cast<const Optional&>(other);
    if (has_value_ != more.has_value_) {
      return InvalidArgument("Cannot add optionals because one has a value and the other doesn't.");
    }
    if (!has_value_) return std::make_shared<Optional>();
    if (components_.size() != more.components_.size()) {
      return InvalidArgument(
          "Cannot add optionals because they have different numbers of "
          "components (",
          components_.size(), " vs. ", more.components_.size(), ").");
    }
    std::vector<Tensor> sums;
    for (size_t i = 0; i < components_.size(); ++i) {
      const Tensor& a = components_[i];
      const Tensor& b = more.components_[i];
      if (a.dtype() != b.dtype() || a.shape() != b.shape()) {
        return InvalidArgument("Cannot add optionals because component ", i, " is ",
                               DataTypeName(a.dtype()), a.shape().ToString(), " in one and ",
                               DataTypeName(b.dtype()), b.shape().ToString(), " in the other.");
      }
      SESSILE_ASSIGN_OR_RETURN(Tensor sum, a.Clone());
      SESSILE_RETURN_IF_ERROR(AddElements(b.raw_data(), &sum));
      sums.push_back(std::move(sum));
    }
    return std::make_shared<Optional>(std::move(sums));
  }

 private:
  const bool has_value_ = false;
  const std::vector<Tensor> components_;
};

absl::StatusOr<const Optional*> OptionalOf(const TensorView& view, const char* op) {
  const Optional* optional = nullptr;
  if (view.num_elements() == 1) {
    optional = dynamic_cast<const Optional*>(view.data<Variant>()->get());
  }
  if (optional == nullptr) {
    return InvalidArgument("Input to ", op, " must be an OptionalVariant object.");
  }
  return optional;
}

class MakeOptionalNone final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext&) { return std::make_unique<MakeOptionalNone>(); }
  MakeOptionalNone() {
    AddOutput(DataType::kVariant, Shape());
    AddPhase(1);
  }
  absl::Status Run(RunContext&, Inputs, Outputs out, Scratch, int, int64_t) const override {
    *out[0].data<Variant>() = std::make_shared<Optional>();
    return absl::OkStatus();
  }
};

class OptionalFromValue final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext&) { return std::make_unique<OptionalFromValue>(); }
  OptionalFromValue() {
    AddOutput(DataType::kVariant, Shape());
    AddPhase(1);
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    std::vector<Tensor> components;
    for (const TensorView& component : in) {
      SESSILE_ASSIGN_OR_RETURN(components.emplace_back(), CopyOf(component, 0, component.shape()));
    }
    *out[0].data<Variant>() = std::make_shared<Optional>(std::move(components));
    return absl::OkStatus();
  }
};

class OptionalHasValue final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext&) { return std::make_unique<OptionalHasValue>(); }
  OptionalHasValue() {
    AddOutput(DataType::kBool, Shape());
    AddPhase(1);
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const Optional* const optional, OptionalOf(in[0], "OptionalHasValue"));
    *out[0].data<bool>() = optional->has_value();
    return absl::OkStatus();
  }
};

class OptionalGetValue final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(std::vector<Shape> shapes,
                             ctx.Attr<std::vector<Shape>>("output_shapes"));
    if (static_cast<int>(shapes.size()) != ctx.num_outputs()) {
      return InvalidArgument("output_shapes has ", shapes.size(), " shapes for ", ctx.num_outputs(),
                             " outputs");
    }
    std::vector<DataType> types;
    for (int i = 0; i < ctx.num_outputs(); ++i) types.push_back(ctx.output_dtype(i));
    return std::make_unique<OptionalGetValue>(std::move(types), std::move(shapes));
  }
  OptionalGetValue(std::vector<DataType> types, std::vector<Shape> shapes)
      : types_(std::move(types)), shapes_(std::move(shapes)) {
    for (const DataType type : types_) AddOutput(type, Shape::Unknown());
    AddPhase(1);
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const Optional* const optional, OptionalOf(in[0], "OptionalGetValue"));
    SESSILE_RETURN_IF_ERROR(Check(*optional));
    for (size_t i = 0; i < types_.size(); ++i) {
      const Tensor& value = optional->components()[i];
      SESSILE_ASSIGN_OR_RETURN(const TensorView to,
                               ctx.AllocateOutput(static_cast<int>(i), value.shape()));
      CopyTo(value, 0, to);
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Check(const Optional& optional) const {
    if (!optional.has_value()) return InvalidArgument("The given optional does not have a value.");
    const std::vector<Tensor>& components = optional.components();
    if (components.size() != types_.size()) {
      return InvalidArgument("The given optional has ", components.size(), " components, expected ",
                             types_.size());
    }
    for (size_t i = 0; i < types_.size(); ++i) {
      if (components[i].dtype() != types_[i]) {
        return InvalidArgument("The given optional does not match the expected type for component ",
                               i, ". Expected: ", DataTypeName(types_[i]),
                               ". Actual: ", DataTypeName(components[i].dtype()), ".");
      }
      if (!Shape::Compatible(shapes_[i], components[i].shape())) {
        return InvalidArgument(
            "The given optional does not match the expected shape for component ", i,
            ". Expected: ", shapes_[i].ToString(), ". Actual: ", components[i].shape().ToString(),
            ".");
      }
    }
    return absl::OkStatus();
  }

  const std::vector<DataType> types_;
  const std::vector<Shape> shapes_;
};

}  // namespace

void RegisterOptional(KernelRegistry& kernels) {
  kernels.Add("OptionalNone", MakeOptionalNone::Prepare);
  kernels.Add("OptionalFromValue", OptionalFromValue::Prepare);
  kernels.Add("OptionalHasValue", OptionalHasValue::Prepare);
  kernels.Add("OptionalGetValue", OptionalGetValue::Prepare);
}

}  // namespace sessile
