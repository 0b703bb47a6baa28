#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class BiasAddTest : public ::testing::Test {
 protected:
  static std::string ShapeOf(const Shape& value, const Shape& bias, const char* format = "NHWC") {
    const Output v = placeholder(float32, value);
    const Output b = placeholder(float32, bias);
    return nn::bias_add(v, b, {.data_format = format}).get_shape().ToString();
  }
  static std::string GradShapeOf(const Shape& grad, const char* format = "NHWC") {
    return OpBuilder("BiasAddGrad")
        .Input(placeholder(float32, grad))
        .Attr("data_format", format)
        .Build()
        .get_shape()
        .ToString();
  }
  template <typename F>
  static void ExpectError(F build, const std::string& message) {
    EXPECT_THAT(build, ThrowsMessage<errors::InvalidArgumentError>(HasSubstr(message)));
  }

  Graph graph_;
  DefaultGraphScope with_{graph_};
};

TEST_F(BiasAddTest, InfersChannelsFromEitherInput) {
  EXPECT_EQ(ShapeOf({2, 3}, {3}), "[2,3]");
  EXPECT_EQ(ShapeOf({None, 4, 4, None}, {8}), "[?,4,4,8]");
  EXPECT_EQ(ShapeOf({2, None}, Shape::Unknown()), "[2,?]");
  EXPECT_EQ(ShapeOf(Shape::Unknown(), {3}), "<unknown>");
  EXPECT_EQ(ShapeOf({2, 3, 4, 5}, {3}, "NCHW"), "[2,3,4,5]");
}

TEST_F(BiasAddTest, RefusesABiasOfAnotherLength) {
  ExpectError([] { ShapeOf({2, 3}, {4}); }, "Dimensions must be equal, but are 3 and 4");
  ExpectError([] { ShapeOf({2, 3, 4}, {4}, "NCHW"); }, "Dimensions must be equal, but are 3 and 4");
}

TEST_F(BiasAddTest, RefusesAnotherRank) {
  ExpectError([] { ShapeOf({3}, {3}); }, "Shape must be at least rank 2 but is rank 1");
  ExpectError([] { ShapeOf({2, 3}, {3}, "NCHW"); }, "Shape must be at least rank 3 but is rank 2");
  ExpectError([] { ShapeOf({2, 3}, {1, 3}); }, "Shape must be rank 1 but is rank 2");
}

TEST_F(BiasAddTest, RefusesAnUnknownDataFormat) {
  ExpectError(
      [] {
        ShapeOf({2, 3}, {3}, "foo");
      },
      "`data_format` must be of the form `N...C` or `NC...`. Received: data_format=foo");
}

TEST_F(BiasAddTest, GradHasOneElementForEachChannel) {
  EXPECT_EQ(GradShapeOf({2, 3}), "[3]");
  EXPECT_EQ(GradShapeOf(Shape::Unknown()), "[?]");
  EXPECT_EQ(GradShapeOf({2, 3, 4, 5}, "NCHW"), "[3]");
  ExpectError([] { GradShapeOf({3}); }, "Shape must be at least rank 2 but is rank 1");
}

TEST_F(BiasAddTest, GradientIsTensorFlows) {
  const Output x = placeholder(float32, {None, 3});
  const Output b = placeholder(float32, {3});
  gradients({nn::bias_add(x, b)}, {x, b});
  ExpectListing("layers.txt", "bias_gradient", graph_);
}

TEST_F(BiasAddTest, GradientOfTheGradientHasTheShapeOfItsInput) {
  const Output g = placeholder(float32, {5, 3, 4, 2});
  for (const char* format : {"NHWC", "NCHW"}) {
    const Output sum = OpBuilder("BiasAddGrad").Input(g).Attr("data_format", format).Build();
    EXPECT_EQ(gradients({sum}, {g})[0].get_shape().ToString(), "[5,3,4,2]") << format;
  }
}

TEST_F(BiasAddTest, AddsToEachRow) {
  const Output x = constant({{1, 2}, {3, 4}}, {.dtype = float32});
  EXPECT_THAT(Eval(nn::bias_add(x, {10, 20})), IsTensor({{11, 22}, {13, 24}}));
}

TEST_F(BiasAddTest, KeepsAnEmptyBatch) {
  const Output x = zeros({0, 3});
  EXPECT_THAT(Eval(nn::bias_add(x, {1, 2, 3})), HasShape({0, 3}));
}

TEST(BiasAddGradientTest, MatchesDifferences) {
  ExpectGradient([](Output x, Output b) { return nn::bias_add(x, b); }, {{4, 3}, {3}});
  ExpectGradient([](Output x, Output b) { return nn::bias_add(x, b); }, {{2, 3, 2, 4}, {4}});
}

TEST(BiasAddGradientTest, OfTheGradientMatchesDifferences) {
  ExpectGradient([](Output g) { return OpBuilder("BiasAddGrad").Input(g).Build(); }, {{4, 2, 3}});
}

Output OldBiasAdd(const Input& x, const Input& bias) {
  return OpBuilder("BiasAddV1").Input(x).Input(bias).Build();
}

TEST(BiasAddV1Test, AddsToTheLastDimension) {
  ExpectShape("BiasAddV1", "[2,?];[3]", "[2,3]");
  EXPECT_THAT(Eval(OldBiasAdd({{1.0, 2.0}, {3.0, 4.0}}, {10.0, 20.0})),
              IsTensor({{11.0, 22.0}, {13.0, 24.0}}));
}

TEST(BiasAddV1Test, GradientsMatchDifferences) {
  ExpectGradient([](Output x, Output bias) { return OldBiasAdd(x, bias); }, {{2, 4, 3}, {3}});
}

}  // namespace
}  // namespace sessile
