// The kernel of functions of one element, or of two in the same place. A row is a type with
//
//   struct IsNan {
//     template <typename T>
//     static bool Apply(T x) { return std::isnan(x); }
//   };
//   kernels.Add<Map<IsNan>::Kernel>("IsNan").For<AllFloatTypes>("T");
//
// where the result is either T or a type that is the same for all small T (in_wider_type.h), which
// are computed in wider ones, piece by piece. An Apply may take an Alpha after the elements.
//
// There is one class for all functions and types: a pair needs no more than its loop.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

#include "sessile/core/framework/status.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {

// The attribute of that name.
struct Alpha {
  float value;
};

// out[i] = f(in[0][i], in[1][i]) for i < n; `out` may be one of `in`.
using MapLoop = void (*)(const void* const* in, void* out, int64_t n, Alpha alpha);

// The kernel whose elements of type `wide` the loop computes, one from each of the inputs, which
// have as many elements.
PreparedOr PrepareMap(const PrepareContext& ctx, DataType wide, MapLoop loop);

// A check of two operands: "Inputs to operation ReluGrad of type ReluGrad must have the same size
// and shape.  Input 0: [2] != input 1: [3]".
absl::Status CheckSameShapes(const PrepareContext& ctx, const std::string& op);

template <typename Op, absl::Status (*check)(const PrepareContext&) = nullptr>
struct Map {
  template <typename T>
  struct Kernel {
    static PreparedOr Prepare(const PrepareContext& ctx) {
      if constexpr (check != nullptr) SESSILE_RETURN_IF_ERROR(check(ctx));
      using Computed = ComputedIn<Op, T>;
      return PrepareMap(ctx, DataTypeOf<Computed>::value, &Run<Computed>);
    }
  };

 private:
  template <typename T>
  static void Run(const void* const* in, void* out, int64_t n, [[maybe_unused]] Alpha alpha) {
    const T* const x = static_cast<const T*>(in[0]);
    if constexpr (requires { Op::Apply(T()); }) {
      Fill<T>(out, n, [x](int64_t i) { return Op::Apply(x[i]); });
    } else if constexpr (requires { Op::Apply(T(), alpha); }) {
      Fill<T>(out, n, [x, alpha](int64_t i) { return Op::Apply(x[i], alpha); });
    } else {
      const T* const y = static_cast<const T*>(in[1]);
      if constexpr (requires { Op::Apply(T(), T()); }) {
        Fill<T>(out, n, [x, y](int64_t i) { return Op::Apply(x[i], y[i]); });
      } else {
        Fill<T>(out, n, [x, y, alpha](int64_t i) { return Op::Apply(x[i], y[i], alpha); });
      }
    }
  }

  template <typename T, typename F>
  static void Fill(void* out, int64_t n, F f) {
    using Out = decltype(f(n));
    Out* const to = static_cast<Out*>(out);
    const auto loop = [=] {
      SESSILE_NO_CARRIED_DEPENDENCE
      for (int64_t i = 0; i < n; ++i) to[i] = f(i);
    };
    if constexpr (std::is_same_v<Out, T> && (kUsual<T> || std::is_same_v<T, bool>)) {
      VectorizedFor<T>(loop);
    } else if constexpr (kIsComplex<T>) {
      Fast(loop);
    } else {
      loop();
    }
  }
};

}  // namespace sessile
