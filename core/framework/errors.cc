#include "sessile/core/framework/errors.h"

#include "absl/strings/str_cat.h"

namespace sessile::errors {

OpError::OpError(absl::Status status)
    : std::runtime_error(absl::StrCat(CodeName(status.code()), ": ", status.message())),
      status_(std::move(status)) {}

std::string CodeName(absl::StatusCode code) { return absl::StatusCodeToString(code); }

void ThrowIfError(const absl::Status& status) {
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
