// nn::embedding_lookup in tables of several parts: TensorFlow's nodes, and what they compute
// (tests/golden/embeddings.py).

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/sessile.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/golden_values.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using ::testing::DoubleNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

// Parts of so many rows of two: 0, 1, 2, ... in the first one, 10, 11, ... in the second.
std::vector<Variable> Parts(const std::vector<int>& rows, bool use_resource = false) {
  std::vector<Variable> parts;
  for (size_t i = 0; i < rows.size(); ++i) {
    const Output values = reshape(range(2.0 * rows[i]), {rows[i], 2}) + 10.0 * static_cast<int>(i);
    parts.push_back(get_variable("part_" + std::to_string(i),
                                 {.initializer = values, .use_resource = use_resource}));
  }
  return parts;
}

Output OpenIds() { return placeholder(int32, {None, 2}, "ids"); }

std::vector<Output> EvenAndOdd() {
  const Output even = constant({{1.0}, {3.0}}, {.name = "even"});
  return {even, constant({{2.0}}, {.name = "odd"})};
}

class EmbeddingLookupTest : public FrontTest {
 protected:
  void ExpectCase(const std::string& name) const { ExpectListing("embeddings.txt", name, graph_); }
};

TEST_F(EmbeddingLookupTest, ByModBuildsWhatTensorFlowDoes) {
  const std::vector<Variable> parts = Parts({3, 2});
  nn::embedding_lookup(parts, OpenIds());
  nn::embedding_lookup(EvenAndOdd(), {0, 4}, {.name = "named"});
  ExpectCase("by_mod");
}

TEST_F(EmbeddingLookupTest, ByDivBuildsWhatTensorFlowDoes) {
  const std::vector<Variable> parts = Parts({3, 2, 2});
  nn::embedding_lookup(parts, OpenIds(), {.partition_strategy = "div"});
  const std::vector<Output> more = EvenAndOdd();
  const Output second = constant({2}, {.dtype = int64, .name = "second"});
  nn::embedding_lookup(more, second,
                       {.partition_strategy = "div", .name = "named", .validate_indices = false});
  ExpectCase("by_div");
}

TEST_F(EmbeddingLookupTest, OfPartsOfUnknownShapesBuildsWhatTensorFlowDoes) {
  const Output a = placeholder(float32, {None, 3}, "a");
  const Output b = placeholder(float32, {4, None}, "b");
  nn::embedding_lookup({a, b}, OpenIds(), {.partition_strategy = "div"});
  const Output c = placeholder(float32, {None, None}, "c");
  nn::embedding_lookup({c, c}, placeholder(int64, Shape::Unknown(), "any"), {.name = "open"});
  ExpectCase("of_open_parts");
}

TEST_F(EmbeddingLookupTest, OfNumbersBuildsWhatTensorFlowDoes) {
  const Output a = constant({1.0, 2.0});
  const Output b = constant({3.0});
  nn::embedding_lookup({a, b}, {1});
  ExpectCase("of_numbers");
}

TEST_F(EmbeddingLookupTest, AListOfOneIsATable) {
  nn::embedding_lookup({constant({{1.0, 2.0}})}, {0});
  ExpectCase("of_one_part");
}

TEST_F(EmbeddingLookupTest, LooksUpBesideTheParts) {
  Variable a;
  {
    const device with("/cpu:0");
    a = get_variable("a", {2, 3}, {.initializer = zeros_initializer()});
  }
  const device with("/cpu:1");
  const Variable b = get_variable("b", {2, 3}, {.initializer = zeros_initializer()});
  nn::embedding_lookup({a, b}, {0, 1});
  ExpectCase("on_devices");
  EXPECT_EQ(graph_.get_operation_by_name("embedding_lookup/GatherV2").device(), "/device:CPU:0");
}

TEST_F(EmbeddingLookupTest, OfResourcesBuildsWhatTensorFlowDoes) {
  const std::vector<Variable> parts = Parts({3, 2}, true);
  nn::embedding_lookup(parts, OpenIds(), {.partition_strategy = "div"});
  ExpectCase("of_resources");
}

TEST_F(EmbeddingLookupTest, LimitsNormsAsTensorFlowDoes) {
  const std::vector<Variable> parts = Parts({3, 2});
  nn::embedding_lookup(parts, OpenIds(), {.max_norm = 1.0});
  nn::embedding_lookup(constant({{1.0, 2.0}}), {0}, {.name = "of_one", .max_norm = 1.5});
  nn::embedding_lookup(constant({{1.0, 2.0}}), 0, {.name = "of_a_scalar", .max_norm = 1.5});
  ExpectCase("limited");
}

TEST_F(EmbeddingLookupTest, GradientsAreRowsOfEachPart) {
  const std::vector<Variable> parts = Parts({3, 2});
  const Output rows = nn::embedding_lookup(parts, OpenIds());
  const Output loss = reduce_sum(square(rows));
  train::GradientDescentOptimizer(0.5).minimize(loss);
  ExpectCase("gradient");
}

TEST_F(EmbeddingLookupTest, GradientsOfResourcesAreRowsOfEachPart) {
  const std::vector<Variable> parts = Parts({3, 2}, true);
  const Output rows = nn::embedding_lookup(parts, OpenIds(), {.partition_strategy = "div"});
  for (const Gradient& grad : gradients(rows, parts)) EXPECT_TRUE(grad.is_slices());
  ExpectCase("gradient_by_div");
}

class PartitionStrategyTest : public ::testing::TestWithParam<const char*> {};

TEST_P(PartitionStrategyTest, LooksUpAndTrainsWhatTensorFlowDoes) {
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  const std::vector<Variable> parts = Parts({3, 2});
  const Output rows =
      nn::embedding_lookup(parts, {{0, 4}, {3, 1}, {2, 2}}, {.partition_strategy = GetParam()});
  const Operation step = train::GradientDescentOptimizer(0.25).minimize(reduce_sum(square(rows)));
  Session sess;
  sess.run(global_variables_initializer());
  std::vector<double> values;
  const auto append = [&](const Output& of) {
    for (const float x : sess.run<std::vector<float>>(of)) values.push_back(x);
  };
  append(rows);
  sess.run(step);
  for (const Variable& part : parts) append(part.value());
  EXPECT_THAT(values, Pointwise(DoubleNear(1e-6),
                                ReadGoldenValues("embeddings_values.txt").at(GetParam())));
}

INSTANTIATE_TEST_SUITE_P(All, PartitionStrategyTest, ::testing::Values("mod", "div"),
                         [](const auto& test) { return std::string(test.param); });

TEST_F(EmbeddingLookupTest, RefusesOtherStrategies) {
  EXPECT_THAT(
      ErrorOf([] { nn::embedding_lookup(EvenAndOdd(), {0}, {.partition_strategy = "hash"}); }),
      HasSubstr("Unrecognized partition strategy: hash"));
}

}  // namespace
}  // namespace sessile
