#include "sessile/core/session/variable_contents.h"

#include <algorithm>
#include <atomic>

namespace sessile {
namespace {

// Not zero, which stands for none.
uint64_t NewId() {
  static std::atomic<uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

VariableContents::VariableContents(std::span<VariableState* const> variables) : id_(NewId()) {
  seen_.reserve(variables.size());
  tensors_.reserve(variables.size());
  for (const VariableState* variable : variables) {
    // In this order: what changes in between makes the contents outdated at once.
    seen_.push_back({variable, variable->version()});
    tensors_.push_back(variable->content());
  }
}

bool VariableContents::is_current() const {
  return std::all_of(seen_.begin(), seen_.end(),
                     [](const Seen& seen) { return seen.variable->version() == seen.version; });
}

}  // namespace sessile
