#include "sessile/ops/function_bodies.h"

#include <algorithm>
#include <utility>

#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

// So many variants of a function, for different attributes, are remembered.
constexpr size_t kMostVariants = 64;

}  // namespace

absl::StatusOr<std::shared_ptr<const FunctionBody>> FunctionBodies::Get(
    const FunctionRef& function) {
  if (const Known* const known = Find(function)) return known->body;
  SESSILE_ASSIGN_OR_RETURN(FunctionBody read, library_.Instantiate(function));
  nodes_read_ += static_cast<int64_t>(read.nodes.size());
  auto body = std::make_shared<const FunctionBody>(std::move(read));
  std::vector<std::unique_ptr<Known>>& variants = known_[function.name];
  if (variants.size() < kMostVariants) {
    variants.push_back(std::make_unique<Known>(Known{function, body}));
  }
  return body;
}

int64_t FunctionBodies::SizeOf(const OpDef& op, const AttrMap& attrs) {
  int64_t size = 1;
  for (const FunctionRef& function : CalledBy(op, attrs)) {
    size = std::min(size + SizeOf(function), kMostNodes + 1);
  }
  return size;
}

FunctionBodies::Known* FunctionBodies::Find(const FunctionRef& function) {
  const auto found = known_.find(function.name);
  if (found == known_.end()) return nullptr;
  const auto same = std::find_if(found->second.begin(), found->second.end(),
                                 [&](const auto& v) { return v->function == function; });
  return same == found->second.end() ? nullptr : same->get();
}

std::vector<FunctionRef> FunctionBodies::CalledBy(const OpDef& op, const AttrMap& attrs) const {
  if (op.lower == nullptr) return {};
  if (graph_.FindFunction(op.name) == &op) return {{op.name, std::make_shared<AttrMap>(attrs)}};
  std::vector<FunctionRef> functions;
  for (const auto& [name, value] : attrs) {
    if (const auto* const one = value.get_if<FunctionRef>()) functions.push_back(*one);
    if (const auto* const list = value.get_if<AttrList>()) {
      functions.insert(functions.end(), list->functions.begin(), list->functions.end());
    }
  }
  return functions;
}

int64_t FunctionBodies::SizeOf(const FunctionRef& function) {
  // All that was read becomes nodes, most of it more than once.
  if (nodes_read_ > kMostNodes) return kMostNodes + 1;
  if (callers_ >= kMostCallers) return 0;
  const auto body = Get(function);
  if (!body.ok()) return 0;
  Known* const known = Find(function);
  if (known != nullptr && known->size >= 0) return known->size;
  if (known != nullptr) known->size = 0;  // for calls of itself
  ++callers_;
  int64_t size = 0;
  for (const BodyNode& node : (*body)->nodes) {
    size = std::min(size + SizeOf(*node.op, node.attrs), kMostNodes + 1);
  }
  --callers_;
  if (known != nullptr) known->size = size;
  return size;
}

}  // namespace sessile
