#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(ConcatTest, AddsSizesAlongTheAxis) {
  ExpectShape("ConcatV2", "[2,?];[?,3];[]", "[2,?]", {.values = {{2, 1}}});
  ExpectShape("ConcatV2", "[2,3];[4,3];[]", "[6,3]", {.values = {{2, -2}}});
  ExpectShape("ConcatV2", "[2,3];?;[]", "[?,3]", {.values = {{2, 0}}});
  ExpectShape("ConcatV2", "[2,3];[4,3];[]", "[?,?]");
  ExpectShapeError("ConcatV2", "[2,3];[2,4];[]",
                   "Dimension 1 in both shapes must be equal, but are 3 and 4",
                   {.values = {{2, 0}}});
  ExpectShapeError("ConcatV2", "[2,3];[2,3];[]", "Shape must be at least rank 3 but is rank 2",
                   {.values = {{2, 2}}});
}

TEST(ConcatTest, TheFirstVersionHasItsAxisInFront) {
  ExpectShape("Concat", "[];[2,3];[2,4]", "[2,7]", {.values = {{0, 1}}});
}

TEST(ConcatTest, PutsTensorsOneAfterTheOther) {
  EXPECT_THAT(Eval(concat({{{1, 2}}, {{3, 4}, {5, 6}}}, 0)), IsTensor({{1, 2}, {3, 4}, {5, 6}}));
  EXPECT_THAT(Eval(concat({{{1, 2}, {3, 4}}, {{5}, {6}}}, -1)), IsTensor({{1, 2, 5}, {3, 4, 6}}));
  EXPECT_THAT(Eval(concat({{1}, constant(std::vector<int>{}, {.dtype = int32}), {2, 3}}, 0)),
              IsTensor({1, 2, 3}));
}

TEST(ConcatTest, KnowsWhatShapesAreMadeOf) {
  const Output x = placeholder(float32, {None, 3});
  const Output known = concat({{2}, {3, 4}}, 0);
  EXPECT_EQ(reshape(placeholder(float32), known).get_shape(), Shape({2, 3, 4}));
  const Output open = concat({shape(x), {4}}, 0);
  EXPECT_EQ(zeros(open).get_shape(), Shape({None, 3, 4}));
}

TEST(ConcatTest, GradientsMatchDifferences) {
  ExpectGradient([](Output x, Output y) { return concat({x, y, x}, 1); }, {{2, 3}, {2, 1}});
  ExpectGradient(
      [](Output x) {
        return OpBuilder("Concat").Input(0).InputList(std::vector<Output>{x, x}).Build();
      },
      {{2, 3}});
}

}  // namespace
}  // namespace sessile
