// What keeps a draft right while passes change it.
#pragma once

#include "sessile/core/session/plan_draft.h"

namespace sessile {

// True if more follows from the step than its outputs.
bool HasEffects(const DraftStep& step);

// Drops the steps of `draft` whose outputs nobody needs and which do nothing else.
void DropUnusedSteps(PlanDraft* draft);

// A run that must go on with the reference executor from the middle of a plan repeats what has not
// run by then. Values that no step makes any more, because a pass did without them or because
// nobody needs them, count as made when all that needs them has run: only then nobody asks. Other
// names of a value (an Identity's, a Reshape's) count from when it is made, which may be later than
// before the passes. Call once, after all passes.
void SettleOutcomes(PlanDraft* draft);

}  // namespace sessile
