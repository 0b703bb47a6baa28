// Variables: values that a session keeps from run to run.
//
//   auto w = tf::Variable(tf::truncated_normal({784, 10}, {.stddev = 0.1}));
//   auto logits = tf::matmul(x, w);
//   sess.run(w.initializer());        // or tf::global_variables_initializer()
//
// As in TensorFlow 1 a variable is a VariableV2 node `w`, an Assign `w/Assign` of its initial value
// and an Identity `w/read`, which stands for the variable wherever a tensor is expected. With
// `use_resource` it is a VarHandleOp `w`, and a ReadVariableOp is built wherever a tensor is
// expected, which gives the value at that time. The object shares ownership of the graph; copies
// are the same variable. Building is as thread-safe as building a graph is; an object as a
// std::shared_ptr is.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sessile/core/framework/source_location.h"
#include "sessile/core/graph/collection.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"
#include "sessile/ops/state.h"
#include "sessile/ops/subscript.h"

namespace sessile {

class FeedValue;
class Session;

struct VariableOptions {
  bool trainable = true;
  // Besides "trainable_variables"; by default {"variables"}.
  std::optional<std::vector<std::string>> collections = {};
  // False: the initial value's shape need not be known, and the variable's is unknown.
  bool validate_shape = true;
  std::string caching_device = {};  // where reads are kept; by default with the variable
  std::string name = {};            // "Variable"
  std::optional<DataType> dtype = {};
  std::optional<Shape> shape = {};  // by default the initial value's
  // By default what the variable scope says, and then whether enable_resource_variables was called.
  std::optional<bool> use_resource = {};
  // For programs that train on several devices: meta graphs carry it. What is synchronized when it
  // is read is not trainable.
  VariableSynchronization synchronization = VariableSynchronization::AUTO;
  VariableAggregation aggregation = VariableAggregation::NONE;
};

// From now on variables use resources unless they or their scopes say otherwise; and back.
void enable_resource_variables();
void disable_resource_variables();
bool resource_variables_enabled();

class Variable {
 public:
  // No variable: using it throws errors::InvalidArgumentError.
  Variable() = default;
  // Throws errors::InvalidArgumentError if the initial value's shape is not known, or if it was
  // built inside of a cond or loop (pass a callable there).
  explicit Variable(Input initial_value, const VariableOptions& options = {});
  explicit Variable(std::initializer_list<Input> initial_value, const VariableOptions& options = {},
                    SourceLocation at = SourceLocation::Current())
      : Variable(Input(initial_value, at), options) {}
  // A callable builds the initial value under "NAME/Initializer/", with the variable's place.
  template <typename F>
  requires std::is_invocable_r_v<Input, F>
  explicit Variable(F initial_value, const VariableOptions& options = {},
                    SourceLocation at = SourceLocation::Current())
      : Variable(std::function<Input()>(std::move(initial_value)), options, at, 0) {}
  // Variable `index` of the graph.
  Variable(std::shared_ptr<GraphImpl> graph, int index);

  bool has_value() const { return graph_ != nullptr; }
  // "w:0".
  std::string name() const { return ref().name(); }
  const Operation& op() const;
  DataType dtype() const { return record().dtype; }
  Shape get_shape() const;
  Shape shape() const { return get_shape(); }
  Graph graph() const { return ref().graph(); }
  bool trainable() const { return record().trainable; }

  bool is_resource() const { return ref().dtype() == DataType::kResource; }
  // What assign and optimizers write to: the tensor of reference type, or the handle.
  Output ref() const;
  // The read that stands for the variable, "w/read:0"; through a handle a new one at every call.
  Output value() const;
  // The output of the graph that a run fetches for the variable.
  Output graph_element() const;
  operator Output() const { return value(); }  // NOLINT: a variable is used as a tensor
  Output operator[](const Subscript& item) const { return value()[item]; }
  Output operator[](std::initializer_list<Subscript> items) const { return value()[items]; }
  // A new read, where control dependencies put it.
  Output read_value() const;
  Output initial_value() const;
  // The variable's value, or the initial value while it has none: new nodes at every call.
  Output initialized_value() const;
  Operation initializer() const;

  // The value in the default session of this thread.
  Tensor eval() const { return graph_element().eval(); }
  // Sets the value in `session`, without nodes of its own: the initializer runs on `value`.
  void load(const FeedValue& value, Session& session) const;

  Updated assign(Input value, const UpdateOptions& options = {}) const;
  Updated assign_add(Input delta, const UpdateOptions& options = {}) const;
  Updated assign_sub(Input delta, const UpdateOptions& options = {}) const;

  friend bool operator==(const Variable& a, const Variable& b) {
    return a.graph_ == b.graph_ && a.index_ == b.index_;
  }

  // For the machinery.
  std::shared_ptr<const LazyOutput> lazy() const;
  VariableRecord record() const;
  int index() const { return index_; }
  const std::shared_ptr<GraphImpl>& graph_impl() const { return graph_; }

 private:
  Variable(const std::function<Input()>& initial_value, const VariableOptions& options,
           SourceLocation at, int);
  void Init(const Input* value, const std::function<Input()>* make, const VariableOptions& options);

  std::shared_ptr<GraphImpl> graph_;
  int index_ = -1;
  Operation op_;
};

}  // namespace sessile
