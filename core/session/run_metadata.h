// What a traced run did, kernel by kernel.
//
//   tf::RunMetadata metadata;
//   sess.run(train_op, feeds, {.trace_level = tf::RunOptions::FULL_TRACE, .run_metadata =
//   &metadata}); std::ofstream("trace.json") << metadata.generate_chrome_trace_format();   //
//   chrome://tracing
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sessile {

struct RunMetadata {
  struct NodeStats {
    std::string node_name = {};
    std::string op = {};            // or the ops that one kernel stands for: "Mul+AddV2+Relu"
    int64_t all_start_nanos = 0;    // since the run began
    int64_t all_end_rel_nanos = 0;  // since all_start_nanos
  };
  // In the order in which they ran, one after another. Nodes that need no kernel are not there.
  std::vector<NodeStats> step_stats = {};

  // As Python's timeline.Timeline(step_stats).generate_chrome_trace_format().
  std::string generate_chrome_trace_format() const;
};

// Writes the times of one run. Not thread-safe.
class RunTrace {
 public:
  explicit RunTrace(RunMetadata* metadata) : metadata_(*metadata) { metadata->step_stats.clear(); }

  // Times what happens until it dies, if there is a trace.
  class Scope {
   public:
    Scope(RunTrace* trace, const std::string& node, const std::string& op);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    RunTrace* const trace_;
    const std::string& node_;
    const std::string& op_;
    int64_t start_ = 0;
  };

 private:
  using Clock = std::chrono::steady_clock;
  int64_t Now() const {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin_).count();
  }

  RunMetadata& metadata_;
  const Clock::time_point begin_ = Clock::now();
};

}  // namespace sessile
