// Random tensors and initial weights have TensorFlow's values for equal seeds.

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/array.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
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
  if (tensor.dtype() == int64) return static_cast<double>(tensor.flat<int64_t>()[i]);
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
    BuildOfShapes();
    for (const int rows : {1, 2, 5, 40}) {
      tensors_[absl::StrCat("shuffled_", rows)] = random_shuffle(range(rows));
    }
    tensors_["shuffled_rows"] = random_shuffle(reshape(range(30.0), {10, 3}), {.seed = 8});
    const Output logits =
        constant({{0.5, -1.0, 2.0, 0.0}, {1.0, 1.0, 1.0, 1.0}, {-3.0, 9.0, 0.0, 8.0}});
    tensors_["classes"] = multinomial(logits, 13);
    tensors_["classes32"] =
        multinomial(cast(logits, float64), 6, {.seed = 5, .output_dtype = int32});
  }

  void BuildOfShapes() {
    const std::vector<Shape> shapes = {Shape(), {1}, {7}, {3, 5}, {1025}};
    for (size_t i = 0; i < shapes.size(); ++i) {
      const auto add = [&](const char* name, const Output& tensor) {
        tensors_[absl::StrCat(name, "_", i)] = tensor;
      };
      const Shape& shape = shapes[i];
      const auto seed = static_cast<int64_t>(i);
      add("int32", random_uniform(shape, {.minval = -7, .maxval = 100, .dtype = int32}));
      add("int64", random_uniform(shape, {.minval = -(int64_t{1} << 40),
                                          .maxval = (int64_t{1} << 41) + 1,
                                          .dtype = int64,
                                          .seed = seed}));
      add("half", cast(random_uniform(shape, {.dtype = float16}), float32));
      add("normal64", random_normal(shape, {.dtype = float64}));
      add("truncated64", truncated_normal(shape, {.dtype = float64, .seed = 3}));
    }
  }

  // Uniform values and integers are equal to the bit; normal ones come from log, sin and cos.
  static bool IsExact(const std::string& name) {
    for (const char* inexact : {"he", "normal", "truncated", "variable"}) {
      if (name.starts_with(inexact)) return false;
    }
    return true;
  }

  std::map<std::string, Output> tensors_;
};

TEST_F(RandomValuesTest, AreTensorFlowsInTwoRuns) {
  Build();
  Session session;
  session.run(global_variables_initializer());
  const std::map<std::string, Expected> golden = ReadGolden();
  ASSERT_EQ(golden.size(), 2 * tensors_.size());
  for (const char* suffix : {"", "@2"}) {
    for (const auto& [name, tensor] : tensors_) {
      SCOPED_TRACE(name + suffix);
      const Expected& expected = golden.at(name + suffix);
      const Tensor value = session.run(tensor);
      ASSERT_EQ(value.num_elements(), expected.size);
      for (size_t i = 0; i < expected.first.size(); ++i) {
        const double tolerance = IsExact(name) ? 1e-8 * std::abs(expected.first[i]) : 1e-6;
        EXPECT_NEAR(At(value, i), expected.first[i], tolerance) << "element " << i;
      }
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
