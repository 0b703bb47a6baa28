#include "sessile/core/session/plan_builder.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "sessile/core/framework/status.h"
#include "sessile/core/session/plan_copies.h"
#include "sessile/core/session/reference_executor.h"
#include "sessile/core/session/steering.h"

namespace sessile {
namespace {

// Known values are kept up to this size each and, with all that they need, together.
constexpr size_t kMaxKnownBytes = size_t{64} << 10;
constexpr size_t kMaxKnownBytesOfPlan = size_t{4} << 20;
constexpr size_t kOverheadOfValue = 256;
// A program in which so many walks find ever more to defer is left to the reference executor.
constexpr int kMaxWalks = 4;

bool IsLoopKind(ControlFlowKind kind) {
  return kind == ControlFlowKind::kEnter || kind == ControlFlowKind::kExit ||
         kind == ControlFlowKind::kNextIteration || kind == ControlFlowKind::kLoopCond;
}

// For kernels whose outputs follow from shapes.
class NoState final : public RunContext {
 public:
  KernelState* state() override { return nullptr; }
  VariableState* variable(int) override { return nullptr; }
  absl::StatusOr<TensorView> AllocateOutput(int, const Shape&) override {
    return Internal("A kernel that computes from shapes asked for memory");
  }
  bool cancelled() const override { return false; }
};

absl::StatusOr<std::vector<Tensor>> RunOnShapes(const Prepared& kernel,
                                                std::span<const TensorSpec> specs) {
  std::vector<TensorView> in, out;
  for (const TensorSpec& spec : specs) in.emplace_back(spec.dtype, &spec.shape, nullptr);
  std::vector<Tensor> outputs;
  for (const TensorSpec& spec : kernel.outputs()) {
    SESSILE_ASSIGN_OR_RETURN(Tensor output, Tensor::Allocate(spec.dtype, spec.shape));
    out.emplace_back(spec.dtype, &spec.shape, output.mutable_raw_data());
    outputs.push_back(std::move(output));
  }
  NoState nothing;
  for (int phase = 0; phase < static_cast<int>(kernel.phases().size()); ++phase) {
    for (int64_t block = 0; block < kernel.num_blocks(phase); ++block) {
      SESSILE_RETURN_IF_ERROR(kernel.Run(nothing, in, out, Scratch(), phase, block));
    }
  }
  return outputs;
}

// One walk. What turns out to be deferred after a step that depends on it was planned makes the
// walk invalid.
class Walk {
 public:
  Walk(const PlanRequest& request, std::vector<bool> deferred, bool defer_state)
      : request_(request), deferred_(std::move(deferred)), defer_state_(defer_state) {
    draft_.program = request.program;
    draft_.outcomes.resize(program().steps().size());
    draft_.variables.assign(request.variables.begin(), request.variables.end());
    for (size_t i = 0; i < request.variables.size(); ++i) {
      now_[request.variables[i]] = {
          AddBinding(static_cast<int>(i), true, SpecOf(request.contents[i]))};
    }
  }

  absl::Status Run() {
    std::vector<RunValue> feeds;
    for (size_t i = 0; i < request_.feeds.size(); ++i) {
      SESSILE_ASSIGN_OR_RETURN(const int fed, AddFeed(i));
      feeds.push_back({.plan_value = fed});
    }
    Dataflow flow(program(), feeds);
    for (int position = 0; std::optional<Dataflow::Task> task = flow.Next(); ++position) {
      if (task->dead) {
        const auto outputs = static_cast<size_t>(program().step(task->step).node->num_outputs());
        draft_.outcomes[static_cast<size_t>(task->step)].values.assign(outputs, -1);
        flow.Finish(*task, std::vector<RunValue>(outputs));
        continue;
      }
      Visited visited{task->step, position, &program().step(task->step)};
      for (const RunValue& input : flow.Inputs(*task)) visited.inputs.push_back(input.plan_value);
      SESSILE_RETURN_IF_ERROR(Visit(&visited));
      // A loop is walked once around.
      if (visited.step->kind == ControlFlowKind::kNextIteration) task->dead = true;
      std::vector<RunValue> outputs;
      for (const int value : visited.outputs) outputs.push_back({.plan_value = value});
      flow.Finish(*task, std::move(outputs));
    }
    for (const RunValue& fetched : flow.fetched()) draft_.fetches.push_back(fetched.plan_value);
    return absl::OkStatus();
  }

  // True if steps were planned that must not be: walk again with deferred() and defers_state().
  bool is_invalid() {
    if (deferred_touch_state_ && state_after_deferred_ && !defer_state_) {
      return defer_state_ = true;
    }
    for (size_t i = 0; i < deferred_.size(); ++i) {
      if (deferred_[i] && draft_.outcomes[i].position != StepOutcome::kNotRun) return true;
    }
    return false;
  }
  const std::vector<bool>& deferred() const { return deferred_; }
  bool defers_state() const { return defer_state_; }
  PlanDraft TakeDraft() { return std::move(draft_); }

 private:
  struct Visited {
    int index;
    int position;
    const Step* step;
    std::vector<int> inputs = {};   // values; -1: dead, of a Merge
    std::vector<int> outputs = {};  // values; -1: dead
  };
  // What a variable holds at this point of the walk.
  struct Now {
    int binding = -1;
    int value = -1;  // made when it is first read
  };

  const Program& program() const { return *request_.program; }
  PlanValue& value(int id) { return draft_.values[static_cast<size_t>(id)]; }

  int AddBinding(int variable, bool initial, TensorSpec spec) {
    draft_.bindings.push_back({variable, initial, std::move(spec)});
    return static_cast<int>(draft_.bindings.size()) - 1;
  }
  int AddStorage(PlanStorage storage) {
    draft_.storages.push_back(storage);
    return static_cast<int>(draft_.storages.size()) - 1;
  }
  int AddValue(PlanValue added) {
    draft_.values.push_back(std::move(added));
    draft_.is_kept.push_back(false);
    return static_cast<int>(draft_.values.size()) - 1;
  }

  absl::StatusOr<int> AddFeed(size_t i) {
    const Tensor& feed = request_.feeds[i];
    PlanValue added{.spec = SpecOf(feed)};
    added.storage = AddStorage({.kind = PlanStorage::Kind::kFeed, .index = static_cast<int>(i)});
    if ((*request_.steering)[i] && MaySteer(feed)) {
      // A copy: the feed's memory is lent for one run.
      SESSILE_ASSIGN_OR_RETURN(added.known, feed.Clone());
    }
    return AddValue(std::move(added));
  }

  int AddKnown(const Tensor& tensor) {
    draft_.constants.push_back(tensor);
    PlanValue added{.spec = SpecOf(tensor)};
    added.storage = AddStorage({.kind = PlanStorage::Kind::kConstant,
                                .index = static_cast<int>(draft_.constants.size()) - 1});
    added.known = tensor;
    return AddValue(std::move(added));
  }

  int AddReference(VariableState* variable) {
    PlanValue added;
    added.variable = variable;
    return AddValue(std::move(added));
  }

  const TensorSpec& SpecNow(VariableState* variable) {
    return draft_.bindings[static_cast<size_t>(now_.at(variable).binding)].spec;
  }

  int ContentValue(int binding) {
    PlanValue added{.spec = draft_.bindings[static_cast<size_t>(binding)].spec};
    added.storage = AddStorage({.kind = PlanStorage::Kind::kVariable, .index = binding});
    return AddValue(std::move(added));
  }

  // The value itself, or what the variable holds now.
  int ContentOf(int id) {
    VariableState* const variable = value(id).variable;
    if (variable == nullptr) return id;
    Now& now = now_.at(variable);
    if (now.value < 0) now.value = ContentValue(now.binding);
    return now.value;
  }

  absl::Status CheckInitialized(const Visited& visited) {
    for (size_t i = 0; i < visited.inputs.size(); ++i) {
      const int input = visited.inputs[i];
      VariableState* const variable = input < 0 ? nullptr : value(input).variable;
      if (variable == nullptr) continue;
      SESSILE_RETURN_IF_ERROR(CheckTakesVariable(*visited.step, i));
      if (MayBeUninitialized(*visited.step, i)) continue;
      if (SpecNow(variable).dtype == DataType::kInvalid) return variable->Uninitialized();
    }
    return absl::OkStatus();
  }

  bool TouchesState(const Visited& visited) {
    const Node& node = *visited.step->node;
    const bool makes_reference =
        node.num_inputs() == 0 && dynamic_cast<VariableState*>(visited.step->state) != nullptr;
    if ((node.op()->is_stateful && !makes_reference) || HasRef(node.input_types())) return true;
    return std::any_of(visited.inputs.begin(), visited.inputs.end(), [&](int input) {
      if (input < 0) return false;
      const PlanValue& v = value(input);
      return v.variable != nullptr ||
             (v.storage >= 0 &&
              draft_.storages[static_cast<size_t>(v.storage)].kind == PlanStorage::Kind::kVariable);
    });
  }

  bool MustDefer(const Visited& visited) {
    const Step& step = *visited.step;
    if (deferred_[static_cast<size_t>(visited.index)] || step.frame != 0) return true;
    if (IsLoopKind(step.kind) || step.node->op()->may_block) return true;
    if (step.kind == ControlFlowKind::kSwitch &&
        (visited.inputs[1] < 0 || !value(visited.inputs[1]).known.has_value())) {
      return true;
    }
    return std::any_of(visited.inputs.begin(), visited.inputs.end(),
                       [&](int input) { return input >= 0 && value(input).is_deferred; });
  }

  absl::Status Visit(Visited* visited) {
    const bool touches = TouchesState(*visited);
    if (MustDefer(*visited) || (touches && defer_state_ && !draft_.is_complete)) {
      return Defer(visited);
    }
    StepOutcome& outcome = draft_.outcomes[static_cast<size_t>(visited->index)];
    outcome.position = visited->position;
    SESSILE_RETURN_IF_ERROR(CheckInitialized(*visited));
    SESSILE_RETURN_IF_ERROR(visited->step->kind == ControlFlowKind::kNone
                                ? VisitKernel(visited)
                                : VisitControlFlow(visited));
    state_after_deferred_ = state_after_deferred_ || (touches && !draft_.is_complete &&
                                                      outcome.position != StepOutcome::kNotRun);
    outcome.values = visited->outputs;
    return absl::OkStatus();
  }

  absl::Status Defer(Visited* visited) {
    draft_.is_complete = false;
    draft_.outcomes[static_cast<size_t>(visited->index)].position = StepOutcome::kNotRun;
    deferred_touch_state_ = deferred_touch_state_ || TouchesState(*visited);
    for (const int input : visited->inputs) {
      if (input >= 0) draft_.is_kept[static_cast<size_t>(input)] = true;
    }
    visited->outputs.clear();
    for (int i = 0; i < visited->step->node->num_outputs(); ++i) {
      PlanValue later;
      later.is_deferred = true;
      visited->outputs.push_back(AddValue(std::move(later)));
    }
    DeferAllAfter(visited->index);
    return absl::OkStatus();
  }

  void DeferAllAfter(int index) {
    std::vector<int> todo = {index};
    deferred_[static_cast<size_t>(index)] = true;
    const auto follow = [&](const Edge& edge) {
      if (deferred_[static_cast<size_t>(edge.step)]) return;
      deferred_[static_cast<size_t>(edge.step)] = true;
      todo.push_back(edge.step);
    };
    while (!todo.empty()) {
      const Step& step = program().step(todo.back());
      todo.pop_back();
      for (const auto& edges : step.edges) std::for_each(edges.begin(), edges.end(), follow);
      std::for_each(step.control_edges.begin(), step.control_edges.end(), follow);
    }
  }

  // What refers to a variable stays so only where the output's type does.
  int Pass(const Visited& visited, int output, int input) {
    const DataType type = visited.step->node->output_types()[static_cast<size_t>(output)];
    return MayReferToVariable(type) ? input : ContentOf(input);
  }

  absl::Status VisitControlFlow(Visited* visited) {
    switch (visited->step->kind) {
      case ControlFlowKind::kSwitch: {
        SESSILE_ASSIGN_OR_RETURN(
            const bool taken,
            Predicate({.tensor = *value(visited->inputs[1]).known}, "The second input"));
        visited->outputs.assign(2, -1);
        visited->outputs[taken] = Pass(*visited, taken, visited->inputs[0]);
        return absl::OkStatus();
      }
      case ControlFlowKind::kMerge:
        for (size_t i = 0; i < visited->inputs.size(); ++i) {
          if (visited->inputs[i] < 0) continue;
          const int passed = Pass(*visited, 0, visited->inputs[i]);
          visited->outputs = {passed, AddKnown(Tensor::Scalar(static_cast<int32_t>(i)))};
          return absl::OkStatus();
        }
        return Internal("Merge has no live input");
      default:
        return absl::OkStatus();  // ControlTrigger
    }
  }

  absl::Status VisitKernel(Visited* visited) {
    const Step& step = *visited->step;
    DraftStep made{.step = &step,
                   .label = step.node->op_type(),
                   .index = visited->index,
                   .position = visited->position};
    std::vector<TensorSpec> specs;
    std::vector<Tensor> tensors;
    for (size_t i = 0; i < visited->inputs.size(); ++i) {
      const int content = ContentOf(visited->inputs[i]);
      const std::optional<Tensor>& known = value(content).known;
      if (IsValueInput(*step.kernel, *step.node, static_cast<int>(i)) && !known.has_value()) {
        return Defer(visited);
      }
      VariableState* const variable = value(visited->inputs[i]).variable;
      const bool updates = variable != nullptr && WritesVariable(step, i);
      made.inputs.push_back({content, variable, updates ? now_.at(variable).binding : -1});
      specs.push_back(value(content).spec);
      tensors.push_back(known.value_or(Tensor()));
    }
    SESSILE_ASSIGN_OR_RETURN(
        made.kernel, step.prepared->Get({.node = step.node, .inputs = tensors, .specs = specs}));
    SESSILE_ASSIGN_OR_RETURN(const bool is_known, Know(visited, *made.kernel, specs, tensors));
    if (is_known) {
      draft_.outcomes[static_cast<size_t>(visited->index)].position = StepOutcome::kBeforeAll;
      return absl::OkStatus();
    }
    for (int i = 0; i < step.node->num_outputs(); ++i) {
      if (!CanPlanOutput(made, i)) return Defer(visited);
    }
    return Plan(visited, std::move(made));
  }

  // The variable that output i refers to; null if it is a tensor.
  static VariableState* VariableOfOutput(const DraftStep& made, int i) {
    if (!MayReferToVariable(made.step->node->output_types()[static_cast<size_t>(i)])) {
      return nullptr;
    }
    const Prepared::Forward* const alias = made.kernel->alias_of(i);
    return alias != nullptr ? made.inputs[static_cast<size_t>(alias->input)].variable
                            : dynamic_cast<VariableState*>(made.step->state);
  }

  // A plan's arena holds bytes and strings: no handles to other things than variables, no variants.
  static bool CanPlanOutput(const DraftStep& made, int i) {
    const DataType type = made.step->node->output_types()[static_cast<size_t>(i)];
    if (IsRef(type) || VariableOfOutput(made, i) != nullptr) return true;
    return type != DataType::kResource && type != DataType::kVariant &&
           made.kernel->outputs()[static_cast<size_t>(i)].shape.IsFullyDefined();
  }

  // Gives the outputs if they follow from what is known.
  absl::StatusOr<bool> Know(Visited* visited, const Prepared& kernel,
                            const std::vector<TensorSpec>& specs,
                            const std::vector<Tensor>& tensors) {
    const Step& step = *visited->step;
    if (!step.is_function() && !step.kernel->from_shapes) return false;
    if (step.node->num_outputs() == 0) return false;
    if (step.node->num_inputs() == 0 && kernel.known_output(0) != nullptr) {
      for (int i = 0; i < step.node->num_outputs(); ++i) {
        if (kernel.known_output(i) == nullptr) return false;
        visited->outputs.push_back(AddKnown(*kernel.known_output(i)));
      }
      return true;
    }
    size_t bytes = 0;
    for (const TensorSpec& spec : kernel.outputs()) {
      bytes += kOverheadOfValue;
      if (!spec.shape.IsFullyDefined()) continue;
      const auto elements = static_cast<size_t>(spec.shape.num_elements());
      if (elements > kMaxKnownBytes) return false;
      bytes += elements * std::max<size_t>(DataTypeSize(spec.dtype), 1);
    }
    if (bytes > kMaxKnownBytes || draft_.known_bytes + bytes > kMaxKnownBytesOfPlan) return false;
    std::vector<Tensor> outputs;
    if (step.kernel->from_shapes) {
      SESSILE_ASSIGN_OR_RETURN(outputs, RunOnShapes(kernel, specs));
    } else {
      const auto has_value = [](const Tensor& tensor) { return tensor.has_value(); };
      if (!std::all_of(tensors.begin(), tensors.end(), has_value)) return false;
      std::vector<RunValue> inputs;
      for (const Tensor& tensor : tensors) inputs.push_back({.tensor = tensor});
      NodeCall call(step, inputs, *request_.environment);
      SESSILE_RETURN_IF_ERROR(call.Run());
      for (RunValue& output : call.TakeOutputs()) outputs.push_back(std::move(output.tensor));
    }
    for (const Tensor& output : outputs) {
      if (output.num_bytes() > kMaxKnownBytes) return false;
    }
    draft_.known_bytes += bytes;
    for (const Tensor& output : outputs) visited->outputs.push_back(AddKnown(output));
    return true;
  }

  absl::Status Plan(Visited* visited, DraftStep made) {
    for (const Prepared::Initialization& init : made.kernel->initializations()) {
      DraftInput& input = made.inputs[static_cast<size_t>(init.input)];
      if (input.variable == nullptr) return Internal("An initialized input is not a variable");
      Now& now = now_.at(input.variable);
      const TensorSpec& old = SpecNow(input.variable);
      if (old.dtype == init.spec.dtype && old.shape == init.spec.shape) continue;
      const int variable = draft_.bindings[static_cast<size_t>(now.binding)].variable;
      now = {.binding = AddBinding(variable, false, init.spec)};
      now.value = ContentValue(now.binding);
      input.value = now.value;
      made.new_contents.push_back({input.variable, now.binding});
    }
    for (int i = 0; i < visited->step->node->num_outputs(); ++i) {
      SESSILE_RETURN_IF_ERROR(PlanOutput(visited, &made, i));
    }
    const bool works = !made.kernel->phases().empty() || !made.new_contents.empty();
    if (works) draft_.steps.push_back(std::move(made));
    return absl::OkStatus();
  }

  absl::Status PlanOutput(Visited* visited, DraftStep* made, int i) {
    const Prepared::Forward* const alias = made->kernel->alias_of(i);
    if (MayReferToVariable(visited->step->node->output_types()[static_cast<size_t>(i)])) {
      VariableState* const variable = VariableOfOutput(*made, i);
      if (variable == nullptr) return Internal("Output ", i, " refers to no variable");
      visited->outputs.push_back(AddReference(variable));
      made->outputs.push_back(-1);
      return absl::OkStatus();
    }
    PlanValue added{.spec = made->kernel->outputs()[static_cast<size_t>(i)]};
    added.spec.dtype = BaseType(added.spec.dtype);
    const size_t elements = static_cast<size_t>(added.spec.shape.num_elements());
    if (alias != nullptr) {
      const PlanValue& input = value(made->inputs[static_cast<size_t>(alias->input)].value);
      if (input.spec.dtype == DataType::kInvalid ||
          input.spec.shape.num_elements() != added.spec.shape.num_elements()) {
        return Internal("The kernel cannot give input ", alias->input, " another shape");
      }
      added.storage = input.storage;
    } else {
      PlanStorage storage;
      if (__builtin_mul_overflow(elements, DataTypeSize(added.spec.dtype), &storage.bytes)) {
        return absl::ResourceExhaustedError("OOM when allocating a tensor");
      }
      added.storage = AddStorage(storage);
    }
    made->outputs.push_back(AddValue(std::move(added)));
    visited->outputs.push_back(made->outputs.back());
    return absl::OkStatus();
  }

  const PlanRequest& request_;
  std::vector<bool> deferred_;
  bool defer_state_;
  bool deferred_touch_state_ = false;
  bool state_after_deferred_ = false;
  std::map<VariableState*, Now> now_;
  PlanDraft draft_;
};

}  // namespace

absl::StatusOr<PlanDraft> BuildDraft(const PlanRequest& request) {
  std::vector<bool> deferred(request.program->steps().size(), false);
  bool defer_state = false;
  for (int i = 0; i < kMaxWalks; ++i) {
    Walk walk(request, std::move(deferred), defer_state);
    SESSILE_RETURN_IF_ERROR(walk.Run());
    if (!walk.is_invalid()) {
      PlanDraft draft = walk.TakeDraft();
      LeaveOutCopies(&draft);
      return draft;
    }
    deferred = walk.deferred();
    defer_state = walk.defers_state();
  }
  return Unimplemented("What can be planned did not settle");
}

std::vector<VariableState*> VariablesOf(const Program& program) {
  std::vector<VariableState*> variables;
  std::set<VariableState*> seen;
  for (const Step& step : program.steps()) {
    auto* const variable = dynamic_cast<VariableState*>(step.state);
    // Handles of one name share their variable.
    if (variable != nullptr && seen.insert(variable).second) variables.push_back(variable);
  }
  return variables;
}

}  // namespace sessile
