// Batch normalization as a layer: by the op FusedBatchNormV3, which knows images only, or composed
// of moments and elementwise ops; and the moving averages of its statistics.

#include <algorithm>

#include "absl/strings/str_join.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/array.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/layer.h"
#include "sessile/ops/layers.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/state.h"

namespace sessile::layers {
namespace {

std::string AsTuple(const std::vector<int64_t>& values) {
  return absl::StrCat("(", absl::StrJoin(values, ", "), values.size() == 1 ? ",)" : ")");
}

// The normalized axes, counted from the front, in the order in which they were given.
std::vector<int64_t> CheckedAxes(const Axes& given, const Shape& shape) {
  if (!shape.has_rank() || shape.rank() == 0) {
    errors::ThrowIfError(InvalidArgument("Input has undefined rank. Received: input_shape=",
                                         shape.ToPythonString()));
  }
  std::vector<int64_t> axes = given.ints();
  for (int64_t& axis : axes) {
    if (axis < 0) axis += shape.rank();
  }
  for (const int64_t axis : axes) {
    if (axis < 0 || axis >= shape.rank()) {
      errors::ThrowIfError(InvalidArgument(
          "Invalid value for `axis` argument. Expected 0 <= axis < inputs.rank (with inputs.rank=",
          shape.rank(), "). Received: axis=", AsTuple(axes)));
    }
    if (std::count(axes.begin(), axes.end(), axis) > 1) {
      errors::ThrowIfError(InvalidArgument("Duplicate axis: ", AsTuple(axes)));
    }
    if (shape.dim(static_cast<int>(axis)) == None) {
      errors::ThrowIfError(
          InvalidArgument("Input has undefined `axis` dimension. Received input with shape ",
                          shape.ToPythonString(), " and axis=", AsTuple(axes)));
    }
  }
  if (axes.empty()) {
    errors::ThrowIfError(InvalidArgument("`axis` must name at least one dimension"));
  }
  return axes;
}

// The data format in which FusedBatchNormV3 normalizes `axes`, or "" if it cannot.
std::string FusedFormat(const std::vector<int64_t>& axes, int rank, DataType dtype) {
  if (axes.size() != 1 || (dtype != float32 && dtype != float16 && dtype != bfloat16)) return "";
  if (rank == 4) return axes[0] == 1 ? "NCHW" : axes[0] == 3 ? "NHWC" : "";
  if (rank == 5) return axes[0] == 1 ? "NCDHW" : axes[0] == 4 ? "NDHWC" : "";
  return "";
}

class BatchNormalization {
 public:
  BatchNormalization(const BatchNormalizationOptions& options, const Output& inputs)
      : options_(options),
        inputs_(inputs),
        shape_(inputs.get_shape()),
        training_(smart_constant_value(options.training)),
        layer_({.type = "batch_normalization",
                .name = options.name,
                .reuse = options.reuse,
                .trainable = options.trainable},
               inputs),
        axes_(CheckedAxes(options.axis, shape_)) {
    MakeWeights();
  }

  Output Apply() {
    const std::string format =
        options_.fused ? FusedFormat(axes_, shape_.rank(), BaseType(inputs_.dtype())) : "";
    return format.empty() ? Composed() : Fused(format);
  }

 private:
  // Statistics of halfs are kept in float32.
  DataType WeightType() const {
    const DataType dtype = BaseType(inputs_.dtype());
    return dtype == float16 || dtype == bfloat16 ? float32 : dtype;
  }

  // [channels], or with several axes the input's rank with 1 for all others.
  Shape WeightShape() const {
    if (axes_.size() == 1) return Shape({shape_.dim(static_cast<int>(axes_[0]))});
    std::vector<int64_t> dims(static_cast<size_t>(shape_.rank()), 1);
    for (const int64_t axis : axes_) {
      dims[static_cast<size_t>(axis)] = shape_.dim(static_cast<int>(axis));
    }
    return Shape(dims);
  }

  Variable Weight(const char* name, const Initializer& initializer,
                  const Regularizer& regularizer) {
    return layer_.AddWeight(
        name, WeightShape(),
        {.initializer = initializer, .regularizer = regularizer, .dtype = WeightType()});
  }
  // Each device that trains has its own statistics, whose mean is what counts.
  Variable Statistic(const char* name, const Initializer& initializer) {
    return layer_.AddWeight(name, WeightShape(),
                            {.initializer = initializer,
                             .trainable = false,
                             .dtype = WeightType(),
                             .synchronization = VariableSynchronization::ON_READ,
                             .aggregation = VariableAggregation::MEAN});
  }

  void MakeWeights() {
    if (options_.scale) {
      gamma_ = Weight("gamma", options_.gamma_initializer, options_.gamma_regularizer);
    }
    if (options_.center) {
      beta_ = Weight("beta", options_.beta_initializer, options_.beta_regularizer);
    }
    moving_mean_ = Statistic("moving_mean", options_.moving_mean_initializer);
    moving_variance_ = Statistic("moving_variance", options_.moving_variance_initializer);
  }

  Output Constant(double value) const {
    return constant(value, {.dtype = WeightType(), .shape = WeightShape()});
  }

  Output Fused(const std::string& format) {
    const Output beta = beta_.has_value() ? beta_.value() : Constant(0.0);
    const Output gamma = gamma_.has_value() ? gamma_.value() : Constant(1.0);
    const auto normalize = [&](bool is_training) {
      const nn::FusedBatchNorm made = nn::fused_batch_norm(inputs_, gamma, beta,
                                                           {.mean = moving_mean_.value(),
                                                            .variance = moving_variance_.value(),
                                                            .epsilon = options_.epsilon,
                                                            .data_format = format,
                                                            .is_training = is_training});
      return std::tuple(made.y, made.batch_mean, made.batch_variance);
    };
    const auto [outputs, mean, variance] = smart_cond(
        options_.training, [&] { return normalize(true); }, [&] { return normalize(false); });
    if (training_ == false) return outputs;
    // With a momentum of 1 an update changes nothing: so the updates need no condition.
    const Output momentum =
        training_ ? convert_to_tensor(options_.momentum)
                  : cond(
                        options_.training, [&] { return options_.momentum; }, [] { return 1.0; });
    AddUpdate(AssignMovingAverage(moving_mean_, mean, momentum));
    AddUpdate(AssignMovingAverage(moving_variance_, variance, momentum));
    return outputs;
  }

  Output Composed() {
    const DataType dtype = BaseType(inputs_.dtype());
    const Output x = cast(inputs_, WeightType());
    // Scale and offset first, as TensorFlow does, then the statistics.
    const std::optional<Input> scale = Broadcast(gamma_);
    const std::optional<Input> offset = Broadcast(beta_);
    Output mean = moving_mean_;
    Output variance = moving_variance_;
    if (training_ != false) std::tie(mean, variance) = TrainingStatistics(x);
    for (const Variable& variable : {beta_, gamma_}) TakeNameOfCast(variable);
    mean = Broadcast(mean);
    variance = Broadcast(variance);
    Output outputs = nn::batch_normalization(x, mean, variance, offset, scale, options_.epsilon);
    outputs = cast(outputs, dtype);
    outputs.set_shape(shape_);
    return outputs;
  }

  // TensorFlow casts scale and offset to the type that they have: that adds no node, but takes a
  // name where they are variables of reference type.
  void TakeNameOfCast(const Variable& variable) const {
    if (!variable.has_value() || variable.is_resource() || IsReshaped(variable.value())) return;
    const name_scope scope("Cast");
  }

  // The batch's mean and variance where the layer trains, else the moving ones; and the updates.
  std::pair<Output, Output> TrainingStatistics(const Output& x) {
    const nn::Moments batch = nn::moments(x, ReductionAxes(), {.keep_dims = axes_.size() > 1});
    const Output mean = smart_cond(
        options_.training, [&] { return batch.mean; }, [&] { return moving_mean_.value(); });
    const Output variance = smart_cond(
        options_.training, [&] { return batch.variance; },
        [&] { return moving_variance_.value(); });
    AddUpdate(UpdateIfTraining(moving_mean_, mean));
    AddUpdate(UpdateIfTraining(moving_variance_, variance));
    return {mean, variance};
  }

  std::vector<int64_t> ReductionAxes() const {
    std::vector<int64_t> others;
    for (int64_t i = 0; i < shape_.rank(); ++i) {
      if (std::find(axes_.begin(), axes_.end(), i) == axes_.end()) others.push_back(i);
    }
    return others;
  }

  // [channels] with the input's rank, unless the channels are last and broadcasting does it.
  bool IsReshaped(const Output& value) const {
    const bool channels_last = axes_.size() == 1 && axes_[0] == shape_.rank() - 1;
    return !channels_last && value.get_shape().rank() != shape_.rank();
  }
  Output Broadcast(const Output& value) const {
    if (!IsReshaped(value)) return value;
    std::vector<int64_t> dims(static_cast<size_t>(shape_.rank()), 1);
    dims[static_cast<size_t>(axes_[0])] = shape_.dim(static_cast<int>(axes_[0]));
    return reshape(value, dims);
  }
  std::optional<Input> Broadcast(const Variable& variable) const {
    if (!variable.has_value()) return std::nullopt;
    return Broadcast(variable.value());
  }

  Output UpdateIfTraining(const Variable& variable, const Output& value) {
    return smart_cond(
        options_.training, [&] { return AssignMovingAverage(variable, value, Output()); },
        [&] { return variable.value(); });
  }

  // variable -= (variable - value) * (1 - momentum), the option's if `momentum` is empty.
  Output AssignMovingAverage(const Variable& variable, const Output& value,
                             const Output& momentum) const {
    const name_scope scope("AssignMovingAvg");
    const colocate_with place(variable.op());
    Output decay = momentum.has_value() ? OpBuilder("Sub", "sub").Input(1.0).Input(momentum).Build()
                                        : convert_to_tensor(1.0 - options_.momentum, {}, "decay");
    decay = cast(decay, BaseType(value.dtype()));
    const Output difference = OpBuilder("Sub", "sub").Input(variable).Input(value).Build();
    const Output delta = OpBuilder("Mul", "mul").Input(difference).Input(decay).Build();
    return assign_sub(variable, delta, {.name = scope.name()});
  }

  void AddUpdate(const Output& update) { add_to_collection(GraphKeys::UPDATE_OPS, update.op()); }

  const BatchNormalizationOptions& options_;
  const Output inputs_;
  const Shape shape_;
  const std::optional<bool> training_;
  Layer layer_;
  const std::vector<int64_t> axes_;
  Variable gamma_;  // none without `scale`
  Variable beta_;   // none without `center`
  Variable moving_mean_;
  Variable moving_variance_;
};

}  // namespace

Output batch_normalization(Input inputs, const BatchNormalizationOptions& options) {
  SourceScope here(inputs);
  return BatchNormalization(options, convert_to_tensor(inputs)).Apply();
}

}  // namespace sessile::layers
