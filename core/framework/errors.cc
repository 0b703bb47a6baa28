#include "sessile/core/framework/errors.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sessile/core/framework/source_location.h"

namespace sessile::errors {

OpError::OpError(absl::Status status)
    : std::runtime_error(absl::StrCat(CodeName(status.code()), ": ", status.message())),
      status_(std::move(status)) {}

std::string CodeName(absl::StatusCode code) { return absl::StatusCodeToString(code); }

namespace {

// With the line of the builder that fails, unless the message names a node and its line already.
absl::Status Blamed(const absl::Status& status) {
  const std::string line = BlamedLine().ToString();
  if (status.ok() || line.empty() || absl::StrContains(status.message(), "built at ")) {
    return status;
  }
  return absl::Status(status.code(), absl::StrCat(status.message(), "\n\t (built at ", line, ")"));
}

}  // namespace

void ThrowIfError(const absl::Status& error) {
  const absl::Status status = Blamed(error);
  // clang-format off
  switch (status.code()) {
    case absl::StatusCode::kOk: return;
    case absl::StatusCode::kCancelled: throw CancelledError(status);
    case absl::StatusCode::kInvalidArgument: throw InvalidArgumentError(status);
    case absl::StatusCode::kDeadlineExceeded: throw DeadlineExceededError(status);
    case absl::StatusCode::kNotFound: throw NotFoundError(status);
    case absl::StatusCode::kAlreadyExists: throw AlreadyExistsError(status);
    case absl::StatusCode::kPermissionDenied: throw PermissionDeniedError(status);
    case absl::StatusCode::kResourceExhausted: throw ResourceExhaustedError(status);
    case absl::StatusCode::kFailedPrecondition: throw FailedPreconditionError(status);
    case absl::StatusCode::kAborted: throw AbortedError(status);
    case absl::StatusCode::kOutOfRange: throw OutOfRangeError(status);
    case absl::StatusCode::kUnimplemented: throw UnimplementedError(status);
    case absl::StatusCode::kInternal: throw InternalError(status);
    case absl::StatusCode::kUnavailable: throw UnavailableError(status);
    case absl::StatusCode::kDataLoss: throw DataLossError(status);
    case absl::StatusCode::kUnauthenticated: throw UnauthenticatedError(status);
    default: throw UnknownError(status);
  }
  // clang-format on
}

}  // namespace sessile::errors
