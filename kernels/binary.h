// The kernel of operations on two elements, with broadcasting. A row is a type with
//
//   struct Sub : OfBits {
//     template <typename T>
//     static T Apply(T x, T y, Fault*) { return WrapSub(x, y); }
//   };
//   kernels.Add<Binary<Sub>::Kernel>("Sub").For<NumberTypes>("T");
//
// where the result is either T or a type that is the same for all T that are integers. An Apply
// that cannot give a result adds a bit to *fault; the run then fails with its text.
//
// There is one class for all operations and types: a pair needs no more than its loop. Small types
// are computed in wider ones (in_wider_type.h), piece by piece.
#pragma once

#include <cstdint>
#include <type_traits>

#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/rows.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {

// What went wrong: bits, which loops can collect in vectors.
using Fault = uint32_t;
inline constexpr Fault kDivisionByZero = 1, kNegativePower = 2;

// `count` elements of z from those of x and y, which advance by 0 or 1.
struct BinaryRun {
  const void* x;
  const void* y;
  void* z;
  int64_t x_step;
  int64_t y_step;
  int64_t count;
  Fault* fault;
};
using BinaryLoop = void (*)(const BinaryRun& run);

// The kernel whose elements of type `wide` the loop computes.
PreparedOr PrepareBinary(const PrepareContext& ctx, DataType wide, BinaryLoop loop);

template <typename Op>
struct Binary {
  template <typename T>
  struct Kernel {
    static PreparedOr Prepare(const PrepareContext& ctx) {
      using Computed = ComputedIn<Op, T>;
      return PrepareBinary(ctx, DataTypeOf<Computed>::value, &Run<Computed>);
    }
  };

  template <typename T>
  static void Run(const BinaryRun& run) {
    using Out = decltype(Op::Apply(T(), T(), run.fault));
    const T* const x = static_cast<const T*>(run.x);
    const T* const y = static_cast<const T*>(run.y);
    Out* const z = static_cast<Out*>(run.z);
    if constexpr (kUsual<T> || std::is_same_v<T, bool>) {
      if (run.count >= kShortRow && run.x_step == 1 && run.y_step == 1) {
        return VectorizedFor<T>([x, y, z, n = run.count, fault = run.fault] {
          Fault found = 0;
          SESSILE_NO_CARRIED_DEPENDENCE
          for (int64_t i = 0; i < n; ++i) z[i] = Op::Apply(x[i], y[i], &found);
          *fault |= found;
        });
      }
    }
    Fast([x, y, z, run] {
      for (int64_t i = 0; i < run.count; ++i) {
        z[i] = Op::Apply(x[i * run.x_step], y[i * run.y_step], run.fault);
      }
    });
  }
};

}  // namespace sessile
