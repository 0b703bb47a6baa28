// How a run is ended before its time: by a token that somebody cancels, or by a deadline.
//
//   auto token = std::make_shared<tf::CancellationToken>();
//   sess.run(train_op, feeds, {.cancellation = token});    // in one thread
//   token->Cancel();                                       // in another: run throws CancelledError
//
// Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

#include "absl/status/status.h"

namespace sessile {

class CancellationToken {
 public:
  void Cancel() { cancelled_.store(true, std::memory_order_release); }
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }

 private:
  std::atomic<bool> cancelled_{false};
};

// What ends one run: the session's close, the caller's token, the time.
class RunLimits {
 public:
  using Clock = std::chrono::steady_clock;

  RunLimits(std::shared_ptr<const CancellationToken> closed,
            std::shared_ptr<const CancellationToken> token,
            std::optional<Clock::time_point> deadline)
      : closed_(std::move(closed)), token_(std::move(token)), deadline_(deadline) {}

  bool Exceeded() const { return Cancelled() || TimedOut(); }
  // OK, CANCELLED ("Run call was cancelled") or DEADLINE_EXCEEDED ("Timed out waiting for
  // notification"), as TensorFlow says it.
  absl::Status Check() const {
    if (Cancelled()) return absl::CancelledError("Run call was cancelled");
    if (TimedOut()) return absl::DeadlineExceededError("Timed out waiting for notification");
    return absl::OkStatus();
  }

 private:
  bool Cancelled() const {
    return (closed_ != nullptr && closed_->cancelled()) ||
           (token_ != nullptr && token_->cancelled());
  }
  bool TimedOut() const { return deadline_.has_value() && Clock::now() >= *deadline_; }

  std::shared_ptr<const CancellationToken> closed_;
  std::shared_ptr<const CancellationToken> token_;
  std::optional<Clock::time_point> deadline_;
};

}  // namespace sessile
