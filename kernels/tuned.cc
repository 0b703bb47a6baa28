#include "sessile/kernels/tuned.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sessile/kernels/tiles.h"

namespace sessile {
namespace {

constexpr TunedRow kRows[] = {
    {"", "", ""},  // an array has an element, even where there is no row
#include "sessile/kernels/tuned_rows.inc"
};

constexpr bool AreSorted() {
  const auto unordered = [](const TunedRow& a, const TunedRow& b) { return !(a.key() < b.key()); };
  return std::adjacent_find(std::begin(kRows), std::end(kRows), unordered) == std::end(kRows);
}
static_assert(AreSorted(), "rows are looked up by halving: sorted, and each key once");

}  // namespace

std::string_view InstructionSet() {
  const std::span<const tiles::Kernels* const> supported = tiles::SupportedKernels();
  return supported.empty() ? "plain" : supported.back()->instruction_set;
}

std::span<const TunedRow> TunedRows() { return std::span(kRows).subspan(1); }

std::string_view TunedChoice(std::string_view work) {
  const std::pair wanted(InstructionSet(), work);
  const std::span<const TunedRow> rows = TunedRows();
  const auto found =
      std::lower_bound(rows.begin(), rows.end(), wanted,
                       [](const TunedRow& row, const auto& key) { return row.key() < key; });
  return found != rows.end() && found->key() == wanted ? found->name : std::string_view();
}

}  // namespace sessile
