#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

Output Stitch(const std::vector<Input>& indices, const std::vector<Input>& data) {
  return OpBuilder("DynamicStitch").InputList(indices).InputList(data).Build();
}

TEST(DynamicStitchTest, HasAsManyRowsAsTheLargestIndexSays) {
  ExpectShape("DynamicStitch", "[2];[1];[2,3];[1,3]", "[5,3]", {.values = {{0, {0, 1}}, {1, {4}}}});
  ExpectShape("DynamicStitch", "[2];[1];[2,3];[1,3]", "[?,3]");
  ExpectShapeError("DynamicStitch", "[2];[1];[2,3];[1,4]",
                   "Dimension 0 in both shapes must be equal, but are");
  ExpectShapeError("DynamicStitch", "[2];[2,3]", "", {.values = {{0, {1}}}});
}

TEST(DynamicStitchTest, PutsRowsInPlace) {
  EXPECT_THAT(Eval(Stitch({{0, 2}, {1}}, {{10, 30}, {20}})), IsTensor({10, 20, 30}));
  EXPECT_THAT(Eval(Stitch({{0, 1}, 1}, {{{1, 2}, {3, 4}}, {5, 6}})), IsTensor({{1, 2}, {5, 6}}));
}

TEST(DynamicStitchTest, GradientGoesToTheRowThatStays) {
  const auto stitch = [](Output x, Output y) { return Stitch({{0, 2}, {1}}, {x, y}); };
  ExpectGradient(stitch, {{2, 3}, {1, 3}});
}

TEST(DynamicPartitionTest, SharesOutRows) {
  ExpectShape("DynamicPartition", "[4,3];[4]", "[?,3];[?,3]", {.attrs = {{"num_partitions", 2}}});
  ExpectShapeError("DynamicPartition", "[4,3];[5]", "Dimensions must be equal, but are 4 and 5",
                   {.attrs = {{"num_partitions", 2}}});
  const Graph graph;
  const auto with = graph.as_default();
  const std::vector<Output> parts = dynamic_partition({{1, 2}, {3, 4}, {5, 6}}, {1, 0, 1}, 3);
  EXPECT_THAT(Eval(parts[0]), IsTensor({{3, 4}}));
  EXPECT_THAT(Eval(parts[1]), IsTensor({{1, 2}, {5, 6}}));
  EXPECT_EQ(Eval(parts[2]).shape(), Shape({0, 2}));
  EXPECT_THAT(ErrorOf([] {
                Eval(dynamic_partition({1, 2}, {0, 2}, 2)[0]);
              }),
              ::testing::HasSubstr("partitions[1] = 2 is not in [0, 2)"));
}

TEST(DynamicStitchTest, GradientOfTheParallelOneIsTheSame) {
  ExpectGradient(
      [](Output x, Output y) {
        const std::vector<Input> indices = {{0, 2}, {1}};
        const std::vector<Input> data = {x, y};
        return OpBuilder("ParallelDynamicStitch").InputList(indices).InputList(data).Build();
      },
      {{2, 3}, {1, 3}});
}

TEST(DynamicPartitionTest, GradientsComeBackFromEachPart) {
  ExpectGradient(
      [](Output x) {
        const std::vector<Output> parts = dynamic_partition(x, {1, 0, 1, 0}, 2);
        return dynamic_stitch({{1, 2}, {0, 3}}, {parts[0], parts[1]});
      },
      {{4, 2}});
}

TEST(DynamicStitchTest, RefusesNegativeIndices) {
  EXPECT_THAT(ErrorOf([] {
                Eval(Stitch({{0, -1}}, {{1, 2}}));
              }),
              ::testing::HasSubstr("must be >= 0, got -1"));
}

}  // namespace
}  // namespace sessile
