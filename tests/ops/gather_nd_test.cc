#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

TEST(GatherNdTest, ReplacesTheIndexedDimensions) {
  const NodeFacts facts = {.attrs = {{"Tindices", int32}}};
  ExpectShape("GatherNd", "[4,5,6];[2,?,2]", "[2,?,6]", facts);
  ExpectShape("GatherNd", "[4,5];[3,2]", "[3]", facts);
  ExpectShape("GatherNd", "[4,5];[3,?]", "?", facts);
  ExpectShapeError("GatherNd", "[4];[3,2]", "indices.shape[-1] must be <= params.rank", facts);
}

TEST(GatherNdTest, TakesSlicesAtPlaces) {
  const Input x = {{1, 2}, {3, 4}};
  EXPECT_THAT(Eval(gather_nd(x, {{0, 1}, {1, 0}})), IsTensor({2, 3}));
  EXPECT_THAT(Eval(gather_nd(x, {{1}, {1}})), IsTensor({{3, 4}, {3, 4}}));
  EXPECT_THAT(ErrorOf([&] {
                Eval(gather_nd(x, {{0, 1}, {2, 0}}));
              }),
              HasSubstr("indices[1] = [2, 0] does not index into param shape [2,2]"));
}

TEST(ScatterNdTest, AddsUpWhatComesToOnePlace) {
  EXPECT_THAT(Eval(scatter_nd({{1}, {3}, {1}}, {5, 6, 7}, {4})), IsTensor({0, 12, 0, 6}));
  EXPECT_THAT(Eval(scatter_nd({{1}}, {{5.0, 6.0}}, {2, 2})), IsTensor({{0.0, 0.0}, {5.0, 6.0}}));
  EXPECT_THAT(ErrorOf([] { Eval(scatter_nd({{4}}, {5}, {4})); }),
              HasSubstr("indices[0] = [4] does not index into shape [4]"));
}

TEST(GatherNdTest, GradientsMatchDifferences) {
  ExpectGradient([](Output x) { return gather_nd(x, {{0, 1}, {1, 0}, {0, 1}}); }, {{2, 2}});
  ExpectGradient([](Output x) { return gather_nd(x, {{1}}); }, {{2, 3}});
  ExpectGradient([](Output x) { return scatter_nd({{1}, {3}, {1}}, x, {4}); }, {{3}});
}

}  // namespace
}  // namespace sessile
