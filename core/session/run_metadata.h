// What a traced run did, node by node.
//
//   tf::RunMetadata metadata;
//   sess.run(train_op, feeds, {.trace_level = tf::RunOptions::FULL_TRACE, .run_metadata =
//   &metadata}); std::ofstream("trace.json") << metadata.generate_chrome_trace_format();   //
//   chrome://tracing
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sessile/core/framework/data_type.h"
#include "sessile/core/framework/shape.h"

namespace sessile {

class GraphImpl;
class Node;

struct RunMetadata {
  struct OutputStats {
    int slot = 0;
    DataType dtype = DataType::kInvalid;
    Shape shape = {};
  };
  struct NodeStats {
    std::string node_name = {};
    std::string op = {};            // or the ops that one kernel stands for: "Mul+AddV2+Relu"
    int64_t all_start_nanos = 0;    // since the run began
    int64_t all_end_rel_nanos = 0;  // since all_start_nanos
    std::vector<std::string> inputs = {};  // as a NodeDef has them: "x", "y:1", "^z"
    std::vector<OutputStats> outputs = {};
    // False for a node that took part in the run and took no time of its own: what was fed, what
    // is the same at every run, another name of a value, and what the kernel of another node does.
    bool has_kernel = true;
  };
  // All nodes that took part, in the order in which they ran, one after another.
  std::vector<NodeStats> step_stats = {};

  // As Python's timeline.Timeline(step_stats).generate_chrome_trace_format(): what took time.
  std::string generate_chrome_trace_format() const;
};

// Writes the times of one run. Not thread-safe.
class RunTrace {
 public:
  using Outputs = std::vector<RunMetadata::OutputStats>;

  explicit RunTrace(RunMetadata* metadata) : metadata_(*metadata) { metadata->step_stats.clear(); }

  // A node of `graph` that needs no kernel now.
  void Add(const GraphImpl& graph, const Node& node, Outputs outputs);
  // One whose value is fed, so that its inputs take no part.
  void AddFed(const Node& node, Outputs outputs);

  // Times what happens until it dies, if there is a trace: the kernel of a node of `graph`.
  class Scope {
   public:
    Scope(RunTrace* trace, const GraphImpl& graph, const Node& node, const std::string& op);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    void SetOutputs(Outputs outputs) { outputs_ = std::move(outputs); }
    // The kernel has ended before the scope does.
    void Stop();

   private:
    RunTrace* const trace_;
    const GraphImpl& graph_;
    const Node& node_;
    const std::string& op_;
    int64_t start_ = 0;
    int64_t end_ = -1;
    Outputs outputs_;
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
