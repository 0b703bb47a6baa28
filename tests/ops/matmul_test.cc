#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(MatMulTest, MultipliesRowsByColumns) {
  ExpectShape("MatMul", "[?,3];[3,5]", "[?,5]");
  ExpectShape("MatMul", "[3,?];[5,3]", "[?,5]",
              {.attrs = {{"transpose_a", true}, {"transpose_b", true}}});
  ExpectShape("MatMul", "?;?", "[?,?]");
}

TEST(MatMulTest, RefusesOtherShapes) {
  ExpectShapeError("MatMul", "[2,3];[4,5]", "Dimensions must be equal, but are 3 and 4");
  ExpectShapeError("MatMul", "[2,3,4];[4,5]", "Shape must be rank 2 but is rank 3");
}

TEST(MatMulTest, GivesKnownValues) {
  EXPECT_THAT(Eval(matmul({{1.0, 2.0}, {3.0, 4.0}}, {{1.0}, {2.0}})), IsTensor({{5.0}, {11.0}}));
  EXPECT_THAT(Eval(matmul({{1.0, 2.0}, {3.0, 4.0}}, {{1.0, 2.0}}, {.transpose_b = true})),
              IsTensor({{5.0}, {11.0}}));
}

TEST(MatMulTest, RefusesATransposedAdjoint) {
  EXPECT_THAT(ErrorOf([] { matmul({{1.0}}, {{1.0}}, {.transpose_a = true, .adjoint_a = true}); }),
              ::testing::HasSubstr("Only one of `transpose_a` and `adjoint_a`"));
}

TEST(MatMulTest, GradientsMatchDifferences) {
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      const auto product = [ta, tb](Output a, Output b) {
        return matmul(a, b, {.transpose_a = ta, .transpose_b = tb});
      };
      ExpectGradient(product,
                     {ta ? Shape({3, 2}) : Shape({2, 3}), tb ? Shape({4, 3}) : Shape({3, 4})});
    }
  }
}

TEST(MatMulTest, GradientsOfGradientsMatchDifferences) {
  ExpectSecondGradient([](Output a, Output b) { return matmul(a, b); }, {{2, 3}, {3, 2}});
}

TEST(BatchMatMulTest, MultipliesMatricesOfBatches) {
  ExpectShape("BatchMatMulV2", "[5,1,2,3];[4,3,?]", "[5,4,2,?]");
  ExpectShape("BatchMatMul", "[?,2,3];[4,3,2]", "[4,2,2]");
  ExpectShapeError("BatchMatMulV2", "[5,2,3];[5,4,2]", "Dimensions must be equal, but are 3 and 4");
  const Input x = {{{1.0, 2.0}}, {{3.0, 4.0}}};
  EXPECT_THAT(Eval(matmul(x, {{{1.0}, {10.0}}})), IsTensor({{{21.0}}, {{43.0}}}));
  EXPECT_THAT(Eval(matmul(x, x, {.transpose_b = true})), IsTensor({{{5.0}}, {{25.0}}}));
}

TEST(BatchMatMulTest, GradientsMatchDifferences) {
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      const auto product = [ta, tb](Output a, Output b) {
        return matmul(a, b, {.transpose_a = ta, .adjoint_b = tb});
      };
      ExpectGradient(product, {ta ? Shape({2, 3, 2}) : Shape({2, 2, 3}),
                               tb ? Shape({1, 4, 3}) : Shape({1, 3, 4})});
    }
  }
  const auto old = [](Output a, Output b) {
    return OpBuilder("BatchMatMul").Input(a).Input(b).Build();
  };
  ExpectGradient(old, {{2, 2, 3}, {2, 3, 1}});
  const auto newest = [](Output a, Output b) {
    return OpBuilder("BatchMatMulV3").Input(a).Input(b).Attr("Tout", float64).Build();
  };
  ExpectGradient(newest, {{2, 2, 3}, {2, 3, 1}});
}

}  // namespace
}  // namespace sessile
