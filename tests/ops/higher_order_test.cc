#include "sessile/ops/higher_order.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/tensor_array.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

class HigherOrderTest : public ::testing::Test {
 protected:
  void ExpectCase(const std::string& name) { ExpectListing("higher_order.txt", name, graph_); }

  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(HigherOrderTest, TensorArraysAreTensorFlows) {
  const Output x = placeholder(float32, {None, 2}, "x");
  TensorArray array(float32, {.size = 3, .element_shape = {2}});
  array = array.write(0, {1.0, 2.0});
  array = array.write(1, x[0]);
  array.read(1);
  array.stack();
  array.gather({0, 1});
  array.size();
  TensorArray other(float32, {.size = 0,
                              .dynamic_size = true,
                              .clear_after_read = false,
                              .tensor_array_name = "more",
                              .infer_shape = false,
                              .name = "other"});
  other = other.unstack(x);
  other.read(0, "first");
  other.concat();
  other.size();
  other.stack("all");
  const Output row = x[{{{}, 1}}];
  other.scatter({3}, row).close();
  ExpectCase("arrays");
}

TEST_F(HigherOrderTest, MapsAreTensorFlows) {
  const Output x = placeholder(float32, {3, 2}, "x");
  const Output y = placeholder(float32, {None, 2}, "y");
  const Output z = placeholder(int32, {None}, "z");
  const Output doubled = map_fn([](Output v) { return v * 2.0; }, x);
  const auto [sums, same] = map_fn(
      [](Output a, Output b) {
        const Output sum = reduce_sum(a);
        return std::pair(sum, b);
      },
      {y, z}, {.dtype = {float32, int32}, .parallel_iterations = 4, .name = "named"});
  ExpectCase("mapped");
  EXPECT_EQ(doubled.get_shape(), Shape({3, 2}));
  Session session;
  EXPECT_THAT(session.run(doubled, {{x, {{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}}}),
              IsTensor({{2.0, 4.0}, {6.0, 8.0}, {10.0, 12.0}}));
  EXPECT_THAT(session.run(sums, {{y, {{1.0, 2.0}, {3.0, 4.0}}}, {z, {7, 8}}}),
              IsTensor({3.0, 7.0}));
  EXPECT_THAT(session.run(same, {{y, {{1.0, 2.0}, {3.0, 4.0}}}, {z, {7, 8}}}), IsTensor({7, 8}));
}

TEST_F(HigherOrderTest, ScansAreTensorFlows) {
  const Output x = placeholder(float32, {3, 2}, "x");
  const Output y = placeholder(float32, {None}, "y");
  const Output sums = scan([](Output a, Output v) { return a + v; }, x);
  const Output products = scan([](Output a, Output v) { return a * v; }, y,
                               {.initializer = {1.0}, .reverse = true, .name = "named"});
  ExpectCase("scanned");
  Session session;
  EXPECT_THAT(session.run(sums, {{x, {{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}}}),
              IsTensor({{1.0, 2.0}, {4.0, 6.0}, {9.0, 12.0}}));
  EXPECT_THAT(session.run(products, {{y, {2.0, 3.0, 5.0}}}), IsTensor({30.0, 15.0, 5.0}));
}

TEST_F(HigherOrderTest, FoldsAreTensorFlows) {
  const Output x = placeholder(float32, {3, 2}, "x");
  const Output y = placeholder(float32, {None}, "y");
  const Output sum = foldl([](Output a, Output v) { return a + v; }, x);
  const Output product =
      foldl([](Output a, Output v) { return a * v; }, y, {.initializer = {1.0}, .name = "named"});
  const Output difference = foldr([](Output a, Output v) { return a - v; }, y);
  ExpectCase("folded");
  Session session;
  EXPECT_THAT(session.run(sum, {{x, {{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}}}), IsTensor({9.0, 12.0}));
  EXPECT_THAT(session.run(product, {{y, {2.0, 3.0, 5.0}}}), IsTensor(30.0));
  EXPECT_THAT(session.run(difference, {{y, {2.0, 3.0, 5.0}}}), IsTensor(0.0));
}

TEST_F(HigherOrderTest, RefuseWhatDoesNotFit) {
  const Output x = placeholder(float32, {3, 2}, "x");
  EXPECT_THAT(ErrorOf([&] { map_fn([](Output v) { return v; }, constant(1.0)); }),
              HasSubstr("must be 1+ dimensional Tensors, not scalars"));
  EXPECT_THAT(ErrorOf([&] { map_fn([](Output v) { return std::pair(v, v); }, x); }),
              HasSubstr("returned 2 values, but there are 1 dtypes"));
  EXPECT_THAT(ErrorOf([&] { map_fn([](Output v) { return cast(v, int32); }, x); }),
              HasSubstr("TensorArray dtype is float32, but the value written has dtype int32"));
  EXPECT_THAT(ErrorOf([&] { TensorArray(float32, {.size = 1}).write(0, x).write(0, {1.0}); }),
              HasSubstr("Inconsistent shapes: saw (1,) but expected (3, 2)"));
  EXPECT_THAT(ErrorOf([&] { TensorArray(float32, {}); }), HasSubstr("`size`"));
}

}  // namespace
}  // namespace sessile
