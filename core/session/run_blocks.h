// The blocks of one phase of one kernel call.
#pragma once

#include "absl/status/status.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/core/session/thread_pool.h"

namespace sessile {

struct KernelRun {
  const Prepared& kernel;
  RunContext& context;
  Inputs in;
  Outputs out;
  Scratch scratch;
};

// Runs all blocks of the phase. Of several errors the one of the lowest block wins, so that it does
// not depend on threads.
absl::Status RunBlocks(const KernelRun& call, int phase, ThreadPool* pool);

}  // namespace sessile
