#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

Output Normalize(const std::vector<Output>& in, bool scale) {
  OpBuilder op("BatchNormWithGlobalNormalization");
  for (const Output& each : in) op.Input(each);
  return op.Attr("variance_epsilon", 0.5).Attr("scale_after_normalization", scale).Build();
}

TEST(BatchNormWithGlobalNormalizationTest, TakesTheMeanAwayAndScales) {
  const Graph graph;
  const auto with = graph.as_default();
  const std::vector<Output> in = {constant({{{{3.0, 4.0}}}}), constant({1.0, 2.0}),
                                  constant({0.5, 3.5}), constant({10.0, 20.0}),
                                  constant({2.0, 3.0})};
  EXPECT_THAT(Eval(Normalize(in, true)), IsTensor({{{{14.0, 23.0}}}}));
  EXPECT_THAT(Eval(Normalize(in, false)), IsTensor({{{{12.0, 21.0}}}}));
}

TEST(BatchNormWithGlobalNormalizationTest, GradientsOfAllInputs) {
  const std::vector<Shape> shapes = {{2, 3, 2, 2}, {2}, {2}, {2}, {2}};
  const GradientOptions options = {.low = 0.5, .high = 2.0};
  for (const bool scale : {false, true}) {
    const auto normalize = [scale](const std::vector<Output>& in) { return Normalize(in, scale); };
    ExpectGradient(normalize, shapes, options);
  }
}

TEST(BatchNormWithGlobalNormalizationTest, ShapesMustFit) {
  ExpectShape("BatchNormWithGlobalNormalization", "[2,?,3,4];[4];[?];[4];[4]", "[2,?,3,4]",
              {.attrs = {{"variance_epsilon", 0.1f}, {"scale_after_normalization", true}}});
}

}  // namespace
}  // namespace sessile
