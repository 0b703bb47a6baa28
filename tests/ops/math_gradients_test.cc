// The gradients of array and math operations are built of TensorFlow's nodes, in its order.

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/math.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

// Builds one case in a graph of its own and compares it with tests/golden/math_gradients.txt.
void ExpectCase(const std::string& name, const std::function<void()>& build) {
  SCOPED_TRACE(name);
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  build();
  ExpectListing("math_gradients.txt", name, graph);
}

Output X(const Shape& shape) { return placeholder(float32, shape, "x"); }

using UnaryFn = Output (*)(Input, std::string_view);
using BinaryFn = Output (*)(Input, Input, std::string_view);
using ReduceFn = Output (*)(Input, ReduceOptions);

void ExpectUnary(const std::string& name, UnaryFn fn, bool twice = true) {
  ExpectCase("unary " + name, [&] {
    const Output x = placeholder(float64, {None, 3}, "x");
    const std::vector<Output> first = gradients(fn(x, {}), x);
    if (twice) gradients(first[0], x);
  });
}

TEST(MathGradientsTest, OfUnaryFunctionsEqualTensorFlowsTwice) {
  ExpectUnary("negative", negative);
  ExpectUnary("exp", exp);
  ExpectUnary("log", log);
  ExpectUnary("log1p", log1p);
  ExpectUnary("reciprocal", reciprocal);
  ExpectUnary("rsqrt", rsqrt);
  ExpectUnary("sqrt", sqrt);
  ExpectUnary("square", square);
  ExpectUnary("abs", abs);
  ExpectUnary("sign", sign, /*twice=*/false);
  ExpectUnary("tanh", tanh);
  ExpectUnary("sigmoid", sigmoid);
}

TEST(MathGradientsTest, OfMoreUnaryFunctionsEqualTensorFlows) {
  const std::vector<std::pair<std::string, UnaryFn>> functions = {
      {"expm1", expm1}, {"sin", sin},     {"cos", cos},       {"tan", tan},
      {"asin", asin},   {"acos", acos},   {"atan", atan},     {"sinh", sinh},
      {"cosh", cosh},   {"asinh", asinh}, {"acosh", acosh},   {"atanh", atanh},
      {"erf", erf},     {"erfc", erfc},   {"lgamma", lgamma}, {"digamma", digamma}};
  for (const auto& [name, fn] : functions) ExpectUnary(name, fn, /*twice=*/false);
}

void ExpectBinary(const std::string& name, BinaryFn fn, const std::string& shapes,
                  const Shape& x_shape, const Shape& y_shape) {
  ExpectCase(absl::StrCat("binary ", name, " ", shapes), [&] {
    const Output x = X(x_shape);
    const Output y = placeholder(float32, y_shape, "y");
    gradients(fn(x, y, {}), {x, y});
  });
}

TEST(MathGradientsTest, ReduceWhatWasBroadcast) {
  ExpectBinary("multiply", multiply, "same", {2, 3}, {2, 3});
  ExpectBinary("multiply", multiply, "known", {2, 3}, {3});
  ExpectBinary("multiply", multiply, "open", {None, 3}, {3});
  ExpectBinary("multiply", multiply, "ones", {2, 3}, {1, 1});
  ExpectBinary("multiply", multiply, "unknown", {None, 3}, {None, 3});
  ExpectBinary("multiply", multiply, "no_rank", Shape::Unknown(), {3});
}

TEST(MathGradientsTest, OfBinaryFunctionsEqualTensorFlows) {
  const std::vector<std::pair<std::string, BinaryFn>> functions = {
      {"add", add},
      {"subtract", subtract},
      {"truediv", truediv},
      {"floordiv", floordiv},
      {"floormod", floormod},
      {"maximum", maximum},
      {"minimum", minimum},
      {"squared_difference", squared_difference},
      {"pow", pow},
      {"atan2", atan2},
      {"xlogy", xlogy},
      {"xdivy", xdivy},
      {"multiply_no_nan", multiply_no_nan},
      {"divide_no_nan", div_no_nan},
      {"igamma", igamma},
      {"igammac", igammac},
      {"polygamma", polygamma},
      {"zeta", zeta}};
  for (const auto& [name, fn] : functions) {
    ExpectBinary(name, fn, "same", {2, 3}, {2, 3});
    ExpectBinary(name, fn, "known", {2, 3}, {3});
  }
}

void ExpectReduction(const std::string& name, ReduceFn fn, const Shape& shape,
                     const ReduceOptions& options) {
  ExpectCase("reduce " + name, [&] {
    const Output x = X(shape);
    gradients(fn(x, options), x);
  });
}

TEST(MathGradientsTest, OfSumsEqualTensorFlows) {
  const std::vector<std::pair<std::string, Shape>> shapes = {
      {"2x3", {2, 3}}, {"Nonex3", {None, 3}}, {"unknown", Shape::Unknown()}};
  const std::vector<std::pair<std::string, Axes>> all_axes = {
      {"all", {}}, {"0", 0}, {"[1]", {1}}, {"[0,1]", {0, 1}}};
  for (const auto& [shape_name, shape] : shapes) {
    for (const auto& [axes_name, axes] : all_axes) {
      ExpectReduction(absl::StrCat("sum ", shape_name, " ", axes_name, " drop"), reduce_sum, shape,
                      {.axis = axes});
    }
  }
  ExpectReduction("sum  all drop", reduce_sum, Shape(), {});
}

TEST(MathGradientsTest, OfReductionsThatKeepDimensionsEqualTensorFlows) {
  ExpectReduction("sum 2x3 [-1] keep", reduce_sum, {2, 3}, {.axis = {-1}, .keepdims = true});
  ExpectReduction("sum Nonex3 1 keep", reduce_sum, {None, 3}, {.axis = 1, .keepdims = true});
  ExpectReduction("min Nonex3 1 keep", reduce_min, {None, 3}, {.axis = 1, .keepdims = true});
}

TEST(MathGradientsTest, OfMeansAndMaximaEqualTensorFlows) {
  ExpectReduction("mean 2x3 1 drop", reduce_mean, {2, 3}, {.axis = 1});
  ExpectReduction("mean Nonex3 1 drop", reduce_mean, {None, 3}, {.axis = 1});
  ExpectReduction("mean Nonex3 all drop", reduce_mean, {None, 3}, {});
  ExpectReduction("max 2x3 1 drop", reduce_max, {2, 3}, {.axis = 1});
  ExpectReduction("max Nonex3 1 drop", reduce_max, {None, 3}, {.axis = 1});
}

TEST(MathGradientsTest, OfAxesThatAreKnownWhenTheGraphRuns) {
  const std::vector<std::pair<std::string, ReduceFn>> functions = {{"sum", reduce_sum},
                                                                   {"mean", reduce_mean}};
  for (const auto& [name, fn] : functions) {
    ExpectCase(absl::StrCat("reduce ", name, " at run time"), [fn = fn] {
      const Output x = X({2, 3});
      const Output axes = placeholder(int32, {None}, "axes");
      gradients(fn(x, {.axis = axes}), x);
    });
  }
}

TEST(MathGradientsTest, LeaveTheTraceOfAReducedShapeOnce) {
  ExpectCase("same_reduction_twice", [] {
    const Output x = X({2, 3});
    const Output y = reduce_sum(x, {.axis = 1});
    const Output z = reduce_mean(x, {.axis = 1});
    gradients({y, z}, x);
  });
}

TEST(MathGradientsTest, GoThroughTheGradientOfASum) {
  ExpectCase("sum_twice_differentiated", [] {
    const Output x = X({2, 3});
    const Output sum = reduce_sum(x, {.axis = 1});
    const std::vector<Output> first = gradients(square(sum), x);
    gradients(first[0], x);
  });
}

TEST(MathGradientsTest, OfMatrixProductsEqualTensorFlows) {
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      ExpectCase(absl::StrCat("matmul ", static_cast<int>(ta), " ", static_cast<int>(tb)), [&] {
        const Output a = placeholder(float32, ta ? Shape({2, None}) : Shape({None, 2}), "a");
        const Output b = placeholder(float32, tb ? Shape({3, 2}) : Shape({2, 3}), "b");
        gradients(matmul(a, b, {.transpose_a = ta, .transpose_b = tb}), {a, b});
      });
    }
  }
}

TEST(MathGradientsTest, OfOtherShapesOfTheSameElements) {
  ExpectCase("reshapes", [] {
    const Output x = X({None, 1, 3});
    const Output y = reshape(x, {-1});
    const Output z = squeeze(x, {.axis = {1}});
    const Output u = expand_dims(x, 0);
    gradients({y, z, u}, x);
  });
  ExpectCase("transpose", [] {
    const Output x = X({2, 3});
    gradients(transpose(x, {1, 0}), x);
  });
}

TEST(MathGradientsTest, SumWhatWasRepeated) {
  ExpectCase("tile", [] {
    const Output x = X({None, 3});
    gradients(tile(x, {2, 1}), x);
  });
  ExpectCase("broadcast_to", [] {
    const Output x = X({1, 3});
    gradients(broadcast_to(x, {4, 3}), x);
  });
  ExpectCase("broadcast_to_at_run_time", [] {
    const Output x = X({None, 3});
    const Output to = placeholder(int64, {2}, "to");
    gradients(broadcast_to(x, to), x);
  });
  ExpectCase("fill", [] {
    const Output x = X(Shape());
    gradients(fill({2, 3}, x), x);
  });
}

TEST(MathGradientsTest, GoToWhatWasSelected) {
  ExpectCase("select", [] {
    const Output condition = placeholder(bool_, {2, 3}, "condition");
    const Output x = X({2, 3});
    const Output y = placeholder(float32, {2, 3}, "y");
    gradients(where(condition, x, y), {x, y});
  });
  ExpectCase("select_v2", [] {
    const Output condition = placeholder(bool_, {2, 1}, "condition");
    const Output x = X({2, 3});
    const Output y = placeholder(float32, Shape(), "y");
    gradients(where_v2(condition, x, y), {x, y});
  });
}

TEST(MathGradientsTest, GoThroughCastsOfNumbersWithAPointOnly) {
  ExpectCase("casts", [] {
    const Output x = X({2});
    const Output y = cast(x, float64);
    const Output integer = cast(x, int32);
    const Output z = cast(integer, float32);
    gradients({y, z}, x);
  });
}

TEST(MathGradientsTest, OfASumOfManyGoToEach) {
  ExpectCase("sums", [] {
    const Output x = X({2});
    const Output y = placeholder(float32, {2}, "y");
    gradients(add_n({x, y, x}), {x, y});
  });
}

}  // namespace
}  // namespace sessile
