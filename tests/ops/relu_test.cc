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

class ReluTest : public ::testing::Test {
 protected:
  static Output ReluGrad(const Output& gradients, const Input& features) {
    return OpBuilder("ReluGrad").Input(gradients).Input(features).Build();
  }
  Graph graph_;
  DefaultGraphScope with_{graph_};
};

TEST_F(ReluTest, GradientOfTheGradientMatchesDifferences) {
  // By the gradient that comes in; features stay away from the kink.
  const auto by_gradient = [](Output g) { return ReluGrad(g, {{-1.0, 2.0}, {3.0, -4.0}}); };
  ExpectGradient(by_gradient, {{2, 2}});
}

TEST_F(ReluTest, KeepsTheShape) {
  EXPECT_EQ(nn::relu(placeholder(float32, {None, 3})).get_shape().ToString(), "[?,3]");
  EXPECT_EQ(nn::relu(placeholder(float32)).get_shape().ToString(), "<unknown>");
}

TEST_F(ReluTest, GradMergesWhatIsKnownOfBothInputs) {
  const Output a = placeholder(float32, {None, 3});
  const Output b = placeholder(float32, {2, None});
  EXPECT_EQ(ReluGrad(a, b).get_shape().ToString(), "[2,3]");
}

TEST_F(ReluTest, GradRefusesInputsOfUnlikeShapes) {
  const Output a = placeholder(float32, {4, 3});
  const Output b = placeholder(float32, {2, None});
  EXPECT_THAT([&] { ReluGrad(a, b); },
              ThrowsMessage<errors::InvalidArgumentError>(
                  HasSubstr("Dimension 0 in both shapes must be equal, but are 4 and 2")));
}

TEST_F(ReluTest, RefusesComplexNumbers) {
  EXPECT_THROW(nn::relu(placeholder(complex64, {2})), errors::InvalidArgumentError);
}

TEST_F(ReluTest, GradientIsTensorFlows) {
  const Output x = placeholder(float32, {None, 3});
  gradients({nn::relu(x)}, {x});
  ExpectListing("layers.txt", "relu_gradient", graph_);
}

TEST_F(ReluTest, GradientOfTheGradientIsTensorFlows) {
  const Output g = placeholder(float32, {None, 3});
  const Output x = placeholder(float32, {None, 3});
  gradients({ReluGrad(g, x)}, {g, x});
  ExpectListing("layers.txt", "relu_grad_gradient", graph_);
}

TEST_F(ReluTest, IsZeroBelowZero) {
  EXPECT_THAT(Eval(nn::relu({-2.0, -0.5, 0.0, 0.5, 2.0})), IsTensor({0.0, 0.0, 0.0, 0.5, 2.0}));
  EXPECT_THAT(Eval(nn::relu({-2, 3})), IsTensor({0, 3}));
}

TEST(ReluGradientTest, MatchesDifferences) {
  ExpectGradient([](Output x) { return nn::relu(x); }, {{4, 3}}, {.low = 0.1, .high = 1.0});
  ExpectGradient([](Output x) { return nn::relu(x); }, {{4, 3}}, {.low = -1.0, .high = -0.1});
}

}  // namespace
}  // namespace sessile
