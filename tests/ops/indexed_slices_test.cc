#include "sessile/ops/indexed_slices.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/sessile.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/golden_values.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::DoubleNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;
using ::testing::TestWithParam;

// A table of five rows of two, of which pairs are looked up: tests/golden/indexed_slices.py.
struct Lookup {
  Lookup()
      : table(reshape(range(10.0), {5, 2}) / 10.0, {.name = "table"}),
        ids(placeholder(int32, {None, 2}, "ids")) {
    const Output rows = nn::embedding_lookup(table, ids);
    loss = reduce_sum(square(rows - 1.0));
  }
  Variable table;
  Output ids;
  Output loss;
};

std::unique_ptr<train::Optimizer> MakeSparseOptimizer(const std::string& name) {
  using namespace train;  // NOLINT: the table below
  if (name == "descent") return std::make_unique<GradientDescentOptimizer>(0.5);
  if (name == "momentum") return std::make_unique<MomentumOptimizer>(0.1, 0.75);
  if (name == "nesterov") {
    return std::make_unique<MomentumOptimizer>(0.1, 0.75, MomentumOptions{.use_nesterov = true});
  }
  if (name == "rms_prop") {
    return std::make_unique<RMSPropOptimizer>(0.1, RMSPropOptions{.momentum = 0.5});
  }
  if (name == "rms_prop_centered") {
    return std::make_unique<RMSPropOptimizer>(0.1,
                                              RMSPropOptions{.momentum = 0.5, .centered = true});
  }
  if (name == "adagrad") return std::make_unique<AdagradOptimizer>(0.5);
  if (name == "adadelta") {
    return std::make_unique<AdadeltaOptimizer>(1.0, AdadeltaOptions{.epsilon = 0.01});
  }
  if (name == "ftrl") {
    return std::make_unique<FtrlOptimizer>(0.5, FtrlOptions{.l1_regularization_strength = 0.01});
  }
  if (name == "ftrl_shrinking") {
    return std::make_unique<FtrlOptimizer>(
        0.5, FtrlOptions{.l2_shrinkage_regularization_strength = 0.01});
  }
  return std::make_unique<AdamOptimizer>(0.1);
}

class SparseOptimizersTest : public TestWithParam<const char*> {
 protected:
  Graph graph_;
  DefaultGraphScope with_ = graph_.as_default();
};

TEST_P(SparseOptimizersTest, BuildAndComputeWhatTensorFlowDoes) {
  const Lookup model;
  const Operation step = MakeSparseOptimizer(GetParam())->minimize(model.loss);
  ExpectListing("indexed_slices.txt", GetParam(), graph_);

  const std::vector<std::vector<std::vector<int>>> ids = {{{0, 2}}, {{2, 2}}, {{3, 0}}};
  Session sess;
  sess.run(global_variables_initializer());
  std::vector<double> values;
  for (size_t i = 0; i < 10; ++i) {
    values.push_back(sess.run<float>(model.loss, {{model.ids, ids[i % 3]}}));
    sess.run(step, {{model.ids, ids[i % 3]}});
  }
  for (const float x : sess.run<std::vector<float>>(model.table)) values.push_back(x);
  EXPECT_THAT(values, Pointwise(DoubleNear(3e-6),
                                ReadGoldenValues("indexed_slices_values.txt").at(GetParam())));
}

INSTANTIATE_TEST_SUITE_P(All, SparseOptimizersTest,
                         ::testing::Values("descent", "momentum", "nesterov", "rms_prop",
                                           "rms_prop_centered", "adagrad", "adadelta", "ftrl",
                                           "ftrl_shrinking", "adam"),
                         [](const auto& test) { return std::string(test.param); });

const std::vector<std::vector<int>> kTwice = {{2, 2}};

class IndexedSlicesTest : public FrontTest {
 protected:
  void ExpectCase(const std::string& name) const {
    ExpectListing("indexed_slices.txt", name, graph_);
  }
  const Lookup model_;
};

TEST_F(IndexedSlicesTest, OfSeveralLookupsStandOneAfterTheOther) {
  const Output more = gather(model_.table, constant({1, 4}, {.name = "more"}));
  const Output sum = model_.loss + reduce_sum(more);
  train::GradientDescentOptimizer(0.5).minimize(sum);
  ExpectCase("two_lookups");
}

TEST_F(IndexedSlicesTest, OfTwoTypesOfIndicesBecomeInt64) {
  const Output more = gather(model_.table, constant({1, 4}, {.dtype = int64, .name = "more"}));
  const Output sum = model_.loss + reduce_sum(more);
  train::GradientDescentOptimizer(0.5).minimize(sum);
  ExpectCase("indices_of_two_types");
}

TEST_F(IndexedSlicesTest, BesideTensorsBecomeTensors) {
  const Output squares = reduce_sum(square(model_.table));
  train::GradientDescentOptimizer(0.5).minimize(model_.loss + squares);
  ExpectCase("beside_a_dense_gradient");
}

TEST_F(IndexedSlicesTest, BecomeATensorWhereOneIsAskedFor) {
  const Output dense = gradients(model_.loss, model_.table)[0];
  ExpectCase("as_a_tensor");
  Session sess;
  sess.run(global_variables_initializer());
  EXPECT_THAT(sess.run(dense, {{model_.ids, kTwice}}),
              IsTensor({{0.0, 0.0}, {0.0, 0.0}, {-2.4, -2.0}, {0.0, 0.0}, {0.0, 0.0}}));
}

TEST_F(IndexedSlicesTest, BecomeATensorWithinTheOperationThatTakesIt) {
  const Gradient grad = gradients(model_.loss, model_.table)[0];
  summary::histogram("by table", grad);
  const Output two = 2.0 * constant(1.0);
  two* grad;
  reduce_sum(grad, {.name = "sum"});
  matmul(grad, grad, {.transpose_b = true});
  ExpectCase("as_an_input");
}

TEST_F(IndexedSlicesTest, GoThroughGates) {
  train::GradientDescentOptimizer opt(0.5);
  const auto pairs = opt.compute_gradients(model_.loss, {.gate_gradients = opt.GATE_GRAPH});
  EXPECT_TRUE(pairs[0].grad.is_slices());
  opt.apply_gradients(pairs);
  ExpectCase("all_gates");
}

TEST_F(IndexedSlicesTest, StaySlicesWhenClipped) {
  train::GradientDescentOptimizer opt(0.5);
  const auto by_table = gradients(model_.loss, {model_.table});
  const auto clipped = clip_by_global_norm(by_table, 1.0);
  Gradient grad = clip_by_norm(clipped.list_clipped[0], 0.5);
  grad = clip_by_value(grad, -0.25, 0.25);
  EXPECT_TRUE(grad.is_slices());
  opt.apply_gradients({{grad, model_.table}});
  ExpectCase("clipped");
}

TEST_F(IndexedSlicesTest, BecomeTensorsOnTheWayThroughOtherOperations) {
  const Output reshaped = reshape(model_.table, {2, 5});
  const Output rows = gather(reshaped, {1}, {.name = "of_reshaped"});
  EXPECT_FALSE(gradients(rows, model_.table)[0].is_slices());
  ExpectCase("reshaped_table");
}

TEST_F(IndexedSlicesTest, AreWholeTensorsForOptimizersThatKnowNoRows) {
  class Plain final : public train::Optimizer {
   public:
    Plain() : Optimizer("Plain", false) {}

   protected:
    Operation ApplyDense(const Output& grad, const Variable& var) override {
      return assign_sub(var, grad).op();
    }
  };
  const Operation step = Plain().minimize(model_.loss);
  Session sess;
  sess.run(global_variables_initializer());
  sess.run(step, {{model_.ids, kTwice}});
  const auto table = sess.run<std::vector<float>>(model_.table);
  EXPECT_NEAR(table[4], 0.4 + 2.4, 1e-6);
  EXPECT_NEAR(table[6], 0.6, 1e-6);
}

TEST_F(IndexedSlicesTest, RefuseRowsThatAreNone) {
  const auto error = [&](const char* name, int row) {
    const Graph graph;
    const DefaultGraphScope with = graph.as_default();
    const Variable w(zeros({3, 2}));
    const IndexedSlices grad = {ones({1, 2}), constant({row}), constant({3, 2})};
    const Operation step = MakeSparseOptimizer(name)->apply_gradients({{grad, w}});
    Session sess;
    sess.run(global_variables_initializer());
    return ErrorOf([&] { sess.run(step); });
  };
  for (const char* name : {"descent", "momentum", "adagrad", "adam"}) {
    EXPECT_THAT(error(name, 3), HasSubstr("indices[0] = 3 is not in [0, 3)")) << name;
    EXPECT_THAT(error(name, -1), HasSubstr("indices[0] = -1 is not in [0, 3)")) << name;
  }
}

TEST_F(IndexedSlicesTest, OfUnknownShapeAreNoTensor) {
  const Gradient grad = IndexedSlices{ones({1, 2}), constant({0}), Output()};
  EXPECT_THAT(ErrorOf([&] { grad.tensor(); }), HasSubstr("without dense_shape"));
}

TEST_F(IndexedSlicesTest, ShapesOfSparseUpdatesAreChecked) {
  const Variable accum(zeros({5, 2}), {.name = "accum"});
  const auto update = [&](const Shape& grad, const Shape& indices) {
    return OpBuilder("SparseApplyAdagrad")
        .Input(model_.table.ref())
        .Input(accum.ref())
        .Input(0.5)
        .Input(ones(grad))
        .Input(zeros(indices, int32))
        .Build();
  };
  EXPECT_EQ(update({3, 2}, {3}).get_shape(), Shape({5, 2}));
  EXPECT_THAT(ErrorOf([&] { update({3, 4}, {3}); }), HasSubstr("must be equal, but are 4 and 2"));
  EXPECT_THAT(ErrorOf([&] { update({4, 2}, {3}); }), HasSubstr("must be equal, but are 4 and 3"));
  EXPECT_THAT(ErrorOf([&] { update({3, 2}, {3, 1}); }), HasSubstr("must be rank 1 but is rank 2"));
}

}  // namespace
}  // namespace sessile
