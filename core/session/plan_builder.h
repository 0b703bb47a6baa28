// Makes the draft of a plan: walks the program as the reference executor would run it, with shapes
// and the values that are known instead of data.
//
//   SESSILE_ASSIGN_OR_RETURN(PlanDraft draft, BuildDraft({.program = program, .feeds = feeds,
//   ...}));
//
// What is known: constants, shapes, feeds that steer, and what follows from these through steps
// without effects, which are run here, once. A Switch whose predicate is known and the Merge behind
// it vanish, and so does the branch that is not taken. What cannot be planned is left to the
// reference executor: loops, a Switch on an unknown predicate, kernels whose output shapes depend
// on data, ops that may block, all that depends on these, and, if they touch state, what touches
// state after them.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/session/node_call.h"
#include "sessile/core/session/plan_draft.h"

namespace sessile {

struct PlanRequest {
  std::shared_ptr<const Program> program;
  std::span<const Tensor> feeds = {};
  const std::vector<bool>* steering = nullptr;  // SteeringFeeds(program)
  // The variables of the program's steps and their contents; no value: uninitialized.
  std::span<VariableState* const> variables = {};
  std::span<const Tensor> contents = {};
  const NodeCall::Environment* environment = nullptr;  // for what is run here
};

// An error means that some step is bound to fail in a run like this one: the reference executor
// finds it in its place, after the effects of those before.
absl::StatusOr<PlanDraft> BuildDraft(const PlanRequest& request);

// The variables of a program, each once, in the order of its steps.
std::vector<VariableState*> VariablesOf(const Program& program);

}  // namespace sessile
