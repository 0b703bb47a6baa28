#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sessile/tests/kernel_testing.h"
#include "sessile/tests/kernels/conv2d_testing.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;

template <typename T>
void ExpectDefinition(const Geometry& g) {
  SCOPED_TRACE(Describe(g));
  const double tolerance = std::is_same_v<T, float> ? 2e-6 : 1e-14;
  const ConvolutionCase c = MakeConvolution<T>(g);
  EXPECT_LE(Distance(RunKernelOrFail(c.Forward()), c.y), tolerance);
  EXPECT_LE(Distance(RunKernelOrFail(c.BackwardInput()), c.dx), tolerance);
  EXPECT_LE(Distance(RunKernelOrFail(c.BackwardFilter()), c.dw), tolerance);
}

void ExpectDefinitionForFloats(const Geometry& g) {
  ExpectDefinition<float>(g);
  ExpectDefinition<double>(g);
}

TEST(Conv2DTest, EqualsItsDefinition) {
  for (const int64_t filter : {1, 3, 5}) {
    for (const int64_t stride : {1, 2, 3}) {
      for (const char* padding : {"SAME", "VALID"}) {
        for (const auto& [in, out] : {std::pair<int64_t, int64_t>{1, 4}, {3, 5}, {20, 24}}) {
          ExpectDefinitionForFloats({.batch = 3,
                                     .height = 9,
                                     .width = 7,
                                     .in = in,
                                     .out = out,
                                     .filter_height = filter,
                                     .filter_width = filter,
                                     .stride = stride,
                                     .padding = padding});
        }
      }
    }
  }
}

TEST(Conv2DTest, TakesOblongFilters) {
  ExpectDefinitionForFloats({.batch = 2,
                             .height = 6,
                             .width = 11,
                             .in = 4,
                             .out = 8,
                             .filter_height = 1,
                             .filter_width = 5,
                             .stride = 2});
}

TEST(Conv2DTest, TakesExplicitPadding) {
  for (const std::vector<int64_t>& pads :
       {std::vector<int64_t>{1, 2, 0, 1}, {0, 0, 2, 2}, {5, 7, 6, 9}}) {
    ExpectDefinitionForFloats({.batch = 2,
                               .height = 8,
                               .width = 6,
                               .in = 3,
                               .out = 8,
                               .filter_height = 3,
                               .filter_width = 3,
                               .stride = 2,
                               .padding = "EXPLICIT",
                               .pads = pads});
  }
}

TEST(Conv2DTest, TakesDilations) {
  for (const char* padding : {"SAME", "VALID"}) {
    ExpectDefinitionForFloats({.batch = 2,
                               .height = 9,
                               .width = 10,
                               .in = 8,
                               .out = 12,
                               .filter_height = 3,
                               .filter_width = 3,
                               .dilation = 2,
                               .padding = padding});
  }
}

TEST(Conv2DTest, TakesGroups) {
  ExpectDefinitionForFloats({.batch = 2,
                             .height = 5,
                             .width = 5,
                             .in = 6,
                             .out = 9,
                             .filter_height = 3,
                             .filter_width = 3,
                             .groups = 3});
}

// As in the last layers of a deep network.
TEST(Conv2DTest, TakesImagesSmallerThanTheWindow) {
  for (const int64_t size : {1, 2, 4}) {
    for (const int64_t stride : {1, 2}) {
      ExpectDefinitionForFloats({.batch = 37,
                                 .height = size,
                                 .width = size,
                                 .in = 72,
                                 .out = 76,
                                 .filter_height = 3,
                                 .filter_width = 3,
                                 .stride = stride});
    }
  }
}

// Which are cut into rows, and whose tiles are wide where they are short.
TEST(Conv2DTest, TakesFewImages) {
  for (const int64_t batch : {1, 2, 3}) {
    for (const int64_t size : {2, 4, 7, 14}) {
      for (const int64_t stride : {1, 2}) {
        ExpectDefinitionForFloats({.batch = batch,
                                   .height = size,
                                   .width = size,
                                   .in = 44,
                                   .out = 52,
                                   .filter_height = 3,
                                   .filter_width = 3,
                                   .stride = stride});
      }
    }
  }
}

// Whose filter is packed for the output too.
TEST(Conv2DTest, TakesManyChannels) {
  for (const int64_t filter : {1, 3}) {
    for (const int64_t stride : {1, 2}) {
      for (const int64_t out : {65, 128}) {
        for (const char* padding : {"SAME", "VALID"}) {
          ExpectDefinitionForFloats({.batch = 6,
                                     .height = 15,
                                     .width = 15,
                                     .in = 9,
                                     .out = out,
                                     .filter_height = filter,
                                     .filter_width = 3,
                                     .stride = stride,
                                     .padding = padding});
        }
      }
    }
  }
}

// Of which the gradient of the filter is computed a few rows at a time.
TEST(Conv2DTest, TakesLargeImages) {
  for (const int64_t stride : {1, 2, 3}) {
    for (const int64_t dilation : {1, 2}) {
      for (const char* padding : {"SAME", "VALID"}) {
        ExpectDefinitionForFloats({.batch = 3,
                                   .height = 61,
                                   .width = 40,
                                   .in = 4,
                                   .out = 8,
                                   .filter_height = 5,
                                   .filter_width = 3,
                                   .stride = stride,
                                   .dilation = dilation,
                                   .padding = padding});
      }
    }
  }
}

TEST(Conv2DTest, KeepsAnEmptyBatch) {
  ExpectDefinitionForFloats({.batch = 0,
                             .height = 4,
                             .width = 4,
                             .in = 2,
                             .out = 3,
                             .filter_height = 3,
                             .filter_width = 3});
}

template <typename T>
void ExpectSameBits(const Geometry& g) {
  SCOPED_TRACE(Describe(g));
  const ConvolutionCase c = MakeConvolution<T>(g);
  ExpectSameBitsInAnyOrder(c.Forward());
  ExpectSameBitsInAnyOrder(c.BackwardInput());
  ExpectSameBitsInAnyOrder(c.BackwardFilter());
}

// Batches that do not divide evenly into blocks.
TEST(Conv2DTest, GivesTheSameBitsInAnyOrderOfBlocks) {
  const Geometry wide = {.batch = 23,
                         .height = 28,
                         .width = 28,
                         .in = 4,
                         .out = 8,
                         .filter_height = 3,
                         .filter_width = 3};
  const Geometry strided = {.batch = 22,
                            .height = 14,
                            .width = 14,
                            .in = 16,
                            .out = 20,
                            .filter_height = 3,
                            .filter_width = 3,
                            .stride = 2};
  const Geometry many_channels = {.batch = 7,
                                  .height = 14,
                                  .width = 14,
                                  .in = 20,
                                  .out = 100,
                                  .filter_height = 3,
                                  .filter_width = 3};
  ExpectSameBits<float>(wide);
  ExpectSameBits<float>(strided);
  ExpectSameBits<float>(many_channels);
  ExpectSameBits<double>(strided);
}

TEST(Conv2DTest, AddsUpManyImagesWell) {
  const ConvolutionCase c = MakeConvolution<float>({.batch = 64,
                                                    .height = 28,
                                                    .width = 28,
                                                    .in = 4,
                                                    .out = 8,
                                                    .filter_height = 3,
                                                    .filter_width = 3});
  EXPECT_LE(Distance(RunKernelOrFail(c.BackwardFilter()), c.dw), 3.5e-7);
}

// NHWC to NCHW.
template <typename T>
Tensor ChannelsFirst(const Tensor& t) {
  const int64_t pixels = t.dim(1) * t.dim(2);
  const int64_t channels = t.dim(3);
  Tensor result =
      Tensor::Allocate(t.dtype(), Shape({t.dim(0), channels, t.dim(1), t.dim(2)})).value();
  for (int64_t i = 0; i < t.num_elements(); ++i) {
    const int64_t n = i / (pixels * channels);
    const int64_t c = i % channels;
    const int64_t p = i / channels % pixels;
    result.mutable_data<T>()[(n * channels + c) * pixels + p] = t.data<T>()[i];
  }
  return result;
}

template <typename T>
void ExpectChannelsFirst(const Geometry& g) {
  const double tolerance = std::is_same_v<T, float> ? 2e-6 : 1e-14;
  const ConvolutionCase c = MakeConvolution<T>(g);
  const auto attrs = ConvolutionAttrs(g, DataTypeOf<T>::value, "NCHW");
  const Tensor x = ChannelsFirst<T>(c.x);
  const Tensor dy = ChannelsFirst<T>(c.dy);
  const Tensor y = RunKernelOrFail({.op = "Conv2D", .attrs = attrs, .inputs = {x, c.w}});
  EXPECT_LE(Distance(y, ChannelsFirst<double>(c.y)), tolerance);
  const Tensor dx = RunKernelOrFail(
      {.op = "Conv2DBackpropInput", .attrs = attrs, .inputs = {SizesOf(x.shape()), c.w, dy}});
  EXPECT_LE(Distance(dx, ChannelsFirst<double>(c.dx)), tolerance);
  const Tensor dw = RunKernelOrFail(
      {.op = "Conv2DBackpropFilter", .attrs = attrs, .inputs = {x, SizesOf(c.w.shape()), dy}});
  EXPECT_LE(Distance(dw, c.dw), tolerance);
}

TEST(Conv2DTest, TakesChannelsFirst) {
  Geometry g = {.batch = 2,
                .height = 8,
                .width = 6,
                .in = 3,
                .out = 4,
                .filter_height = 3,
                .filter_width = 3,
                .stride = 2};
  ExpectChannelsFirst<float>(g);
  ExpectChannelsFirst<double>(g);
  g.padding = "EXPLICIT";
  g.pads = {4, 5, 1, 0};
  ExpectChannelsFirst<float>(g);
  ExpectChannelsFirst<double>(g);
}

TEST(Conv2DTest, ConvolvesIntegers) {
  Tensor ones = Tensor::Allocate(int32, {1, 3, 3, 1}).value();
  for (int32_t& value : ones.mutable_flat<int32_t>()) value = 1;
  const Tensor sums = RunKernelOrFail({.op = "Conv2D",
                                       .attrs = ConvolutionAttrs({}, int32),
                                       .inputs = {ones, ones.Reshaped({3, 3, 1, 1}).value()}});
  EXPECT_THAT(sums.flat<int32_t>(), ElementsAre(4, 6, 4, 6, 9, 6, 4, 6, 4));
}

Tensor Some(const Shape& shape) { return RandomTensor<float>(shape, 1); }
Tensor Sizes(std::initializer_list<int32_t> values) {
  return Tensor::FromValues<int32_t>({values.size()}, values).value();
}

TEST(Conv2DTest, RefusesShapesThatDoNotFit) {
  const auto error = [](const Shape& input, const Shape& filter, const char* padding = "SAME") {
    return RunKernel({.op = "Conv2D",
                      .attrs = ConvolutionAttrs({.padding = padding}, float32),
                      .inputs = {Some(input), Some(filter)}})
        .status();
  };
  ExpectError(error({1, 4, 4, 3}, {3, 3, 2, 5}), kInvalid,
              "input depth must be evenly divisible by filter depth: 3 vs 2");
  ExpectError(error({1, 4, 4, 4}, {3, 3, 2, 5}), kInvalid,
              "output depth must be evenly divisible by number of groups: 5 vs 2");
  ExpectError(error({4, 4, 2}, {3, 3, 2, 5}), kInvalid,
              "convolution input must be 4-dimensional: [4,4,2]");
  ExpectError(error({1, 4, 4, 2}, {3, 3, 2}), kInvalid,
              "convolution filter must be 4-dimensional: [3,3,2]");
  ExpectError(error({1, 2, 2, 2}, {4, 4, 2, 5}, "VALID"), kInvalid,
              "Computed output size would be negative: -1 [input_size: 2, effective_filter_size: "
              "4, stride: 1]");
  ExpectError(error({1, 2, 2, 2}, {0, 3, 2, 5}), kInvalid,
              "filter must not have zero elements (i.e. all dimensions must be non-zero)");
  ExpectError(error({1, 2, 2, 2}, {3, 3, 0, 5}), kInvalid,
              "filter depth must be stricly positive, got 0");
}

TEST(Conv2DTest, RefusesAnOutputBeyondMemory) {
  const int64_t far = int64_t{1} << 30;
  const Geometry g = {.padding = "EXPLICIT", .pads = {far, far, far, far}};
  for (const int64_t filters : {1, 64}) {
    EXPECT_FALSE(RunKernel({.op = "Conv2D",
                            .attrs = ConvolutionAttrs(g, float32),
                            .inputs = {Some({8, 2, 2, 1}), Some({3, 3, 1, filters})}})
                     .ok());
  }
}

TEST(Conv2DBackpropInputTest, TakesHeightAndWidthOnly) {
  const Tensor gradient =
      RunKernelOrFail({.op = "Conv2DBackpropInput",
                       .attrs = ConvolutionAttrs({}, float32),
                       .inputs = {Sizes({4, 4}), Some({3, 3, 2, 5}), Some({1, 4, 4, 5})}});
  EXPECT_EQ(gradient.shape(), Shape({1, 4, 4, 2}));
}

TEST(Conv2DBackpropInputTest, RefusesShapesThatDoNotFit) {
  const auto error = [](std::initializer_list<int32_t> sizes, const Shape& filter,
                        const Shape& gradient) {
    return RunKernel({.op = "Conv2DBackpropInput",
                      .attrs = ConvolutionAttrs({}, float32),
                      .inputs = {Sizes(sizes), Some(filter), Some(gradient)}})
        .status();
  };
  ExpectError(error({1, 4, 4}, {3, 3, 2, 5}, {1, 4, 4, 5}), kInvalid,
              "Conv2DBackpropInput requires input_sizes to contain 4 values or 2 values, but got: "
              "3");
  ExpectError(error({1, -4, 4, 2}, {3, 3, 2, 5}, {1, 4, 4, 5}), kInvalid,
              "Dimension -4 must be >= 0");
  ExpectError(error({2, 4, 4, 2}, {3, 3, 2, 5}, {1, 4, 4, 5}), kInvalid,
              "Conv2DCustomBackpropInput: input and out_backprop must have the same batch size. "
              "Input batch: 2, outbackprop batch: 1, batch_dim: 0");
  ExpectError(error({1, 4, 4, 2}, {3, 3, 2, 5}, {1, 3, 4, 5}), kInvalid,
              "Conv2DCustomBackpropInput: Size of out_backprop doesn't match computed: actual = 3, "
              "computed = 4 spatial_dim: 1 input: 4 filter: 3 output: 3 stride: 1 dilation: 1");
  ExpectError(error({1, 4, 4, 2}, {3, 3, 2, 5}, {1, 4, 4, 4}), kInvalid,
              "Conv2DCustomBackpropInput: filter and out_backprop must have the same out_depth");
  ExpectError(error({1, 4, 4, 3}, {3, 3, 2, 5}, {1, 4, 4, 5}), kInvalid,
              "Conv2DCustomBackpropInput: input depth must be evenly divisible by filter depth");
  ExpectError(error({1, 4, 4, 2}, {3, 3, 2}, {1, 4, 4, 5}), kInvalid,
              "Conv2DCustomBackpropInput: filter must be 4-dimensional");
}

TEST(Conv2DBackpropFilterTest, RefusesShapesThatDoNotFit) {
  const auto error = [](const Shape& input, std::initializer_list<int32_t> sizes,
                        const Shape& gradient) {
    return RunKernel({.op = "Conv2DBackpropFilter",
                      .attrs = ConvolutionAttrs({}, float32),
                      .inputs = {Some(input), Sizes(sizes), Some(gradient)}})
        .status();
  };
  ExpectError(error({1, 4, 4, 2}, {3, 3, 5}, {1, 4, 4, 5}), kInvalid,
              "Conv2DCustomBackpropFilter: filter must be 4-dimensional");
  ExpectError(error({2, 4, 4, 2}, {3, 3, 2, 5}, {1, 4, 4, 5}), kInvalid,
              "Conv2DCustomBackpropFilter: input and out_backprop must have the same batch size. "
              "Input batch: 2, outbackprop batch: 1, batch_dim: 0");
  ExpectError(error({1, 4, 4, 2}, {3, 3, 2, 4}, {1, 4, 4, 5}), kInvalid,
              "Conv2DCustomBackpropFilter: filter and out_backprop must have the same out_depth");
}

}  // namespace
}  // namespace sessile
