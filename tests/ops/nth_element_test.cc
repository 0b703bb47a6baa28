#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

Output NthElement(const Input& x, const Input& n, bool reverse = false) {
  return OpBuilder("NthElement").Input(x).Input(n).Attr("reverse", reverse).Build();
}

TEST(NthElementTest, IsThatOfTheSortedRow) {
  const Input x = {{3.0, 1.0, 2.0}, {6.0, 5.0, 4.0}};
  EXPECT_THAT(Eval(NthElement(x, 0)), IsTensor({1.0, 4.0}));
  EXPECT_THAT(Eval(NthElement(x, 0, /*reverse=*/true)), IsTensor({3.0, 6.0}));
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(Eval(NthElement({kNan, 1.0, kNan, 0.0}, 1)), IsTensor(1.0));
  ExpectShape("NthElement", "[2,?,4];[]", "[2,?]");
  ExpectShapeError("NthElement", "[2,3];[]", "last dimension > n = 3 but is 3",
                   {.values = {{1, 3}}});
  const Output n = placeholder(int32, Shape());
  EXPECT_THAT(ErrorOf([&] {
                Eval(NthElement(x, n), {{n, -1}});
              }),
              HasSubstr("n must be non-negative but is -1"));
}

TEST(NthElementTest, GradientsMatchDifferences) {
  ExpectGradient([](Output x) { return NthElement(x, 1); }, {{2, 5}});
}

}  // namespace
}  // namespace sessile
