// GCC 12 sees uninitialized members inside std::regex under AddressSanitizer (GCC bug 105562).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "sessile/ops/collections.h"

#include <regex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/collection_ref.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/math.h"
#include "sessile/ops/state.h"

namespace sessile {
namespace {

[[noreturn]] void ThrowWrongItem(const CollectionElement& element, const char* expected) {
  errors::ThrowIfError(InvalidArgument("Expected ", expected, " in a collection, found ",
                                       element.name().empty()
                                           ? std::string("a value without a name")
                                           : absl::StrCat("'", element.name(), "'")));
  __builtin_unreachable();
}

void Add(const std::shared_ptr<GraphImpl>& of, std::string_view name, CollectionItem item) {
  const Graph graph = get_default_graph();
  if (of != nullptr && of != graph.impl()) {
    errors::ThrowIfError(InvalidArgument("What is added to the collection '", std::string(name),
                                         "' must be an element of the default graph."));
  }
  graph.impl()->collections().Add(name, std::move(item));
}

}  // namespace

template <>
Output CollectionElement::as<Output>() const {
  if (const auto* endpoint = std::get_if<Endpoint>(&item_)) return Output(graph_, *endpoint);
  if (std::holds_alternative<VariableItem>(item_)) return as<Variable>().value();
  ThrowWrongItem(*this, "a tensor");
}

template <>
Operation CollectionElement::as<Operation>() const {
  if (const auto* endpoint = std::get_if<Endpoint>(&item_)) return Output(graph_, *endpoint).op();
  if (const auto* op = std::get_if<OperationItem>(&item_)) {
    return Operation(graph_, &graph_->node(op->node));
  }
  if (std::holds_alternative<VariableItem>(item_)) return as<Variable>().op();
  ThrowWrongItem(*this, "an operation");
}

template <>
Variable CollectionElement::as<Variable>() const {
  if (const auto* item = std::get_if<VariableItem>(&item_)) return Variable(graph_, item->variable);
  ThrowWrongItem(*this, "a variable");
}

template <>
std::string CollectionElement::as<std::string>() const {
  if (const auto* bytes = std::get_if<std::string>(&item_)) return *bytes;
  ThrowWrongItem(*this, "bytes");
}

template <>
int64_t CollectionElement::as<int64_t>() const {
  if (const auto* number = std::get_if<int64_t>(&item_)) return *number;
  ThrowWrongItem(*this, "an integer");
}

template <>
float CollectionElement::as<float>() const {
  if (const auto* number = std::get_if<float>(&item_)) return *number;
  ThrowWrongItem(*this, "a float");
}

CollectionElement::operator Dependency() const { return as<Operation>(); }

CollectionElement::operator Output() const { return as<Output>(); }

std::string CollectionElement::name() const {
  if (std::holds_alternative<Endpoint>(item_)) return as<Output>().name();
  if (std::holds_alternative<OperationItem>(item_)) return as<Operation>().name();
  if (std::holds_alternative<VariableItem>(item_)) return as<Variable>().name();
  return {};
}

std::vector<CollectionElement> CollectionElements(const Graph& graph, std::string_view name,
                                                  std::string_view scope) {
  std::vector<CollectionElement> elements;
  for (const CollectionItem& item : graph.impl()->collections().Get(name)) {
    elements.emplace_back(graph.impl(), item);
  }
  if (scope.empty()) return elements;
  try {
    const std::regex begins{std::string(scope)};
    std::erase_if(elements, [&](const CollectionElement& element) {
      return !std::regex_search(element.name(), begins, std::regex_constants::match_continuous);
    });
  } catch (const std::regex_error& e) {
    errors::ThrowIfError(InvalidArgument("The scope '", std::string(scope),
                                         "' is no regular expression: ", e.what()));
  }
  return elements;
}

void add_to_collection(std::string_view name, const Output& tensor) {
  Add(tensor.graph_impl(), name, tensor.endpoint());
}

void add_to_collection(std::string_view name, const Operation& op) {
  Add(op.graph_impl(), name, OperationItem{op.node().id()});
}

void add_to_collection(std::string_view name, const Variable& variable) {
  Add(variable.graph_impl(), name, VariableItem{variable.index()});
}

void add_to_collection(std::string_view name, std::string bytes) {
  Add(nullptr, name, std::move(bytes));
}

void add_to_collection(std::string_view name, int64_t number) { Add(nullptr, name, number); }

void add_to_collection(std::string_view name, float number) { Add(nullptr, name, number); }

void clear_collection(std::string_view name) {
  get_default_graph().impl()->collections().Clear(name);
}

std::vector<Variable> global_variables(std::string_view scope) {
  return get_collection<Variable>(GraphKeys::GLOBAL_VARIABLES, scope);
}

std::vector<Variable> trainable_variables(std::string_view scope) {
  return get_collection<Variable>(GraphKeys::TRAINABLE_VARIABLES, scope);
}

std::vector<Variable> local_variables(std::string_view scope) {
  return get_collection<Variable>(GraphKeys::LOCAL_VARIABLES, scope);
}

std::vector<Variable> model_variables(std::string_view scope) {
  return get_collection<Variable>(GraphKeys::MODEL_VARIABLES, scope);
}

Operation variables_initializer(const std::vector<Variable>& variables, std::string_view name,
                                SourceLocation at) {
  SourceScope here(at);
  std::vector<Dependency> initializers;
  for (const Variable& variable : variables) initializers.emplace_back(variable.initializer());
  if (initializers.empty()) return no_op(name);
  return group(initializers, name);
}

Operation global_variables_initializer(SourceLocation at) {
  return variables_initializer(global_variables(), "init", at);
}

Operation local_variables_initializer(SourceLocation at) {
  return variables_initializer(local_variables(), "init", at);
}

Operation tables_initializer(std::string_view name, SourceLocation at) {
  const SourceScope here(at);
  const std::vector<CollectionElement> initializers = get_collection(GraphKeys::TABLE_INITIALIZERS);
  if (initializers.empty()) return no_op(name);
  return group({initializers.begin(), initializers.end()}, name);
}

void set_random_seed(std::optional<int64_t> seed) { get_default_graph().impl()->set_seed(seed); }

Output report_uninitialized_variables(std::optional<std::vector<Variable>> var_list,
                                      std::string_view name, SourceLocation at) {
  const SourceScope here(at);
  if (!var_list.has_value()) {
    var_list = global_variables();
    for (const Variable& local : local_variables()) var_list->push_back(local);
  }
  const name_scope scope(name);
  std::vector<Input> initialized;
  std::vector<std::string> names;
  for (const Variable& variable : *var_list) {
    initialized.emplace_back(is_variable_initialized(variable));
    names.push_back(variable.op().name());
  }
  const device on_cpu("/cpu:0");
  if (names.empty()) return constant(std::vector<std::string>(), {.dtype = string});
  const Output missing = logical_not(stack(initialized));
  const Output all = constant(names);
  return boolean_mask(all, missing);
}

size_t CollectionRef::size() const { return graph_.impl()->collections().Get(name_).size(); }

std::vector<CollectionElement> CollectionRef::elements() const {
  std::vector<CollectionElement> elements;
  for (const CollectionItem& item : graph_.impl()->collections().Get(name_)) {
    elements.emplace_back(graph_.impl(), item);
  }
  return elements;
}

void CollectionRef::CheckIndex(size_t i) const {
  if (i < size()) return;
  errors::ThrowIfError(absl::OutOfRangeError(
      absl::StrCat("Collection '", name_, "' has ", size(), " items: there is none of index ", i)));
}

CollectionElement CollectionRef::operator[](size_t i) const {
  CheckIndex(i);
  return CollectionElement(graph_.impl(), graph_.impl()->collections().Get(name_)[i]);
}

void CollectionRef::remove(size_t i) {
  CheckIndex(i);
  std::vector<CollectionElement> left = elements();
  left.erase(left.begin() + static_cast<std::ptrdiff_t>(i));
  assign(left);
}

void CollectionRef::assign(const std::vector<CollectionElement>& elements) {
  std::vector<CollectionItem> items;
  for (const CollectionElement& element : elements) items.push_back(element.item());
  Collections& collections = graph_.impl()->collections();
  collections.Clear(name_);
  for (CollectionItem& item : items) collections.Add(name_, std::move(item));
}

CollectionRef get_collection_ref(std::string_view name) {
  return CollectionRef(get_default_graph(), std::string(name));
}

}  // namespace sessile
