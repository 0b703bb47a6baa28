// The windows of a pool: which outputs there are, and which positions of the input each of them
// sees.
//
//   SESSILE_ASSIGN_OR_RETURN(const PoolDims dims, PoolDims::Of(ctx, ctx.input_shape(0)));
//   dims.ForEachOutput(b, 0, rows, [&](int64_t offset, const PoolWindow& window) {
//     window.ForEach([&](int64_t place) { ... input[place + c * dims.input_channel_step] ... });
//   });
//
// A window is the part of it that lies in the input: padding takes part in nothing. Offsets and
// steps count elements. Images are volumes whose first spatial dimension has size 1.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/status/statusor.h"
#include "sessile/core/framework/data_format.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/core/framework/shape.h"

namespace sessile {

constexpr int64_t kPoolTile = 64;  // channels that are worked on together

// One spatial dimension; the first of three has size 1 for images.
struct PoolAxis {
  int64_t input = 1;
  int64_t output = 1;
  int64_t ksize = 1;
  int64_t stride = 1;
  int64_t pad = 0;
  int64_t input_step = 0;  // elements from one position to the next
  int64_t output_step = 0;

  int64_t begin(int64_t o) const { return std::max<int64_t>(o * stride - pad, 0); }
  int64_t end(int64_t o) const { return std::min(o * stride - pad + ksize, input); }
};

class PoolDims {
 public:
  static absl::StatusOr<PoolDims> Of(const PrepareContext& ctx, const Shape& input);

  int64_t batch = 0;
  int64_t channels = 0;
  int64_t input_batch_step = 0;
  int64_t output_batch_step = 0;
  int64_t input_channel_step = 1;
  int64_t output_channel_step = 1;
  std::array<PoolAxis, 3> axes;
  Shape output;

  bool has_close_channels() const { return input_channel_step == 1 && output_channel_step == 1; }
  int64_t tiles() const { return (channels + kPoolTile - 1) / kPoolTile; }
  double work_per_output() const {
    double work = static_cast<double>(channels);
    for (const PoolAxis& axis : axes) work *= static_cast<double>(std::min(axis.ksize, axis.input));
    return work;
  }

  // Calls f(output offset, window) for the outputs of image `b` in rows [first, last) of the first
  // two spatial dimensions taken together.
  template <typename F>
  void ForEachOutput(int64_t b, int64_t first, int64_t last, F&& f) const;

 private:
  void SetSteps(const DataFormat& format, const Shape& shape, bool is_input);
};

// The positions of one window: offsets into the input, without the channel.
struct PoolWindow {
  const PoolDims* dims;
  int64_t base;
  std::array<int64_t, 3> begin;
  std::array<int64_t, 3> end;

  int64_t size() const {
    int64_t n = 1;
    for (size_t i = 0; i < 3; ++i) n *= std::max<int64_t>(end[i] - begin[i], 0);
    return n;
  }
  template <typename F>
  void ForEach(F&& f) const {
    const auto& axes = dims->axes;
    for (int64_t z = begin[0]; z < end[0]; ++z) {
      for (int64_t y = begin[1]; y < end[1]; ++y) {
        const int64_t row = base + z * axes[0].input_step + y * axes[1].input_step;
        for (int64_t x = begin[2]; x < end[2]; ++x) f(row + x * axes[2].input_step);
      }
    }
  }
};

template <typename F>
void PoolDims::ForEachOutput(int64_t b, int64_t first, int64_t last, F&& f) const {
  for (int64_t row = first; row < last; ++row) {
    const int64_t z = row / axes[1].output;
    const int64_t y = row % axes[1].output;
    PoolWindow window{.dims = this, .base = b * input_batch_step, .begin = {}, .end = {}};
    window.begin = {axes[0].begin(z), axes[1].begin(y), 0};
    window.end = {axes[0].end(z), axes[1].end(y), 0};
    const int64_t offset =
        b * output_batch_step + z * axes[0].output_step + y * axes[1].output_step;
    for (int64_t x = 0; x < axes[2].output; ++x) {
      window.begin[2] = axes[2].begin(x);
      window.end[2] = axes[2].end(x);
      f(offset + x * axes[2].output_step, window);
    }
  }
}

}  // namespace sessile
