// tf.nn: convolutions, activations, normalization and losses.
//
//   auto x = tf::placeholder(tf::float32, {tf::None, 28, 28, 1});
//   auto y = tf::nn::relu(tf::nn::conv2d(x, w, {.strides = 1, .padding = "SAME"}));
//   auto [mean, variance] = tf::nn::moments(y, {0, 1, 2});
//
// Images are [batch, height, width, channels] (data format "NHWC", the default) or [batch,
// channels, height, width] ("NCHW"); filters are [height, width, channels in, channels out]. All of
// these throw errors::InvalidArgumentError where shapes, types or attributes do not fit, while the
// graph is built. Thread-safe as far as the graph is: see core/graph/scope.h.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sessile/core/graph/output.h"
#include "sessile/ops/axes.h"
#include "sessile/ops/input.h"
#include "sessile/ops/int_list.h"
#include "sessile/ops/math.h"

namespace sessile::nn {

// "SAME", "VALID", or for each dimension of the input how many zeros stand before and after it:
// {{0, 0}, {1, 1}, {1, 1}, {0, 0}}.
class ConvPadding {
 public:
  // Not given; conv2d refuses it.
  ConvPadding() = default;
  ConvPadding(std::string kind) : kind_(std::move(kind)) {}  // NOLINT: meant to convert
  ConvPadding(const char* kind) : kind_(kind) {}             // NOLINT
  ConvPadding(std::initializer_list<std::pair<int64_t, int64_t>> zeros);
  ConvPadding(const std::vector<std::pair<int64_t, int64_t>>& zeros);  // NOLINT

  // The op's attributes: "SAME", "VALID" or "EXPLICIT", "" if not given; and the flattened list.
  const std::string& kind() const { return kind_; }
  const std::vector<int64_t>& explicit_paddings() const { return zeros_; }

 private:
  std::string kind_;
  std::vector<int64_t> zeros_;
};

struct Conv2DOptions {
  // For height and width: one number, two, or four in the order of the data format.
  IntList strides = 1;
  ConvPadding padding = {};
  bool use_cudnn_on_gpu = true;  // kept in the graph; there is no GPU here
  std::string data_format = "NHWC";
  IntList dilations = 1;
  std::string name = {};
};
// Cross-correlates `input` with each filter: output[b, i, j, k] is the sum over di, dj, q of
// input[b, stride * i + di, stride * j + dj, q] * filter[di, dj, q, k], zeros around the input as
// `padding` says. With fewer filter channels than input channels, the channels form groups.
Output conv2d(Input input, Input filter, Conv2DOptions options);

struct Conv2DTransposeOptions {
  ConvPadding padding = "SAME";
  std::string data_format = "NHWC";
  std::string name = {};
};
// What nn::conv2d would make `value` from: its gradient by the images. `filter` is [height, width,
// channels out, channels in], `output_shape` the whole shape of the result.
Output conv2d_transpose(Input value, Input filter, Input output_shape, const IntList& strides,
                        const Conv2DTransposeOptions& options = {});

struct DepthwiseConv2DOptions {
  std::string data_format = "NHWC";
  std::string name = {};
};
// Convolves each channel with filters of its own: `filter` is [height, width, channels, multiplier]
// and channel c of the input becomes channels c * multiplier, ... of the output. `strides` has four
// numbers.
Output depthwise_conv2d(Input input, Input filter, const IntList& strides,
                        const ConvPadding& padding, const DepthwiseConv2DOptions& options = {});

struct Conv3DOptions {
  std::string data_format = "NDHWC";  // or "NCDHW"
  IntList dilations = {1, 1, 1, 1, 1};
  std::string name = {};
};
// Cross-correlates volumes [batch, depth, height, width, channels] with filters [depth, height,
// width, channels in, channels out]. `strides` has five numbers.
Output conv3d(Input input, Input filter, const IntList& strides, const ConvPadding& padding,
              const Conv3DOptions& options = {});

struct PoolOptions {
  std::string data_format = {};  // "NHWC", of volumes "NDHWC"
  std::string name = {};
};
// The largest element or the mean of each window. `ksize` and `strides` are one number, one for
// each spatial dimension, or one for all dimensions. Padding takes no part in them.
Output max_pool(Input value, const IntList& ksize, const IntList& strides,
                const ConvPadding& padding, const PoolOptions& options = {});
Output avg_pool(Input value, const IntList& ksize, const IntList& strides,
                const ConvPadding& padding, const PoolOptions& options = {});
// The same of volumes [batch, depth, height, width, channels].
Output max_pool3d(Input input, const IntList& ksize, const IntList& strides,
                  const ConvPadding& padding, const PoolOptions& options = {});
Output avg_pool3d(Input input, const IntList& ksize, const IntList& strides,
                  const ConvPadding& padding, const PoolOptions& options = {});

struct BiasAddOptions {
  std::string data_format = {};  // "N...C" (the default) or "NC..."
  std::string name = {};
};
// Adds `bias` [channels] to the channels of `value`, which has any rank from 2.
Output bias_add(Input value, Input bias, BiasAddOptions options = {});

// x times `weights`, plus `biases`.
Output xw_plus_b(Input x, Input weights, Input biases, std::string_view name = {});

// Activations, elementwise; relu is max(features, 0).
Output relu(Input features, std::string_view name = {});
Output relu6(Input features, std::string_view name = {});     // min(max(features, 0), 6)
Output elu(Input features, std::string_view name = {});       // e^features - 1 below zero
Output selu(Input features, std::string_view name = {});      // elu, scaled to keep the variance
Output softplus(Input features, std::string_view name = {});  // log(1 + e^features)
Output softsign(Input features, std::string_view name = {});  // features / (1 + |features|)
// `alpha` (by default 0.2) times the features below zero. Integers are cast to float32 first.
Output leaky_relu(Input features, std::optional<double> alpha = {}, std::string_view name = {});
// The part of the elements of `value` that are zero, as a float32.
Output zero_fraction(Input value, std::string_view name = {});
using sessile::sigmoid;
using sessile::tanh;

struct SigmoidCrossEntropyOptions {
  RequiredInput labels;
  RequiredInput logits;
  std::string name = {};
};
// With x = logits and z = labels: z * -log(sigmoid(x)) + (1 - z) * -log(1 - sigmoid(x)),
// elementwise, computed as max(x, 0) - x * z + log(1 + exp(-abs(x))), which does not overflow.
Output sigmoid_cross_entropy_with_logits(SigmoidCrossEntropyOptions options);

struct TopK {
  Output values;
  Output indices;
};
struct TopKOptions {
  bool sorted = true;  // they are in any case
  DataType index_type = int32;
  std::string name = {};
};
// The `k` largest elements along the last dimension, largest first, and where they are; of equal
// ones the first.
TopK top_k(Input input, Input k = 1, const TopKOptions& options = {});
// For each row of `predictions` [batch, classes], whether fewer than `k` are above that of its
// target.
Output in_top_k(Input predictions, Input targets, Input k, std::string_view name = {});

struct SoftmaxOptions {
  std::optional<int64_t> axis = {};  // by default the last one
  std::string name = {};
  std::optional<int64_t> dim = {};  // an older name of axis
};
// e^logits, divided by its sum along `axis`; and the logarithm of that.
Output softmax(Input logits, const SoftmaxOptions& options = {});
Output log_softmax(Input logits, const SoftmaxOptions& options = {});

struct SoftmaxCrossEntropyOptions {
  RequiredInput labels;
  RequiredInput logits;
  int64_t axis = -1;  // the dimension of the classes
  std::string name = {};
};
// -sum(labels * log(softmax(logits))) along the classes: for labels that are distributions, the
// cross entropy. A gradient flows into the labels too with _v2.
Output softmax_cross_entropy_with_logits(const SoftmaxCrossEntropyOptions& options);
Output softmax_cross_entropy_with_logits_v2(const SoftmaxCrossEntropyOptions& options);

struct SparseSoftmaxCrossEntropyOptions {
  RequiredInput labels;
  RequiredInput logits;
  std::string name = {};
};
// -log(softmax(logits)[label]) for integer labels [...] and logits [..., classes]. A label that is
// no class is an error of the run.
Output sparse_softmax_cross_entropy_with_logits(const SparseSoftmaxCrossEntropyOptions& options);

// Half the sum of squares of all elements.
Output l2_loss(Input t, std::string_view name = {});

struct DropoutOptions {
  std::optional<Input> keep_prob = {};    // the probability that an element is kept, or
  std::optional<Input> noise_shape = {};  // of the decisions, broadcast to x; by default x's own
  std::optional<int64_t> seed = {};
  std::string name = {};
  std::optional<Input> rate = {};  // the probability that it is dropped
};
// Sets elements to zero at random and divides the others by the probability that they are kept.
// That is a number or a scalar tensor; a rate of 0 gives x itself.
//   tf::nn::dropout(x, {keep_prob});  tf::nn::dropout(x, {.rate = 0.25});
Output dropout(Input x, const DropoutOptions& options);

struct Moments {
  Output mean;
  Output variance;
};
struct MomentsOptions {
  std::optional<Input> shift = {};  // not used, as in TensorFlow
  std::string name = {};
  bool keep_dims = false;
};
// Mean and variance of `x` over `axes`, which are removed, or of size 1 with keep_dims. No gradient
// flows from the variance into the mean: its own there is zero.
Moments moments(Input x, const Axes& axes, MomentsOptions options = {});

// (x - mean) / sqrt(variance + variance_epsilon) * scale + offset, broadcasting. Without `scale` or
// `offset` (std::nullopt) that part is left out.
Output batch_normalization(Input x, Input mean, Input variance, std::optional<Input> offset,
                           std::optional<Input> scale, double variance_epsilon,
                           std::string_view name = {});

struct L2NormalizeOptions {
  Axes axis = {};
  double epsilon = 1e-12;  // a lower bound for the sum of squares
  std::string name = {};
};
// x / sqrt(max(sum(x^2), epsilon)), the sum being over `axis`.
Output l2_normalize(Input x, const L2NormalizeOptions& options = {});

struct LRNOptions {
  int64_t depth_radius = 5;
  double bias = 1.0;
  double alpha = 1.0;
  double beta = 0.5;
  std::string name = {};
};
// Divides each channel of images by (bias + alpha * s)^beta, s being the sum of squares of the
// channels at most depth_radius away (Krizhevsky et al., 2012). lrn is another name of it.
Output local_response_normalization(Input input, const LRNOptions& options = {});
Output lrn(Input input, const LRNOptions& options = {});

struct Dilation2DOptions {
  std::vector<int64_t> strides = {};  // {1, down, across, 1}; required
  std::vector<int64_t> rates = {};    // distances of the filter's taps, in the same form; required
  std::string padding = {};           // "SAME" or "VALID"; required
  std::string name = {};
};
// Grayscale dilation of images: the largest of input[b, stride * i + rate * di, stride * j + rate *
// dj, c] + filter[di, dj, c] over di and dj. The filter is [rows, columns, channels].
Output dilation2d(Input input, Input filter, const Dilation2DOptions& options);

struct FusedBatchNorm {
  Output y;
  Output batch_mean;      // what to put into the running mean
  Output batch_variance;  // with Bessel's correction
};
struct FusedBatchNormOptions {
  std::optional<Input> mean = {};      // required unless is_training
  std::optional<Input> variance = {};  // required unless is_training
  double epsilon = 0.001;
  std::string data_format = "NHWC";
  bool is_training = true;
  std::string name = {};
  // Weight of this batch in the returned mean and variance; below 1, `mean` and `variance` are the
  // running ones.
  double exponential_avg_factor = 1.0;
};
// Batch normalization of images by one op: with the statistics of the batch (is_training), or with
// `mean` and `variance`. All but `x` have the shape [channels].
FusedBatchNorm fused_batch_norm(Input x, Input scale, Input offset,
                                FusedBatchNormOptions options = {});

struct EmbeddingLookupOptions {
  // Which part of a list has row i: "mod", part i % n, or "div", the parts one after the other, the
  // first ones a row longer where n does not divide the number of rows.
  std::string partition_strategy = "mod";
  std::string name = {};
  bool validate_indices = true;        // they are checked in any case
  std::optional<Input> max_norm = {};  // rows with a larger norm are scaled down to it
};
// The rows of `params` at `ids`: result[..., :] = params[ids[...], :]. A list of n tensors or
// variables is one table that is kept in n parts.
//   auto rows = tf::nn::embedding_lookup({part_0, part_1}, ids, {.partition_strategy = "div"});
Output embedding_lookup(Input params, Input ids, const EmbeddingLookupOptions& options = {});

}  // namespace sessile::nn
