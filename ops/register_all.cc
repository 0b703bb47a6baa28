// The built-in operations: every file of ops/ that defines some, a line a file.

#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

void RegisterAll(OpRegistry& ops) {
  RegisterConstant(ops);
  RegisterLoop(ops);
  RegisterPlaceholder(ops);
  RegisterSwitchMerge(ops);
}

}  // namespace

OpRegistry& builtin_ops() {
  static OpRegistry* const ops = [] {
    auto* const registry = new OpRegistry();  // never destroyed: graphs may outlive static objects
    RegisterAll(*registry);
    return registry;
  }();
  return *ops;
}

}  // namespace sessile
