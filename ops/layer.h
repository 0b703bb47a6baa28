// What the layers of ops/layers.h have in common: a variable scope, its name scope, and variables.
//
//   Layer layer({.type = "dense", .name = options.name, .reuse = options.reuse,
//                .trainable = options.trainable}, x);
//   const Variable kernel = layer.AddWeight("kernel", {n, units}, {.initializer = ...});
//
// The scopes stay open while the object lives; it is neither copyable nor movable. Not part of the
// public API.
#pragma once

#include <optional>
#include <string>

#include "sessile/core/framework/data_type.h"
#include "sessile/core/framework/shape.h"
#include "sessile/core/graph/output.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/callables.h"
#include "sessile/ops/initializers.h"
#include "sessile/ops/variable.h"
#include "sessile/ops/variable_scope.h"

namespace sessile::layers {

struct LayerOptions {
  std::string type = {};  // "conv2d": the default name
  std::string name = {};
  Reuse reuse = {};
  bool trainable = true;
};

struct WeightOptions {
  Initializer initializer = {};
  Regularizer regularizer = {};
  bool trainable = true;
  std::optional<DataType> dtype = {};  // the input's unless given
  VariableSynchronization synchronization = VariableSynchronization::AUTO;
  VariableAggregation aggregation = VariableAggregation::NONE;
};

class [[nodiscard]] Layer {
 public:
  Layer(const LayerOptions& options, const Output& input);

  // "conv2d_1".
  const std::string& name() const { return scope_.name(); }
  // Gets or makes the variable NAME/`name`. The loss of its regularizer is built where the variable
  // is made, in the name scope "`name`/Regularizer", and joins REGULARIZATION_LOSSES.
  Variable AddWeight(const std::string& name, const Shape& shape, const WeightOptions& options);

  // Throw errors::InvalidArgumentError, as the layer of that name: an input of another (or a lower)
  // rank; a channel dimension that is not known is the caller's to check.
  void ExpectMinRank(int rank) const;
  void ExpectRank(int rank) const;
  // "Input 0 of layer "dense" is incompatible with the layer: ..."
  [[noreturn]] void RefuseInput(const std::string& why) const;

 private:
  const Output input_;
  const VariableScope captured_;
  const bool trainable_;
  const variable_scope scope_;
  const name_scope names_;
};

}  // namespace sessile::layers
