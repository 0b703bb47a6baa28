// The functions of tf.nn that are composed of several ops: node by node as TensorFlow builds them.

#include "sessile/ops/nn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/constant.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class NnTest : public ::testing::Test {
 protected:
  static Output Images() { return placeholder(float32, {None, 8, 8, 2}); }
  static Output Rows() { return placeholder(float32, {None, 3}); }
  void Expect(const std::string& name) { ExpectListing("layers.txt", name, graph_); }

  Graph graph_;
  DefaultGraphScope with_{graph_};
};

TEST_F(NnTest, OpsAreTensorFlows) {
  const Output x = Images();
  const Output w = placeholder(float32, {3, 3, 2, 4});
  Output y = nn::conv2d(x, w, {.strides = {1, 2, 2, 1}, .padding = "SAME"});
  y = nn::conv2d(x, w, {.strides = {1, 2}, .padding = "VALID", .name = "strided"});
  y = nn::conv2d(x, w, {.padding = {{0, 0}, {1, 2}, {0, 1}, {0, 0}}, .dilations = 2});
  y = nn::bias_add(y, {1.0, 2.0, 3.0, 4.0});
  nn::relu(y, "out");
  nn::fused_batch_norm(x, {1.0, 1.0}, {0.0, 0.0});
  nn::fused_batch_norm(x, {1.0, 1.0}, {0.0, 0.0},
                       {.mean = Input({0.0, 0.0}),
                        .variance = Input({1.0, 1.0}),
                        .epsilon = 1e-4,
                        .is_training = false,
                        .name = "bn"});
  Expect("nn_ops");
}

TEST_F(NnTest, MomentsAndBatchNormalizationAreTensorFlows) {
  const Output x = Images();
  const auto [mean, variance] = nn::moments(x, {0, 1, 2});
  const Output offset = constant({1.0, 2.0});
  const Output scale = constant({3.0, 4.0});
  nn::batch_normalization(x, mean, variance, offset, scale, 1e-3);
  Expect("moments");
}

TEST_F(NnTest, MomentsThatKeepTheirDimensionsAreTensorFlows) {
  const Output x = Images();
  const auto [mean, variance] = nn::moments(x, {0, 1, 2}, {.name = "m", .keep_dims = true});
  const Output offset = constant({1.0, 2.0});
  const Output scale = constant({3.0, 4.0});
  nn::batch_normalization(x, mean, variance, offset, scale, 1e-3);
  Expect("moments_keep_dims");
}

TEST_F(NnTest, BatchNormalizationWithoutScaleAndOffsetIsTensorFlows) {
  const Output x = Rows();
  const Output mean = constant({1.0, 2.0, 3.0});
  const Output variance = constant({4.0, 5.0, 6.0});
  nn::batch_normalization(x, mean, variance, std::nullopt, std::nullopt, 1e-3);
  Expect("without_scale_and_offset");
}

TEST_F(NnTest, SigmoidCrossEntropyIsTensorFlows) {
  const Output labels = Rows();
  const Output logits = Rows();
  nn::sigmoid_cross_entropy_with_logits({.labels = labels, .logits = logits});
  Expect("sigmoid_cross_entropy");
}

TEST_F(NnTest, SigmoidCrossEntropyRefusesUnlikeShapes) {
  const Output labels = Rows();
  const Output logits = placeholder(float32, {None, 2});
  EXPECT_THAT([&] { nn::sigmoid_cross_entropy_with_logits({.labels = labels, .logits = logits}); },
              ThrowsMessage<errors::InvalidArgumentError>(HasSubstr(
                  "`logits` and `labels` must have the same shape, received ((?, 2) vs (?, 3)).")));
}

TEST_F(NnTest, MomentsRefusesAnAxisThatIsNotThere) {
  EXPECT_THAT(
      [] {
        nn::moments(Images(), {0, 1, 5});
      },
      ThrowsMessage<errors::InvalidArgumentError>(
          HasSubstr("Invalid reduction dimension 5 for input with 4 dimensions.")));
}

TEST(NnGradientTest, OfBatchNormalizationMatchesDifferences) {
  ExpectGradient(
      [](const std::vector<Output>& in) {
        const auto [mean, variance] = nn::moments(in[0], {0, 1, 2});
        return nn::batch_normalization(in[0], mean, variance, in[1], in[2], 1e-3);
      },
      {{2, 3, 2, 4}, {4}, {4}});
}

TEST(NnGradientTest, OfSigmoidCrossEntropyMatchesDifferences) {
  ExpectGradient(
      [](Output labels, Output logits) {
        return nn::sigmoid_cross_entropy_with_logits({.labels = labels, .logits = logits});
      },
      {{3, 4}, {3, 4}});
}

TEST_F(NnTest, SigmoidCrossEntropyDoesNotOverflow) {
  const Output logits = constant({-1000.0, 0.0, 1000.0});
  const Output labels = constant({1.0, 0.5, 1.0});
  EXPECT_THAT(Eval(nn::sigmoid_cross_entropy_with_logits({.labels = labels, .logits = logits})),
              IsTensor({1000.0, 0.6931471805599453, 0.0}));
}

TEST_F(NnTest, MomentsAreThoseOfTheAxes) {
  const Output x = constant({{1.0, 10.0}, {3.0, 10.0}});
  const auto [mean, variance] = nn::moments(x, 0);
  EXPECT_THAT(Eval(mean), IsTensor({2.0, 10.0}));
  EXPECT_THAT(Eval(variance), IsTensor({1.0, 0.0}));
}

}  // namespace
}  // namespace sessile
