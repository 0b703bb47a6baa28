#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "sessile/tests/kernel_testing.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

KernelCall Call(const Tensor& a, const Tensor& b, bool transpose_a = false,
                bool transpose_b = false) {
  return {.op = "MatMul",
          .attrs = {{"T", a.dtype()}, {"transpose_a", transpose_a}, {"transpose_b", transpose_b}},
          .inputs = {a, b}};
}

template <typename T>
void ExpectDefinition(int64_t m, int64_t n, int64_t k) {
  const double tolerance = std::is_same_v<T, float> ? 1e-6 : 1e-14;
  for (const bool transpose_a : {false, true}) {
    for (const bool transpose_b : {false, true}) {
      const Tensor a = RandomTensor<T>(transpose_a ? Shape({k, m}) : Shape({m, k}), 1);
      const Tensor b = RandomTensor<T>(transpose_b ? Shape({n, k}) : Shape({k, n}), 2);
      Tensor expected = Tensor::Zeros(float64, Shape({m, n})).value();
      for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < n; ++j)
          for (int64_t p = 0; p < k; ++p)
            expected.mutable_data<double>()[i * n + j] +=
                static_cast<double>(a.data<T>()[transpose_a ? p * m + i : i * k + p]) *
                static_cast<double>(b.data<T>()[transpose_b ? j * k + p : p * n + j]);
      EXPECT_LE(Distance(RunKernelOrFail(Call(a, b, transpose_a, transpose_b)), expected),
                tolerance)
          << m << "x" << k << " * " << k << "x" << n << (transpose_a ? ", a transposed" : "")
          << (transpose_b ? ", b transposed" : "");
    }
  }
}

TEST(MatMulTest, EqualsItsDefinition) {
  for (const auto& [m, n, k] : {std::array<int64_t, 3>{1, 1, 1},
                                {2, 3, 4},
                                {64, 100, 76},
                                {64, 10, 100},
                                {7, 1, 333},
                                {1, 50, 20},
                                {300, 130, 70},
                                {130, 600, 20},
                                {9, 21, 600},
                                {12, 128, 1},
                                {13, 131, 257},
                                {97, 520, 600}}) {
    ExpectDefinition<float>(m, n, k);
    ExpectDefinition<double>(m, n, k);
  }
}

TEST(MatMulTest, GivesTheSameBitsInAnyOrderOfBlocks) {
  ExpectSameBitsInAnyOrder(
      Call(RandomTensor<float>({300, 200}, 1), RandomTensor<float>({300, 700}, 2), true, false));
  for (const bool transpose : {false, true}) {
    ExpectSameBitsInAnyOrder(Call(RandomTensor<float>({300, 300}, 1),
                                  RandomTensor<float>({300, 300}, 2), transpose, transpose));
    ExpectSameBitsInAnyOrder(Call(RandomTensor<double>({300, 300}, 1),
                                  RandomTensor<double>({300, 300}, 2), transpose, transpose));
  }
}

TEST(MatMulTest, GivesZerosForAnEmptySum) {
  ExpectDefinition<float>(2, 3, 0);
  ExpectDefinition<double>(2, 3, 0);
}

TEST(MatMulTest, KeepsEmptyOutputs) {
  ExpectDefinition<float>(0, 3, 2);
  ExpectDefinition<float>(3, 0, 2);
  ExpectDefinition<double>(0, 3, 2);
  ExpectDefinition<double>(3, 0, 2);
}

// Tiles and what is left at their edges.
template <typename T>
void ExpectExactProducts(int64_t m, int64_t n, int64_t k) {
  std::vector<T> a(static_cast<size_t>(m * k)), b(static_cast<size_t>(k * n));
  for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<T>(i % 7);
  for (size_t i = 0; i < b.size(); ++i) b[i] = static_cast<T>(i % 11);
  std::vector<T> expected;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      T sum = 0;
      for (int64_t p = 0; p < k; ++p) {
        sum = static_cast<T>(sum +
                             static_cast<T>((i * k + p) % 7) * static_cast<T>((p * n + j) % 11));
      }
      expected.push_back(sum);
    }
  }
  const Tensor product = RunKernelOrFail(Call(Tensor::FromValues<T>(Shape({m, k}), a).value(),
                                              Tensor::FromValues<T>(Shape({k, n}), b).value()));
  EXPECT_THAT(product.flat<T>(), ElementsAreArray(expected)) << m << "x" << k << "x" << n;
}

TEST(MatMulTest, MultipliesIntegersExactly) {
  for (const auto& [m, n, k] :
       {std::array<int64_t, 3>{3, 5, 7}, {4, 8, 256}, {6, 33, 300}, {70, 17, 513}}) {
    ExpectExactProducts<int32_t>(m, n, k);
    ExpectExactProducts<int64_t>(m, n, k);
    ExpectExactProducts<uint8_t>(m, n, k);
  }
}

TEST(MatMulTest, WrapsIntegersAround) {
  const Tensor a = Tensor::FromValues<int32_t>({1, 2}, {2147483647, 3}).value();
  const Tensor b = Tensor::FromValues<int32_t>({2, 2}, {1, 2, 1, 1}).value();
  EXPECT_THAT(RunKernelOrFail(Call(a, b)).flat<int32_t>(), ElementsAre(-2147483646, 1));
}

TEST(MatMulTest, RefusesShapesThatDoNotFit) {
  const auto error = [](const Shape& a, const Shape& b, bool transpose_b = false) {
    return RunKernel(Call(RandomTensor<float>(a, 1), RandomTensor<float>(b, 2), false, transpose_b))
        .status();
  };
  ExpectError(error({3, 4}, {3, 2}), kInvalid,
              "Matrix size-incompatible: In[0]: [3,4], In[1]: [3,2]");
  ExpectError(error({3, 4}, {4, 2}, true), kInvalid,
              "Matrix size-incompatible: In[0]: [3,4], In[1]: [4,2]");
  ExpectError(error({3}, {3, 2}), kInvalid, "In[0] and In[1] has different ndims: [3] vs. [3,2]");
  ExpectError(error({3}, {3}), kInvalid, "In[0] and In[1] ndims must be == 2: 1");
}

}  // namespace
}  // namespace sessile
