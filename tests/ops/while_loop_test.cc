// Loops: TensorFlow's nodes, values, and what is refused.

#include <string>

#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/variable.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class WhileLoopTest : public ::testing::Test {
 protected:
  void ExpectCase(const std::string& name) { ExpectListing("while_loop.txt", name, graph_); }

  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
};

Output Below(Output i, Output) { return i < 10; }

TEST_F(WhileLoopTest, OfTwoVariablesHasTensorFlowsNodes) {
  const Output x = placeholder(float32, {2}, "x");
  while_loop(Below,
             [&](Output i, Output sum) {
               const Output next = i + 1;
               return std::pair(next, sum + x);
             },
             {0, zeros({2})});
  ExpectCase("two_variables");
}

TEST_F(WhileLoopTest, WithOptionsHasTensorFlowsNodes) {
  const Output x = placeholder(float32, {None, 1}, "x");
  while_loop([](Output v) { return size(v) < 20; },
             [](Output v) {
               return concat({v, v}, 0);
             },
             {x},
             {.shape_invariants = {{None, 1}},
              .parallel_iterations = 1,
              .maximum_iterations = 3,
              .name = "grow"});
  ExpectCase("options");
}

TEST_F(WhileLoopTest, NestedWithCondAndDependenciesHasTensorFlowsNodes) {
  const Output p = placeholder(bool_, Shape(), "p");
  const Variable v(1.0, {.name = "v"});
  const Output before = identity(v, "before");
  const control_dependencies after({before});
  while_loop(Below,
             [&](Output i, Output sum) {
               const Output inner = while_loop([](Output j, Output) { return j < 3; },
                                               [&](Output j, Output s) {
                                                 const Output next = j + 1;
                                                 return std::pair(next, s * v);
                                               },
                                               {0, sum})[1];
               const Output chosen = cond(
                   p, [&] { return inner + 1.0; }, [&] { return inner * v; });
               const Output next = i + 1;
               return std::pair(next, chosen);
             },
             {0, 1.0});
  ExpectCase("nested");
}

TEST_F(WhileLoopTest, Computes) {
  const Output n = placeholder(int32, Shape(), "n");
  const std::vector<Output> results = while_loop([&](Output i, Output) { return i < n; },
                                                 [](Output i, Output product) {
                                                   const Output next = i + 1;
                                                   return std::pair(next, product * next);
                                                 },
                                                 {0, 1});
  Session session;
  for (const auto& [turns, expected] : {std::pair(0, 1), {1, 1}, {5, 120}}) {
    const auto values = session.run({results[0], results[1]}, {{n, turns}});
    EXPECT_THAT(values[0], IsTensor(turns));
    EXPECT_THAT(values[1], IsTensor(expected));
  }
}

TEST_F(WhileLoopTest, ComputesWhereLoopsAndConditionsAreNested) {
  const auto total = while_loop(Below,
                                [](Output i, Output sum) {
                                  const Output row =
                                      while_loop([&](Output j, Output) { return j < i; },
                                                 [](Output j, Output s) {
                                                   const Output next = j + 1;
                                                   return std::pair(next, s + next);
                                                 },
                                                 {0, 0})[1];
                                  const Output even = equal(i % 2, 0);
                                  const Output added = cond(
                                      even, [&] { return sum + row; }, [&] { return sum - row; });
                                  const Output next = i + 1;
                                  return std::pair(next, added);
                                },
                                {0, 0});
  int expected = 0;
  for (int i = 0; i < 10; ++i) expected += (i % 2 == 0 ? 1 : -1) * i * (i + 1) / 2;
  EXPECT_THAT(Eval(total[1]), IsTensor(expected));
}

TEST_F(WhileLoopTest, GrowsAsItsInvariantAllows) {
  const auto grown = while_loop([](Output v) { return size(v) < 20; },
                                [](Output v) {
                                  return concat({v, v}, 0);
                                },
                                {constant({1.0, 2.0, 3.0})}, {.shape_invariants = {{None}}});
  EXPECT_THAT(Eval(grown[0]), HasShape({24}));
  const auto stopped = while_loop([](Output v) { return size(v) < 20; },
                                  [](Output v) {
                                    return concat({v, v}, 0);
                                  },
                                  {constant({1.0, 2.0, 3.0})},
                                  {.shape_invariants = {{None}}, .maximum_iterations = 2});
  EXPECT_THAT(Eval(stopped[0]), HasShape({12}));
}

TEST_F(WhileLoopTest, RefusesWhatNoLoopCanBe) {
  const auto error = [](auto cond, auto body, const std::vector<Input>& vars,
                        const WhileOptions& options = {}) {
    return ErrorOf([&] { while_loop(cond, body, vars, options); });
  };
  const auto goes_on = [](Output v) { return reduce_sum(v) < 1.0; };
  EXPECT_NE(error(goes_on, [](Output v) { return cast(v, int32); }, {1.0}).find("enters the loop"),
            std::string::npos);
  EXPECT_NE(error(goes_on,
                  [](Output v) {
                    return concat({v, v}, 0);
                  },
                  {zeros({2})})
                .find("has shape (4,) after one iteration"),
            std::string::npos);
  EXPECT_NE(error(goes_on, [](Output v) { return std::pair(v, v); }, {1.0}).find("'body'"),
            std::string::npos);
  EXPECT_NE(error(goes_on, [](Output v) { return v; }, {zeros({2})}, {.shape_invariants = {{3}}})
                .find("is not compatible with the initial shape"),
            std::string::npos);
  EXPECT_NE(error(Below, Below, {1.0}).find("takes 2 values, but there are 1"), std::string::npos);
  EXPECT_NE(error(goes_on, [](Output v) { return v; }, {}).find("'loop_vars'"), std::string::npos);
}

TEST_F(WhileLoopTest, ThatIsNotTakenIsDeadOnceThoughItHasTwoWaysIn) {
  const Output p = placeholder(bool_, Shape(), "p");
  const SwitchResult sides = switch_(constant(1.0), p);
  const auto enter = [&] {
    return OpBuilder("Enter")
        .Input(sides.output_true)
        .Attr("frame_name", std::string("frame"))
        .Build();
  };
  const Output first = enter();
  const Output second = enter();
  const Output inside = merge({first, second}).output;
  const Output exit = OpBuilder("Exit").Input(inside).Build();
  const Output other = identity(sides.output_false);
  const Output result = merge({exit, other}).output;
  for (const bool taken : {false, true}) EXPECT_THAT(Eval(result, {{p, taken}}), IsTensor(1.0));
}

TEST_F(WhileLoopTest, RefusesAVectorOfMaximumIterations) {
  const auto many = [] {
    while_loop([](Output v) { return v < 1.0; }, [](Output v) { return v; }, {1.0},
               {.maximum_iterations = {{1, 2}}});
  };
  EXPECT_NE(ErrorOf(many).find("'maximum_iterations' must be a scalar"), std::string::npos);
}

}  // namespace
}  // namespace sessile
