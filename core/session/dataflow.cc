#include "sessile/core/session/dataflow.h"

#include <utility>

namespace sessile {
namespace {

bool IsMerge(const Step& step) { return step.kind == ControlFlowKind::kMerge; }

}  // namespace

// The inputs of one round of a loop (or of the program outside of loops), and who waits for what.
struct Dataflow::Iteration {
  std::vector<RunValue> inputs;
  // For each step what is still to come. Of a Merge: two for each control input, and one until a
  // live data input has come.
  std::vector<int> pending;
  std::vector<int> dead_inputs;
  int64_t running = 0;                             // steps that are ready or run
  std::map<int, std::unique_ptr<Frame>> children;  // loops that began here, by layout
};

// A loop that runs.
struct Dataflow::Frame {
  int layout = 0;
  int64_t number = 0;  // in the order of their making
  Frame* parent = nullptr;
  int64_t parent_iteration = 0;
  int enters_to_come = 0;
  int64_t last_iteration = 0;
  std::map<int64_t, std::unique_ptr<Iteration>> iterations;
  std::vector<std::pair<int, RunValue>> constants;    // of constant Enters, for each iteration
  std::vector<std::pair<int, RunValue>> next_inputs;  // for an iteration that may not begin yet
  std::vector<int> dead_exits;                        // of the last iteration
};

bool Dataflow::ReadyOrder::operator()(const Task& a, const Task& b) const {
  // The queue gives the greatest.
  return std::tuple(a.step, a.frame->number, a.iteration) >
         std::tuple(b.step, b.frame->number, b.iteration);
}

Dataflow::Dataflow(const Program& program, std::span<const RunValue> feeds)
    : program_(program), root_(std::make_unique<Frame>()) {
  fetched_.resize(static_cast<size_t>(program.num_fetch_slots()));
  const Arrival root{root_.get(), 0};
  NewIteration(*root_, 0);
  for (const int i : program.frames()[0].steps) {
    const Step& step = program.step(i);
    if (step.node->num_inputs() + step.num_control_inputs == 0) MakeReady(i, false, root);
  }
  for (size_t i = 0; i < feeds.size(); ++i) {
    for (const Edge& edge : program.feed_edges()[i]) DeliverOne(edge, {}, &feeds[i], root);
  }
}

Dataflow::~Dataflow() = default;

std::optional<Dataflow::Task> Dataflow::Next() {
  if (ready_.empty()) return std::nullopt;
  Task task = ready_.top();
  ready_.pop();
  return task;
}

std::span<RunValue> Dataflow::Inputs(const Task& task) {
  const Step& step = program_.step(task.step);
  return std::span(IterationOf(*task.frame, task.iteration).inputs)
      .subspan(static_cast<size_t>(step.first_input), static_cast<size_t>(step.node->num_inputs()));
}

void Dataflow::Finish(const Task& task, std::vector<RunValue> outputs) {
  const Step& step = program_.step(task.step);
  for (RunValue& input : Inputs(task)) input = RunValue();
  for (size_t i = 0; i < outputs.size(); ++i) {
    // A dead exit of an inner round says nothing yet about the loop.
    if (step.fetch_slots[i] >= 0 && outputs[i].live()) {
      fetched_[static_cast<size_t>(step.fetch_slots[i])] = outputs[i];
    }
  }
  switch (step.kind) {
    case ControlFlowKind::kEnter:
      FinishEnter(step, task, outputs);
      break;
    case ControlFlowKind::kExit:
      FinishExit(step, task, outputs);
      break;
    case ControlFlowKind::kNextIteration:
      FinishNextIteration(step, task, outputs);
      break;
    default:
      Deliver(step, task.dead, outputs, {task.frame, task.iteration});
  }
  --IterationOf(*task.frame, task.iteration).running;
  Sweep(task.frame, task.iteration);
}

Dataflow::Iteration& Dataflow::IterationOf(Frame& frame, int64_t number) {
  return *frame.iterations.at(number);
}

Dataflow::Iteration& Dataflow::NewIteration(Frame& frame, int64_t number) {
  auto made = std::make_unique<Iteration>();
  const FrameLayout& layout = program_.frames()[static_cast<size_t>(frame.layout)];
  made->inputs.resize(static_cast<size_t>(layout.num_inputs));
  made->dead_inputs.assign(layout.steps.size(), 0);
  made->pending.reserve(layout.steps.size());
  for (const int i : layout.steps) {
    const Step& step = program_.step(i);
    made->pending.push_back(IsMerge(step) ? 2 * step.num_control_inputs + 1
                                          : step.node->num_inputs() + step.num_control_inputs);
  }
  return *(frame.iterations[number] = std::move(made));
}

Dataflow::Frame* Dataflow::ChildFrame(Arrival parent, const Step& enter) {
  std::unique_ptr<Frame>& child =
      IterationOf(*parent.frame, parent.iteration).children[enter.child_frame];
  if (child == nullptr) {
    child = std::make_unique<Frame>();
    child->layout = enter.child_frame;
    child->number = ++frames_made_;
    child->parent = parent.frame;
    child->parent_iteration = parent.iteration;
    child->enters_to_come = program_.frames()[static_cast<size_t>(enter.child_frame)].num_enters;
    NewIteration(*child, 0);
  }
  return child.get();
}

void Dataflow::Deliver(const Step& step, bool dead, const std::vector<RunValue>& outputs,
                       Arrival to) {
  const Source source{.dead = dead, .is_enter = step.kind == ControlFlowKind::kEnter};
  for (size_t i = 0; i < outputs.size(); ++i) {
    const RunValue* const value = outputs[i].live() ? &outputs[i] : nullptr;
    for (const Edge& edge : step.edges[i]) DeliverOne(edge, source, value, to);
  }
  for (const Edge& edge : step.control_edges) DeliverOne(edge, source, nullptr, to);
}

// `value` is null for a dead value and for a control signal.
void Dataflow::DeliverOne(const Edge& edge, Source source, const RunValue* value, Arrival to) {
  const Step& step = program_.step(edge.step);
  if (IsMerge(step)) return DeliverToMerge(edge, source, value, to);
  Iteration& iteration = IterationOf(*to.frame, to.iteration);
  const size_t index = static_cast<size_t>(step.index);
  const bool is_control = edge.input == Edge::kControl;
  if (is_control ? source.dead : value == nullptr) ++iteration.dead_inputs[index];
  if (value != nullptr) {
    iteration.inputs[static_cast<size_t>(step.first_input + edge.input)] = *value;
  }
  if (--iteration.pending[index] != 0) return;
  const bool runs_anyway = step.kind == ControlFlowKind::kControlTrigger;
  MakeReady(edge.step, iteration.dead_inputs[index] > 0 && !runs_anyway, to);
}

void Dataflow::DeliverToMerge(const Edge& edge, Source source, const RunValue* value, Arrival to) {
  const Step& step = program_.step(edge.step);
  Iteration& iteration = IterationOf(*to.frame, to.iteration);
  int& pending = iteration.pending[static_cast<size_t>(step.index)];
  int& dead_inputs = iteration.dead_inputs[static_cast<size_t>(step.index)];
  if (edge.input == Edge::kControl) {
    pending -= 2;
  } else if (value == nullptr) {
    ++dead_inputs;
    // A loop on the branch that was not taken: nothing will come around from its NextIteration.
    if (source.is_enter) dead_inputs = step.node->num_inputs();
    if (pending != 1) return;
  } else {
    if ((pending & 1) == 0) return;  // a live input was there before this one
    pending -= 1;
    iteration.inputs[static_cast<size_t>(step.first_input + edge.input)] = *value;
  }
  const bool all_dead = dead_inputs == step.node->num_inputs();
  if (pending != 0 && !(pending == 1 && all_dead)) return;
  const bool dead = pending == 1;
  pending = 0;  // once only: what is still to come does not count
  MakeReady(edge.step, dead, to);
}

void Dataflow::MakeReady(int step, bool dead, Arrival at) {
  ++IterationOf(*at.frame, at.iteration).running;
  Task task;
  task.step = step;
  task.dead = dead;
  task.frame = at.frame;
  task.iteration = at.iteration;
  ready_.push(task);
}

void Dataflow::FinishEnter(const Step& step, const Task& task, std::vector<RunValue>& outputs) {
  Frame* const child = ChildFrame({task.frame, task.iteration}, step);
  --child->enters_to_come;
  if (step.is_constant) {
    for (int64_t i = 0; i <= child->last_iteration; ++i) {
      Deliver(step, task.dead, outputs, {child, i});
    }
    child->constants.emplace_back(task.step, std::move(outputs[0]));
  } else {
    Deliver(step, task.dead, outputs, {child, 0});
  }
  Sweep(child, 0);
}

void Dataflow::FinishExit(const Step& step, const Task& task, std::vector<RunValue>& outputs) {
  Frame& frame = *task.frame;
  if (!task.dead) {
    Deliver(step, false, outputs, {frame.parent, frame.parent_iteration});
  } else if (task.iteration == frame.last_iteration) {
    frame.dead_exits.push_back(task.step);
  }
}

void Dataflow::FinishNextIteration(const Step& step, const Task& task,
                                   std::vector<RunValue>& outputs) {
  if (task.dead) return;
  Frame& frame = *task.frame;
  if (task.iteration == frame.last_iteration) {
    const FrameLayout& layout = program_.frames()[static_cast<size_t>(frame.layout)];
    if (static_cast<int64_t>(frame.iterations.size()) >= layout.parallel_iterations) {
      frame.next_inputs.emplace_back(task.step, std::move(outputs[0]));
      return;
    }
    StartIteration(frame);
  }
  Deliver(step, false, outputs, {&frame, task.iteration + 1});
}

void Dataflow::StartIteration(Frame& frame) {
  const Arrival next{&frame, ++frame.last_iteration};
  NewIteration(frame, next.iteration);
  frame.dead_exits.clear();
  for (auto& [step, value] : std::exchange(frame.next_inputs, {})) {
    std::vector<RunValue> outputs = {std::move(value)};
    Deliver(program_.step(step), false, outputs, next);
  }
  for (const auto& [step, value] : frame.constants) {
    std::vector<RunValue> outputs = {value};
    Deliver(program_.step(step), !value.live(), outputs, next);
  }
}

bool Dataflow::IsDone(const Frame& frame, int64_t number) const {
  const Iteration& iteration = *frame.iterations.at(number);
  if (iteration.running > 0 || !iteration.children.empty()) return false;
  return number == 0 ? frame.enters_to_come == 0 : !frame.iterations.contains(number - 1);
}

void Dataflow::Sweep(Frame* frame, int64_t iteration) {
  while (frame->parent != nullptr) {
    for (int64_t i = iteration; frame->iterations.contains(i) && IsDone(*frame, i); ++i) {
      frame->iterations.erase(i);
      if (!frame->next_inputs.empty()) StartIteration(*frame);
    }
    if (!frame->iterations.empty()) return;
    const Arrival parent{frame->parent, frame->parent_iteration};
    for (const int exit : frame->dead_exits) {
      std::vector<RunValue> nothing(1);
      Deliver(program_.step(exit), true, nothing, parent);
    }
    IterationOf(*parent.frame, parent.iteration).children.erase(frame->layout);
    frame = parent.frame;
    iteration = parent.iteration;
  }
}

}  // namespace sessile
