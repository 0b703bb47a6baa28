// Conditionals and loops.
//
//   auto y = tf::cond(is_training, [&] { return a * 2; }, [&] { return b; });
//   auto [mean, var] = tf::cond(p, [&] { return std::pair(m1, v1); }, [&] { return std::pair(m2,
//   v2); });
//
// Nodes that a branch builds run only if the branch is taken; nodes built outside of the branches
// run in any case, also if only one branch reads them.
#pragma once

#include <array>
#include <cstdint>
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
  static_assert(std::is_invocable_v<TrueFn&> && std::is_invocable_v<FalseFn&>,
                "'true_fn' and 'false_fn' must be functions without arguments");
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

// A condition of case_ and what is built for it.
struct CaseBranch {
  template <typename F>
  CaseBranch(Input condition, F build)
      : pred(std::move(condition)),
        fn([build]() mutable { return internal::ResultOf<F>::Flatten(build()); }) {}

  Input pred;
  BranchFn fn;
};

struct CaseOptions {
  bool exclusive = false;  // a run where more than one condition is true fails
  std::string name = "case";
};

namespace internal {
std::vector<Output> BuildCase(const std::vector<CaseBranch>& pred_fn_pairs,
                              const BranchFn& default_fn, const CaseOptions& options);
}  // namespace internal

// What the function of the first condition that is true returns, else what `default_fn` returns:
// one cond within the other. The result has the form of default_fn's. Throws as cond does.
//   auto y = tf::case_({{x < 0, [&] { return a; }}, {x > 9, [&] { return b; }}}, [&] { return c;
//   });
template <typename DefaultFn>
auto case_(const std::vector<CaseBranch>& pred_fn_pairs, DefaultFn default_fn,
           const CaseOptions& options = {}) {
  return internal::ResultOf<DefaultFn>::Pack(
      internal::BuildCase(pred_fn_pairs, internal::Branch(default_fn), options));
}

struct WhileOptions {
  // Of the loop variables, if they change from turn to turn; by default the initial ones.
  std::vector<Shape> shape_invariants = {};
  int64_t parallel_iterations = 10;  // kept in the graph; turns run one after the other here
  bool back_prop = true;             // false: gradients take the results for constants
  bool swap_memory = false;          // kept in the graph: a CPU has no other memory to swap to
  std::optional<Input> maximum_iterations = {};
  std::string name = {};
};

namespace internal {

using LoopFn = std::function<std::vector<BranchValue>(const std::vector<Output>&)>;

template <typename F, size_t... I>
constexpr bool TakesOutputs(std::index_sequence<I...>) {
  return std::is_invocable_v<F&, std::conditional_t<I + 1 != 0, Output, void>...>;
}

void CheckLoopArguments(size_t taken, size_t given);

// Calls `fn` with the vector, or with its elements.
template <size_t N = 1, typename F>
auto CallWithValues(F& fn, const std::vector<Output>& values) {
  constexpr size_t kMostVariables = 12;
  if constexpr (std::is_invocable_v<F&, const std::vector<Output>&>) {
    return fn(values);
  } else if constexpr (TakesOutputs<F>(std::make_index_sequence<N>())) {
    CheckLoopArguments(N, values.size());
    return [&]<size_t... I>(std::index_sequence<I...>) { return fn(values[I]...); }
    (std::make_index_sequence<N>());
  } else if constexpr (N < kMostVariables) {
    return CallWithValues<N + 1>(fn, values);
  } else {
    static_assert(N < kMostVariables,
                  "'cond' and 'body' take the loop variables as tf::Output each, or a "
                  "std::vector<tf::Output> of them, and return tensors (not a list in braces)");
    return Output();
  }
}

template <typename F>
LoopFn AsLoopFn(F& fn) {
  return [&fn](const std::vector<Output>& values) {
    auto result = CallWithValues(fn, values);
    return BranchResult<std::decay_t<decltype(result)>>::Flatten(result);
  };
}

std::vector<Output> BuildWhile(const LoopFn& cond, const LoopFn& body, const InputList& loop_vars,
                               const WhileOptions& options);

}  // namespace internal

// The loop variables after as many turns as `cond` is true: each turn replaces them by what `body`
// returns.
//   auto sums = tf::while_loop([&](tf::Output i, tf::Output sum) { return i < n; },
//                              [&](tf::Output i, tf::Output sum) {
//                                auto next = i + 1;
//                                return std::pair(next, sum + x);
//                              },
//                              {0, 0.0});
// Both are called once, here, with the variables as arguments or as one std::vector<Output>; `body`
// returns what a branch of cond may. What they use from outside is the same in all turns. Throws
// errors::InvalidArgumentError if types change, or shapes that no invariant allows.
//
// tf::gradients goes through loops: the values that a gradient needs are pushed on stacks by the
// turns of the loop and popped by those of a second one, which counts back. As in TensorFlow, that
// second loop has no gradients: none flows through the stacks (the result is empty), and one that
// reaches the loop otherwise is an errors::UnimplementedError.
template <typename Cond, typename Body>
std::vector<Output> while_loop(Cond cond, Body body, const InputList& loop_vars,
                               const WhileOptions& options = {}) {
  return internal::BuildWhile(internal::AsLoopFn(cond), internal::AsLoopFn(body), loop_vars,
                              options);
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
