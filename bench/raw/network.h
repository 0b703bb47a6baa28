// The network that the raw oneDNN contender is written for: that of examples/layers_bn.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace sessile::bench::raw {

inline constexpr float kEpsilon = 1e-3f;
inline constexpr float kMomentum = 0.99f;
inline constexpr int64_t kHidden = 100;

// A 3x3 convolution with padding SAME, without bias, followed by batch norm and ReLU.
struct ConvLayer {
  int64_t in, out;         // channels
  int64_t size, out_size;  // height and width
  int64_t stride;
  int64_t pad_before, pad_after;

  int64_t rows(int64_t batch) const { return batch * out_size * out_size; }
  // The window covers all of the input: a matrix multiplication.
  bool dense() const { return out_size == 1; }
};

inline std::vector<ConvLayer> ConvLayers() {
  std::vector<ConvLayer> layers;
  int64_t size = 28, in = 1;
  for (int64_t i = 1; i < 20; ++i) {
    const int64_t stride = i % 3 == 0 ? 2 : 1;
    const int64_t out_size = (size + stride - 1) / stride;
    const int64_t padding = std::max<int64_t>((out_size - 1) * stride + 3 - size, 0);
    layers.push_back({in, 4 * i, size, out_size, stride, padding / 2, padding - padding / 2});
    size = out_size;
    in = 4 * i;
  }
  return layers;
}

}  // namespace sessile::bench::raw
