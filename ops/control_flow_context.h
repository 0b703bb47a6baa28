// The contexts in which the nodes of a cond are built (and, by the same interface, those of a
// loop): they guard what comes in from outside.
//
// A node is built first, with the inputs that the user gave. Then the context's AddOp replaces each
// input from outside by the output of a Switch, which is so made after the node that needs it, as
// TensorFlow does. Contexts belong to their graph and refer to nodes by id.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/control_flow_context.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/output.h"

namespace sessile {

// What conds and loops have in common: they know the values that are seen inside, and bring in
// others.
class GuardingContext : public ControlFlowContext {
 public:
  const std::string& name() const override { return name_; }
  ControlFlowContext* outer() const override { return outer_; }

  // The output to use for `value` inside: `value` itself, or that of the guard that is made for it.
  virtual absl::StatusOr<Endpoint> AddValue(Endpoint value) = 0;
  // `value` was made inside, or may be used inside as it is.
  void MarkSeen(Endpoint value) { values_.insert(value); }

  // The context in which the outputs of a node live: those of an Exit are outside of its loop.
  static ControlFlowContext* OutputContextOf(const Node& node);
  // The innermost loop that `context` is or lies in; null if there is none.
  static ControlFlowContext* LoopAround(ControlFlowContext* context);

  const std::set<Endpoint>& values() const { return values_; }
  // What stands inside for a value from outside.
  const std::map<Endpoint, Endpoint>& external_values() const { return external_values_; }

 protected:
  GuardingContext(GraphImpl& graph, std::string name, GuardingContext* outer)
      : graph_(graph), name_(std::move(name)), outer_(outer) {}
  // For this context and all around it.
  void MarkSeenOutwards(Endpoint value);
  bool IsBuiltInside(const Node& node) const;
  // Takes away the control inputs from outside of the innermost loop around this context, and gives
  // them; none if there is no loop.
  std::vector<int> TakeExternalControls(Node& node);

  GraphImpl& graph_;
  std::string name_;
  GuardingContext* const outer_;
  std::set<Endpoint> values_;
  std::map<Endpoint, Endpoint> external_values_;
};

// One branch of a cond.
class CondContext final : public GuardingContext {
 public:
  // Makes the context for branch 1 (true) or 0 inside of the current one. `pivot` is alive if the
  // branch is taken, and becomes part of the context.
  static CondContext* Make(const std::shared_ptr<GraphImpl>& graph, Endpoint pred, Endpoint pivot,
                           int branch);
  // A cond that was built elsewhere: everything of it is in the graph already.
  struct Parts {
    std::string name = {};
    Endpoint pred = {};
    Endpoint pivot = {};
    int branch = 0;
    std::set<Endpoint> values = {};
    std::map<Endpoint, Endpoint> external_values = {};
  };
  static CondContext* Restore(GraphImpl& graph, Parts parts, GuardingContext* outer);
  // The cond that `node` is built in; null if it is in none, or in a loop inside of it.
  static const CondContext* Of(const Node& node);

  Endpoint pred() const { return pred_; }
  Endpoint pivot() const { return pivot_; }
  int branch() const { return branch_; }

  absl::Status AddOp(Node& node) override;
  bool IsWhile() const override { return false; }
  absl::StatusOr<Endpoint> AddValue(Endpoint value) override;
  // The output to use for a result of the branch. REQUIRES: this is the current context.
  absl::StatusOr<Endpoint> AddResult(Endpoint value);

 private:
  CondContext(GraphImpl& graph, std::string name, GuardingContext* outer)
      : GuardingContext(graph, std::move(name), outer) {}
  absl::Status GuardInputs(Node& node);
  // Lets `value` through if the branch is taken. The nodes are built in the current context.
  absl::StatusOr<Endpoint> AddGuard(Endpoint value);
  // `value` as the context around this one sees it.
  absl::StatusOr<Endpoint> FromOuter(Endpoint value);

  Endpoint pred_;
  Endpoint pivot_;
  int branch_ = 0;
};

// Whether `node` is an Enter whose value is the same in all turns of its loop.
bool IsLoopInvariant(const Node& node);

// What `f` returns. The front end throws; what calls a context does not.
template <typename F>
auto Caught(F f) -> absl::StatusOr<std::invoke_result_t<F&>> {
  try {
    return f();
  } catch (const errors::OpError& error) {
    return error.status();
  }
}

}  // namespace sessile
