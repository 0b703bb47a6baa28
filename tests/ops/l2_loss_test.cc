#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/nn.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/kernel_testing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class L2LossTest : public FrontTest {};

TEST_F(L2LossTest, BuildsWhatTensorFlowDoes) {
  const Output x = placeholder(float32, {None, 3});
  gradients({nn::l2_loss(x)}, {x});
  ExpectListing("nn.txt", "l2_loss", graph_);
}

TEST_F(L2LossTest, IsHalfTheSumOfSquares) {
  EXPECT_THAT(Eval(nn::l2_loss({{1.0, -2.0, 3.0}, {0.0, 0.5, 4.0}})), IsTensor(15.125));
  EXPECT_THAT(Eval(nn::l2_loss(zeros({0, 3}))), IsTensor(0.0));
}

TEST_F(L2LossTest, IsAScalar) { ExpectShape("L2Loss", "[2,?]", "[]"); }

TEST_F(L2LossTest, GivesTheSameBitsInAnyOrder) {
  const Tensor x = RandomTensor<float>({300, 401}, 1);
  ExpectSameBitsInAnyOrder({.op = "L2Loss", .attrs = {{"T", float32}}, .inputs = {x}});
}

TEST(L2LossGradientTest, MatchesDifferences) {
  ExpectGradient([](Output x) { return nn::l2_loss(x); }, {{4, 3}});
}

}  // namespace
}  // namespace sessile
