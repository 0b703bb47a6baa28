#include "sessile/core/session/session_state.h"

#include "sessile/core/framework/status.h"

namespace sessile {

absl::StatusOr<KernelState*> SessionState::Get(const Node& node, StateFn make) {
  std::lock_guard lock(mutex_);
  const auto found = states_.find(node.name());
  if (found != states_.end()) return found->second.get();
  SESSILE_ASSIGN_OR_RETURN(std::unique_ptr<KernelState> state, make(node));
  return states_.emplace(node.name(), std::move(state)).first->second.get();
}

}  // namespace sessile
