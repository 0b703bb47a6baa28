// Random tensors: new values in every run.
//
//   tf::set_random_seed(1);
//   auto w = tf::Variable(tf::truncated_normal({784, 10}, {.stddev = 0.1}));
//
// For equal seeds the values are TensorFlow's on a CPU. `seed` is the operation's own seed; without
// one it follows from the graph's seed and the number of such requests before, and without that too
// it differs from session to session. `shape` is a Shape, a list or an integer tensor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "sessile/core/framework/data_type.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile {

// Uniform in [minval, maxval). Integers need a maxval.
struct RandomUniformOptions {
  Input minval = 0;
  std::optional<Input> maxval = {};  // 1
  DataType dtype = float32;
  std::optional<int64_t> seed = {};
  std::string name = {};
};
Output random_uniform(Input shape, const RandomUniformOptions& options = {});

// Normal with mean and standard deviation; truncated_normal draws again what is more than two
// standard deviations from the mean.
struct RandomNormalOptions {
  Input mean = 0.0;
  Input stddev = 1.0;
  DataType dtype = float32;
  std::optional<int64_t> seed = {};
  std::string name = {};
};
Output random_normal(Input shape, const RandomNormalOptions& options = {});
Output truncated_normal(Input shape, const RandomNormalOptions& options = {});

// The rows of `value` in a random order. No gradient flows through it.
struct RandomOrderOptions {
  std::optional<int64_t> seed = {};
  std::string name = {};
};
Output random_shuffle(Input value, const RandomOrderOptions& options = {});

// A part of `value` of shape `size`, at a random place. A run fails with "Need value.shape >= size"
// where it is too large.
Output random_crop(Input value, Input size, const RandomOrderOptions& options = {});

// [batch, num_samples] classes drawn with probabilities softmax(logits), logits being [batch,
// classes]. `output_dtype` is int64 or int32.
struct MultinomialOptions {
  std::optional<int64_t> seed = {};
  std::string name = {};
  DataType output_dtype = int64;
};
Output multinomial(Input logits, Input num_samples, const MultinomialOptions& options = {});

// Numbers of events of Poisson distributions with rates `lam`: [sample_shape..., shape of lam...].
// `dtype` is any float but bfloat16, int32 or int64.
struct RandomPoissonOptions {
  DataType dtype = float32;
  std::optional<int64_t> seed = {};
  std::string name = {};
};
Output random_poisson(Input lam, Input sample_shape, const RandomPoissonOptions& options = {});

// The newer names of all these.
namespace random {
struct CategoricalOptions {
  DataType dtype = int64;
  std::optional<int64_t> seed = {};
  std::string name = {};
};
// multinomial.
Output categorical(Input logits, Input num_samples, const CategoricalOptions& options = {});
inline Output uniform(Input shape, const RandomUniformOptions& options = {}) {
  return random_uniform(std::move(shape), options);
}
inline Output normal(Input shape, const RandomNormalOptions& options = {}) {
  return random_normal(std::move(shape), options);
}
inline Output shuffle(Input value, const RandomOrderOptions& options = {}) {
  return random_shuffle(std::move(value), options);
}
using sessile::multinomial;
using sessile::truncated_normal;
}  // namespace random

}  // namespace sessile
