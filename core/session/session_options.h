// What a user chooses for a session and for one run.
//
//   tf::Session sess({.intra_op_parallelism_threads = 1});
//   sess.run(train_op, feeds, {.timeout_in_ms = 1000});
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sessile/core/session/cancellation.h"
#include "sessile/core/session/run_metadata.h"

namespace sessile {

class KernelRegistry;

// 1, unless the environment variable SESSILE_OPTIMIZER_LEVEL says 0. Throws
// errors::InvalidArgumentError if it says anything else.
int DefaultOptimizerLevel();

// TensorFlow's GPUOptions, accepted without effect: there is no GPU here.
struct GPUOptions {
  double per_process_gpu_memory_fraction = 0;
  bool allow_growth = false;
};

// TensorFlow's ConfigProto, as far as it means something here; its order of fields.
struct ConfigProto {
  // Threads that compute one operation, the caller's included, up to kMostThreads. 0: as many as
  // the machine has cores; 1: no thread is made. Results do not depend on it; more than there are
  // cores wait for each other.
  static constexpr int kMostThreads = 4096;
  int intra_op_parallelism_threads = 0;
  // Accepted as TensorFlow does: operations run one after another, each on all threads.
  int inter_op_parallelism_threads = 0;
  // Accepted: whatever device a node names, it runs on the CPU.
  bool allow_soft_placement = false;
  // Accepted without effect.
  bool log_device_placement = false;
  GPUOptions gpu_options = {};
  // The limit of every run that sets none of its own; 0 or less: none.
  int64_t operation_timeout_in_ms = 0;
  // 1: a run follows a plan, made once for its feeds' shapes. 0: node after node, by the rules of
  // dataflow alone. The results are the same.
  int optimizer_level = DefaultOptimizerLevel();
  // Plan passes to leave out, by their names (`sessile ops --passes` lists them). Passes may
  // change the rounding of sums, and the sign of zeros.
  std::vector<std::string> disabled_passes = {};

  // For tests. Kernels other than the built-in ones; must outlive the session.
  const KernelRegistry* kernels = nullptr;
  // For tests. Every float is carried as double, feeds, variables and fetches included: the truth
  // that float results are measured against.
  bool yardstick = false;
};

// TensorFlow's RunOptions.
struct RunOptions {
  enum TraceLevel { NO_TRACE = 0, FULL_TRACE = 3 };
  // 0: the session's operation_timeout_in_ms; less: none. A run that takes longer ends with
  // DEADLINE_EXCEEDED after the operation that it is in, but for the last.
  int64_t timeout_in_ms = 0;
  // Cancelling it ends the run with CANCELLED.
  std::shared_ptr<const CancellationToken> cancellation = nullptr;
  // With FULL_TRACE the run writes what it did to *run_metadata; without, it empties that.
  TraceLevel trace_level = NO_TRACE;
  RunMetadata* run_metadata = nullptr;
};

// INVALID_ARGUMENT, with the field's name, for a number that a field does not take.
absl::Status CheckConfig(const ConfigProto& config);

}  // namespace sessile
