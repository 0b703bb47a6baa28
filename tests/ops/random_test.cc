#include "sessile/ops/random.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

class RandomTest : public FrontTest {};

TEST_F(RandomTest, EqualsTensorFlow) {
  set_random_seed(7);
  random_uniform({2, 3});
  random_uniform({2}, {.minval = 0, .maxval = 5});
  random_uniform({2}, {.minval = -1.0, .maxval = 1.0, .seed = 3});
  random_uniform({}, {.minval = 0.0, .maxval = 1.0, .dtype = float64, .name = "u"});
  random_uniform({4}, {.minval = 0, .maxval = 10, .dtype = int32});
  random_normal({2, 3});
  random_normal({}, {.mean = 1.0, .stddev = 2.0, .seed = 5});
  truncated_normal({3, 3}, {.stddev = 0.05});
  truncated_normal(placeholder(int32, {2}), {.dtype = float64, .name = "t"});
  ExpectListing("front_variables.txt", "random", graph_);
}

TEST_F(RandomTest, WithoutAGraphSeedEqualsTensorFlow) {
  random_uniform({2});
  random_uniform({2}, {.seed = 3});
  ExpectListing("front_variables.txt", "unseeded", graph_);
}

TEST_F(RandomTest, KnowsItsShape) {
  EXPECT_EQ(random_uniform({2, 3}).get_shape(), Shape({2, 3}));
  EXPECT_EQ(random_normal(placeholder(int32, {2})).get_shape(), Shape({None, None}));
}

TEST_F(RandomTest, RefusesWhatItCannotDraw) {
  EXPECT_THAT(ErrorOf([] { random_uniform({2}, {.dtype = int32}); }),
              HasSubstr("Must specify maxval for integer dtype int32"));
  EXPECT_THAT(ErrorOf([] { random_uniform({2}, {.dtype = string}); }),
              HasSubstr("Argument `dtype` got invalid value string."));
  EXPECT_THAT(ErrorOf([] { random_normal({2}, {.dtype = int32}); }), HasSubstr("int32"));
  EXPECT_THAT(ErrorOf([] { random_uniform({-2}); }), HasSubstr("-2"));
  EXPECT_THAT(ErrorOf([] { random_uniform(3); }), HasSubstr("Shape must be rank 1 but is rank 0"));
}

}  // namespace
}  // namespace sessile
