// tf.layers: layers that make their own variables.
//
//   auto layer = tf::layers::conv2d(images, 32, 3, {.padding = "same", .activation =
//   tf::nn::relu}); layer = tf::layers::batch_normalization(layer, {.training = is_training}); auto
//   logits = tf::layers::dense(tf::reshape(layer, {-1, 28 * 28 * 32}), 10);
//
// Each call opens a variable scope of its own ("conv2d", then "conv2d_1", ...; or `name`), in which
// get_variable makes "conv2d/kernel" and so on; with `reuse` it takes those that are there. A
// regularizer's loss joins the collection REGULARIZATION_LOSSES, updates of moving averages join
// UPDATE_OPS: a training step must depend on them. Errors: errors::InvalidArgumentError where the
// input's shape does not fit, and those of get_variable.
#pragma once

#include <optional>
#include <string>

#include "sessile/core/graph/output.h"
#include "sessile/ops/axes.h"
#include "sessile/ops/callables.h"
#include "sessile/ops/initializers.h"
#include "sessile/ops/input.h"
#include "sessile/ops/int_list.h"
#include "sessile/ops/variable_scope.h"

namespace sessile::layers {

struct Conv2DOptions {
  IntList strides = 1;                        // one number, or height and width
  std::string padding = "valid";              // or "same", in any case
  std::string data_format = "channels_last";  // or "channels_first"
  IntList dilation_rate = 1;
  Activation activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = {};  // the variable scope's, else glorot_uniform_initializer
  Initializer bias_initializer = zeros_initializer();
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  bool trainable = true;
  std::string name = {};
  Reuse reuse = {};
};
// A convolution with `filters` filters of `kernel_size` (one number, or height and width) over
// images, plus a bias for each filter: nn::conv2d and nn::bias_add. The input's channels must be
// known. Where TensorFlow rewrites a dilated convolution as one over rearranged images, this is a
// Conv2D with the attribute `dilations`.
Output conv2d(Input inputs, int64_t filters, const IntList& kernel_size,
              const Conv2DOptions& options = {});

struct Conv2DTransposeOptions {
  IntList strides = 1;
  std::string padding = "valid";
  std::string data_format = "channels_last";
  Activation activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = {};
  Initializer bias_initializer = zeros_initializer();
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  bool trainable = true;
  std::string name = {};
  Reuse reuse = {};
};
// The way back of a convolution: images `strides` times as large. nn::conv2d_transpose and
// nn::bias_add.
Output conv2d_transpose(Input inputs, int64_t filters, const IntList& kernel_size,
                        const Conv2DTransposeOptions& options = {});

struct Pooling2DOptions {
  std::string padding = "valid";
  std::string data_format = "channels_last";
  std::string name = {};
};
// nn::max_pool and nn::avg_pool; sizes and strides are one number, or height and width.
Output max_pooling2d(Input inputs, const IntList& pool_size, const IntList& strides,
                     const Pooling2DOptions& options = {});
Output average_pooling2d(Input inputs, const IntList& pool_size, const IntList& strides,
                         const Pooling2DOptions& options = {});

struct DropoutOptions {
  Input rate = 0.5;  // the probability that an element is dropped
  std::optional<Input> noise_shape = {};
  std::optional<int64_t> seed = {};
  Input training = false;  // a bool, or a bool scalar tensor
  std::string name = {};
};
// nn::dropout while training, else the inputs as they are.
Output dropout(Input inputs, const DropoutOptions& options = {});

struct FlattenOptions {
  std::string name = {};
  std::string data_format = "channels_last";
};
// All dimensions but the first in one.
Output flatten(Input inputs, const FlattenOptions& options = {});

struct DenseOptions {
  Activation activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = {};  // the variable scope's, else glorot_uniform_initializer
  Initializer bias_initializer = zeros_initializer();
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  bool trainable = true;
  std::string name = {};
  Reuse reuse = {};
};
// inputs [batch, ..., n] times a kernel [n, units], plus a bias. `n` must be known.
Output dense(Input inputs, int64_t units, const DenseOptions& options = {});

struct BatchNormalizationOptions {
  Axes axis = -1;  // the dimensions that are normalized each by itself: the channels
  double momentum = 0.99;
  double epsilon = 1e-3;
  bool center = true;  // add `beta`
  bool scale = true;   // multiply by `gamma`
  Initializer beta_initializer = zeros_initializer();
  Initializer gamma_initializer = ones_initializer();
  Initializer moving_mean_initializer = zeros_initializer();
  Initializer moving_variance_initializer = ones_initializer();
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  Input training = false;  // a bool, or a bool scalar tensor
  bool trainable = true;
  std::string name = {};
  Reuse reuse = {};
  bool fused = true;  // by the op FusedBatchNormV3 where it can
};
// Normalizes by the statistics of the batch (training) or by their moving averages, which training
// updates: moving = moving * momentum + batch * (1 - momentum). The updates are in the collection
// UPDATE_OPS and do not run by themselves:
//
//   tf::control_dependencies with(tf::get_collection(tf::GraphKeys::UPDATE_OPS));
//   train_op = optimizer.minimize(loss);
Output batch_normalization(Input inputs, const BatchNormalizationOptions& options = {});

}  // namespace sessile::layers
