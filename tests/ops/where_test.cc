#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

TEST(WhereTest, GivesThePlacesOfWhatHolds) {
  EXPECT_EQ(where(placeholder(bool_, {2, None})).get_shape(), Shape({None, 2}));
  EXPECT_THAT(Eval(where({{true, false}, {false, true}})), IsTensor({{0, 0}, {1, 1}}));
  EXPECT_THAT(Eval(where({0.0, -1.5, 2.0})), IsTensor({{1}, {2}}));
  EXPECT_THAT(Eval(where({false, false})), HasShape({0, 1}));
}

TEST(BooleanMaskTest, KeepsTheSlicesThatAreChosen) {
  const Input x = {{1, 2}, {3, 4}, {5, 6}};
  EXPECT_THAT(Eval(boolean_mask(x, {true, false, true})), IsTensor({{1, 2}, {5, 6}}));
  EXPECT_THAT(Eval(boolean_mask(x, {{true, false}, {false, true}, {true, true}})),
              IsTensor({1, 4, 5, 6}));
  EXPECT_THAT(Eval(boolean_mask(x, {false, true}, {.axis = 1})), IsTensor({{2}, {4}, {6}}));
  EXPECT_THAT(ErrorOf([&] { boolean_mask(x, true); }), HasSubstr("mask cannot be scalar."));
}

TEST(SetDiffTest, GivesWhatIsMissing) {
  const ListDifference difference = setdiff1d({1, 2, 3, 4, 2}, {2, 4});
  EXPECT_THAT(Eval(difference.out), IsTensor({1, 3}));
  EXPECT_THAT(Eval(difference.idx), IsTensor({0, 2}));
}

TEST(SequenceMaskTest, HoldsUpToTheLength) {
  EXPECT_THAT(Eval(sequence_mask({1, 3})), IsTensor({{true, false, false}, {true, true, true}}));
  EXPECT_THAT(Eval(sequence_mask({1, 0}, {.maxlen = 2, .dtype = float32})),
              IsTensor({{1.0, 0.0}, {0.0, 0.0}}));
}

TEST(BitcastTest, ReadsTheSameBytes) {
  EXPECT_THAT(Eval(bitcast({1.0, -2.0}, int32)), IsTensor({0x3f800000, -0x40000000}));
  EXPECT_THAT(Eval(bitcast(constant({1, 256}), uint8)), IsTensor({{1, 0, 0, 0}, {0, 1, 0, 0}}));
  EXPECT_EQ(bitcast(placeholder(uint8, {None, 4}), float32).get_shape(), Shape({None}));
  EXPECT_THAT(ErrorOf([] { bitcast(placeholder(uint8, {3}), float32); }),
              HasSubstr("Cannot bitcast due to shape. 3 is not evenly divisible by 4."));
}

}  // namespace
}  // namespace sessile
