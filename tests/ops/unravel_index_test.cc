#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

TEST(UnravelIndexTest, GivesCoordinates) {
  EXPECT_THAT(Eval(unravel_index({22, 41, 37}, {7, 6})), IsTensor({{3, 6, 6}, {4, 5, 1}}));
  EXPECT_THAT(Eval(unravel_index(22, {7, 6})), IsTensor({3, 4}));
  ExpectShape("UnravelIndex", "[?];[2]", "[2,?]");
  ExpectShape("UnravelIndex", "[];[2]", "[2]");
}

TEST(UnravelIndexTest, RefusesWhatIsOutside) {
  const auto error = [](const Input& indices, const Input& dims) {
    return ErrorOf([&] { Eval(unravel_index(indices, dims)); });
  };
  EXPECT_THAT(error({42}, {7, 6}), HasSubstr("index is out of bound as with dims"));
  EXPECT_THAT(error({-1}, {7, 6}), HasSubstr("index is out of bound as with dims"));
  EXPECT_THAT(error({1}, {7, 0}), HasSubstr("dims contains zero at index 1"));
  EXPECT_THAT(error({1}, {1 << 30, 1 << 30}),
              HasSubstr("dims product is causing integer overflow"));
}

}  // namespace
}  // namespace sessile
