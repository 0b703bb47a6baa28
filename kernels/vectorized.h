// Loops in the widest vectors that the machine has, chosen at run time.
//
//   Vectorized([=] { for (int64_t i = 0; i < n; ++i) y[i] = a * x[i] + b[i]; });
//
// The loop is compiled once for each instruction set (sanitizers do with one). Every element is
// computed by the same operations in the same order in all (nothing is contracted, sums are not
// reordered), so the bits are the same everywhere. Functions that the loop calls must be inlinable.
#pragma once

#include <cstdint>
#include <type_traits>

// Before a loop whose iterations touch different elements, even of one array (an output in place of
// an input): it may be computed in vectors. Not before sums of floats, which Clang would reorder.
#ifdef __clang__
#define SESSILE_NO_CARRIED_DEPENDENCE _Pragma("clang loop vectorize(assume_safety)")
#else
#define SESSILE_NO_CARRIED_DEPENDENCE _Pragma("GCC ivdep")
#endif

// Before a loop over a few lanes inside another loop: it is computed in vectors as it stands, not
// taken apart into its elements.
#if defined(__GNUC__) && !defined(__clang__)
#define SESSILE_OVER_LANES _Pragma("GCC unroll 1")
#else
#define SESSILE_OVER_LANES
#endif

// Most of a kernel runs once for all elements and exists once for each type, so kernels/ is
// compiled for less size (CMakeLists.txt). This marks a function that runs for each element.
#if defined(__GNUC__) && !defined(__clang__) && !defined(SESSILE_SANITIZED)
#define SESSILE_OPTIMIZE_SPEED __attribute__((optimize("O3")))
#define SESSILE_OPTIMIZE_LITTLE __attribute__((optimize("O2", "no-tree-vectorize")))
#else
#define SESSILE_OPTIMIZE_SPEED
#define SESSILE_OPTIMIZE_LITTLE
#endif

namespace sessile {

#if defined(__x86_64__) && defined(__GNUC__) && !defined(SESSILE_SANITIZED)

#if defined(__clang__)
#define SESSILE_FOR_AVX512 __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl"), flatten))
#else
#define SESSILE_FOR_AVX512 \
  SESSILE_OPTIMIZE_SPEED   \
  __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,prefer-vector-width=512"), flatten))
#endif
#define SESSILE_FOR_AVX2 SESSILE_OPTIMIZE_SPEED __attribute__((target("avx2"), flatten))

namespace internal {

inline int VectorLevel() {
  static const int level =
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
          ? 2
      : __builtin_cpu_supports("avx2") ? 1
                                       : 0;
  return level;
}

template <typename Loop>
SESSILE_FOR_AVX512 void RunForAvx512(Loop loop) {
  loop();
}
template <typename Loop>
SESSILE_FOR_AVX2 void RunForAvx2(Loop loop) {
  loop();
}
// Machines without AVX2 are rare: small in place of fast.
template <typename Loop>
[[gnu::cold, gnu::noinline]] void RunForAny(Loop loop) {
  loop();
}

}  // namespace internal

template <typename Loop>
void VectorizedUpTo32Bytes(Loop loop) {
  internal::VectorLevel() >= 1 ? internal::RunForAvx2(loop) : internal::RunForAny(loop);
}

template <typename Loop>
void Vectorized(Loop loop) {
  switch (internal::VectorLevel()) {
    case 2:
      return internal::RunForAvx512(loop);
    case 1:
      return internal::RunForAvx2(loop);
    default:
      return internal::RunForAny(loop);
  }
}

#undef SESSILE_FOR_AVX512
#undef SESSILE_FOR_AVX2

#else

template <typename Loop>
SESSILE_OPTIMIZE_SPEED void Vectorized(Loop loop) {
  loop();
}

template <typename Loop>
void VectorizedUpTo32Bytes(Loop loop) {
  Vectorized(loop);
}

#endif

// A loop for each element in functions that are not marked: compiled once, for speed.
template <typename Loop>
SESSILE_OPTIMIZE_SPEED [[gnu::flatten]] void Fast(Loop loop) {
  loop();
}

// The same, neither in vectors nor unrolled: where elements take many instructions to read, or are
// not worth more code.
template <typename Loop>
SESSILE_OPTIMIZE_LITTLE [[gnu::flatten]] void FastByOne(Loop loop) {
  loop();
}

// The types of most elements. The others are not worth code for each instruction set.
template <typename T>
inline constexpr bool kUsual = std::is_same_v<T, float> || std::is_same_v<T, double> ||
                               std::is_same_v<T, int32_t> || std::is_same_v<T, int64_t>;

// A loop over elements of T: Vectorized for the usual types and bool. Loops over integers wait for
// memory already in vectors of 32 bytes (but for division), and are not worth a third copy.
template <typename T, typename Loop>
void VectorizedFor(Loop loop) {
  if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
    Vectorized(loop);
  } else if constexpr (kUsual<T> || std::is_same_v<T, bool>) {
    VectorizedUpTo32Bytes(loop);
  } else {
    loop();
  }
}

}  // namespace sessile
