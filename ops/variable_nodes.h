// The nodes that make up a new variable.
#pragma once

#include <functional>
#include <memory>

#include "sessile/ops/input.h"
#include "sessile/ops/variable.h"

namespace sessile {

// Either a value, or what builds it as part of the variable.
struct InitialValue {
  const Input* value = nullptr;
  const std::function<Input()>* make = nullptr;
};

struct VariableNodes {
  Output ref;       // a reference or a handle
  Output snapshot;  // VariableRecord::snapshot
  Operation initializer;
  Output initial_value;
};

// A VariableV2, an Assign and an Identity. Both throw what Variable's constructors throw.
VariableNodes BuildRefVariable(const std::shared_ptr<GraphImpl>& graph, const InitialValue& initial,
                               const VariableOptions& options);
// A VarHandleOp, what asks whether it is initialized, an AssignVariableOp and a ReadVariableOp.
VariableNodes BuildResourceVariable(const std::shared_ptr<GraphImpl>& graph,
                                    const InitialValue& initial, const VariableOptions& options);

}  // namespace sessile
