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
  const Output initialized = is_variable_initialized(primary);
  const Output value = cond(
      initialized, [&] { return primary.read_value(); }, [&] { return primary.initial_value(); });
  const Output shape = sessile::shape(value);
  return zeros(shape, primary.dtype());
}

}  // namespace

Variable CreateZerosSlot(const Variable& primary, std::string_view name) {
  const Shape shape = primary.get_shape();
  const std::string full_name = absl::StrCat(primary.op().name(), "/", std::string(name));
  GetVariableOptions options;
  options.dtype = primary.dtype();
  options.trainable = false;
  if (!shape.IsFullyDefined()) {
    const Output value = ZerosLikeVariable(primary);
    options.dtype = std::nullopt;
    options.initializer = value;
    options.validate_shape = false;
    const variable_scope scope(nullptr, {.default_name = full_name});
    const colocate_with place(primary.op());
    return get_variable("", Shape::Unknown(), options);
  }
  options.initializer = zeros_initializer();
  const variable_scope scope(nullptr, {.default_name = full_name});
  const colocate_with place(primary.op());
  return get_variable("", shape, options);
}

}  // namespace sessile
