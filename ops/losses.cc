#include "sessile/ops/losses.h"

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"

namespace sessile::losses {
namespace {

// Weights whose every dimension is 1 or that of the values. What only the run shows, the product
// of both checks; TensorFlow adds assertions then.
void CheckBroadcastable(const Shape& weights, const Shape& values) {
  if (!weights.has_rank() || !values.has_rank() || weights.rank() == 0) return;
  const auto refuse = [&](const std::string& why) {
    errors::ThrowIfError(InvalidArgument("weights can not be broadcast to values. ", why,
                                         " values.shape=", values.ToPythonString(),
                                         " weights.shape=", weights.ToPythonString(), "."));
  };
  if (weights.rank() != values.rank()) {
    refuse("values.rank=" + std::to_string(values.rank()) +
           ". weights.rank=" + std::to_string(weights.rank()) + ".");
  }
  for (int i = 0; i < weights.rank(); ++i) {
    const int64_t size = weights.dim(i);
    if (size == 1 || size == None || values.dim(i) == None || size == values.dim(i)) continue;
    refuse("Mismatch at dim " + std::to_string(i) + ".");
  }
}

// TensorFlow's nodes up to the operation that stands for the check.
Operation AssertBroadcastable(const Input& weights, const Input& values) {
  const name_scope scope("assert_broadcastable");
  const auto describe = [](const Input& input, const char* name) {
    const name_scope own(name);
    const Output tensor = convert_to_tensor(input, {}, own.name());
    shape(tensor, {.name = "shape"});
    rank(tensor, "rank");
    return tensor.get_shape();
  };
  const Shape weights_shape = describe(weights, "weights");
  const Shape values_shape = describe(values, "values");
  CheckBroadcastable(weights_shape, values_shape);
  const bool is_scalar = weights_shape.has_rank() && weights_shape.rank() == 0;
  return no_op(is_scalar ? "static_scalar_check_success" : "static_dims_check_success");
}

Output BroadcastWeights(const Output& weights, const Output& values) {
  const name_scope scope("broadcast_weights");
  if (weights.get_shape().IsFullyDefined() && values.get_shape().IsFullyDefined() &&
      weights.get_shape() == values.get_shape()) {
    return weights;
  }
  const Operation checked = AssertBroadcastable(weights, values);
  const control_dependencies after({checked});
  return multiply(weights, ones_like(values), scope.name());
}

// The number of weights that are not zero, once they are broadcast.
Output NumPresent(const Output& losses, const Output& weights) {
  const name_scope scope("num_present");
  const Output is_zero = equal(weights, 0.0);
  const Output zero = zeros_like(weights);
  const Output one = ones_like(weights);
  const Output present = where(is_zero, zero, one);
  return reduce_sum(BroadcastWeights(present, losses), {.name = scope.name()});
}

Output NumElements(const Output& losses) {
  const name_scope scope("num_elements");
  return cast(size(losses, {.name = scope.name()}), BaseType(losses.dtype()));
}

// 0 if there are none.
Output SafeMean(const Output& sum, const Output& number) {
  const Output total = reduce_sum(sum);
  const name_scope scope("value");
  return OpBuilder("DivNoNan", scope.name()).Input(total).Input(number).Build();
}

Output Reduce(const Output& losses, const Output& weights, Reduction reduction) {
  const Output weighted = multiply(losses, weights);
  if (reduction == Reduction::NONE) return weighted;
  const Output sum = reduce_sum(weighted);
  switch (reduction) {
    case Reduction::MEAN: {
      const Output all = ones_like(losses) * weights;
      return SafeMean(sum, reduce_sum(all));
    }
    case Reduction::SUM_BY_NONZERO_WEIGHTS:
      return SafeMean(sum, NumPresent(losses, weights));
    case Reduction::SUM_OVER_BATCH_SIZE:
      return SafeMean(sum, NumElements(losses));
    default:
      return sum;
  }
}

// Opens the scope of a loss: NAME, or the one that is asked for.
class LossScope {
 public:
  LossScope(const std::vector<Input>& inputs, const std::string& scope, const char* missing)
      : with_(graph_of(inputs).as_default()), scope_(scope.empty() ? missing : scope) {}
  template <typename Options>
  Output Finish(const Output& losses, const Options& options) const {
    return compute_weighted_loss(losses, {.weights = options.weights,
                                          .scope = scope_.name(),
                                          .loss_collection = options.loss_collection,
                                          .reduction = options.reduction});
  }

 private:
  const DefaultGraphScope with_;
  const name_scope scope_;
};

void CheckCompatible(const Output& a, const Output& b) {
  if (Shape::Compatible(a.get_shape(), b.get_shape())) return;
  errors::ThrowIfError(InvalidArgument("Shapes ", a.get_shape().ToPythonString(), " and ",
                                       b.get_shape().ToPythonString(), " are incompatible"));
}

struct LabelsAndPredictions {
  Output labels;
  Output predictions;
};
LabelsAndPredictions AsFloats(const Input& labels, const Input& predictions) {
  LabelsAndPredictions pair;
  pair.predictions = cast(predictions, float32);
  pair.labels = cast(labels, float32);
  CheckCompatible(pair.predictions, pair.labels);
  return pair;
}

// Logits as they are, and labels in their type.
LabelsAndPredictions AsLogits(const Input& labels, const Input& logits) {
  LabelsAndPredictions pair;
  pair.predictions = convert_to_tensor(logits);
  pair.labels = cast(labels, BaseType(pair.predictions.dtype()));
  CheckCompatible(pair.predictions, pair.labels);
  return pair;
}

}  // namespace

Output compute_weighted_loss(Input losses, const LossOptions& options) {
  SourceScope here(losses);
  const std::vector<Input> inputs = {losses, options.weights};
  const Graph graph = graph_of(inputs);
  const DefaultGraphScope with = graph.as_default();
  const name_scope scope(options.scope.empty() ? "weighted_loss" : options.scope);
  const Operation checked = AssertBroadcastable(options.weights, losses);
  const control_dependencies after({checked});
  const Output values = convert_to_tensor(losses);
  const Output floats = cast(values, float32);
  const Output weights = cast(options.weights, float32);
  const Output loss = cast(Reduce(floats, weights, options.reduction), BaseType(values.dtype()));
  add_loss(loss, options.loss_collection);
  return loss;
}

Output absolute_difference(Input labels, Input predictions, const LossOptions& options) {
  SourceScope here(predictions);
  const LossScope scope({predictions, labels, options.weights}, options.scope,
                        "absolute_difference");
  const auto [truth, guess] = AsFloats(labels, predictions);
  return scope.Finish(abs(subtract(guess, truth)), options);
}

Output mean_squared_error(Input labels, Input predictions, const LossOptions& options) {
  SourceScope here(predictions);
  const LossScope scope({predictions, labels, options.weights}, options.scope,
                        "mean_squared_error");
  const auto [truth, guess] = AsFloats(labels, predictions);
  return scope.Finish(squared_difference(guess, truth), options);
}

Output hinge_loss(Input labels, Input logits, const LossOptions& options) {
  SourceScope here(logits);
  const LossScope scope({logits, labels, options.weights}, options.scope, "hinge_loss");
  const auto [truth, guess] = AsFloats(labels, logits);
  const Output one = ones_like(truth);
  const Output signs = subtract(2 * truth, one);
  const Output margins = multiply(signs, guess);
  return scope.Finish(nn::relu(subtract(one, margins)), options);
}

Output log_loss(Input labels, Input predictions, const LogLossOptions& options) {
  SourceScope here(predictions);
  const LossScope scope({predictions, labels, options.weights}, options.scope, "log_loss");
  const auto [truth, guess] = AsFloats(labels, predictions);
  const Output of_ones = multiply(truth, log(guess + options.epsilon));
  const Output negative_ones = -of_ones;
  const Output rest = 1 - truth;
  const Output inverse = 1 - guess;
  const Output of_zeros = multiply(rest, log(inverse + options.epsilon));
  return scope.Finish(negative_ones - of_zeros, options);
}

Output cosine_distance(Input labels, Input predictions, int64_t axis, const LossOptions& options) {
  SourceScope here(predictions);
  const LossScope scope({predictions, labels, options.weights}, options.scope,
                        "cosine_distance_loss");
  const auto [truth, guess] = AsFloats(labels, predictions);
  const Output products = multiply(guess, truth);
  const Output cosines = reduce_sum(products, {.axis = {axis}, .keepdims = true});
  return scope.Finish(1 - cosines, options);
}

Output huber_loss(Input labels, Input predictions, const HuberOptions& options) {
  SourceScope here(predictions);
  const LossScope scope({predictions, labels, options.weights}, options.scope, "huber_loss");
  const auto [truth, guess] = AsFloats(labels, predictions);
  const Output error = abs(subtract(guess, truth));
  const Output quadratic = minimum(error, options.delta);
  const Output linear = subtract(error, quadratic);
  const Output half = convert_to_tensor(0.5, BaseType(quadratic.dtype()));
  const Output inner = multiply(half, multiply(quadratic, quadratic));
  const Output outer = multiply(options.delta, linear);
  return scope.Finish(add(inner, outer), options);
}

Output sigmoid_cross_entropy(Input multi_class_labels, Input logits,
                             const CrossEntropyOptions& options) {
  SourceScope here(logits);
  const LossScope scope({logits, multi_class_labels, options.weights}, options.scope,
                        "sigmoid_cross_entropy_loss");
  auto [labels, x] = AsLogits(multi_class_labels, logits);
  if (options.label_smoothing > 0) {
    const Output shrunk = labels * (1.0 - options.label_smoothing);
    labels = shrunk + 0.5 * options.label_smoothing;
  }
  const Output losses =
      nn::sigmoid_cross_entropy_with_logits({.labels = labels, .logits = x, .name = "xentropy"});
  return scope.Finish(losses, options);
}

Output softmax_cross_entropy(Input onehot_labels, Input logits,
                             const CrossEntropyOptions& options) {
  SourceScope here(logits);
  const LossScope scope({logits, onehot_labels, options.weights}, options.scope,
                        "softmax_cross_entropy_loss");
  auto [labels, x] = AsLogits(onehot_labels, logits);
  if (options.label_smoothing > 0) {
    const Output part = options.label_smoothing / cast(shape(labels)[-1], BaseType(x.dtype()));
    const Output shrunk = labels * (1.0 - options.label_smoothing);
    labels = shrunk + part;
  }
  labels = stop_gradient(labels, "labels_stop_gradient");
  const Output losses =
      nn::softmax_cross_entropy_with_logits_v2({.labels = labels, .logits = x, .name = "xentropy"});
  return scope.Finish(losses, options);
}

Output sparse_softmax_cross_entropy(Input labels, Input logits, const LossOptions& options) {
  SourceScope here(logits);
  const LossScope scope({logits, labels, options.weights}, options.scope,
                        "sparse_softmax_cross_entropy_loss");
  Output x;
  Output classes;
  {
    // Labels [batch, 1] count as [batch].
    const name_scope squeeze_scope("remove_squeezable_dimensions");
    x = convert_to_tensor(logits);
    classes = convert_to_tensor(labels);
    const Shape known = classes.get_shape();
    if (known.has_rank() && x.get_shape().has_rank() && known.rank() == x.get_shape().rank() &&
        known.rank() > 0 && (known.dim(known.rank() - 1) == 1 || !known.IsFullyDefined())) {
      classes = squeeze(classes, {.axis = -1});
    }
  }
  LossOptions weighted = options;
  weighted.weights = convert_to_tensor(options.weights);
  const Output losses = nn::sparse_softmax_cross_entropy_with_logits(
      {.labels = classes, .logits = x, .name = "xentropy"});
  return scope.Finish(losses, weighted);
}

void add_loss(const Output& loss, const std::string& loss_collection) {
  if (!loss_collection.empty()) add_to_collection(loss_collection, loss);
}

std::vector<Output> get_losses(const std::string& scope) {
  return get_collection<Output>(GraphKeys::LOSSES, scope);
}

std::vector<Output> get_regularization_losses(const std::string& scope) {
  return get_collection<Output>(GraphKeys::REGULARIZATION_LOSSES, scope);
}

Output get_regularization_loss(const std::string& scope, const std::string& name) {
  const std::vector<Output> losses = get_regularization_losses(scope);
  if (losses.empty()) return constant(0.0);
  return add_n(std::vector<Input>(losses.begin(), losses.end()), name);
}

Output get_total_loss(bool add_regularization_losses, const std::string& name) {
  std::vector<Output> losses = get_losses();
  if (add_regularization_losses) {
    for (const Output& loss : get_regularization_losses()) losses.push_back(loss);
  }
  return add_n(std::vector<Input>(losses.begin(), losses.end()), name);
}

}  // namespace sessile::losses
