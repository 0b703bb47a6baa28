// A plan for people to read: its steps in their order, what each makes and where, and what became
// of the rest of the program.
#pragma once

#include <string>

#include "sessile/core/session/plan.h"

namespace sessile {

std::string PlanText(const Plan& plan);

}  // namespace sessile
