// Operations that wait for others and compute nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sessile/core/framework/source_location.h"
#include "sessile/core/graph/output.h"
#include "sessile/core/graph/scope.h"

namespace sessile {

// Does nothing; under tf::control_dependencies it is a place to wait for them.
Operation no_op(std::string_view name = {}, SourceLocation at = SourceLocation::Current());

// An operation that has run when all of `inputs` have.
//   auto both = tf::group({update_mean, update_variance});
Operation group(const std::vector<Dependency>& inputs, std::string_view name = {},
                SourceLocation at = SourceLocation::Current());

struct TupleOptions {
  std::string name = {};
  std::vector<Dependency> control_inputs = {};
};

// The same tensors, none of which can be used before all of them are computed. An empty Output
// stays empty. Throws errors::InvalidArgumentError if there is nothing to wait for.
std::vector<Output> tuple(const std::vector<Output>& tensors, const TupleOptions& options = {},
                          SourceLocation at = SourceLocation::Current());

// `output`, usable only after `dependencies` have run.
Output with_dependencies(const std::vector<Dependency>& dependencies, const Output& output,
                         std::string_view name = {});

}  // namespace sessile
