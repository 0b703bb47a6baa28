#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class ActivationsTest : public ::testing::Test {
 protected:
  static Output GradOp(const char* op, const Input& gradients, const Input& features) {
    return OpBuilder(op).Input(gradients).Input(features).Build();
  }
  Graph graph_;
  DefaultGraphScope with_{graph_};
};

TEST_F(ActivationsTest, BuildWhatTensorFlowDoes) {
  const Output x = placeholder(float32, {None, 3});
  std::vector<Output> ys = {nn::relu6(x)};
  ys.push_back(nn::leaky_relu(x));
  ys.push_back(nn::leaky_relu(x, 0.5, "leaky"));
  ys.push_back(nn::elu(x));
  ys.push_back(nn::selu(x));
  ys.push_back(nn::softplus(x, "plus"));
  ys.push_back(nn::softsign(x));
  const Output integers = constant({1, 2});
  ys.push_back(nn::leaky_relu(integers));
  ys.push_back(nn::sigmoid(x));
  ys.push_back(nn::tanh(x));
  gradients(ys, {x});
  ExpectListing("nn.txt", "activations", graph_);
}

TEST_F(ActivationsTest, GradientsOfGradientsAreTensorFlows) {
  const Output g = placeholder(float32, {None, 3});
  const Output x = placeholder(float32, {None, 3});
  std::vector<Output> ys = {GradOp("Relu6Grad", g, x)};
  ys.push_back(OpBuilder("LeakyReluGrad").Input(g).Input(x).Attr("alpha", 0.5f).Build());
  for (const char* op : {"EluGrad", "SeluGrad", "SoftplusGrad"}) ys.push_back(GradOp(op, g, x));
  gradients(ys, {g, x});
  ExpectListing("nn.txt", "activation_gradient_gradients", graph_);
}

TEST_F(ActivationsTest, ComputeTheirFunctions) {
  const Output x = constant({-2.0, -0.5, 0.0, 0.5, 8.0});
  EXPECT_THAT(Eval(nn::relu6(x)), IsTensor({0.0, 0.0, 0.0, 0.5, 6.0}));
  EXPECT_THAT(Eval(nn::relu6({-3, 4, 9})), IsTensor({0, 4, 6}));
  EXPECT_THAT(Eval(nn::leaky_relu(x)), IsTensor({-0.4, -0.1, 0.0, 0.5, 8.0}));
  EXPECT_THAT(Eval(nn::leaky_relu(x, -1.0)), IsTensor({2.0, 0.5, 0.0, 0.5, 8.0}));
  EXPECT_THAT(Eval(nn::elu(x)), IsTensor({-0.864664717, -0.393469340, 0.0, 0.5, 8.0}));
  EXPECT_THAT(Eval(nn::selu(x)),
              IsTensor({-1.52016652, -0.691758113, 0.0, 0.525350494, 8.40560789}));
  EXPECT_THAT(Eval(nn::softplus(x)),
              IsTensor({0.126928011, 0.474076984, 0.693147181, 0.974076984, 8.000335406}));
  EXPECT_THAT(Eval(nn::softsign(x)),
              IsTensor({-0.666666667, -0.333333333, 0.0, 0.333333333, 0.888888889}));
}

TEST_F(ActivationsTest, SoftplusNeitherOverflowsNorVanishes) {
  EXPECT_THAT(Eval(nn::softplus({-80.0, 1000.0})), IsTensor({1.8048513878454153e-35, 1000.0}));
  EXPECT_GT(Eval(nn::softplus({-80.0})).flat<float>()[0], 0.0f);
}

TEST_F(ActivationsTest, InferShapes) {
  for (const char* op : {"Relu6", "LeakyRelu", "Elu", "Selu", "Softplus", "Softsign"}) {
    ExpectShape(op, "[2,?]", "[2,?]");
    ExpectShape(op + std::string("Grad"), "[2,?];[?,3]", "[2,3]");
    ExpectShapeError(op + std::string("Grad"), "[2];[3]", "Dimension 0 in both shapes must be");
  }
}

TEST_F(ActivationsTest, GradientOperationsWantOneShape) {
  const Output features = placeholder(float32);
  const Output grad = GradOp("EluGrad", {1.0, 2.0}, features);
  EXPECT_THAT(
      [&] {
        Eval(grad, {{features, {1.0f}}});
      },
      ::testing::ThrowsMessage<errors::InvalidArgumentError>(::testing::HasSubstr(
          "must have the same size and shape.  Input 0: [2] != input 1: [1]")));
}

using Function = Output (*)(Input, std::string_view);

TEST(ActivationsGradientTest, MatchesDifferences) {
  const auto leaky = [](Input x, std::string_view) { return nn::leaky_relu(std::move(x), 0.3); };
  for (const Function f :
       {nn::relu6, nn::elu, nn::selu, nn::softplus, nn::softsign, static_cast<Function>(leaky)}) {
    const auto call = [f](Output x) { return f(x, ""); };
    ExpectGradient(call, {{4, 3}}, {.low = 0.1, .high = 2.0});
    ExpectGradient(call, {{4, 3}}, {.low = -2.0, .high = -0.1});
  }
}

TEST(ActivationsSecondGradientTest, MatchesDifferences) {
  const auto leaky = [](Input x, std::string_view) { return nn::leaky_relu(std::move(x), 0.3); };
  for (const Function f :
       {nn::relu6, nn::elu, nn::selu, nn::softplus, static_cast<Function>(leaky)}) {
    const auto squared = [f](Output x) { return square(f(x, "")); };
    ExpectSecondGradient(squared, {{3, 2}}, {.low = -2.0, .high = -0.1});
  }
}

// The gradient of Softplus is a Sigmoid, so that its own operation must be built by name.
TEST(SoftplusGradGradientTest, MatchesDifferences) {
  const auto grad = [](Output g, Output x) {
    return OpBuilder("SoftplusGrad").Input(g).Input(x).Build();
  };
  ExpectGradient(grad, {{3, 2}, {3, 2}}, {.low = -2.0, .high = 2.0});
}

}  // namespace
}  // namespace sessile
