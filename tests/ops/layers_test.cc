// Layers: node by node as TensorFlow builds them, and what they refuse.

#include "sessile/ops/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/regularizers.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class LayersTest : public ::testing::Test {
 protected:
  static Output Images() { return placeholder(float32, {None, 8, 8, 2}); }
  static Output Rows(DataType dtype = float32) { return placeholder(dtype, {None, 3}); }
  static Output SumOfSquares(Output w) { return reduce_sum(w * w); }
  void Expect(const std::string& name) { ExpectListing("layers.txt", name, graph_); }
  template <typename F>
  static void ExpectError(F build, const std::string& message) {
    EXPECT_THAT(build, ThrowsMessage<errors::InvalidArgumentError>(HasSubstr(message)));
  }

  Graph graph_;
  DefaultGraphScope with_{graph_};
};

TEST_F(LayersTest, ConvolutionsAreTensorFlows) {
  const Output x =
      layers::conv2d(Images(), 4, 3, {.strides = 2, .padding = "same", .activation = nn::relu});
  layers::conv2d(x, 4, {3, 1}, {.padding = "VALID", .use_bias = false});
  Expect("two_convolutions");
}

TEST_F(LayersTest, TransposedConvolutionsAreTensorFlows) {
  const Output x = layers::conv2d_transpose(
      Images(), 4, 3, {.strides = 2, .padding = "same", .activation = nn::relu});
  const Output up = layers::conv2d_transpose(
      x, 3, {3, 2}, {.strides = {2, 1}, .padding = "VALID", .use_bias = false, .name = "up"});
  EXPECT_EQ(up.get_shape(), Shape({None, 33, 17, 3}));
  Expect("two_transposed_convolutions");
}

TEST_F(LayersTest, TransposedConvolutionsOfUnknownSizesAreTensorFlows) {
  layers::conv2d_transpose(placeholder(float32, {None, None, 8, 2}), 4, 3, {.strides = 2});
  const Output y = placeholder(float32, {2, None, None, 3});
  layers::conv2d_transpose(y, 5, {2, 3}, {.strides = {3, 2}, .padding = "same", .use_bias = false});
  layers::conv2d_transpose(y, 5, {5, 3},
                           {.strides = {3, 2}, .padding = "valid", .use_bias = false});
  Expect("transposed_convolution_of_unknown_size");
}

TEST_F(LayersTest, TransposedConvolutionsKnowTheirShapeWithChannelsFirst) {
  const Output x = layers::conv2d_transpose(placeholder(float32, {None, 2, 8, 9}), 4, 3,
                                            {.strides = 2, .data_format = "channels_first"});
  EXPECT_EQ(x.get_shape(), Shape({None, 4, 17, 19}));
}

TEST_F(LayersTest, TransposedConvolutionsRefuseUnknownChannels) {
  ExpectError(
      [] {
        layers::conv2d_transpose(placeholder(float32, {None, 28, 28, None}), 4, 3);
      },
      "The channel dimension of the inputs to `Conv2DTranspose` should be defined. The input_shape "
      "received is (?, 28, 28, ?)");
}

TEST_F(LayersTest, NamesAndReuseAreTensorFlows) {
  const Output x = Rows();
  layers::dense(x, 4, {.name = "fc"});
  layers::dense(x, 4, {.name = "fc", .reuse = true});
  {
    const name_scope outer("outer");
    layers::dense(x, 4);
  }
  const variable_scope scope("scope");
  layers::dense(x, 4, {.activation = tanh});
  Expect("named_and_reused");
}

TEST_F(LayersTest, PoolingIsTensorFlows) {
  layers::max_pooling2d(Images(), 2, 2);
  layers::average_pooling2d(Images(), {2, 3}, 1, {.padding = "same", .name = "avg"});
  layers::max_pooling2d(Images(), 3, {2, 1}, {.padding = "SAME", .data_format = "channels_first"});
  Expect("pooling");
}

TEST_F(LayersTest, DropoutIsTensorFlows) {
  const Output x = Rows();
  layers::dropout(x, {.rate = 0.25, .training = true});
  layers::dropout(x);
  layers::dropout(x, {.rate = 0, .training = true});
  const Output training = placeholder(bool_, Shape());
  layers::dropout(x, {.seed = 3, .training = training, .name = "d"});
  Expect("dropout");
}

TEST_F(LayersTest, KerasRegularizersAreTensorFlows) {
  layers::dense(
      Rows(), 4,
      {.kernel_regularizer = regularizers::l2(0.1), .bias_regularizer = regularizers::l1(0.1)});
  layers::dense(Rows(), 4, {.kernel_regularizer = regularizers::l1_l2(0.1, 0.2), .name = "both"});
  Expect("keras_regularizers");
}

TEST_F(LayersTest, FlattenIsTensorFlows) {
  layers::flatten(Images());
  layers::flatten(placeholder(float32, {2, None, 4}));
  layers::flatten(placeholder(float32, {None}), {.name = "column"});
  layers::flatten(Images(), {.data_format = "channels_first"});
  Expect("flatten");
}

TEST_F(LayersTest, RegularizersAreTensorFlows) {
  layers::DenseOptions options = {
      .kernel_regularizer = SumOfSquares, .bias_regularizer = SumOfSquares, .name = "fc"};
  layers::dense(Rows(), 4, options);
  options.reuse = true;
  layers::dense(Rows(), 4, options);
  Expect("regularized");
  EXPECT_EQ(get_collection(GraphKeys::REGULARIZATION_LOSSES).size(), 2u);
}

TEST_F(LayersTest, AnActivationMayBeALambda) {
  const Output y =
      layers::dense(Rows(), 4, {.activation = [](Output x) { return nn::relu(x) * 2.0; }});
  EXPECT_EQ(y.op().type(), "Mul");
}

TEST_F(LayersTest, VariablesThatAreNotTrainableStayOutOfTheCollection) {
  layers::dense(Rows(), 4, {.trainable = false});
  EXPECT_TRUE(trainable_variables().empty());
  EXPECT_EQ(global_variables().size(), 2u);
}

TEST_F(LayersTest, ANameThatIsTakenIsRefused) {
  layers::dense(Rows(), 4, {.name = "fc"});
  ExpectError([] { layers::dense(Rows(), 4, {.name = "fc"}); },
              "Variable fc/kernel already exists, disallowed. Did you mean to set reuse=True or "
              "reuse=tf.AUTO_REUSE in VarScope?");
  ExpectError([] { layers::dense(Rows(), 5, {.name = "fc", .reuse = true}); },
              "Trying to share variable fc/kernel, but specified shape (3, 5) and found shape "
              "(3, 4).");
  ExpectError(
      [] { layers::dense(Rows(), 5, {.name = "other", .reuse = true}); },
      "Variable other/kernel does not exist, or was not created with tf.get_variable(). Did "
      "you mean to set reuse=tf.AUTO_REUSE in VarScope?");
}

TEST_F(LayersTest, ConvolutionRefusesInputsThatDoNotFit) {
  ExpectError(
      [] {
        layers::conv2d(placeholder(float32, {None, 28, 28, None}), 4, 3);
      },
      "The channel dimension of the inputs should be defined. The input_shape received is "
      "(?, 28, 28, ?), where axis -1 (0-based) is the channel dimension, which found to be "
      "`None`.");
  ExpectError(
      [] {
        layers::conv2d(placeholder(float32, {None, 28}), 4, 3);
      },
      "is incompatible with the layer: expected min_ndim=4, found ndim=2. Full shape "
      "received: (?, 28)");
  ExpectError([] { layers::conv2d(placeholder(float32), 4, 3); }, "its rank is undefined");
  ExpectError(
      [] {
        layers::conv2d(placeholder(float32, {None, 2, 28, 1}), 4, 3);
      },
      "Negative dimension size caused by subtracting 3 from 2");
}

TEST_F(LayersTest, ConvolutionRefusesParametersThatMakeNoSense) {
  ExpectError([] { layers::conv2d(Images(), 0, 3); },
              "Invalid value for argument `filters`. Expected a strictly positive value. Received "
              "filters=0.");
  ExpectError([] { layers::conv2d(Images(), 4, 0); },
              "The `kernel_size` argument must be a tuple of 2 integers. Received: 0 including {0} "
              "that does not satisfy the requirement `> 0`.");
  ExpectError([] { layers::conv2d(Images(), 4, {3}); },
              "The `kernel_size` argument must be a tuple of 2 integers. Received: [3]");
  ExpectError([] { layers::conv2d(Images(), 4, 3, {.padding = "foo"}); },
              "The `padding` argument must be a list/tuple or one of \"valid\", \"same\"");
  ExpectError([] { layers::conv2d(Images(), 4, 3, {.data_format = "foo"}); },
              "The `data_format` argument must be one of \"channels_first\", \"channels_last\". "
              "Received: foo");
  ExpectError([] { layers::conv2d(Images(), 4, 3, {.strides = 2, .dilation_rate = 2}); },
              "`strides > 1` not supported in conjunction with `dilation_rate > 1`.");
}

TEST_F(LayersTest, DenseRefusesInputsThatDoNotFit) {
  ExpectError(
      [] {
        layers::dense(placeholder(float32, {None, None}), 4);
      },
      "The last dimension of the inputs to a Dense layer should be defined. Found None. "
      "Full input shape received: (?, ?)");
  ExpectError([] { layers::dense(placeholder(float32, {None}), 4); },
              "expected min_ndim=2, found ndim=1. Full shape received: (?,)");
  ExpectError([] { layers::dense(Rows(int32), 4); },
              "A Dense layer can only be built with a floating-point dtype.");
  ExpectError([] { layers::dense(Rows(), -4); },
              "Received an invalid value for `units`, expected a positive integer. Received: "
              "units=-4");
}

}  // namespace
}  // namespace sessile
