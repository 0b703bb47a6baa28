// What builders and gradients have to do with handles of variables.
#pragma once

#include <string_view>

#include "sessile/core/framework/resource.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/state.h"
#include "sessile/ops/variable.h"

namespace sessile {

// What is known of the variable behind a handle.
HandleFacts HandleFactsOf(const Output& handle);
// Its shape as a tensor: a constant if it is known.
Output ShapeOfVariable(const Output& handle);
// A read of the variable, placed with nothing else.
Output ReadVariable(const Output& handle);
// A read that waits for `write`, where scopes put it.
Output ReadAfter(const Operation& write, const Output& handle);
// The write `op` ("AssignAddVariableOp") of a value, which becomes a tensor first.
Operation WriteByHandle(std::string_view op, const Output& handle, const Input& value,
                        std::string_view name);
// An update of `var`: `op`, or its form for handles.
OpBuilder UpdateOp(const Variable& var, std::string_view op);
// Throws errors::InvalidArgumentError "Cannot assign value to variable ' w:0': Shape mismatch.
// ...".
Updated AssignByHandle(const Output& handle, const Input& value, std::string_view name);

}  // namespace sessile
