// What a tensor of type `variant` holds: a value of a class of its own, such as a list of tensors.
//
//   class Optional final : public VariantValue { ... };
//   *out[0].data<Variant>() = std::make_shared<Optional>(...);
//   auto* optional = dynamic_cast<const Optional*>(in[0].data<Variant>()->get());
//
// It is a value, not a thing that many refer to (a Resource): who changes it must be its only
// owner. Variants are made by kernels; none can be fed from bytes or stored in a file.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "sessile/core/framework/data_type.h"

namespace sessile {

class VariantValue {
 public:
  virtual ~VariantValue() = default;
  // What errors call it: "TensorList".
  virtual const char* type_name() const = 0;
  // The same with zeros in place of all numbers.
  virtual absl::StatusOr<std::shared_ptr<VariantValue>> ZerosLike() const = 0;
  // The sum with `other`, number by number. INVALID_ARGUMENT if they do not fit each other.
  // REQUIRES: `other` is of the same class.
  virtual absl::StatusOr<std::shared_ptr<VariantValue>> Plus(const VariantValue& other) const = 0;
};
using Variant = std::shared_ptr<VariantValue>;

template <>
struct DataTypeOf<Variant> : DataTypeConstant<DataType::kVariant> {};

}  // namespace sessile
