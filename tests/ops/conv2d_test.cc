#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Output Of(const Shape& shape, DataType dtype = float32) { return placeholder(dtype, shape); }

class Conv2DTest : public ::testing::Test {
 protected:
  static std::string ShapeOf(const Shape& input, const Shape& filter, nn::Conv2DOptions options) {
    const Output x = Of(input);
    const Output w = Of(filter);
    return nn::conv2d(x, w, std::move(options)).get_shape().ToString();
  }
  static void ExpectError(const Shape& input, const Shape& filter, const nn::Conv2DOptions& options,
                          const std::string& message) {
    EXPECT_THAT([&] { ShapeOf(input, filter, options); },
                ThrowsMessage<errors::InvalidArgumentError>(HasSubstr(message)));
  }

  Graph graph_;
  DefaultGraphScope with_{graph_};
};

TEST_F(Conv2DTest, InfersShapesOfSameAndValid) {
  EXPECT_EQ(ShapeOf({None, 28, 28, 1}, {3, 3, 1, 4}, {.padding = "SAME"}), "[?,28,28,4]");
  EXPECT_EQ(ShapeOf({None, 28, 28, 1}, {3, 3, 1, 4}, {.strides = 2, .padding = "SAME"}),
            "[?,14,14,4]");
  EXPECT_EQ(ShapeOf({None, 28, 28, 1}, {3, 3, 1, 4}, {.strides = {2, 2}, .padding = "VALID"}),
            "[?,13,13,4]");
  EXPECT_EQ(ShapeOf({2, 9, 9, 4}, {3, 3, 4, 4}, {.padding = "VALID", .dilations = 2}), "[2,5,5,4]");
  EXPECT_EQ(ShapeOf({2, 0, 6, 4}, {3, 3, 4, 4}, {.padding = "SAME"}), "[2,0,6,4]");
}

TEST_F(Conv2DTest, LeavesUnknownWhatDoesNotFollow) {
  EXPECT_EQ(ShapeOf(Shape::Unknown(), {3, 3, 1, 4}, {.padding = "SAME"}), "[?,?,?,4]");
  EXPECT_EQ(ShapeOf(Shape::Unknown(), Shape::Unknown(), {.padding = "SAME"}), "[?,?,?,?]");
  EXPECT_EQ(ShapeOf({2, 5, 6, None}, {None, 3, 4, 4}, {.padding = "VALID"}), "[2,?,4,4]");
}

TEST_F(Conv2DTest, ReadsChannelsWhereTheDataFormatPutsThem) {
  EXPECT_EQ(ShapeOf({2, 4, 5, 6}, {3, 3, 4, 8}, {.padding = "SAME", .data_format = "NCHW"}),
            "[2,8,5,6]");
  EXPECT_EQ(ShapeOf({2, 4, 5, 6}, {3, 3, 4, 8},
                    {.strides = {1, 2}, .padding = "SAME", .data_format = "NCHW"}),
            "[2,8,5,3]");
}

TEST_F(Conv2DTest, PadsAsTold) {
  EXPECT_EQ(ShapeOf({2, 5, 6, 4}, {3, 3, 4, 4}, {.padding = {{0, 0}, {1, 2}, {0, 1}, {0, 0}}}),
            "[2,6,5,4]");
  ExpectError({2, 5, 6, 4}, {3, 3, 4, 4}, {.padding = {{0, 0}, {1, 2}}},
              "explicit_paddings attribute must contain 8 values, but got: 4");
  ExpectError({2, 5, 6, 4}, {3, 3, 4, 4}, {.padding = {{1, 0}, {1, 2}, {0, 0}, {0, 0}}},
              "Nonzero explicit padding in the batch or depth dimensions is not supported");
}

TEST_F(Conv2DTest, TakesGroupsOfChannels) {
  EXPECT_EQ(ShapeOf({2, 5, 6, 4}, {3, 3, 2, 4}, {.padding = "SAME"}), "[2,5,6,4]");
  ExpectError({2, 5, 6, 3}, {3, 3, 2, 4}, {.padding = "SAME"},
              "Depth of input (3) is not a multiple of input depth of filter (2)");
  ExpectError({2, 5, 6, 4}, {3, 3, 2, 3}, {.padding = "SAME"},
              "Depth of output (3) is not a multiple of the number of groups (2)");
  ExpectError({2, 5, 6, 4}, {3, 3, 0, 4}, {.padding = "SAME"}, "Depth of filter must not be 0");
  ExpectError({2, 5, 6, 0}, {3, 3, 2, 4}, {.padding = "SAME"}, "Number of groups must not be 0");
}

TEST_F(Conv2DTest, RefusesShapesThatDoNotFit) {
  ExpectError({2, 5, 6}, {3, 3, 1, 4}, {.padding = "SAME"}, "Shape must be rank 4 but is rank 3");
  ExpectError({2, 5, 6, 3}, {3, 3, 4}, {.padding = "SAME"}, "Shape must be rank 4 but is rank 3");
  ExpectError({2, 2, 6, 4}, {3, 3, 4, 4}, {.padding = "VALID"},
              "Negative dimension size caused by subtracting 3 from 2");
}

TEST_F(Conv2DTest, RefusesParametersThatMakeNoSense) {
  ExpectError({2, 5, 6, 4}, {3, 3, 4, 4}, {}, "missing `padding`");
  ExpectError({2, 5, 6, 4}, {3, 3, 4, 4}, {.padding = "same"},
              "is not in the list of allowed values");
  ExpectError({2, 5, 6, 4}, {3, 3, 4, 4}, {.strides = {1, 2, 3}, .padding = "SAME"},
              "strides should be of length 1, 2 or 4. Received: strides=[1, 2, 3] of length 3");
  ExpectError({2, 5, 6, 4}, {3, 3, 4, 4}, {.strides = 0, .padding = "SAME"},
              "Stride must be > 0, but got 0");
  ExpectError({2, 5, 6, 4}, {3, 3, 4, 4}, {.strides = {2, 1, 1, 1}, .padding = "SAME"},
              "Current implementation does not yet support strides in the batch and depth");
  ExpectError({2, 5, 6, 4}, {3, 3, 4, 4}, {.padding = "SAME", .dilations = -1},
              "Dilation rate must be >= 1, but got -1");
}

class Conv2DBackpropTest : public Conv2DTest {
 protected:
  static OpBuilder Backprop(const char* op, const char* data_format = "NHWC") {
    OpBuilder builder(op);
    builder.Attr("strides", std::vector<int64_t>{1, 1, 1, 1})
        .Attr("padding", "SAME")
        .Attr("data_format", data_format);
    return builder;
  }
  static std::string InputShape(const Input& sizes, const Shape& filter, const Shape& grad,
                                const char* data_format = "NHWC") {
    return Backprop("Conv2DBackpropInput", data_format)
        .Input(sizes)
        .Input(Of(filter))
        .Input(Of(grad))
        .Build()
        .get_shape()
        .ToString();
  }
  static std::string FilterShape(const Input& sizes) {
    return Backprop("Conv2DBackpropFilter")
        .Input(Of({2, 5, 6, 3}))
        .Input(sizes)
        .Input(Of({2, 5, 6, 4}))
        .Build()
        .get_shape()
        .ToString();
  }
};

TEST_F(Conv2DBackpropTest, InputHasTheGivenSizesAndTheBatchOfTheGradient) {
  EXPECT_EQ(InputShape({2, 5, 6, 3}, {3, 3, 3, 4}, {2, 5, 6, 4}), "[2,5,6,3]");
  EXPECT_EQ(InputShape({9, 5, 6, 3}, {3, 3, 3, 4}, {None, 5, 6, 4}), "[?,5,6,3]");
  EXPECT_EQ(InputShape(Of({4}, int32), {3, 3, 3, 4}, {2, 5, 6, 4}), "[2,?,?,?]");
  EXPECT_EQ(InputShape(Of(Shape::Unknown(), int32), {3, 3, 3, 4}, {2, 5, 6, 4}), "[2,?,?,?]");
}

TEST_F(Conv2DBackpropTest, InputSizesMayBeHeightAndWidth) {
  EXPECT_EQ(InputShape({5, 6}, {3, 3, 3, 4}, {2, 5, 6, 4}), "[2,5,6,3]");
  EXPECT_EQ(InputShape({5, 6}, {3, 3, 3, 4}, {2, 4, 5, 6}, "NCHW"), "[2,3,5,6]");
  EXPECT_EQ(InputShape(Of({2}, int32), {3, 3, 3, 4}, {2, 5, 6, 4}), "[2,?,?,3]");
}

TEST_F(Conv2DBackpropTest, RefusesSizesThatDoNotFit) {
  EXPECT_THAT(
      [] {
        InputShape({9, 5, 6, 3}, {3, 3, 3, 4}, {2, 5, 6, 4});
      },
      ThrowsMessage<errors::InvalidArgumentError>(
          HasSubstr("Dimensions must be equal, but are 9 and 2")));
  EXPECT_THAT(
      [] {
        InputShape({2, 5, 6}, {3, 3, 3, 4}, {2, 5, 6, 4});
      },
      ThrowsMessage<errors::InvalidArgumentError>(
          HasSubstr("requires input_sizes to contain 4 values or 2 values, but got: 3")));
  EXPECT_THAT(
      [] {
        InputShape({2, 5, 6, 3}, {3, 3, 3, 4}, {2, 5, 6, 5});
      },
      ThrowsMessage<errors::InvalidArgumentError>(
          HasSubstr("Dimensions must be equal, but are 5 and 4")));
  EXPECT_THAT(
      [] {
        FilterShape({3, 3, 3});
      },
      ThrowsMessage<errors::InvalidArgumentError>(HasSubstr("Shape must be rank 4 but is rank 3")));
}

TEST_F(Conv2DBackpropTest, FilterHasTheGivenSizes) {
  EXPECT_EQ(FilterShape({3, 3, 3, 4}), "[3,3,3,4]");
  EXPECT_EQ(FilterShape(Of(Shape::Unknown(), int32)), "[?,?,?,?]");
}

TEST_F(Conv2DTest, GradientIsTensorFlows) {
  const Output x = Of({None, 8, 8, 2});
  const Output w = Of({3, 3, 2, 4});
  const Output y = nn::conv2d(x, w, {.strides = {1, 2, 2, 1}, .padding = "SAME"});
  gradients({y}, {x, w});
  ExpectListing("layers.txt", "conv_gradient", graph_);
}

TEST_F(Conv2DBackpropTest, GradientsAreTensorFlows) {
  const Output g = Of({None, 8, 8, 4});
  const Output w = Of({3, 3, 2, 4});
  const Output x = Backprop("Conv2DBackpropInput").Input({5, 8, 8, 2}).Input(w).Input(g).Build();
  const Output f = Backprop("Conv2DBackpropFilter").Input(x).Input({3, 3, 2, 4}).Input(g).Build();
  gradients({x, f}, {g, w});
  ExpectListing("layers.txt", "conv_backprop_gradients", graph_);
}

TEST_F(Conv2DTest, SumsProductsUnderTheFilter) {
  const Output x =
      constant({{{{1}, {2}, {3}}, {{4}, {5}, {6}}, {{7}, {8}, {9}}}}, {.dtype = float32});
  const Output w = constant({{{{1}}, {{10}}}, {{{100}}, {{1000}}}}, {.dtype = float32});
  EXPECT_THAT(Eval(nn::conv2d(x, w, {.padding = "VALID"})),
              IsTensor({{{{5421}, {6532}}, {{8754}, {9865}}}}));
  EXPECT_THAT(Eval(nn::conv2d(x, w, {.strides = 2, .padding = "SAME"})),
              IsTensor({{{{5421}, {603}}, {{87}, {9}}}}));
}

TEST_F(Conv2DTest, KeepsAnEmptyBatch) {
  const Output x = zeros({0, 3, 3, 1});
  const Output w = zeros({2, 2, 1, 4});
  EXPECT_THAT(Eval(nn::conv2d(x, w, {.padding = "SAME"})), HasShape({0, 3, 3, 4}));
}

TEST(Conv2DGradientTest, MatchesDifferences) {
  for (const int stride : {1, 2, 3}) {
    for (const char* padding : {"SAME", "VALID"}) {
      ExpectGradient(
          [&](Output x, Output w) {
            return nn::conv2d(x, w, {.strides = stride, .padding = padding});
          },
          {{2, 5, 4, 3}, {3, 2, 3, 2}});
    }
  }
}

TEST(Conv2DGradientTest, OfTheGradientsMatchesDifferences) {
  // The gradient of a sum of squares of the convolution is linear in none of them.
  const auto gradient_of = [](int i) {
    return [i](Output x, Output w) {
      const Output y = nn::conv2d(x, w, {.strides = 2, .padding = "SAME"});
      return gradients(y * y, {x, w})[static_cast<size_t>(i)];
    };
  };
  ExpectGradient(gradient_of(0), {{1, 4, 4, 2}, {3, 3, 2, 2}});
  ExpectGradient(gradient_of(1), {{1, 4, 4, 2}, {3, 3, 2, 2}});
}

}  // namespace
}  // namespace sessile
