// Operations that wait for others and compute nothing.
#pragma once

#include <concepts>
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
Operation group(const DependencyList& inputs, std::string_view name = {},
                SourceLocation at = SourceLocation::Current());

// A dependency, and the line that names it.
class DependencyAt {
 public:
  template <std::convertible_to<Dependency> D>
  DependencyAt(const D& dependency, SourceLocation at = SourceLocation::Current())  // NOLINT
      : dependency_(dependency), at_(at) {}
  const Dependency& dependency() const { return dependency_; }
  const SourceLocation& at() const { return at_; }

 private:
  Dependency dependency_;
  SourceLocation at_;
};
// The same of arguments that stand one after the other: tf::group(update_mean, update_variance).
template <std::convertible_to<Dependency>... Rest>
Operation group(const DependencyAt& first, const Rest&... rest) {
  return group(DependencyList{first.dependency(), Dependency(rest)...}, {}, first.at());
}

struct TupleOptions {
  std::string name = {};
  DependencyList control_inputs = {};
};

// The same tensors, none of which can be used before all of them are computed. An empty Output
// stays empty. Throws errors::InvalidArgumentError if there is nothing to wait for.
std::vector<Output> tuple(const std::vector<Output>& tensors, const TupleOptions& options = {},
                          SourceLocation at = SourceLocation::Current());

// `output`, usable only after `dependencies` have run.
Output with_dependencies(const DependencyList& dependencies, const Output& output,
                         std::string_view name = {});

}  // namespace sessile
