// Copies of variables that need not be made.
//
//   LeaveOutCopies(&draft);
//
// A read through a handle is a copy of what the variable holds (Prepared::copied_variable): later
// updates do not show in it. Where the plan writes the variable only when the copy is of no use any
// more, or never, whoever reads the copy may read the variable itself, as it does through a
// reference. Another run that writes the variable at the same time is seen then.
#pragma once

#include "sessile/core/session/plan_draft.h"

namespace sessile {

void LeaveOutCopies(PlanDraft* draft);

}  // namespace sessile
