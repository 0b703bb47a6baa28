// Random tensors and initial weights have TensorFlow's values for equal seeds.

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "gtest/gtest.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/random.h"
#include "sessile/ops/variable_scope.h"
#include "sessile/tests/front_testing.h"

namespace sessile {
namespace {

struct Expected {
  int64_t size = 0;
  std::vector<double> first;
};

std::map<std::string, Expected> ReadGolden() {
  std::map<std::string, Expected> golden;
  std::ifstream file(SESSILE_TEST_DATA_DIR "/front_random_values.txt");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    Expected expected;
    words >> name >> expected.size;
    for (double value = 0; words >> value;) expected.first.push_back(value);
    golden[name] = expected;
  }
  return golden;
}

double At(const Tensor& tensor, size_t i) {
  if (tensor.dtype() == float64) return tensor.flat<double>()[i];
  if (tensor.dtype() == int32) return tensor.flat<int32_t>()[i];
  return static_cast<double>(tensor.flat<float>()[i]);
}

class RandomValuesTest : public FrontTest {
 protected:
  // In the order of the script: each draw without a seed counts.
  void Build() {
    set_random_seed(1);
    tensors_["uniform"] = random_uniform({5, 3});
    tensors_["uniform_range"] = random_uniform({700}, {.minval = -2.0, .maxval = 3.0});
    tensors_["uniform_seeded"] = random_uniform({4}, {.seed = 9});
    tensors_["uniform_double"] = random_uniform({6}, {.dtype = float64});
    tensors_["integers"] = random_uniform({10}, {.minval = 0, .maxval = 1000, .dtype = int32});
    tensors_["normal"] = random_normal({7}, {.mean = 1.0, .stddev = 2.0});
    tensors_["truncated"] = truncated_normal({300}, {.stddev = 0.05});
    {
      const variable_scope scope("layer");
      tensors_["glorot"] = get_variable("w", {3, 3, 4, 8});
      tensors_["he"] = get_variable("h", {20, 10}, {.initializer = he_normal_initializer()});
    }
    tensors_["variable"] = Variable(truncated_normal({3, 3, 4, 8}, {.stddev = 0.05}));
  }

  std::map<std::string, Output> tensors_;
};

TEST_F(RandomValuesTest, AreTensorFlows) {
  Build();
  Session session;
  session.run(global_variables_initializer());
  const std::map<std::string, Expected> golden = ReadGolden();
  ASSERT_EQ(golden.size(), tensors_.size());
  for (const auto& [name, expected] : golden) {
    SCOPED_TRACE(name);
    const Tensor value = session.run(tensors_.at(name));
    ASSERT_EQ(value.num_elements(), expected.size);
    // Uniform values and integers are equal to the bit; normal ones come from log, sin and cos.
    const bool exact = name.starts_with("uniform") || name == "integers" || name == "glorot";
    for (size_t i = 0; i < expected.first.size(); ++i) {
      const double tolerance = exact ? 1e-8 * std::abs(expected.first[i]) : 1e-6;
      EXPECT_NEAR(At(value, i), expected.first[i], tolerance) << "element " << i;
    }
  }
}

TEST_F(RandomValuesTest, GoOnFromRunToRunAndStartAgainInANewSession) {
  set_random_seed(1);
  const Output x = random_uniform({2});
  Session first;
  const Tensor a = first.run(x);
  const Tensor b = first.run(x);
  EXPECT_FALSE(SameTensor(a, b));
  Session second;
  EXPECT_TRUE(SameTensor(second.run(x), a));
}

TEST_F(RandomValuesTest, WithoutASeedDifferFromSessionToSession) {
  const Output x = random_uniform({4});
  Session first;
  Session second;
  EXPECT_FALSE(SameTensor(first.run(x), second.run(x)));
}

TEST_F(RandomValuesTest, AnUninitializedVariableSaysSo) {
  const Variable w = get_variable("w", {2});
  Session session;
  const std::string error = ErrorOf([&] { session.run(w); });
  EXPECT_NE(error.find("Attempting to use uninitialized value w"), std::string::npos) << error;
}

}  // namespace
}  // namespace sessile
