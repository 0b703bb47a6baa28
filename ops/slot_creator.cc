#include "sessile/ops/slot_creator.h"

#include "absl/strings/str_cat.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/initializers.h"
#include "sessile/ops/state.h"
#include "sessile/ops/variable_scope.h"

namespace sessile {
namespace {

// Zeros in the shape that a variable of unknown shape has, or will have when it is initialized.
Output ZerosLikeVariable(const Variable& primary) {
  const Output value = primary.initialized_value();
  const Output shape = sessile::shape(value);
  return zeros(shape, primary.dtype());
}

}  // namespace

Variable CreateSlot(const Variable& primary, const Initializer& initial, std::string_view name) {
  const bool is_tensor = initial.is_value() && initial.value().is_output();
  const Shape shape = is_tensor ? initial.value().output().get_shape() : primary.get_shape();
  GetVariableOptions options;
  if (!is_tensor) options.dtype = primary.dtype();
  options.initializer = initial;
  options.trainable = false;
  options.validate_shape = shape.IsFullyDefined();
  options.use_resource = primary.is_resource();
  const std::string full_name = absl::StrCat(primary.op().name(), "/", std::string(name));
  const variable_scope scope(nullptr, {.default_name = full_name});
  const colocate_with place(primary.op());
  return get_variable("", is_tensor ? Shape::Unknown() : shape, options);
}

Variable CreateZerosSlot(const Variable& primary, std::string_view name) {
  if (!primary.get_shape().IsFullyDefined()) {
    return CreateSlot(primary, ZerosLikeVariable(primary), name);
  }
  return CreateSlot(primary, zeros_initializer(), name);
}

}  // namespace sessile
