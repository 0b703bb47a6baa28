#include "sessile/core/graph/collection.h"

#include <algorithm>

namespace sessile {

void Collections::Add(std::string_view name, CollectionItem item) {
  auto it = lists_.find(name);
  if (it == lists_.end())
    it = lists_.emplace(std::string(name), std::vector<CollectionItem>()).first;
  it->second.push_back(std::move(item));
}

void Collections::AddOnce(std::string_view name, CollectionItem item) {
  const std::vector<CollectionItem>& list = Get(name);
  if (std::find(list.begin(), list.end(), item) == list.end()) Add(name, std::move(item));
}

const std::vector<CollectionItem>& Collections::Get(std::string_view name) const {
  static const std::vector<CollectionItem> kEmpty;
  const auto it = lists_.find(name);
  return it == lists_.end() ? kEmpty : it->second;
}

void Collections::Clear(std::string_view name) {
  const auto it = lists_.find(name);
  if (it != lists_.end()) lists_.erase(it);
}

std::vector<std::string> Collections::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, list] : lists_) names.push_back(name);
  return names;
}

}  // namespace sessile
