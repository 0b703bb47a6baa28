#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/constant.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(FillTest, HasTheShapeOfItsDims) {
  ExpectShape("Fill", "[2];[]", "[2,3]", {.values = {{0, {2, 3}}}});
  ExpectShape("Fill", "[2];[]", "[?,?]");
  ExpectShape("Fill", "?;[]", "?");
  ExpectShapeError("Fill", "[1,1];[]", "Shape must be rank 1 but is rank 2");
  ExpectShapeError("Fill", "[1];[]", "-2", {.values = {{0, {-2}}}});
}

TEST(FillTest, RepeatsItsValue) { EXPECT_THAT(Eval(fill({2, 2}, 7)), IsTensor({{7, 7}, {7, 7}})); }

TEST(FillTest, GradientSumsAll) {
  ExpectGradient([](Output x) { return fill({2, 3}, x); }, {Shape()});
}

TEST(ZerosLikeTest, HasTheShapeOfItsInput) {
  ExpectShape("ZerosLike", "[2,?]", "[2,?]");
  ExpectShape("OnesLike", "[2,?]", "[2,?]");
}

}  // namespace
}  // namespace sessile
