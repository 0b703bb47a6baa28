#include "sessile/ops/grad_ys.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/op_builder.h"

namespace sessile {
namespace {

// "Tensor 'y:0'", for error messages.
std::string Quoted(const Output& output) { return absl::StrCat("'", output.name(), "'"); }

// tf.ones(tf.shape(y)): a constant shape where it is known.
Output OnesFor(const Output& y, std::string_view name) {
  const DataType dtype = BaseType(y.dtype());
  const Shape known = y.get_shape();
  const Output shape =
      known.IsFullyDefined()
          ? convert_to_tensor(std::vector<int64_t>(known.dims().begin(), known.dims().end()), int32,
                              "Shape")
          : OpBuilder("Shape").Input(y).Build();
  const name_scope scope(name, y.graph_impl());
  const Output one = convert_to_tensor(1, dtype, "Const");
  return OpBuilder("Fill", scope.name()).Input(shape).Input(one).Build();
}

// REQUIRES: grad_y has a value.
void CheckGradY(const Output& y, const Output& grad_y) {
  const DataType type = BaseType(y.dtype());
  const DataType given = BaseType(grad_y.dtype());
  const auto is_real = [](DataType t) { return IsFloating(t) || IsInteger(t); };
  const auto fail = [&](const auto&... parts) {
    errors::ThrowIfError(
        InvalidArgument("Gradient type ", PythonName(given), " generated for ", parts...));
  };
  if (is_real(type)) {
    if (!is_real(given)) {
      fail("real or integer-valued tensor ", Quoted(y), " with type ", PythonName(type),
           " must be real or integer");
    }
  } else if (IsComplex(type)) {
    if (!IsComplex(given)) {
      fail("complex-valued tensor ", Quoted(y), " with type ", PythonName(type),
           " must be complex");
    }
  } else {
    errors::ThrowIfError(InvalidArgument("Tensor ", Quoted(y), " with type ", PythonName(type),
                                         " must be numeric to obtain a default gradient"));
  }
}

bool IsNone(const Input& input) {
  return !input.is_output() && input.tensor() == nullptr && input.literal() == nullptr;
}

}  // namespace

std::vector<Output> GradYs(std::span<const Output> ys, const GradientsOptions& options) {
  if (!options.grad_ys.empty() && options.grad_ys.size() != ys.size()) {
    errors::ThrowIfError(InvalidArgument("Length mismatch. Passed ", options.grad_ys.size(),
                                         " grad_ys for ", ys.size(), " ys"));
  }
  std::vector<Output> given(ys.size());
  for (size_t i = 0; i < options.grad_ys.size(); ++i) {
    const Input& grad_y = options.grad_ys[i];
    if (!IsNone(grad_y)) given[i] = convert_to_tensor(grad_y, {}, absl::StrCat("grad_y_", i));
  }
  std::vector<Output> result;
  for (size_t i = 0; i < ys.size(); ++i) {
    std::optional<colocate_with> with;
    if (options.colocate_gradients_with_ops) with.emplace(ys[i].op());
    const std::string name = absl::StrCat("grad_ys_", i);
    if (!given[i].has_value()) {
      if (IsComplex(BaseType(ys[i].dtype()))) {
        errors::ThrowIfError(InvalidArgument(
            "Gradients of complex tensors (", Quoted(ys[i]),
            ") must set grad_ys (y.dtype = ", PythonName(BaseType(ys[i].dtype())), ")"));
      }
      result.push_back(OnesFor(ys[i], name));
    } else {
      CheckGradY(ys[i], given[i]);
      result.push_back(OpBuilder("Identity", name).Input(given[i]).Build());
    }
  }
  return result;
}

}  // namespace sessile
