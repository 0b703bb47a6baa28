// The executor that is obviously right: one node after another, by TensorFlow's rules of dataflow,
// on any graph.
//
//   SESSILE_ASSIGN_OR_RETURN(RunValues values,
//                            RunProgram(*program, feeds, {&pool, &limits, yardstick}));
//
// Nodes run one at a time, the ready one with the lowest id first; the blocks of a kernel run on
// the pool. A value is freed when its last consumer has run. An error ends the run and names the
// node, its op and the line that built it.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/session/dataflow.h"
#include "sessile/core/session/node_call.h"

namespace sessile {

// True if somebody has run this step already, in this run; then `outputs` is what it gave.
using StepsDone = std::function<bool(int step, std::vector<RunValue>* outputs)>;

// The values of the program's fetch slots; dead ones are not live. They may alias feeds and
// variables. Reentrant: many runs of one program may go on at the same time.
absl::StatusOr<RunValues> RunProgram(const Program& program, std::span<const Tensor> feeds,
                                     const NodeCall::Environment& environment,
                                     const StepsDone& done = nullptr);

// FAILED_PRECONDITION unless `value`, of a Switch or LoopCond, is a bool scalar.
absl::StatusOr<bool> Predicate(const RunValue& value, std::string_view what);

}  // namespace sessile
