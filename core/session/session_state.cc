#include "sessile/core/session/session_state.h"

#include "sessile/core/framework/status.h"

namespace sessile {

absl::StatusOr<KernelState*> SessionState::Get(const Node& node, const KernelDef& kernel) {
  std::string name = node.name();
  if (kernel.state_name != nullptr) {
    SESSILE_ASSIGN_OR_RETURN(name, kernel.state_name(node));
  }
  std::lock_guard lock(mutex_);
  const auto found = states_.find(name);
  if (found != states_.end()) return found->second.get();
  SESSILE_ASSIGN_OR_RETURN(std::unique_ptr<KernelState> state, kernel.state(node));
  return states_.emplace(std::move(name), std::move(state)).first->second.get();
}

}  // namespace sessile
