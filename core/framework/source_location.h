// A line of the user's program, to blame in messages.
#pragma once

#include <string>

namespace sessile {

// The line of the user's program that built a node; line 0 if it is not known.
struct SourceLocation {
  const char* file = "";
  int line = 0;
  // "main.cc:42", or "" if it is not known.
  std::string ToString() const;
};

// The line of the public builder that runs in this thread; line 0 outside of builders. Set by
// SourceScope (ops/input.h).
SourceLocation& BlamedLine();

}  // namespace sessile
