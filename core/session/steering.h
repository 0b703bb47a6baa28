// Which feeds steer a plan: their values decide what it consists of.
//
// A Switch whose predicate is known when a plan is made has one branch only, and a kernel that
// needs the value of an input (an axis, a shape) can be prepared. Such values come from constants,
// from shapes, and from feeds: those that reach such an input through steps without effects. The
// value of a small bool or integer feed of this kind is part of a plan's key.
#pragma once

#include <vector>

#include "sessile/core/framework/tensor.h"
#include "sessile/core/session/program.h"

namespace sessile {

// For each feed of the program whether it reaches such an input.
std::vector<bool> SteeringFeeds(const Program& program);
// True if the value is small enough, and of a type, to tell plans apart.
bool MaySteer(const Tensor& value);

}  // namespace sessile
