// The kernels of optimizers that keep slots for each variable: one pass over the variable, its
// slots and the gradient, in place; of all elements, or of the rows that `indices` name. A rule is
// a struct like
//
//   struct Adagrad {
//     static constexpr std::array kInputs = {"accum", "lr", "grad"};  // after `var`
//     static constexpr int kSlots = 1;                                // the first of them
//     static constexpr int kGrad = 3;                                 // its place among all inputs
//     static constexpr std::string_view kFlag = "";                   // an attribute, or none
//     template <typename W>
//     struct Step {
//       template <typename S>
//       Step(const S& in, bool flag) : lr(in[2]) {}                   // reads the scalars
//       void operator()(W& var, W& accum, W grad) const;              // one element of each
//       const W lr;
//     };
//   };
//   kernels.Add<Apply<Adagrad>::Kernel>("ApplyAdagrad").For<AllFloatTypes>("T");
#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {

// The scalars of a node at one run, by their place among its inputs, the indices not counted.
using ApplyScalars = std::array<std::complex<double>, 9>;

// The same in the type of the elements.
template <typename W>
struct Scalars {
  W operator[](int i) const {
    const std::complex<double> value = values[static_cast<size_t>(i)];
    if constexpr (kIsComplex<W>) {
      return static_cast<W>(value);
    } else {
      return static_cast<W>(value.real());
    }
  }
  const ApplyScalars& values;
};

// Steps for n elements: of the variable, followed by its slots, and of the gradient.
using StepLoop = void (*)(const ApplyScalars& scalars, bool flag, void* const* state,
                          const void* grad, int64_t n);

// What the kernels know of a rule.
struct RuleFacts {
  std::span<const char* const> inputs;
  int slots;
  int grad;
  std::string_view flag;

  template <typename Rule>
  static constexpr RuleFacts Of() {
    return {Rule::kInputs, Rule::kSlots, Rule::kGrad, Rule::kFlag};
  }
  absl::StatusOr<bool> FlagOf(const PrepareContext& ctx) const {
    if (flag.empty()) return false;
    return ctx.Attr<bool>(flag);
  }
};

template <typename Rule>
struct Steps {
  template <typename W>
  static void Run(const ApplyScalars& scalars, bool flag, void* const* state, const void* grad,
                  int64_t n) {
    const typename Rule::template Step<W> step(Scalars<W>{scalars}, flag);
    Walk<W>(step, state, static_cast<const W*>(grad), n, std::make_index_sequence<Rule::kSlots>());
  }

 private:
  template <typename W, typename Step, size_t... kSlot>
  static void Walk(const Step& step, void* const* state, const W* grad, int64_t n,
                   std::index_sequence<kSlot...>) {
    W* const var = static_cast<W*>(state[0]);
    const std::array<W*, sizeof...(kSlot)> slots = {static_cast<W*>(state[kSlot + 1])...};
    VectorizedFor<W>([=] {
      SESSILE_NO_CARRIED_DEPENDENCE
      for (int64_t i = 0; i < n; ++i) {
        W v = var[i];
        std::array<W, sizeof...(kSlot)> s = {slots[kSlot][i]...};
        step(v, s[kSlot]..., grad[i]);
        var[i] = v;
        ((slots[kSlot][i] = s[kSlot]), ...);
      }
    });
  }
};

// `loop` steps elements of type `wide`.
absl::StatusOr<std::unique_ptr<Prepared>> PrepareApply(const PrepareContext& ctx,
                                                       const RuleFacts& rule, StepLoop loop,
                                                       DataType type, DataType wide);
absl::StatusOr<std::unique_ptr<Prepared>> PrepareSparseApply(const PrepareContext& ctx,
                                                             const RuleFacts& rule, StepLoop loop,
                                                             DataType type, DataType wide);

// The type in which elements of T are computed.
template <typename T>
using StepElement = std::conditional_t<kIsComplex<T>, std::complex<double>, Wide<T>>;

template <typename Rule>
struct Apply {
  template <typename T>
  struct Kernel {
    static PreparedOr Prepare(const PrepareContext& ctx) {
      using W = StepElement<T>;
      return PrepareApply(ctx, RuleFacts::Of<Rule>(), Steps<Rule>::template Run<W>,
                          DataTypeOf<T>::value, DataTypeOf<W>::value);
    }
  };
};

template <typename Rule>
struct SparseApply {
  template <typename T>
  struct Kernel {
    static PreparedOr Prepare(const PrepareContext& ctx) {
      using W = StepElement<T>;
      return PrepareSparseApply(ctx, RuleFacts::Of<Rule>(), Steps<Rule>::template Run<W>,
                                DataTypeOf<T>::value, DataTypeOf<W>::value);
    }
  };
};

}  // namespace sessile
