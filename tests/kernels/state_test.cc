// Kernels with state need a session: variables, optimizer steps, random streams.

#include "sessile/ops/state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

#include "sessile/core/framework/random_fill.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/random.h"
#include "sessile/ops/variable.h"
#include "sessile/tests/kernel_testing.h"

namespace sessile {
namespace {

using Floats = std::vector<float>;
using testing::ElementsAre;

class StateTest : public testing::Test {
 protected:
  Graph graph_;
  DefaultGraphScope scope_ = graph_.as_default();
};

void ExpectRunError(Session& sess, const Output& fetch, const FeedDict& feeds,
                    absl::StatusCode code, const std::string& text) {
  ExpectError(sess.Run({fetch}, feeds).status(), code, text);
}

TEST_F(StateTest, AssignSetsAddsAndSubtracts) {
  const Variable v(constant({1.0, 2.0}));
  const Output set = v.assign({5.0, 6.0});
  const Output add = v.assign_add({10.0, 20.0});
  const Output sub = v.assign_sub({1.0, 1.0});
  Session sess;
  sess.run(v.initializer());
  EXPECT_THAT(sess.run<Floats>(v), ElementsAre(1, 2));
  EXPECT_THAT(sess.run<Floats>(set), ElementsAre(5, 6));
  EXPECT_THAT(sess.run<Floats>(add), ElementsAre(15, 26));
  EXPECT_THAT(sess.run<Floats>(sub), ElementsAre(14, 25));
  EXPECT_THAT(sess.run<Floats>(v), ElementsAre(14, 25));
}

TEST_F(StateTest, AnUninitializedVariableSaysSo) {
  const Variable v(constant({1.0, 2.0}), {.name = "W"});
  const Output add = v.assign_add({1.0, 1.0});
  const Output initialized = is_variable_initialized(v);
  Session sess;
  EXPECT_FALSE(sess.run<bool>(initialized));
  for (const Output& fetch : {v.value(), add}) {
    ExpectRunError(sess, fetch, {}, absl::StatusCode::kFailedPrecondition,
                   "Attempting to use uninitialized value W");
  }
  sess.run(v.initializer());
  EXPECT_TRUE(sess.run<bool>(initialized));
}

TEST_F(StateTest, AssignKeepsTheDeclaredShape) {
  const Variable v(constant({1.0, 2.0}));
  const Output value = placeholder(float32);
  const Output set = v.assign(value);
  const Output add = v.assign_add(value);
  Session sess;
  const FeedDict three = {{value, {1.0f, 2.0f, 3.0f}}};
  const char* const text =
      "Assign requires shapes of both tensors to match. lhs shape= [2] rhs shape= [3]";
  ExpectRunError(sess, set, three, absl::StatusCode::kInvalidArgument, text);  // not initialized
  sess.run(v.initializer());
  ExpectRunError(sess, set, three, absl::StatusCode::kInvalidArgument, text);
  ExpectRunError(sess, add, three, absl::StatusCode::kInvalidArgument,
                 "Parameters and update must be the same size");
  EXPECT_THAT(sess.run<Floats>(v), ElementsAre(1, 2));
}

TEST_F(StateTest, AssignWithoutValidationTakesAnyShape) {
  const Variable v(constant({1.0, 2.0}), {.validate_shape = false});
  const Output value = placeholder(float32);
  const Output set = assign(v, value, {.validate_shape = false});
  Session sess;
  sess.run(v.initializer());
  EXPECT_THAT(sess.run<Floats>(set, {{value, {1.0f, 2.0f, 3.0f}}}), ElementsAre(1, 2, 3));
  EXPECT_THAT(sess.run<Floats>(v), ElementsAre(1, 2, 3));
}

TEST_F(StateTest, AssigningAVariableToItselfKeepsIt) {
  const Variable v(constant({1.0, 2.0}));
  const Output set = v.assign(v);
  Session sess;
  sess.run(v.initializer());
  EXPECT_THAT(sess.run<Floats>(set), ElementsAre(1, 2));
}

TEST_F(StateTest, GradientDescentTakesAStep) {
  const Variable v(constant({1.0, 2.0}));
  const Output delta = placeholder(float32);
  const Output step =
      OpBuilder("ApplyGradientDescent").Input(v.ref()).Input(0.5).Input(delta).Build();
  Session sess;
  sess.run(v.initializer());
  EXPECT_THAT(sess.run<Floats>(step, {{delta, {2.0f, -4.0f}}}), ElementsAre(0, 4));
  ExpectRunError(sess, step, {{delta, {1.0f, 2.0f, 3.0f}}}, absl::StatusCode::kInvalidArgument,
                 "var and delta do not have the same shape[2] [3]");
}

TEST_F(StateTest, AdamFollowsItsFormula) {
  for (const bool nesterov : {false, true}) {
    const Variable var(constant({1.0, -2.0}, {.dtype = float64}));
    const Variable m(constant({0.1, 0.2}, {.dtype = float64}));
    const Variable v(constant({0.01, 0.3}, {.dtype = float64}));
    const Output step = OpBuilder("ApplyAdam")
                            .Input(var.ref())
                            .Input(m.ref())
                            .Input(v.ref())
                            .Input(0.81)
                            .Input(0.998)
                            .Input(0.1)
                            .Input(0.9)
                            .Input(0.999)
                            .Input(1e-8)
                            .Input({0.5, -1.5})
                            .Attr("use_nesterov", nesterov)
                            .Build();
    Session sess;
    for (const Variable& each : {var, m, v}) sess.run(each.initializer());
    const auto result = sess.run<std::vector<double>>(step);
    const double start[2][4] = {{1, 0.1, 0.01, 0.5}, {-2, 0.2, 0.3, -1.5}};
    for (size_t i = 0; i < 2; ++i) {
      const auto [x, old_m, old_v, g] = start[i];
      const double rate = 0.1 * std::sqrt(1 - 0.998) / (1 - 0.81);
      const double new_m = 0.9 * old_m + 0.1 * g;
      const double new_v = 0.999 * old_v + 0.001 * g * g;
      const double momentum = nesterov ? 0.9 * new_m + 0.1 * g : new_m;
      EXPECT_NEAR(result[i], x - rate * momentum / (std::sqrt(new_v) + 1e-8), 1e-12);
      EXPECT_NEAR(sess.run<std::vector<double>>(m)[i], new_m, 1e-12);
      EXPECT_NEAR(sess.run<std::vector<double>>(v)[i], new_v, 1e-12);
    }
  }
}

// What the stream of seeds (87654321, 7) gives in its calls of n elements.
template <typename T>
std::vector<std::vector<T>> Calls(void (*fill)(const Philox&, int64_t, int64_t, std::span<T>),
                                  size_t n, int count) {
  RandomStream stream({.seed = 87654321, .seed2 = 7});
  std::vector<std::vector<T>> calls;
  for (int i = 0; i < count; ++i) {
    std::vector<T>& values = calls.emplace_back(n);
    const auto size = static_cast<int64_t>(n);
    fill(stream.ReserveOutputs(size), 0, RandomGroups<T>(size), values);
  }
  return calls;
}

TEST_F(StateTest, RandomOpsDrawFromOneStreamForEachSession) {
  constexpr int kCount = 10007;
  const Output uniform = random_uniform({kCount}, {.seed = 7});
  const Output normal = random_normal({kCount}, {.seed = 7});
  const Output truncated = truncated_normal({kCount}, {.dtype = float64, .seed = 7});
  for (int session = 0; session < 2; ++session) {
    Session sess;
    for (const auto& values : Calls<float>(FillUniform<float>, kCount, 2)) {
      EXPECT_EQ(sess.run<Floats>(uniform), values);
    }
    for (const auto& values : Calls<float>(FillNormal<float>, kCount, 2)) {
      EXPECT_EQ(sess.run<Floats>(normal), values);
    }
    for (const auto& values : Calls<double>(FillTruncatedNormal<double>, kCount, 2)) {
      EXPECT_EQ(sess.run<std::vector<double>>(truncated), values);
    }
  }
}

// golden/random_half.txt, by random_half.py.
TEST_F(StateTest, DrawsTensorFlowsNumbersOf16Bits) {
  std::ifstream golden(SESSILE_TEST_DATA_DIR "/random_half.txt");
  std::string line;
  int lines = 0;
  while (std::getline(golden, line)) {
    if (line.starts_with("#")) continue;
    std::istringstream words(line);
    std::string op, dtype;
    words >> op >> dtype;
    const Output draw = OpBuilder(op)
                            .Input({9})
                            .Attr("dtype", *DataTypeFromName(dtype))
                            .Attr("seed", 87654321)
                            .Attr("seed2", 7)
                            .Build();
    Session sess;
    const Tensor drawn = sess.run(draw);
    const auto* bits = static_cast<const uint16_t*>(drawn.raw_data());
    for (int i = 0; i < 9; ++i) {
      int expected = 0;
      words >> std::hex >> expected;
      EXPECT_EQ(bits[i], expected) << op << " " << dtype << " " << i;
    }
    ++lines;
  }
  EXPECT_EQ(lines, 6);
}

TEST_F(StateTest, TheYardstickWidensTheSameFloats) {
  const Output uniform = random_uniform({1003}, {.seed = 7});
  Session sess(graph_, {.yardstick = true});
  const std::vector<float> drawn = Calls<float>(FillUniform<float>, 1003, 1)[0];
  EXPECT_EQ(sess.run<std::vector<double>>(uniform),
            std::vector<double>(drawn.begin(), drawn.end()));
}

TEST_F(StateTest, RandomOpsRefuseNegativeSizes) {
  const Output sizes = placeholder(int32, {1});
  Session sess;
  ExpectRunError(sess, random_uniform(sizes), {{sizes, {-1}}}, absl::StatusCode::kInvalidArgument,
                 "Dimension -1 must be >= 0");
}

TEST_F(StateTest, APlaceholderMustBeFed) {
  const Output x = placeholder(float32, {None, 10}, "x");
  const Output y = placeholder(int32, {}, "y");
  Session sess;
  ExpectRunError(sess, x, {}, absl::StatusCode::kInvalidArgument,
                 "You must feed a value for placeholder tensor 'x' with dtype float and shape "
                 "[?,10]");
  ExpectRunError(sess, identity(y), {}, absl::StatusCode::kInvalidArgument,
                 "You must feed a value for placeholder tensor 'y' with dtype int32\n");
}

}  // namespace
}  // namespace sessile
