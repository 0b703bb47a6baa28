// The rules of names and counts are those of TensorFlow's variable_scope.py.

#include "sessile/ops/variable_scope.h"

#include <atomic>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/convert.h"

namespace sessile {

// The open scopes of one graph in one thread; the root is always there.
struct VariableScopes {
  std::vector<VariableScope> open = {VariableScope()};
  // How often a scope of each full name was opened; default names are made unique by it.
  std::map<std::string, int> counts;

  int CountOf(const std::string& name) const {
    const auto it = counts.find(name);
    return it == counts.end() ? 0 : it->second;
  }
  // `prefix` or `prefix`_N, the first that was not used inside the current scope.
  std::string UniqueName(const std::string& prefix) const {
    const std::string full = Extend(open.back().name(), prefix);
    if (CountOf(full) == 0) return prefix;
    int index = 1;
    while (CountOf(absl::StrCat(full, "_", index)) > 0) ++index;
    return absl::StrCat(prefix, "_", index);
  }
  static std::string Extend(const std::string& scope, const std::string& name) {
    return scope.empty() ? name : absl::StrCat(scope, "/", name);
  }
  static void Inherit(const VariableScope& from, VariableScope* to) {
    const std::string name = to->name_;
    const std::string name_scope = to->name_scope_;
    *to = from;
    to->name_ = name;
    to->name_scope_ = name_scope;
  }
  static void SetReuse(VariableScope* scope) { scope->reuse_ = true; }
};

namespace {

// What a graph keeps: the scopes of its threads, and the variables by name.
struct VariableStore {
  std::mutex mutex;
  std::map<uint64_t, VariableScopes> scopes;  // by thread
  std::map<std::string, int, std::less<>> variables;
};

// A number of the calling thread, which no other thread ever gets.
uint64_t ThisThread() {
  static std::atomic<uint64_t> next{0};
  thread_local const uint64_t id = next.fetch_add(1);
  return id;
}

VariableScopes& ScopesOf(GraphImpl& graph) {
  VariableStore& store = graph.Slot<VariableStore>();
  std::lock_guard lock(store.mutex);
  return store.scopes[ThisThread()];  // only this thread uses it; map nodes never move
}

std::optional<Variable> Find(const std::shared_ptr<GraphImpl>& graph, std::string_view name) {
  VariableStore& store = graph->Slot<VariableStore>();
  std::lock_guard lock(store.mutex);
  const auto it = store.variables.find(name);
  if (it == store.variables.end()) return std::nullopt;
  return Variable(graph, it->second);
}

void Remember(GraphImpl& graph, const std::string& name, const Variable& variable) {
  VariableStore& store = graph.Slot<VariableStore>();
  std::lock_guard lock(store.mutex);
  store.variables[name] = variable.index();
}

// Checks that an existing variable is what was asked for.
void CheckFound(const Variable& found, const std::string& name, const Shape& shape,
                DataType dtype) {
  if (!Shape::Compatible(shape, found.get_shape())) {
    errors::ThrowIfError(InvalidArgument(
        "Trying to share variable ", name, ", but specified shape ", shape.ToPythonString(),
        " and found shape ", found.get_shape().ToPythonString(), "."));
  }
  if (BaseType(dtype) != found.dtype()) {
    errors::ThrowIfError(InvalidArgument(
        "Trying to share variable ", name, ", but specified dtype ", PythonName(dtype),
        " and found dtype ",
        PythonName(found.is_resource() ? found.dtype() : MakeRef(found.dtype())), "."));
  }
}

[[noreturn]] void ThrowExists(const Variable& variable, const std::string& name) {
  const std::string at = variable.op().node().built_at().ToString();
  errors::ThrowIfError(InvalidArgument(
      "Variable ", name,
      " already exists, disallowed. Did you mean to set reuse=True or reuse=tf.AUTO_REUSE in "
      "VarScope?",
      at.empty() ? "" : absl::StrCat(" Originally defined at: ", at)));
  __builtin_unreachable();
}

Initializer DefaultInitializer(const std::string& name, const Shape& shape, DataType dtype) {
  if (!shape.has_rank()) {
    errors::ThrowIfError(InvalidArgument("Variable ", name,
                                         " did not get an initializer, so its `shape` argument "
                                         "must be specified."));
  }
  if (IsFloating(dtype)) return glorot_uniform_initializer();
  if (IsInteger(dtype) || dtype == bool_ || dtype == string) return zeros_initializer();
  errors::ThrowIfError(InvalidArgument("An initializer for variable ", name, " of ",
                                       PythonName(dtype), " is required"));
  return {};
}

Variable MakeVariable(const std::string& name, const Shape& shape, DataType dtype,
                      const Initializer& initializer, const GetVariableOptions& options) {
  VariableOptions make{.trainable = options.trainable,
                       .collections = options.collections,
                       .validate_shape = options.validate_shape,
                       .caching_device = options.caching_device,
                       .name = name,
                       .use_resource = options.use_resource,
                       .synchronization = options.synchronization,
                       .aggregation = options.aggregation};
  if (initializer.is_value()) {
    if (shape.has_rank()) {
      errors::ThrowIfError(InvalidArgument("If initializer is a constant, do not specify shape."));
    }
    return Variable(initializer.value(), make);
  }
  if (initializer.is_thunk() && !shape.has_rank()) {
    return Variable([&] { return initializer.Call(); }, make);
  }
  if (!initializer.is_shaped() || !shape.has_rank() || !shape.IsFullyDefined()) {
    errors::ThrowIfError(InvalidArgument(
        "The initializer passed is not valid. It should be a callable with no arguments and the "
        "shape should not be provided or an instance of `tf.keras.initializers.*' and `shape` "
        "should be fully defined. (Variable ",
        name, ")"));
  }
  make.dtype = dtype;
  make.shape = shape;
  return Variable([&]() -> Input { return initializer(shape, dtype); }, make);
}

// The loss of a variable joins the graph's regularization losses. TensorFlow calls a regularizer
// once to see whether it gives anything, and again for the loss itself.
void Regularize(const Variable& variable, const std::string& name, const Regularizer& regularizer) {
  if (!regularizer.has_value()) return;
  if (!regularizer(variable).has_value()) return;
  const colocate_with place(variable);
  const name_scope scope(absl::StrCat(name, "/Regularizer/"));
  const Output loss = regularizer(variable);
  add_to_collection(GraphKeys::REGULARIZATION_LOSSES, loss);
}

}  // namespace

void VariableScope::reuse_variables() {
  VariableScopes::SetReuse(&ScopesOf(*get_default_graph().impl()).open.back());
}

VariableScope get_variable_scope() { return ScopesOf(*get_default_graph().impl()).open.back(); }

variable_scope::variable_scope(std::string_view name, const VariableScopeOptions& options)
    : graph_(get_default_graph().impl()) {
  EnterNamed(name, options);
}

variable_scope::variable_scope(std::nullptr_t, const VariableScopeOptions& options)
    : graph_(get_default_graph().impl()) {
  EnterNamed(std::nullopt, options);
}

variable_scope::variable_scope(const VariableScope& scope, const VariableScopeOptions& options)
    : graph_(get_default_graph().impl()) {
  const std::string& name = scope.name();
  const size_t slash = name.rfind('/');
  EnterNameScope(slash == std::string::npos ? name : name.substr(slash + 1),
                 options.auxiliary_name_scope);
  scope_ = scope;
  VariableScopes& scopes = ScopesOf(*graph_);
  ++scopes.counts[name];
  counts_ = scopes.counts;
  Push(options);
}

void variable_scope::EnterNamed(std::optional<std::string_view> name,
                                const VariableScopeOptions& options) {
  if (!name && options.default_name.empty()) {
    errors::ThrowIfError(InvalidArgument("If default_name is None then name_or_scope is required"));
  }
  if (!name && options.reuse.kind() != Reuse::Kind::kInherit) {
    errors::ThrowIfError(InvalidArgument("reuse=True cannot be used without a name_or_scope"));
  }
  EnterNameScope(name ? *name : options.default_name, options.auxiliary_name_scope);
  VariableScopes& scopes = ScopesOf(*graph_);
  const std::string own = name ? std::string(*name) : scopes.UniqueName(options.default_name);
  scope_.name_ = VariableScopes::Extend(scopes.open.back().name(), own);
  scope_.name_scope_ = name_scope_ == nullptr ? "" : name_scope_->name();
  VariableScopes::Inherit(scopes.open.back(), &scope_);
  ++scopes.counts[scope_.name_];
  Push(options);
}

void variable_scope::EnterNameScope(std::string_view name, bool auxiliary) {
  if (!auxiliary) {
    const std::string& current = BuildScope::Of(*graph_).name;
    name_scope_ = std::make_unique<name_scope>(current.empty() ? "" : current + "/", graph_);
  } else if (!name.empty()) {
    name_scope_ = std::make_unique<name_scope>(name, graph_);
  }
}

void variable_scope::Push(const VariableScopeOptions& options) {
  if (options.reuse.kind() != Reuse::Kind::kInherit) scope_.reuse_ = options.reuse;
  if (options.initializer.has_value()) scope_.initializer_ = options.initializer;
  if (options.regularizer.has_value()) scope_.regularizer_ = options.regularizer;
  if (!options.caching_device.empty()) scope_.caching_device_ = options.caching_device;
  if (options.dtype.has_value()) scope_.dtype_ = *options.dtype;
  if (options.use_resource.has_value()) scope_.use_resource_ = options.use_resource;
  VariableScopes& scopes = ScopesOf(*graph_);
  scopes.open.push_back(scope_);
  depth_ = scopes.open.size();
}

variable_scope::~variable_scope() {
  VariableScopes& scopes = ScopesOf(*graph_);
  if (scopes.open.size() != depth_) {
    BuildScope::Of(*graph_).broken = Internal("Improper nesting of variable_scope.");
  }
  if (scopes.open.size() >= depth_) scopes.open.resize(depth_ - 1);
  if (counts_.has_value()) {
    scopes.counts = *std::move(counts_);
    return;
  }
  // Names inside of it may be used again when it is opened again.
  const std::string prefix = scope_.name() + "/";
  for (auto it = scopes.counts.lower_bound(prefix);
       it != scopes.counts.end() && it->first.starts_with(prefix); ++it) {
    it->second = 0;
  }
}

Variable get_variable(std::string_view name, const Shape& shape, const GetVariableOptions& options,
                      SourceLocation at) {
  SourceScope here(at);
  const Graph graph = get_default_graph();
  const VariableScope scope = get_variable_scope();
  // Without a name the variable is called as the scope is.
  if (name.empty() && scope.name().empty()) {
    errors::ThrowIfError(InvalidArgument("A variable needs a name"));
  }
  const std::string full_name = VariableScopes::Extend(scope.name(), std::string(name));
  // Only variable scopes make part of a variable's name.
  const name_scope root("", graph.impl());
  const Initializer& own = options.initializer;
  if (options.dtype.has_value() && own.is_value()) {
    const DataType type = BaseType(convert_to_tensor(own.value()).dtype());
    if (type != *options.dtype) {
      errors::ThrowIfError(InvalidArgument("Initializer type '", PythonName(type),
                                           "' and explicit dtype '", PythonName(*options.dtype),
                                           "' don't match. (Variable ", full_name, ")"));
    }
  }
  const DataType dtype = options.dtype.value_or(scope.dtype());
  const Reuse::Kind reuse = scope.reuse().kind();
  if (const std::optional<Variable> found = Find(graph.impl(), full_name)) {
    if (reuse == Reuse::Kind::kInherit) ThrowExists(*found, full_name);
    CheckFound(*found, full_name, shape, dtype);
    return *found;
  }
  if (reuse == Reuse::Kind::kReuse) {
    errors::ThrowIfError(InvalidArgument(
        "Variable ", full_name,
        " does not exist, or was not created with tf.get_variable(). Did you mean to set "
        "reuse=tf.AUTO_REUSE in VarScope?"));
  }
  Initializer initializer = own.has_value() ? own : scope.initializer();
  if (!initializer.has_value()) initializer = DefaultInitializer(full_name, shape, dtype);
  GetVariableOptions make = options;
  if (make.caching_device.empty()) make.caching_device = scope.caching_device();
  const Variable variable = MakeVariable(full_name, shape, dtype, initializer, make);
  Remember(*graph.impl(), full_name, variable);
  Regularize(variable, full_name,
             options.regularizer.has_value() ? options.regularizer : scope.regularizer());
  return variable;
}

}  // namespace sessile
