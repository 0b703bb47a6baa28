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
#include "sessile/tests/kernel_testing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class SoftmaxTest : public FrontTest {};

TEST_F(SoftmaxTest, BuildsWhatTensorFlowDoes) {
  const Output x = placeholder(float32, {None, 3});
  std::vector<Output> ys = {nn::softmax(x)};
  ys.push_back(nn::log_softmax(x, {.axis = 1, .name = "log"}));
  gradients(ys, {x});
  ExpectListing("nn.txt", "softmax", graph_);
}

TEST_F(SoftmaxTest, InfersShapes) {
  for (const char* op : {"Softmax", "LogSoftmax"}) {
    ExpectShape(op, "[?,3]", "[?,3]");
    ExpectShapeError(op, "[]", "Shape must be at least rank 1 but is rank 0");
  }
}

TEST_F(SoftmaxTest, NeitherOverflowsNorDividesByZero) {
  const Output x = constant({{1000.0, 1000.0}, {-1000.0, 0.0}});
  EXPECT_THAT(Eval(nn::softmax(x)), IsTensor({{0.5, 0.5}, {0.0, 1.0}}));
  EXPECT_THAT(Eval(nn::log_softmax(x)), IsTensor({{-0.693147181, -0.693147181}, {-1000.0, 0.0}}));
  EXPECT_THAT(Eval(nn::softmax(zeros({0, 3}))), HasShape({0, 3}));
  EXPECT_THAT(Eval(nn::softmax(zeros({2, 0}))), HasShape({2, 0}));
}

TEST_F(SoftmaxTest, RefusesAnAxisThatIsNotThere) {
  const Output x = placeholder(float32, {2, 3});
  EXPECT_THAT([&] { nn::softmax(x, {.axis = 2}); },
              ThrowsMessage<errors::InvalidArgumentError>(HasSubstr("Received: dim=2")));
}

TEST_F(SoftmaxTest, GivesTheSameBitsInAnyOrder) {
  const Tensor x = RandomTensor<float>({300, 101}, 1);
  for (const char* op : {"Softmax", "LogSoftmax"}) {
    ExpectSameBitsInAnyOrder({.op = op, .attrs = {{"T", float32}}, .inputs = {x}});
  }
}

class CrossEntropyTest : public FrontTest {};

TEST_F(CrossEntropyTest, OfClassesBuildsWhatTensorFlowDoes) {
  const Output labels = placeholder(int64, {None});
  const Output logits = placeholder(float32, {None, 3});
  const Output y =
      nn::sparse_softmax_cross_entropy_with_logits({.labels = labels, .logits = logits});
  gradients(y, {logits});
  nn::sparse_softmax_cross_entropy_with_logits(
      {.labels = labels, .logits = logits, .name = "loss"});
  ExpectListing("nn.txt", "sparse_cross_entropy", graph_);
}

TEST_F(CrossEntropyTest, OfOpenSequencesBuildsWhatTensorFlowDoes) {
  const Output labels = placeholder(int32, {None, 5}, "labels");
  const Output logits = placeholder(float32, {None, 5, 3}, "logits");
  const Output y =
      nn::sparse_softmax_cross_entropy_with_logits({.labels = labels, .logits = logits});
  gradients(y, {logits});
  const Output half = placeholder(float16, Shape::Unknown(), "half");
  nn::sparse_softmax_cross_entropy_with_logits({.labels = labels, .logits = half, .name = "open"});
  ExpectListing("nn.txt", "sparse_cross_entropy_of_open_sequences", graph_);
}

TEST_F(CrossEntropyTest, InfersShapes) {
  ExpectShape("SoftmaxCrossEntropyWithLogits", "[?,3];[2,3]", "[2];[2,3]");
  ExpectShapeError("SoftmaxCrossEntropyWithLogits", "[2,3];[2,4]", "Dimensions must be equal");
  ExpectShape("SparseSoftmaxCrossEntropyWithLogits", "[?,3];[2]", "[2];[2,3]");
  ExpectShapeError("SparseSoftmaxCrossEntropyWithLogits", "[5,3];[2]",
                   "Dimensions must be equal, but are 5 and 2");
}

TEST_F(CrossEntropyTest, BroadcastsLabels) {
  const std::vector<Output> outputs = OpBuilder("SoftmaxCrossEntropyWithLogits")
                                          .Input({{0.0, 0.0}, {0.0, 0.0}, {1.0, 1.0}})
                                          .Input({{0.25, 0.75}})
                                          .BuildAll();
  EXPECT_THAT(Eval(outputs[0]), IsTensor({0.693147181, 0.693147181, 0.693147181}));
  EXPECT_THAT(Eval(outputs[1]), IsTensor({{0.25, -0.25}, {0.25, -0.25}, {0.25, -0.25}}));
}

TEST_F(CrossEntropyTest, RefusesLabelsThatAreNoClass) {
  for (const int label : {-1, 3}) {
    const Output loss = nn::sparse_softmax_cross_entropy_with_logits(
        {.labels = {1, label}, .logits = zeros({2, 3})});
    EXPECT_THAT([&] { Eval(loss); },
                ThrowsMessage<errors::InvalidArgumentError>(
                    HasSubstr("Received a label value of " + std::to_string(label) +
                              " which is outside the valid range of [0, 3).  Label values: 1 " +
                              std::to_string(label))));
  }
}

TEST_F(CrossEntropyTest, RefusesShapesThatDoNotFit) {
  const auto loss = [](const Shape& labels, const Shape& logits) {
    return nn::sparse_softmax_cross_entropy_with_logits(
        {.labels = placeholder(int32, labels), .logits = placeholder(float32, logits)});
  };
  const auto message = [](const char* text) {
    return ThrowsMessage<errors::InvalidArgumentError>(HasSubstr(text));
  };
  EXPECT_THAT(
      [&] {
        loss({2, 3}, {2, 3});
      },
      message("`labels.shape.rank` must equal `logits.shape.rank - 1`"));
  EXPECT_THAT(
      [&] {
        loss({3}, {2, 3});
      },
      message("`labels.shape` must equal `logits.shape` except for the last dimension"));
}

TEST(SoftmaxGradientTest, MatchesDifferences) {
  const auto softmax = [](Output x) { return nn::softmax(x); };
  const auto log_softmax = [](Output x) { return nn::log_softmax(x); };
  ExpectGradient(softmax, {{3, 4}});
  ExpectGradient(log_softmax, {{3, 4}});
}

TEST(CrossEntropyGradientTest, MatchesDifferences) {
  // The labels of a row add up to 1, as the gradient presumes.
  const auto dense = [](Output logits, Output x) {
    const Output labels = nn::softmax(x);
    return OpBuilder("SoftmaxCrossEntropyWithLogits").Input(logits).Input(labels).BuildAll()[0];
  };
  ExpectGradient(dense, {{3, 4}, {3, 4}});
  const auto sparse = [](Output logits) {
    return nn::sparse_softmax_cross_entropy_with_logits({.labels = {0, 3, 1}, .logits = logits});
  };
  ExpectGradient(sparse, {{3, 4}});
}

}  // namespace
}  // namespace sessile
