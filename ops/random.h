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

}  // namespace sessile
