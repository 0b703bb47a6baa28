#include "sessile/core/session/session_impl.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/session/plan_executor.h"
#include "sessile/core/session/plan_pass.h"
#include "sessile/core/session/plan_text.h"
#include "sessile/core/session/reference_executor.h"
#include "sessile/core/session/variable.h"

namespace sessile {
namespace {

// Programs kept for one session; the one that was not used for longest goes first.
constexpr size_t kMaxPrograms = 128;

absl::Status Closed() { return FailedPrecondition("Attempted to use a closed Session."); }

// Floats as doubles, for the yardstick.
absl::StatusOr<Tensor> Widened(const Tensor& tensor) {
  if (tensor.dtype() != DataType::kFloat) return tensor;
  SESSILE_ASSIGN_OR_RETURN(Tensor wide, Tensor::Allocate(DataType::kDouble, tensor.shape()));
  std::copy_n(tensor.data<float>(), tensor.num_elements(), wide.mutable_data<double>());
  return wide;
}

void TraceFeeds(const Program& program, std::span<const Tensor> feeds, RunTrace* trace) {
  std::map<int, RunTrace::Outputs> outputs;  // by the nodes
  for (size_t i = 0; i < feeds.size(); ++i) {
    const Endpoint at = program.feeds()[i];
    outputs[at.node].push_back({at.index, feeds[i].dtype(), feeds[i].shape()});
  }
  for (auto& [node, fed] : outputs) trace->AddFed(program.graph().node(node), std::move(fed));
}

// What leaves the run: a copy if the memory is a variable's, a feed's or somebody else's.
absl::StatusOr<Tensor> Escape(const Tensor& value, std::span<const Tensor> feeds) {
  const bool is_fed = std::any_of(feeds.begin(), feeds.end(), [&](const Tensor& feed) {
    return feed.buffer() == value.buffer();
  });
  if (is_fed || !value.buffer()->owns_memory() || value.buffer()->lock() != nullptr) {
    return CopyContent(value);
  }
  return value;
}

// The tensor that is fetched, as the run has it.
absl::StatusOr<Tensor> Fetched(const RunValue& value, size_t fetch) {
  if (!value.live()) return InvalidArgument("Retval[", fetch, "] does not have value");
  if (value.variable == nullptr) return value.tensor;
  Tensor content = value.variable->content();
  if (!content.has_value()) return value.variable->Uninitialized();
  return content;
}

// True if `result` has memory that nobody else knows: no feed, no other result, no constant of the
// graph that was made of it.
bool HasRoom(const Tensor& result) {
  return result.has_value() && result.buffer()->owns_memory() &&
         result.buffer()->lock() == nullptr && result.buffer().use_count() == 1;
}

// Of each result, the memory that there is for it.
RunTensors RoomOf(std::span<const Tensor> results) {
  RunTensors room;
  for (const Tensor& result : results) room.push_back(HasRoom(result) ? result : Tensor());
  return room;
}

// The same by the program's fetch slots.
RunTensors RoomOfSlots(const Program& program, std::span<const Tensor> room) {
  RunTensors by_slot;
  for (size_t i = 0; i < room.size(); ++i) {
    const int slot = program.fetches()[i].slot;
    if (slot < 0 || !room[i].has_value()) continue;
    by_slot.resize(std::max(by_slot.size(), static_cast<size_t>(slot) + 1));
    by_slot[static_cast<size_t>(slot)] = room[i];
  }
  return by_slot;
}

// Each result is the caller's alone, also of two fetches of one value.
absl::Status Deliver(const Tensor& fetched, std::span<const Tensor> feeds, const Tensor& room,
                     size_t i, std::span<Tensor> results) {
  if (room.has_value() && room.dtype() == fetched.dtype() && room.shape() == fetched.shape()) {
    // The plan may have written it there already.
    if (room.buffer() != fetched.buffer()) CopyContentTo(fetched, &results[i]);
    return absl::OkStatus();
  }
  SESSILE_ASSIGN_OR_RETURN(Tensor result, Escape(fetched, feeds));
  results[i] = Tensor();
  const bool is_taken = std::any_of(results.begin(), results.end(), [&](const Tensor& other) {
    return other.has_value() && other.buffer() == result.buffer();
  });
  if (is_taken) {
    SESSILE_ASSIGN_OR_RETURN(result, CopyContent(result));
  }
  results[i] = std::move(result);
  return absl::OkStatus();
}

}  // namespace

// Counts a call from its start to its end.
class SessionImpl::RunningCall {
 public:
  explicit RunningCall(SessionImpl* session) : session_(session) {
    std::lock_guard lock(session_->mutex_);
    started_ = !session_->closed_;
    if (started_) ++session_->running_calls_;
  }
  ~RunningCall() {
    if (!started_) return;
    // Notifies under the lock: the session may go as soon as the count is zero.
    std::lock_guard lock(session_->mutex_);
    if (--session_->running_calls_ == 0) session_->call_ended_.notify_all();
  }
  RunningCall(const RunningCall&) = delete;
  RunningCall& operator=(const RunningCall&) = delete;
  bool started() const { return started_; }

 private:
  SessionImpl* const session_;
  bool started_;
};

SessionImpl::SessionImpl(std::shared_ptr<GraphImpl> graph, const ConfigProto& config)
    : graph_(std::move(graph)), config_(config), pool_(config.intra_op_parallelism_threads) {
  static std::once_flag frozen;
  if (config_.kernels == nullptr) std::call_once(frozen, [] { builtin_kernels().Freeze(); });
}

SessionImpl::~SessionImpl() { Close(); }

void SessionImpl::Close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  closed_token_->Cancel();
  call_ended_.wait(lock, [this] { return running_calls_ == 0; });
  programs_.clear();
}

bool SessionImpl::closed() const {
  std::lock_guard lock(mutex_);
  return closed_;
}

absl::Status SessionImpl::CheckRunnable(const RunRequest& request) const {
  SESSILE_RETURN_IF_ERROR(graph_->CheckUsable());
  SESSILE_RETURN_IF_ERROR(BuildScope::Of(*graph_).TakeError());
  if (graph_->num_nodes() == 0) {
    return FailedPrecondition(
        "The Session graph is empty.  Add operations to the graph before calling run().");
  }
  if (request.key.fetches.empty() && request.key.targets.empty()) {
    return InvalidArgument("Must specify at least one target to fetch or execute.");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> SessionImpl::Explain(const RunRequest& request,
                                                 std::span<const Tensor> values) {
  const RunningCall call(this);
  if (!call.started()) return Closed();
  SESSILE_RETURN_IF_ERROR(CheckRunnable(request));
  if (!follows_plans()) return std::string("The reference executor runs it: no plan is wanted.\n");
  SESSILE_ASSIGN_OR_RETURN(const std::shared_ptr<PlanCache> plans,
                           ProgramFor(request.key, nullptr));
  SESSILE_ASSIGN_OR_RETURN(const RunTensors feeds, FeedTensors(request.key, values));
  const RunLimits limits = LimitsOf(request.options);
  const auto plan = plans->Get(feeds, *plans->Contents(),
                               {.pool = &pool_, .limits = &limits, .yardstick = false});
  if (plan != nullptr) return PlanText(*plan);
  return std::string(
      "The reference executor runs it: nothing of it can be planned, or some operation is bound to "
      "fail.\n");
}

absl::Status SessionImpl::Run(const RunRequest& request, std::span<const Tensor> values,
                              std::span<Tensor> results, ProgramSlot* slot) {
  const RunningCall call(this);
  if (!call.started()) return Closed();
  SESSILE_RETURN_IF_ERROR(CheckRunnable(request));
  SESSILE_ASSIGN_OR_RETURN(const std::shared_ptr<PlanCache> plans, ProgramFor(request.key, slot));
  SESSILE_ASSIGN_OR_RETURN(const RunTensors feeds, FeedTensors(request.key, values));
  const RunTensors room = RoomOf(results);
  SESSILE_ASSIGN_OR_RETURN(
      const RunValues fetched,
      Execute(plans.get(), feeds, RoomOfSlots(*plans->program(), room), request.options));
  const std::vector<Program::FetchSource>& sources = plans->program()->fetches();
  for (size_t i = 0; i < sources.size(); ++i) {
    const RunValue value = sources[i].slot >= 0
                               ? fetched[static_cast<size_t>(sources[i].slot)]
                               : RunValue{.tensor = feeds[static_cast<size_t>(sources[i].feed)]};
    const absl::StatusOr<Tensor> tensor = Fetched(value, i);
    if (!tensor.ok()) {
      return WithSuffix(tensor.status(), NodeSuffix(graph_->node(request.key.fetches[i].node)));
    }
    SESSILE_RETURN_IF_ERROR(Deliver(*tensor, feeds, room[i], i, results));
  }
  return absl::OkStatus();
}

absl::StatusOr<RunValues> SessionImpl::Execute(PlanCache* plans, std::span<const Tensor> feeds,
                                               std::span<const Tensor> room,
                                               const RunOptions& options) {
  const RunLimits limits = LimitsOf(options);
  std::optional<RunTrace> trace;
  if (options.run_metadata != nullptr) *options.run_metadata = {};
  if (options.trace_level != RunOptions::NO_TRACE && options.run_metadata != nullptr) {
    trace.emplace(options.run_metadata);
    TraceFeeds(*plans->program(), feeds, &*trace);
  }
  const NodeCall::Environment environment = {.pool = &pool_,
                                             .limits = &limits,
                                             .yardstick = config_.yardstick,
                                             .trace = trace.has_value() ? &*trace : nullptr};
  if (follows_plans()) {
    const std::shared_ptr<const VariableContents> contents = plans->Contents();
    if (const auto plan = plans->Get(feeds, *contents, environment)) {
      return RunPlan(*plan, feeds, *contents, &arenas_, environment, room);
    }
  }
  return RunProgram(*plans->program(), feeds, environment);
}

absl::StatusOr<std::shared_ptr<PlanCache>> SessionImpl::ProgramFor(const ProgramKey& key,
                                                                   ProgramSlot* slot) {
  const uint64_t epoch = graph_->epoch();
  if (slot == nullptr) return FindProgram(key, epoch);
  std::lock_guard lock(slot->mutex_);
  if (slot->plans_ == nullptr || slot->epoch_ != epoch) {
    SESSILE_ASSIGN_OR_RETURN(slot->plans_, FindProgram(key, epoch));
    slot->epoch_ = epoch;
  }
  return slot->plans_;
}

absl::StatusOr<std::shared_ptr<PlanCache>> SessionImpl::FindProgram(const ProgramKey& key,
                                                                    uint64_t epoch) {
  {
    std::lock_guard lock(mutex_);
    if (programs_epoch_ != epoch) programs_.clear();
    programs_epoch_ = epoch;
    if (const auto found = programs_.find(key); found != programs_.end()) {
      found->second.last_use = ++uses_;
      return found->second.plans;
    }
  }
  const KernelRegistry& kernels = config_.kernels != nullptr ? *config_.kernels : builtin_kernels();
  SESSILE_RETURN_IF_ERROR(kernels.status());
  SESSILE_RETURN_IF_ERROR(CheckPassNames(kernels, config_.disabled_passes));
  SESSILE_ASSIGN_OR_RETURN(
      std::shared_ptr<const Program> program,
      Program::Build(*graph_, key,
                     {.kernels = &kernels, .states = &states_, .yardstick = config_.yardstick}));
  auto plans = std::make_shared<PlanCache>(std::move(program), kernels, config_.disabled_passes);
  std::lock_guard lock(mutex_);
  if (programs_epoch_ != epoch) return plans;  // the graph changed meanwhile: not for keeping
  if (programs_.size() >= kMaxPrograms) {
    programs_.erase(std::min_element(
        programs_.begin(), programs_.end(),
        [](const auto& a, const auto& b) { return a.second.last_use < b.second.last_use; }));
  }
  programs_[key] = {plans, ++uses_};
  return plans;
}

absl::StatusOr<RunTensors> SessionImpl::FeedTensors(const ProgramKey& key,
                                                    std::span<const Tensor> values) const {
  RunTensors tensors;
  for (size_t i = 0; i < values.size(); ++i) {
    const Endpoint place = key.feeds[i];
    const Tensor& value = values[i];
    const DataType expected =
        BaseType(graph_->node(place.node).output_types()[static_cast<size_t>(place.index)]);
    if (!value.has_value()) {
      return InvalidArgument("Tensor '", EndpointName(*graph_, place), "' is fed with no value");
    }
    if (value.dtype() != expected) {
      return InvalidArgument("Expects arg[", i, "] to be ", DataTypeName(expected), " but ",
                             DataTypeName(value.dtype()), " is provided (it feeds Tensor '",
                             EndpointName(*graph_, place), "')",
                             NodeSuffix(graph_->node(place.node)));
    }
    if (!config_.yardstick) {
      tensors.push_back(value);
      continue;
    }
    SESSILE_ASSIGN_OR_RETURN(Tensor wide, Widened(value));
    tensors.push_back(std::move(wide));
  }
  return tensors;
}

RunLimits SessionImpl::LimitsOf(const RunOptions& options) const {
  const int64_t ms =
      options.timeout_in_ms != 0 ? options.timeout_in_ms : config_.operation_timeout_in_ms;
  std::optional<RunLimits::Clock::time_point> deadline;
  // Beyond some years a limit is none, and would overflow the clock.
  constexpr int64_t kForever = int64_t{1} << 40;
  if (ms > 0 && ms < kForever) deadline = RunLimits::Clock::now() + std::chrono::milliseconds(ms);
  return RunLimits(closed_token_, options.cancellation, deadline);
}

}  // namespace sessile
