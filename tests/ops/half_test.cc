// Operations on half and bfloat16 give what they give on floats, rounded.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/golden_values.h"

namespace sessile {
namespace {

class HalfTest : public FrontTest {
 protected:
  using Function = std::function<Output(const Output& x, const Output& y)>;

  // Of x [2,4,4,3] and y [3,3,3,5].
  static void ExpectRounded(const std::string& name, const Function& f) {
    for (const DataType type : {float16, bfloat16}) {
      const Output x = cast(constant(Wave({2, 4, 4, 3}, 5, 2.0)), type);
      const Output y = cast(constant(Wave({3, 3, 3, 5}, 90, 1.0)), type);
      const Output of_half = f(x, y);
      const Output of_float = cast(f(cast(x, float32), cast(y, float32)), type);
      EXPECT_EQ(of_half.dtype(), type) << name;
      Session session;
      const auto found = session.run<std::vector<float>>(Flat(of_half));
      EXPECT_EQ(found, session.run<std::vector<float>>(Flat(of_float)))
          << name << " of " << DataTypeName(type);
      EXPECT_FALSE(found.empty());
    }
  }
  static Output Flat(const Output& x) { return reshape(cast(x, float32), {-1}); }
};

TEST_F(HalfTest, Products) {
  ExpectRounded("MatMul", [](auto& x, auto& y) {
    return matmul(reshape(x, {12, 8}), reshape(y, {15, 9})[{{0, 8}}]);
  });
  ExpectRounded("Conv2D", [](auto& x, auto& y) {
    return nn::conv2d(x, y, {.strides = {1, 1, 1, 1}, .padding = "SAME"});
  });
  ExpectRounded("BiasAdd", [](auto& x, auto& y) { return nn::bias_add(x, y[0][0][0][{{0, 3}}]); });
}

TEST_F(HalfTest, GradientsOfProducts) {
  ExpectRounded("Conv2DBackpropFilter", [](auto& x, auto& y) {
    return gradients(nn::conv2d(x, y, {.strides = {1, 1, 1, 1}, .padding = "SAME"}), y)[0];
  });
  ExpectRounded("Conv2DBackpropInput", [](auto& x, auto& y) {
    return gradients(nn::conv2d(x, y, {.strides = {1, 2, 2, 1}, .padding = "VALID"}), x)[0];
  });
  ExpectRounded("ReluGrad", [](auto& x, auto&) { return gradients(nn::relu(x), x)[0]; });
}

TEST_F(HalfTest, RowsAndImages) {
  ExpectRounded("Softmax", [](auto& x, auto&) { return nn::softmax(x); });
  ExpectRounded("Mean", [](auto& x, auto&) { return reduce_mean(x, {.axis = 1}); });
  ExpectRounded("MaxPool", [](auto& x, auto&) { return nn::max_pool(x, 2, 2, "VALID"); });
  ExpectRounded("Exp", [](auto& x, auto&) { return exp(x); });
  // Without axes it is the input itself.
  ExpectRounded("Sum", [](auto& x, auto&) { return reduce_sum(x, {.axis = std::vector<int>{}}); });
}

}  // namespace
}  // namespace sessile
