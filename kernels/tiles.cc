#include "sessile/kernels/tiles.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sessile/kernels/blocks.h"
#include "sessile/kernels/vectorized.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define SESSILE_TILES_X86
#include <immintrin.h>
#endif

namespace sessile::tiles {
namespace {

#if defined(SESSILE_TILES_X86)

// The same sums with the longest side of the grid as columns, over which the innermost loop runs.
SESSILE_OPTIMIZE_SPEED OuterProducts LongestInside(OuterProducts c) {
  using Grid = OuterProducts::Grid;
  const auto swap_with_columns = [&c](int64_t Grid::*side) {
    if (c.size.*side <= c.size.columns) return;
    for (Grid* grid : {&c.size, &c.a_step, &c.b_step}) std::swap(grid->*side, grid->columns);
  };
  swap_with_columns(&Grid::rows);
  swap_with_columns(&Grid::images);
  return c;
}

namespace avx2 {

#define SESSILE_TILES_TARGET SESSILE_OPTIMIZE_SPEED __attribute__((target("avx2,fma")))
#define SESSILE_TILES_LAMBDA __attribute__((target("avx2,fma"), always_inline))
#define SESSILE_TILES_INLINE SESSILE_TILES_TARGET __attribute__((always_inline)) inline

using Vector = __m256;
using Mask = __m256i;
constexpr char kInstructionSet[] = "avx2";
constexpr int kLanes = 8;
constexpr int kResults = 12;

SESSILE_TILES_INLINE Vector Zero() { return _mm256_setzero_ps(); }
SESSILE_TILES_INLINE Vector Load(const float* from) { return _mm256_loadu_ps(from); }
SESSILE_TILES_INLINE Vector Load(Mask mask, const float* from) {
  return _mm256_maskload_ps(from, mask);
}
SESSILE_TILES_INLINE Vector Broadcast(const float* from) { return _mm256_broadcast_ss(from); }
SESSILE_TILES_INLINE Vector MultiplyAdd(Vector a, Vector b, Vector c) {
  return _mm256_fmadd_ps(a, b, c);
}
SESSILE_TILES_INLINE Mask MaskOf(int64_t lanes) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(lanes)),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
SESSILE_TILES_INLINE void Store(float* to, Vector v) { _mm256_storeu_ps(to, v); }
// Without a mask: storing by one is slow on many machines.
SESSILE_TILES_INLINE void StoreFirst(int64_t lanes, float* to, Vector v) {
  if (lanes == kLanes) return Store(to, v);
  __m128 part = _mm256_castps256_ps128(v);
  if ((lanes & 4) != 0) {
    _mm_storeu_ps(to, part);
    part = _mm256_extractf128_ps(v, 1);
    to += 4;
  }
  if ((lanes & 2) != 0) {
    _mm_storel_pi(reinterpret_cast<__m64*>(to), part);
    part = _mm_movehl_ps(part, part);
    to += 2;
  }
  if ((lanes & 1) != 0) _mm_store_ss(to, part);
}
SESSILE_TILES_INLINE void WriteTo(double* to, Vector v) {
  _mm256_storeu_pd(to, _mm256_cvtps_pd(_mm256_castps256_ps128(v)));
  _mm256_storeu_pd(to + 4, _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1)));
}
SESSILE_TILES_INLINE void AddTo(double* to, Vector v) {
  const __m256d low = _mm256_cvtps_pd(_mm256_castps256_ps128(v));
  const __m256d high = _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1));
  _mm256_storeu_pd(to, _mm256_add_pd(_mm256_loadu_pd(to), low));
  _mm256_storeu_pd(to + 4, _mm256_add_pd(_mm256_loadu_pd(to + 4), high));
}

#include "sessile/kernels/tiles_body.inc"

#undef SESSILE_TILES_TARGET
#undef SESSILE_TILES_LAMBDA
#undef SESSILE_TILES_INLINE

}  // namespace avx2

namespace avx512 {

#define SESSILE_TILES_TARGET SESSILE_OPTIMIZE_SPEED __attribute__((target("avx512f")))
#define SESSILE_TILES_LAMBDA __attribute__((target("avx512f"), always_inline))
#define SESSILE_TILES_INLINE SESSILE_TILES_TARGET __attribute__((always_inline)) inline

using Vector = __m512;
using Mask = __mmask16;
constexpr char kInstructionSet[] = "avx512";
constexpr int kLanes = 16;
constexpr int kResults = 24;

SESSILE_TILES_INLINE Vector Zero() { return _mm512_setzero_ps(); }
SESSILE_TILES_INLINE Vector Load(const float* from) { return _mm512_loadu_ps(from); }
SESSILE_TILES_INLINE Vector Load(Mask mask, const float* from) {
  return _mm512_maskz_loadu_ps(mask, from);
}
SESSILE_TILES_INLINE Vector Broadcast(const float* from) { return _mm512_set1_ps(*from); }
SESSILE_TILES_INLINE Vector MultiplyAdd(Vector a, Vector b, Vector c) {
  return _mm512_fmadd_ps(a, b, c);
}
SESSILE_TILES_INLINE Mask MaskOf(int64_t lanes) {
  return static_cast<Mask>((1u << static_cast<unsigned>(lanes)) - 1);
}
SESSILE_TILES_INLINE void Store(float* to, Vector v) { _mm512_storeu_ps(to, v); }
SESSILE_TILES_INLINE void StoreFirst(int64_t lanes, float* to, Vector v) {
  _mm512_mask_storeu_ps(to, MaskOf(lanes), v);
}
SESSILE_TILES_INLINE __m512d ToDouble(const float* from) {
  return _mm512_maskz_cvtps_pd(0xff, _mm256_load_ps(from));
}
SESSILE_TILES_INLINE void WriteTo(double* to, Vector v) {
  alignas(64) float floats[kLanes];
  _mm512_store_ps(floats, v);
  _mm512_storeu_pd(to, ToDouble(floats));
  _mm512_storeu_pd(to + 8, ToDouble(floats + 8));
}
SESSILE_TILES_INLINE void AddTo(double* to, Vector v) {
  alignas(64) float floats[kLanes];
  _mm512_store_ps(floats, v);
  _mm512_storeu_pd(to, _mm512_add_pd(_mm512_loadu_pd(to), ToDouble(floats)));
  _mm512_storeu_pd(to + 8, _mm512_add_pd(_mm512_loadu_pd(to + 8), ToDouble(floats + 8)));
}

#include "sessile/kernels/tiles_body.inc"

#undef SESSILE_TILES_TARGET
#undef SESSILE_TILES_LAMBDA
#undef SESSILE_TILES_INLINE

}  // namespace avx512

#endif

}  // namespace

std::span<const Kernels* const> SupportedKernels() {
#if defined(SESSILE_TILES_X86)
  static constexpr const Kernels* kAll[] = {&avx2::kKernels, &avx512::kKernels};
  static const size_t supported = []() -> size_t {
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 0;
    return __builtin_cpu_supports("avx512f") ? 2 : 1;
  }();
  return {kAll, supported};
#else
  return {};
#endif
}

const Kernels* KernelsFor(int64_t columns) {
  const Kernels* best = nullptr;
  const auto vectors = [&](const Kernels& k) { return (columns + k.lanes - 1) / k.lanes; };
  for (const Kernels* k : SupportedKernels()) {
    if (best == nullptr || vectors(*k) < vectors(*best)) best = k;
  }
  return best;
}

ColumnGroups::ColumnGroups(const Kernels& kernels, int64_t columns) {
  Share(kernels, columns, kernels.vectors);
}

ColumnGroups::ColumnGroups(const Kernels& kernels, int64_t columns, int64_t points) {
  int vectors = kernels.vectors;
  while (vectors < kernels.max_vectors && kernels.rows(vectors + 1) >= points) ++vectors;
  Share(kernels, columns, vectors);
}

void ColumnGroups::Share(const Kernels& kernels, int64_t columns, int64_t max_vectors) {
  const int64_t vectors = (columns + kernels.lanes - 1) / kernels.lanes;
  const int64_t groups = (vectors + max_vectors - 1) / max_vectors;
  for (int64_t g = 0; g < groups; ++g) {
    const IndexRange range = BlockRange(vectors, g, groups);
    const int64_t first = range.first() * kernels.lanes;
    list.push_back({first, std::min(columns - first, range.size() * kernels.lanes),
                    static_cast<int>(range.size())});
  }
  padded = vectors * kernels.lanes;
}

void TransposePadded(const float* from, int64_t rows, int64_t columns, int64_t width, float* to) {
  for (int64_t j = 0; j < columns; ++j, to += width) {
    for (int64_t i = 0; i < rows; ++i) to[i] = from[i * columns + j];
    std::fill(to + rows, to + width, 0.0f);
  }
}

}  // namespace sessile::tiles

#undef SESSILE_TILES_X86
