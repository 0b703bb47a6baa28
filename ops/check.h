// Checks of a program's own: at once where values are known while the graph is built, else when it
// runs.
//
//   const tf::control_dependencies after({tf::assert_less(ids, vocabulary)});
//   tf::assert_rank(images, 4);
//
// Each assert gives the operation that checks; it counts only where something waits for it
// (control_dependencies). What is known to be wrong already throws errors::InvalidArgumentError.
// `message` begins the error's text; `data`, if given, is what else the error shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile {

struct CheckOptions {
  InputList data = {};
  std::optional<int64_t> summarize = {};  // how many elements the error shows; 3 by default
  std::string message = {};
  std::string name = {};
};

// The comparison holds for each pair of elements of `x` and `y`, which broadcast.
Operation assert_equal(Input x, Input y, const CheckOptions& options = {});
Operation assert_none_equal(Input x, Input y, const CheckOptions& options = {});
Operation assert_less(Input x, Input y, const CheckOptions& options = {});
Operation assert_less_equal(Input x, Input y, const CheckOptions& options = {});
Operation assert_greater(Input x, Input y, const CheckOptions& options = {});
Operation assert_greater_equal(Input x, Input y, const CheckOptions& options = {});

// ... of each element with 0.
Operation assert_positive(Input x, const CheckOptions& options = {});
Operation assert_negative(Input x, const CheckOptions& options = {});
Operation assert_non_positive(Input x, const CheckOptions& options = {});
Operation assert_non_negative(Input x, const CheckOptions& options = {});

// `x` has `rank` dimensions, or at least as many.
Operation assert_rank(Input x, Input rank, const CheckOptions& options = {});
Operation assert_rank_at_least(Input x, Input rank, const CheckOptions& options = {});

// `x` is of integers; its type is known, so nothing is left to check when the graph runs.
Operation assert_integer(Input x, const CheckOptions& options = {});

// `tensor` itself; the run fails with `message` if some element is NaN or infinite, here or in its
// gradient.
Output check_numerics(Input tensor, const std::string& message, std::string_view name = {});
// The same, as an identity that waits for the check.
Output verify_tensor_all_finite(Input x, const std::string& message, std::string_view name = {});

}  // namespace sessile
