// Variables by name: made once, found again where a scope says so.
//
//   {
//     tf::variable_scope scope("layer1");
//     auto w = tf::get_variable("w", {784, 10});          // "layer1/w"
//   }
//   {
//     tf::variable_scope scope("layer1", {.reuse = true});
//     auto w = tf::get_variable("w", {784, 10});          // the same variable
//   }
//
// A variable_scope opens a name scope too. Scopes belong to (graph, thread); the variables that
// get_variable finds belong to the graph.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sessile/core/framework/source_location.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/callables.h"
#include "sessile/ops/initializers.h"
#include "sessile/ops/variable.h"

namespace sessile {

// Whether get_variable makes variables (a clash is an error), only finds them, or finds or makes.
class Reuse {
 public:
  enum class Kind { kInherit, kReuse, kAuto };
  Reuse() = default;
  // TensorFlow takes False like None: what the outer scope says counts.
  Reuse(bool reuse) : kind_(reuse ? Kind::kReuse : Kind::kInherit) {}  // NOLINT: meant to convert
  explicit constexpr Reuse(Kind kind) : kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_ = Kind::kInherit;
};
inline constexpr Reuse AUTO_REUSE{Reuse::Kind::kAuto};

// What get_variable takes over from the scope that it is called in. A value: opening a
// variable_scope with one goes back to it.
class VariableScope {
 public:
  // "layer1/inner"; "" at the root.
  const std::string& name() const { return name_; }
  // The name scope that was opened with it: "layer1_1/inner/".
  const std::string& original_name_scope() const { return name_scope_; }
  Reuse reuse() const { return reuse_; }
  const Initializer& initializer() const { return initializer_; }
  const Regularizer& regularizer() const { return regularizer_; }
  const std::string& caching_device() const { return caching_device_; }
  DataType dtype() const { return dtype_; }
  // Whether variables use resources, if a scope says so.
  std::optional<bool> use_resource() const { return use_resource_; }

  // From now on get_variable finds only, in the scope that is open now.
  static void reuse_variables();

 private:
  friend class variable_scope;
  friend struct VariableScopes;

  std::string name_;
  std::string name_scope_;
  Reuse reuse_;
  Initializer initializer_;
  Regularizer regularizer_;
  std::string caching_device_;
  DataType dtype_ = float32;
  std::optional<bool> use_resource_;
};

struct VariableScopeOptions {
  // Without a name (nullptr): one that is made unique.
  std::string default_name = {};
  Initializer initializer = {};
  Regularizer regularizer = {};
  std::string caching_device = {};
  Reuse reuse = {};
  std::optional<DataType> dtype = {};
  std::optional<bool> use_resource = {};
  // False: nodes are built in the name scope that is open already.
  bool auxiliary_name_scope = true;
};

// Opens a scope: one inside the current scope, or a given one again. "" is a name: variables of
// variable_scope("") inside "a" are called "a//w", as TensorFlow calls them, and nodes stay in the
// name scope that is open. Throws errors::InvalidArgumentError for nullptr without default_name.
class [[nodiscard]] variable_scope {
 public:
  [[nodiscard]] explicit variable_scope(std::string_view name,
                                        const VariableScopeOptions& options = {});
  [[nodiscard]] explicit variable_scope(const char* name, const VariableScopeOptions& options = {})
      : variable_scope(std::string_view(name), options) {}
  // No name: Python's variable_scope(None, default_name=...).
  [[nodiscard]] explicit variable_scope(std::nullptr_t, const VariableScopeOptions& options = {});
  [[nodiscard]] explicit variable_scope(const VariableScope& scope,
                                        const VariableScopeOptions& options = {});
  ~variable_scope();
  variable_scope(const variable_scope&) = delete;
  variable_scope& operator=(const variable_scope&) = delete;

  const VariableScope& scope() const { return scope_; }
  operator const VariableScope&() const { return scope_; }  // NOLINT: as Python's `as scope`
  const std::string& name() const { return scope_.name(); }
  void reuse_variables() const { VariableScope::reuse_variables(); }

 private:
  void EnterNamed(std::optional<std::string_view> name, const VariableScopeOptions& options);
  void EnterNameScope(std::string_view name, bool auxiliary);
  // The rest of the work, when scope_ has its names; those that are not given are inherited.
  void Push(const VariableScopeOptions& options);

  std::shared_ptr<GraphImpl> graph_;
  std::unique_ptr<name_scope> name_scope_;
  VariableScope scope_;
  size_t depth_ = 0;
  // What to restore: the counts of scope names, if the scope was one that existed before.
  std::optional<std::map<std::string, int>> counts_;
};

// The innermost open scope of the default graph in this thread.
VariableScope get_variable_scope();

struct GetVariableOptions {
  std::optional<DataType> dtype = {};
  // By default the scope's, else glorot_uniform_initializer, or zeros for integers and bools.
  Initializer initializer = {};
  Regularizer regularizer = {};  // its result joins GraphKeys::REGULARIZATION_LOSSES
  bool trainable = true;
  std::optional<std::vector<std::string>> collections = {};
  std::string caching_device = {};
  bool validate_shape = true;
  std::optional<bool> use_resource = {};  // VariableOptions::use_resource
  VariableSynchronization synchronization = VariableSynchronization::AUTO;  // VariableOptions'
  VariableAggregation aggregation = VariableAggregation::NONE;
};

// The variable `name` of the current scope, made if it is not there yet. Without a shape (an
// unknown rank) the initializer must be a value or a callable without arguments. Throws
// errors::InvalidArgumentError: "Variable w already exists, disallowed. Did you mean to set
// reuse=True or reuse=tf.AUTO_REUSE in VarScope?", "Variable w does not exist, or was not created
// with tf.get_variable(). ...", "Trying to share variable w, but specified shape (2,) and found
// shape (3,)."
Variable get_variable(std::string_view name, const Shape& shape = Shape::Unknown(),
                      const GetVariableOptions& options = {},
                      SourceLocation at = SourceLocation::Current());
// The same without a shape: get_variable("v", {.initializer = x * 2.0}). A template, so that `{}`
// is the shape of a scalar.
template <typename = void>
Variable get_variable(std::string_view name, const GetVariableOptions& options,
                      SourceLocation at = SourceLocation::Current()) {
  return get_variable(name, Shape::Unknown(), options, at);
}

}  // namespace sessile
