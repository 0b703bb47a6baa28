// Where the values of a plan are: which outputs take the memory of an input, which values leave the
// run, and offsets in the arena for all others.
#pragma once

#include <cstddef>
#include <vector>

#include "sessile/core/session/plan_draft.h"

namespace sessile {

struct MemoryLayout {
  size_t arena_bytes = 0;
  std::vector<size_t> scratch;  // of each step, offset in the arena
};

// Gives each storage its final kind and offset. A fetched value gets a tensor of its own; strings
// too; a value that is kept stays in the arena until the end of the run.
MemoryLayout LayOutMemory(PlanDraft* draft);

}  // namespace sessile
