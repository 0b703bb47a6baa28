// A run that is made ready once and called many times, with values alone.
//
//   auto step = sess.make_callable({loss, train_op}, {x, y});   // fetches, feed_list
//   for (...) float l = step(images, labels)[0].scalar<float>();
//
// Names and places are looked up when it is made, not at each call. It keeps the session's
// machinery alive, but once the session is closed or gone, calls fail. Thread-safe, as Session::run
// is.
#pragma once

#include <memory>
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
    return CallOrThrow({FeedValue(values)...});
  }
  // The same without exceptions.
  absl::StatusOr<std::vector<Tensor>> Run(const std::vector<FeedValue>& values) const;

 private:
  friend class Session;
  struct State;
  explicit Callable(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::vector<Tensor> CallOrThrow(const std::vector<FeedValue>& values) const;

  std::shared_ptr<const State> state_;
};

}  // namespace sessile
