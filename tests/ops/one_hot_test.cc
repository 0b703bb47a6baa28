#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

TEST(OneHotTest, AddsADimensionOfTheDepth) {
  NodeFacts facts = {.attrs = {{"TI", int32}}, .values = {{1, 4}}};
  ExpectShape("OneHot", "[2,?];[];[];[]", "[2,?,4]", facts);
  facts.attrs.push_back({"axis", 0});
  ExpectShape("OneHot", "[2,?];[];[];[]", "[4,2,?]", facts);
  ExpectShapeError("OneHot", "[2];[];[];[]", "must be non-negative but is -1",
                   {.attrs = {{"TI", int32}}, .values = {{1, -1}}});
}

TEST(OneHotTest, MarksTheIndex) {
  EXPECT_THAT(Eval(one_hot({0, 2, 5}, 3)),
              IsTensor({{1.0, 0.0, 0.0}, {0.0, 0.0, 1.0}, {0.0, 0.0, 0.0}}));
  EXPECT_THAT(Eval(one_hot({1, -1}, 2, {.on_value = 5, .off_value = 7, .axis = 0})),
              IsTensor({{7, 7}, {5, 7}}));
  EXPECT_THAT(Eval(one_hot(1, 3, {.on_value = true, .off_value = false})),
              IsTensor({false, true, false}));
}

TEST(OneHotTest, RefusesValuesOfAnotherType) {
  EXPECT_THAT(ErrorOf([] { one_hot({0}, 2, {.on_value = 1.5, .dtype = int32}); }),
              HasSubstr("dtype float32 of on_value does not match dtype parameter int32"));
}

}  // namespace
}  // namespace sessile
