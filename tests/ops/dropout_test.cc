#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/random.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class DropoutTest : public FrontTest {};

TEST_F(DropoutTest, BuildsWhatTensorFlowDoes) {
  const Output x = placeholder(float32, {None, 3});
  nn::dropout(x, {0.75});
  const Output keep = placeholder(float32, Shape());
  nn::dropout(x, {keep});
  nn::dropout(x, {.noise_shape = {{2, 1}}, .seed = 3, .name = "d", .rate = 0.25});
  ExpectListing("nn.txt", "dropout", graph_);
}

TEST_F(DropoutTest, OfNothingCountsAsARandomOperation) {
  set_random_seed(7);
  const Output x = placeholder(float32, {None, 3});
  EXPECT_TRUE(nn::dropout(x, {1.0}) == x);
  const Output rate = placeholder(float32, Shape());
  nn::dropout(x, {.rate = rate});
  ExpectListing("nn.txt", "dropout_of_nothing", graph_);
}

TEST_F(DropoutTest, KeepsTheExpectedSum) {
  const Output x = ones({100, 100});
  const Tensor dropped = Eval(nn::dropout(x, {.keep_prob = 0.25, .seed = 1}));
  int kept = 0;
  for (const float value : dropped.flat<float>()) {
    EXPECT_TRUE(value == 0.0f || value == 4.0f) << value;
    kept += value != 0.0f;
  }
  EXPECT_NEAR(kept, 2500, 200);
}

TEST_F(DropoutTest, DropsWholeRowsOfANoiseShape) {
  const Output x = ones({50, 4});
  const Tensor dropped = Eval(nn::dropout(x, {.noise_shape = {{50, 1}}, .seed = 1, .rate = 0.5}));
  const auto values = dropped.flat<float>();
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], values[i / 4 * 4]);
}

TEST_F(DropoutTest, RefusesWhatMakesNoSense) {
  const auto message = [](const char* text) {
    return ThrowsMessage<errors::InvalidArgumentError>(HasSubstr(text));
  };
  const Output x = placeholder(float32, {2});
  EXPECT_THAT([&] { nn::dropout(x, {0.0}); }, message("in the range [0, 1). Received: rate=1"));
  EXPECT_THAT([&] { nn::dropout(x, nn::DropoutOptions{}); }, message("you must provide a rate"));
  EXPECT_THAT([&] { nn::dropout(x, {.keep_prob = 0.5, .rate = 0.5}); },
              message("cannot specify both"));
  EXPECT_THAT([&] { nn::dropout(placeholder(int32, {2}), {0.5}); },
              message("must be a floating point tensor"));
}

}  // namespace
}  // namespace sessile
