#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class TopKTest : public FrontTest {};

TEST_F(TopKTest, BuildsWhatTensorFlowDoes) {
  const Output x = placeholder(float32, {None, 4});
  nn::top_k(x, 2);
  nn::top_k(x, 1, {.sorted = false, .name = "t"});
  const Output targets = placeholder(int32, {None});
  nn::in_top_k(x, targets, 3);
  ExpectListing("nn.txt", "top_k", graph_);
}

TEST_F(TopKTest, InfersShapes) {
  ExpectShape("TopKV2", "[?,5];[]", "[?,3];[?,3]", {.values = {{1, 3}}});
  ExpectShape("TopKV2", "[?,5];[]", "[?,?];[?,?]");
  ExpectShapeError("TopKV2", "[2,5];[]", "input must have last dimension >= k = 6 but is 5",
                   {.values = {{1, 6}}});
  ExpectShape("InTopKV2", "[?,5];[2];[]", "[2]");
}

TEST_F(TopKTest, TakesTheFirstOfEqualOnesAndNoNaN) {
  const auto [values, indices] = nn::top_k({2, 7, 7, 1, 7}, 4);
  EXPECT_THAT(Eval(values), IsTensor({7, 7, 7, 2}));
  EXPECT_THAT(Eval(indices), IsTensor({1, 2, 4, 0}));
  const double nan = std::nan("");
  EXPECT_THAT(Eval(nn::top_k({nan, 1.0, nan, 2.0}, 3).indices), IsTensor({3, 1, 0}));
  EXPECT_THAT(Eval(nn::top_k(zeros({2, 3}), 0).values), HasShape({2, 0}));
  EXPECT_THAT(Eval(nn::top_k({1, 2}, 1, {.index_type = int64}).indices), HasShape({1}));
}

TEST_F(TopKTest, RefusesMoreThanThereIs) {
  const Output k = placeholder(int32, Shape());
  const Output values = nn::top_k({1.0, 2.0}, k).values;
  const auto message = [](const char* text) {
    return ThrowsMessage<errors::InvalidArgumentError>(HasSubstr(text));
  };
  EXPECT_THAT(
      [&] {
        Eval(values, {{k, 3}});
      },
      message("input must have at least k columns. Had 2, needed 3"));
  EXPECT_THAT([&] { Eval(values, {{k, -1}}); }, message("Need k >= 0, got -1"));
}

TEST_F(TopKTest, KnowsWhichTargetsAreAmongTheBest) {
  const Output predictions = constant({{0.1, 0.9, 0.5}, {0.1, 0.9, 0.5}, {0.1, 0.9, 0.5}});
  const Output in = nn::in_top_k(predictions, {1, 0, 3}, 2);
  EXPECT_THAT(Eval(in), IsTensor({true, false, false}));
  const Output old = OpBuilder("InTopK").Input(predictions).Input({1, 2, 0}).Attr("k", 1).Build();
  EXPECT_THAT(Eval(old), IsTensor({true, false, false}));
}

TEST_F(TopKTest, TheFirstVersionTakesKAsAnAttribute) {
  const auto top = [](const Input& x) {
    return OpBuilder("TopK").Input(x).Attr("k", 2).BuildAll();
  };
  ExpectShape("TopK", "[3,4]", "[3,2];[3,2]", {.attrs = {{"k", 2}}});
  EXPECT_THAT(Eval(top({{1.0, 3.0, 2.0}})[0]), IsTensor({{3.0, 2.0}}));
  EXPECT_THAT(Eval(top({{1.0, 3.0, 2.0}})[1]), IsTensor({{1, 2}}));
}

TEST_F(TopKTest, TheFirstVersionsGradientMatchesDifferences) {
  ExpectGradient([](Output x) { return OpBuilder("TopK").Input(x).Attr("k", 2).BuildAll()[0]; },
                 {{2, 4}});
}

}  // namespace
}  // namespace sessile
