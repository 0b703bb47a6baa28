#include "sessile/tools/sessile/choices.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/io/file.h"

using namespace sessile;  // NOLINT: a program of the library

namespace {

constexpr char kHead[] =
    "// {instruction set, work, the fastest code for it}: see tuned.h. Written by `sessile "
    "tune`.\n";

}  // namespace

absl::StatusOr<Choices> ReadChoices(const std::string& path) {
  SESSILE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  Choices choices;
  int number = 0;
  for (const absl::string_view raw : absl::StrSplit(text, '\n')) {
    ++number;
    const absl::string_view line = absl::StripAsciiWhitespace(raw);
    if (line.empty() || absl::StartsWith(line, "//")) continue;
    // {"a", "b", "c"}, between its quotation marks.
    const std::vector<std::string> parts = absl::StrSplit(line, '"');
    if (parts.size() != 7 || parts[0] != "{" || parts[2] != ", " || parts[4] != ", " ||
        parts[6] != "},") {
      return InvalidArgument(
          path, ", line ", number,
          ": expected {\"SET\", \"WORK\", \"NAME\"}, and not: ", std::string(line));
    }
    const auto [row, is_new] = choices.insert({{parts[1], parts[3]}, parts[5]});
    if (!is_new) {
      return InvalidArgument(path, ", line ", number, ": there is a row for ", parts[1], ", ",
                             parts[3], " already: ", row->second);
    }
  }
  return choices;
}

absl::Status WriteChoices(const std::string& path, const Choices& choices) {
  std::string text = kHead;
  for (const auto& [key, name] : choices) {
    absl::StrAppend(&text, "{\"", key.first, "\", \"", key.second, "\", \"", name, "\"},\n");
  }
  return WriteFile(path, text);
}
