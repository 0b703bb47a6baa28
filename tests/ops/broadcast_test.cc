#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(BroadcastToTest, TakesTheShapeThatIsAsked) {
  ExpectShape("BroadcastTo", "[1,3];[2]", "[4,3]", {.values = {{1, {4, 3}}}});
  ExpectShape("BroadcastTo", "?;[2]", "[?,?]");
  ExpectShapeError("BroadcastTo", "[2,3];[1]", "Shape must be at most rank 1 but is rank 2",
                   {.values = {{1, {2}}}});
  ExpectShapeError("BroadcastTo", "[2,3];[2]", "Dimensions must be equal, but are 3 and 4",
                   {.values = {{1, {2, 4}}}});
}

TEST(BroadcastToTest, Repeats) {
  EXPECT_THAT(Eval(broadcast_to({{1}, {2}}, {2, 2})), IsTensor({{1, 1}, {2, 2}}));
}

TEST(BroadcastToTest, GradientSumsTheRepetitions) {
  ExpectGradient([](Output x) { return broadcast_to(x, {2, 2, 3}); }, {{1, 3}});
}

TEST(BroadcastGradientArgsTest, GivesVectors) {
  ExpectShape("BroadcastGradientArgs", "[2];[1]", "[?];[?]");
  ExpectShapeError("BroadcastGradientArgs", "[2,3];[2]", "Shape must be rank 1 but is rank 2");
}

}  // namespace
}  // namespace sessile
