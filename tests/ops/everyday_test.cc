// Checks, draws, clipping by average norm, more losses, top_k's gradient: TensorFlow's nodes, and
// what they compute.

#include <functional>
#include <string>

#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/check.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/initializers.h"
#include "sessile/ops/layers.h"
#include "sessile/ops/linalg.h"
#include "sessile/ops/losses.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/random.h"
#include "sessile/ops/state.h"
#include "sessile/ops/variable_scope.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class EverydayTest : public ::testing::Test {
 protected:
  void ExpectCase(const std::string& name) { ExpectListing("everyday.txt", name, graph_); }

  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(EverydayTest, ComparingChecksAreTensorFlows) {
  const Output x = placeholder(float32, {None, 3}, "x");
  const Output i = placeholder(int32, {3}, "i");
  assert_equal(x, 1.0);
  assert_equal(x, x);
  assert_none_equal(i, 4);
  assert_less(i, 4, {.message = "ids", .name = "below"});
  assert_less_equal(x, x + 1.0);
  assert_greater(x, x, {.data = {i}, .summarize = 5});
  assert_greater_equal(2, 1);
  ExpectCase("compare_checks");
}

TEST_F(EverydayTest, ChecksOfSignsAreTensorFlows) {
  const Output x = placeholder(float32, {2}, "x");
  const Output i = placeholder(int32, {2}, "i");
  assert_positive(x);
  assert_negative(i);
  assert_non_positive(x, {.message = "sign"});
  assert_non_negative(i, {.name = "named"});
  ExpectCase("sign_checks");
}

TEST_F(EverydayTest, ChecksOfRanksAreTensorFlows) {
  const Output x = placeholder(float32, {None, 3}, "x");
  const Output u = placeholder(float32, Shape::Unknown(), "u");
  const Output r = placeholder(int32, Shape(), "r");
  assert_rank(x, 2);
  assert_rank(u, 2, {.message = "images"});
  assert_rank_at_least(x, 1);
  assert_rank_at_least(u, r);
  assert_integer(r);
  ExpectCase("rank_checks");
}

TEST_F(EverydayTest, ChecksFailAtOnceOrWhenTheyRun) {
  EXPECT_NE(ErrorOf([] { assert_less(3, 2); }).find("Condition x < y did not hold"),
            std::string::npos);
  EXPECT_NE(ErrorOf([] {
              assert_positive({1.0, -1.0}, {.message = "rate"});
            }).find("rate.  "),
            std::string::npos);
  const Output x = placeholder(float32, {None, 3}, "x");
  EXPECT_NE(ErrorOf([&] { assert_rank(x, 3); }).find("must have rank 3.  Received rank 2"),
            std::string::npos);
  EXPECT_NE(ErrorOf([&] { assert_integer(x); }).find("to be integer type"), std::string::npos);
  const Operation checked = assert_less(x, 2.0);
  Session session;
  session.run(checked, {{x, {{1.0, 1.5, 0.0}}}});
  const std::string error = ErrorOf([&] { session.run(checked, {{x, {{1.0, 2.0, 0.0}}}}); });
  EXPECT_NE(error.find("Condition x < y did not hold element-wise"), std::string::npos) << error;
}

TEST_F(EverydayTest, DrawsAreTensorFlows) {
  set_random_seed(3);
  const Output x = placeholder(float32, {None, 3}, "x");
  random_shuffle(x);
  random::shuffle({1, 2, 3}, {.seed = 4, .name = "order"});
  multinomial(x, 5);
  multinomial(x, 5, {.seed = 1, .name = "few", .output_dtype = int32});
  random::categorical({{1.0, 2.0}}, 2);
  random_crop(x, {1, 2});
  random_crop({{1, 2}, {3, 4}}, {1, 2}, {.seed = 7, .name = "crop"});
  ExpectCase("draws");
}

TEST_F(EverydayTest, LogSumExpIsTensorFlows) {
  const Output x = placeholder(float32, {None, 3}, "x");
  reduce_logsumexp(x);
  reduce_logsumexp(x, {.axis = 1});
  reduce_logsumexp(x, {.axis = {0}, .keepdims = true, .name = "kept"});
  gradients(reduce_logsumexp(x, {.axis = -1}), x);
  ExpectCase("log_sum_exp");
}

TEST_F(EverydayTest, LogSumExpDoesNotOverflow) {
  EXPECT_THAT(Eval(reduce_logsumexp({1000.0, 1000.0})), IsTensor(1000.6931471805599));
  EXPECT_THAT(Eval(reduce_logsumexp({{0.0, 0.0}, {-2000.0, 1.0}}, {.axis = 1})),
              IsTensor({0.6931471805599453, 1.0}));
}

TEST_F(EverydayTest, ClippingByAverageNormIsTensorFlows) {
  const Output x = placeholder(float32, {None, 3}, "x");
  clip_by_average_norm(x, 2.0);
  clip_by_average_norm(placeholder(float32, {2, 3}, "y"), 2.0, "named");
  ExpectCase("average_norm");
}

TEST_F(EverydayTest, ClipsByAverageNorm) {
  EXPECT_THAT(Eval(clip_by_average_norm({3.0, 4.0}, 1.0)), IsTensor({1.2, 1.6}));
  EXPECT_THAT(Eval(clip_by_average_norm({3.0, 4.0}, 5.0)), IsTensor({3.0, 4.0}));
}

TEST_F(EverydayTest, MoreLossesAreTensorFlows) {
  const Output labels = placeholder(float32, {None, 3}, "labels");
  const Output values = placeholder(float32, {None, 3}, "values");
  losses::hinge_loss(labels, values);
  losses::log_loss(labels, values, {.epsilon = 1e-6});
  losses::cosine_distance(labels, values, 1, {.weights = 2.0, .scope = "cosine"});
  ExpectCase("more_losses");
}

TEST_F(EverydayTest, WritesToRowsAreTensorFlows) {
  const Variable v(zeros({4, 2}), {.name = "v"});
  scatter_update(v, {1, 2}, ones({2, 2}));
  scatter_add(v, 1, {1.0, 2.0}, {.name = "more"});
  scatter_sub(v, {1}, {{1.0, 2.0}}, {.use_locking = true});
  scatter_mul(v, {0}, 2.0);
  scatter_div(v, {0}, 2.0);
  ExpectCase("writes_to_rows");
}

TEST_F(EverydayTest, ReportsOfUninitializedVariablesAreTensorFlows) {
  const Variable v(1.0, {.name = "v"});
  const Variable w = get_variable(
      "w", {2},
      {.initializer = zeros_initializer(), .collections = {{GraphKeys::LOCAL_VARIABLES}}});
  const Output all = report_uninitialized_variables();
  report_uninitialized_variables({{v}}, "one");
  ExpectCase("uninitialized");
  Session session;
  session.run(v.initializer());
  const Tensor missing = session.run(all);
  ASSERT_EQ(missing.num_elements(), 1);
  EXPECT_EQ(missing.flat<std::string>()[0], "w");
}

TEST_F(EverydayTest, RearrangementsAreTensorFlows) {
  const Output x = placeholder(float32, {None, 3, 3}, "x");
  matrix_band_part(x, -1, 0);
  diag({1.0, 2.0});
  diag_part(placeholder(float32, {2, 2}, "d"), "named");
  reverse_sequence(x, {1, 2}, {.seq_axis = 1, .batch_axis = 0});
  unique({1, 2, 1});
  const Output volume = placeholder(float32, {1, 4, 4, 4, 2}, "v");
  nn::conv3d(volume, zeros({1, 2, 3, 2, 5}), {1, 1, 2, 1, 1}, "SAME", {.name = "conv"});
  linalg::inv(x);
  linalg::det(x);
  linalg::solve(x, x, {.adjoint = true});
  ExpectCase("rearranged");
}

TEST_F(EverydayTest, OperatorsOfBitsAreTensorFlows) {
  const Output p = placeholder(bool_, {None}, "p");
  const Output q = placeholder(bool_, {None}, "q");
  const Output i = placeholder(int32, {None}, "i");
  p& q;
  p | true;
  false & p;
  p ^ q;
  ~p;
  i & 3;
  i | i;
  5 ^ i;
  ~i;
  ExpectCase("operators_of_bits");
}

TEST_F(EverydayTest, FractionsOfZerosAreTensorFlows) {
  nn::zero_fraction(placeholder(float32, {None, 3}, "x"));
  nn::zero_fraction({0, 1, 0}, "named");
  ExpectCase("fraction_of_zeros");
}

TEST_F(EverydayTest, CountsZeros) {
  EXPECT_THAT(Eval(nn::zero_fraction({{0.0, 2.0}, {0.0, 0.0}})), IsTensor(0.75));
}

TEST_F(EverydayTest, OlderNamesOfOptionsAreTensorFlows) {
  const Output x = placeholder(float32, {2, 1, 3}, "x");
  nn::softmax(x, {.dim = 0});
  squeeze(x, {.squeeze_dims = {1}});
  gather(x, {1}, {.validate_indices = false, .name = "rows"});
  const Variable w(1.0, {.name = "w"});
  initialize_all_variables();
  ExpectCase("older_names");
  EXPECT_NE(ErrorOf([&] { nn::softmax(x, {.axis = 0, .dim = 0}); }).find("Cannot specify both"),
            std::string::npos);
  EXPECT_NE(
      ErrorOf([&] { squeeze(x, {.axis = {1}, .squeeze_dims = {1}}); }).find("Cannot specify both"),
      std::string::npos);
}

TEST_F(EverydayTest, InitializersHaveATypeOfTheirOwn) {
  set_random_seed(2);
  zeros_initializer({.dtype = int32})({2});
  ones_initializer({.dtype = float64})({2});
  constant_initializer(0.5, {.dtype = float64})({2});
  random_uniform_initializer({.dtype = float64})({2});
  random_normal_initializer({.dtype = float64})({2});
  truncated_normal_initializer({.dtype = float64})({2});
  glorot_uniform_initializer({.dtype = float64})({2});
  orthogonal_initializer({.dtype = float64})({2, 2});
  get_variable("v", {2}, {.initializer = constant_initializer(0.5, {.dtype = float64})});
  ExpectCase("initializers_of_a_type");
}

TEST_F(EverydayTest, ActivationsOfLayersHaveTheirDefaults) {
  const Output x = placeholder(float32, {None, 3}, "x");
  const zeros_initializer zeros;
  layers::dense(x, 2, {.activation = nn::leaky_relu, .kernel_initializer = zeros});
  layers::dense(x, 2, {.activation = nn::softmax, .kernel_initializer = zeros});
  layers::dense(x, 2, {.activation = nn::log_softmax, .kernel_initializer = zeros});
  ExpectCase("activations_of_layers");
}

TEST_F(EverydayTest, VariablesOfAValueNeedNoShape) {
  const Output x = constant({1.0, 2.0}, {.name = "x"});
  get_variable("v", {.initializer = x});
  get_variable("w", {.initializer = 2.0, .trainable = false});
  get_variable("scalar", {}, {.initializer = zeros_initializer()});
  ExpectCase("variables_of_a_value");
}

TEST_F(EverydayTest, GroupsTakeTheirInputsOneByOne) {
  const Output x = constant(1.0, {.name = "x"});
  const Output y = constant(2.0, {.name = "y"});
  group(x, y.op());
  group(x);
  ExpectCase("groups");
}

TEST_F(EverydayTest, ScopesOfNamesAreTensorFlows) {
  Output x;
  Output y;
  std::string a;
  std::string inner;
  {
    const name_scope scope("a");
    a = scope.name();
    x = constant(1.0);
    const name_scope within("inner");
    constant(2.0);
  }
  {
    const name_scope scope("a");
    constant(3.0);
  }
  {
    const name_scope scope(a);
    y = constant(4.0);
    x + y;
    const name_scope within("inner");
    inner = within.name();
    constant(5.0);
  }
  {
    const name_scope scope("b");
    {
      const name_scope within(inner);
      constant(6.0);
    }
    {
      const name_scope root(nullptr);
      constant(7.0);
    }
    add(x, y, "sum");
    identity(x, a);
  }
  reduce_mean(x, {.name = inner});
  ExpectCase("name_scopes");
}

TEST_F(EverydayTest, AllInitializersAreTensorFlows) {
  set_random_seed(2);
  glorot_uniform_initializer({.seed = 4})({3, 2});
  he_uniform_initializer({.seed = 4})({3, 2});
  lecun_normal_initializer({.seed = 4})({3, 2});
  lecun_uniform_initializer({.seed = 4})({3, 2});
  variance_scaling_initializer({.scale = 1.5, .mode = "fan_avg", .distribution = "uniform"})(
      {2, 2, 3, 4});
  variance_scaling_initializer(
      {.scale = 1.5, .mode = "fan_in", .distribution = "untruncated_normal", .seed = 1})({5});
  ExpectCase("more_initializers");
}

TEST_F(EverydayTest, MomentsAndScalesAreTensorFlows) {
  const Output x = placeholder(float32, {None, 4, 4, 3}, "x");
  const auto [mean, variance] = nn::moments(x, {1, 2}, {.keep_dims = true});
  nn::batch_normalization(x, mean, variance, std::nullopt, std::nullopt, 1e-3, "plain");
  const Output rows = placeholder(float64, {5, 3}, "rows");
  const auto [row_mean, row_variance] = nn::moments(rows, {0}, {.name = "of_rows"});
  const Output y = nn::batch_normalization(rows, row_mean, row_variance, 1.0, 2.0, 1e-3);
  gradients(y, rows);
  ExpectCase("moments_and_scales");
}

TEST_F(EverydayTest, CasesAreTensorFlows) {
  const Output x = placeholder(int32, Shape(), "x");
  const Output y = placeholder(float32, {2}, "y");
  const Output low = x < 1;
  const Output high = x > 5;
  const Output chosen = case_({{low, [&] { return y + 1.0; }},
                               {high,
                                [&] {
                                  return constant({2.0, 2.0});
                                }}},
                              [&] { return y * 3.0; });
  case_({{low, [&] { return std::pair(y, x); }}}, [&] { return std::pair(-y, x); },
        {.name = "named"});
  ExpectCase("cases");
  Session session;
  EXPECT_THAT(session.run(chosen, {{x, 0}, {y, {1.0, 2.0}}}), IsTensor({2.0, 3.0}));
  EXPECT_THAT(session.run(chosen, {{x, 6}, {y, {1.0, 2.0}}}), IsTensor({2.0, 2.0}));
  EXPECT_THAT(session.run(chosen, {{x, 3}, {y, {1.0, 2.0}}}), IsTensor({3.0, 6.0}));
}

TEST_F(EverydayTest, ExclusiveCasesFailWhereTwoAreTrue) {
  const Output x = placeholder(int32, Shape(), "x");
  const auto value = [](double number) { return [number] { return constant(number); }; };
  const Output below = x < 1;
  const Output more = x < 5;
  const Output chosen = case_({{below, value(1)}, {more, value(2)}}, value(3), {.exclusive = true});
  ExpectCase("exclusive_cases");
  Session session;
  EXPECT_EQ(session.run<float>(chosen, {{x, 3}}), 2.0f);
  EXPECT_EQ(session.run<float>(chosen, {{x, 7}}), 3.0f);
  EXPECT_THAT(ErrorOf([&] {
                session.run(chosen, {{x, 0}});
              }),
              HasSubstr("exclusive=True: more than 1 conditions (Less:0, Less_1:0) evaluated as "
                        "True:] [1 1]"));
}

TEST_F(EverydayTest, TablesAreInitializedTogether) {
  tables_initializer();
  add_to_collection(GraphKeys::TABLE_INITIALIZERS, no_op("fill"));
  tables_initializer();
  tables_initializer("named");
  ExpectCase("tables");
}

TEST_F(EverydayTest, OrthogonalInitializersAreTensorFlows) {
  set_random_seed(7);
  orthogonal_initializer({.gain = 0.5, .seed = 3})({2, 3, 4});
  const Variable w = get_variable("w", {2, 3}, {.initializer = orthogonal_initializer()});
  ExpectCase("orthogonal");
  const Output product = matmul(w, w, {.transpose_b = true});
  Session session;
  session.run(w.initializer());
  EXPECT_THAT(session.run(product), IsTensor({{1.0, 0.0}, {0.0, 1.0}}, 1e-6));
}

TEST_F(EverydayTest, PartitionsAreTensorFlows) {
  const Output x = placeholder(float32, {None, 2}, "x");
  const Output which = placeholder(int32, {None}, "which");
  const std::vector<Output> parts = dynamic_partition(x, which, 3);
  dynamic_stitch({{0, 1}, {2}}, {{1.0, 2.0}, {3.0}});
  gradients(parts, x);
  ExpectCase("partitions");
}

TEST_F(EverydayTest, VariablesAreLoadedWithoutNewNodes) {
  const Variable v({1.0, 2.0});
  const size_t nodes = graph_.get_operations().size();
  Session session;
  v.load({3.0, 4.0}, session);
  const auto with = session.as_default();
  EXPECT_THAT(v.eval(), IsTensor({3.0, 4.0}));
  EXPECT_EQ(graph_.get_operations().size(), nodes);
}

TEST_F(EverydayTest, TheGradientOfTopKIsTensorFlows) {
  const Output x = placeholder(float32, {None, 5}, "x");
  gradients(nn::top_k(x, 3).values, x);
  ExpectCase("top_k_gradient");
}

TEST_F(EverydayTest, TheGradientOfTopKMatchesDifferences) {
  ExpectGradient([](Output x) { return nn::top_k(x, 2).values; }, {{3, 5}});
  ExpectGradient([](Output x) { return nn::top_k(x, 1).values; }, {{4}});
}

}  // namespace
}  // namespace sessile
