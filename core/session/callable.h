// A run that is made ready once and called many times, with values alone.
//
//   auto step = sess.make_callable({loss, train_op}, {x, y});   // fetches, feed_list
//   for (...) float l = step(images, labels)[0].scalar<float>();
//
// Names and places are looked up when it is made, not at each call. It keeps the session's
// machinery alive, but once the session is closed or gone, calls fail. Thread-safe, as Session::run
// is.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/session/feed.h"

namespace sessile {

class Callable {
 public:
  // Takes one value for each place of the feed list, in its order, and gives one Tensor for each
  // fetch, empty for operations. Throws as Session::run does, and errors::InvalidArgumentError for
  // another number of values.
  template <typename... Values>
  std::vector<Tensor> operator()(const Values&... values) const {
    const std::array<FeedValue, sizeof...(Values)> fed = {FeedValue(values)...};
    return RunOrThrow(fed);
  }
  // The same into `results`, one for each fetch. A result that holds a tensor of the fetch's type
  // and shape, of which there is no copy anywhere, keeps its memory, and what is fetched is written
  // there; an error may leave it half written. In a steady state such calls allocate nothing but
  // what oneDNN does, nor do those that fetch operations alone.
  //
  //   std::vector<Tensor> logits(1);
  //   while (...) infer.into(logits, images);
  template <typename... Values>
  void into(std::span<Tensor> results, const Values&... values) const {
    const std::array<FeedValue, sizeof...(Values)> fed = {FeedValue(values)...};
    RunIntoOrThrow(fed, results);
  }
  // Both without exceptions. INVALID_ARGUMENT: another number of values or of results.
  absl::StatusOr<std::vector<Tensor>> Run(std::span<const FeedValue> values) const;
  absl::Status RunInto(std::span<const FeedValue> values, std::span<Tensor> results) const;

 private:
  friend class Session;
  struct State;
  explicit Callable(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::vector<Tensor> RunOrThrow(std::span<const FeedValue> values) const;
  void RunIntoOrThrow(std::span<const FeedValue> values, std::span<Tensor> results) const;

  std::shared_ptr<const State> state_;
};

}  // namespace sessile
