#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/kernel_testing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using Ints = std::vector<int64_t>;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

OpBuilder Pool(const char* op) {
  OpBuilder builder(op);
  builder.Attr("ksize", Ints{1, 2, 2, 1}).Attr("strides", Ints{1, 2, 2, 1});
  builder.Attr("padding", "VALID");
  return builder;
}

class PoolTest : public FrontTest {};

TEST_F(PoolTest, BuildsWhatTensorFlowDoes) {
  const Output x = placeholder(float32, {None, 4, 4, 3});
  std::vector<Output> ys = {nn::max_pool(x, {1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")};
  ys.push_back(nn::max_pool(x, 3, {2, 1}, "SAME", {.name = "pooled"}));
  ys.push_back(nn::max_pool(x, 3, 2, {{0, 0}, {1, 1}, {1, 0}, {0, 0}}));
  ys.push_back(nn::avg_pool(x, {1, 2, 2, 1}, {1, 2, 2, 1}, "SAME"));
  ys.push_back(nn::avg_pool(x, 2, 1, "VALID", {.name = "mean"}));
  gradients(ys, {x});
  ExpectListing("nn.txt", "pools", graph_);
}

TEST_F(PoolTest, OfVolumesBuildsWhatTensorFlowDoes) {
  const Output x = placeholder(float32, {None, 4, 4, 4, 2});
  std::vector<Output> ys = {nn::max_pool3d(x, 2, 2, "VALID")};
  ys.push_back(nn::avg_pool3d(x, {1, 2, 2, 2, 1}, 1, "SAME"));
  gradients(ys, {x});
  ExpectListing("nn.txt", "volume_pools", graph_);
}

TEST_F(PoolTest, GradientsOfGradientsAreTensorFlows) {
  const Output x = placeholder(float32, {None, 4, 4, 3});
  const Output g = placeholder(float32, {None, 2, 2, 3});
  const Output top = Pool("MaxPool").Input(x).Build();
  std::vector<Output> ys = {Pool("MaxPoolGrad").Input(x).Input(top).Input(g).Build()};
  ys.push_back(Pool("MaxPoolGradGrad").Input(x).Input(top).Input(x).Build());
  ys.push_back(Pool("AvgPoolGrad").Input({2, 4, 4, 3}).Input(g).Build());
  gradients(ys, {g, x}, {.stop_gradients = {top}});
  ExpectListing("nn.txt", "pool_gradient_gradients", graph_);
}

TEST_F(PoolTest, InfersShapes) {
  const NodeFacts facts = {
      .attrs = {{"ksize", Ints{1, 3, 2, 1}}, {"strides", Ints{1, 2, 1, 1}}, {"padding", "VALID"}}};
  for (const char* op : {"MaxPool", "AvgPool"}) {
    ExpectShape(op, "[?,7,6,3]", "[?,3,5,3]", facts);
    ExpectShape(op, "?", "[?,?,?,?]", facts);
    ExpectShapeError(op, "[7,6,3]", "Shape must be rank 4 but is rank 3", facts);
    ExpectShapeError(op, "[1,2,6,3]", "Negative dimension size caused by subtracting 3 from 2",
                     facts);
  }
  ExpectShape("MaxPoolGrad", "[?,7,6,3];[?,3,5,3];[?,3,5,3]", "[?,7,6,3]", facts);
  ExpectShape("MaxPoolGradGrad", "[?,7,6,3];[?,3,5,3];[?,7,6,3]", "[?,3,5,3]", facts);
}

TEST_F(PoolTest, RefusesWhatMakesNoSense) {
  const auto message = [](const char* text) {
    return ThrowsMessage<errors::OpError>(HasSubstr(text));
  };
  const Output x = placeholder(float32, {1, 4, 4, 3});
  EXPECT_THAT([&] { nn::max_pool(x, 0, 1, "SAME"); }, message("`ksize` cannot be zero"));
  EXPECT_THAT(
      [&] {
        nn::max_pool(x, {1, 2, 3}, 1, "SAME");
      },
      message("ksize should be of length 1, 2 or 4. Received: ksize=[1, 2, 3]"));
  EXPECT_THAT(
      [&] {
        nn::max_pool(x, {2, 1, 1, 1}, 1, "SAME");
      },
      message("Pooling is not yet supported on the batch dimension."));
  EXPECT_THAT(
      [&] {
        nn::avg_pool(x, {1, 1, 1, 3}, 1, "SAME");
      },
      message("Pooling is not yet supported on the depth dimension."));
  const Output g = placeholder(float32);
  const Output grad = Pool("AvgPoolGrad").Input({1, 4, 4, 3}).Input(g).Build();
  const Tensor wrong = RandomTensor<float>({1, 4, 4, 3}, 1);
  EXPECT_THAT(
      [&] {
        Eval(grad, {{g, wrong}});
      },
      message("Expected grad shape to be [1,2,2,3], but got [1,4,4,3]"));
}

TEST_F(PoolTest, KeepsAnEmptyBatch) {
  EXPECT_THAT(Eval(nn::max_pool(zeros({0, 4, 4, 3}), 2, 2, "VALID")), HasShape({0, 2, 2, 3}));
}

TEST_F(PoolTest, IsTheSameInEitherDataFormat) {
  const Tensor x = RandomTensor<float>({2, 3, 6, 5}, 1);  // NCHW
  const Output channels_first = constant(x);
  const Output channels_last = transpose(channels_first, {0, 2, 3, 1});
  for (const auto pool : {nn::max_pool, nn::avg_pool}) {
    const Output first = pool(channels_first, 3, 2, "SAME", {.data_format = "NCHW"});
    const Output last = pool(channels_last, 3, 2, "SAME", {});
    const Output moved = transpose(last, {0, 3, 1, 2});
    const Output first_grad = gradients(first, {channels_first})[0];
    const Output last_grad = gradients(moved, {channels_first})[0];
    EXPECT_EQ(Distance(Eval(first), Eval(cast(moved, float64))), 0);
    EXPECT_EQ(Distance(Eval(first_grad), Eval(cast(last_grad, float64))), 0);
  }
}

// As TensorFlow does, which gives it to the first one in images.
TEST_F(PoolTest, EachMaximumOfAVolumeGetsTheGradient) {
  const auto gradient = [](std::string_view op, const Output& x, const Output& y, Ints window) {
    const Ints strides(window.size(), 1);
    return OpBuilder(op)
        .Input(x)
        .Input(y)
        .Input(3 * y)
        .Attr("ksize", window)
        .Attr("strides", strides)
        .Attr("padding", "VALID")
        .Build();
  };
  const Output volume =
      gradient("MaxPool3DGrad", ones({1, 1, 2, 2, 1}), ones({1, 1, 1, 1, 1}), {1, 1, 2, 2, 1});
  EXPECT_THAT(Eval(squeeze(volume)), IsTensor({{3.0, 3.0}, {3.0, 3.0}}));
  const Output image =
      gradient("MaxPoolGrad", ones({1, 2, 2, 1}), ones({1, 1, 1, 1}), {1, 2, 2, 1});
  EXPECT_THAT(Eval(squeeze(image)), IsTensor({{3.0, 0.0}, {0.0, 0.0}}));
}

TEST_F(PoolTest, GivesTheSameBitsInAnyOrder) {
  const std::vector<std::pair<std::string, AttrValue>> attrs = {{"T", float32},
                                                                {"ksize", Ints{1, 3, 3, 1}},
                                                                {"strides", Ints{1, 2, 2, 1}},
                                                                {"padding", "SAME"},
                                                                {"data_format", "NHWC"}};
  const Tensor x = RandomTensor<float>({3, 40, 41, 70}, 1);
  const Tensor y = RandomTensor<float>({3, 20, 21, 70}, 2);
  ExpectSameBitsInAnyOrder({.op = "MaxPool", .attrs = attrs, .inputs = {x}});
  ExpectSameBitsInAnyOrder({.op = "AvgPool", .attrs = attrs, .inputs = {x}});
  ExpectSameBitsInAnyOrder({.op = "MaxPoolGrad", .attrs = attrs, .inputs = {x, y, y}});
  ExpectSameBitsInAnyOrder({.op = "MaxPoolGradGrad", .attrs = attrs, .inputs = {x, y, x}});
}

TEST(PoolGradientTest, MatchesDifferences) {
  const auto max_pool = [](Output x) { return nn::max_pool(x, 3, 2, "SAME"); };
  const auto avg_pool = [](Output x) { return nn::avg_pool(x, {2, 3}, {2, 1}, "SAME"); };
  for (const OutputsFn& pool : {internal::AsOutputsFn(max_pool), internal::AsOutputsFn(avg_pool)}) {
    ExpectGradient(pool, {{2, 4, 5, 2}});
    const auto squared = [pool](const std::vector<Output>& x) { return square(pool(x)); };
    ExpectSecondGradient(squared, {{1, 4, 3, 2}});
  }
}

TEST(PoolGradGradGradientTest, MatchesDifferences) {
  const Tensor x = RandomTensor<double>({1, 4, 4, 2}, 5);
  const auto by_gradient = [x](Output g) {
    const Output input = constant(x);
    const Output top = Pool("MaxPool").Input(input).Build();
    return Pool("MaxPoolGradGrad").Input(input).Input(top).Input(g).Build();
  };
  ExpectGradient(by_gradient, {{1, 4, 4, 2}});
}

TEST(VolumePoolGradGradGradientTest, MatchesDifferences) {
  const Tensor x = RandomTensor<float>({1, 2, 4, 2, 2}, 5);
  const auto by_gradient = [x](Output g) {
    const Output moved = OpBuilder("MaxPool3DGradGrad")
                             .Input(constant(x))
                             .Input(zeros({1, 1, 2, 1, 2}))
                             .Input(cast(g, float32))
                             .Attr("ksize", Ints{1, 2, 2, 2, 1})
                             .Attr("strides", Ints{1, 2, 2, 2, 1})
                             .Attr("padding", "VALID")
                             .Build();
    return cast(moved, float64);
  };
  ExpectGradient(by_gradient, {{1, 2, 4, 2, 2}}, {.yardstick = true});
}

TEST(VolumePoolGradientTest, MatchesDifferences) {
  const auto max_pool = [](Output x) {
    return cast(nn::max_pool3d(cast(x, float32), 2, 2, "SAME"), float64);
  };
  const auto avg_pool = [](Output x) { return nn::avg_pool3d(x, 2, 1, "VALID"); };
  ExpectGradient(avg_pool, {{1, 3, 3, 4, 2}});
  ExpectGradient(max_pool, {{1, 3, 3, 4, 2}}, {.yardstick = true});
  const auto squared = [&](Output x) { return square(avg_pool(x)); };
  ExpectSecondGradient(squared, {{1, 2, 3, 2, 2}});
  const auto squared_max = [&](Output x) { return square(max_pool(x)); };
  ExpectSecondGradient(squared_max, {{1, 2, 3, 2, 2}}, {.yardstick = true});
}

}  // namespace
}  // namespace sessile
