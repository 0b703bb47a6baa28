#include "sessile/kernels/vector_math.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "gtest/gtest.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

// Every kind of float, several thousand of each size.
std::vector<float> FloatsOfAllSizes() {
  constexpr uint64_t kStep = 4093;  // a prime, so that no low bits are favoured
  std::vector<float> floats;
  for (uint64_t bits = 0; bits < uint64_t{1} << 32; bits += kStep) {
    floats.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  }
  return floats;
}

// Where a float stands among all of them: neighbours differ by 1.
int64_t Rank(float x) {
  const auto bits = std::bit_cast<int32_t>(x);
  return bits < 0 ? -int64_t{bits & 0x7fffffff} : int64_t{bits};
}

// The floats for which `result` is not what C's function gives in double, rounded, or the float
// beside it; NaN, infinity and signs must be the same.
int64_t WrongResults(const std::vector<float>& floats, const std::vector<float>& results,
                     double (*expected)(double)) {
  int64_t wrong = 0;
  for (size_t i = 0; i < floats.size(); ++i) {
    const auto want = static_cast<float>(expected(double{floats[i]}));
    const float got = results[i];
    const bool same = std::isnan(want) ? std::isnan(got)
                                       : std::isfinite(want) == std::isfinite(got) &&
                                             std::signbit(want) == std::signbit(got) &&
                                             std::abs(Rank(want) - Rank(got)) <= 1;
    if (!same && ++wrong <= 3) {
      ADD_FAILURE() << "f(" << floats[i] << ") = " << got << ", expected " << want;
    }
  }
  return wrong;
}

template <typename F>
void ExpectNearestFloats(F function, double (*expected)(double)) {
  const std::vector<float> floats = FloatsOfAllSizes();
  std::vector<float> one_by_one, in_vectors(floats.size());
  for (const float x : floats) one_by_one.push_back(function(x));
  EXPECT_EQ(WrongResults(floats, one_by_one, expected), 0);
  Vectorized([=, x = floats.data(), y = in_vectors.data(), n = floats.size()] {
    for (size_t i = 0; i < n; ++i) y[i] = function(x[i]);
  });
  for (size_t i = 0; i < floats.size(); ++i) {
    if (std::isnan(one_by_one[i])) continue;
    ASSERT_EQ(std::bit_cast<uint32_t>(one_by_one[i]), std::bit_cast<uint32_t>(in_vectors[i]))
        << "for " << floats[i];
  }
}

TEST(VectorMathTest, ExponentialsAreTheNearestFloats) {
  ExpectNearestFloats([](float x) { return vector_math::Exp(x); },
                      [](double x) { return std::exp(x); });
  ExpectNearestFloats([](float x) { return vector_math::Expm1(x); },
                      [](double x) { return std::expm1(x); });
}

TEST(VectorMathTest, LogarithmsAreTheNearestFloats) {
  ExpectNearestFloats([](float x) { return vector_math::Log(x); },
                      [](double x) { return std::log(x); });
  ExpectNearestFloats([](float x) { return vector_math::Log1p(x); },
                      [](double x) { return std::log1p(x); });
}

TEST(VectorMathTest, ActivationsAreTheNearestFloats) {
  ExpectNearestFloats([](float x) { return vector_math::Tanh(x); },
                      [](double x) { return std::tanh(x); });
  ExpectNearestFloats([](float x) { return vector_math::Sigmoid(x); },
                      [](double x) { return 1 / (1 + std::exp(-x)); });
  ExpectNearestFloats(
      [](float x) { return vector_math::Softplus(x); },
      [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); });
}

TEST(VectorMathTest, ErrorFunctionsAreTheNearestFloats) {
  ExpectNearestFloats([](float x) { return vector_math::Erf(x); },
                      [](double x) { return std::erf(x); });
  ExpectNearestFloats([](float x) { return vector_math::Erfc(x); },
                      [](double x) { return std::erfc(x); });
}

}  // namespace
}  // namespace sessile
