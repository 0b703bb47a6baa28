#include "sessile/ops/control_flow.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow_context.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/error_of.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A test in a graph of its own, with the inputs of the golden graphs.
class CondTest : public ::testing::Test {
 protected:
  void ExpectCase(const std::string& name) { ExpectListing("grads_cond.txt", name, graph_); }

  Graph graph_;
  DefaultGraphScope with_ = graph_.as_default();
  Output p_ = placeholder(bool_, Shape(), "p");
  Output x_ = placeholder(float32, {2}, "x");
  Output y_ = placeholder(float32, {None}, "y");
};

TEST_F(CondTest, GuardsWhatABranchReads) {
  const Output z = cond(
      p_, [&] { return exp(x_); }, [&] { return negative(y_); });
  EXPECT_EQ(z.name(), "cond/Merge:0");
  EXPECT_EQ(z.get_shape(), Shape({None}));
  ExpectCase("one_value");
}

TEST_F(CondTest, GuardsWhatABranchReturns) {
  cond(
      p_, [&] { return x_; }, [&] { return y_; }, {.name = "choose"});
  ExpectCase("values_from_outside");
}

TEST_F(CondTest, MakesConstantsOfNumbers) {
  cond(
      p_, [] { return 1.0; }, [] { return 2.0; });
  ExpectCase("constants");
}

TEST_F(CondTest, WaitsForAnOperation) {
  cond(
      p_, [&] { return exp(x_).op(); }, [] { return OpBuilder("NoOp").BuildOperation(); });
  ExpectCase("operations");
}

TEST_F(CondTest, ReturnsWhatTheTrueBranchReturns) {
  const auto if_true = [&] {
    const Output a = exp(x_);
    return std::pair(a, identity(y_));
  };
  const auto if_false = [&] { return std::tuple(x_, exp(y_)); };
  const auto [first, second] = cond(p_, if_true, if_false);
  EXPECT_EQ(first.name(), "cond/Merge:0");
  EXPECT_EQ(second.name(), "cond/Merge_1:0");
  ExpectCase("pairs");
}

TEST_F(CondTest, Nests) {
  const Output q = placeholder(bool_, Shape(), "q");
  const auto inner = [&] {
    return cond(
        q, [&] { return exp(x_); },
        [&] {
          return add_n({x_, y_});
        });
  };
  cond(p_, inner, [&] { return negative(x_); });
  ExpectCase("nested");
}

TEST_F(CondTest, NestsForAValueFromOutside) {
  const Output q = placeholder(bool_, Shape(), "q");
  const auto inner = [&] {
    return cond(
        q, [&] { return x_; }, [&] { return exp(x_); });
  };
  cond(p_, inner, [&] { return y_; });
  ExpectCase("nested_value_from_outside");
}

TEST_F(CondTest, StandsUnderOuterDependencies) {
  const Operation before = OpBuilder("NoOp", "before").BuildOperation();
  const control_dependencies after({before});
  const auto doubled = [&] {
    const Output exp_x = exp(x_);
    const name_scope scope("mul");
    const Output two = convert_to_tensor(2.0, {}, "y");
    return OpBuilder("Mul", scope.name()).Input(exp_x).Input(two).Build();
  };
  cond(p_, doubled, [&] { return identity(y_); });
  ExpectCase("under_dependencies");
}

TEST_F(CondTest, KeepsDependenciesInside) {
  const auto branch = [&] {
    const control_dependencies after({exp(x_)});
    const Output a = identity(y_);
    const Output b = constant(1.0);
    return OpBuilder("AddV2", "add").Input(a).Input(b).Build();
  };
  cond(p_, branch, [&] { return y_; });
  ExpectCase("dependencies_inside");
}

TEST_F(CondTest, GuardsOneInputOnce) {
  const auto branch = [&] {
    const Output exp_x = exp(x_);
    return add_n({x_, x_, exp_x});
  };
  cond(p_, branch, [&] { return x_; });
  ExpectCase("shared_input");
}

TEST_F(CondTest, SwitchAndMergeStandAlone) {
  const auto [if_false, if_true] = switch_(x_, p_);
  const Output exp_x = exp(if_false);
  merge({exp_x, if_true});
  ExpectCase("switch_and_merge");
}

TEST_F(CondTest, GradientEqualsTensorFlow) {
  const Output z = cond(
      p_, [&] { return exp(x_); }, [&] { return negative(y_); });
  gradients(z, {x_, y_});
  ExpectCase("gradient");
}

TEST_F(CondTest, GradientOfAValueFromOutsideEqualsTensorFlow) {
  const Output z = cond(
      p_, [&] { return x_; }, [&] { return exp(y_); });
  gradients(exp(z), {x_, y_});
  ExpectCase("gradient_of_value_from_outside");
}

TEST_F(CondTest, GradientOfASharedInputEqualsTensorFlow) {
  const Output z = cond(
      p_, [&] { return exp(x_); }, [&] { return negative(x_); });
  gradients(z, x_, {.gate_gradients = true});
  ExpectCase("gradient_of_shared_input");
}

TEST_F(CondTest, GradientOfNestedEqualsTensorFlow) {
  const Output q = placeholder(bool_, Shape(), "q");
  const auto inner = [&] {
    return cond(
        q, [&] { return exp(x_); }, [&] { return negative(x_); });
  };
  const Output z = cond(p_, inner, [&] { return y_; });
  gradients(z, {x_, y_});
  ExpectCase("gradient_of_nested");
}

TEST_F(CondTest, GradientWithoutCondEqualsTensorFlow) {
  const auto [if_false, if_true] = switch_(x_, p_);
  const Output a = exp(if_false);
  const Output b = negative(if_true);
  gradients(merge({a, b}).output, x_);
  ExpectCase("gradient_without_cond");
}

TEST_F(CondTest, GradientOfPairsEqualsTensorFlow) {
  const auto if_true = [&] {
    const Output a = exp(x_);
    return std::pair(a, identity(y_));
  };
  const auto [a, b] = cond(p_, if_true, [&] { return std::pair(x_, exp(y_)); });
  gradients(exp(b), {x_, y_});
  ExpectCase("gradient_of_pairs");
}

TEST_F(CondTest, GradientOfConcatEqualsTensorFlow) {
  const Output z = cond(
      p_,
      [&] {
        return concat({x_, y_}, 0);
      },
      [&] {
        return concat({y_, y_}, -1);
      });
  gradients(z, {x_, y_});
  ExpectCase("gradient_of_concat");
}

TEST_F(CondTest, CallsEachBranchOnce) {
  int calls = 0;
  const auto branch = [&] {
    ++calls;
    return x_;
  };
  cond(p_, branch, branch);
  EXPECT_EQ(calls, 2);
}

TEST_F(CondTest, KnowsItsBranchesByTheirContexts) {
  Output inside;
  cond(
      p_, [&] { return inside = exp(x_); }, [&] { return y_; });
  const CondContext* const context = CondContext::Of(inside.node());
  ASSERT_NE(context, nullptr);
  EXPECT_EQ(context->branch(), 1);
  EXPECT_EQ(context->name(), "cond/cond_text");
  EXPECT_EQ(context->outer(), nullptr);
  EXPECT_EQ(CondContext::Of(x_.node()), nullptr);
  EXPECT_EQ(graph_.impl()->contexts().size(), 2u);
}

TEST_F(CondTest, LeavesTheContextWhenABranchThrows) {
  const auto branch = [&]() -> Output { throw std::runtime_error("no"); };
  EXPECT_THROW(cond(p_, branch, [&] { return x_; }), std::runtime_error);
  EXPECT_EQ(exp(x_).name(), "Exp:0");
  EXPECT_EQ(CondContext::Of(exp(x_).node()), nullptr);
}

TEST_F(CondTest, RefusesBranchesOfUnlikeNumbers) {
  const auto two = [&] { return std::vector<Output>{x_, y_}; };
  EXPECT_THAT(ErrorOf([&] { cond(p_, two, [&] { return x_; }); }),
              HasSubstr("The two structures don't have the same nested structure. 'true_fn' "
                        "returned 2 values, 'false_fn' 1."));
  const auto none = [] { return std::vector<Output>(); };
  EXPECT_THAT(ErrorOf([&] { cond(p_, none, none); }),
              HasSubstr("'true_fn' and 'false_fn' must return at least one result"));
}

TEST_F(CondTest, RefusesBranchesOfUnlikeTypes) {
  EXPECT_THAT(
      ErrorOf([&] {
        cond(
            p_, [&] { return x_; }, [&] { return p_; });
      }),
      StartsWith(
          "INVALID_ARGUMENT: Outputs of 'true_fn' and 'false_fn' must have the same type(s). "
          "Received float32 from "
          "'true_fn' and bool from 'false_fn'."));
}

TEST_F(CondTest, RefusesAPredicateThatIsNoTensor) {
  const auto branch = [&] { return x_; };
  EXPECT_THAT(ErrorOf([&] { cond(true, branch, branch); }), HasSubstr("'pred' must not be a bool"));
  EXPECT_THAT(ErrorOf([&] { cond(x_, branch, branch); }),
              HasSubstr("Input 'pred' of 'Switch' Op has type float32 that does not match expected "
                        "type of bool."));
}

TEST_F(CondTest, RefusesToMergeNothing) {
  EXPECT_THAT(ErrorOf([&] {
                merge({x_, Output()});
              }),
              HasSubstr("At least one of the merge inputs is None"));
}

TEST_F(CondTest, SmartCondBuildsOnlyTheKnownBranch) {
  const auto if_true = [&] { return exp(x_); };
  const auto if_false = [&] { return negative(x_); };
  EXPECT_EQ(smart_cond(true, if_true, if_false).name(), "Exp:0");
  EXPECT_EQ(smart_cond(0, if_true, if_false).name(), "Neg:0");
  EXPECT_EQ(smart_cond(constant(true), if_true, if_false).name(), "Exp_1:0");
  EXPECT_EQ(smart_cond(p_, if_true, if_false).name(), "cond/Merge:0");
  EXPECT_THAT(ErrorOf([&] { smart_cond(2, if_true, if_false); }),
              HasSubstr("must be a tensor, or a bool"));
}

TEST_F(CondTest, MergeKnowsWhatItsInputsHaveInCommon) {
  const Output a = placeholder(float32, {2, 3}, "a");
  const Output b = placeholder(float32, {2, 4}, "b");
  EXPECT_EQ(merge({a, b}).output.get_shape(), Shape({2, None}));
  EXPECT_EQ(merge({a, x_}).output.get_shape(), Shape::Unknown());
  EXPECT_EQ(merge({a, b}).value_index.get_shape(), Shape());
}

TEST_F(CondTest, EnterKnowsTheShapeOfAConstantOnly) {
  const auto enter = [&](bool is_constant) {
    return OpBuilder("Enter")
        .Input(x_)
        .Attr("frame_name", "loop")
        .Attr("is_constant", is_constant)
        .Build();
  };
  EXPECT_EQ(enter(true).get_shape(), Shape({2}));
  EXPECT_EQ(enter(false).get_shape(), Shape::Unknown());
}

TEST_F(CondTest, RefusesTheGradientOfALoopThatHasNoContext) {
  const Output entered = OpBuilder("Enter").Input(x_).Attr("frame_name", "loop").Build();
  const Output left = OpBuilder("Exit", "left").Input(entered).Build();
  EXPECT_THAT(ErrorOf([&] { gradients(left, x_); }),
              HasSubstr("Node 'left' (op: 'Exit') between ys and xs is the end of a loop of which "
                        "only the nodes were imported"));
}

}  // namespace
}  // namespace sessile
