#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/op_builder.h"
#include "sessile/sessile.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

class SparseTest : public FrontTest {};

Output SparseDenseAdd(Input indices, Input values, Input shape, Input dense) {
  return OpBuilder("SparseTensorDenseAdd")
      .Input(std::move(indices))
      .Input(std::move(values))
      .Input(std::move(shape))
      .Input(std::move(dense))
      .Build();
}

TEST_F(SparseTest, InfersShapes) {
  ExpectShape("SparseTensorDenseAdd", "[?,2];[3];[2];[4,?]", "[4,?]");
  ExpectShapeError("SparseTensorDenseAdd", "[4,2];[3];[2];[4,5]", "must be equal, but are 4 and 3");
}

TEST_F(SparseTest, AddsValuesWhereTheyBelong) {
  const Output sum = SparseDenseAdd({{0, 1}, {1, 0}, {0, 1}}, {1, 2, 10}, {2, 2}, {{5, 6}, {7, 8}});
  EXPECT_THAT(Eval(sum), IsTensor({{5, 17}, {9, 8}}));
}

TEST_F(SparseTest, GradientsMatchDifferences) {
  ExpectGradient(
      [](Output values, Output dense) {
        return SparseDenseAdd({{0, 1}, {1, 0}, {0, 1}}, values, {2, 2}, dense);
      },
      {{3}, {2, 2}});
}

TEST_F(SparseTest, RefusesIndicesOutside) {
  const auto error = [](Input indices, Input shape) {
    return ErrorOf([&] { Eval(SparseDenseAdd(indices, {1.0}, shape, {{5.0, 6.0}})); });
  };
  EXPECT_NE(error({{0, 2}}, {1, 2}).find("a_indices[0,1] = 2 is not in [0, 2)"), std::string::npos);
  EXPECT_NE(error({{-1, 0}}, {1, 2}).find("a_indices[0,0] = -1 is not in [0, 1)"),
            std::string::npos);
  EXPECT_NE(error({{0, 0}}, {1, 3}).find("sparse side 3 vs dense side 2"), std::string::npos);
}

TEST(SparseToDenseTest, PutsValuesToTheirPlaces) {
  EXPECT_THAT(Eval(sparse_to_dense({{0, 1}, {1, 2}}, {2, 3}, {5, 6}, {.default_value = -1})),
              IsTensor({{-1, 5, -1}, {-1, -1, 6}}));
  EXPECT_THAT(Eval(sparse_to_dense({1, 3}, {5}, 7)), IsTensor({0, 7, 0, 7, 0}));
  EXPECT_THAT(Eval(sparse_to_dense(2, {4}, 7)), IsTensor({0, 0, 7, 0}));
  EXPECT_THAT(Eval(sparse_to_dense({{1}, {0}}, {2}, {5, 6}, {.validate_indices = false})),
              IsTensor({6, 5}));
  EXPECT_THAT(Eval(sparse_to_dense(zeros({0, 1}, int32), {2}, zeros({0}, int32))),
              IsTensor({0, 0}));
}

TEST(SparseToDenseTest, RefusesPlacesOutsideOrInDisorder) {
  const auto error = [](const Input& indices) {
    return ErrorOf([&] { Eval(sparse_to_dense(indices, {2, 3}, 5)); });
  };
  EXPECT_THAT(error({{0, 5}}), HasSubstr("indices[0] = [0,5] is out of bounds"));
  EXPECT_THAT(error({{1, 2}, {0, 1}}), HasSubstr("indices[1] = [0,1] is out of order"));
  EXPECT_THAT(error({{0, 1}, {0, 1}}), HasSubstr("indices[1] = [0,1] is repeated"));
  EXPECT_THAT(error({{0, 1, 1}}), HasSubstr("incorrect number of elements: 2 should be: 3"));
}

TEST(SparseToDenseTest, GradientsMatchDifferences) {
  ExpectGradient(
      [](Output values, Output otherwise) {
        return sparse_to_dense({{0, 1}, {1, 2}}, {2, 3}, values, {.default_value = otherwise});
      },
      {{2}, Shape()});
}

Output SparseMatMul(const Input& values, const Input& b, bool adjoint_a, bool adjoint_b) {
  return OpBuilder("SparseTensorDenseMatMul")
      .Input(constant({{0, 1}, {1, 2}, {0, 1}}, {.dtype = int64}))
      .Input(values)
      .Input(constant({2, 3}, {.dtype = int64}))
      .Input(b)
      .Attr("adjoint_a", adjoint_a)
      .Attr("adjoint_b", adjoint_b)
      .Build();
}

TEST(SparseMatMulTest, MultipliesWhatIsThere) {
  const Input values = {1.0, 3.0, 1.0};
  EXPECT_THAT(Eval(SparseMatMul(values, {{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}, false, false)),
              IsTensor({{6.0, 8.0}, {15.0, 18.0}}));
  EXPECT_THAT(Eval(SparseMatMul(values, {{1.0, 3.0, 5.0}, {2.0, 4.0, 6.0}}, false, true)),
              IsTensor({{6.0, 8.0}, {15.0, 18.0}}));
  EXPECT_THAT(Eval(SparseMatMul(values, {{1.0, 2.0}, {3.0, 4.0}}, true, false)),
              IsTensor({{0.0, 0.0}, {2.0, 4.0}, {9.0, 12.0}}));
  EXPECT_THAT(ErrorOf([&] {
                SparseMatMul(values, {{1.0, 2.0}}, false, false);
              }),
              HasSubstr("Dimensions must be equal, but are 3 and 1"));
}

TEST(SparseMatMulTest, AdjointsAreConjugates) {
  const Output i = complex(0.0f, 1.0f);
  const Output values = i * complex({1.0, 3.0, 1.0}, {0.0, 0.0, 0.0});
  const Output b = complex({{1.0, 2.0}, {3.0, 4.0}}, {{0.0, 0.0}, {0.0, 0.0}});
  const Output product = SparseMatMul(values, b, true, false);
  EXPECT_THAT(Eval(real(product * i)), IsTensor({{0.0, 0.0}, {2.0, 4.0}, {9.0, 12.0}}));
  const Output turned = SparseMatMul(values, transpose(i * b), true, true);
  EXPECT_THAT(Eval(real(-turned)), IsTensor({{0.0, 0.0}, {2.0, 4.0}, {9.0, 12.0}}));
}

TEST(SparseMatMulTest, GradientsMatchDifferences) {
  for (const bool adjoint_a : {false, true}) {
    for (const bool adjoint_b : {false, true}) {
      const int64_t inner = adjoint_a ? 2 : 3;
      ExpectGradient(
          [=](Output values, Output b) { return SparseMatMul(values, b, adjoint_a, adjoint_b); },
          {{3}, adjoint_b ? Shape({4, inner}) : Shape({inner, 4})});
    }
  }
}

Output Longs(const Input& values) { return constant(values, {.dtype = int64}); }

TEST(SparseReorderTest, SortsPlaces) {
  const auto reordered = OpBuilder("SparseReorder")
                             .Input(Longs({{1, 0}, {0, 1}, {0, 0}}))
                             .Input({5, 6, 7})
                             .Input(Longs({2, 3}))
                             .BuildAll();
  EXPECT_THAT(Eval(reordered[0]), IsTensor({{0, 0}, {0, 1}, {1, 0}}));
  EXPECT_THAT(Eval(reordered[1]), IsTensor({7, 6, 5}));
}

TEST(SparseReorderTest, GradientMatchesDifferences) {
  ExpectGradient(
      [](Output values) {
        return OpBuilder("SparseReorder")
            .Input(Longs({{1, 0}, {0, 1}, {0, 0}}))
            .Input(values)
            .Input(Longs({2, 3}))
            .BuildAll()[1];
      },
      {{3}});
}

TEST(SparseReshapeTest, GivesPlacesOfAnotherShape) {
  const auto reshaped = [](const Input& sizes) {
    return OpBuilder("SparseReshape")
        .Input(Longs({{1, 0}, {0, 1}}))
        .Input(Longs({2, 3}))
        .Input(Longs(sizes))
        .BuildAll();
  };
  EXPECT_THAT(Eval(reshaped({3, -1})[0]), IsTensor({{1, 1}, {0, 1}}));
  EXPECT_THAT(Eval(reshaped({3, -1})[1]), IsTensor({3, 2}));
  const auto error = [&](const Input& sizes) { return ErrorOf([&] { Eval(reshaped(sizes)[0]); }); };
  EXPECT_THAT(error({4, -1}), HasSubstr("requires a multiple of 4"));
  EXPECT_THAT(error({4, 2}), HasSubstr("6 dense values, but the requested shape has 8"));
  EXPECT_THAT(error({-1, -1}), HasSubstr("only one output dimension may be -1, not both 0 and 1"));
}

}  // namespace
}  // namespace sessile
