// Functions applied along the first axis of tensors, one element after the other, in a loop.
//
//   auto norms = tf::map_fn([](tf::Output row) { return tf::norm(row); }, x);
//   auto sums = tf::scan([](tf::Output sum, tf::Output row) { return sum + row; }, x);
//   auto last = tf::foldl([](tf::Output a, tf::Output v) { return a * v; }, x, {.initializer
//   = 1.0});
//
// A function is called once, here; it takes and returns what a body of while_loop may. Nodes are
// TensorFlow's. tf::gradients goes through them. Throws errors::InvalidArgumentError if sizes or
// types do not fit.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sessile/core/graph/output.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/input.h"

namespace sessile {

// One tensor or several, all of one length along their first axis.
class ElementTensors {
 public:
  ElementTensors(const Output& tensor) : tensors_{tensor} {}  // NOLINT: meant to convert
  ElementTensors(std::initializer_list<Output> tensors) : tensors_(tensors) {}
  ElementTensors(std::vector<Output> tensors) : tensors_(std::move(tensors)) {}  // NOLINT
  const std::vector<Output>& tensors() const { return tensors_; }

 private:
  std::vector<Output> tensors_;
};

struct MapFnOptions {
  std::vector<DataType> dtype = {};  // of the results, if they are not those of the elements
  int64_t parallel_iterations = 10;
  bool infer_shape = true;
  std::string name = {};
};

struct ScanOptions {
  InputList initializer = {};  // what comes before the first element, or nothing
  int64_t parallel_iterations = 10;
  bool reverse = false;  // from the last element to the first
  bool infer_shape = true;
  std::string name = {};
};

struct FoldOptions {
  InputList initializer = {};
  int64_t parallel_iterations = 10;
  std::string name = {};
};

namespace internal {

using FoldFn =
    std::function<std::vector<BranchValue>(const std::vector<Output>&, const std::vector<Output>&)>;

std::vector<Output> BuildMap(const LoopFn& fn, const ElementTensors& elems,
                             const MapFnOptions& options);
std::vector<Output> BuildScan(const FoldFn& fn, const ElementTensors& elems,
                              const ScanOptions& options);
std::vector<Output> BuildFold(const FoldFn& fn, const ElementTensors& elems,
                              const FoldOptions& options, bool from_left);

// `fn` takes the accumulator and the element, or a vector of each.
template <typename F>
struct Fold {
  static constexpr bool kPlain = std::is_invocable_v<F&, Output, Output>;
  static auto Call(F& fn, const std::vector<Output>& a, const std::vector<Output>& elems) {
    if constexpr (kPlain) {
      CheckLoopArguments(1, a.size());
      CheckLoopArguments(1, elems.size());
      return fn(a[0], elems[0]);
    } else {
      return fn(a, elems);
    }
  }
  using Result = BranchResult<
      std::decay_t<decltype(Call(std::declval<F&>(), std::declval<std::vector<Output>>(),
                                 std::declval<std::vector<Output>>()))>>;
  static FoldFn Erased(F& fn) {
    return [&fn](const std::vector<Output>& a, const std::vector<Output>& elems) {
      return Result::Flatten(Call(fn, a, elems));
    };
  }
};

template <typename F>
using MapResult = BranchResult<std::decay_t<decltype(CallWithValues(
    std::declval<F&>(), std::declval<const std::vector<Output>&>()))>>;

}  // namespace internal

// fn(element) for each element of `elems`, stacked.
template <typename F>
auto map_fn(F fn, const ElementTensors& elems, const MapFnOptions& options = {}) {
  return internal::MapResult<F>::Pack(internal::BuildMap(internal::AsLoopFn(fn), elems, options));
}

// The accumulators a = fn(a, element), stacked. The first one is the initializer, which is not
// among them, or without one the first element.
template <typename F>
auto scan(F fn, const ElementTensors& elems, const ScanOptions& options = {}) {
  using Fold = internal::Fold<F>;
  return Fold::Result::Pack(internal::BuildScan(Fold::Erased(fn), elems, options));
}

// The last accumulator, from the first element to the last; foldr: from the last to the first.
template <typename F>
auto foldl(F fn, const ElementTensors& elems, const FoldOptions& options = {}) {
  using Fold = internal::Fold<F>;
  return Fold::Result::Pack(internal::BuildFold(Fold::Erased(fn), elems, options, true));
}
template <typename F>
auto foldr(F fn, const ElementTensors& elems, const FoldOptions& options = {}) {
  using Fold = internal::Fold<F>;
  return Fold::Result::Pack(internal::BuildFold(Fold::Erased(fn), elems, options, false));
}

}  // namespace sessile
