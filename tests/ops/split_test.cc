#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/operators.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

TEST(SplitTest, DividesTheAxis) {
  const NodeFacts facts = {.attrs = {{"num_split", 2}}, .values = {{0, 1}}};
  ExpectShape("Split", "[];[?,6]", "[?,3];[?,3]", facts);
  ExpectShape("Split", "[];[2,?]", "[2,?];[2,?]", facts);
  ExpectShape("Split", "[];[2,6]", "[?,?];[?,?]", {.attrs = {{"num_split", 2}}});
  ExpectShapeError("Split", "[];[2,5]", "Dimension size must be evenly divisible by 2 but is 5",
                   facts);
}

TEST(SplitTest, GivesTheSizesThatAreAskedFor) {
  const NodeFacts facts = {.attrs = {{"num_split", 2}, {"Tlen", int32}},
                           .values = {{1, {2, -1}}, {2, 0}}};
  ExpectShape("SplitV", "[5,3];[2];[]", "[2,3];[3,3]", facts);
  ExpectShape("SplitV", "[?,3];[2];[]", "[2,3];[?,3]", facts);
  ExpectShapeError("SplitV", "[1,3];[2];[]", "can't split axis of size 1 into pieces", facts);
}

TEST(SplitTest, CutsATensor) {
  const Output x = constant({{1, 2, 3, 4}, {5, 6, 7, 8}});
  const std::vector<Output> halves = split(x, 2, {.axis = 1});
  EXPECT_THAT(Eval(halves[0]), IsTensor({{1, 2}, {5, 6}}));
  EXPECT_THAT(Eval(halves[1]), IsTensor({{3, 4}, {7, 8}}));
  const std::vector<Output> parts = split(x, {1, -1}, {.axis = -1});
  EXPECT_THAT(Eval(parts[0]), IsTensor({{1}, {5}}));
  EXPECT_THAT(Eval(parts[1]), IsTensor({{2, 3, 4}, {6, 7, 8}}));
}

TEST(SplitTest, RefusesSizesThatDoNotAddUp) {
  const Output x = placeholder(float32, {None});
  const std::vector<Output> parts = split(x, {1, 2});
  EXPECT_THAT(ErrorOf([&] {
                Eval(parts[0], {{x, {1.0, 2.0}}});
              }),
              HasSubstr("Determined shape must either match input shape along split_dim"));
}

TEST(UnstackTest, GivesTheSlices) {
  ExpectShape("Unpack", "[2,?]", "[?];[?]", {.attrs = {{"num", 2}}});
  ExpectShapeError("Unpack", "[3,4]", "Dimensions must be equal, but are 3 and 2",
                   {.attrs = {{"num", 2}}});
  const std::vector<Output> columns = unstack({{1, 2}, {3, 4}}, {.axis = 1});
  EXPECT_THAT(Eval(columns[0]), IsTensor({1, 3}));
  EXPECT_THAT(Eval(columns[1]), IsTensor({2, 4}));
  EXPECT_THAT(ErrorOf([] {
                unstack(placeholder(float32, {None, 2}));
              }),
              HasSubstr("Cannot infer argument `num` from shape (?, 2)"));
}

TEST(SplitTest, GradientsMatchDifferences) {
  ExpectGradient([](Output x) { return split(x, 3, {.axis = 1})[1]; }, {{2, 6}});
  ExpectGradient(
      [](Output x) {
        const std::vector<Output> parts = split(x, {2, 1}, {.axis = 0});
        return parts[0] * parts[1];
      },
      {{3, 2}});
  ExpectGradient(
      [](Output x) {
        const std::vector<Output> rows = unstack(x);
        return rows[0] * rows[1];
      },
      {{2, 3}});
  ExpectGradient([](Output x, Output y) { return stack({x, y}, {.axis = 1}); }, {{3}, {3}});
}

}  // namespace
}  // namespace sessile
