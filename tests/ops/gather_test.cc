#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(GatherTest, ReplacesTheAxisByTheIndices) {
  const NodeFacts first = {.attrs = {{"Tindices", int32}, {"Taxis", int32}}, .values = {{2, 0}}};
  const NodeFacts last = {.attrs = {{"Tindices", int32}, {"Taxis", int32}}, .values = {{2, -1}}};
  ExpectShape("GatherV2", "[2,3];[];[]", "[3]", first);
  ExpectShape("GatherV2", "[2,3];[?,4];[]", "[2,?,4]", last);
  ExpectShape("GatherV2", "?;[4];[]", "?", first);
}

TEST(GatherTest, KnowsTheRankOnlyWithoutTheAxis) {
  const NodeFacts facts = {.attrs = {{"Tindices", int32}, {"Taxis", int32}}};
  ExpectShape("GatherV2", "[2,3];[?,4];[]", "[?,?,?]", facts);
}

TEST(GatherTest, MergesBatchDimensions) {
  const NodeFacts facts = {.attrs = {{"Tindices", int32}, {"Taxis", int32}, {"batch_dims", 1}},
                           .values = {{2, 1}}};
  ExpectShape("GatherV2", "[2,3];[2,4];[]", "[2,4]", facts);
  ExpectShapeError("GatherV2", "[2,3];[5,4];[]", "Dimensions must be equal, but are 2 and 5",
                   facts);
}

TEST(GatherTest, RefusesAnAxisOutsideOfTheShape) {
  ExpectShapeError("GatherV2", "[2,3];[];[]", "Shape must be at least rank 3 but is rank 2",
                   {.attrs = {{"Tindices", int32}, {"Taxis", int32}}, .values = {{2, 2}}});
}

TEST(GatherTest, TakesSlices) {
  EXPECT_THAT(Eval(gather({{1, 2}, {3, 4}, {5, 6}}, {2, 0})), IsTensor({{5, 6}, {1, 2}}));
  EXPECT_THAT(Eval(gather({{1, 2}, {3, 4}}, {1}, {.axis = 1})), IsTensor({{2}, {4}}));
}

TEST(GatherTest, TheFirstVersionIsAlongAxisZero) {
  ExpectShape("Gather", "[4,5];[2,?]", "[2,?,5]", {.attrs = {{"Tindices", int32}}});
}

TEST(GatherTest, GradientsMatchDifferences) {
  ExpectGradient([](Output x) { return gather(x, {{2, 0}, {2, 2}}); }, {{3, 2}});
  ExpectGradient([](Output x) { return gather(x, {1, 1}, {.axis = 1}); }, {{2, 3, 2}});
  ExpectGradient([](Output x) { return nn::embedding_lookup(x, {1, 0}); }, {{3, 2}});
  ExpectGradient(
      [](Output x) {
        return OpBuilder("Gather").Input(x).Input({1, 1}).Build();
      },
      {{3, 2}});
}

}  // namespace
}  // namespace sessile
