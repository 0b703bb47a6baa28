#include "sessile/core/session/plan_executor.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/session/run_blocks.h"

namespace sessile {
namespace {

using Kind = PlanStorage::Kind;

// Of one step; more of them would need the heap at every run.
constexpr size_t kUsualLocks = 128;

// With so many blocks it pays to wake the threads before the first one.
constexpr int64_t kManyBlocks = 64;

class StepContext final : public RunContext {
 public:
  StepContext(const PlanStep& step, const RunLimits& limits) : step_(step), limits_(limits) {}
  KernelState* state() override { return step_.step->state; }
  VariableState* variable(int i) override { return step_.variables[static_cast<size_t>(i)]; }
  absl::StatusOr<TensorView> AllocateOutput(int i, const Shape&) override {
    return Internal("Output ", i, " of ", step_.step->node->op_type(), " has a shape already");
  }
  bool cancelled() const override { return limits_.Exceeded(); }

 private:
  const PlanStep& step_;
  const RunLimits& limits_;
};

// The content locks of one step, each once, in the order of their ids.
class StepLocks {
 public:
  StepLocks(const PlanStep& step, const PlanFrame& frame) {
    for (const PlanStep::Lock& wanted : step.locks) {
      const Tensor& content = frame.bindings[static_cast<size_t>(wanted.binding)];
      ContentLock* const lock = content.has_value() ? content.buffer()->lock() : nullptr;
      if (lock != nullptr) held_.push_back({lock, wanted.exclusive});
    }
    // Of several wishes for one lock the exclusive one comes first and is kept.
    std::sort(held_.begin(), held_.end(), [](const Held& a, const Held& b) {
      return a.lock->id != b.lock->id ? a.lock->id < b.lock->id : a.exclusive > b.exclusive;
    });
    held_.erase(std::unique(held_.begin(), held_.end(),
                            [](const Held& a, const Held& b) { return a.lock == b.lock; }),
                held_.end());
    for (const Held& held : held_) {
      held.exclusive ? held.lock->mutex.lock() : held.lock->mutex.lock_shared();
    }
  }
  ~StepLocks() {
    for (const Held& held : held_) {
      held.exclusive ? held.lock->mutex.unlock() : held.lock->mutex.unlock_shared();
    }
  }
  StepLocks(const StepLocks&) = delete;
  StepLocks& operator=(const StepLocks&) = delete;

 private:
  struct Held {
    ContentLock* lock;
    bool exclusive;
  };
  absl::InlinedVector<Held, kUsualLocks> held_;
};

// Tells a trace of the nodes that took part without a kernel of their own, each before the first
// kernel that runs after it.
class QuietNodes {
 public:
  QuietNodes(const Plan& plan, RunTrace* trace) : plan_(plan), trace_(trace) {
    if (trace_ == nullptr) return;
    std::set<const Step*> with_kernel;
    for (const PlanStep& step : plan.steps()) with_kernel.insert(step.step);
    for (size_t i = 0; i < plan.outcomes().size(); ++i) {
      const Step& step = plan.program().step(static_cast<int>(i));
      places_[&step] = i;
      if (plan.outcomes()[i].position != StepOutcome::kNotRun && !with_kernel.contains(&step)) {
        quiet_.push_back(i);
      }
    }
    std::stable_sort(quiet_.begin(), quiet_.end(), [&](size_t a, size_t b) {
      return plan.outcomes()[a].position < plan.outcomes()[b].position;
    });
  }

  void TellThoseBefore(int position) {
    for (; told_ < quiet_.size(); ++told_) {
      const size_t i = quiet_[told_];
      if (plan_.outcomes()[i].position >= position) return;
      const Step& step = plan_.program().step(static_cast<int>(i));
      trace_->Add(plan_.program().graph(), *step.node, OutputsOf(step));
    }
  }

  RunTrace::Outputs OutputsOf(const Step& step) const {
    RunTrace::Outputs stats;
    if (trace_ == nullptr) return stats;
    const StepOutcome& outcome = plan_.outcomes()[places_.at(&step)];
    for (size_t i = 0; i < outcome.values.size(); ++i) {
      if (outcome.values[i] < 0) continue;
      const PlanValue& value = plan_.values()[static_cast<size_t>(outcome.values[i])];
      const int slot = static_cast<int>(i);
      stats.push_back(
          {slot, BaseType(step.node->output_types()[i]),
           value.variable == nullptr ? value.spec.shape : step.node->output_shape(slot)});
    }
    return stats;
  }

 private:
  const Plan& plan_;
  RunTrace* const trace_;
  std::map<const Step*, size_t> places_;  // in the program
  std::vector<size_t> quiet_;
  size_t told_ = 0;
};

class PlanRun {
 public:
  PlanRun(const Plan& plan, std::span<const Tensor> feeds, const NodeCall::Environment& environment,
          char* arena)
      : plan_(plan),
        feeds_(feeds),
        environment_(environment),
        arena_(arena),
        frame_(plan.TakeFrame()),
        quiet_(plan, environment.trace) {}
  ~PlanRun() { plan_.GiveFrame(std::move(frame_)); }
  PlanRun(const PlanRun&) = delete;
  PlanRun& operator=(const PlanRun&) = delete;

  absl::StatusOr<RunValues> Run(const VariableContents& contents, std::span<const Tensor> room) {
    if (plan_.shared_blocks() >= kManyBlocks) environment_.pool->Rouse();
    SESSILE_RETURN_IF_ERROR(Bind(contents, room));
    for (const PlanStep& step : plan_.steps()) {
      SESSILE_RETURN_IF_ERROR(environment_.limits->Check());
      quiet_.TellThoseBefore(step.position);
      const absl::StatusOr<bool> has_run = RunStep(step);
      if (!has_run.ok()) {
        // A kernel that gave up because it was told to.
        SESSILE_RETURN_IF_ERROR(environment_.limits->Check());
        return WithSuffix(has_run.status(), NodeSuffix(*step.step->node));
      }
      if (!*has_run) return HandOver(step.position);
    }
    quiet_.TellThoseBefore(StepOutcome::kNotRun);
    if (!plan_.is_complete()) return HandOver(StepOutcome::kNotRun);
    RunValues fetched;
    fetched.reserve(plan_.fetches().size());
    for (const int fetch : plan_.fetches()) {
      SESSILE_ASSIGN_OR_RETURN(RunValue value, FetchOf(fetch));
      fetched.push_back(std::move(value));
    }
    return fetched;
  }

 private:
  void SetData(const std::vector<size_t>& views, const void* data) {
    for (const size_t i : views) {
      TensorView& view = frame_->views[i];
      view = TensorView(view.dtype(), &view.shape(), const_cast<void*>(data));
    }
  }

  absl::Status Bind(const VariableContents& contents, std::span<const Tensor> room) {
    if (frame_->arena != arena_) {
      for (const Plan::ArenaView& at : plan_.arena_views()) {
        TensorView& view = frame_->views[at.view];
        view = TensorView(view.dtype(), &view.shape(), arena_ + at.offset);
      }
      frame_->arena = arena_;
    }
    for (size_t i = 0; i < feeds_.size(); ++i) {
      const void* const data = feeds_[i].raw_data();
      if (frame_->feeds[i] == data) continue;
      SetData(plan_.feed_views(i), data);
      frame_->feeds[i] = data;
    }
    if (frame_->contents != contents.id()) {
      const std::span<const Tensor> tensors = contents.tensors();
      for (size_t i = 0; i < tensors.size(); ++i) BindVariable(i, tensors[i]);
      frame_->contents = contents.id();
    }
    for (size_t i = 0; i < frame_->owned.size(); ++i) {
      SESSILE_ASSIGN_OR_RETURN(frame_->owned[i], MemoryFor(plan_.owned()[i], room));
      SetData(plan_.owned_views(i), frame_->owned[i].raw_data());
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Tensor> MemoryFor(const Plan::Owned& owned, std::span<const Tensor> room) const {
    const TensorSpec& spec = plan_.values()[static_cast<size_t>(owned.value)].spec;
    if (owned.slot >= 0 && static_cast<size_t>(owned.slot) < room.size()) {
      const Tensor& given = room[static_cast<size_t>(owned.slot)];
      const int fetched = plan_.fetches()[static_cast<size_t>(owned.slot)];
      const TensorSpec& wanted = plan_.values()[static_cast<size_t>(fetched)].spec;
      if (given.has_value() && given.dtype() == wanted.dtype && given.shape() == wanted.shape) {
        return given.Alias(spec.dtype, spec.shape);
      }
    }
    return Tensor::Allocate(spec.dtype, spec.shape);
  }

  void BindVariable(size_t binding, const Tensor& content) {
    Tensor& bound = frame_->bindings[binding];
    if (bound.buffer() == content.buffer()) return;
    bound = content;
    SetData(plan_.binding_views(binding), content.raw_data());
  }

  // False if a variable that the step updates has got another buffer since the run began.
  absl::StatusOr<bool> RunStep(const PlanStep& step) {
    RunTrace::Outputs outputs = quiet_.OutputsOf(*step.step);
    RunTrace::Scope timed(environment_.trace, plan_.program().graph(), *step.step->node,
                          step.label);
    timed.SetOutputs(std::move(outputs));
    const StepLocks locks(step, *frame_);
    for (const PlanStep::Update& update : step.updates) {
      const Tensor& bound = frame_->bindings[static_cast<size_t>(update.binding)];
      if (update.variable->content().buffer() != bound.buffer()) return false;
    }
    for (const DraftStep::NewContent& made : step.new_contents) {
      const auto binding = static_cast<size_t>(made.binding);
      SESSILE_ASSIGN_OR_RETURN(const Tensor content,
                               made.variable->EnsureBuffer(plan_.bindings()[binding].spec));
      BindVariable(binding, content);
    }
    SESSILE_RETURN_IF_ERROR(RunKernel(step));
    for (const DraftStep::NewContent& made : step.new_contents) {
      made.variable->Commit(frame_->bindings[static_cast<size_t>(made.binding)]);
    }
    return true;
  }

  absl::Status RunKernel(const PlanStep& step) {
    const Inputs in(frame_->views.data() + step.first_view, step.num_inputs);
    const Outputs out(in.data() + step.num_inputs, step.num_outputs);
    const Scratch scratch(arena_ + step.scratch, step.kernel->scratch_slot_bytes());
    StepContext context(step, *environment_.limits);
    const int phases = static_cast<int>(step.kernel->phases().size());
    for (int phase = 0; phase < phases; ++phase) {
      SESSILE_RETURN_IF_ERROR(
          RunBlocks({*step.kernel, context, in, out, scratch}, phase, environment_.pool));
    }
    return absl::OkStatus();
  }

  // A value as the reference executor knows it. What lies in the arena looks like foreign memory,
  // so that nobody writes there and what leaves the run is copied.
  RunValue ValueOf(int id) const {
    const PlanValue& value = plan_.values()[static_cast<size_t>(id)];
    if (value.variable != nullptr) return {.variable = value.variable};
    const PlanStorage& storage = plan_.storage_of(value);
    const auto index = static_cast<size_t>(storage.index);
    const Tensor* tensor = nullptr;
    switch (storage.kind) {
      case Kind::kArena: {
        void* const data = arena_ + storage.offset;
        return {.tensor = Tensor::OfBuffer(value.spec.dtype, value.spec.shape,
                                           WrapMemory(data, storage.bytes, nullptr))};
      }
      case Kind::kOwned:
        tensor = &frame_->owned[index];
        break;
      case Kind::kConstant:
        tensor = &plan_.constants()[index];
        break;
      case Kind::kFeed:
        tensor = &feeds_[index];
        break;
      case Kind::kVariable:
        tensor = &frame_->bindings[index];
        break;
    }
    return {.tensor = tensor->Alias(value.spec.dtype, value.spec.shape)};
  }

  absl::StatusOr<RunValue> FetchOf(int id) const {
    if (id < 0) return RunValue();
    RunValue value = ValueOf(id);
    const PlanValue& planned = plan_.values()[static_cast<size_t>(id)];
    if (value.variable != nullptr || plan_.storage_of(planned).kind != Kind::kConstant)
      return value;
    // The plan keeps its constants.
    SESSILE_ASSIGN_OR_RETURN(value.tensor, value.tensor.Clone());
    return value;
  }

  // The reference executor runs what has not run before `position`.
  absl::StatusOr<RunValues> HandOver(int position) const {
    SESSILE_ASSIGN_OR_RETURN(RunValues fetched,
                             RunProgram(plan_.program(), feeds_, environment_,
                                        [&](int step, std::vector<RunValue>* outputs) {
                                          const StepOutcome& outcome =
                                              plan_.outcomes()[static_cast<size_t>(step)];
                                          if (outcome.position >= position) return false;
                                          for (const int id : outcome.values) {
                                            outputs->push_back(id < 0 ? RunValue() : ValueOf(id));
                                          }
                                          return true;
                                        }));
    // What lies in memory of this run must not leave it, nor the plan's constants.
    for (RunValue& value : fetched) {
      if (value.tensor.has_value() && value.tensor.buffer()->lock() == nullptr) {
        SESSILE_ASSIGN_OR_RETURN(value.tensor, value.tensor.Clone());
      }
    }
    return fetched;
  }

  const Plan& plan_;
  const std::span<const Tensor> feeds_;
  const NodeCall::Environment& environment_;
  char* const arena_;
  std::unique_ptr<PlanFrame> frame_;
  QuietNodes quiet_;
};

}  // namespace

absl::StatusOr<RunValues> RunPlan(const Plan& plan, std::span<const Tensor> feeds,
                                  const VariableContents& contents, ArenaPool* arenas,
                                  const NodeCall::Environment& environment,
                                  std::span<const Tensor> room) {
  SESSILE_ASSIGN_OR_RETURN(const ArenaPool::Lease arena, arenas->Borrow(plan.arena_bytes()));
  return PlanRun(plan, feeds, environment, arena.data()).Run(contents, room);
}

}  // namespace sessile
