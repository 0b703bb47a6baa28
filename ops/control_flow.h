// Conditionals.
//
//   auto y = tf::cond(is_training, [&] { return a * 2; }, [&] { return b; });
//   auto [mean, var] = tf::cond(p, [&] { return std::pair(m1, v1); }, [&] { return std::pair(m2,
//   v2); });
//
// Nodes that a branch builds run only if the branch is taken; nodes built outside of the branches
// run in any case, also if only one branch reads them.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "sessile/core/graph/output.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/input.h"

namespace sessile {

struct CondOptions {
  std::string name = "cond";
};

// One value that a branch returns: a tensor, or whatever becomes one; or an operation, in whose
// place stands a tensor that waits for it.
struct BranchValue {
  BranchValue(const Operation& op) : operation(op) {}  // NOLINT: meant to convert
  template <typename T>
  requires std::convertible_to<const T&, Input> BranchValue(const T& v)
      : value(v) {}  // NOLINT: meant to convert

  Operation operation;
  std::optional<Input> value;
};
using BranchFn = std::function<std::vector<BranchValue>()>;

namespace internal {

// The values of a branch's result, one after the other, and the result made of such values.
template <typename T>
struct BranchResult {
  using Outputs = Output;
  static std::vector<BranchValue> Flatten(const T& value) { return {BranchValue(value)}; }
  static Outputs Pack(const std::vector<Output>& values) { return values.at(0); }
};
template <typename T>
struct BranchResult<std::vector<T>> {
  using Outputs = std::vector<Output>;
  static std::vector<BranchValue> Flatten(const std::vector<T>& values) {
    return std::vector<BranchValue>(values.begin(), values.end());
  }
  static Outputs Pack(const std::vector<Output>& values) { return values; }
};
template <typename T, size_t N>
struct BranchResult<std::array<T, N>> {
  using Outputs = std::array<Output, N>;
  static std::vector<BranchValue> Flatten(const std::array<T, N>& values) {
    return std::vector<BranchValue>(values.begin(), values.end());
  }
  static Outputs Pack(const std::vector<Output>& values) {
    Outputs result;
    for (size_t i = 0; i < N; ++i) result[i] = values.at(i);
    return result;
  }
};
template <typename... Ts>
struct BranchResult<std::tuple<Ts...>> {
  template <typename>
  using OutputFor = Output;
  using Outputs = std::tuple<OutputFor<Ts>...>;
  static std::vector<BranchValue> Flatten(const std::tuple<Ts...>& values) {
    return std::apply([](const Ts&... v) { return std::vector<BranchValue>{BranchValue(v)...}; },
                      values);
  }
  static Outputs Pack(const std::vector<Output>& values) {
    return [&]<size_t... I>(std::index_sequence<I...>) { return Outputs(values.at(I)...); }
    (std::index_sequence_for<Ts...>());
  }
};
template <typename A, typename B>
struct BranchResult<std::pair<A, B>> {
  using Outputs = std::pair<Output, Output>;
  static std::vector<BranchValue> Flatten(const std::pair<A, B>& values) {
    return {BranchValue(values.first), BranchValue(values.second)};
  }
  static Outputs Pack(const std::vector<Output>& values) { return {values.at(0), values.at(1)}; }
};

template <typename F>
using ResultOf = BranchResult<std::decay_t<std::invoke_result_t<F&>>>;

template <typename F>
BranchFn Branch(F& fn) {
  static_assert(!std::is_void_v<std::invoke_result_t<F&>>,
                "'true_fn' and 'false_fn' must have a return value");
  return [&fn] { return ResultOf<F>::Flatten(fn()); };
}

std::vector<Output> BuildCond(const Input& pred, const BranchFn& true_fn, const BranchFn& false_fn,
                              const CondOptions& options);
// What a branch returns when no cond is built.
std::vector<Output> BuildBranch(const BranchFn& fn);

}  // namespace internal

// What true_fn returns if `pred` (a bool scalar tensor) is true, else what false_fn returns. Both
// are called, once, here. They return a tensor (a Variable and a number become one), an operation,
// or a vector, array, pair or tuple of these; the result has the form of true_fn's, of Outputs.
// Throws errors::InvalidArgumentError if they return unlike numbers or types of values.
template <typename TrueFn, typename FalseFn>
auto cond(Input pred, TrueFn true_fn, FalseFn false_fn, CondOptions options = {}) {
  return internal::ResultOf<TrueFn>::Pack(
      internal::BuildCond(pred, internal::Branch(true_fn), internal::Branch(false_fn), options));
}

// The value of `pred` if it is known now: it is a C++ bool, 0 or 1, or a constant of the graph.
std::optional<bool> smart_constant_value(const Input& pred);

// cond, unless the value of `pred` is known: then only that branch is called, and built without
// condition.
template <typename TrueFn, typename FalseFn>
auto smart_cond(Input pred, TrueFn true_fn, FalseFn false_fn, CondOptions options = {}) {
  using Result = internal::ResultOf<TrueFn>;
  const std::optional<bool> value = smart_constant_value(pred);
  if (!value.has_value()) {
    return Result::Pack(
        internal::BuildCond(pred, internal::Branch(true_fn), internal::Branch(false_fn), options));
  }
  return Result::Pack(
      internal::BuildBranch(*value ? internal::Branch(true_fn) : internal::Branch(false_fn)));
}

struct SwitchResult {
  Output output_false;
  Output output_true;
};
// Passes `data` to the output that `pred` (a bool scalar) names; the other one is dead, and so is
// what is computed from it.
SwitchResult switch_(Input data, Input pred, std::string_view name = {});
// The same for a variable's own output too, placed with `data` and nothing else.
SwitchResult switch_ref_or_tensor(const Output& data, const Output& pred,
                                  std::string_view name = "Switch");

struct MergeResult {
  Output output;
  Output value_index;
};
// Passes on the one of `inputs` that is alive. At most one may be.
MergeResult merge(const std::vector<Output>& inputs, std::string_view name = {});

}  // namespace sessile
