#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

TEST(PadTest, AddsToEachSize) {
  const NodeFacts facts = {.attrs = {{"Tpaddings", int32}}, .values = {{1, {{1, 2}, {0, 3}}}}};
  ExpectShape("Pad", "[2,?];[2,2]", "[5,?]", facts);
  ExpectShape("Pad", "[2,3];[2,2]", "[?,?]", {.attrs = {{"Tpaddings", int32}}});
  ExpectShape("Pad", "?;[2,2]", "[?,?]", facts);
  ExpectShapeError("Pad", "[2];[2,2]", "Dimensions must be equal, but are 2 and 1", facts);
  ExpectShapeError("Pad", "[2,3];[2,2]", "Paddings must be non-negative: -1 2",
                   {.attrs = {{"Tpaddings", int32}}, .values = {{1, {{-1, 2}, {0, 3}}}}});
}

TEST(PadTest, PutsAMarginAround) {
  const Input x = {{1, 2}, {3, 4}};
  EXPECT_THAT(Eval(pad(x, {{1, 0}, {0, 1}})), IsTensor({{0, 0, 0}, {1, 2, 0}, {3, 4, 0}}));
  EXPECT_THAT(Eval(pad(x, {{0, 0}, {1, 0}}, {.constant_values = 9})),
              IsTensor({{9, 1, 2}, {9, 3, 4}}));
}

TEST(PadTest, MirrorsWithAndWithoutTheEdge) {
  const Input x = {{1, 2, 3}, {4, 5, 6}};
  EXPECT_THAT(Eval(pad(x, {{1, 1}, {2, 0}}, {.mode = "REFLECT"})),
              IsTensor({{6, 5, 4, 5, 6}, {3, 2, 1, 2, 3}, {6, 5, 4, 5, 6}, {3, 2, 1, 2, 3}}));
  EXPECT_THAT(Eval(pad(x, {{1, 0}, {1, 1}}, {.mode = "SYMMETRIC"})),
              IsTensor({{1, 1, 2, 3, 3}, {1, 1, 2, 3, 3}, {4, 4, 5, 6, 6}}));
}

TEST(PadTest, RefusesAMirrorThatIsTooWide) {
  EXPECT_THAT(ErrorOf([] {
                Eval(pad({1, 2}, {{2, 0}}, {.mode = "REFLECT"}));
              }),
              HasSubstr("paddings must be less than the dimension size: 2, 0 not less than 2"));
  EXPECT_THAT(ErrorOf([] {
                pad({1, 2}, {{2, 0}}, {.mode = "WRAP"});
              }),
              HasSubstr("Received `mode` = WRAP"));
}

TEST(PadTest, GradientsMatchDifferences) {
  ExpectGradient([](Output x) { return pad(x, {{1, 0}, {2, 1}}); }, {{2, 3}});
  ExpectGradient(
      [](Output x) {
        return pad(x, {{1, 0}, {2, 1}}, {.constant_values = 1.5});
      },
      {{2, 3}});
  for (const char* mode : {"REFLECT", "SYMMETRIC"}) {
    ExpectSecondGradient(
        [mode](Output x) {
          return square(pad(x, {{1, 1}, {2, 1}}, {.mode = mode}));
        },
        {{2, 3}});
  }
}

}  // namespace
}  // namespace sessile
