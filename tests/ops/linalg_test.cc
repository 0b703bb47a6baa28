#include "sessile/ops/linalg.h"

#include <string>

#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class LinalgTest : public ::testing::Test {
 protected:
  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
};

// A batch of matrices that are well conditioned.
Output Regular(const Output& x) {
  const Output identity = OpBuilder("Diag").Input({3.0, -3.0, 3.0}).Attr("T", float64).Build();
  return x + identity;
}

TEST_F(LinalgTest, InfersShapes) {
  ExpectShape("MatrixInverse", "[?,3,?]", "[?,3,3]");
  ExpectShapeError("MatrixInverse", "[2,3]", "Dimensions must be equal, but are 2 and 3");
  ExpectShape("MatrixDeterminant", "[5,3,3]", "[5]");
  ExpectShape("MatrixSolve", "[5,3,3];[5,?,2]", "[5,3,2]");
  ExpectShape("Svd", "[5,4,3]", "[5,3];[5,4,3];[5,3,3]");
  ExpectShape("Svd", "[4,3]", "[3];[4,4];[3,3]", {.attrs = {{"full_matrices", true}}});
  ExpectShape("Qr", "[4,3]", "[4,3];[3,3]");
}

TEST_F(LinalgTest, InvertsAndSolves) {
  const Output a = constant({{4.0, 7.0}, {2.0, 6.0}});
  EXPECT_THAT(Eval(linalg::inv(a)), IsTensor({{0.6, -0.7}, {-0.2, 0.4}}));
  EXPECT_THAT(Eval(linalg::inv(a, {.adjoint = true})), IsTensor({{0.6, -0.2}, {-0.7, 0.4}}));
  EXPECT_THAT(Eval(linalg::solve(a, {{18.0}, {14.0}})), IsTensor({{1.0}, {2.0}}));
  EXPECT_NE(ErrorOf([] {
              Eval(linalg::inv({{1.0, 2.0}, {2.0, 4.0}}));
            }).find("not invertible"),
            std::string::npos);
}

TEST_F(LinalgTest, Determinants) {
  const Output a = constant({{{4.0, 7.0}, {2.0, 6.0}}, {{0.0, 2.0}, {3.0, 0.0}}});
  EXPECT_THAT(Eval(linalg::det(a)), IsTensor({10.0, -6.0}));
  const auto [sign, log] = linalg::slogdet(a);
  EXPECT_THAT(Eval(sign), IsTensor({1.0, -1.0}));
  EXPECT_THAT(Eval(log), IsTensor({2.302585092994046, 1.791759469228055}));
}

TEST_F(LinalgTest, FactorsMultiplyToTheMatrix) {
  const Output a = constant({{1.0, 2.0}, {3.0, 4.0}, {5.0, 7.0}});
  for (const bool full : {false, true}) {
    const auto [q, r] = linalg::qr(a, {.full_matrices = full});
    EXPECT_THAT(Eval(matmul(q, r)), IsTensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 7.0}}, 1e-5));
  }
  const auto [s, u, v] = linalg::svd(a);
  const Output scaled = u * s;
  EXPECT_THAT(Eval(matmul(scaled, v, {.transpose_b = true})),
              IsTensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 7.0}}, 1e-5));
  EXPECT_THAT(Eval(matmul(u, u, {.transpose_a = true})), IsTensor({{1.0, 0.0}, {0.0, 1.0}}, 1e-5));
  const Output values = linalg::svd(a, {.compute_uv = false}).s;
  EXPECT_THAT(Eval(reduce_prod(square(values))), IsTensor(14.0, 1e-4));
  EXPECT_THAT(Eval(linalg::cholesky({{4.0, 2.0}, {2.0, 10.0}})),
              IsTensor({{2.0, 0.0}, {1.0, 3.0}}));
  EXPECT_NE(ErrorOf([] {
              Eval(linalg::cholesky({{1.0, 2.0}, {2.0, 1.0}}));
            }).find("Cholesky decomposition was not successful"),
            std::string::npos);
}

// The largest absolute value of an element.
Output Size(const Output& x) { return reduce_max(abs(x)); }

TEST_F(LinalgTest, FactorsOfComplexMatricesMultiplyToTheMatrix) {
  const Output tall = complex(constant({{1.0, 2.0}, {3.0, 4.0}, {5.0, 7.0}}, {.dtype = float64}),
                              constant({{2.0, 0.5}, {-1.0, 1.0}, {3.0, -2.0}}, {.dtype = float64}));
  const Output wide = transpose(tall);
  for (const Output& a : {tall, wide}) {
    for (const bool full : {false, true}) {
      const auto [q, r] = linalg::qr(a, {.full_matrices = full});
      EXPECT_THAT(Eval(Size(matmul(q, r) - a)), IsTensor(0.0, 1e-12));
      const Output qhq = matmul(q, q, {.adjoint_a = true});
      EXPECT_THAT(Eval(Size(matrix_band_part(qhq, 0, 0) - qhq)), IsTensor(0.0, 1e-12));
    }
    const auto [s, u, v] = linalg::svd(a);
    const Output scaled = u * cast(s, complex128);
    EXPECT_THAT(Eval(Size(matmul(scaled, v, {.adjoint_b = true}) - a)), IsTensor(0.0, 1e-12));
  }
  const Output hermitian = matmul(tall, tall, {.adjoint_a = true});
  const Output l = linalg::cholesky(hermitian);
  EXPECT_THAT(Eval(Size(matmul(l, l, {.adjoint_b = true}) - hermitian)), IsTensor(0.0, 1e-12));
  const auto [sign, log] = linalg::slogdet(hermitian);
  EXPECT_THAT(Eval(Size(sign * exp(cast(log, complex128)) - linalg::det(hermitian))),
              IsTensor(0.0, 1e-9));
}

TEST_F(LinalgTest, SingularVectorsAreWholeForAnyShapeAndRank) {
  // Rank 1, more columns than rows.
  const Output a = constant({{1.0, 2.0, 2.0}, {2.0, 4.0, 4.0}}, {.dtype = float64});
  const auto [s, u, v] = linalg::svd(a, {.full_matrices = true});
  EXPECT_THAT(Eval(s), IsTensor({6.708203932499369, 0.0}, 1e-12));
  EXPECT_THAT(Eval(matmul(u, u, {.transpose_a = true})), IsTensor({{1.0, 0.0}, {0.0, 1.0}}, 1e-12));
  EXPECT_THAT(Eval(matmul(v, v, {.transpose_a = true})),
              IsTensor({{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}, {0.0, 0.0, 1.0}}, 1e-12));
}

TEST_F(LinalgTest, GradientsMatchDifferences) {
  ExpectGradient([](Output x) { return linalg::inv(Regular(x)); }, {{2, 3, 3}});
  ExpectGradient([](Output x) { return linalg::inv(Regular(x), {.adjoint = true}); }, {{3, 3}});
  ExpectGradient([](Output x) { return linalg::det(Regular(x)); }, {{2, 3, 3}});
  for (const bool adjoint : {false, true}) {
    ExpectGradient(
        [=](Output x, Output b) { return linalg::solve(Regular(x), b, {.adjoint = adjoint}); },
        {{2, 3, 3}, {2, 3, 2}});
  }
}

}  // namespace
}  // namespace sessile
