// Which of several codes is the fastest, where measuring said something else than our rules.
//
//   if (std::string_view name = TunedChoice("Conv2D 3x3/1 4->8 28x28 to 28x28"); !name.empty()) ...
//
// A table, checked in (tuned_rows.inc), one row for an instruction set and a piece of work.
// `sessile tune` measures the convolutions of a graph and writes rows. Nothing is timed when a
// program runs: it would make bits, and the start, vary from run to run.
#pragma once

#include <span>
#include <string_view>
#include <utility>

namespace sessile {

struct TunedRow {
  std::string_view instruction_set;
  std::string_view work;
  std::string_view name;  // of the code

  constexpr std::pair<std::string_view, std::string_view> key() const {
    return {instruction_set, work};
  }
};

// All, sorted by their keys.
std::span<const TunedRow> TunedRows();

// Of the machine, as rows name it: "avx512", "avx2"; "plain" where neither is supported.
std::string_view InstructionSet();

// The name of the code for `work` on this machine. Empty: no row.
std::string_view TunedChoice(std::string_view work);

}  // namespace sessile
