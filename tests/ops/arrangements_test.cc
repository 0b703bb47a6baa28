// Blocks of images, diagonals, sequences: values and gradients of operations that move elements.

#include <string>

#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

Output SpaceToBatch(Input x, Input blocks, Input paddings) {
  return OpBuilder("SpaceToBatchND").Input(x).Input(blocks).Input(paddings).Build();
}
Output BatchToSpace(Input x, Input blocks, Input crops) {
  return OpBuilder("BatchToSpaceND").Input(x).Input(blocks).Input(crops).Build();
}
Output OfBlocks(const char* op, Input x, int64_t block, const char* format = "NHWC") {
  return OpBuilder(op)
      .Input(x)
      .Attr("block_size", block)
      .Attr("data_format", std::string(format))
      .Build();
}

class ArrangementsTest : public ::testing::Test {
 protected:
  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(ArrangementsTest, BlocksBecomeABatchAndBack) {
  const Output image = reshape(range(0, 8), {1, 2, 4, 1});
  const Output batch = SpaceToBatch(image, {2, 2}, {{0, 0}, {2, 0}});
  // Padded on the left by a block of zeros.
  EXPECT_THAT(Eval(reshape(batch, {4, 3})), IsTensor({{0, 0, 2}, {0, 1, 3}, {0, 4, 6}, {0, 5, 7}}));
  EXPECT_THAT(Eval(reshape(BatchToSpace(batch, {2, 2}, {{0, 0}, {2, 0}}), {2, 4})),
              IsTensor({{0, 1, 2, 3}, {4, 5, 6, 7}}));
}

TEST_F(ArrangementsTest, BlocksBecomeChannelsAndBack) {
  const Output image = reshape(range(0, 8), {1, 2, 4, 1});
  const Output deep = OfBlocks("SpaceToDepth", image, 2);
  EXPECT_THAT(Eval(reshape(deep, {2, 4})), IsTensor({{0, 1, 4, 5}, {2, 3, 6, 7}}));
  EXPECT_THAT(Eval(reshape(OfBlocks("DepthToSpace", deep, 2), {8})),
              IsTensor({0, 1, 2, 3, 4, 5, 6, 7}));
  const Output first = reshape(image, {1, 1, 2, 4});
  EXPECT_THAT(Eval(reshape(OfBlocks("SpaceToDepth", first, 2, "NCHW"), {4, 2})),
              IsTensor({{0, 2}, {1, 3}, {4, 6}, {5, 7}}));
}

TEST_F(ArrangementsTest, ShapesOfBlocks) {
  ExpectShape("SpaceToBatchND", "[1,5,4,?];[2];[2,2]", "[4,3,2,?]",
              {.values = {{1, {2, 2}}, {2, {{1, 0}, {0, 0}}}}});
  ExpectShape("BatchToSpaceND", "[8,3,?,1];[2];[2,2]", "[2,5,?,1]",
              {.values = {{1, {2, 2}}, {2, {{1, 0}, {0, 0}}}}});
  ExpectShape("BatchToSpaceND", "[8,3,?,1];[?];[?,2]", "[?,?,?,?]");
  ExpectShapeError("SpaceToBatchND", "[1,5,4,1];[2];[2,2]", "evenly divisible by 2 but is padded",
                   {.values = {{1, {2, 2}}, {2, {{0, 0}, {0, 0}}}}});
  ExpectShape("SpaceToDepth", "[?,4,6,3]", "[?,2,3,12]", {.attrs = {{"block_size", int64_t{2}}}});
  ExpectShapeError("DepthToSpace", "[1,2,2,3]", "evenly divisible by 4 but is 3",
                   {.attrs = {{"block_size", int64_t{2}}}});
}

TEST_F(ArrangementsTest, GradientsOfBlocksMatchDifferences) {
  ExpectGradient(
      [](Output x) {
        return SpaceToBatch(x, {2, 1}, {{1, 0}, {0, 2}});
      },
      {{2, 3, 2, 2}});
  ExpectGradient(
      [](Output x) {
        return BatchToSpace(x, {2, 1}, {{1, 0}, {0, 1}});
      },
      {{4, 2, 3, 1}});
  ExpectGradient([](Output x) { return OfBlocks("SpaceToDepth", x, 2); }, {{1, 2, 4, 2}});
  ExpectGradient([](Output x) { return OfBlocks("DepthToSpace", x, 2); }, {{1, 1, 2, 8}});
  const auto square = [](const char* op) {
    return [op](Output x) {
      return OpBuilder(op).Input(x).Input({{0, 0}, {0, 0}}).Attr("block_size", int64_t{2}).Build();
    };
  };
  ExpectGradient(square("SpaceToBatch"), {{1, 2, 4, 1}});
  ExpectGradient(square("BatchToSpace"), {{4, 1, 2, 1}});
}

TEST_F(ArrangementsTest, ReversesSequencesAndTheirGradients) {
  const Output x = constant({{1, 2, 3}, {4, 5, 6}});
  EXPECT_THAT(Eval(reverse_sequence(x, {2, 3}, {.seq_axis = 1})), IsTensor({{2, 1, 3}, {6, 5, 4}}));
  EXPECT_THAT(Eval(reverse_sequence(x, {2, 1, 0}, {.seq_axis = 0, .batch_axis = 1})),
              IsTensor({{4, 2, 3}, {1, 5, 6}}));
  const Output wrong = reverse_sequence(x, {2, 4}, {.seq_axis = 1});
  EXPECT_NE(ErrorOf([&] { Eval(wrong); }).find("seq_lens(1) = 4"), std::string::npos);
  ExpectGradient(
      [](Output v) {
        return reverse_sequence(v, {2, 0, 3}, {.seq_axis = 1});
      },
      {{3, 3, 2}});
}

TEST_F(ArrangementsTest, UniqueElementsInTheirOrder) {
  const auto [y, idx] = unique({3, 1, 3, 2, 1});
  EXPECT_THAT(Eval(y), IsTensor({3, 1, 2}));
  EXPECT_THAT(Eval(idx), IsTensor({0, 1, 0, 2, 1}));
  const auto counted = OpBuilder("UniqueWithCounts").Input({"b", "a", "b"}).BuildAll();
  EXPECT_THAT(Eval(counted[2]), IsTensor({2, 1}));
}

TEST_F(ArrangementsTest, NumbersAtEqualDistances) {
  EXPECT_THAT(Eval(lin_space(1.0, 2.0, 5)), IsTensor({1.0, 1.25, 1.5, 1.75, 2.0}));
  EXPECT_THAT(Eval(lin_space(1.0, 2.0, 1)), IsTensor({1.0}));
}

TEST_F(ArrangementsTest, ShapesThatBroadcast) {
  const auto both = [](Input a, Input b) {
    return OpBuilder("BroadcastArgs").Input(a).Input(b).Build();
  };
  EXPECT_THAT(Eval(both({2, 1, 4}, {3, 1})), IsTensor({2, 3, 4}));
  EXPECT_NE(ErrorOf([&] { Eval(both({2}, {3})); }).find("Incompatible shapes"), std::string::npos);
}

}  // namespace
}  // namespace sessile
