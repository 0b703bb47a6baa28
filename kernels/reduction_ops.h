// What each reduction of elements of C keeps while it runs, Acc, and what it does with it:
//
//   static Acc Empty();
//   static void Add(Acc& acc, C x);
//   static void Join(Acc& acc, const Acc& other);
//   static T Result<T>(const Acc& acc, int64_t count);
//
// T may be the unsigned type of the same bits; `count` is the number of elements that went into a
// result. Adds and Joins name the operation that adds elements, or joins accumulators, in the same
// way.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/numeric.h"

namespace sessile {

// A sum of doubles and what rounding took from it.
struct Compensated {
  double sum = 0;
  double rest = 0;

  void Add(double x) {
    const double next = sum + x;
    const double taken = next - sum;
    rest += (sum - (next - taken)) + (x - taken);
    sum = next;
  }
  // `rest` means nothing once the sum is infinite.
  double value() const { return std::isfinite(sum) ? sum + rest : sum; }
};

template <typename C>
struct SumOp : OfBits {
  using Acc = std::conditional_t<std::is_same_v<C, double>, Compensated, InDouble<C>>;
  using Adds = SumOp;
  using Joins = SumOp;
  static Acc Empty() { return Acc(); }
  static void Add(Acc& acc, C x) {
    if constexpr (std::is_same_v<Acc, Compensated>) {
      acc.Add(x);
    } else {
      acc = WrapAdd(acc, static_cast<Acc>(x));
    }
  }
  static void Join(Acc& acc, const Acc& other) {
    if constexpr (std::is_same_v<Acc, Compensated>) {
      acc.Add(other.sum);
      acc.rest += other.rest;
    } else {
      acc = WrapAdd(acc, other);
    }
  }
  // Of integers what a sum of T holds, which has wrapped around.
  template <typename T>
  static auto Total(const Acc& acc) {
    if constexpr (std::is_same_v<Acc, Compensated>) {
      return acc.value();
    } else if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(acc);
    } else {
      return acc;
    }
  }
  template <typename T>
  static T Result(const Acc& acc, int64_t) {
    return static_cast<T>(Total<T>(acc));
  }
};

template <typename C>
struct MeanOp : SumOp<C> {
  using typename SumOp<C>::Acc;
  template <typename T>
  static T Result(const Acc& acc, int64_t count) {
    const auto total = SumOp<C>::template Total<T>(acc);
    return static_cast<T>(total / static_cast<double>(count));
  }
};

// Of integers, whose sum does not wrap around at their own width.
template <typename C>
struct IntegerMeanOp {
  using Acc = std::conditional_t<std::is_signed_v<C>, int64_t, uint64_t>;
  using Adds = IntegerMeanOp;
  using Joins = IntegerMeanOp;
  static Acc Empty() { return 0; }
  static void Add(Acc& acc, C x) { acc = WrapAdd(acc, static_cast<Acc>(x)); }
  static void Join(Acc& acc, const Acc& other) { acc = WrapAdd(acc, other); }
  template <typename T>
  static T Result(const Acc& acc, int64_t count) {
    return count == 0 ? T{0} : static_cast<T>(acc / static_cast<Acc>(count));
  }
};

template <typename C>
struct ProdOp : OfBits {
  using Acc = InDouble<C>;
  using Adds = ProdOp;
  using Joins = ProdOp;
  static Acc Empty() { return Acc{1}; }
  static void Add(Acc& acc, C x) { acc = WrapMul(acc, static_cast<Acc>(x)); }
  static void Join(Acc& acc, const Acc& other) { acc = WrapMul(acc, other); }
  template <typename T>
  static T Result(const Acc& acc, int64_t) {
    return static_cast<T>(acc);
  }
};

// The root of the sum of |x|^2, of integers cut to a whole number.
template <typename C>
struct EuclideanNormOp : OfBits {
  using Acc = typename SumOp<C>::Acc;
  using Adds = EuclideanNormOp;
  using Joins = SumOp<C>;
  static Acc Empty() { return Acc(); }
  static void Add(Acc& acc, C x) {
    if constexpr (std::is_same_v<Acc, Compensated>) {
      acc.Add(x * x);
    } else {
      const Acc wide = static_cast<Acc>(x);
      acc = WrapAdd(acc, WrapMul(wide, Conjugate(wide)));
    }
  }
  static void Join(Acc& acc, const Acc& other) { Joins::Join(acc, other); }
  template <typename T>
  static T Result(const Acc& acc, int64_t) {
    if constexpr (kIsComplex<T>) {
      return static_cast<T>(std::sqrt(acc));
    } else {
      return static_cast<T>(std::sqrt(static_cast<double>(Joins::template Total<T>(acc))));
    }
  }
};

// NaN wins over every number.
template <typename C>
struct MaxOp {
  using Acc = C;
  using Adds = MaxOp;
  using Joins = MaxOp;
  using Limits = std::numeric_limits<C>;
  static Acc Empty() { return Limits::has_infinity ? -Limits::infinity() : Limits::lowest(); }
  static void Add(Acc& acc, C x) { Join(acc, x); }
  static void Join(Acc& acc, const Acc& x) { acc = x > acc || x != x ? x : acc; }
  template <typename T>
  static T Result(const Acc& acc, int64_t) {
    return acc;
  }
};

template <typename C>
struct MinOp {
  using Acc = C;
  using Adds = MinOp;
  using Joins = MinOp;
  using Limits = std::numeric_limits<C>;
  static Acc Empty() { return Limits::has_infinity ? Limits::infinity() : Limits::max(); }
  static void Add(Acc& acc, C x) { Join(acc, x); }
  static void Join(Acc& acc, const Acc& x) { acc = x < acc || x != x ? x : acc; }
  template <typename T>
  static T Result(const Acc& acc, int64_t) {
    return acc;
  }
};

template <typename C>
struct AllOp {
  using Acc = bool;
  using Adds = AllOp;
  using Joins = AllOp;
  static Acc Empty() { return true; }
  static void Add(Acc& acc, bool x) { Join(acc, x); }
  static void Join(Acc& acc, const Acc& x) { acc = (acc & x) != 0; }
  template <typename T>
  static bool Result(const Acc& acc, int64_t) {
    return acc;
  }
};

template <typename C>
struct AnyOp {
  using Acc = bool;
  using Adds = AnyOp;
  using Joins = AnyOp;
  static Acc Empty() { return false; }
  static void Add(Acc& acc, bool x) { Join(acc, x); }
  static void Join(Acc& acc, const Acc& x) { acc = (acc | x) != 0; }
  template <typename T>
  static bool Result(const Acc& acc, int64_t) {
    return acc;
  }
};

}  // namespace sessile
