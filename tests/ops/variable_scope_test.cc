#include "sessile/ops/variable_scope.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

class VariableScopeTest : public FrontTest {};

TEST_F(VariableScopeTest, InitializersEqualTensorFlow) {
  set_random_seed(1);
  get_variable("a", {3, 4});
  get_variable("b", {3}, {.initializer = zeros_initializer()});
  get_variable("c", {3, 3, 2, 4}, {.initializer = glorot_normal_initializer()});
  get_variable("d", {2, 2}, {.initializer = constant_initializer(0.5)});
  get_variable("e", {2}, {.initializer = constant_initializer({1.0, 2.0})});
  get_variable(
      "f", {2},
      {.initializer = random_uniform_initializer({.minval = -1.0, .maxval = 1.0, .seed = 9})});
  get_variable("g", {2}, {.initializer = random_normal_initializer({.stddev = 0.1})});
  get_variable("h", {2}, {.initializer = truncated_normal_initializer()});
  get_variable("i", {4, 2},
               {.initializer = variance_scaling_initializer({.scale = 2.0, .mode = "fan_out"})});
  get_variable("j", {2}, {.dtype = int32});
  get_variable("k", {}, {.initializer = ones_initializer(), .trainable = false});
  get_variable("l", Shape::Unknown(), {.initializer = constant({1.0, 2.0})});
  get_variable("m", Shape::Unknown(), {.initializer = [] { return constant(7); }});
  get_variable("n", Shape::Unknown(), {.dtype = int32, .initializer = 3});
  get_variable("o", {4, 2}, {.initializer = he_normal_initializer()});
  get_variable("p", {1200}, {.initializer = ones_initializer()});
  ExpectListing("front_variables.txt", "initializers", graph_);
}

// The part of the golden case before reuse_variables.
void BuildNestedScopes() {
  std::optional<VariableScope> b;
  {
    const variable_scope a("a");
    get_variable("w", {2});
    const variable_scope inner("b");
    b = inner;
    get_variable("w", {2});
    constant(1);
  }
  {
    const variable_scope a("a", {.reuse = true});
    identity(get_variable("w", {2}));
  }
  {
    const variable_scope again(*b);
    get_variable("v", {2});
    constant(2);
  }
  {
    const variable_scope d(nullptr, {.default_name = "d"});
    get_variable("w", {1});
  }
  {
    const variable_scope d(nullptr, {.default_name = "d"});
    get_variable("w", {1});
    const variable_scope inner(nullptr, {.default_name = "inner"});
    get_variable("w", {1});
  }
  const variable_scope again(*b, {.reuse = true, .auxiliary_name_scope = false});
  identity(get_variable("v", {2}));
}

TEST_F(VariableScopeTest, ScopesEqualTensorFlow) {
  BuildNestedScopes();
  {
    const name_scope names("names");
    get_variable("only_variable_scopes_count", {1});
    const variable_scope c("c", {.initializer = ones_initializer(), .dtype = float64});
    get_variable("w", {1});
    Variable(1.0);
  }
  {
    const variable_scope a("a", {.reuse = AUTO_REUSE});
    get_variable("w", {2});
    get_variable("new", {2});
  }
  {
    const variable_scope root(get_variable_scope());
    get_variable("at_root", {2});
  }
  get_variable_scope().reuse_variables();
  identity(get_variable("at_root", {2}));
  ExpectListing("front_variables.txt", "scopes", graph_);
}

TEST_F(VariableScopeTest, ReuseFindsTheSameVariable) {
  const Variable w = get_variable("w", {2});
  const variable_scope root(get_variable_scope(), {.reuse = true});
  EXPECT_TRUE(get_variable("w", {2}) == w);
  EXPECT_TRUE(get_variable("w") == w);
}

TEST_F(VariableScopeTest, AClashIsAnError) {
  get_variable("w", {2});
  EXPECT_THAT(ErrorOf([] { get_variable("w", {2}); }),
              HasSubstr("Variable w already exists, disallowed. Did you mean to set reuse=True or "
                        "reuse=tf.AUTO_REUSE in VarScope? Originally defined at: "));
}

TEST_F(VariableScopeTest, ReuseOfWhatIsNotThereIsAnError) {
  const variable_scope scope("s", {.reuse = true});
  EXPECT_THAT(ErrorOf([] { get_variable("w", {2}); }),
              HasSubstr("Variable s/w does not exist, or was not created with tf.get_variable(). "
                        "Did you mean to set reuse=tf.AUTO_REUSE in VarScope?"));
}

TEST_F(VariableScopeTest, ReuseChecksShapeAndType) {
  get_variable("w", {3});
  const variable_scope root(get_variable_scope(), {.reuse = true});
  EXPECT_THAT(ErrorOf([] { get_variable("w", {2}); }),
              HasSubstr("Trying to share variable w, but specified shape (2,) and found shape "
                        "(3,)."));
  EXPECT_THAT(ErrorOf([] { get_variable("w", {3}, {.dtype = float64}); }),
              HasSubstr("Trying to share variable w, but specified dtype float64 and found dtype "
                        "float32_ref."));
}

TEST_F(VariableScopeTest, AVariableNeedsAShapeOrAValue) {
  EXPECT_THAT(ErrorOf([] { get_variable("w"); }),
              HasSubstr("Variable w did not get an initializer, so its `shape` argument must be "
                        "specified."));
  EXPECT_THAT(ErrorOf([] { get_variable("w", {1}, {.initializer = 3.0}); }),
              HasSubstr("If initializer is a constant, do not specify shape."));
  EXPECT_THAT(ErrorOf([] { get_variable("w", {None}); }),
              HasSubstr("`shape` should be fully defined."));
  EXPECT_THAT(
      ErrorOf([] { get_variable("w", Shape::Unknown(), {.dtype = int32, .initializer = 3.0}); }),
      HasSubstr("Initializer type 'float32' and explicit dtype 'int32' don't match."));
}

TEST_F(VariableScopeTest, RegularizersGiveLosses) {
  const variable_scope scope("s", {.regularizer = [](const Output& w) { return reduce_sum(w); }});
  get_variable("w", {3});
  const auto losses = get_collection<Output>(GraphKeys::REGULARIZATION_LOSSES);
  ASSERT_EQ(losses.size(), 1u);
  EXPECT_EQ(losses[0].name(), "s/w/Regularizer/Sum:0");
}

TEST_F(VariableScopeTest, TakesTheEmptyNameAsTensorFlowDoes) {
  {
    const variable_scope root("");
    EXPECT_EQ(root.name(), "");
    EXPECT_EQ(get_variable("w", {1}).name(), "w:0");
    EXPECT_EQ(constant(1).name(), "Const:0");
  }
  const variable_scope a("a");
  const variable_scope inside("", {.default_name = "unused"});
  EXPECT_EQ(inside.name(), "a/");
  EXPECT_EQ(get_variable("w", {1}).name(), "a//w:0");
  EXPECT_EQ(constant(1).name(), "a/Const:0");
}

TEST_F(VariableScopeTest, NeedsAName) {
  EXPECT_THAT(ErrorOf([] { const variable_scope scope(nullptr); }),
              HasSubstr("If default_name is None then name_or_scope is required"));
  EXPECT_THAT(
      ErrorOf([] { const variable_scope scope(nullptr, {.default_name = "d", .reuse = true}); }),
      HasSubstr("reuse=True cannot be used without a name_or_scope"));
}

TEST_F(VariableScopeTest, ScopesThatDieOutOfOrderAreReported) {
  auto outer = std::make_unique<variable_scope>("outer");
  auto inner = std::make_unique<variable_scope>("inner");
  outer.reset();
  inner.reset();
  EXPECT_THAT(ErrorOf([] { constant(1); }), HasSubstr("INTERNAL"));
  EXPECT_EQ(get_variable_scope().name(), "");
}

TEST_F(VariableScopeTest, BelongToTheirThread) {
  const variable_scope scope("here");
  std::thread([graph = graph_] {
    const DefaultGraphScope with = graph.as_default();
    EXPECT_EQ(get_variable_scope().name(), "");
    EXPECT_EQ(get_variable("w", {2}).name(), "w:0");
  }).join();
  EXPECT_EQ(get_variable_scope().name(), "here");
}

TEST_F(VariableScopeTest, InitializersRefuseWrongOptions) {
  EXPECT_THAT(ErrorOf([] { variance_scaling_initializer({.scale = 0.0}); }),
              HasSubstr("Argument `scale` must be a positive float. Received: 0"));
  EXPECT_THAT(ErrorOf([] { variance_scaling_initializer({.mode = "fan"}); }),
              HasSubstr("Argument `mode` should be one of"));
  EXPECT_THAT(ErrorOf([] { variance_scaling_initializer({.distribution = "cauchy"}); }),
              HasSubstr("Argument `distribution` should be one of"));
}

}  // namespace
}  // namespace sessile
