#include "sessile/ops/losses.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/golden_values.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using losses::Reduction;

class LossesTest : public FrontTest {
 protected:
  void MakePair(const Shape& shape) {
    labels_ = placeholder(float32, shape, "labels");
    guesses_ = placeholder(float32, shape, "guesses");
    feeds_.items.push_back({labels_, {{0.0, 1.0, 0.25}, {1.0, 0.5, 0.0}}});
    feeds_.items.push_back({guesses_, {{0.5, -1.0, 2.0}, {0.25, 0.75, -0.5}}});
  }

  // As TensorFlow builds and computes the case.
  void Expect(const std::string& name, const std::vector<Output>& values) {
    ExpectListing("losses.txt", name, graph_);
    const auto golden = ReadGoldenValues("losses_values.txt");
    Session sess;
    for (size_t i = 0; i < values.size(); ++i) {
      const Tensor tensor = sess.run(values[i], feeds_);
      const auto flat = tensor.flat<float>();
      const std::vector<double> got(flat.begin(), flat.end());
      EXPECT_THAT(got, ::testing::Pointwise(::testing::DoubleNear(1e-6),
                                            golden.at(name + "_" + std::to_string(i))));
    }
  }

  Output labels_;
  Output guesses_;
  FeedDict feeds_;
};

TEST_F(LossesTest, SquaredError) {
  MakePair({None, 3});
  std::vector<Output> all = {losses::mean_squared_error(labels_, guesses_)};
  all.push_back(losses::mean_squared_error(labels_, guesses_, {.weights = 0.5, .scope = "half"}));
  Expect("squared", all);
}

TEST_F(LossesTest, WeightsBroadcast) {
  MakePair({2, 3});
  const Output w = constant({{1.0}, {0.0}}, {.name = "w"});
  Expect("absolute", {losses::absolute_difference(labels_, guesses_, {.weights = w})});
}

TEST_F(LossesTest, WeightsOfEachElement) {
  MakePair({2, 3});
  const Output w = constant({{1.0, 2.0, 0.0}, {0.0, 0.5, 1.0}}, {.name = "w"});
  Expect("weighted_by_element", {losses::absolute_difference(labels_, guesses_, {.weights = w})});
}

TEST_F(LossesTest, Huber) {
  MakePair({None, 3});
  Expect("huber", {losses::huber_loss(labels_, guesses_, {.delta = 0.5})});
}

TEST_F(LossesTest, SigmoidCrossEntropy) {
  MakePair({None, 3});
  std::vector<Output> all = {losses::sigmoid_cross_entropy(labels_, guesses_)};
  all.push_back(losses::sigmoid_cross_entropy(labels_, guesses_, {.label_smoothing = 0.25}));
  Expect("sigmoid", all);
}

TEST_F(LossesTest, SoftmaxCrossEntropy) {
  MakePair({None, 3});
  std::vector<Output> all = {losses::softmax_cross_entropy(labels_, guesses_)};
  all.push_back(losses::softmax_cross_entropy(labels_, guesses_, {.label_smoothing = 0.25}));
  Expect("softmax", all);
}

TEST_F(LossesTest, SparseSoftmaxCrossEntropy) {
  guesses_ = placeholder(float32, {None, 3}, "guesses");
  const Output classes = placeholder(int32, {None}, "classes");
  std::vector<Output> all = {losses::sparse_softmax_cross_entropy(classes, guesses_)};
  const Output column = placeholder(int32, {None, 1}, "column");
  all.push_back(losses::sparse_softmax_cross_entropy(column, guesses_));
  feeds_.items.push_back({guesses_, {{0.5, -1.0, 2.0}, {0.25, 0.75, -0.5}}});
  feeds_.items.push_back({classes, {2, 0}});
  feeds_.items.push_back({column, {{1}, {2}}});
  Expect("sparse", all);
}

TEST_F(LossesTest, Reductions) {
  MakePair({None, 3});
  std::vector<Output> all;
  for (const Reduction reduction :
       {Reduction::NONE, Reduction::SUM, Reduction::MEAN, Reduction::SUM_OVER_BATCH_SIZE}) {
    all.push_back(
        losses::absolute_difference(labels_, guesses_, {.weights = 2.0, .reduction = reduction}));
  }
  Expect("reductions", all);
}

TEST_F(LossesTest, AreCollectedAndAddedUp) {
  MakePair({2, 3});
  losses::mean_squared_error(labels_, guesses_);
  losses::absolute_difference(labels_, guesses_);
  const Output penalty = constant(0.5, {.name = "penalty"});
  add_to_collection(GraphKeys::REGULARIZATION_LOSSES, penalty);
  std::vector<Output> all = {losses::get_total_loss()};
  all.push_back(losses::get_regularization_loss());
  Expect("total", all);
  EXPECT_EQ(losses::get_losses().size(), 2u);
  EXPECT_EQ(losses::get_regularization_losses().size(), 1u);
}

TEST_F(LossesTest, RefuseWhatDoesNotFit) {
  const auto message = [](const char* text) {
    return ::testing::ThrowsMessage<errors::InvalidArgumentError>(::testing::HasSubstr(text));
  };
  const Output a = placeholder(float32, {2, 3});
  const Output b = placeholder(float32, {2, 4});
  EXPECT_THAT([&] { losses::mean_squared_error(a, b); },
              message("Shapes (2, 4) and (2, 3) are incompatible"));
  EXPECT_THAT(
      [&] {
        losses::absolute_difference(a, a, {.weights = {1.0, 2.0}});
      },
      message("weights can not be broadcast to values. values.rank=2. weights.rank=1."));
  const Output w = constant({{1.0, 2.0}, {1.0, 2.0}});
  EXPECT_THAT([&] { losses::absolute_difference(a, a, {.weights = w}); },
              message("Mismatch at dim 1. values.shape=(2, 3) weights.shape=(2, 2)."));
}

}  // namespace
}  // namespace sessile
