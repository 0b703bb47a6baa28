// Gradients through TensorArrays: TensorFlow's nodes and numbers.

#include <string>

#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/higher_order.h"
#include "sessile/ops/math.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/tensor_array.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class TensorArrayGradientsTest : public ::testing::Test {
 protected:
  void ExpectCase(const std::string& name) {
    ExpectListing("tensor_array_gradients.txt", name, graph_);
  }

  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(TensorArrayGradientsTest, OfReadsAndWritesHaveTensorFlowsNodes) {
  const Output x = placeholder(float32, {2}, "x");
  TensorArray array(float32, {.size = 2, .clear_after_read = false});
  array = array.write(0, x);
  array = array.write(1, x * 2.0);
  const Output first = array.read(0);
  const Output second = array.read(1);
  gradients(first * second, x);
  ExpectCase("read_and_written");
}

TEST_F(TensorArrayGradientsTest, OfStacksHaveTensorFlowsNodes) {
  const Output x = placeholder(float32, {3, 2}, "x");
  const TensorArray array = TensorArray(float32, {.size = 3}).unstack(x);
  gradients(exp(array.stack()), x);
  gradients(exp(array.gather({2, 0})), x, {.name = "gradients_again"});
  ExpectCase("stacked");
}

TEST_F(TensorArrayGradientsTest, OfConcatAndSplitHaveTensorFlowsNodes) {
  const Output x = placeholder(float32, {None, 2}, "x");
  const TensorArray array =
      TensorArray(float32, {.size = 2, .infer_shape = false}).split(x, {1, 3});
  gradients(exp(array.concat()), x);
  const TensorArray even = TensorArray(float32, {.size = 2, .name = "even"}).split(x, {2, 2});
  gradients(even.concat(), x);
  ExpectCase("concatenated");
}

TEST_F(TensorArrayGradientsTest, OfMapFnHaveTensorFlowsNodes) {
  const Output x = placeholder(float32, {3, 2}, "x");
  const Output w = placeholder(float32, {2}, "w");
  gradients(map_fn([&](Output v) { return v * w; }, x), {x, w});
  ExpectCase("mapped");
}

TEST_F(TensorArrayGradientsTest, OfScanHaveTensorFlowsNodes) {
  const Output x = placeholder(float32, {None, 2}, "x");
  const Output w = placeholder(float32, {2}, "w");
  gradients(scan([&](Output a, Output v) { return a * w + v; }, x), {x, w});
  ExpectCase("scanned");
}

TEST_F(TensorArrayGradientsTest, OfFoldlHaveTensorFlowsNodes) {
  const Output x = placeholder(float32, {3}, "x");
  gradients(foldl([](Output a, Output v) { return a * v; }, x), x);
  ExpectCase("folded");
}

TEST_F(TensorArrayGradientsTest, AgreeWithDifferences) {
  const auto pieces = [](Output x) {
    const TensorArray array =
        TensorArray(float64, {.size = 2, .clear_after_read = false, .infer_shape = false})
            .split(x, {1, 3});
    const Output read = array.read(1);
    return reduce_sum(square(read)) + reduce_sum(tanh(array.concat()));
  };
  ExpectGradient(pieces, {{4, 2}});
  const auto elements = [](Output x) {
    TensorArray array(float64, {.size = 3, .clear_after_read = false});
    array = array.write(0, sin(x));
    array = array.scatter({2, 1}, stack({exp(x), x}));
    const Output product = array.read(0) * array.read(2);
    return reduce_sum(product) + reduce_sum(array.gather({1})) + reduce_sum(tanh(array.stack()));
  };
  ExpectGradient(elements, {{2}});
}

TEST_F(TensorArrayGradientsTest, OfFunctionsOfElementsAgreeWithDifferences) {
  ExpectGradient(
      [](Output x, Output w) {
        return map_fn([&](Output row) { return reduce_sum(sin(row) * w); }, x);
      },
      {{3, 2}, {2}});
  ExpectGradient(
      [](Output x, Output w) {
        return scan([&](Output a, Output row) { return tanh(a * w + row); }, x);
      },
      {{4, 2}, {2}});
  ExpectGradient(
      [](Output x, Output w) {
        return foldr([&](Output a, Output row) { return a * row + w; }, x);
      },
      {{4, 2}, {2}});
}

TEST_F(TensorArrayGradientsTest, NeedACallWhoseNameBeginsWithGradients) {
  const Output x = placeholder(float32, {3}, "x");
  const TensorArray array = TensorArray(float32, {.size = 3}).unstack(x);
  const Output y = array.stack();
  EXPECT_NE(ErrorOf([&] {
              gradients(y, x, {.name = "slopes"});
            }).find("Expected op/tensor name to start with gradients"),
            std::string::npos);
}

TEST_F(TensorArrayGradientsTest, AHandleNeedsAFlowAndNothingElse) {
  const TensorArray array(float32, {.size = 3});
  EXPECT_NE(ErrorOf([&] {
              TensorArray(float32, {.handle = array.handle()});
            }).find("flow must not be None"),
            std::string::npos);
  EXPECT_NE(ErrorOf([&] {
              TensorArray(float32, {.size = 2, .handle = array.handle(), .flow = array.flow()});
            }).find("Cannot provide both a `handle` and"),
            std::string::npos);
}

}  // namespace
}  // namespace sessile
