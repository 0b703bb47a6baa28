#include <string>

#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(Conv3DTest, InfersShapes) {
  const NodeFacts same = {.attrs = {{"strides", std::vector<int64_t>{1, 2, 1, 1, 1}},
                                    {"padding", std::string("SAME")}}};
  ExpectShape("Conv3D", "[?,5,4,4,2];[3,3,3,2,7]", "[?,3,4,4,7]", same);
  ExpectShapeError("Conv3D", "[1,5,4,4,2];[3,3,3,3,7]", "Dimensions must be equal, but are 2 and 3",
                   same);
}

TEST(Conv3DTest, SumsTheWindow) {
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  const Output volume = cast(reshape(range(0, 8), {1, 2, 2, 2, 1}), float32);
  const Output sums = nn::conv3d(volume, ones({2, 2, 2, 1, 1}), {1, 1, 1, 1, 1}, "SAME");
  EXPECT_THAT(Eval(reshape(sums, {8})), IsTensor({28, 16, 18, 10, 22, 12, 13, 7}));
  const Output first = nn::conv3d(reshape(volume, {1, 1, 2, 2, 2}), ones({2, 2, 1, 1, 2}),
                                  {1, 1, 1, 1, 1}, "VALID", {.data_format = "NCDHW"});
  EXPECT_THAT(Eval(reshape(first, {4})), IsTensor({12, 16, 12, 16}));
}

TEST(Conv3DTest, GradientsMatchDifferences) {
  const auto conv = [](const char* padding, IntList strides) {
    return [=](Output x, Output w) { return nn::conv3d(x, w, strides, padding); };
  };
  ExpectGradient(conv("SAME", {1, 1, 2, 1, 1}), {{2, 3, 3, 2, 2}, {2, 2, 1, 2, 3}});
  ExpectGradient(conv("VALID", {1, 2, 1, 1, 1}), {{1, 4, 3, 3, 1}, {2, 2, 3, 1, 2}});
  ExpectSecondGradient(conv("SAME", {1, 1, 1, 1, 1}), {{1, 2, 2, 2, 1}, {2, 1, 2, 1, 2}});
}

TEST(Conv3DTest, RefusesSizesThatDoNotFit) {
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  const Output grad = OpBuilder("Conv3DBackpropInputV2")
                          .Input({1, 2, 2, 2, 1})
                          .Input(ones({1, 1, 1, 1, 1}))
                          .Input(ones({1, 3, 2, 2, 1}))
                          .Attr("strides", std::vector<int64_t>{1, 1, 1, 1, 1})
                          .Attr("padding", std::string("SAME"))
                          .Build();
  EXPECT_NE(ErrorOf([&] { Eval(grad); }).find("out_backprop has shape"), std::string::npos);
}

}  // namespace
}  // namespace sessile
