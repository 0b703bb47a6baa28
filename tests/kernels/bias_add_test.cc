#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sessile/tests/kernel_testing.h"

namespace sessile {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

KernelCall BiasAdd(const Tensor& value, const Tensor& bias, const char* format = "NHWC") {
  return {.op = "BiasAdd",
          .attrs = {{"T", value.dtype()}, {"data_format", format}},
          .inputs = {value, bias}};
}
KernelCall BiasAddGrad(const Tensor& gradient, const char* format = "NHWC") {
  return {.op = "BiasAddGrad",
          .attrs = {{"T", gradient.dtype()}, {"data_format", format}},
          .inputs = {gradient}};
}

TEST(BiasAddTest, AddsToEachRow) {
  const Tensor value = Tensor::FromValues<float>({2, 2}, {1, 2, 3, 4}).value();
  const Tensor bias = Tensor::FromValues<float>({2}, {10, 20}).value();
  EXPECT_THAT(RunKernelOrFail(BiasAdd(value, bias)).flat<float>(), ElementsAre(11, 22, 13, 24));
}

TEST(BiasAddTest, AddsToEveryPixelOfAChannel) {
  const Tensor value = Tensor::FromValues<double>({1, 2, 2, 1}, {1, 2, 3, 4}).value();
  const Tensor bias = Tensor::FromValues<double>({2}, {10, 20}).value();
  EXPECT_THAT(RunKernelOrFail(BiasAdd(value, bias, "NCHW")).flat<double>(),
              ElementsAre(11, 12, 23, 24));
}

TEST(BiasAddTest, TakesAnyNumberOfChannels) {
  for (const int64_t channels : {1, 3, 7, 16, 31, 33, 100}) {
    const Tensor value = RandomTensor<float>({13, 5, channels}, 1);
    const Tensor bias = RandomTensor<float>({channels}, 2);
    const Tensor sum = RunKernelOrFail(BiasAdd(value, bias));
    for (int64_t i = 0; i < sum.num_elements(); ++i) {
      ASSERT_EQ(sum.data<float>()[i], value.data<float>()[i] + bias.data<float>()[i % channels]);
    }
  }
}

TEST(BiasAddTest, WrapsIntegersAround) {
  const Tensor value = Tensor::FromValues<int8_t>({1, 2}, {127, 1}).value();
  const Tensor bias = Tensor::FromValues<int8_t>({2}, {1, 1}).value();
  EXPECT_THAT(RunKernelOrFail(BiasAdd(value, bias)).flat<int8_t>(), ElementsAre(-128, 2));
}

TEST(BiasAddTest, KeepsEmptyInputs) {
  const auto shape = [](const Shape& value, const Shape& bias) {
    return RunKernelOrFail(BiasAdd(RandomTensor<float>(value, 1), RandomTensor<float>(bias, 1)))
        .shape();
  };
  EXPECT_EQ(shape({0, 3}, {3}), Shape({0, 3}));
  EXPECT_EQ(shape({3, 0}, {0}), Shape({3, 0}));
}

TEST(BiasAddTest, RefusesShapesThatDoNotFit) {
  const auto error = [](const Shape& value, const Shape& bias) {
    return RunKernel(BiasAdd(RandomTensor<float>(value, 1), RandomTensor<float>(bias, 1))).status();
  };
  ExpectError(error({2, 3}, {4}), kInvalid,
              "Must provide as many biases as the last dimension of the input tensor: [4] vs. "
              "[2,3]");
  ExpectError(error({3}, {3}), kInvalid, "Input tensor must be at least 2D: [3]");
  ExpectError(error({3, 3}, {1, 3}), kInvalid, "Biases must be 1D: [1,3]");
}

TEST(BiasAddTest, GivesTheSameBitsInAnyOrderOfBlocks) {
  ExpectSameBitsInAnyOrder(
      BiasAdd(RandomTensor<float>({1000, 137}, 1), RandomTensor<float>({137}, 2)));
}

TEST(BiasAddGradTest, SumsEachChannel) {
  for (const int64_t channels : {1, 3, 7, 16, 31, 33, 100}) {
    const Tensor gradient = RandomTensor<float>({997, channels}, 1);
    Tensor expected = Tensor::Zeros(float64, Shape({channels})).value();
    for (int64_t i = 0; i < gradient.num_elements(); ++i) {
      expected.mutable_data<double>()[i % channels] +=
          static_cast<double>(gradient.data<float>()[i]);
    }
    EXPECT_LE(Distance(RunKernelOrFail(BiasAddGrad(gradient)), expected), 6e-8);
  }
}

TEST(BiasAddGradTest, SumsChannelsThatComeFirst) {
  const Tensor gradient =
      Tensor::FromValues<float>({2, 2, 1, 2}, {1, 2, 10, 20, 3, 4, 30, 40}).value();
  EXPECT_THAT(RunKernelOrFail(BiasAddGrad(gradient, "NCHW")).flat<float>(), ElementsAre(10, 100));
}

TEST(BiasAddGradTest, WrapsIntegersAround) {
  Tensor gradient = Tensor::Allocate(uint8, {3, 2}).value();
  for (uint8_t& value : gradient.mutable_flat<uint8_t>()) value = 200;
  EXPECT_THAT(RunKernelOrFail(BiasAddGrad(gradient)).flat<uint8_t>(), Each(88));
}

TEST(BiasAddGradTest, GivesZerosForAnEmptyBatch) {
  EXPECT_THAT(RunKernelOrFail(BiasAddGrad(RandomTensor<float>({0, 3}, 1))).flat<float>(), Each(0));
}

TEST(BiasAddGradTest, RefusesAVector) {
  ExpectError(RunKernel(BiasAddGrad(RandomTensor<float>({3}, 1))).status(),
              absl::StatusCode::kInvalidArgument, "Input tensor must be at least 2D: [3]");
}

TEST(BiasAddGradTest, GivesTheSameBitsInAnyOrderOfBlocks) {
  ExpectSameBitsInAnyOrder(BiasAddGrad(RandomTensor<float>({10000, 37}, 1)));
  ExpectSameBitsInAnyOrder(BiasAddGrad(RandomTensor<float>({20, 37, 500}, 1), "NCHW"));
}

}  // namespace
}  // namespace sessile
