// Convolutions for tests of their kernels, with the results that follow from the definition.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sessile/tests/kernel_testing.h"

namespace sessile {

// A convolution of NHWC images.
struct Geometry {
  int64_t batch = 1;
  int64_t height = 1, width = 1;
  int64_t in = 1, out = 1;
  int64_t filter_height = 1, filter_width = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  std::string padding = "SAME";
  std::vector<int64_t> pads = {};  // top, bottom, left, right
  int64_t groups = 1;
};

inline std::vector<std::pair<std::string, AttrValue>> ConvolutionAttrs(
    const Geometry& g, DataType type, const std::string& format = "NHWC") {
  const bool last = format == "NHWC";
  const auto spatial = [&](int64_t size) {
    return last ? std::vector<int64_t>{1, size, size, 1} : std::vector<int64_t>{1, 1, size, size};
  };
  std::vector<int64_t> pads = g.pads;
  if (!pads.empty()) {
    pads.insert(pads.begin(), last ? 2 : 4, 0);
    pads.insert(pads.end(), last ? 2 : 0, 0);
  }
  return {{"T", type},
          {"strides", spatial(g.stride)},
          {"dilations", spatial(g.dilation)},
          {"padding", g.padding},
          {"explicit_paddings", pads},
          {"data_format", format}};
}

struct Extent {
  int64_t output, pad;
};
inline Extent ExtentOf(const Geometry& g, int64_t input, int64_t filter, size_t axis) {
  const int64_t reach = (filter - 1) * g.dilation + 1;
  if (g.padding == "SAME") {
    const int64_t output = (input + g.stride - 1) / g.stride;
    return {output, std::max<int64_t>((output - 1) * g.stride + reach - input, 0) / 2};
  }
  const int64_t before = g.pads.empty() ? 0 : g.pads[2 * axis];
  const int64_t after = g.pads.empty() ? 0 : g.pads[2 * axis + 1];
  return {(input + before + after - reach) / g.stride + 1, before};
}

// Operands, and the three results by their definition, in double.
struct ConvolutionCase {
  Geometry g;
  Tensor x, w, dy;
  Tensor y, dx, dw;

  KernelCall Forward() const {
    return {.op = "Conv2D", .attrs = ConvolutionAttrs(g, x.dtype()), .inputs = {x, w}};
  }
  KernelCall BackwardInput() const;
  KernelCall BackwardFilter() const;
};

inline Tensor SizesOf(const Shape& shape) {
  const std::vector<int32_t> sizes(shape.dims().begin(), shape.dims().end());
  return Tensor::FromValues<int32_t>({shape.rank()}, std::span<const int32_t>(sizes)).value();
}
inline KernelCall ConvolutionCase::BackwardInput() const {
  return {.op = "Conv2DBackpropInput",
          .attrs = ConvolutionAttrs(g, x.dtype()),
          .inputs = {SizesOf(x.shape()), w, dy}};
}
inline KernelCall ConvolutionCase::BackwardFilter() const {
  return {.op = "Conv2DBackpropFilter",
          .attrs = ConvolutionAttrs(g, x.dtype()),
          .inputs = {x, SizesOf(w.shape()), dy}};
}

// Calls visit(index into x, index into w, index into y) for every product of the convolution.
template <typename Visit>
void ForEachProduct(const Geometry& g, Visit visit) {
  const Extent rows = ExtentOf(g, g.height, g.filter_height, 0);
  const Extent columns = ExtentOf(g, g.width, g.filter_width, 1);
  const int64_t depth = g.in / g.groups;
  for (int64_t n = 0; n < g.batch; ++n)
    for (int64_t y = 0; y < rows.output; ++y)
      for (int64_t x = 0; x < columns.output; ++x)
        for (int64_t ky = 0; ky < g.filter_height; ++ky)
          for (int64_t kx = 0; kx < g.filter_width; ++kx) {
            const int64_t iy = y * g.stride + ky * g.dilation - rows.pad;
            const int64_t ix = x * g.stride + kx * g.dilation - columns.pad;
            if (iy < 0 || iy >= g.height || ix < 0 || ix >= g.width) continue;
            for (int64_t o = 0; o < g.out; ++o)
              for (int64_t d = 0; d < depth; ++d)
                visit(((n * g.height + iy) * g.width + ix) * g.in + o / (g.out / g.groups) * depth +
                          d,
                      ((ky * g.filter_width + kx) * depth + d) * g.out + o,
                      ((n * rows.output + y) * columns.output + x) * g.out + o);
          }
}

template <typename T>
ConvolutionCase MakeConvolution(const Geometry& g) {
  const Shape input({g.batch, g.height, g.width, g.in});
  const Shape filter({g.filter_height, g.filter_width, g.in / g.groups, g.out});
  const Shape output({g.batch, ExtentOf(g, g.height, g.filter_height, 0).output,
                      ExtentOf(g, g.width, g.filter_width, 1).output, g.out});
  ConvolutionCase c{.g = g,
                    .x = RandomTensor<T>(input, 1),
                    .w = RandomTensor<T>(filter, 2),
                    .dy = RandomTensor<T>(output, 3),
                    .y = Tensor::Zeros(float64, output).value(),
                    .dx = Tensor::Zeros(float64, input).value(),
                    .dw = Tensor::Zeros(float64, filter).value()};
  const T* x = c.x.data<T>();
  const T* w = c.w.data<T>();
  const T* dy = c.dy.data<T>();
  double* y = c.y.mutable_data<double>();
  double* dx = c.dx.mutable_data<double>();
  double* dw = c.dw.mutable_data<double>();
  ForEachProduct(g, [=](int64_t i, int64_t k, int64_t j) {
    y[j] += static_cast<double>(x[i]) * static_cast<double>(w[k]);
    dx[i] += static_cast<double>(dy[j]) * static_cast<double>(w[k]);
    dw[k] += static_cast<double>(x[i]) * static_cast<double>(dy[j]);
  });
  return c;
}

inline std::string Describe(const Geometry& g) {
  return absl::StrCat(g.batch, "x", g.height, "x", g.width, "x", g.in, " -> ", g.out, ", filter ",
                      g.filter_height, "x", g.filter_width, ", stride ", g.stride, ", dilation ",
                      g.dilation, ", ", g.padding, ", groups ", g.groups);
}

}  // namespace sessile
