#include <string>

#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/op_builder.h"
#include "sessile/sessile.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

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

}  // namespace
}  // namespace sessile
