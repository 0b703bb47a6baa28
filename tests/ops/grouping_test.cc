#include "sessile/ops/grouping.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/constant.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

class GroupingTest : public FrontTest {};

TEST_F(GroupingTest, EqualsTensorFlow) {
  const Output a = constant({1, 2, 3});
  const Output b = constant(1.5);
  const Operation n = no_op();
  group({a.op(), n});
  group({a}, "gg");
  group({});
  tuple({a, b});
  tuple({b, Output()}, {.control_inputs = {n}});
  Output c;
  {
    const device place("/cpu:1");
    c = constant(2);
  }
  group({a, c});
  ExpectListing("front_values.txt", "groups", graph_);
}

TEST_F(GroupingTest, TupleKeepsEmptyPlaces) {
  const std::vector<Output> results = tuple({constant(1), Output()});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_TRUE(results[0].has_value());
  EXPECT_FALSE(results[1].has_value());
}

TEST_F(GroupingTest, TupleNeedsSomethingToWaitFor) {
  EXPECT_THAT(ErrorOf([] { tuple({}); }), HasSubstr("'tensors' must have at least one Tensor."));
}

}  // namespace
}  // namespace sessile
