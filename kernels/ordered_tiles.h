// Sums of products with the results held in vector registers, for the types that tiles.h is not
// for: double and unsigned integers, in which integers wrap around.
//
//   PackStrip(b, k, n, 1, columns, strip);              // columns of b, k * kTileColumns<N>
//   numbers AddTile<kTileRows>(a, lda, 1, k, strip, sums);      // kTileRows * kTileColumns<N> sums
//
// Every sum is in the order of its terms, each product rounded before it is added: the bits are
// those of a plain loop.
#pragma once

#include <cstdint>
#include <cstring>

#include "sessile/kernels/vectorized.h"

namespace sessile {

inline constexpr int64_t kTileRows = 4;
// Two vectors of AVX2.
template <typename N>
inline constexpr int64_t kTileColumns = 64 / static_cast<int64_t>(sizeof(N));

// strip[i][j] = b[i * step + j * column_step] for i < length, j < columns, and 0 for the columns
// up to kTileColumns.
template <typename N, typename T>
void PackStrip(const T* b, int64_t length, int64_t step, int64_t column_step, int64_t columns,
               N* strip) {
  for (int64_t i = 0; i < length; ++i, b += step, strip += kTileColumns<N>) {
    for (int64_t j = 0; j < kTileColumns<N>; ++j) {
      strip[j] = j < columns ? static_cast<N>(b[j * column_step]) : N{0};
    }
  }
}

// sums[r][j] += sum over i < length of a[r * row + i * step] * strip[i][j], for r < kRows
template <int64_t kRows, typename N, typename T>
void AddTile(const T* a, int64_t row, int64_t step, int64_t length, const N* strip, N* sums) {
#if defined(__GNUC__)
  Vectorized([=] {
    typedef N Vector __attribute__((vector_size(32)));
    constexpr int64_t kLanes = kTileColumns<N> / 2;
    Vector tile[kRows][2];
#pragma GCC unroll 4
    for (int64_t r = 0; r < kRows; ++r) {
      std::memcpy(&tile[r][0], sums + 2 * r * kLanes, sizeof(Vector));
      std::memcpy(&tile[r][1], sums + (2 * r + 1) * kLanes, sizeof(Vector));
    }
    const T* from = a;
    const N* weights = strip;
    for (int64_t i = 0; i < length; ++i, from += step, weights += kTileColumns<N>) {
      Vector left, right;
      std::memcpy(&left, weights, sizeof(Vector));
      std::memcpy(&right, weights + kLanes, sizeof(Vector));
#pragma GCC unroll 4
      for (int64_t r = 0; r < kRows; ++r) {
        const N factor = static_cast<N>(from[r * row]);
        tile[r][0] += left * factor;
        tile[r][1] += right * factor;
      }
    }
#pragma GCC unroll 4
    for (int64_t r = 0; r < kRows; ++r) {
      std::memcpy(sums + 2 * r * kLanes, &tile[r][0], sizeof(Vector));
      std::memcpy(sums + (2 * r + 1) * kLanes, &tile[r][1], sizeof(Vector));
    }
  });
#else
  for (int64_t i = 0; i < length; ++i) {
    for (int64_t r = 0; r < kRows; ++r) {
      for (int64_t j = 0; j < kTileColumns<N>; ++j) {
        sums[r * kTileColumns<N> + j] +=
            static_cast<N>(a[r * row + i * step]) * strip[i * kTileColumns<N> + j];
      }
    }
  }
#endif
}

}  // namespace sessile
