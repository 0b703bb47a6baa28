// A line of the user's program, to blame in messages.
//
//   Operation no_op(std::string_view name, SourceLocation at = SourceLocation::Current());
#pragma once

#include <string>

namespace sessile {

// The line of the user's program that built a node; line 0 if it is not known.
struct SourceLocation {
  constexpr SourceLocation() = default;
  // As a default argument: the line of the call. (Clang 15 takes std::source_location::current() in
  // that place for the line of the declaration.)
  static constexpr SourceLocation Current(const char* file = __builtin_FILE(),
                                          int line = __builtin_LINE()) {
    SourceLocation at;
    at.file = file;
    at.line = line;
    return at;
  }
  // "main.cc:42", or "" if it is not known.
  std::string ToString() const;

  const char* file = "";
  int line = 0;
};

// The line of the public builder that runs in this thread; line 0 outside of builders. Set by
// SourceScope (ops/input.h).
SourceLocation& BlamedLine();

}  // namespace sessile
