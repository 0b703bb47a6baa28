#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(TileTest, MultipliesDimensions) {
  ExpectShape("Tile", "[2,3];[2]", "[4,3]", {.values = {{1, {2, 1}}}});
  ExpectShape("Tile", "[?,3];[2]", "[?,9]", {.values = {{1, {2, 3}}}});
  ExpectShape("Tile", "[?,3];[2]", "[0,3]", {.values = {{1, {0, 1}}}});
  ExpectShape("Tile", "?;[2]", "[?,?]");
  ExpectShape("Tile", "[2,3];?", "[?,?]");
  ExpectShapeError("Tile", "[2,3];[1]", "Shape must be rank 2 but is rank 1");
}

TEST(TileTest, RefusesMoreElementsThanCanBeCounted) {
  ExpectShapeError("Tile", "[4294967296];[1]", "",
                   {.attrs = {{"Tmultiples", int64}}, .values = {{1, {int64_t{1} << 40}}}});
}

TEST(TileTest, RepeatsAlongEachDimension) {
  EXPECT_THAT(Eval(tile({{1, 2}}, {2, 2})), IsTensor({{1, 2, 1, 2}, {1, 2, 1, 2}}));
}

TEST(TileTest, GradientSumsTheRepetitions) {
  ExpectGradient([](Output x) { return tile(x, {2, 3}); }, {{2, 2}});
}

}  // namespace
}  // namespace sessile
