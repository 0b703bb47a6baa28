// Checks, draws, clipping by average norm, more losses, top_k's gradient: TensorFlow's nodes, and
// what they compute.

#include <functional>
#include <string>

#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/check.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/losses.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/random.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class EverydayTest : public ::testing::Test {
 protected:
  void ExpectCase(const std::string& name) { ExpectListing("everyday.txt", name, graph_); }

  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(EverydayTest, ComparingChecksAreTensorFlows) {
  const Output x = placeholder(float32, {None, 3}, "x");
  const Output i = placeholder(int32, {3}, "i");
  assert_equal(x, 1.0);
  assert_equal(x, x);
  assert_none_equal(i, 4);
  assert_less(i, 4, {.message = "ids", .name = "below"});
  assert_less_equal(x, x + 1.0);
  assert_greater(x, x, {.data = {i}, .summarize = 5});
  assert_greater_equal(2, 1);
  ExpectCase("compare_checks");
}

TEST_F(EverydayTest, ChecksOfSignsAreTensorFlows) {
  const Output x = placeholder(float32, {2}, "x");
  const Output i = placeholder(int32, {2}, "i");
  assert_positive(x);
  assert_negative(i);
  assert_non_positive(x, {.message = "sign"});
  assert_non_negative(i, {.name = "named"});
  ExpectCase("sign_checks");
}

TEST_F(EverydayTest, ChecksOfRanksAreTensorFlows) {
  const Output x = placeholder(float32, {None, 3}, "x");
  const Output u = placeholder(float32, Shape::Unknown(), "u");
  const Output r = placeholder(int32, Shape(), "r");
  assert_rank(x, 2);
  assert_rank(u, 2, {.message = "images"});
  assert_rank_at_least(x, 1);
  assert_rank_at_least(u, r);
  assert_integer(r);
  ExpectCase("rank_checks");
}

TEST_F(EverydayTest, ChecksFailAtOnceOrWhenTheyRun) {
  EXPECT_NE(ErrorOf([] { assert_less(3, 2); }).find("Condition x < y did not hold"),
            std::string::npos);
  EXPECT_NE(ErrorOf([] {
              assert_positive({1.0, -1.0}, {.message = "rate"});
            }).find("rate.  "),
            std::string::npos);
  const Output x = placeholder(float32, {None, 3}, "x");
  EXPECT_NE(ErrorOf([&] { assert_rank(x, 3); }).find("must have rank 3.  Received rank 2"),
            std::string::npos);
  EXPECT_NE(ErrorOf([&] { assert_integer(x); }).find("to be integer type"), std::string::npos);
  const Operation checked = assert_less(x, 2.0);
  Session session;
  session.run(checked, {{x, {{1.0, 1.5, 0.0}}}});
  const std::string error = ErrorOf([&] { session.run(checked, {{x, {{1.0, 2.0, 0.0}}}}); });
  EXPECT_NE(error.find("Condition x < y did not hold element-wise"), std::string::npos) << error;
}

TEST_F(EverydayTest, DrawsAreTensorFlows) {
  set_random_seed(3);
  const Output x = placeholder(float32, {None, 3}, "x");
  random_shuffle(x);
  random::shuffle({1, 2, 3}, {.seed = 4, .name = "order"});
  multinomial(x, 5);
  multinomial(x, 5, {.seed = 1, .name = "few", .output_dtype = int32});
  random::categorical({{1.0, 2.0}}, 2);
  random_crop(x, {1, 2});
  random_crop({{1, 2}, {3, 4}}, {1, 2}, {.seed = 7, .name = "crop"});
  ExpectCase("draws");
}

TEST_F(EverydayTest, LogSumExpIsTensorFlows) {
  const Output x = placeholder(float32, {None, 3}, "x");
  reduce_logsumexp(x);
  reduce_logsumexp(x, {.axis = 1});
  reduce_logsumexp(x, {.axis = {0}, .keepdims = true, .name = "kept"});
  gradients(reduce_logsumexp(x, {.axis = -1}), x);
  ExpectCase("log_sum_exp");
}

TEST_F(EverydayTest, LogSumExpDoesNotOverflow) {
  EXPECT_THAT(Eval(reduce_logsumexp({1000.0, 1000.0})), IsTensor(1000.6931471805599));
  EXPECT_THAT(Eval(reduce_logsumexp({{0.0, 0.0}, {-2000.0, 1.0}}, {.axis = 1})),
              IsTensor({0.6931471805599453, 1.0}));
}

TEST_F(EverydayTest, ClippingByAverageNormIsTensorFlows) {
  const Output x = placeholder(float32, {None, 3}, "x");
  clip_by_average_norm(x, 2.0);
  clip_by_average_norm(placeholder(float32, {2, 3}, "y"), 2.0, "named");
  ExpectCase("average_norm");
}

TEST_F(EverydayTest, ClipsByAverageNorm) {
  EXPECT_THAT(Eval(clip_by_average_norm({3.0, 4.0}, 1.0)), IsTensor({1.2, 1.6}));
  EXPECT_THAT(Eval(clip_by_average_norm({3.0, 4.0}, 5.0)), IsTensor({3.0, 4.0}));
}

TEST_F(EverydayTest, MoreLossesAreTensorFlows) {
  const Output labels = placeholder(float32, {None, 3}, "labels");
  const Output values = placeholder(float32, {None, 3}, "values");
  losses::hinge_loss(labels, values);
  losses::log_loss(labels, values, {.epsilon = 1e-6});
  losses::cosine_distance(labels, values, 1, {.weights = 2.0, .scope = "cosine"});
  ExpectCase("more_losses");
}

TEST_F(EverydayTest, TheGradientOfTopKIsTensorFlows) {
  const Output x = placeholder(float32, {None, 5}, "x");
  gradients(nn::top_k(x, 3).values, x);
  ExpectCase("top_k_gradient");
}

TEST_F(EverydayTest, TheGradientOfTopKMatchesDifferences) {
  ExpectGradient([](Output x) { return nn::top_k(x, 2).values; }, {{3, 5}});
  ExpectGradient([](Output x) { return nn::top_k(x, 1).values; }, {{4}});
}

}  // namespace
}  // namespace sessile
