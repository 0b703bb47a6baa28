// What a session keeps between runs: the state of its stateful nodes, by name.
//
//   SESSILE_ASSIGN_OR_RETURN(KernelState* const state, states.Get(node, kernel));
//
// Thread-safe. A state lives as long as the session.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/graph/node.h"

namespace sessile {

class SessionState {
 public:
  // The state of `node`, made at the first call. REQUIRES: its kernel has one.
  absl::StatusOr<KernelState*> Get(const Node& node, const KernelDef& kernel);

 private:
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<KernelState>, std::less<>> states_;
};

}  // namespace sessile
