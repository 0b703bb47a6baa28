#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(ReshapeTest, TakesTheShapeThatIsAsked) {
  ExpectShape("Reshape", "[2,3];[2]", "[3,2]", {.values = {{1, {3, 2}}}});
  ExpectShape("Reshape", "?;[2]", "[?,2]", {.values = {{1, {-1, 2}}}});
  ExpectShape("Reshape", "[2,3];[3]", "[?,?,?]");
  ExpectShape("Reshape", "[2,3];?", "?");
}

TEST(ReshapeTest, InfersTheDimensionLeftOpen) {
  ExpectShape("Reshape", "[2,3,4];[2]", "[6,4]", {.values = {{1, {-1, 4}}}});
  ExpectShape("Reshape", "[?,3];[2]", "[?,3]", {.values = {{1, {-1, 3}}}});
  ExpectShape("Reshape", "[0,3];[2]", "[?,0]", {.values = {{1, {-1, 0}}}});
}

TEST(ReshapeTest, RefusesAnotherNumberOfElements) {
  ExpectShapeError("Reshape", "[2,3];[1]",
                   "Cannot reshape a tensor with 6 elements to shape [4] (4 elements)",
                   {.values = {{1, {4}}}});
  ExpectShapeError("Reshape", "[2,3];[2]", "Dimension size must be evenly divisible by 4 but is 6",
                   {.values = {{1, {-1, 4}}}});
  ExpectShapeError("Reshape", "[?,3];[2]", "Dimension size must be evenly divisible by 3 but is 4",
                   {.values = {{1, {2, 2}}}});
  ExpectShapeError("Reshape", "[2,3];[1,1]", "Shape must be at most rank 1 but is rank 2");
}

TEST(ReshapeTest, RefusesSizesBelowMinusOne) {
  ExpectShapeError("Reshape", "[?,3];[2]", "-2", {.values = {{1, {2, -2}}}});
}

TEST(ReshapeTest, KeepsTheOrderOfElements) {
  EXPECT_THAT(Eval(reshape({{1, 2, 3}, {4, 5, 6}}, {3, -1})), IsTensor({{1, 2}, {3, 4}, {5, 6}}));
}

TEST(ReshapeTest, GradientHasTheOldShape) {
  ExpectGradient([](Output x) { return reshape(x, {-1}); }, {{2, 3}});
}

TEST(SqueezeTest, LeavesOutDimensionsOfSizeOne) {
  ExpectShape("Squeeze", "[1,2,1]", "[2]");
  ExpectShape("Squeeze", "[1,2,1]", "[1,2]",
              {.attrs = {{"squeeze_dims", std::vector<int64_t>{-1}}}});
  ExpectShape("Squeeze", "[?,1]", "?");
  ExpectShape("Squeeze", "[?,1]", "[1]", {.attrs = {{"squeeze_dims", std::vector<int64_t>{0}}}});
  EXPECT_THAT(Eval(squeeze({{{1}, {2}}}, {.axis = 2})), IsTensor({{1, 2}}));
}

TEST(SqueezeTest, RefusesOtherDimensions) {
  ExpectShapeError("Squeeze", "[2,3]", "Can not squeeze dim[1], expected a dimension of 1, got 3",
                   {.attrs = {{"squeeze_dims", std::vector<int64_t>{1}}}});
  ExpectShapeError("Squeeze", "[2,3]", "squeeze_dims[0] not in [-2,2).",
                   {.attrs = {{"squeeze_dims", std::vector<int64_t>{2}}}});
}

TEST(SqueezeTest, GradientHasTheOldShape) {
  ExpectGradient([](Output x) { return squeeze(x); }, {{2, 1, 3}});
}

TEST(ExpandDimsTest, PutsInADimension) {
  ExpectShape("ExpandDims", "[2,?];[]", "[1,2,?]", {.values = {{1, 0}}});
  ExpectShape("ExpandDims", "[2,?];[]", "[2,?,1]", {.values = {{1, -1}}});
  ExpectShape("ExpandDims", "[2,?];[]", "[?,?,?]");
  ExpectShape("ExpandDims", "?;[]", "?", {.values = {{1, 0}}});
  EXPECT_THAT(Eval(expand_dims({1, 2}, 1)), IsTensor({{1}, {2}}));
}

TEST(ExpandDimsTest, RefusesPlacesOutsideOfTheShape) {
  ExpectShapeError("ExpandDims", "[2,3];[]", "dim 3 not in the interval [-3, 2].",
                   {.values = {{1, 3}}});
  ExpectShapeError("ExpandDims", "[2,3];[2]", "'dim' input must be a tensor with a single value",
                   {.values = {{1, {1, 2}}}});
}

TEST(ExpandDimsTest, GradientHasTheOldShape) {
  ExpectGradient([](Output x) { return expand_dims(x, 1); }, {{2, 3}});
}

}  // namespace
}  // namespace sessile
