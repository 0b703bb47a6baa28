// tf.quantization: training that knows that its numbers will be rounded to few bits.
//
//   auto w8 = tf::quantization::fake_quant_with_min_max_vars(w, low, high);   // of 8 bits
//
// Values are moved into [min, max], which itself is moved a little so that 0 is among the
// 2^num_bits equally spaced numbers (2^num_bits - 1 with `narrow_range`), and rounded to the
// nearest of those. Gradients pass through where a value lies inside, and go to the limits where it
// does not. `num_bits` is 2 to 16. A run fails where min is not below max.
//
// As elsewhere in ops/: nodes go to the graph of the inputs, errors are thrown.
#pragma once

#include <cstdint>
#include <string>

#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile::quantization {

struct FakeQuantArgsOptions {
  double min = -6;
  double max = 6;
  int64_t num_bits = 8;
  bool narrow_range = false;
  std::string name = {};
};
Output fake_quant_with_min_max_args(Input inputs, const FakeQuantArgsOptions& options = {});

struct FakeQuantOptions {
  int64_t num_bits = 8;
  bool narrow_range = false;
  std::string name = {};
};
// `min` and `max` are scalars.
Output fake_quant_with_min_max_vars(Input inputs, Input min, Input max,
                                    const FakeQuantOptions& options = {});
// `min` and `max` are vectors: a limit for each place of the last dimension of `inputs`.
Output fake_quant_with_min_max_vars_per_channel(Input inputs, Input min, Input max,
                                                const FakeQuantOptions& options = {});

}  // namespace sessile::quantization
