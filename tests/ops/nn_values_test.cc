// tf.nn functions and their gradients compute what TensorFlow's do.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/operators.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/golden_values.h"

namespace sessile {
namespace {

class NNValuesTest : public FrontTest {
 protected:
  static Output Pattern(const Shape& shape, int64_t start = 0) {
    std::vector<double> values;
    for (int64_t i = start; i < start + shape.num_elements(); ++i) {
      values.push_back(static_cast<double>(i * 37 % 101 - 50) / 25.0);
    }
    return constant(values, {.dtype = float32, .shape = shape});
  }

  static void Expect(const std::string& name, const Output& output) {
    static const auto golden = ReadGoldenValues("nn_values.txt");
    const Tensor tensor = Session().run(output);
    std::vector<double> values;
    if (tensor.dtype() == float32) {
      for (const float x : tensor.flat<float>()) values.push_back(static_cast<double>(x));
    } else if (tensor.dtype() == int32) {
      for (const int32_t x : tensor.flat<int32_t>()) values.push_back(x);
    } else {
      for (const bool x : tensor.flat<bool>()) values.push_back(x ? 1 : 0);
    }
    EXPECT_THAT(values, ::testing::Pointwise(::testing::DoubleNear(1e-5), golden.at(name))) << name;
  }

  // Weighted, so that every element's gradient is another one.
  static void ExpectWithGradient(const std::string& name, const Output& y,
                                 const std::vector<Output>& xs) {
    Expect(name, y);
    const Output weights = Pattern(y.get_shape(), 11);
    const std::vector<Output> grads = gradients(y * weights, xs);
    for (size_t i = 0; i < xs.size(); ++i) {
      Expect(name + "_gradient_" + std::to_string(i), grads[i]);
    }
  }
};

TEST_F(NNValuesTest, Pools) {
  const Output x = Pattern({2, 5, 5, 3});
  ExpectWithGradient("max_pool_valid", nn::max_pool(x, 2, 2, "VALID"), {x});
  ExpectWithGradient("max_pool_same", nn::max_pool(x, {1, 3, 2, 1}, {1, 2, 1, 1}, "SAME"), {x});
  ExpectWithGradient("avg_pool_valid", nn::avg_pool(x, 2, 2, "VALID"), {x});
  ExpectWithGradient("avg_pool_same", nn::avg_pool(x, 3, {1, 2}, "SAME"), {x});
  Expect("max_pool_explicit", nn::max_pool(x, 3, 2, {{0, 0}, {1, 1}, {1, 0}, {0, 0}}));
}

TEST_F(NNValuesTest, VolumePools) {
  const Output x = Pattern({1, 3, 4, 4, 2});
  ExpectWithGradient("max_pool3d", nn::max_pool3d(x, 2, 2, "SAME"), {x});
  ExpectWithGradient("avg_pool3d", nn::avg_pool3d(x, 2, {1, 2, 2}, "SAME"), {x});
}

TEST_F(NNValuesTest, Softmax) {
  const Output logits = Pattern({4, 5});
  ExpectWithGradient("softmax", nn::softmax(logits), {logits});
  ExpectWithGradient("log_softmax", nn::log_softmax(logits), {logits});
}

TEST_F(NNValuesTest, CrossEntropies) {
  const Output logits = Pattern({4, 5});
  const Output labels = nn::softmax(Pattern({4, 5}, 3));
  ExpectWithGradient("cross_entropy",
                     nn::softmax_cross_entropy_with_logits_v2({.labels = labels, .logits = logits}),
                     {logits, labels});
  ExpectWithGradient(
      "sparse_cross_entropy",
      nn::sparse_softmax_cross_entropy_with_logits({.labels = {0, 4, 2, 2}, .logits = logits}),
      {logits});
}

TEST_F(NNValuesTest, LocalResponseNormalization) {
  const Output x = Pattern({2, 2, 2, 7});
  const Output y = nn::lrn(x, {.depth_radius = 2, .bias = 1.5, .alpha = 0.25, .beta = 0.75});
  ExpectWithGradient("lrn", y, {x});
}

TEST_F(NNValuesTest, DepthwiseConvolutions) {
  const Output x = Pattern({2, 5, 5, 3});
  const Output w = Pattern({3, 2, 3, 2}, 5);
  ExpectWithGradient("depthwise", nn::depthwise_conv2d(x, w, {1, 2, 2, 1}, "SAME"), {x, w});
  ExpectWithGradient("depthwise_valid", nn::depthwise_conv2d(x, w, {1, 1, 1, 1}, "VALID"), {x, w});
}

TEST_F(NNValuesTest, TransposedConvolution) {
  const Output x = Pattern({2, 5, 5, 3});
  const Output w = Pattern({3, 3, 4, 3}, 7);
  ExpectWithGradient("conv2d_transpose", nn::conv2d_transpose(x, w, {2, 10, 10, 4}, 2), {x, w});
}

TEST_F(NNValuesTest, TopK) {
  const Output logits = Pattern({4, 5});
  const auto [values, indices] = nn::top_k(logits, 3);
  Expect("top_k_values", values);
  Expect("top_k_indices", indices);
  Expect("in_top_k", nn::in_top_k(logits, {0, 4, 2, 7}, 2));
}

}  // namespace
}  // namespace sessile
