// TensorFlow 1's rules of dataflow: which node runs next, with which inputs, and which are dead.
//
//   Dataflow flow(program);
//   while (std::optional<Dataflow::Task> task = flow.Next()) {
//     std::vector<RunValue> outputs = ...;       // from flow.Inputs(*task); all dead if task->dead
//     flow.Finish(*task, std::move(outputs));
//   }
//
// An output may be dead: without value. A node is ready when all its inputs, data and control, have
// arrived, and is dead itself if one of them is; then its outputs are dead and its kernel does not
// run. The exceptions are control flow:
//  - Merge is ready at its first live data input, once all control inputs have arrived; it is dead
//  if
//    all data inputs are.
//  - ControlTrigger runs although inputs are dead.
//  - Enter, NextIteration and Exit move values between the frames of loops. Each iteration of a
//  loop
//    has inputs of its own. A dead NextIteration ends there; the exits of a loop that stayed dead
//    are dead outside once the loop has ended.
// Among the ready nodes, the one with the lowest id is next. Belongs to one run; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <span>
#include <tuple>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "sessile/core/framework/tensor.h"
#include "sessile/core/session/program.h"

namespace sessile {

class VariableState;

// What stands at an output, or at the input that it goes to, during a run: a tensor, or a reference
// to a variable, or nothing (dead). Where a plan is made, no data is there yet: the number of the
// plan's value.
struct RunValue {
  Tensor tensor = {};
  VariableState* variable = nullptr;
  int plan_value = -1;
  bool live() const { return variable != nullptr || plan_value >= 0 || tensor.has_value(); }
};

using RunValues = absl::InlinedVector<RunValue, 8>;

class Dataflow {
 private:
  struct Frame;
  struct Iteration;

 public:
  struct Task {
    int step = 0;
    bool dead = false;

   private:
    friend class Dataflow;
    Frame* frame = nullptr;
    int64_t iteration = 0;
  };

  // The program's sources are ready. `feeds` are the values of the program's feeds.
  Dataflow(const Program& program, std::span<const RunValue> feeds);
  ~Dataflow();
  Dataflow(const Dataflow&) = delete;
  Dataflow& operator=(const Dataflow&) = delete;

  // The next node to run; none when all is done.
  std::optional<Task> Next();
  // The inputs of a task, which may take them away.
  std::span<RunValue> Inputs(const Task& task);
  // The task has run; one value for each output.
  void Finish(const Task& task, std::vector<RunValue> outputs);

  // What arrived at each fetch slot of the program.
  RunValues& fetched() { return fetched_; }

 private:
  // The node that an edge comes from.
  struct Source {
    bool dead = false;
    bool is_enter = false;
  };
  struct Arrival {
    Frame* frame;
    int64_t iteration;
  };

  Iteration& IterationOf(Frame& frame, int64_t number);
  Iteration& NewIteration(Frame& frame, int64_t number);
  Frame* ChildFrame(Arrival parent, const Step& enter);
  // The steps of all the edges of `step` get their value, at `to`.
  void Deliver(const Step& step, bool dead, const std::vector<RunValue>& outputs, Arrival to);
  void DeliverOne(const Edge& edge, Source source, const RunValue* value, Arrival to);
  void DeliverToMerge(const Edge& edge, Source source, const RunValue* value, Arrival to);
  void MakeReady(int step, bool dead, Arrival at);

  void FinishEnter(const Step& step, const Task& task, std::vector<RunValue>& outputs);
  void FinishExit(const Step& step, const Task& task, std::vector<RunValue>& outputs);
  void FinishNextIteration(const Step& step, const Task& task, std::vector<RunValue>& outputs);
  void StartIteration(Frame& frame);
  bool IsDone(const Frame& frame, int64_t number) const;
  // Removes rounds that are over, from `iteration` on, and loops that are over with them.
  void Sweep(Frame* frame, int64_t iteration);

  struct ReadyOrder {
    bool operator()(const Task& a, const Task& b) const;
  };

  const Program& program_;
  std::unique_ptr<Frame> root_;
  int64_t frames_made_ = 0;
  std::priority_queue<Task, std::vector<Task>, ReadyOrder> ready_;
  RunValues fetched_;
};

}  // namespace sessile
