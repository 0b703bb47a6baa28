// The context in which the nodes of a loop are built.
//
// What is used in it from outside enters the loop's frame by an Enter that is the same in all
// turns. The context of a gradient's loop has a GradLoopState too: what it uses from the loop that
// is differentiated comes from that loop's history.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/control_flow_context.h"

namespace sessile {

class GradLoopState;

class WhileContext final : public GuardingContext {
 public:
  // What the user said of the loop.
  struct Options {
    std::optional<Endpoint> maximum_iterations = {};
    int64_t parallel_iterations = 10;
    bool back_prop = true;
    bool swap_memory = false;
  };
  // Makes the context inside of the current one, under a name that becomes the frame's.
  static WhileContext* Make(const std::shared_ptr<GraphImpl>& graph, Options options,
                            std::string_view name = "while_context");
  // A loop that was built elsewhere: everything of it is in the graph already.
  struct Parts {
    std::string name = {};
    Options options = {};
    Endpoint pivot = {};
    Endpoint pivot_for_condition = {};
    Endpoint pivot_for_body = {};
    std::vector<Endpoint> enters = {};
    std::vector<Endpoint> exits = {};
    std::set<Endpoint> values = {};
    std::map<Endpoint, Endpoint> external_values = {};
  };
  static WhileContext* Restore(GraphImpl& graph, Parts parts, GuardingContext* outer);
  ~WhileContext() override;
  // The innermost loop that `context` is or lies in; null if there is none.
  static WhileContext* Around(ControlFlowContext* context);
  // The loop that this thread is building nodes in.
  static WhileContext* Current(const GraphImpl& graph);

  const Options& options() const { return options_; }
  absl::Status AddOp(Node& node) override;
  bool IsWhile() const override { return true; }
  absl::StatusOr<Endpoint> AddValue(Endpoint value) override;

  // An Enter for `value`, outside of all contexts; and its adoption into this one, with the control
  // inputs of the scopes that are open.
  absl::StatusOr<Endpoint> MakeEnter(Endpoint value, bool is_constant);
  absl::Status Adopt(Endpoint entered);
  // Another loop variable. REQUIRES: this is the current context.
  Output AddEnter(const Output& value, std::string_view name);
  Output AddExit(const Output& value, std::string_view name = {});
  void ForgetValues() { values_.clear(); }

  // Alive in every turn: before the condition is known (the first Merge), and in the body.
  void SetPivotForCondition(Endpoint pivot) { pivot_for_condition_ = pivot; }
  void SetPivotForBody(Endpoint pivot) { pivot_for_body_ = pivot; }
  Endpoint pivot_for_condition() const { return pivot_for_condition_; }
  Endpoint pivot_for_body() const { return pivot_for_body_; }
  Endpoint control_pivot() const {
    return pivot_for_body_.node < 0 ? pivot_for_condition_ : pivot_for_body_;
  }
  // The LoopCond.
  void SetPivot(Endpoint pivot) { pivot_ = pivot; }
  Endpoint pivot() const { return pivot_; }
  // The Enters and Exits of the loop variables, in their order.
  const std::vector<Endpoint>& enters() const { return enters_; }
  const std::vector<Endpoint>& exits() const { return exits_; }
  void AddEnterOf(Endpoint entered) { enters_.push_back(entered); }

  // Set if the loop computes the gradient of another one.
  GradLoopState* grad_state() const { return grad_state_.get(); }
  void SetGradState(std::unique_ptr<GradLoopState> state);

 private:
  WhileContext(GraphImpl& graph, std::string name, GuardingContext* outer, Options options);
  // Makes the inputs of `node` available, and orders it after a pivot where that is needed.
  absl::Status AddOpHere(Node& node);
  // What has to be built where its input is: only the result of Shape and its like is remembered.
  absl::StatusOr<bool> AddToForwardLoop(Node& node);
  // An Identity inside of the loop of what node `control` outside of it gives.
  absl::StatusOr<int> WaitInside(int control);
  bool OnlyReadsInvariants(const Node& node) const;

  const Options options_;
  Endpoint pivot_;
  Endpoint pivot_for_condition_;
  Endpoint pivot_for_body_;
  std::vector<Endpoint> enters_;
  std::vector<Endpoint> exits_;
  std::unique_ptr<GradLoopState> grad_state_;
};

// Whether `node` is the Switch of a loop variable: it chooses by the loop's own condition.
bool IsLoopSwitch(const Node& node);

}  // namespace sessile
