#include "sessile/kernels/conv2d_loops.h"

#include <algorithm>

#include "sessile/kernels/blocks.h"
#include "sessile/kernels/channels.h"
#include "sessile/kernels/ordered_tiles.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

// Blocks for which partial gradients of the filter are kept at a time.
constexpr int64_t kMostPartials = 16;

// Distances between neighbours in memory.
struct Strides {
  int64_t image, row, column, channel;

  Strides(bool channels_last, const onednn::Pair& size, int64_t channels)
      : image(size[0] * size[1] * channels),
        row(size[1] * (channels_last ? channels : 1)),
        column(channels_last ? channels : 1),
        channel(channels_last ? 1 : size[0] * size[1]) {}
  int64_t At(int64_t n, int64_t y, int64_t x) const { return n * image + y * row + x * column; }
};

// What the three kernels know. Taps are numbered in the filter's order; the filter is
// [taps, depth, out_channels].
struct Loops {
  explicit Loops(const ConvolutionShape& shape)
      : conv(shape),
        in(shape.channels_last, shape.input, shape.in_channels),
        out(shape.channels_last, shape.output, shape.out_channels),
        depth(shape.in_channels / shape.groups),
        group_outputs(shape.out_channels / shape.groups),
        taps(shape.filter[0] * shape.filter[1]),
        filter_size(taps * depth * shape.out_channels) {}

  // Where tap `tap` of output (y, x) reads; false if that is in the padding.
  bool Source(int64_t y, int64_t x, int64_t tap, int64_t* in_y, int64_t* in_x) const {
    *in_y = y * conv.stride[0] + tap / conv.filter[1] * conv.dilation[0] - conv.pad_before[0];
    *in_x = x * conv.stride[1] + tap % conv.filter[1] * conv.dilation[1] - conv.pad_before[1];
    return *in_y >= 0 && *in_y < conv.input[0] && *in_x >= 0 && *in_x < conv.input[1];
  }

  // The output that reads input (y, x) with tap `tap`; false if there is none.
  bool Target(int64_t y, int64_t x, int64_t tap, int64_t* out_y, int64_t* out_x) const {
    const int64_t ty = y + conv.pad_before[0] - tap / conv.filter[1] * conv.dilation[0];
    const int64_t tx = x + conv.pad_before[1] - tap % conv.filter[1] * conv.dilation[1];
    if (ty < 0 || tx < 0 || ty % conv.stride[0] != 0 || tx % conv.stride[1] != 0) return false;
    *out_y = ty / conv.stride[0];
    *out_x = tx / conv.stride[1];
    return *out_y < conv.output[0] && *out_x < conv.output[1];
  }

  ConvolutionShape conv;
  Strides in;
  Strides out;
  int64_t depth;
  int64_t group_outputs;
  int64_t taps;
  int64_t filter_size;
};

// sums[j] += factor * row[j]
template <typename Sum, typename T>
void AddProducts(Sum factor, const T* row, int64_t size, Sum* sums) {
  for (int64_t j = 0; j < size; ++j) sums[j] += factor * static_cast<Sum>(row[j]);
}

// Channels as neighbours in one group: filters are packed in strips (ordered_tiles.h), and a few
// pixels next to each other go through one together.
template <typename T>
class ForwardTiles {
 public:
  using Sum = SumOf<T>;

  explicit ForwardTiles(const Loops& loops) : l_(loops), depth_(loops.taps * loops.depth) {}

  static bool Suits(const ConvolutionShape& conv) {
    return conv.channels_last && conv.groups == 1 && conv.out_channels * 2 >= kColumns;
  }
  int64_t strips() const { return (l_.conv.out_channels + kColumns - 1) / kColumns; }
  int64_t packed_size() const { return strips() * kColumns * depth_; }

  void Pack(const T* filter, int64_t strip, Sum* packed) const {
    const int64_t first = strip * kColumns, outputs = l_.conv.out_channels;
    PackStrip(filter + first, depth_, outputs, 1, outputs - first, packed + first * depth_);
  }

  void Row(const T* image, const Sum* packed, int64_t y, T* out) const {
    for (int64_t x = 0; x < l_.conv.output[1];) {
      const IndexRange taps = TapsAt(1, x);
      int64_t count = 1;
      while (count < kTileRows && x + count < l_.conv.output[1]) {
        const IndexRange next = TapsAt(1, x + count);
        if (next.first() != taps.first() || next.last() != taps.last()) break;
        ++count;
      }
      if (count < kTileRows) count = 1;
      for (int64_t strip = 0; strip < strips(); ++strip) {
        Tile(image, packed + strip * kColumns * depth_, y, x, taps, count, strip * kColumns, out);
      }
      x += count;
    }
  }

 private:
  static constexpr int64_t kColumns = kTileColumns<Sum>;

  // The taps of output `o` along an axis that lie in the input.
  IndexRange TapsAt(size_t axis, int64_t o) const {
    const int64_t start = o * l_.conv.stride[axis] - l_.conv.pad_before[axis];
    const int64_t step = l_.conv.dilation[axis];
    const int64_t room = l_.conv.input[axis] - start;
    const int64_t first = start < 0 ? (-start + step - 1) / step : 0;
    const int64_t last =
        room <= 0 ? 0 : std::min<int64_t>((room + step - 1) / step, l_.conv.filter[axis]);
    return IndexRange(std::min(first, last), last);
  }

  // Strip `first` of the outputs of `count` pixels.
  void Tile(const T* image, const Sum* strip, int64_t y, int64_t x, IndexRange columns,
            int64_t count, int64_t first, T* out) const {
    Sum sums[kTileRows * kColumns] = {};
    // Taps that are neighbours in the input, too, are one run of terms.
    const bool is_dense = l_.conv.dilation[1] == 1;
    const int64_t run = is_dense ? std::max<int64_t>(columns.size(), 1) : 1;
    const int64_t in_x = x * l_.conv.stride[1] - l_.conv.pad_before[1];
    for (const int64_t ky : TapsAt(0, y)) {
      const int64_t in_y = y * l_.conv.stride[0] + ky * l_.conv.dilation[0] - l_.conv.pad_before[0];
      for (int64_t kx = columns.first(); kx < columns.last(); kx += run) {
        const T* from = image + l_.in.At(0, in_y, in_x + kx * l_.conv.dilation[1]);
        const Sum* weights = strip + (ky * l_.conv.filter[1] + kx) * l_.depth * kColumns;
        const int64_t step = l_.conv.stride[1] * l_.in.column;
        if (count == kTileRows) {
          AddTile<kTileRows>(from, step, 1, run * l_.depth, weights, sums);
        } else {
          AddTile<1>(from, step, 1, run * l_.depth, weights, sums);
        }
      }
    }
    const int64_t outputs = std::min(kColumns, l_.conv.out_channels - first);
    for (int64_t p = 0; p < count; ++p) {
      T* const to = out + (x + p) * l_.out.column + first;
      for (int64_t j = 0; j < outputs; ++j) to[j] = static_cast<T>(sums[p * kColumns + j]);
    }
  }

  const Loops& l_;
  const int64_t depth_;  // terms of a sum
};

template <typename Sum, typename T>
void Store(const Sum* sums, int64_t size, T* data, int64_t stride) {
  for (int64_t c = 0; c < size; ++c) data[c * stride] = static_cast<T>(sums[c]);
}

template <typename T>
class Forward final : public Prepared {
 public:
  using Sum = SumOf<T>;

  explicit Forward(const ConvolutionShape& conv)
      : l_(conv),
        tiles_(l_),
        is_tiled_(ForwardTiles<T>::Suits(conv)),
        rows_(conv.batch * conv.output[0]) {
    AddOutput(DataTypeOf<T>::value, OutputShape(conv));
    TakesRows(0);
    if (is_tiled_) {
      AddPhase(BlocksOf(tiles_.strips(), tiles_.packed_size() / tiles_.strips() * 8));
    }
    AddPhase(BlocksOfWork(rows_, WorkPerImage(conv) / static_cast<double>(conv.output[0])));
    if (is_tiled_) {
      SetScratch(1, static_cast<size_t>(tiles_.packed_size()) * sizeof(Sum));
    } else {
      SetScratch(num_blocks(0), static_cast<size_t>(conv.out_channels) * sizeof(Sum));
    }
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    if (is_tiled_ && phase == 0) {
      for (const int64_t strip : BlockRange(tiles_.strips(), block, num_blocks(0))) {
        tiles_.Pack(in[1].data<T>(), strip, scratch.slot<Sum>(0));
      }
      return absl::OkStatus();
    }
    for (const int64_t row : BlockRange(rows_, block, num_blocks(is_tiled_ ? 1 : 0))) {
      const int64_t n = row / l_.conv.output[0];
      const int64_t y = row % l_.conv.output[0];
      const T* image = in[0].data<T>() + n * l_.in.image;
      T* to = out[0].data<T>() + l_.out.At(n, y, 0);
      if (is_tiled_) {
        tiles_.Row(image, scratch.slot<Sum>(0), y, to);
        continue;
      }
      const T* filter = in[1].data<T>();
      Sum* sums = scratch.slot<Sum>(block);
      Vectorized([=, this] {
        for (int64_t x = 0; x < l_.conv.output[1]; ++x) {
          Pixel(image, filter, y, x, sums);
          Store(sums, l_.conv.out_channels, to + x * l_.out.column, l_.out.channel);
        }
      });
    }
    return absl::OkStatus();
  }

 private:
  void Pixel(const T* image, const T* filter, int64_t y, int64_t x, Sum* sums) const {
    std::fill_n(sums, l_.conv.out_channels, Sum{0});
    int64_t in_y, in_x;
    for (int64_t tap = 0; tap < l_.taps; ++tap) {
      if (!l_.Source(y, x, tap, &in_y, &in_x)) continue;
      const T* source = image + l_.in.At(0, in_y, in_x);
      for (int64_t c = 0; c < l_.conv.in_channels; ++c) {
        const int64_t first = c / l_.depth * l_.group_outputs;
        const T* weights = filter + (tap * l_.depth + c % l_.depth) * l_.conv.out_channels;
        AddProducts(static_cast<Sum>(source[c * l_.in.channel]), weights + first, l_.group_outputs,
                    sums + first);
      }
    }
  }

  const Loops l_;
  const ForwardTiles<T> tiles_;
  const bool is_tiled_;
  const int64_t rows_;
};

// Phase 0 copies the filter to [taps, out_channels, depth], so that the innermost loop of phase 1
// runs over neighbours.
template <typename T>
class BackwardInput final : public Prepared {
 public:
  using Sum = SumOf<T>;

  explicit BackwardInput(const ConvolutionShape& conv)
      : l_(conv), rows_(conv.batch * conv.input[0]) {
    AddOutput(DataTypeOf<T>::value, InputShape(conv));
    AddPhase(BlocksOf(l_.taps, l_.depth * conv.out_channels * static_cast<int64_t>(sizeof(T))));
    AddPhase(BlocksOfWork(rows_, WorkPerImage(conv) / static_cast<double>(conv.input[0])));
    SetScratch(1 + num_blocks(1), std::max(static_cast<size_t>(l_.filter_size) * sizeof(T),
                                           static_cast<size_t>(conv.in_channels) * sizeof(Sum)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    T* filter = scratch.slot<T>(0);
    if (phase == 0) {
      Transpose(in[1].data<T>(), BlockRange(l_.taps, block, num_blocks(0)), filter);
      return absl::OkStatus();
    }
    Sum* sums = scratch.slot<Sum>(1 + block);
    for (const int64_t row : BlockRange(rows_, block, num_blocks(1))) {
      const int64_t n = row / l_.conv.input[0];
      const int64_t y = row % l_.conv.input[0];
      const T* gradient = in[2].data<T>() + n * l_.out.image;
      T* to = out[0].data<T>() + l_.in.At(n, y, 0);
      Vectorized([=, this] {
        for (int64_t x = 0; x < l_.conv.input[1]; ++x) {
          Pixel(gradient, filter, y, x, sums);
          Store(sums, l_.conv.in_channels, to + x * l_.in.column, l_.in.channel);
        }
      });
    }
    return absl::OkStatus();
  }

 private:
  void Transpose(const T* filter, IndexRange taps, T* transposed) const {
    const int64_t size = l_.depth * l_.conv.out_channels;
    for (const int64_t tap : taps) {
      for (int64_t i = 0; i < size; ++i) {
        const int64_t d = i / l_.conv.out_channels;
        const int64_t o = i % l_.conv.out_channels;
        transposed[tap * size + o * l_.depth + d] = filter[tap * size + i];
      }
    }
  }

  void Pixel(const T* gradient, const T* filter, int64_t y, int64_t x, Sum* sums) const {
    std::fill_n(sums, l_.conv.in_channels, Sum{0});
    int64_t out_y, out_x;
    for (int64_t tap = 0; tap < l_.taps; ++tap) {
      if (!l_.Target(y, x, tap, &out_y, &out_x)) continue;
      const T* target = gradient + l_.out.At(0, out_y, out_x);
      for (int64_t o = 0; o < l_.conv.out_channels; ++o) {
        const int64_t first = o / l_.group_outputs * l_.depth;
        AddProducts(static_cast<Sum>(target[o * l_.out.channel]),
                    filter + (tap * l_.conv.out_channels + o) * l_.depth, l_.depth, sums + first);
      }
    }
  }

  const Loops l_;
  const int64_t rows_;
};

// Phase 0 sums the gradient of each block of images, phase 1 adds those sums in order.
template <typename T>
class BackwardFilter final : public Prepared {
 public:
  using Sum = SumOf<T>;

  explicit BackwardFilter(const ConvolutionShape& conv) : l_(conv) {
    AddOutput(DataTypeOf<T>::value, FilterShape(conv));
    AddPhase(BlocksOfWork(conv.batch, WorkPerImage(conv), kMostPartials));
    AddPhase(BlocksOf(l_.filter_size, num_blocks(0) * static_cast<int64_t>(sizeof(Sum))));
    SetScratch(num_blocks(0),
               static_cast<size_t>(l_.filter_size + conv.out_channels) * sizeof(Sum));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    if (phase == 0) {
      Sum* sums = scratch.slot<Sum>(block);
      std::fill_n(sums, l_.filter_size, Sum{0});
      for (const int64_t n : BlockRange(l_.conv.batch, block, num_blocks(0))) {
        const T* image = in[0].data<T>() + n * l_.in.image;
        const T* gradient = in[2].data<T>() + n * l_.out.image;
        Vectorized([=, this] { Image(image, gradient, sums); });
      }
      return absl::OkStatus();
    }
    for (const int64_t i : BlockRange(l_.filter_size, block, num_blocks(1))) {
      Sum sum = 0;
      for (int64_t slot = 0; slot < num_blocks(0); ++slot) sum += scratch.slot<Sum>(slot)[i];
      out[0].data<T>()[i] = static_cast<T>(sum);
    }
    return absl::OkStatus();
  }

 private:
  void Image(const T* image, const T* gradient, Sum* sums) const {
    Sum* pixel = sums + l_.filter_size;  // the gradient of one output pixel
    int64_t in_y, in_x;
    for (int64_t y = 0; y < l_.conv.output[0]; ++y) {
      for (int64_t x = 0; x < l_.conv.output[1]; ++x) {
        const T* target = gradient + l_.out.At(0, y, x);
        for (int64_t o = 0; o < l_.conv.out_channels; ++o) {
          pixel[o] = static_cast<Sum>(target[o * l_.out.channel]);
        }
        for (int64_t tap = 0; tap < l_.taps; ++tap) {
          if (!l_.Source(y, x, tap, &in_y, &in_x)) continue;
          Tap(image + l_.in.At(0, in_y, in_x), pixel, sums + tap * l_.depth * l_.conv.out_channels);
        }
      }
    }
  }

  void Tap(const T* source, const Sum* pixel, Sum* sums) const {
    for (int64_t c = 0; c < l_.conv.in_channels; ++c) {
      const int64_t first = c / l_.depth * l_.group_outputs;
      AddProducts(static_cast<Sum>(source[c * l_.in.channel]), pixel + first, l_.group_outputs,
                  sums + c % l_.depth * l_.conv.out_channels + first);
    }
  }

  const Loops l_;
};

}  // namespace

template <typename T>
std::unique_ptr<Prepared> LoopForward(const ConvolutionShape& conv) {
  return std::make_unique<Forward<T>>(conv);
}
template <typename T>
std::unique_ptr<Prepared> LoopBackwardInput(const ConvolutionShape& conv) {
  return std::make_unique<BackwardInput<T>>(conv);
}
template <typename T>
std::unique_ptr<Prepared> LoopBackwardFilter(const ConvolutionShape& conv) {
  return std::make_unique<BackwardFilter<T>>(conv);
}

template std::unique_ptr<Prepared> LoopForward<float>(const ConvolutionShape&);
template std::unique_ptr<Prepared> LoopForward<double>(const ConvolutionShape&);
template std::unique_ptr<Prepared> LoopForward<int32_t>(const ConvolutionShape&);
template std::unique_ptr<Prepared> LoopBackwardInput<float>(const ConvolutionShape&);
template std::unique_ptr<Prepared> LoopBackwardInput<double>(const ConvolutionShape&);
template std::unique_ptr<Prepared> LoopBackwardInput<int32_t>(const ConvolutionShape&);
template std::unique_ptr<Prepared> LoopBackwardFilter<float>(const ConvolutionShape&);
template std::unique_ptr<Prepared> LoopBackwardFilter<double>(const ConvolutionShape&);

}  // namespace sessile
