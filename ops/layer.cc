#include "sessile/ops/layer.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/collections.h"

namespace sessile::layers {
namespace {

// Opens the scope of a new layer, which makes its names final, and closes it again: they are
// entered by what this returns.
VariableScope CaptureScope(const LayerOptions& options) {
  if (!options.name.empty()) {
    const variable_scope scope(options.name);
    return scope.scope();
  }
  if (options.reuse.kind() != Reuse::Kind::kInherit) {
    const variable_scope scope(options.type);
    return scope.scope();
  }
  const variable_scope scope(nullptr, {.default_name = options.type});
  return scope.scope();
}

}  // namespace

Layer::Layer(const LayerOptions& options, const Output& input)
    : input_(input),
      captured_(CaptureScope(options)),
      trainable_(options.trainable),
      scope_(captured_, {.reuse = options.reuse, .auxiliary_name_scope = false}),
      names_(captured_.original_name_scope()) {}

Variable Layer::AddWeight(const std::string& name, const Shape& shape,
                          const WeightOptions& options) {
  const size_t variables = global_variables().size();
  Variable variable = get_variable(name, shape,
                                   {.dtype = options.dtype.value_or(BaseType(input_.dtype())),
                                    .initializer = options.initializer,
                                    .trainable = options.trainable && trainable_,
                                    .synchronization = options.synchronization,
                                    .aggregation = options.aggregation});
  // A variable that is used again has its loss already.
  const bool is_new = global_variables().size() > variables;
  if (options.regularizer.has_value() && is_new) {
    const name_scope scope(name + "/Regularizer");
    const Output loss = options.regularizer(variable);
    add_to_collection(GraphKeys::REGULARIZATION_LOSSES, loss);
  }
  return variable;
}

void Layer::ExpectMinRank(int rank) const {
  const Shape shape = input_.get_shape();
  if (shape.has_rank() && shape.rank() >= rank) return;
  if (!shape.has_rank()) {
    RefuseInput("its rank is undefined, but the layer requires a defined rank.");
  }
  RefuseInput(absl::StrCat("expected min_ndim=", rank, ", found ndim=", shape.rank(),
                           ". Full shape received: ", shape.ToPythonString()));
}

void Layer::ExpectRank(int rank) const {
  ExpectMinRank(rank);
  const Shape shape = input_.get_shape();
  if (shape.rank() == rank) return;
  RefuseInput(absl::StrCat("expected ndim=", rank, ", found ndim=", shape.rank(),
                           ". Full shape received: ", shape.ToPythonString()));
}

void Layer::RefuseInput(const std::string& why) const {
  errors::ThrowIfError(
      InvalidArgument("Input 0 of layer \"", name(), "\" is incompatible with the layer: ", why));
  std::abort();  // an error always throws
}

}  // namespace sessile::layers
