// Which variables a Saver saves, and under which names.

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/saver.h"

namespace sessile::train {
namespace {

// "10 4 2,5:0,4".
std::string PartText(const VariableSlice& slice) {
  std::vector<std::string> extents;
  for (size_t i = 0; i < std::min(slice.offset.size(), slice.shape.size()); ++i) {
    extents.push_back(absl::StrCat(slice.offset[i], ",", slice.shape[i]));
  }
  return absl::StrCat(absl::StrJoin(slice.full_shape, " "), " ", absl::StrJoin(extents, ":"));
}

// Two neighbours of one name must be parts of one tensor.
absl::Status CheckNames(const std::vector<VarList::Item>& items) {
  for (size_t i = 1; i < items.size(); ++i) {
    if (items[i].name != items[i - 1].name) continue;
    if (items[i].part.empty()) {
      return InvalidArgument("At least two variables have the same name: ", items[i].name);
    }
    if (items[i - 1].part.empty()) {
      return InvalidArgument("Mixing slices and non-slices with the same name: ", items[i].name);
    }
  }
  return absl::OkStatus();
}

std::vector<VarList::Item> ItemsOf(const std::map<std::string, Variable>& variables) {
  std::vector<VarList::Item> items;
  for (const auto& [name, variable] : variables) items.emplace_back(name, variable);
  return items;
}

}  // namespace

VarList::Item::Item(const Variable& saved) : name(saved.op().name()), variable(saved) {
  const std::optional<VariableSlice> slice = saved.record().slice;
  if (!slice.has_value()) return;
  name = slice->full_name;
  part = PartText(*slice);
}

VarList::VarList(const std::map<std::string, Variable>& variables) : VarList(ItemsOf(variables)) {}

VarList::VarList(std::vector<Item> items) : items_(std::move(items)) {
  // By "v/part_10:0", which comes before "v/part_1:0".
  std::sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) {
    return std::tuple(a.name, a.variable.name()) < std::tuple(b.name, b.variable.name());
  });
  errors::ThrowIfError(CheckNames(items_));
}

}  // namespace sessile::train
