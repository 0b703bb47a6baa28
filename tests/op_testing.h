// What the tests of operations share: shape rules, values, gradients.
//
//   ExpectShape("MatMul", "[?,3];[3,5]", "[?,5]");
//   ExpectShapeError("MatMul", "[2,3];[4,5]", "Dimensions must be equal, but are 3 and 4");
//   EXPECT_THAT(Eval(tf::square({1, 2})), IsTensor({1, 4}));
//   ExpectGradient([](Output x) { return tf::square(x); }, {{2, 3}});
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/attr_value.h"
#include "sessile/core/framework/tensor.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/input.h"
#include "sessile/tests/error_of.h"

namespace sessile {

// What a shape case needs besides shapes. Attributes that are not given have their default; types
// without one are float32 if that is allowed.
struct NodeFacts {
  std::vector<std::pair<std::string, AttrValue>> attrs = {};
  // Inputs that are constants, by their number: an axis, a shape. Their shape is the value's.
  std::map<int, Input> values = {};
};

// Shapes are written "[2,?]", "[]", "?" (unknown rank) and separated by semicolons.
void ExpectShape(const std::string& op, const std::string& inputs, const std::string& outputs,
                 const NodeFacts& facts = {});
// Expects that the node is refused with a message that contains `message`.
void ExpectShapeError(const std::string& op, const std::string& inputs, const std::string& message,
                      const NodeFacts& facts = {});

// Runs `output` in a session of its own.
Tensor Eval(const Output& output, const FeedDict& feeds = {});

// Matches a Tensor of these values, given as numbers of any kind or nested lists of them, in the
// tensor's own dtype. Floating-point values may differ by `tolerance`, relative to the larger of 1
// and the expected value.
::testing::Matcher<const Tensor&> IsTensor(Input expected, double tolerance = 1e-6);
::testing::Matcher<const Tensor&> HasShape(const Shape& shape);

struct GradientOptions {
  // The inputs are random and uniform in this range; kinks must lie outside of it, or be so few
  // that no input comes near one.
  double low = -1.0;
  double high = 1.0;
  double tolerance = 1e-6;
  // Carries float32 as double, for operations that know no float64.
  bool yardstick = false;
};

using OutputsFn = std::function<Output(const std::vector<Output>&)>;

// The environment variable with the path of a file to which CheckGradient appends the types of the
// operations whose gradients it checks (tests/ops/gradient_coverage_test.cc).
extern const char* const kGradientLog;

// Compares tf::gradients of `fn` at random float64 inputs of these shapes with central differences,
// for a random weighting of the output elements.
void CheckGradient(const OutputsFn& fn, const std::vector<Shape>& shapes,
                   const GradientOptions& options);

namespace internal {
template <typename F>
OutputsFn AsOutputsFn(F fn) {
  if constexpr (std::is_invocable_v<F, Output>) {
    return [fn](const std::vector<Output>& x) { return fn(x.at(0)); };
  } else if constexpr (std::is_invocable_v<F, Output, Output>) {
    return [fn](const std::vector<Output>& x) { return fn(x.at(0), x.at(1)); };
  } else if constexpr (std::is_invocable_v<F, Output, Output, Output>) {
    return [fn](const std::vector<Output>& x) { return fn(x.at(0), x.at(1), x.at(2)); };
  } else {
    return fn;
  }
}
}  // namespace internal

// `fn` takes one to three Outputs, or a vector of any number.
template <typename F>
void ExpectGradient(F fn, const std::vector<Shape>& shapes, const GradientOptions& options = {}) {
  CheckGradient(internal::AsOutputsFn(fn), shapes, options);
}

// Checks the gradient of the gradient by each input in turn, and so the gradients of the operations
// that the gradient of `fn` is made of.
template <typename F>
void ExpectSecondGradient(F fn, const std::vector<Shape>& shapes,
                          const GradientOptions& options = {}) {
  const OutputsFn first = internal::AsOutputsFn(fn);
  for (size_t i = 0; i < shapes.size(); ++i) {
    const auto gradient = [first, i](const std::vector<Output>& x) {
      return gradients(first(x), x)[i];
    };
    CheckGradient(gradient, shapes, options);
  }
}

}  // namespace sessile
