// Gradients of loops: TensorFlow's nodes, numbers, and what is refused.

#include <cmath>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/train.h"
#include "sessile/ops/variable.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class WhileGradientsTest : public ::testing::Test {
 protected:
  void ExpectCase(const std::string& name) { ExpectListing("while_gradients.txt", name, graph_); }
  static Output Vector(const char* name = "x") { return placeholder(float32, {2}, name); }

  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
};

// Turns while i < n, the first variable.
auto Turns(int n) {
  return [n](const std::vector<Output>& all) { return all[0] < n; };
}

Output SumIsBelow10(Output v) { return reduce_sum(v) < 10.0; }

TEST_F(WhileGradientsTest, OfASquareHasTensorFlowsNodes) {
  const Output x = Vector();
  const auto y = while_loop(SumIsBelow10, [](Output v) { return v * v; }, {x});
  gradients(y, x);
  ExpectCase("square");
}

TEST_F(WhileGradientsTest, OfAnInvariantMatrixHasTensorFlowsNodes) {
  const Output x = placeholder(float32, {1, 2}, "x");
  const Output w = placeholder(float32, {2, 2}, "w");
  const Output y = while_loop(Turns(3),
                              [&](Output i, Output v) {
                                const Output next = i + 1;
                                return std::pair(next, matmul(v, w));
                              },
                              {0, x})[1];
  gradients(y, {x, w});
  ExpectCase("invariant_matrix");
}

TEST_F(WhileGradientsTest, OfTwoVariablesHasTensorFlowsNodes) {
  const Output x = Vector();
  const auto y = while_loop(Turns(3),
                            [](Output i, Output a, Output b) {
                              const Output next = i + 1;
                              const Output product = a * b;
                              return std::tuple(next, product, b + 1.0);
                            },
                            {0, x, exp(x)});
  gradients({y[1], y[2]}, x);
  ExpectCase("two_variables");
}

TEST_F(WhileGradientsTest, OfAnUnusedExitHasTensorFlowsNodes) {
  const Output x = Vector();
  const Output u = placeholder(float32, {None}, "u");
  const auto y = while_loop(Turns(3),
                            [](Output i, Output a, Output b) {
                              const Output next = i + 1;
                              const Output product = a * b;
                              return std::tuple(next, product, sin(b));
                            },
                            {0, x, u});
  gradients(y[1], {x, u});
  ExpectCase("unused_exit");
}

TEST_F(WhileGradientsTest, OfAReplacedVariableHasTensorFlowsNodes) {
  const Output x = Vector();
  const Output u = placeholder(float32, {None}, "u");
  const auto y = while_loop(Turns(3),
                            [&](Output i, Output, Output) {
                              const Output next = i + 1;
                              const Output twice = x * 2.0;
                              return std::tuple(next, twice, exp(u));
                            },
                            {0, x, u});
  gradients({y[1], y[2]}, {x, u});
  ExpectCase("replaced_variable");
}

TEST_F(WhileGradientsTest, OfDynamicShapesHasTensorFlowsNodes) {
  const Output x = placeholder(float32, {None, None}, "x");
  const Output w = placeholder(float32, {None}, "w");
  const Output y = while_loop(Turns(3),
                              [&](Output i, Output v) {
                                const Output next = i + 1;
                                const Output product = v * w;
                                const Output mean = reduce_mean(v, {.axis = 0, .keepdims = true});
                                return std::pair(next, product + mean);
                              },
                              {0, x})[1];
  gradients(y, {x, w});
  ExpectCase("dynamic_shapes");
}

TEST_F(WhileGradientsTest, OfNestedLoopsHasTensorFlowsNodes) {
  const Output x = Vector();
  const Output w = placeholder(float32, {None}, "w");
  const Output y = while_loop(Turns(4),
                              [&](Output i, Output v) {
                                const Output inner =
                                    while_loop([&](Output j, Output) { return j < i; },
                                               [&](Output j, Output s) {
                                                 const Output next = j + 1;
                                                 return std::pair(next, s * v * w);
                                               },
                                               {0, v}, {.shape_invariants = {{}, {None}}})[1];
                                const Output next = i + 1;
                                return std::pair(next, reshape(inner, {2}) + v);
                              },
                              {0, x}, {.parallel_iterations = 1})[1];
  gradients(y, {x, w});
  ExpectCase("nested");
}

TEST_F(WhileGradientsTest, OfACondInsideHasTensorFlowsNodes) {
  const Output x = Vector();
  const Output w = placeholder(float32, {None}, "w");
  const Output y = while_loop(Turns(4),
                              [&](Output i, Output v) {
                                const Output even = equal(i % 2, 0);
                                const Output next = i + 1;
                                const Output chosen = cond(
                                    even, [&] { return v * v; }, [&] { return reduce_sum(w) * v; });
                                return std::pair(next, chosen);
                              },
                              {0, x}, {.swap_memory = true})[1];
  gradients(y, {x, w});
  ExpectCase("cond_inside");
}

TEST_F(WhileGradientsTest, InACondHasTensorFlowsNodes) {
  const Output x = Vector();
  const Output p = placeholder(bool_, Shape(), "p");
  const auto loop = [&] {
    return while_loop(Turns(3),
                      [&](Output i, Output v) {
                        const Output next = i + 1;
                        return std::pair(next, v * x);
                      },
                      {0, x})[1];
  };
  const Output y = cond(p, loop, [&] { return x; });
  gradients(y, x);
  ExpectCase("cond_around");
}

TEST_F(WhileGradientsTest, OfConstantsAndWithOptionsHasTensorFlowsNodes) {
  const Output x = Vector();
  const Output c = constant({2.0, 3.0}, {.name = "c"});
  const auto y =
      while_loop(SumIsBelow10,
                 [&](Output v) {
                   const Output scaled = sin(v) * c;
                   return scaled * constant({4.0, 5.0});
                 },
                 {x}, {.parallel_iterations = 3, .maximum_iterations = 5, .name = "loop"});
  gradients(y, x, {.colocate_gradients_with_ops = true, .gate_gradients = true});
  ExpectCase("constants_and_options");
}

TEST_F(WhileGradientsTest, WithoutBackPropHasTensorFlowsNodes) {
  const Output x = Vector();
  const auto y =
      while_loop(SumIsBelow10, [](Output v) { return v * v; }, {x}, {.back_prop = false});
  EXPECT_FALSE(gradients(y, x)[0].has_value());
  ExpectCase("without_back_prop");
}

TEST_F(WhileGradientsTest, InsideOfTheBodyHasTensorFlowsNodes) {
  const Output x = Vector();
  while_loop(Turns(3),
             [&](Output i, Output v) {
               const Output next = i + 1;
               return std::pair(next, gradients(exp(v * x), v)[0]);
             },
             {0, x});
  ExpectCase("inside_of_the_body");
}

TEST_F(WhileGradientsTest, AreThoseOfTheUnrolledLoop) {
  const Output x = placeholder(float32, Shape(), "x");
  const Output n = placeholder(int32, Shape(), "n");
  const Output w = placeholder(float32, Shape(), "w");
  const Output y = while_loop([&](Output i, Output) { return i < n; },
                              [&](Output i, Output v) {
                                const Output next = i + 1;
                                return std::pair(next, v * v * w);
                              },
                              {0, x})[1];
  // y = x^(2^n) w^(2^n - 1).
  const std::vector<Output> grads = gradients(y, {x, w});
  Session session;
  for (const int turns : {0, 1, 2, 3}) {
    const double power = 1 << turns;
    const auto values = session.run({grads[0], grads[1]}, {{x, 1.5}, {w, 0.5}, {n, turns}});
    EXPECT_THAT(values[0], IsTensor(power * std::pow(1.5 * 0.5, power - 1)));
    EXPECT_THAT(values[1], IsTensor((power - 1) * std::pow(1.5, power) * std::pow(0.5, power - 2)));
  }
}

TEST_F(WhileGradientsTest, AgreeWithDifferences) {
  const auto loop = [](Output x, Output w) {
    return while_loop(Turns(4),
                      [&](Output i, Output v) {
                        const Output next = i + 1;
                        return std::pair(next, tanh(matmul(v, w)) + reduce_mean(v));
                      },
                      {0, x})[1];
  };
  ExpectGradient(loop, {{2, 3}, {3, 3}});
}

TEST_F(WhileGradientsTest, AgreeWithDifferencesWhereLoopsAndConditionsAreNested) {
  const auto nested = [](Output x, Output w) {
    return while_loop(Turns(4),
                      [&](Output i, Output v) {
                        const Output inner = while_loop([&](Output j, Output) { return j < i; },
                                                        [&](Output j, Output s) {
                                                          const Output next = j + 1;
                                                          return std::pair(next, sin(s) * w + v);
                                                        },
                                                        {0, v})[1];
                        const Output even = equal(i % 2, 0);
                        const Output chosen = cond(
                            even, [&] { return inner * v; }, [&] { return exp(w) - inner; });
                        const Output next = i + 1;
                        return std::pair(next, chosen);
                      },
                      {0, x})[1];
  };
  ExpectGradient(nested, {{3}, {3}});
}

TEST_F(WhileGradientsTest, AgreeWithDifferencesForAVariableThatIsReplaced) {
  const auto replaced = [](Output x, Output w) {
    const auto all = while_loop(Turns(3),
                                [&](Output i, Output a, Output b) {
                                  const Output next = i + 1;
                                  const Output twice = x * 2.0;
                                  return std::tuple(next, twice, a * b + w);
                                },
                                {0, x, w});
    return all[1] + all[2];
  };
  ExpectGradient(replaced, {{2}, {2}});
}

TEST_F(WhileGradientsTest, TrainARecurrentCell) {
  // The sign of the sum of a sequence's elements, step after step through one cell.
  const int steps = 6;
  const Output x = placeholder(float32, {steps, None, 1}, "x");
  const Output y = placeholder(float32, {None, 1}, "y");
  const Variable w(constant({{0.3, -0.2, 0.1}}), {.name = "w"});
  const Variable u(constant({{0.2, 0.1, 0.0}, {0.0, 0.2, -0.1}, {0.1, 0.0, 0.2}}), {.name = "u"});
  const Variable out(constant({{0.1}, {-0.1}, {0.2}}), {.name = "out"});
  const Output rows = shape(x)[1];
  const Output start = zeros(stack({rows, constant(3)}));
  const Output state = while_loop(Turns(steps),
                                  [&](Output i, Output s) {
                                    const Output in = matmul(gather(x, i), w);
                                    const Output again = matmul(s, u);
                                    const Output next = i + 1;
                                    return std::pair(next, tanh(in + again));
                                  },
                                  {0, start}, {.shape_invariants = {{}, {None, 3}}})[1];
  const Output loss = reduce_mean(square(matmul(state, out) - y));
  const Operation train = train::AdamOptimizer(0.02).minimize(loss);
  std::vector<float> xs;
  std::vector<float> ys;
  const int batch = 32;
  for (int i = 0; i < steps * batch; ++i) {
    xs.push_back(static_cast<float>(std::sin(1.7 * i * i)));
  }
  for (int b = 0; b < batch; ++b) {
    float sum = 0;
    for (int t = 0; t < steps; ++t) sum += xs[static_cast<size_t>(t * batch + b)];
    ys.push_back(sum > 0 ? 1.0F : -1.0F);
  }
  const Tensor x_value = Tensor::FromValues<float>(Shape({steps, batch, 1}), xs).value();
  const Tensor y_value = Tensor::FromValues<float>(Shape({batch, 1}), ys).value();
  Session session;
  session.run(global_variables_initializer());
  const float before = session.run<float>(loss, {{x, x_value}, {y, y_value}});
  for (int step = 0; step < 200; ++step) session.run(train, {{x, x_value}, {y, y_value}});
  const float after = session.run<float>(loss, {{x, x_value}, {y, y_value}});
  EXPECT_GT(before, 0.8F);
  EXPECT_LT(after, 0.3F);
}

TEST_F(WhileGradientsTest, OfConcatEqualTensorFlow) {
  const Output x = Vector();
  const Output axis = constant(0, {.name = "axis"});
  const auto body = [&](Output i, Output v) {
    const Output next = i + 1;
    const Output middle = concat({v, v}, 0)[{{1, 3}}];
    const Output first = v[{{{}, 1}}];
    const Output rest = v[{{1, {}}}];
    return std::pair(next, middle * concat({first, rest}, axis));
  };
  const Output y = while_loop(Turns(3), body, {0, x})[1];
  gradients(y, x);
  ExpectCase("concat_inside");
}

TEST_F(WhileGradientsTest, OfCrossEntropiesEqualTensorFlow) {
  const Output x = placeholder(float32, {2, 3}, "x");
  const Output labels = placeholder(int32, {2}, "labels");
  const auto body = [&](Output i, Output v) {
    const Output loss =
        nn::sparse_softmax_cross_entropy_with_logits({.labels = labels, .logits = v});
    const Output next = i + 1;
    return std::pair(next, v * reduce_sum(loss));
  };
  const Output y = while_loop(Turns(3), body, {0, x})[1];
  gradients(y, x);
  ExpectCase("cross_entropy_inside");
}

TEST_F(WhileGradientsTest, OfCrossEntropiesOfOpenShapeEqualTensorFlow) {
  const Output x = placeholder(float32, {None, 3}, "x");
  const auto body = [&](Output i, Output v) {
    const Output next = i + 1;
    const Output loss =
        nn::softmax_cross_entropy_with_logits_v2({.labels = stop_gradient(v), .logits = v});
    return std::pair(next, v * reduce_sum(loss));
  };
  const Output y = while_loop(Turns(3), body, {0, x})[1];
  gradients(y, x);
  ExpectCase("cross_entropy_of_open_shape_inside");
}

TEST_F(WhileGradientsTest, HaveNoGradientsOfTheirOwn) {
  const Output x = placeholder(float32, Shape(), "x");
  const Output y = while_loop(SumIsBelow10, [](Output v) { return v * v; }, {x})[0];
  const Output z = placeholder(float32, Shape(), "z");
  const Output first = gradients(y, x, {.grad_ys = {z}})[0];
  // The stacks are no way for a gradient, here as in TensorFlow.
  EXPECT_FALSE(gradients(first, x)[0].has_value());
  const std::string error = ErrorOf([&] { gradients(first, z); });
  EXPECT_NE(error.find("Second-order gradient for while loops not supported"), std::string::npos)
      << error;
}

TEST_F(WhileGradientsTest, RefuseWhatALoopBeganWithInsideOfIt) {
  const Output x = placeholder(float32, Shape(), "x");
  std::string error;
  while_loop(SumIsBelow10,
             [&](Output v) {
               error = ErrorOf([&] { gradients(v, x); });
               return v * v;
             },
             {x});
  EXPECT_NE(error.find("Cannot compute gradient inside while loop"), std::string::npos) << error;
}

}  // namespace
}  // namespace sessile
