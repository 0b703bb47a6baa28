// Wrong uses of the front end: each ends in an exception of the right class that says who, what was
// expected and what came, with the text that TensorFlow users know, and where the node was built.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sessile/sessile.h"

namespace tf = sessile;

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The message of the E that `wrong` throws; a failure if it throws nothing or something else.
template <typename E>
std::string MessageOf(const std::function<void()>& wrong) {
  try {
    wrong();
  } catch (const E& e) {
    return e.message();
  } catch (const std::exception& e) {
    ADD_FAILURE() << "another exception: " << e.what();
    return e.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

class WrongUseTest : public ::testing::Test {
 protected:
  tf::Graph graph_;
  tf::DefaultGraphScope with_{graph_};
};

using Invalid = tf::errors::InvalidArgumentError;

// ---- Feeding and fetching.

TEST_F(WrongUseTest, UnfedPlaceholder) {
  auto x = tf::placeholder(tf::float32, {tf::None, 10}, "x");
  auto y = tf::nn::relu(x);
  tf::Session sess;
  EXPECT_THAT(MessageOf<Invalid>([&] { sess.run(y); }),
              HasSubstr("You must feed a value for placeholder tensor 'x' with dtype float and "
                        "shape [?,10]"));
}

TEST_F(WrongUseTest, FeedOfAnotherDtype) {
  auto x = tf::placeholder(tf::float32, {}, "x");
  tf::Session sess;
  const std::string message = MessageOf<Invalid>([&] {
    sess.run(x, {{x, tf::Tensor::Scalar<int32_t>(1)}});
  });
  EXPECT_THAT(message, HasSubstr("x:0"));
  EXPECT_THAT(message, HasSubstr("int32"));
}

TEST_F(WrongUseTest, FeedThatWouldChangeANumber) {
  auto x = tf::placeholder(tf::int32, {}, "x");
  tf::Session sess;
  EXPECT_THAT(MessageOf<Invalid>([&] { sess.run(x, {{x, 1.5}}); }), HasSubstr("x:0"));
  EXPECT_THAT(MessageOf<Invalid>([&] {
                sess.run(x, {{x, int64_t{3'000'000'000}}});
              }),
              HasSubstr("x:0"));
}

TEST_F(WrongUseTest, FeedOfAnotherShape) {
  auto x = tf::placeholder(tf::float32, {tf::None, 10}, "x");
  tf::Session sess;
  auto value = *tf::Tensor::Zeros(tf::float32, {64, 64, 3});
  EXPECT_THAT(MessageOf<Invalid>([&] {
                sess.run(x, {{x, value}});
              }),
              HasSubstr("Cannot feed value of shape (64, 64, 3) for Tensor 'x:0', which has shape "
                        "'(?, 10)'"));
}

TEST_F(WrongUseTest, RaggedFeed) {
  auto x = tf::placeholder(tf::float32, tf::Shape::Unknown(), "x");
  tf::Session sess;
  EXPECT_THAT(MessageOf<Invalid>([&] {
                sess.run(x, {{x, {{1.0, 2.0}, {3.0}}}});
              }),
              HasSubstr("x:0"));
}

TEST_F(WrongUseTest, FeedOfATensorOfAnotherGraph) {
  auto x = tf::placeholder(tf::float32, {}, "x");
  tf::Graph other;
  tf::Output theirs;
  {
    auto with = other.as_default();
    theirs = tf::placeholder(tf::float32, {}, "theirs");
  }
  tf::Session sess;
  EXPECT_THAT(MessageOf<Invalid>([&] {
                sess.run(x, {{x, 1.0}, {theirs, 1.0}});
              }),
              HasSubstr("is not an element of this graph"));
}

TEST_F(WrongUseTest, TensorFedTwice) {
  auto x = tf::placeholder(tf::float32, {}, "x");
  tf::Session sess;
  EXPECT_THAT(MessageOf<Invalid>([&] {
                sess.run(x, {{x, 1.0}, {x, 2.0}});
              }),
              HasSubstr("fed more than once"));
}

TEST_F(WrongUseTest, FetchFromAnotherGraph) {
  tf::constant(1.0);
  tf::Graph other;
  tf::Output theirs;
  {
    auto with = other.as_default();
    theirs = tf::constant(1.0, {.name = "theirs"});
  }
  tf::Session sess;
  EXPECT_THAT(MessageOf<Invalid>([&] { sess.run(theirs); }),
              HasSubstr("is not an element of this graph"));
}

TEST_F(WrongUseTest, FetchOfAnEmptyTensor) {
  tf::constant(1.0);
  tf::Session sess;
  EXPECT_THAT(MessageOf<Invalid>([&] { sess.run(tf::Output()); }), HasSubstr("empty"));
}

TEST_F(WrongUseTest, FetchAsAnotherType) {
  auto x = tf::constant(1, {.name = "x"});
  tf::Session sess;
  const std::string message = MessageOf<Invalid>([&] { sess.run<float>(x); });
  EXPECT_THAT(message, HasSubstr("int32"));
  EXPECT_THAT(message, HasSubstr("float"));
}

TEST_F(WrongUseTest, VectorFetchedAsANumber) {
  auto x = tf::constant({1.0, 2.0});
  tf::Session sess;
  EXPECT_THAT(MessageOf<Invalid>([&] { sess.run<float>(x); }), HasSubstr("[2]"));
}

// ---- Sessions and graphs.

TEST_F(WrongUseTest, UninitializedVariable) {
  auto w = tf::Variable(tf::zeros({2}), {.name = "W"});
  auto y = tf::nn::relu(w);
  tf::Session sess;
  EXPECT_THAT(MessageOf<tf::errors::FailedPreconditionError>([&] { sess.run(y); }),
              HasSubstr("Attempting to use uninitialized value W"));
}

TEST_F(WrongUseTest, ClosedSession) {
  auto x = tf::constant(1.0);
  tf::Session sess;
  sess.close();
  EXPECT_THAT(MessageOf<tf::errors::OpError>([&] { sess.run(x); }),
              HasSubstr("Attempted to use a closed Session."));
}

TEST_F(WrongUseTest, EmptyGraph) {
  tf::Session sess;
  EXPECT_THAT(MessageOf<tf::errors::OpError>([&] { sess.run(std::vector<tf::Fetch>()); }),
              HasSubstr("The Session graph is empty.  Add operations to the graph before calling "
                        "run()."));
}

TEST_F(WrongUseTest, FinalizedGraph) {
  auto x = tf::placeholder(tf::float32, {2});
  graph_.finalize();
  EXPECT_THAT(MessageOf<tf::errors::OpError>([] { tf::constant(1.0); }),
              HasSubstr("Graph is finalized and cannot be modified."));
  EXPECT_THAT(MessageOf<tf::errors::OpError>([&] { x + 1.0; }),
              Not(HasSubstr("passed to parameter")));
}

TEST_F(WrongUseTest, TensorsOfTwoGraphs) {
  auto mine = tf::constant(1.0, {.name = "mine"});
  tf::Graph other;
  auto with = other.as_default();
  auto theirs = tf::constant(1.0, {.name = "theirs"});
  EXPECT_THAT(
      MessageOf<Invalid>([&] { mine + theirs; }),
      AllOf(HasSubstr("Tensor 'theirs:0' (line wrong_use_test.cc:"),
            HasSubstr("must be from the same graph as Tensor 'mine:0' (line wrong_use_test.cc:"),
            HasSubstr("(built at wrong_use_test.cc:")));
}

TEST(WrongUseOfResetTest, GraphAfterReset) {
  tf::reset_default_graph();
  auto x = tf::constant(1.0);
  tf::Session sess;
  tf::reset_default_graph();
  EXPECT_THAT(MessageOf<tf::errors::FailedPreconditionError>([&] { sess.run(x); }),
              HasSubstr("reset_default_graph"));
  EXPECT_THAT(MessageOf<tf::errors::FailedPreconditionError>([&] { x + 1.0; }),
              HasSubstr("reset_default_graph"));
  EXPECT_THAT(MessageOf<tf::errors::FailedPreconditionError>([&] { tf::nn::relu(x); }),
              HasSubstr("reset_default_graph"));
}

TEST_F(WrongUseTest, ScopesDestroyedOutOfOrder) {
  auto outer = std::make_unique<tf::name_scope>("outer");
  auto inner = std::make_unique<tf::name_scope>("inner");
  outer.reset();
  EXPECT_THAT(MessageOf<tf::errors::InternalError>([] { tf::constant(1.0); }),
              HasSubstr("destroyed out of order"));
  inner.reset();
  EXPECT_NO_THROW(tf::constant(1.0, {.name = "again"}));
}

// ---- Building.

TEST_F(WrongUseTest, MatMulOfShapesThatDoNotFit) {
  auto a = tf::placeholder(tf::float32, {tf::None, 3});
  auto b = tf::placeholder(tf::float32, {5, 1});
  EXPECT_THAT(MessageOf<Invalid>([&] { tf::matmul(a, b); }),
              HasSubstr("Dimensions must be equal, but are 3 and 5 for 'MatMul' (op: 'MatMul') "
                        "with input shapes: [?,3], [5,1]."));
}

TEST_F(WrongUseTest, SumOfShapesThatDoNotBroadcast) {
  auto a = tf::placeholder(tf::float32, {2});
  auto b = tf::placeholder(tf::float32, {3});
  EXPECT_THAT(MessageOf<Invalid>([&] { a + b; }),
              HasSubstr("Dimensions must be equal, but are 2 and 3"));
}

TEST_F(WrongUseTest, SumOfShapesThatDoNotBroadcastWhenTheGraphRuns) {
  auto a = tf::placeholder(tf::float32, tf::Shape::Unknown(), "a");
  auto sum = a + a;
  auto b = tf::placeholder(tf::float32, tf::Shape::Unknown(), "b");
  sum = a + b;
  tf::Session sess;
  const std::string message = MessageOf<Invalid>([&] {
    sess.run(sum, {{a, {1.0, 2.0}}, {b, {1.0, 2.0, 3.0}}});
  });
  EXPECT_THAT(message, HasSubstr("Incompatible shapes: [2] vs. [3]"));
  EXPECT_THAT(message, HasSubstr("wrong_use_test.cc:"));
}

TEST_F(WrongUseTest, ReshapeToAnotherNumberOfElements) {
  auto x = tf::placeholder(tf::float32, {2, 3});
  EXPECT_THAT(MessageOf<Invalid>([&] { tf::reshape(x, {4}); }),
              HasSubstr("Cannot reshape a tensor with 6 elements to shape [4] (4 elements)"));
  auto unknown = tf::placeholder(tf::float32);
  auto y = tf::reshape(unknown, {4});
  tf::Session sess;
  EXPECT_THAT(MessageOf<Invalid>([&] {
                sess.run(y, {{unknown, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}}});
              }),
              HasSubstr("Input to reshape is a tensor with 6 values, but the requested shape has "
                        "4"));
}

TEST_F(WrongUseTest, OperandsOfTwoDtypes) {
  auto a = tf::constant(1.0, {.name = "a"});
  auto b = tf::constant(1, {.name = "b"});
  const std::string message = MessageOf<Invalid>([&] { a + b; });
  EXPECT_THAT(message, HasSubstr("float32"));
  EXPECT_THAT(message, HasSubstr("int32"));
}

TEST_F(WrongUseTest, NumberThatTheDtypeCannotHold) {
  auto a = tf::constant(1, {.name = "a"});
  EXPECT_THAT(MessageOf<Invalid>([&] { a * 1.5; }), HasSubstr("int32"));
}

TEST_F(WrongUseTest, RaggedList) {
  EXPECT_THAT(MessageOf<Invalid>([] {
                tf::constant({{1, 2}, {3}});
              }),
              HasSubstr("Expected a dense list, but its items have the shapes [2] and [1]"));
}

TEST_F(WrongUseTest, NegativeDimension) {
  EXPECT_THAT(MessageOf<Invalid>([] { tf::placeholder(tf::float32, {-5}); }),
              HasSubstr("Dimension -5 must be >= 0"));
}

TEST_F(WrongUseTest, TensorThatNoMemoryHolds) {
  auto huge = tf::zeros({1 << 30, 1 << 25}, tf::float32);
  tf::Session sess;
  EXPECT_THAT(MessageOf<tf::errors::OpError>([&] { sess.run(huge); }),
              HasSubstr("[1073741824,33554432]"));
}

TEST_F(WrongUseTest, MoreElementsThanCanBeCounted) {
  EXPECT_THAT(MessageOf<tf::errors::OpError>([] {
                auto huge = tf::zeros({1 << 30, 1 << 30, 1 << 30});
                tf::Session sess;
                sess.run(huge);
              }),
              HasSubstr("Shape [1073741824,1073741824,1073741824] is too large"));
}

TEST_F(WrongUseTest, MalformedName) {
  EXPECT_THAT(MessageOf<Invalid>([] { tf::constant(1.0, {.name = "a b"}); }),
              AllOf(HasSubstr("'a b' is not a valid"), HasSubstr("built at wrong_use_test.cc:")));
}

TEST_F(WrongUseTest, UnknownDimensionUsedAsANumber) {
  auto x = tf::placeholder(tf::float32, {tf::None, 10});
  EXPECT_THAT(MessageOf<Invalid>([&] { tf::reshape(x, {x.get_shape().as_list()[0] * 10}); }),
              HasSubstr("An unknown dimension (None) was used as a number"));
}

TEST_F(WrongUseTest, ConvolutionOfAWrongRankPaddingOrStride) {
  auto flat = tf::placeholder(tf::float32, {tf::None, 10});
  auto image = tf::placeholder(tf::float32, {tf::None, 8, 8, 3});
  auto filter = tf::placeholder(tf::float32, {3, 3, 3, 4});
  EXPECT_THAT(MessageOf<Invalid>([&] {
                tf::nn::conv2d(flat, filter, {.strides = {1, 1, 1, 1}, .padding = "SAME"});
              }),
              HasSubstr("must be rank 4 but is rank 2"));
  EXPECT_THAT(MessageOf<Invalid>([&] {
                tf::nn::conv2d(image, filter, {.strides = {1, 1, 1, 1}, .padding = "LARGE"});
              }),
              HasSubstr("LARGE"));
  EXPECT_THAT(MessageOf<Invalid>([&] {
                tf::nn::conv2d(image, filter, {.strides = {1, 0, 1, 1}, .padding = "SAME"});
              }),
              HasSubstr("Stride must be > 0, but got 0"));
}

TEST_F(WrongUseTest, DenseLayerOfAnUnknownWidth) {
  auto x = tf::placeholder(tf::float32, {tf::None, tf::None});
  EXPECT_THAT(MessageOf<Invalid>([&] { tf::layers::dense(x, 10); }),
              HasSubstr("The last dimension of the inputs to a Dense layer should be defined. "
                        "Found None."));
}

TEST_F(WrongUseTest, BranchesOfTwoDtypes) {
  auto p = tf::placeholder(tf::bool_, {});
  EXPECT_THAT(MessageOf<Invalid>([&] {
                tf::cond(
                    p, [] { return tf::constant(1.0); }, [] { return tf::constant(1); });
              }),
              HasSubstr("Outputs of 'true_fn' and 'false_fn' must have the same type(s). Received "
                        "float32 from 'true_fn' and int32 from 'false_fn'."));
}

// ---- Variables.

TEST_F(WrongUseTest, VariableThatExistsAlready) {
  tf::get_variable("w", {2});
  EXPECT_THAT(MessageOf<Invalid>([] { tf::get_variable("w", {2}); }),
              HasSubstr("Variable w already exists, disallowed. Did you mean to set reuse=True or "
                        "reuse=tf.AUTO_REUSE in VarScope?"));
}

TEST_F(WrongUseTest, ReuseOfAVariableThatDoesNotExist) {
  tf::variable_scope scope("s", {.reuse = true});
  EXPECT_THAT(MessageOf<Invalid>([] { tf::get_variable("w", {2}); }),
              HasSubstr("Variable s/w does not exist, or was not created with tf.get_variable()."));
}

TEST_F(WrongUseTest, ReuseOfAVariableOfAnotherShapeOrDtype) {
  tf::get_variable("w", {3});
  tf::variable_scope scope(tf::get_variable_scope(), {.reuse = true});
  EXPECT_THAT(MessageOf<Invalid>([] { tf::get_variable("w", {2}); }),
              HasSubstr("Trying to share variable w, but specified shape (2,) and found shape "
                        "(3,)."));
  EXPECT_THAT(MessageOf<Invalid>([] { tf::get_variable("w", {3}, {.dtype = tf::float64}); }),
              HasSubstr("Trying to share variable w, but specified dtype float64 and found dtype "
                        "float32_ref."));
}

TEST_F(WrongUseTest, AssignmentOfAnotherShape) {
  auto w = tf::Variable(tf::zeros({2}), {.name = "w"});
  EXPECT_THAT(MessageOf<Invalid>([&] { tf::assign(w, tf::zeros({3})); }),
              HasSubstr("Dimension 0 in both shapes must be equal, but are 2 and 3. Shapes are [2] "
                        "and [3]."));
}

// ---- Gradients.

TEST_F(WrongUseTest, LossThatNoVariableReaches) {
  tf::Variable(tf::zeros({2}), {.name = "w"});
  auto loss = tf::reduce_mean(tf::constant({1.0, 2.0}));
  EXPECT_THAT(MessageOf<Invalid>([&] { tf::train::GradientDescentOptimizer(0.1).minimize(loss); }),
              HasSubstr("No gradients provided for any variable, check your graph for ops that do "
                        "not support gradients, between variables"));
}

TEST_F(WrongUseTest, UseOfANoneGradient) {
  auto x = tf::constant(1.0);
  auto y = tf::constant(2.0);
  const std::vector<tf::Output> grads = tf::gradients({y}, {x});
  ASSERT_EQ(grads.size(), 1u);
  EXPECT_FALSE(grads[0].has_value());
  EXPECT_THAT(MessageOf<Invalid>([&] { tf::nn::relu(grads[0]); }), HasSubstr("empty"));
}

TEST_F(WrongUseTest, OptimizerWithoutVariables) {
  auto loss = tf::reduce_mean(tf::constant({1.0, 2.0}));
  EXPECT_THAT(MessageOf<Invalid>([&] { tf::train::AdamOptimizer(0.1).minimize(loss); }),
              HasSubstr("No variables to optimize."));
}

}  // namespace
