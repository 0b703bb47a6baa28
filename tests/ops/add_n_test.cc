#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(AddNTest, MergesAllShapes) {
  ExpectShape("AddN", "[2,?];[?,3];?", "[2,3]");
  ExpectShapeError("AddN", "[2,3];[2,4]",
                   "Dimension 1 in both shapes must be equal, but are 3 and 4");
  ExpectShapeError("AddN", "[2,3];[2,4]", "From merging shape 0 with other shapes.");
}

TEST(AddNTest, Sums) { EXPECT_THAT(Eval(add_n({{1, 2}, {3, 4}, {5, 6}})), IsTensor({9, 12})); }

TEST(AddNTest, OfOneTensorIsThatTensor) {
  const Output x = placeholder(float32, {2});
  EXPECT_TRUE(add_n({x}) == x);
  EXPECT_EQ(add_n({x}, "named").op().type(), "Identity");
  EXPECT_THAT(ErrorOf([] { add_n({}); }), ::testing::HasSubstr("at least one Tensor"));
}

TEST(AddNTest, GradientsMatchDifferences) {
  ExpectGradient([](Output x, Output y) { return add_n({x, y, x}); }, {{2}, {2}});
}

TEST(AccumulateNTest, AddsTensorsUp) {
  EXPECT_THAT(Eval(accumulate_n({{1, 2}, {3, 4}})), IsTensor({4, 6}));
  const auto sum = [](const Input& x) {
    return OpBuilder("AccumulateNV2").InputList({x, {1.0, 2.0}}).Attr("shape", Shape({2})).Build();
  };
  EXPECT_THAT(Eval(sum({3.0, 4.0})), IsTensor({4.0, 6.0}));
  EXPECT_THAT(ErrorOf([] {
                accumulate_n({{1, 2}}, {.tensor_dtype = float32});
              }),
              ::testing::HasSubstr("The `tensor_dtype` argument is float32"));
  ExpectShapeError("AccumulateNV2", "[2];[3]", "Dimension 0 in both shapes must be equal",
                   {.attrs = {{"N", 2}, {"shape", Shape({None})}}});
}

TEST(AccumulateNTest, GradientsMatchDifferences) {
  ExpectGradient(
      [](Output x, Output y) {
        return OpBuilder("AccumulateNV2")
            .InputList(std::vector<Output>{x, y})
            .Attr("shape", Shape({3}))
            .Build();
      },
      {{3}, {3}});
}

}  // namespace
}  // namespace sessile
