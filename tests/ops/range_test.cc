#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/math.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(RangeTest, CountsItsElements) {
  ExpectShape("Range", "[];[];[]", "[4]", {.values = {{0, 0}, {1, 10}, {2, 3}}});
  ExpectShape("Range", "[];[];[]", "[4]",
              {.attrs = {{"Tidx", float32}}, .values = {{0, 0.0}, {1, 1.0}, {2, 0.3}}});
  ExpectShape("Range", "[];[];[]", "[?]");
}

TEST(RangeTest, RefusesRangesThatDoNotEnd) {
  ExpectShapeError("Range", "[];[];[]", "Requires delta != 0",
                   {.values = {{0, 0}, {1, 10}, {2, 0}}});
  ExpectShapeError("Range", "[];[];[]", "Requires start <= limit when delta > 0: 10/0",
                   {.values = {{0, 10}, {1, 0}, {2, 1}}});
  ExpectShapeError("Range", "[];[];[]", "Requires start >= limit when delta < 0: 0/10",
                   {.values = {{0, 0}, {1, 10}, {2, -3}}});
  ExpectShapeError("Range", "[2];[];[]", "Shape must be rank 0 but is rank 1");
}

TEST(RangeTest, CountsUpAndDown) {
  EXPECT_THAT(Eval(range(3)), IsTensor({0, 1, 2}));
  EXPECT_THAT(Eval(range(5, 0, -2)), IsTensor({5, 3, 1}));
  EXPECT_THAT(Eval(range(0.0, 1.0, 0.25)), IsTensor({0.0, 0.25, 0.5, 0.75}));
}

TEST(RangeTest, TakesTheWidestType) {
  EXPECT_EQ(range(1, 5.0).dtype(), float32);
  EXPECT_EQ(range(1, 5, 1, {.dtype = int64}).dtype(), int64);
}

}  // namespace
}  // namespace sessile
