#include "sessile/core/framework/source_location.h"

#include <cstring>

#include "absl/strings/str_cat.h"

namespace sessile {

std::string SourceLocation::ToString() const {
  if (line == 0) return "";
  const char* slash = std::strrchr(file, '/');
  return absl::StrCat(slash == nullptr ? file : slash + 1, ":", line);
}

SourceLocation& BlamedLine() {
  thread_local SourceLocation line;
  return line;
}

}  // namespace sessile
