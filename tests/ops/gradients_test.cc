#include "sessile/ops/gradients.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/graph/import.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/error_of.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A test in a graph of its own.
class GradientsTest : public ::testing::Test {
 protected:
  void ExpectCase(const std::string& name) { ExpectListing("grads_gradients.txt", name, graph_); }

  Graph graph_;
  DefaultGraphScope with_ = graph_.as_default();
  Output x_ = placeholder(float32, {2}, "x");
};

// The graphs without the common placeholder.
TEST(GradientsGraphTest, ChainEqualsTensorFlow) {
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  const Output x = placeholder(float32, {2, 3}, "x");
  const Output neg = negative(x);
  gradients(exp(neg), x);
  ExpectListing("grads_gradients.txt", "chain", graph);
}

TEST(GradientsGraphTest, UnknownShapeEqualsTensorFlow) {
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  const Output x = placeholder(float32, Shape::Unknown(), "x");
  gradients(exp(x), x);
  ExpectListing("grads_gradients.txt", "unknown_shape", graph);
}

TEST(GradientsGraphTest, ScalarEqualsTensorFlow) {
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  const Output x = placeholder(float64, Shape(), "x");
  gradients(exp(x), x);
  ExpectListing("grads_gradients.txt", "scalar", graph);
}

TEST(GradientsGraphTest, GatesTheGradientsOfOneOperation) {
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  const Output x = placeholder(float32, {2, 3}, "x");
  const Output w = placeholder(float32, {3, 4}, "w");
  const Output y = OpBuilder("MatMul").Input(x).Input(w).Build();
  gradients(y, {x, w}, {.gate_gradients = true});
  ExpectListing("grads_gradients.txt", "gated", graph);
}

TEST_F(GradientsTest, AddsUpWhatComesOnSeveralWays) {
  const Output y = exp(x_);
  const Output neg = negative(y);
  gradients(add_n({y, neg, y}), {x_});
  ExpectCase("two_ways");
}

TEST_F(GradientsTest, AddsUpTwoByTwoIfAsked) {
  const Output y = exp(x_);
  const Output neg = negative(y);
  gradients(add_n({y, neg, y}), x_, {.aggregation_method = AggregationMethod::EXPERIMENTAL_TREE});
  ExpectCase("two_ways_tree");
}

TEST_F(GradientsTest, AddsUpFirstWhatIsOnOneDevice) {
  const Output y = exp(x_);
  Output grad;
  {
    const device on("/cpu:1");
    grad = placeholder(float32, {2}, "grad");
  }
  const Output z = negative(y);
  gradients({z, y, z, y}, x_, {.grad_ys = {grad, Output(), Output(), grad}});
  ExpectCase("two_ways_on_devices");
}

TEST_F(GradientsTest, TakesGivenGradYs) {
  const Output dz = placeholder(float32, {2}, "dz");
  const Output y = exp(x_);
  const Output z = negative(x_);
  gradients({y, z}, x_, {.grad_ys = {Output(), dz}, .name = "back"});
  ExpectCase("given_grad_ys");
}

TEST_F(GradientsTest, StopsWhereTold) {
  const Output y = exp(x_);
  const Output z = negative(y);
  const std::vector<Output> grads = gradients(z, {x_, y}, {.stop_gradients = {y}});
  EXPECT_FALSE(grads[0].has_value());
  EXPECT_TRUE(grads[1].has_value());
  ExpectCase("stopped");
}

TEST_F(GradientsTest, GivesZerosForUnconnectedIfAsked) {
  const Output u = placeholder(float32, {None}, "u");
  const std::vector<Output> grads =
      gradients(exp(x_), {x_, u}, {.unconnected_gradients = UnconnectedGradients::ZERO});
  EXPECT_EQ(grads[1].name(), "zeros_like:0");
  ExpectCase("unconnected_zeros");
}

TEST_F(GradientsTest, DifferentiatesAGradient) {
  const Output dy = gradients(exp(x_), x_)[0];
  gradients(dy, x_);
  ExpectCase("second_order");
}

TEST_F(GradientsTest, DifferentiatesATensorByItself) {
  const Output y = exp(x_);
  const std::vector<Output> grads = gradients({y, x_}, {x_, y});
  EXPECT_EQ(grads[0].name(), "gradients/AddN:0");
  EXPECT_EQ(grads[1].name(), "gradients/grad_ys_0:0");
  ExpectCase("y_is_x");
}

TEST_F(GradientsTest, ColocatesIfAsked) {
  Output y;
  {
    const device on("/cpu:0");
    y = exp(x_);
  }
  const std::vector<Output> grads =
      gradients(negative(y), x_, {.colocate_gradients_with_ops = true});
  EXPECT_EQ(grads[0].op().device(), "/device:CPU:0");
  ExpectCase("colocated");
}

TEST_F(GradientsTest, TreatsABlockingOperationAsAConstant) {
  const Output stopped = stop_gradient(x_);
  const Output first = exp(stopped);
  const Output second = exp(x_);
  gradients(OpBuilder("AddV2", "add").Input(first).Input(second).Build(), x_);
  ExpectCase("through_constant");
}

TEST_F(GradientsTest, GivesNothingForAnUnconnectedTensor) {
  const Output u = placeholder(float32, {2}, "u");
  EXPECT_FALSE(gradients(exp(x_), u)[0].has_value());
}

TEST_F(GradientsTest, GivesNothingThroughIntegers) {
  const Output i = OpBuilder("Cast").Input(x_).Attr("DstT", int32).Build();
  const Output back = OpBuilder("Cast").Input(i).Attr("DstT", float32).Build();
  EXPECT_FALSE(gradients(back, x_)[0].has_value());
}

TEST_F(GradientsTest, HasTheShapeOfX) {
  const Output y = placeholder(float32, Shape::Unknown(), "y");
  const Output sum = OpBuilder("AddV2").Input(x_).Input(y).Build();
  const std::vector<Output> grads = gradients(sum, {x_, y});
  EXPECT_EQ(grads[0].get_shape(), Shape({2}));
  EXPECT_EQ(grads[1].get_shape(), Shape::Unknown());
}

TEST_F(GradientsTest, GoesThroughALongChain) {
  Output y = x_;
  for (int i = 0; i < 10000; ++i) y = negative(y);
  EXPECT_TRUE(gradients(y, x_)[0].has_value());
}

TEST_F(GradientsTest, RefusesAnotherNumberOfGradYs) {
  const Output y = exp(x_);
  EXPECT_THAT(ErrorOf([&] {
                gradients({y, x_}, x_, {.grad_ys = {y}});
              }),
              StartsWith("INVALID_ARGUMENT: Length mismatch. Passed 1 grad_ys for 2 ys"));
}

TEST_F(GradientsTest, RefusesAGradYOfAWrongType) {
  const Output flags = placeholder(bool_, {2}, "flags");
  const Output y = exp(x_);
  EXPECT_THAT(
      ErrorOf([&] { gradients(y, x_, {.grad_ys = {flags}}); }),
      StartsWith("INVALID_ARGUMENT: Gradient type bool generated for real or integer-valued tensor "
                 "'Exp:0' with type float32 must be real or integer"));
  EXPECT_THAT(ErrorOf([&] { gradients(flags, x_, {.grad_ys = {y}}); }),
              HasSubstr("must be numeric to obtain a default gradient"));
}

TEST_F(GradientsTest, AsksForTheGradientOfAComplexTensor) {
  const Output z = placeholder(complex64, {2}, "z");
  EXPECT_THAT(ErrorOf([&] { gradients(z, z); }),
              HasSubstr("Gradients of complex tensors ('z:0') must set grad_ys"));
}

TEST_F(GradientsTest, RefusesTensorsOfTwoGraphs) {
  const Graph other;
  Output elsewhere;
  {
    const DefaultGraphScope with = other.as_default();
    elsewhere = placeholder(float32, {2}, "elsewhere");
  }
  EXPECT_THAT(ErrorOf([&] { gradients(exp(x_), elsewhere); }), HasSubstr("same graph"));
}

TEST(GradientErrorsTest, SaysWhichOperationHasNoGradientAndWhy) {
  OpRegistry ops;
  ops.Add("Source").Output("y: float").Shape(ScalarShape);
  ops.Add("Secret")
      .Input("x: float")
      .Output("y: float")
      .Shape(UnchangedShape)
      .NoGradient("it tells nobody");
  ops.Add("Fill")
      .Input("dims: int32")
      .Input("value: float")
      .Output("output: float")
      .Shape(ScalarShape)
      .NoGradient("unused");
  ops.Add("Const")
      .Output("output: dtype")
      .Attr("value: tensor")
      .Attr("dtype: type")
      .Shape(UnknownShape);
  const Graph graph(ops);
  const DefaultGraphScope with = graph.as_default();
  const Output x = OpBuilder("Source").Build();
  const Output y = OpBuilder("Secret", "scope/hidden").Input(x).Build();
  EXPECT_THAT(
      ErrorOf([&] { gradients(y, x); }),
      StartsWith(
          "NOT_FOUND: No gradient defined for operation 'scope/hidden' (op type: Secret): it "
          "tells nobody. To make it a constant for the gradient, use tf::stop_gradient."));
}

// Imports, as "in", the default graph and what reads an operation that nobody knows; returns in/x.
Output Unheard() {
  GraphDef def = get_default_graph().as_graph_def();
  std::string text = def.SerializeToText().value();
  text +=
      "node { name: 'u' op: 'Unheard' input: 'x' }"
      "node { name: 'y' op: 'Neg' input: 'u' attr { key: 'T' value { type: DT_FLOAT } } }"
      "node { name: 'z' op: 'Mul' input: 'u' input: 'x'"
      "       attr { key: 'T' value { type: DT_FLOAT } } }";
  errors::ThrowIfError(def.ParseFromText(text));
  import_graph_def(def, {.name = "in"});
  return get_default_graph().get_tensor_by_name("in/x:0");
}

TEST_F(GradientsTest, WhatIsNotRegisteredLetsNoGradientThrough) {
  const Output x = Unheard();
  const auto error = [&](const char* y) {
    return ErrorOf([&] { gradients(graph_.get_tensor_by_name(y), x); });
  };
  EXPECT_THAT(error("in/y:0"), HasSubstr("No gradient defined for operation 'in/u' (op type: "
                                         "Unheard): the operation is not registered"));
  EXPECT_THAT(error("in/z:0"), HasSubstr("Input 'x' of 'Mul' Op comes from 'in/u:0', whose type is "
                                         "not known: the operation 'Unheard' is not registered"));
}

}  // namespace
}  // namespace sessile
