// Runs a plan: one prepared kernel after another over an arena.
//
//   SESSILE_ASSIGN_OR_RETURN(RunValues values,
//                            RunPlan(*plan, feeds, contents, &arenas, {&pool, &limits}));
//
// The results are those of the reference executor: the same kernels run in the same order. The
// blocks of a kernel run on the pool; while it runs, the contents of variables are locked as
// NodeCall does. What the plan leaves out, and what remains when another run replaced a variable's
// buffer meanwhile, the reference executor runs.
#pragma once

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/session/arena_pool.h"
#include "sessile/core/session/plan.h"
#include "sessile/core/session/reference_executor.h"
#include "sessile/core/session/variable_contents.h"

namespace sessile {

// The values of the program's fetch slots, as RunProgram's. `feeds` and `contents` are as those
// that the plan was made for. room[slot] may have memory for the slot's value, which nobody else
// reads: it is used if type and shape fit. Reentrant.
absl::StatusOr<RunValues> RunPlan(const Plan& plan, std::span<const Tensor> feeds,
                                  const VariableContents& contents, ArenaPool* arenas,
                                  const NodeCall::Environment& environment,
                                  std::span<const Tensor> room = {});

}  // namespace sessile
