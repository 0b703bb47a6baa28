// The session's machinery: programs, states, threads; runs, close. The handle `Session` of user
// programs (session.h) stands on it.
//
//   auto session = std::make_shared<SessionImpl>(graph.impl(), ConfigProto());
//   SESSILE_ASSIGN_OR_RETURN(std::vector<Tensor> values, session->Run({.fetches = {loss}}));
//
// Thread-safe: any number of Runs at the same time. The session keeps its graph alive.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

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
  struct Feed {
    Endpoint endpoint;
    // Of exactly the endpoint's type. Memory that it does not own need only last for the run.
    Tensor value;
  };
  std::vector<Feed> feeds = {};
  std::vector<Endpoint> fetches = {};
  std::vector<int> targets = {};  // nodes to run for their effects
  RunOptions options = {};
};

class SessionImpl {
 public:
  SessionImpl(std::shared_ptr<GraphImpl> graph, const ConfigProto& config);
  // Closes.
  ~SessionImpl();
  SessionImpl(const SessionImpl&) = delete;
  SessionImpl& operator=(const SessionImpl&) = delete;

  // One value for each fetch, in their order; none shares memory with a variable, a feed or memory
  // of others. Errors of nodes name the node, its op and the line that built it.
  absl::StatusOr<std::vector<Tensor>> Run(const RunRequest& request);

  // What Run would do: PlanText (plan_text.h), or why there is no plan.
  absl::StatusOr<std::string> Explain(const RunRequest& request);

  // Cancels what runs, waits until it has ended, and refuses what comes. May be called again.
  void Close();
  bool closed() const;

  const std::shared_ptr<GraphImpl>& graph() const { return graph_; }
  const ConfigProto& config() const { return config_; }
  const ThreadPool& pool() const { return pool_; }

 private:
  class RunningCall;
  absl::Status CheckRunnable(const RunRequest& request) const;
  absl::StatusOr<std::shared_ptr<PlanCache>> ProgramFor(const RunRequest& request);
  // The values of the program's fetch slots.
  absl::StatusOr<std::vector<RunValue>> Execute(PlanCache* plans, std::span<const Tensor> feeds,
                                                const RunOptions& options);
  absl::StatusOr<std::vector<Tensor>> FeedTensors(const RunRequest& request) const;
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
