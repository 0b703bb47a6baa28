#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

TEST(SearchSortedTest, FindsPlacesInEachRow) {
  const Input sorted = {{0.0, 3.0, 9.0, 9.0, 10.0}, {1.0, 2.0, 3.0, 4.0, 5.0}};
  const Input values = {{2.0, 4.0, 9.0}, {0.0, 2.0, 6.0}};
  EXPECT_THAT(Eval(searchsorted(sorted, values)), IsTensor({{1, 2, 2}, {0, 1, 5}}));
  EXPECT_THAT(Eval(searchsorted(sorted, values, {.side = "right", .out_type = int64})),
              IsTensor({{1, 2, 4}, {0, 2, 5}}));
  EXPECT_THAT(Eval(searchsorted({1, 3, 5}, {4, 0})), IsTensor({2, 0}));
  EXPECT_THAT(ErrorOf([] {
                searchsorted({1, 3}, {4}, {.side = "middle"});
              }),
              HasSubstr("must be either 'right' or 'left'"));
  ExpectShapeError("LowerBound", "[2,3];[1,3]", "Dimensions must be equal, but are 2 and 1");
}

TEST(BucketizeTest, CountsTheBoundariesBelow) {
  const auto bucketize = [](const Input& x, const std::vector<float>& boundaries) {
    return OpBuilder("Bucketize").Input(x).Attr("boundaries", boundaries).Build();
  };
  EXPECT_THAT(Eval(bucketize({-5.0, 0.0, 10.0, 150.0}, {0, 10, 100})), IsTensor({0, 1, 2, 3}));
  EXPECT_THAT(Eval(bucketize({-5, 10, 150}, {0.5, 10, 100})), IsTensor({0, 2, 3}));
  EXPECT_THAT(ErrorOf([&] {
                Eval(bucketize({1.0}, {10, 0}));
              }),
              HasSubstr("Expected sorted boundaries"));
}

}  // namespace
}  // namespace sessile
