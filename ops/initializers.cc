#include "sessile/ops/initializers.h"

#include <algorithm>
#include <cmath>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/linalg.h"
#include "sessile/ops/math.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/random.h"

namespace sessile {
namespace {

struct Fans {
  double in = 1;
  double out = 1;
};

// Of a weight [..., inputs, outputs]; what stands before are the positions of a convolution.
Fans FansOf(const Shape& shape) {
  if (shape.rank() == 0) return {};
  const int rank = shape.rank();
  const auto dim = [&](int i) { return static_cast<double>(shape.dim(i)); };
  if (rank == 1) return {dim(0), dim(0)};
  double positions = 1;
  for (int i = 0; i < rank - 2; ++i) positions *= dim(i);
  return {dim(rank - 2) * positions, dim(rank - 1) * positions};
}

VarianceScalingOptions Scaling(double scale, const char* mode, const char* distribution,
                               const SeedOptions& options) {
  return {.scale = scale, .mode = mode, .distribution = distribution, .seed = options.seed};
}

}  // namespace

Output zeros_initializer::operator()(const Shape& shape, std::optional<DataType> asked) const {
  return zeros(shape, asked.value_or(dtype));
}

Output ones_initializer::operator()(const Shape& shape, std::optional<DataType> asked) const {
  return ones(shape, asked.value_or(dtype));
}

Output constant_initializer::operator()(const Shape& shape, std::optional<DataType> dtype) const {
  return constant(value_, {.dtype = dtype.value_or(options_.dtype),
                           .shape = shape,
                           .verify_shape = options_.verify_shape});
}

Output random_uniform_initializer::operator()(const Shape& shape,
                                              std::optional<DataType> asked) const {
  const DataType dtype = asked.value_or(options_.dtype);
  return random_uniform(shape, {.minval = options_.minval,
                                .maxval = options_.maxval,
                                .dtype = dtype,
                                .seed = options_.seed});
}

Output random_normal_initializer::operator()(const Shape& shape,
                                             std::optional<DataType> asked) const {
  const DataType dtype = asked.value_or(options_.dtype);
  return random_normal(
      shape,
      {.mean = options_.mean, .stddev = options_.stddev, .dtype = dtype, .seed = options_.seed});
}

Output truncated_normal_initializer::operator()(const Shape& shape,
                                                std::optional<DataType> asked) const {
  const DataType dtype = asked.value_or(options_.dtype);
  return truncated_normal(
      shape,
      {.mean = options_.mean, .stddev = options_.stddev, .dtype = dtype, .seed = options_.seed});
}

variance_scaling_initializer::variance_scaling_initializer(VarianceScalingOptions options)
    : options_(std::move(options)) {
  if (!(options_.scale > 0)) {
    errors::ThrowIfError(
        InvalidArgument("Argument `scale` must be a positive float. Received: ", options_.scale));
  }
  if (options_.mode != "fan_in" && options_.mode != "fan_out" && options_.mode != "fan_avg") {
    errors::ThrowIfError(
        InvalidArgument("Argument `mode` should be one of ('fan_in', 'fan_out', 'fan_avg'). "
                        "Received: ",
                        options_.mode));
  }
  const std::string& kind = options_.distribution;
  if (kind != "normal" && kind != "uniform" && kind != "truncated_normal" &&
      kind != "untruncated_normal") {
    errors::ThrowIfError(
        InvalidArgument("Argument `distribution` should be one of ('normal', uniform', "
                        "'truncated_normal', 'untruncated_normal'). Received: ",
                        kind));
  }
}

Output variance_scaling_initializer::operator()(const Shape& shape,
                                                std::optional<DataType> asked) const {
  const DataType dtype = asked.value_or(options_.dtype);
  const Fans fans = FansOf(shape);
  const double fan = options_.mode == "fan_in"    ? fans.in
                     : options_.mode == "fan_out" ? fans.out
                                                  : (fans.in + fans.out) / 2;
  const double variance = options_.scale / std::max(1.0, fan);
  if (options_.distribution == "uniform") {
    const double limit = std::sqrt(3.0 * variance);
    return random_uniform(
        shape, {.minval = -limit, .maxval = limit, .dtype = dtype, .seed = options_.seed});
  }
  if (options_.distribution == "untruncated_normal") {
    return random_normal(shape,
                         {.stddev = std::sqrt(variance), .dtype = dtype, .seed = options_.seed});
  }
  // The standard deviation of a normal distribution that is cut at two of its own.
  constexpr double kTruncated = .87962566103423978;
  return truncated_normal(
      shape, {.stddev = std::sqrt(variance) / kTruncated, .dtype = dtype, .seed = options_.seed});
}

Output orthogonal_initializer::operator()(const Shape& shape, std::optional<DataType> asked) const {
  const DataType dtype = asked.value_or(options_.dtype);
  if (!shape.IsFullyDefined() || shape.rank() < 2) {
    errors::ThrowIfError(
        InvalidArgument("The tensor to initialize, specified by argument `shape` must be at least "
                        "two-dimensional. Received shape=",
                        shape.ToPythonString()));
  }
  const int64_t columns = shape.dim(shape.rank() - 1);
  const int64_t rows = shape.Slice(0, shape.rank() - 1).num_elements();
  const bool wide = rows < columns;
  const Output numbers = random_normal(wide ? Shape({columns, rows}) : Shape({rows, columns}),
                                       {.dtype = dtype, .seed = options_.seed});
  const auto [q, r] = linalg::qr(numbers);
  // The signs of r's diagonal make q uniform among the orthogonal matrices.
  const Output signs = sign(diag_part(r));
  Output result = q * signs;
  if (wide) {
    const name_scope scope("matrix_transpose");
    result = transpose(result, {1, 0});
  }
  return options_.gain *
         reshape(result, std::vector<int64_t>(shape.dims().begin(), shape.dims().end()));
}

glorot_uniform_initializer::glorot_uniform_initializer(const SeedOptions& options)
    : variance_scaling_initializer(Scaling(1.0, "fan_avg", "uniform", options)) {}

glorot_normal_initializer::glorot_normal_initializer(const SeedOptions& options)
    : variance_scaling_initializer(Scaling(1.0, "fan_avg", "truncated_normal", options)) {}

he_uniform_initializer::he_uniform_initializer(const SeedOptions& options)
    : variance_scaling_initializer(Scaling(2.0, "fan_in", "uniform", options)) {}

he_normal_initializer::he_normal_initializer(const SeedOptions& options)
    : variance_scaling_initializer(Scaling(2.0, "fan_in", "truncated_normal", options)) {}

lecun_uniform_initializer::lecun_uniform_initializer(const SeedOptions& options)
    : variance_scaling_initializer(Scaling(1.0, "fan_in", "uniform", options)) {}

lecun_normal_initializer::lecun_normal_initializer(const SeedOptions& options)
    : variance_scaling_initializer(Scaling(1.0, "fan_in", "truncated_normal", options)) {}

}  // namespace sessile
