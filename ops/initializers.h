// What a variable starts from: small objects that are called with a shape and a dtype.
//
//   tf::get_variable("w", {784, 10}, {.initializer = tf::truncated_normal_initializer({.stddev =
//   0.1})}); tf::get_variable("b", {10}, {.initializer = tf::zeros_initializer()});
//   tf::get_variable("s", {}, {.initializer = [](const tf::Shape& shape, tf::DataType dtype) {
//                                return tf::ones(shape, dtype) * 2.0;
//                              }});
//
// `dtype` in their options is used where the caller names none; get_variable always names one. All
// throw errors::InvalidArgumentError for options that make no sense.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "sessile/core/framework/data_type.h"
#include "sessile/core/framework/shape.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile {

// An option that is an initializer: one of those below, a callable of (shape, dtype) or of nothing,
// or a value (a number, a list, a Tensor, an Output). Empty unless one is given.
class Initializer {
 public:
  using Fn = std::function<Output(const Shape& shape, DataType dtype)>;

  Initializer() = default;
  Initializer(std::nullptr_t) {}  // NOLINT: all are meant to convert
  template <typename F>
  requires std::is_invocable_r_v<Output, F&, const Shape&, DataType> Initializer(F fn)
      : fn_(std::move(fn)) {}  // NOLINT
  template <typename F>
  requires(std::is_invocable_r_v<Input, F&> && !std::is_convertible_v<const F&, Input>)
      Initializer(F fn)
      : value_fn_(std::move(fn)) {}  // NOLINT
  template <typename V>
  requires(std::is_convertible_v<const V&, Input> && !std::is_same_v<V, std::nullptr_t>)
      Initializer(const V& value)
      : value_(value) {}  // NOLINT

  bool has_value() const { return is_shaped() || is_thunk() || is_value(); }
  bool is_shaped() const { return static_cast<bool>(fn_); }
  bool is_thunk() const { return static_cast<bool>(value_fn_); }
  bool is_value() const { return value_.has_value(); }
  // REQUIRES: is_shaped().
  Output operator()(const Shape& shape, DataType dtype) const { return fn_(shape, dtype); }
  // REQUIRES: is_thunk().
  Input Call() const { return value_fn_(); }
  // REQUIRES: is_value().
  const Input& value() const { return *value_; }

 private:
  Fn fn_;
  std::function<Input()> value_fn_;
  std::optional<Input> value_;
};

struct zeros_initializer {
  DataType dtype = float32;
  Output operator()(const Shape& shape, std::optional<DataType> dtype = {}) const;
};

struct ones_initializer {
  DataType dtype = float32;
  Output operator()(const Shape& shape, std::optional<DataType> dtype = {}) const;
};

// A value, or fewer values than elements, of which the last is repeated.
struct ConstantInitializerOptions {
  DataType dtype = float32;
  bool verify_shape = false;  // the value must have the variable's shape
};
class constant_initializer {
 public:
  explicit constant_initializer(Input value = 0, ConstantInitializerOptions options = {})
      : value_(std::move(value)), options_(options) {}
  explicit constant_initializer(std::initializer_list<Input> value,
                                ConstantInitializerOptions options = {})
      : constant_initializer(Input(value), options) {}
  Output operator()(const Shape& shape, std::optional<DataType> dtype = {}) const;

 private:
  Input value_;
  ConstantInitializerOptions options_;
};

struct RandomUniformInitializerOptions {
  Input minval = 0.0;
  std::optional<Input> maxval = {};
  std::optional<int64_t> seed = {};
  DataType dtype = float32;
};
class random_uniform_initializer {
 public:
  explicit random_uniform_initializer(RandomUniformInitializerOptions options = {})
      : options_(std::move(options)) {}
  Output operator()(const Shape& shape, std::optional<DataType> dtype = {}) const;

 private:
  RandomUniformInitializerOptions options_;
};

struct NormalInitializerOptions {
  Input mean = 0.0;
  Input stddev = 1.0;
  std::optional<int64_t> seed = {};
  DataType dtype = float32;
};
class random_normal_initializer {
 public:
  explicit random_normal_initializer(NormalInitializerOptions options = {})
      : options_(std::move(options)) {}
  Output operator()(const Shape& shape, std::optional<DataType> dtype = {}) const;

 private:
  NormalInitializerOptions options_;
};
class truncated_normal_initializer {
 public:
  explicit truncated_normal_initializer(NormalInitializerOptions options = {})
      : options_(std::move(options)) {}
  Output operator()(const Shape& shape, std::optional<DataType> dtype = {}) const;

 private:
  NormalInitializerOptions options_;
};

// Values whose variance is scale / n, n being the number of inputs of a unit ("fan_in"), of its
// outputs ("fan_out") or the mean of both ("fan_avg"), from a "truncated_normal" (or "normal"),
// "untruncated_normal" or "uniform" distribution.
struct VarianceScalingOptions {
  double scale = 1.0;
  std::string mode = "fan_in";
  std::string distribution = "truncated_normal";
  std::optional<int64_t> seed = {};
  DataType dtype = float32;
};
class variance_scaling_initializer {
 public:
  explicit variance_scaling_initializer(VarianceScalingOptions options = {});
  Output operator()(const Shape& shape, std::optional<DataType> dtype = {}) const;

 private:
  VarianceScalingOptions options_;
};

struct SeedOptions {
  std::optional<int64_t> seed = {};
  DataType dtype = float32;  // without effect, as in TensorFlow 2.15
};
struct OrthogonalOptions {
  double gain = 1;
  std::optional<int64_t> seed = {};
  DataType dtype = float32;
};
// Orthonormal rows or columns, whichever are fewer, times `gain`: the q of a matrix of normal
// numbers (Saxe et al., 2014). For shapes of rank 2 and more; all dimensions but the last one are
// rows.
class orthogonal_initializer {
 public:
  explicit orthogonal_initializer(OrthogonalOptions options = {}) : options_(options) {}
  Output operator()(const Shape& shape, std::optional<DataType> dtype = {}) const;

 private:
  OrthogonalOptions options_;
};
// Glorot and Bengio (2010): variance_scaling with fan_avg and scale 1.
struct glorot_uniform_initializer : variance_scaling_initializer {
  explicit glorot_uniform_initializer(const SeedOptions& options = {});
};
struct glorot_normal_initializer : variance_scaling_initializer {
  explicit glorot_normal_initializer(const SeedOptions& options = {});
};
// He et al. (2015): fan_in and scale 2. LeCun et al. (1998): fan_in and scale 1.
struct he_uniform_initializer : variance_scaling_initializer {
  explicit he_uniform_initializer(const SeedOptions& options = {});
};
struct he_normal_initializer : variance_scaling_initializer {
  explicit he_normal_initializer(const SeedOptions& options = {});
};
struct lecun_uniform_initializer : variance_scaling_initializer {
  explicit lecun_uniform_initializer(const SeedOptions& options = {});
};
struct lecun_normal_initializer : variance_scaling_initializer {
  explicit lecun_normal_initializer(const SeedOptions& options = {});
};

}  // namespace sessile
