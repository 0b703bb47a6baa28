#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(SliceTest, HasTheSizesThatAreAskedFor) {
  const NodeFacts facts = {.attrs = {{"Index", int32}}, .values = {{1, {1, 0}}, {2, {2, -1}}}};
  ExpectShape("Slice", "[4,?];[2];[2]", "[2,?]", facts);
  ExpectShape("Slice", "[4,3];[2];[2]", "[2,3]", facts);
  ExpectShape("Slice", "?;[2];[2]", "[2,?]", facts);
  ExpectShape("Slice", "[4,3];[2];[2]", "[?,?]", {.attrs = {{"Index", int32}}});
  ExpectShapeError("Slice", "[2,3];[2];[2]", "Expected size in [0, 1], but got 2", facts);
  ExpectShapeError("Slice", "[4];[2];[2]", "Dimensions must be equal, but are 2 and 1", facts);
}

TEST(SliceTest, TakesAPart) {
  const Input x = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
  EXPECT_THAT(Eval(slice(x, {1, 0}, {2, -1})), IsTensor({{4, 5, 6}, {7, 8, 9}}));
  EXPECT_THAT(Eval(slice(x, {0, 1}, {3, 1})), IsTensor({{2}, {5}, {8}}));
  EXPECT_THAT(Eval(slice(x, {0, 0}, {3, 3})), IsTensor({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}));
}

TEST(ReverseTest, TurnsDimensionsAround) {
  const Input x = {{1, 2, 3}, {4, 5, 6}};
  EXPECT_THAT(Eval(reverse(x, {0})), IsTensor({{4, 5, 6}, {1, 2, 3}}));
  EXPECT_THAT(Eval(reverse(x, {-1, 0})), IsTensor({{6, 5, 4}, {3, 2, 1}}));
  ExpectShapeError("ReverseV2", "[2,3];[1]", "is outside of a tensor with 2 dimensions",
                   {.attrs = {{"Tidx", int32}}, .values = {{1, {2}}}});
}

TEST(SliceTest, GradientsMatchDifferences) {
  ExpectGradient([](Output x) { return slice(x, {1, 0}, {2, -1}); }, {{4, 3}});
  ExpectGradient([](Output x) { return reverse(x, {1}); }, {{2, 3}});
}

// The first version has a bool for each dimension.
TEST(ReverseTest, TurnsFlaggedDimensionsAround) {
  const auto reversed = [](Input x, Input dims) {
    return OpBuilder("Reverse").Input(std::move(x)).Input(std::move(dims)).Build();
  };
  const Output x = constant({{1, 2, 3}, {4, 5, 6}});
  EXPECT_THAT(Eval(reversed(x, {false, true})), IsTensor({{3, 2, 1}, {6, 5, 4}}));
  EXPECT_THAT(Eval(reversed(x, {true, true})), IsTensor({{6, 5, 4}, {3, 2, 1}}));
  EXPECT_THAT(Eval(reversed(x, {false, false})), IsTensor({{1, 2, 3}, {4, 5, 6}}));
  ExpectShape("Reverse", "[2,?];[2]", "[2,?]");
  ExpectShape("Reverse", "?;[2]", "[?,?]");
  ExpectShapeError("Reverse", "[2,3];[1]", "must be rank 1 but is rank 2");
  ExpectShapeError("Reverse", "[2,3];[]", "must be rank 1 but is rank 0");
  const Output dims = placeholder(bool_, Shape::Unknown(), "dims");
  EXPECT_NE(ErrorOf([&] {
              Eval(reversed(x, dims), {{dims, std::vector<bool>{true}}});
            }).find("'input' has 2, 'dims' has 1 values"),
            std::string::npos);
}

TEST(ReverseTest, GradientOfFlaggedDimensionsMatchesDifferences) {
  ExpectGradient(
      [](Output x) {
        return OpBuilder("Reverse").Input(x).Input({false, true}).Build();
      },
      {{2, 3}});
}

}  // namespace
}  // namespace sessile
