// tf.layers.batch_normalization: node by node as TensorFlow builds it, and what it refuses.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/layers.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using layers::BatchNormalizationOptions;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

struct Case {
  std::string name;
  bool images = true;
  bool fed = false;  // `training` is a placeholder
  BatchNormalizationOptions options = {};
  DataType dtype = float32;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class BatchNormalizationTest : public ::testing::TestWithParam<Case> {};

TEST_P(BatchNormalizationTest, IsTensorFlows) {
  const Graph graph;
  const auto with = graph.as_default();
  const Case& c = GetParam();
  BatchNormalizationOptions options = c.options;
  const Output x = placeholder(c.dtype, c.images ? Shape({None, 8, 8, 2}) : Shape({None, 3}));
  if (c.fed) options.training = placeholder(bool_);
  const Output y = layers::batch_normalization(x, options);
  EXPECT_EQ(y.get_shape(), x.get_shape());
  ExpectListing("layers.txt", c.name, graph);
}

INSTANTIATE_TEST_SUITE_P(
    OfImages, BatchNormalizationTest,
    ::testing::Values(
        Case{.name = "batch_norm"},
        Case{.name = "batch_norm_training", .options = {.training = true}},
        Case{.name = "batch_norm_fed", .fed = true},
        Case{.name = "batch_norm_channels_first", .fed = true, .options = {.axis = 1}},
        Case{.name = "batch_norm_no_scale_no_center",
             .options = {.center = false, .scale = false, .training = true}},
        Case{.name = "batch_norm_not_fused", .fed = true, .options = {.fused = false}},
        Case{.name = "batch_norm_two_axes", .fed = true, .options = {.axis = {1, 3}}},
        Case{.name = "batch_norm_middle_axis", .fed = true, .options = {.axis = 2}}),
    [](const auto& param) { return param.param.name; });

INSTANTIATE_TEST_SUITE_P(
    OfRows, BatchNormalizationTest,
    ::testing::Values(
        Case{.name = "batch_norm_rows", .images = false},
        Case{.name = "batch_norm_rows_training",
             .images = false,
             .options = {.momentum = 0.9, .epsilon = 0.01, .training = true}},
        Case{.name = "batch_norm_rows_fed", .images = false, .fed = true},
        Case{.name = "batch_norm_rows_half", .images = false, .fed = true, .dtype = float16},
        Case{.name = "batch_norm_rows_float64", .images = false, .fed = true, .dtype = float64},
        Case{.name = "batch_norm_rows_no_scale_no_center",
             .images = false,
             .options = {.center = false, .scale = false}}),
    [](const auto& param) { return param.param.name; });

class BatchNormalizationErrorTest : public ::testing::Test {
 protected:
  static void ExpectError(const Shape& shape, const BatchNormalizationOptions& options,
                          const std::string& message, DataType dtype = float32) {
    EXPECT_THAT([&] { layers::batch_normalization(placeholder(dtype, shape), options); },
                ThrowsMessage<errors::InvalidArgumentError>(HasSubstr(message)));
  }
  Graph graph_;
  DefaultGraphScope with_{graph_};
};

TEST_F(BatchNormalizationErrorTest, RefusesAxesThatAreNotThere) {
  ExpectError({None, 3}, {.axis = 2},
              "Invalid value for `axis` argument. Expected 0 <= axis < inputs.rank (with "
              "inputs.rank=2). Received: axis=(2,)");
  ExpectError({None, 3}, {.axis = -3}, "Invalid value for `axis` argument.");
  ExpectError({None, 3}, {.axis = {1, 1}}, "Duplicate axis: (1, 1)");
}

TEST_F(BatchNormalizationErrorTest, RefusesUnknownChannelsAndRanks) {
  ExpectError({None, None}, {},
              "Input has undefined `axis` dimension. Received input with shape (?, ?) and "
              "axis=(1,)");
  ExpectError(Shape::Unknown(), {}, "Input has undefined rank. Received: input_shape=<unknown>");
  ExpectError(Shape(), {}, "Input has undefined rank. Received: input_shape=()");
}

TEST_F(BatchNormalizationErrorTest, RefusesAConditionThatIsNoBool) {
  EXPECT_THROW(layers::batch_normalization(placeholder(float32, {None, 3}),
                                           {.training = placeholder(float32, {})}),
               errors::InvalidArgumentError);
}

TEST_F(BatchNormalizationErrorTest, UpdatesAreCollectedInOrder) {
  layers::batch_normalization(placeholder(float32, {None, 3}), {.training = placeholder(bool_)});
  layers::batch_normalization(placeholder(float32, {None, 3, 3, 3}), {.training = true});
  std::vector<std::string> names;
  for (const auto& item : graph_.impl()->collections().Get(GraphKeys::UPDATE_OPS)) {
    names.push_back(graph_.impl()->node(std::get<OperationItem>(item).node).name());
  }
  EXPECT_THAT(names, ::testing::ElementsAre("batch_normalization/cond_2/Merge",
                                            "batch_normalization/cond_3/Merge",
                                            "batch_normalization_1/AssignMovingAvg",
                                            "batch_normalization_1/AssignMovingAvg_1"));
}

TEST_F(BatchNormalizationErrorTest, LayersThatDoNotTrainHaveNoUpdates) {
  layers::batch_normalization(placeholder(float32, {None, 3}), {.training = false});
  EXPECT_TRUE(graph_.impl()->collections().Get(GraphKeys::UPDATE_OPS).empty());
}

}  // namespace
}  // namespace sessile
