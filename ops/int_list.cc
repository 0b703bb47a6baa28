#include "sessile/ops/int_list.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"

namespace sessile {

IntList::IntList(std::initializer_list<Item> values) {
  for (const Item& item : values) values_.push_back(item.value());
}

int64_t IntList::Checked(int64_t value, bool in_range) {
  if (!in_range) {
    errors::ThrowIfError(
        InvalidArgument("Expected an integer below 2^63, got ", static_cast<uint64_t>(value)));
  }
  return value;
}

std::string IntList::ToString() const {
  if (is_scalar_) return absl::StrCat(values_[0]);
  return absl::StrCat("[", absl::StrJoin(values_, ", "), "]");
}

}  // namespace sessile
