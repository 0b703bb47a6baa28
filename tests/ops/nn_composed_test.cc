// Builders of tf.nn that are made of several nodes, and operations with few facts of their own.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using Ints = std::vector<int64_t>;

class NNComposedTest : public FrontTest {
 protected:
  static Output Images(int64_t channels = 3) {
    return placeholder(float32, {None, 4, 4, channels});
  }
};

TEST_F(NNComposedTest, NormalizationsAreTensorFlows) {
  const Output x = placeholder(float32, {None, 3});
  nn::l2_normalize(x, {.axis = 1});
  nn::l2_normalize(x, {.axis = {0, 1}, .epsilon = 0.5, .name = "n"});
  const Output y = Images();
  const Output z = nn::lrn(y, {.depth_radius = 4, .bias = 1.0, .alpha = 0.001 / 9.0, .beta = 0.75});
  gradients(z, {y});
  nn::local_response_normalization(y, {.name = "norm"});
  ExpectListing("nn.txt", "normalizations", graph_);
}

TEST_F(NNComposedTest, XwPlusBIsTensorFlows) {
  const Output x = placeholder(float32, {None, 4});
  const Output w = placeholder(float32, {4, 2});
  const Output b = placeholder(float32, {2});
  nn::xw_plus_b(x, w, b, "scores");
  ExpectListing("nn.txt", "xw_plus_b", graph_);
}

TEST_F(NNComposedTest, TransposedConvolutionIsTensorFlows) {
  const Output x = Images();
  const Output w = placeholder(float32, {3, 3, 5, 3});
  nn::conv2d_transpose(x, w, {2, 8, 8, 5}, {1, 2, 2, 1});
  const Output y = nn::conv2d_transpose(x, w, {2, 8, 8, 5}, 2, {.name = "up"});
  gradients(y, {x, w});
  ExpectListing("nn.txt", "transposed_convolution", graph_);
}

TEST_F(NNComposedTest, NormalizesToLengthOne) {
  EXPECT_THAT(Eval(nn::l2_normalize({{3.0, 4.0}, {0.0, 0.0}}, {.axis = 1})),
              IsTensor({{0.6, 0.8}, {0.0, 0.0}}));
}

class DepthwiseConv2DTest : public NNComposedTest {};

TEST_F(DepthwiseConv2DTest, BuildsWhatTensorFlowDoes) {
  const Output x = Images();
  const Output w = placeholder(float32, {3, 3, 3, 2});
  const Output y = nn::depthwise_conv2d(x, w, {1, 1, 1, 1}, "SAME");
  gradients(y, {x, w});
  ExpectListing("nn.txt", "depthwise_convolution", graph_);
}

TEST_F(DepthwiseConv2DTest, GradientsOfGradientsAreTensorFlows) {
  const Output x = Images();
  const Output w = placeholder(float32, {3, 3, 3, 2});
  const Output g = Images(6);
  const auto backprop = [&g](const char* op, const Input& a, const Input& b) {
    return OpBuilder(op)
        .Input(a)
        .Input(b)
        .Input(g)
        .Attr("strides", Ints{1, 1, 1, 1})
        .Attr("padding", "SAME")
        .Build();
  };
  std::vector<Output> ys = {backprop("DepthwiseConv2dNativeBackpropInput", {2, 4, 4, 3}, w)};
  ys.push_back(backprop("DepthwiseConv2dNativeBackpropFilter", x, {3, 3, 3, 2}));
  gradients(ys, {x, w, g});
  ExpectListing("nn.txt", "depthwise_gradient_gradients", graph_);
}

TEST_F(DepthwiseConv2DTest, InfersShapes) {
  const NodeFacts facts = {.attrs = {{"strides", Ints{1, 2, 2, 1}}, {"padding", "SAME"}}};
  ExpectShape("DepthwiseConv2dNative", "[?,7,6,3];[3,3,3,4]", "[?,4,3,12]", facts);
  ExpectShapeError("DepthwiseConv2dNative", "[?,7,6,3];[3,3,2,4]", "Dimensions must be equal",
                   facts);
}

TEST_F(DepthwiseConv2DTest, RefusesBackpropsThatDoNotFit) {
  const Output g = placeholder(float32);
  const Output x = OpBuilder("DepthwiseConv2dNativeBackpropInput")
                       .Input({1, 4, 4, 2})
                       .Input(zeros({3, 3, 2, 1}))
                       .Input(g)
                       .Attr("strides", Ints{1, 1, 1, 1})
                       .Attr("padding", "SAME")
                       .Build();
  EXPECT_THAT(
      [&] {
        Eval(x, {{g, {1.0f}}});
      },
      ::testing::ThrowsMessage<errors::InvalidArgumentError>(
          ::testing::HasSubstr("out_backprop must have shape [1,4,4,2], but has [1]")));
}

TEST(LRNGradientTest, MatchesDifferences) {
  const auto lrn = [](Output x) {
    const Output y = nn::lrn(cast(x, float32), {.depth_radius = 2, .bias = 1.5, .alpha = 0.5});
    return cast(y, float64);
  };
  ExpectGradient(lrn, {{1, 2, 2, 6}}, {.yardstick = true});
}

TEST(DepthwiseGradientTest, MatchesDifferences) {
  const auto depthwise = [](Output x, Output w) {
    return nn::depthwise_conv2d(x, w, {1, 2, 2, 1}, "SAME");
  };
  ExpectGradient(depthwise, {{2, 4, 5, 2}, {3, 2, 2, 2}});
  const auto squared = [&](Output x, Output w) { return square(depthwise(x, w)); };
  ExpectSecondGradient(squared, {{1, 3, 3, 2}, {2, 2, 2, 2}});
}

}  // namespace
}  // namespace sessile
