#include <array>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/sessile.h"
#include "sessile/tests/golden_values.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"
#include "sessile/tests/temp_folder.h"

namespace sessile {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pointwise;

class ResourceVariablesTest : public ::testing::Test {
 protected:
  void ExpectNodes(const std::string& name) const {
    ExpectListing("resource_variables.txt", name, graph_);
  }
  static Variable Weights(const Shape& shape = {4, 2}, const std::string& name = "w") {
    return get_variable(name, shape, {.initializer = zeros_initializer(), .use_resource = true});
  }

  Graph graph_;
  DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(ResourceVariablesTest, AreMadeAsTensorFlowMakesThem) {
  Variable({1.0, 2.0}, {.use_resource = true});
  Variable([] { return ones({2}); }, {.trainable = false, .name = "f", .use_resource = true});
  {
    const variable_scope scope("s", {.use_resource = true});
    get_variable("x", {2});
    const Output three = constant(3.0);
    get_variable("y", Shape::Unknown(), {.initializer = three});
  }
  const Output x = placeholder(float32);
  const Variable u(x, {.name = "u", .use_resource = true});
  get_variable("c", {2}, {.caching_device = "/cpu:0", .use_resource = true});
  get_variable("plain", {2}, {.use_resource = false});
  ExpectNodes("making");
  EXPECT_TRUE(u.is_resource());
  EXPECT_FALSE(u.get_shape().has_rank());
}

TEST_F(ResourceVariablesTest, AreReadWhereATensorIsWanted) {
  const Variable w = Weights({2, 3});
  const Output x = placeholder(float32, {None, 2}, "x");
  w * 2.0;
  2.0 * w;
  w + w;
  -w;
  (void)(w < 1.0);
  identity(w);
  matmul(x, w);
  w.read_value();
  shape(w);
  {
    const control_dependencies after({w});
    no_op("after");
  }
  ExpectNodes("using");
  EXPECT_EQ(w.get_shape(), Shape({2, 3}));
  EXPECT_EQ(w.dtype(), float32);
}

TEST_F(ResourceVariablesTest, AreUpdated) {
  const Variable w = Weights({2});
  w.assign_add({1.0, 2.0});
  const Output one = ones({2});
  const Updated added = assign_sub(w, one);
  added * 2.0;
  const Output twice = w * 2.0;
  assign(w, twice);
  is_variable_initialized(w);
  const Updated done = assign(w, {3.0, 4.0}, {.name = "set"});
  {
    const control_dependencies after({done});
    no_op("after");
  }
  group({done}, "all");
  const Operation init = global_variables_initializer();
  ExpectNodes("updating");
  Session sess;
  sess.run(init);
  EXPECT_THAT(sess.run<std::vector<float>>(added), ElementsAre(-1, -1));
  EXPECT_THAT(sess.run<std::vector<float>>(w), ElementsAre(-1, -1));
}

TEST_F(ResourceVariablesTest, GiveAndTakeRows) {
  const Variable w = Weights();
  const Output slices = gather(w, {1, 2});
  gather(w, {1, 0}, {.axis = 1});
  nn::embedding_lookup(w, {0});
  gather_nd(w, {{1, 0}});
  const Updated added = scatter_add(w, {1}, {{1.0, 2.0}});
  scatter_update(w, {1}, {{1.0, 2.0}});
  ExpectNodes("rows");
  Session sess;
  sess.run(w.initializer());
  sess.run(added.op());
  EXPECT_THAT(sess.run<std::vector<float>>(slices), ElementsAre(1, 2, 0, 0));
  EXPECT_THAT(sess.run<std::vector<float>>(added), ElementsAre(0, 0, 2, 4, 0, 0, 0, 0));
}

TEST_F(ResourceVariablesTest, AreDifferentiated) {
  const Variable w = Weights();
  const Output slices = gather(w, {1, 2});
  const Output product = matmul(slices, w, {.transpose_b = true});
  gradients(product, w);
  ExpectNodes("gradients");
}

TEST_F(ResourceVariablesTest, AreDifferentiatedInCond) {
  const Variable w = Weights({2});
  const Output p = placeholder(bool_, {}, "Placeholder");
  const Output chosen = cond(
      p, [&] { return w * 2.0; }, [&] { return w * w; });
  const GradientList grads = gradients(chosen, w);
  ExpectNodes("gradients_in_cond");
  Session sess;
  sess.run(assign(w, {3.0, 4.0}).op());
  EXPECT_THAT(sess.run<std::vector<float>>(grads[0].tensor(), {{p, true}}), ElementsAre(2, 2));
  EXPECT_THAT(sess.run<std::vector<float>>(grads[0].tensor(), {{p, false}}), ElementsAre(6, 8));
}

TEST_F(ResourceVariablesTest, AreDifferentiatedInLoops) {
  const Variable w = Weights({2});
  const Output start = ones({2});
  const std::vector<Output> results = while_loop([](Output i, Output) { return i < 3; },
                                                 [&](Output i, Output x) {
                                                   const Output next = i + 1;
                                                   return std::array{next, x * w};
                                                 },
                                                 {0, start});
  const GradientList grads = gradients(results[1], w);
  ExpectNodes("gradients_in_loop");
  Session sess;
  sess.run(assign(w, {2.0, 3.0}).op());
  EXPECT_THAT(sess.run<std::vector<float>>(results[1]), ElementsAre(8, 27));
  EXPECT_THAT(sess.run<std::vector<float>>(grads[0].tensor()), ElementsAre(12, 27));
}

TEST_F(ResourceVariablesTest, AreTrainedByAdam) {
  const Variable w = Weights({2});
  const Variable step = get_variable("step", {},
                                     {.dtype = int64,
                                      .initializer = zeros_initializer(),
                                      .trainable = false,
                                      .use_resource = true});
  const Output squares = w * w;
  const Output loss = reduce_sum(squares);
  const Operation train_op = train::AdamOptimizer(0.1).minimize(loss, {.global_step = step});
  ExpectNodes("adam");
  Session sess;
  sess.run(global_variables_initializer());
  sess.run(assign(w, {1.0, -1.0}).op());
  sess.run(train_op);
  EXPECT_THAT(sess.run<std::vector<float>>(w), Pointwise(DoubleNear(1e-5), {0.9, -0.9}));
  EXPECT_EQ(sess.run<int64_t>(step), 1);
}

TEST_F(ResourceVariablesTest, AreTrainedRowByRow) {
  const Variable w = Weights();
  const Output slices = nn::embedding_lookup(w, {1, 2});
  const Output loss = reduce_sum(slices);
  const Operation train_op = train::AdamOptimizer(0.1).minimize(loss);
  ExpectNodes("adam_of_rows");
  Session sess;
  sess.run(global_variables_initializer());
  sess.run(train_op);
  EXPECT_THAT(sess.run<std::vector<float>>(w),
              Pointwise(DoubleNear(1e-5), {0.0, 0.0, -0.1, -0.1, -0.1, -0.1, 0.0, 0.0}));
}

TEST_F(ResourceVariablesTest, AreTrainedByGradientDescent) {
  const Variable w = Weights();
  const Output slices = gather(w, {1, 2});
  const Output loss = reduce_sum(slices);
  const Operation of_rows = train::GradientDescentOptimizer(0.1).minimize(loss);
  const Output scaled = w * 3.0;
  const Output whole = reduce_sum(scaled);
  const Operation of_all = train::GradientDescentOptimizer(0.1).minimize(whole);
  ExpectNodes("descent");
  Session sess;
  sess.run(global_variables_initializer());
  sess.run(of_rows);
  sess.run(of_all);
  EXPECT_THAT(sess.run<std::vector<float>>(w),
              Pointwise(DoubleNear(1e-6), {-0.3, -0.3, -0.4, -0.4, -0.4, -0.4, -0.3, -0.3}));
}

TEST_F(ResourceVariablesTest, HaveMovingAverages) {
  const Variable w = Weights({2});
  train::ExponentialMovingAverage(0.9).apply({w});
  ExpectNodes("average");
}

TEST_F(ResourceVariablesTest, AreSavedAndRestored) {
  const Variable w = Weights();
  get_variable("b", {2}, {.initializer = zeros_initializer()});
  get_variable("c", {2}, {.caching_device = "/cpu:0", .use_resource = true});
  train::Saver saver;
  train::Saver reshaping({.reshape = true});
  ExpectNodes("saver");
  const TempFolder folder;
  const std::string prefix = folder.file("model");
  Session sess;
  sess.run(global_variables_initializer());
  sess.run(scatter_add(w, {1}, {{1.0, 2.0}}).op());
  saver.save(sess, prefix);
  sess.run(w.initializer());
  for (train::Saver* const each : {&saver, &reshaping}) {
    each->restore(sess, prefix);
    EXPECT_THAT(sess.run<std::vector<float>>(w), ElementsAre(0, 0, 1, 2, 0, 0, 0, 0));
  }
}

// A read is what the variable held then, whatever is written to it later in the same run.
TEST_F(ResourceVariablesTest, AReadIsASnapshot) {
  const Variable w = Weights({2});
  const Output before = w.value();
  Updated update = [&] {
    const control_dependencies after({before});
    return assign_add(w, {1.0, 2.0});
  }();
  const Output late = [&] {
    const control_dependencies after({update});
    return before * 10.0;
  }();
  for (const int level : {0, 1}) {
    Session sess(ConfigProto{.optimizer_level = level});
    sess.run(assign(w, {5.0, 6.0}).op());
    const auto [was, is, later] =
        sess.run<std::vector<float>, std::vector<float>, std::vector<float>>(
            {before, update, late});
    EXPECT_THAT(was, ElementsAre(5, 6));
    EXPECT_THAT(is, ElementsAre(6, 8));
    EXPECT_THAT(later, ElementsAre(50, 60));
  }
}

TEST_F(ResourceVariablesTest, HandlesOfOneNameShareTheirVariable) {
  const auto handle = [](const char* name) {
    return OpBuilder("VarHandleOp", name)
        .Attr("dtype", float32)
        .Attr("shape", Shape({2}))
        .Attr("shared_name", "both")
        .Build();
  };
  const Output first = handle("first");
  const Output second = handle("second");
  const Output write = assign(first, {1.0, 2.0});
  const Output after = [&] {
    const control_dependencies written({write.op()});
    return OpBuilder("ReadVariableOp").Input(second).Attr("dtype", float32).Build();
  }();
  for (const int level : {0, 1}) {
    Session sess(ConfigProto{.optimizer_level = level});
    EXPECT_THAT(sess.run<std::vector<float>>(after), ElementsAre(1, 2));
  }
}

TEST_F(ResourceVariablesTest, WithoutAValueCannotBeRead) {
  const Variable w = Weights({2});
  const Output asks = is_variable_initialized(w);
  const Operation destroy = OpBuilder("DestroyResourceOp").Input(w.ref()).BuildOperation();
  for (const int level : {0, 1}) {
    Session sess(ConfigProto{.optimizer_level = level});
    EXPECT_THAT(ErrorOf([&] { sess.run(w); }), HasSubstr("Could not find variable w. This could"));
    EXPECT_FALSE(sess.run<bool>(asks));
    sess.run(w.initializer());
    EXPECT_TRUE(sess.run<bool>(asks));
    sess.run(destroy);
    EXPECT_FALSE(sess.run<bool>(asks));
  }
}

TEST_F(ResourceVariablesTest, WrongUsesAreRefused) {
  const Variable w = Weights({2});
  EXPECT_THAT(ErrorOf([&] {
                w.assign({1.0, 2.0, 3.0});
              }),
              HasSubstr("Cannot assign value to variable ' w:0': Shape mismatch.The variable shape "
                        "(2,), and the assigned value shape (3,) are incompatible."));
  EXPECT_THAT(
      ErrorOf([&] { OpBuilder("ReadVariableOp").Input(w.ref()).Attr("dtype", int32).Build(); }),
      HasSubstr("Trying to read variable with wrong dtype. Expected float got int32"));
  // What the graph does not know, the run finds.
  const Output p = placeholder(bool_, {});
  const Variable other = get_variable(
      "other", {2}, {.dtype = int32, .initializer = zeros_initializer(), .use_resource = true});
  const Output either =
      merge({switch_(w.ref(), p).output_false, switch_(other.ref(), p).output_true}).output;
  const Output read = OpBuilder("ReadVariableOp").Input(either).Attr("dtype", float32).Build();
  for (const int level : {0, 1}) {
    Session sess(ConfigProto{.optimizer_level = level});
    sess.run(global_variables_initializer());
    EXPECT_THAT(sess.run<std::vector<float>>(read, {{p, false}}), ElementsAre(0, 0));
    EXPECT_THAT(ErrorOf([&] {
                  sess.run(read, {{p, true}});
                }),
                HasSubstr("Trying to read variable with wrong dtype. Expected int32 got float"));
  }
}

TEST_F(ResourceVariablesTest, BecomeConstants) {
  const Variable w = Weights();
  const Output slices = gather(w, {1, 2});
  const Output p = placeholder(bool_, {}, "p");
  const Output chosen = cond(
      p, [&] { return w * 2.0; }, [&] { return w * 3.0; });
  const Output y = matmul(slices, chosen, {.transpose_b = true, .name = "y"});
  Session sess;
  sess.run(assign(w, {{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}, {7.0, 8.0}}).op());
  const FeedDict feeds = {{"p:0", true}};
  const auto trained = sess.run<std::vector<float>>("y:0", feeds);
  const GraphDef frozen =
      graph_util::convert_variables_to_constants(sess, graph_.as_graph_def(), {"y"});
  const Graph other;
  const auto with = other.as_default();
  import_graph_def(frozen, {.name = ""});
  Session of_frozen(other);
  EXPECT_EQ(of_frozen.run<std::vector<float>>("y:0", feeds), trained);
  for (const Operation& op : other.get_operations()) EXPECT_NE(op.type(), "VarHandleOp");
}

class ResourceModelTest : public ::testing::TestWithParam<int> {};

// A net that TensorFlow made, with resource variables, is served, trained and saved again.
TEST_P(ResourceModelTest, OfTensorFlowIsTrained) {
  const auto golden = ReadGoldenValues("resource_model.txt");
  const auto near = [&](const char* name) { return Pointwise(DoubleNear(1e-5), golden.at(name)); };
  const auto line = [](int64_t rows, int64_t columns, double first) {
    std::vector<std::vector<float>> values;
    const double step = (1 - first) / static_cast<double>(rows * columns - 1);
    for (int64_t r = 0; r < rows; ++r) {
      values.emplace_back();
      for (int64_t c = 0; c < columns; ++c) {
        values.back().push_back(
            static_cast<float>(first + step * static_cast<double>(r * columns + c)));
      }
    }
    return values;
  };
  const Graph graph;
  const auto with = graph.as_default();
  Session sess(graph, ConfigProto{.optimizer_level = GetParam()});
  saved_model::load(sess, {"serve"}, SESSILE_TEST_DATA_DIR "/resource_model");
  const FeedDict feeds = {{"x:0", line(5, 3, -1)}, {"labels:0", line(5, 2, 0)}};
  EXPECT_THAT(sess.run<std::vector<float>>("net/y:0", feeds), near("y"));
  const Operation step = graph.get_operation_by_name("train");
  std::vector<float> losses;
  for (int i = 0; i < 5; ++i) {
    sess.run(step, feeds);
    losses.push_back(sess.run<float>("loss:0", feeds));
  }
  EXPECT_THAT(losses, near("losses"));
  EXPECT_THAT(sess.run<std::vector<float>>("net/w1/Read/ReadVariableOp:0"), near("w1"));
  EXPECT_THAT(sess.run<std::vector<float>>("net/w1/Momentum/Read/ReadVariableOp:0"),
              near("momentum"));
  const std::vector<Variable> all = global_variables();
  ASSERT_EQ(all.size(), 7u);
  for (const Variable& variable : all) EXPECT_TRUE(variable.is_resource());
  EXPECT_EQ(sess.run<int64_t>("net/step:0"), static_cast<int64_t>(golden.at("step")[0]));
}

INSTANTIATE_TEST_SUITE_P(Executors, ResourceModelTest, ::testing::Values(0, 1));

}  // namespace
}  // namespace sessile
