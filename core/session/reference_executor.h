// The executor that is obviously right: one node after another, by TensorFlow's rules of dataflow,
// on any graph.
//
//   SESSILE_ASSIGN_OR_RETURN(std::vector<RunValue> values,
//                            RunProgram(*program, feeds, {&pool, &limits, yardstick}));
//
// Nodes run one at a time, the ready one with the lowest id first; the blocks of a kernel run on
// the pool. A value is freed when its last consumer has run. An error ends the run and names the
// node, its op and the line that built it.
#pragma once

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/session/dataflow.h"
#include "sessile/core/session/node_call.h"

namespace sessile {

// The values of the program's fetch slots; dead ones are not live. They may alias feeds and
// variables. Reentrant: many runs of one program may go on at the same time.
absl::StatusOr<std::vector<RunValue>> RunProgram(const Program& program,
                                                 std::span<const Tensor> feeds,
                                                 const NodeCall::Environment& environment);

}  // namespace sessile
