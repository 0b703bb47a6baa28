// The two macros by which absl::Status and absl::StatusOr travel upwards, and helpers to make
// errors.
//
//   SESSILE_RETURN_IF_ERROR(Check(shape));
//   SESSILE_ASSIGN_OR_RETURN(const Shape merged, Shape::Merge(a, b));
//
// core/ and kernels/ report every failure this way; nothing there throws. The front end turns a
// Status into an exception in one place (core/framework/errors.h).
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

#define SESSILE_RETURN_IF_ERROR(expr)                   \
  do {                                                  \
    if (absl::Status status_ = (expr); !status_.ok()) { \
      return status_;                                   \
    }                                                   \
  } while (false)

#define SESSILE_ASSIGN_OR_RETURN(lhs, expr) SESSILE_ASSIGN_OR_RETURN_2_(lhs, expr, __LINE__)
#define SESSILE_ASSIGN_OR_RETURN_2_(lhs, expr, line) SESSILE_ASSIGN_OR_RETURN_3_(lhs, expr, line)
#define SESSILE_ASSIGN_OR_RETURN_3_(lhs, expr, line) \
  auto status_or_##line = (expr);                    \
  if (!status_or_##line.ok()) {                      \
    return std::move(status_or_##line).status();     \
  }                                                  \
  lhs = *std::move(status_or_##line)

namespace sessile {

// Cold: what leads to an error is compiled for size and out of the way.
template <typename... Parts>
[[gnu::cold]] absl::Status InvalidArgument(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}
template <typename... Parts>
[[gnu::cold]] absl::Status NotFound(const Parts&... parts) {
  return absl::NotFoundError(absl::StrCat(parts...));
}
template <typename... Parts>
[[gnu::cold]] absl::Status FailedPrecondition(const Parts&... parts) {
  return absl::FailedPreconditionError(absl::StrCat(parts...));
}
template <typename... Parts>
[[gnu::cold]] absl::Status Unimplemented(const Parts&... parts) {
  return absl::UnimplementedError(absl::StrCat(parts...));
}
template <typename... Parts>
[[gnu::cold]] absl::Status Internal(const Parts&... parts) {
  return absl::InternalError(absl::StrCat(parts...));
}

// `status` with `suffix` after its message and its code kept.
inline absl::Status WithSuffix(const absl::Status& status, absl::string_view suffix) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(status.message(), suffix));
}

}  // namespace sessile
