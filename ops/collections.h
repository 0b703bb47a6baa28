// Named lists that a graph keeps: its variables, updates, losses.
//
//   for (const tf::Variable& v : tf::trainable_variables()) ...
//   tf::control_dependencies with(tf::get_collection(tf::GraphKeys::UPDATE_OPS));
//
// All work on the default graph, and copy: a result does not change when the graph does.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sessile/core/framework/source_location.h"
#include "sessile/core/graph/collection.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/output.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/variable.h"

namespace sessile {

// TensorFlow's names of the standard collections.
struct GraphKeys {
  static constexpr const char* GLOBAL_VARIABLES = "variables";
  static constexpr const char* LOCAL_VARIABLES = "local_variables";
  static constexpr const char* MODEL_VARIABLES = "model_variables";
  static constexpr const char* METRIC_VARIABLES = "metric_variables";
  static constexpr const char* TRAINABLE_VARIABLES = "trainable_variables";
  static constexpr const char* MOVING_AVERAGE_VARIABLES = "moving_average_variables";
  static constexpr const char* SUMMARIES = "summaries";
  static constexpr const char* QUEUE_RUNNERS = "queue_runners";
  static constexpr const char* TABLE_INITIALIZERS = "table_initializer";
  static constexpr const char* ASSET_FILEPATHS = "asset_filepaths";
  static constexpr const char* SAVERS = "savers";
  static constexpr const char* WEIGHTS = "weights";
  static constexpr const char* BIASES = "biases";
  static constexpr const char* ACTIVATIONS = "activations";
  static constexpr const char* UPDATE_OPS = "update_ops";
  static constexpr const char* LOSSES = "losses";
  static constexpr const char* REGULARIZATION_LOSSES = "regularization_losses";
  static constexpr const char* GLOBAL_STEP = "global_step";
  static constexpr const char* TRAIN_OP = "train_op";
  static constexpr const char* INIT_OP = "init_op";
  static constexpr const char* LOCAL_INIT_OP = "local_init_op";
  static constexpr const char* READY_OP = "ready_op";
  static constexpr const char* COND_CONTEXT = "cond_context";
  static constexpr const char* WHILE_CONTEXT = "while_context";
};

// One item of a collection, whatever it is.
class CollectionElement {
 public:
  CollectionElement(std::shared_ptr<GraphImpl> graph, CollectionItem item)
      : graph_(std::move(graph)), item_(std::move(item)) {}

  // T is Output (of a tensor or a variable), Operation (of anything but numbers and bytes),
  // Variable, std::string, int64_t or float. Throws errors::InvalidArgumentError if the item is
  // something else.
  template <typename T>
  T as() const;
  // The operation of a tensor, the operation itself, or the one that holds a variable; a tensor, or
  // the value of a variable.
  operator Dependency() const;  // NOLINT: meant to convert
  operator Output() const;      // NOLINT
  // "dense/BiasAdd:0", "train/Adam", "w:0"; "" for numbers and bytes.
  std::string name() const;
  const CollectionItem& item() const { return item_; }

 private:
  std::shared_ptr<GraphImpl> graph_;
  CollectionItem item_;
};

template <>
Output CollectionElement::as<Output>() const;
template <>
Operation CollectionElement::as<Operation>() const;
template <>
Variable CollectionElement::as<Variable>() const;
template <>
std::string CollectionElement::as<std::string>() const;
template <>
int64_t CollectionElement::as<int64_t>() const;
template <>
float CollectionElement::as<float>() const;

// The items of a collection of `graph` whose names begin with a match of the regular expression
// `scope`; all, if that is empty.
std::vector<CollectionElement> CollectionElements(const Graph& graph, std::string_view name,
                                                  std::string_view scope);

// The items of a collection, in the order in which they came; none if there is no such collection.
//   tf::get_collection<tf::Output>(tf::GraphKeys::REGULARIZATION_LOSSES)
template <typename T = CollectionElement>
std::vector<T> get_collection(std::string_view name, std::string_view scope = {}) {
  std::vector<CollectionElement> elements = CollectionElements(get_default_graph(), name, scope);
  if constexpr (std::is_same_v<T, CollectionElement>) {
    return elements;
  } else {
    std::vector<T> result;
    for (const CollectionElement& element : elements) result.push_back(element.as<T>());
    return result;
  }
}

// Adds a tensor, an operation, a variable, bytes or a number.
void add_to_collection(std::string_view name, const Output& tensor);
void add_to_collection(std::string_view name, const Operation& op);
void add_to_collection(std::string_view name, const Variable& variable);
void add_to_collection(std::string_view name, std::string bytes);
void add_to_collection(std::string_view name, int64_t number);
void add_to_collection(std::string_view name, float number);
template <typename T>
void add_to_collections(const std::vector<std::string>& names, const T& value) {
  for (const std::string& name : names) add_to_collection(name, value);
}
void clear_collection(std::string_view name);

// The variables of GraphKeys::GLOBAL_VARIABLES & co., those of a name scope if one is given.
std::vector<Variable> global_variables(std::string_view scope = {});
std::vector<Variable> trainable_variables(std::string_view scope = {});
std::vector<Variable> local_variables(std::string_view scope = {});
std::vector<Variable> model_variables(std::string_view scope = {});

// An operation that gives the variables their initial values.
Operation variables_initializer(const std::vector<Variable>& variables,
                                std::string_view name = "init",
                                SourceLocation at = SourceLocation::Current());
Operation global_variables_initializer(SourceLocation at = SourceLocation::Current());
// Its older name.
inline Operation initialize_all_variables(SourceLocation at = SourceLocation::Current()) {
  return global_variables_initializer(at);
}
Operation local_variables_initializer(SourceLocation at = SourceLocation::Current());
// An operation that fills the tables of GraphKeys::TABLE_INITIALIZERS.
Operation tables_initializer(std::string_view name = "init_all_tables",
                             SourceLocation at = SourceLocation::Current());

// The names of the variables that have no value when it runs, as a vector of strings: of
// `var_list`, by default of all global and local ones.
Output report_uninitialized_variables(std::optional<std::vector<Variable>> var_list = {},
                                      std::string_view name = "report_uninitialized_variables",
                                      SourceLocation at = SourceLocation::Current());

// The seed of the default graph: random operations without one of their own draw from it, and are
// the same in every run of the program.
void set_random_seed(std::optional<int64_t> seed);

}  // namespace sessile
