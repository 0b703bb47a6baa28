// The registration functions of ops/, one for each file that defines operations.
//
// A new file adds its line here and in register_all.cc.
#pragma once

#include "sessile/core/framework/op_registry.h"

namespace sessile {

void RegisterConstant(OpRegistry& ops);     // constant.cc
void RegisterLoop(OpRegistry& ops);         // loop.cc
void RegisterPlaceholder(OpRegistry& ops);  // placeholder.cc
void RegisterSwitchMerge(OpRegistry& ops);  // switch_merge.cc

}  // namespace sessile
