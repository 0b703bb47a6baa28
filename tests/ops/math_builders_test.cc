// The builders of array and math operations make TensorFlow's nodes, in its order.

#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

// Each test builds one case of tests/golden/math_builders.txt in a graph of its own.
class MathBuildersTest : public ::testing::Test {
 protected:
  void ExpectCase(const std::string& name) { ExpectListing("math_builders.txt", name, graph_); }

  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(MathBuildersTest, OfUnaryFunctions) {
  const Output x = placeholder(float32, {None, 3}, "x");
  for (auto* fn :
       {negative, exp, log, log1p, reciprocal, rsqrt, sqrt, square, abs, sign, tanh, sigmoid}) {
    fn(x, {});
  }
  exp(1.5);
  square(x, "named");
  ExpectCase("unary");
}

TEST_F(MathBuildersTest, OfBinaryFunctions) {
  const Output x = placeholder(float32, {None, 3}, "x");
  for (auto* fn :
       {add, subtract, multiply, divide, truediv, floordiv, floormod, maximum, minimum,
        squared_difference, pow, equal, not_equal, less, less_equal, greater, greater_equal}) {
    fn(x, 2, {});
    fn(x, x, "named");
  }
  truediv(placeholder(int32, Shape(), "i"), 3);
  divide(2.0, x);
  add(1.5, 2);
  ExpectCase("binary");
}

TEST_F(MathBuildersTest, OfMoreUnaryFunctions) {
  const Output x = placeholder(float32, {None, 3}, "x");
  for (auto* fn :
       {expm1, sin,  cos,    tan,     asin,  acos, atan, sinh,   cosh,   asinh,     acosh, atanh,
        erf,   erfc, lgamma, digamma, floor, ceil, rint, is_nan, is_inf, is_finite, round}) {
    fn(x, {});
  }
  round(1.5, "named");
  round(placeholder(int32, Shape(), "i"));
  invert(1);
  ExpectCase("more_unary");
}

TEST_F(MathBuildersTest, OfMoreBinaryFunctions) {
  const Output x = placeholder(float32, {None, 3}, "x");
  const Output i = placeholder(int32, Shape(), "i");
  for (auto* fn : {div, mod, truncatemod, truncatediv, div_no_nan, multiply_no_nan}) {
    fn(x, 2.0, {});
    fn(x, x, "named");
  }
  for (auto* fn : {atan2, xlogy, xdivy, polygamma, zeta}) fn(x, x, {});
  div(i, 2);
  div_no_nan(2.0, x);
  div_no_nan(i, 2);
  for (auto* fn : {bitwise_and, bitwise_or, bitwise_xor, left_shift, right_shift}) fn(i, 3, {});
  ExpectCase("more_binary");
}

TEST_F(MathBuildersTest, OfLogic) {
  logical_and(true, false);
  logical_or({true, false}, true);
  logical_not(true);
  logical_xor(true, false);
  logical_xor(true, false, "named");
  ExpectCase("logic");
}

TEST_F(MathBuildersTest, OfReductions) {
  const Output x = placeholder(float32, {None, 3}, "x");
  for (auto* fn : {reduce_sum, reduce_mean, reduce_prod, reduce_max, reduce_min}) fn(x, {});
  const Output b = placeholder(bool_, {2}, "b");
  reduce_all(b);
  reduce_any(b, {.axis = 0, .keepdims = true, .name = "named"});
  reduce_sum(x, {.axis = 1});
  reduce_sum(x, {.axis = {0, -1}});
  reduce_sum(x, {.axis = std::vector<int>{}});
  reduce_sum(placeholder(float32, Shape::Unknown(), "u"));
  reduce_sum(placeholder(float32, Shape(), "s"));
  reduce_sum({1.0, 2.0});
  ExpectCase("reductions");
}

TEST_F(MathBuildersTest, OfCasts) {
  const Output x = placeholder(float32, {2}, "x");
  cast(x, float32);
  cast(x, int64);
  cast(1, float32);
  cast(1.5, float32);
  cast(true, float32, "named");
  ExpectCase("casts");
}

TEST_F(MathBuildersTest, OfProductsAndSums) {
  const Output x = placeholder(float32, {None, 2}, "x");
  matmul(x, {{1, 2}, {3, 4}});
  matmul(x, x, {.transpose_b = true, .name = "named"});
  matmul(x, x, {.adjoint_a = true});
  add_n({x, x});
  add_n({x});
  add_n({x}, "one");
  ExpectCase("products_and_sums");
}

TEST_F(MathBuildersTest, OfIndices) {
  const Output x = placeholder(float32, {None, 3}, "x");
  argmax(x);
  argmax(x, 1, {.output_type = int32});
  argmin(x, -1, {.name = "named"});
  gather(x, {0});
  gather(x, {0}, {.axis = 1});
  gather(x, {0}, {.axis = 1, .batch_dims = 1});
  range(5);
  range(1, 5.0);
  range(1, 5, 2, {.dtype = int64, .name = "named"});
  ExpectCase("indices");
}

TEST_F(MathBuildersTest, OfShapes) {
  const Output x = placeholder(float32, {None, 3}, "x");
  const Output y = placeholder(float32, {2, 3}, "y");
  const Output u = placeholder(float32, Shape::Unknown(), "u");
  for (const Output& t : {x, y, u}) {
    shape(t);
    size(t);
    rank(t);
  }
  shape(y, {.out_type = int64});
  shape({1.0, 2.0});
  size(placeholder(float32, {None, 0}, "empty"));
  shape_n({x, y});
  ExpectCase("shapes");
}

TEST_F(MathBuildersTest, OfArrangements) {
  const Output x = placeholder(float32, {None, 1, 3}, "x");
  identity(x);
  stop_gradient(x);
  reshape(x, {-1});
  reshape(placeholder(float32, {None}, "one"), std::vector<int>{});
  squeeze(x);
  squeeze(x, {.axis = 1});
  squeeze(x, {.axis = {-2}});
  expand_dims(x, -1);
  tile(x, {2, 1, 1});
  broadcast_to(x, {5, 4, 3});
  transpose(x);
  transpose(x, {2, 0, 1});
  transpose(placeholder(float32, Shape::Unknown(), "u"));
  where({true, false}, {1.0, 2.0}, {3.0, 4.0});
  where_v2({true, false}, 1.0, 0.0);
  ExpectCase("arrangements");
}

TEST_F(MathBuildersTest, OfStacks) {
  const Output x = placeholder(float32, Shape(), "x");
  stack({x, x});
  stack({1, x});
  stack({x, x}, {.axis = -1});
  stack({{1.0, 2.0}, {3.0, 4.0}}, {.axis = 1});
  ExpectCase("stacks");
}

}  // namespace
}  // namespace sessile
