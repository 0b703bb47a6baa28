#include "sessile/core/framework/reduction_axes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sessile/tests/error_of.h"

namespace sessile {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Dims = std::vector<int64_t>;

TEST(ReductionAxesTest, GivesOutputAndRuns) {
  const ReductionAxes channels = ReductionAxes::Of({64, 28, 1, 4}, Dims{0, 1, -2}, false).value();
  EXPECT_EQ(channels.output(), Shape({4}));
  EXPECT_THAT(channels.runs(),
              ElementsAre(ReductionAxes::Run{64 * 28, true}, ReductionAxes::Run{4, false}));
  EXPECT_EQ(channels.reduced_elements(), 64 * 28);
  EXPECT_EQ(ReductionAxes::Of({2, 3}, Dims{1}, true)->output(), Shape({2, 1}));
  EXPECT_EQ(ReductionAxes::Of({None, 3}, Dims{1}, false)->output(), Shape({None}));
  EXPECT_THAT(ReductionAxes::Of({2, 1, 3}, Dims{1}, false)->runs(),
              ElementsAre(ReductionAxes::Run{6, false}));
  EXPECT_THAT(ReductionAxes::Of({}, Dims{}, false)->runs(), IsEmpty());
}

TEST(ReductionAxesTest, RefusesAxesAsTensorFlowDoes) {
  EXPECT_EQ(MessageOf(ReductionAxes::Of({2, 3}, Dims{5}, false).status()),
            "Invalid reduction dimension 5 for input with 2 dimensions.");
  EXPECT_TRUE(ReductionAxes::Of({2, 3}, Dims{0, 0}, false).ok());
  EXPECT_EQ(MessageOf(ReductionAxes::OfRun({2, 3}, Dims{5}, false).status()),
            "Invalid reduction dimension (5 for input with 2 dimension(s)");
  EXPECT_EQ(MessageOf(ReductionAxes::OfRun({2, 3}, Dims{0, -2}, false).status()),
            "Invalid reduction arguments: Axes contains duplicate dimension: 0");
}

}  // namespace
}  // namespace sessile
