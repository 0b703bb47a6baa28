#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/random.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Output FloatsOf(const Shape& shape) { return placeholder(float32, shape); }

std::vector<std::string> ShapesOf(const std::vector<Output>& outputs) {
  std::vector<std::string> shapes;
  for (const Output& output : outputs) shapes.push_back(output.get_shape().ToString());
  return shapes;
}

class FusedBatchNormTest : public ::testing::Test {
 protected:
  struct Case {
    Shape x = {None, 4, 4, 8};
    Shape scale = {8};
    Shape mean = {8};
    const char* data_format = "NHWC";
    bool is_training = true;
    float factor = 1.0f;
  };
  static std::vector<std::string> Shapes(const Case& c) {
    return ShapesOf(OpBuilder("FusedBatchNormV3")
                        .Input(FloatsOf(c.x))
                        .Input(FloatsOf(c.scale))
                        .Input(FloatsOf(c.scale))
                        .Input(FloatsOf(c.mean))
                        .Input(FloatsOf(c.mean))
                        .Attr("data_format", c.data_format)
                        .Attr("is_training", c.is_training)
                        .Attr("exponential_avg_factor", c.factor)
                        .BuildAll());
  }
  static std::vector<std::string> GradShapes(const Shape& y_backprop, const Shape& x,
                                             const Shape& mean, const char* data_format = "NHWC") {
    return ShapesOf(OpBuilder("FusedBatchNormGradV3")
                        .Input(FloatsOf(y_backprop))
                        .Input(FloatsOf(x))
                        .Input(FloatsOf({8}))
                        .Input(FloatsOf(mean))
                        .Input(FloatsOf({8}))
                        .Input(FloatsOf(Shape::Unknown()))
                        .Attr("data_format", data_format)
                        .BuildAll());
  }
  template <typename F>
  static void ExpectError(F build, const std::string& message) {
    EXPECT_THAT(build, ThrowsMessage<errors::InvalidArgumentError>(HasSubstr(message)));
  }

  Graph graph_;
  DefaultGraphScope with_{graph_};
};

TEST_F(FusedBatchNormTest, InfersShapes) {
  EXPECT_THAT(Shapes({}), ElementsAre("[?,4,4,8]", "[8]", "[8]", "[8]", "[8]", "<unknown>"));
  EXPECT_THAT(Shapes({.x = Shape::Unknown()}),
              ElementsAre("[?,?,?,8]", "[8]", "[8]", "[8]", "[8]", "<unknown>"));
  EXPECT_THAT(Shapes({.x = {2, 8, 4, 4}, .data_format = "NCHW"}),
              ElementsAre("[2,8,4,4]", "[8]", "[8]", "[8]", "[8]", "<unknown>"));
  EXPECT_THAT(Shapes({.x = {2, 8, 4, 4, 5}, .data_format = "NCDHW"}),
              ElementsAre("[2,8,4,4,5]", "[8]", "[8]", "[8]", "[8]", "<unknown>"));
}

TEST_F(FusedBatchNormTest, ReadsMeanAndVarianceOnlyWhereTheyCount) {
  EXPECT_THAT(Shapes({.mean = {0}})[0], "[?,4,4,8]");
  ExpectError([] { Shapes({.mean = {0}, .is_training = false}); },
              "Dimensions must be equal, but are 8 and 0");
  ExpectError([] { Shapes({.mean = {0}, .factor = 0.5f}); },
              "Dimensions must be equal, but are 8 and 0");
}

TEST_F(FusedBatchNormTest, RefusesShapesThatDoNotFit) {
  ExpectError([] { Shapes({.x = {2, 8}}); }, "Shape must be rank 4 but is rank 2");
  ExpectError([] { Shapes({.scale = {7}}); }, "Dimensions must be equal, but are 8 and 7");
  ExpectError([] { Shapes({.scale = {8, 1}}); }, "Shape must be rank 1 but is rank 2");
}

TEST_F(FusedBatchNormTest, GradInfersShapes) {
  EXPECT_THAT(GradShapes({None, 4, 4, 8}, {2, 4, 4, 8}, {8}),
              ElementsAre("[?,4,4,8]", "[8]", "[8]", "[0]", "[0]"));
  EXPECT_THAT(GradShapes(Shape::Unknown(), {2, 4, 4, 8}, {8}),
              ElementsAre("[?,?,?,8]", "[8]", "[8]", "[0]", "[0]"));
  EXPECT_THAT(GradShapes({2, 8, 4, 4}, {2, 8, 4, 4}, {8}, "NCHW"),
              ElementsAre("[2,8,4,4]", "[8]", "[8]", "[0]", "[0]"));
  ExpectError(
      [] {
        GradShapes({2, 4, 4, 8}, {2, 4, 4, 7}, {8});
      },
      "Dimensions must be equal, but are 8 and 7");
  ExpectError(
      [] {
        GradShapes({2, 4, 4, 8}, {2, 4, 4, 8}, {7});
      },
      "Dimensions must be equal, but are 8 and 7");
  ExpectError([] { GradShapes({2, 8}, {2, 4, 4, 8}, {8}); }, "Shape must be rank 4 but is rank 2");
}

TEST_F(FusedBatchNormTest, InferenceNeedsMeanAndVariance) {
  ExpectError(
      [] {
        nn::fused_batch_norm(FloatsOf({None, 2, 2, 1}), {1.0}, {0.0}, {.is_training = false});
      },
      "Both `mean` and `variance` must be a 1D tensor when `is_training` is False");
}

class FusedBatchNormGradientTest : public ::testing::TestWithParam<bool> {};

TEST_P(FusedBatchNormGradientTest, IsTensorFlows) {
  const Graph graph;
  const auto with = graph.as_default();
  const Output x = FloatsOf({None, 8, 8, 2});
  const Output scale = FloatsOf({2});
  const Output offset = FloatsOf({2});
  const Output mean = FloatsOf({2});
  const Output variance = FloatsOf({2});
  const nn::FusedBatchNorm made = nn::fused_batch_norm(
      x, scale, offset, {.mean = mean, .variance = variance, .is_training = GetParam()});
  gradients({made.y}, {x, scale, offset});
  ExpectListing("layers.txt", GetParam() ? "fused_training_gradient" : "fused_inference_gradient",
                graph);
}

INSTANTIATE_TEST_SUITE_P(TrainingAndInference, FusedBatchNormGradientTest,
                         ::testing::Values(true, false));

// The op knows no float64, in which differences are taken: the composed form, whose gradients are
// tested by differences, is the measure.
TEST(FusedBatchNormValueTest, EqualsTheComposedFormWithItsGradients) {
  const Graph graph;
  const auto with = graph.as_default();
  set_random_seed(1);
  const Output x = random_normal({3, 4, 5, 2});
  const Output scale = constant({0.5, 2.0});
  const Output offset = constant({-1.0, 1.0});
  const Output weights = random_normal({3, 4, 5, 2});
  const nn::FusedBatchNorm fused = nn::fused_batch_norm(x, scale, offset);
  const auto [mean, variance] = nn::moments(x, {0, 1, 2});
  const Output composed = nn::batch_normalization(x, mean, variance, offset, scale, 0.001);
  std::vector<Output> fetches = {fused.y, composed, fused.batch_mean, mean};
  const std::vector<Output> a = gradients(fused.y * weights, {x, scale, offset});
  const std::vector<Output> b = gradients(composed * weights, {x, scale, offset});
  for (size_t i = 0; i < a.size(); ++i) fetches.insert(fetches.end(), {a[i], b[i]});
  Session session(graph);
  const std::vector<Tensor> values = session.run(fetches);
  for (size_t i = 0; i < values.size(); i += 2) {
    EXPECT_THAT(values[i].flat<float>(),
                ::testing::Pointwise(::testing::FloatNear(2e-5f), values[i + 1].flat<float>()))
        << i / 2;
  }
}

TEST(FusedBatchNormValueTest, GradientsMatchDifferences) {
  // The operation takes float32, which the yardstick carries as double.
  const auto normalized = [](const std::vector<Output>& in, nn::FusedBatchNormOptions options) {
    std::vector<Output> narrow;
    for (const Output& each : in) narrow.push_back(cast(each, float32));
    if (!options.is_training) {
      options.mean = narrow[3];
      options.variance = narrow[4];
    }
    return cast(nn::fused_batch_norm(narrow[0], narrow[1], narrow[2], options).y, float64);
  };
  const auto training = [&](const std::vector<Output>& in) { return normalized(in, {}); };
  const auto inference = [&](const std::vector<Output>& in) {
    return normalized(in, {.is_training = false});
  };
  const GradientOptions options = {.low = 0.5, .high = 2.0, .tolerance = 1e-5, .yardstick = true};
  ExpectGradient(training, {{2, 2, 3, 2}, {2}, {2}}, options);
  // By x, scale and offset: TensorFlow gives mean and variance no gradient that could be compared.
  const auto fixed = [&](Output x, Output scale, Output offset) {
    const Output mean = constant({0.5, 0.25}, {.dtype = float64});
    const Output variance = constant({2.0, 3.0}, {.dtype = float64});
    return inference({x, scale, offset, mean, variance});
  };
  ExpectGradient(fixed, {{2, 2, 3, 2}, {2}, {2}}, options);
}

TEST_F(FusedBatchNormTest, GradientsOfOlderVersions) {
  for (const char* const op : {"FusedBatchNorm", "FusedBatchNormV2"}) {
    for (const bool is_training : {true, false}) {
      const auto normalized = [&](Output x, Output scale, Output offset) {
        return cast(OpBuilder(op)
                        .Input(cast(x, float32))
                        .Input(cast(scale, float32))
                        .Input(cast(offset, float32))
                        .Input(constant({0.5, 0.25}))
                        .Input(constant({2.0, 3.0}))
                        .Attr("is_training", is_training)
                        .BuildAll()[0],
                    float64);
      };
      ExpectGradient(normalized, {{2, 2, 3, 2}, {2}, {2}},
                     {.low = 0.5, .high = 2.0, .tolerance = 1e-5, .yardstick = true});
    }
  }
}

TEST(FusedBatchNormValueTest, CorrectsTheVarianceForTheNumberOfExamples) {
  const Graph graph;
  const auto with = graph.as_default();
  const Output x = constant({{{{1.0}}}, {{{3.0}}}});
  const nn::FusedBatchNorm made = nn::fused_batch_norm(x, {1.0}, {0.0}, {.epsilon = 0.0});
  EXPECT_THAT(Eval(made.batch_mean), IsTensor({2.0}));
  EXPECT_THAT(Eval(made.batch_variance), IsTensor({2.0}));
  EXPECT_THAT(Eval(made.y), IsTensor({{{{-1.0}}}, {{{1.0}}}}));
}

}  // namespace
}  // namespace sessile
