// The exceptions of the front end: one class for each status code, with TensorFlow's names.
//
//   try {
//     sess.run(train_op, {{inputs, batch}});
//   } catch (const tf::errors::InvalidArgumentError& e) {
//     std::cerr << e.what() << "\n";   // e.code(), e.message()
//   }
//
// Only the TF1-facing API (snake_case) throws. The machinery below it returns absl::Status;
// ThrowIfError is the one place where a Status becomes an exception.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sessile {
namespace errors {

class OpError : public std::runtime_error {
 public:
  explicit OpError(absl::Status status);
  absl::StatusCode code() const { return status_.code(); }
  std::string message() const { return std::string(status_.message()); }
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

// clang-format off
class CancelledError : public OpError { using OpError::OpError; };
class UnknownError : public OpError { using OpError::OpError; };
class InvalidArgumentError : public OpError { using OpError::OpError; };
class DeadlineExceededError : public OpError { using OpError::OpError; };
class NotFoundError : public OpError { using OpError::OpError; };
class AlreadyExistsError : public OpError { using OpError::OpError; };
class PermissionDeniedError : public OpError { using OpError::OpError; };
class ResourceExhaustedError : public OpError { using OpError::OpError; };
class FailedPreconditionError : public OpError { using OpError::OpError; };
class AbortedError : public OpError { using OpError::OpError; };
class OutOfRangeError : public OpError { using OpError::OpError; };
class UnimplementedError : public OpError { using OpError::OpError; };
class InternalError : public OpError { using OpError::OpError; };
class UnavailableError : public OpError { using OpError::OpError; };
class DataLossError : public OpError { using OpError::OpError; };
class UnauthenticatedError : public OpError { using OpError::OpError; };
// clang-format on

// TensorFlow's upper-case name of a code: "INVALID_ARGUMENT".
std::string CodeName(absl::StatusCode code);

// Throws the class that belongs to status.code(); returns if the status is OK. Inside a public
// builder the message ends with the user's line, "(built at main.cc:11)".
void ThrowIfError(const absl::Status& error);

template <typename T>
T ValueOrThrow(absl::StatusOr<T> value) {
  ThrowIfError(value.status());
  return *std::move(value);
}

}  // namespace errors
}  // namespace sessile
