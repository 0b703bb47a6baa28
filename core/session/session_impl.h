// The session's machinery: programs, states, threads; runs, close. The handle `Session` of user
// programs (session.h) stands on it.
//
//   auto session = std::make_shared<SessionImpl>(graph.impl(), ConfigProto());
//   Tensor value;
//   SESSILE_RETURN_IF_ERROR(session->Run({.key = {.fetches = {loss}}}, {}, {&value, 1}));
//
// Thread-safe: any number of Runs at the same time. The session keeps its graph alive.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/core/session/arena_pool.h"
#include "sessile/core/session/cancellation.h"
#include "sessile/core/session/plan_cache.h"
#include "sessile/core/session/program.h"
#include "sessile/core/session/session_options.h"
#include "sessile/core/session/session_state.h"
#include "sessile/core/session/thread_pool.h"

namespace sessile {

struct RunRequest {
  ProgramKey key = {};
  RunOptions options = {};
};

// Where a request that is made again and again keeps its program. Thread-safe.
class ProgramSlot {
 private:
  friend class SessionImpl;
  std::mutex mutex_;
  uint64_t epoch_ = 0;  // of the graph
  std::shared_ptr<PlanCache> plans_;
};

// Tensors of a run, few of them mostly.
using RunTensors = absl::InlinedVector<Tensor, 8>;

class SessionImpl {
 public:
  SessionImpl(std::shared_ptr<GraphImpl> graph, const ConfigProto& config);
  // Closes.
  ~SessionImpl();
  SessionImpl(const SessionImpl&) = delete;
  SessionImpl& operator=(const SessionImpl&) = delete;

  // `feeds` has a value for each feed of the request, of exactly the endpoint's type; memory that
  // it does not own need only last for the run. `results` gets one for each fetch. A result that
  // has a value of the right type and shape, of which nobody has a copy, keeps its memory, and what
  // is fetched is written there; the others share no memory with a variable, a feed or others.
  // Errors of nodes name the node, its op and the line that built it.
  absl::Status Run(const RunRequest& request, std::span<const Tensor> feeds,
                   std::span<Tensor> results, ProgramSlot* slot = nullptr);

  // What Run would do: PlanText (plan_text.h), or why there is no plan.
  absl::StatusOr<std::string> Explain(const RunRequest& request, std::span<const Tensor> feeds);

  // Cancels what runs, waits until it has ended, and refuses what comes. May be called again.
  void Close();
  bool closed() const;

  const std::shared_ptr<GraphImpl>& graph() const { return graph_; }
  const ConfigProto& config() const { return config_; }
  const ThreadPool& pool() const { return pool_; }

 private:
  class RunningCall;
  absl::Status CheckRunnable(const RunRequest& request) const;
  absl::StatusOr<std::shared_ptr<PlanCache>> ProgramFor(const ProgramKey& key, ProgramSlot* slot);
  absl::StatusOr<std::shared_ptr<PlanCache>> FindProgram(const ProgramKey& key, uint64_t epoch);
  // The values of the program's fetch slots, some of them perhaps in the memory in `room`.
  absl::StatusOr<RunValues> Execute(PlanCache* plans, std::span<const Tensor> feeds,
                                    std::span<const Tensor> room, const RunOptions& options);
  absl::StatusOr<RunTensors> FeedTensors(const ProgramKey& key,
                                         std::span<const Tensor> values) const;
  bool follows_plans() const { return config_.optimizer_level > 0 && !config_.yardstick; }
  RunLimits LimitsOf(const RunOptions& options) const;

  const std::shared_ptr<GraphImpl> graph_;
  const ConfigProto config_;
  SessionState states_;
  ThreadPool pool_;
  ArenaPool arenas_;
  const std::shared_ptr<CancellationToken> closed_token_ = std::make_shared<CancellationToken>();

  mutable std::mutex mutex_;
  std::condition_variable call_ended_;
  int running_calls_ = 0;  // guarded by mutex_, and so are those below
  bool closed_ = false;
  uint64_t programs_epoch_ = 0;
  struct CachedProgram {
    std::shared_ptr<PlanCache> plans;  // with the program itself
    uint64_t last_use = 0;
  };
  std::map<ProgramKey, CachedProgram> programs_;
  uint64_t uses_ = 0;
};

}  // namespace sessile
