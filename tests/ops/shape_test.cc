#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(ShapeTest, IsAConstantWhereItIsKnown) {
  const Output x = placeholder(float32, {2, 3});
  EXPECT_EQ(shape(x).op().type(), "Const");
  EXPECT_EQ(size(x, {.out_type = int64}).dtype(), int64);
  EXPECT_EQ(rank(placeholder(float32, {None})).op().type(), "Const");
}

TEST(ShapeTest, IsComputedWhereItIsNot) {
  const Output x = placeholder(float32, {None, 3});
  EXPECT_EQ(shape(x).op().type(), "Shape");
  EXPECT_EQ(size(x).op().type(), "Size");
  EXPECT_EQ(rank(placeholder(float32)).op().type(), "Rank");
  EXPECT_THAT(Eval(shape(x), {{x, {{1, 2, 3}, {4, 5, 6}}}}), IsTensor({2, 3}));
  EXPECT_THAT(Eval(size(x), {{x, {{1, 2, 3}, {4, 5, 6}}}}), IsTensor(6));
}

TEST(ShapeTest, IsAVectorAsLongAsTheRank) {
  ExpectShape("Shape", "[2,?]", "[2]");
  ExpectShape("Shape", "?", "[?]");
  ExpectShape("ShapeN", "[2,?];[];?", "[2];[0];[?]");
  ExpectShape("Size", "?", "[]");
  ExpectShape("Rank", "?", "[]");
}

// What shape inference knows of values: as much as TensorFlow 2.15.1 does.
TEST(ShapeTest, TellsShapeInferenceWhatIsKnown) {
  const Output x = placeholder(float32);
  const Output open = placeholder(float32, {None, 3, 4});
  const Output known = placeholder(float32, {2, 3, 4});
  EXPECT_EQ(reshape(x, shape(open)).get_shape(), Shape({None, 3, 4}));
  EXPECT_EQ(reshape(x, cast(shape(open), int64)).get_shape(), Shape({None, 3, 4}));
  EXPECT_EQ(reshape(x, identity(shape(open))).get_shape(), Shape({None, None, None}));
  EXPECT_EQ(reshape(x, gather(shape(known), {0, 2})).get_shape(), Shape({2, 4}));
  EXPECT_EQ(reshape(x, gather(shape(open), {1, 2})).get_shape(), Shape({None, None}));
  EXPECT_EQ(reshape(x, multiply(shape(known), 2)).get_shape(), Shape({4, 6, 8}));
  EXPECT_EQ(reshape(x, reduce_prod(shape(known), {.keepdims = true})).get_shape(), Shape({24}));
}

TEST(ShapeTest, TellsShapeInferenceThroughStacks) {
  const Output x = placeholder(float32);
  const Output open_size = size(placeholder(float32, {None}));
  EXPECT_EQ(reshape(x, stack({6, open_size})).get_shape(), Shape({6, None}));
}

TEST(ShapeTest, RefusesToCutLargeSizes) {
  const Output x = placeholder(float32, {int64_t{1} << 32});
  EXPECT_THAT(ErrorOf([&] { shape(x); }), ::testing::HasSubstr("does not fit in int32"));
  EXPECT_EQ(shape(x, {.out_type = int64}).dtype(), int64);
}

TEST(ShapeNTest, GivesAllShapes) {
  const std::vector<Output> shapes = shape_n({{1, 2}, {{1}, {2}, {3}}});
  EXPECT_THAT(Eval(shapes[0]), IsTensor({2}));
  EXPECT_THAT(Eval(shapes[1]), IsTensor({3, 1}));
}

}  // namespace
}  // namespace sessile
