// Errors as text.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "sessile/core/framework/errors.h"

namespace sessile {

inline std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

// "INVALID_ARGUMENT: message" of the error that `fn` throws, "no error" if it throws none.
template <typename Fn>
std::string ErrorOf(const Fn& fn) {
  try {
    fn();
  } catch (const errors::OpError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace sessile
