// Conditions that a run checks, and values that it shows.
//
//   auto checked = tf::Assert(tf::reduce_all(x > 0), {"x is not positive:", x});
//   const tf::control_dependencies after({checked});
//   y = tf::Print(y, {y}, {.message = "y = "});
//
// As elsewhere in ops/: nodes go to the graph of the inputs, errors are thrown.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile {

struct AssertOptions {
  int64_t summarize = 3;  // how many elements of each tensor the error shows; -1: all
  std::string name = {};
};
// When it runs and `condition` is false, the run fails with INVALID_ARGUMENT "assertion failed:"
// and `data`.
Operation Assert(Input condition, const InputList& data, AssertOptions options = {});

struct PrintOptions {
  std::string message = {};
  int64_t first_n = -1;  // shows that many times only
  int64_t summarize = 3;
  std::string name = {};
};
// `input` itself; whenever it is computed, `data` is shown on standard error.
Output Print(Input input, const InputList& data, PrintOptions options = {});

}  // namespace sessile
