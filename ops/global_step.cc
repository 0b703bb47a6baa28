// The variable that counts training steps.

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/initializers.h"
#include "sessile/ops/train.h"
#include "sessile/ops/variable_scope.h"

namespace sessile::train {
namespace {

constexpr char kName[] = "global_step";

// The one in the collection, else the one that is called so.
Variable Find() {
  const std::vector<Variable> steps = get_collection<Variable>(GraphKeys::GLOBAL_STEP);
  if (steps.size() == 1) return steps[0];
  if (steps.size() > 1) {
    errors::ThrowIfError(InvalidArgument("Multiple tensors in global_step collection."));
  }
  const std::shared_ptr<GraphImpl> graph = get_default_graph().impl();
  const std::vector<VariableRecord> records = graph->variables();
  for (size_t i = 0; i < records.size(); ++i) {
    if (graph->node(records[i].ref.node).name() == kName) {
      return Variable(graph, static_cast<int>(i));
    }
  }
  return Variable();
}

}  // namespace

Variable get_global_step() {
  const Variable step = Find();
  if (!step.has_value()) return step;
  if (!IsInteger(step.dtype())) {
    errors::ThrowIfError(InvalidArgument("Existing \"global_step\" does not have integer type: ",
                                         PythonName(step.dtype())));
  }
  const Shape shape = step.get_shape();
  if (shape.IsFullyDefined() && shape.rank() != 0) {
    errors::ThrowIfError(
        InvalidArgument("Existing \"global_step\" is not scalar: ", shape.ToPythonString()));
  }
  return step;
}

Variable create_global_step(SourceLocation at) {
  const SourceScope here(at);
  if (get_global_step().has_value()) {
    errors::ThrowIfError(InvalidArgument("\"global_step\" already exists."));
  }
  const name_scope root("");
  GetVariableOptions options;
  options.dtype = int64;
  options.initializer = zeros_initializer();
  options.trainable = false;
  options.collections = {{GraphKeys::GLOBAL_VARIABLES, GraphKeys::GLOBAL_STEP}};
  // Replicas of a program count alike.
  options.aggregation = VariableAggregation::ONLY_FIRST_REPLICA;
  return get_variable(kName, {}, options);
}

Variable get_or_create_global_step(SourceLocation at) {
  const Variable step = get_global_step();
  return step.has_value() ? step : create_global_step(at);
}

}  // namespace sessile::train
