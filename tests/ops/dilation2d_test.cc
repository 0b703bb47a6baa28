#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/nn.h"
#include "sessile/sessile.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/golden_values.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class Dilation2DTest : public FrontTest {};

using nn::Dilation2DOptions;

const std::vector<std::pair<std::string, Dilation2DOptions>>& Cases() {
  static const auto* const cases = new std::vector<std::pair<std::string, Dilation2DOptions>>{
      {"valid", {.strides = {1, 2, 1, 1}, .rates = {1, 1, 2, 1}, .padding = "VALID"}},
      {"same", {.strides = {1, 1, 2, 1}, .rates = {1, 2, 1, 1}, .padding = "SAME"}}};
  return *cases;
}

TEST_F(Dilation2DTest, InfersShapes) {
  const NodeFacts facts = {.attrs = {{"strides", std::vector<int64_t>{1, 2, 1, 1}},
                                     {"rates", std::vector<int64_t>{1, 1, 2, 1}},
                                     {"padding", "VALID"}}};
  ExpectShape("Dilation2D", "[?,6,5,3];[3,2,?]", "[?,2,3,3]", facts);
  ExpectShape("Dilation2DBackpropFilter", "[2,6,5,3];[3,2,3];?", "[3,2,3]", facts);
  ExpectShapeError("Dilation2D", "[1,6,5,3];[3,2,4]", "must be equal, but are 3 and 4", facts);
}

TEST_F(Dilation2DTest, ValuesAreTensorFlows) {
  for (const auto& [name, options] : Cases()) {
    const std::vector<Output> in = {constant(Wave({2, 6, 5, 3}, 7)), constant(Wave({3, 2, 3}, 9))};
    const Output y = nn::dilation2d(in[0], in[1], options);
    ExpectKernelValues("dilation_" + name, Eval(y));
    const auto grads = gradients(y, in, {.grad_ys = {Wave(y.get_shape(), 13)}});
    ExpectKernelValues("dilation_by_input_" + name, Eval(grads[0]));
    ExpectKernelValues("dilation_by_filter_" + name, Eval(grads[1]));
  }
}

TEST_F(Dilation2DTest, GradientsMatchDifferences) {
  for (const auto& [name, options] : Cases()) {
    ExpectGradient(
        [options = options](Output x, Output f) { return nn::dilation2d(x, f, options); },
        {{2, 5, 4, 2}, {3, 2, 2}});
  }
}

TEST_F(Dilation2DTest, TakesNoImages) {
  EXPECT_THAT(Eval(nn::dilation2d(zeros({0, 6, 5, 3}), zeros({3, 2, 3}), Cases()[0].second)),
              HasShape({0, 2, 3, 3}));
}

}  // namespace
}  // namespace sessile
