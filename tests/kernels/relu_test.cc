#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sessile/tests/kernel_testing.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::IsNan;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Tensor Vector(std::initializer_list<float> values) {
  return Tensor::FromValues<float>({values.size()}, values).value();
}
KernelCall Relu(const Tensor& features) {
  return {.op = "Relu", .attrs = {{"T", features.dtype()}}, .inputs = {features}};
}
KernelCall ReluGrad(const Tensor& gradients, const Tensor& features) {
  return {.op = "ReluGrad", .attrs = {{"T", features.dtype()}}, .inputs = {gradients, features}};
}

TEST(ReluTest, CutsNegativeValues) {
  EXPECT_THAT(RunKernelOrFail(Relu(Vector({-1, 0, 2, kInfinity, -kInfinity}))).flat<float>(),
              ElementsAre(0, 0, 2, kInfinity, 0));
}

TEST(ReluTest, KeepsNanAndNegativeZero) {
  const Tensor activations = RunKernelOrFail(Relu(Vector({kNan, -0.0f})));
  EXPECT_TRUE(std::isnan(activations.flat<float>()[0]));
  EXPECT_TRUE(std::signbit(activations.flat<float>()[1]));
}

TEST(ReluTest, TakesIntegers) {
  const Tensor features = Tensor::FromValues<int8_t>({3}, {-128, 0, 127}).value();
  EXPECT_THAT(RunKernelOrFail(Relu(features)).flat<int8_t>(), ElementsAre(0, 0, 127));
  const Tensor natural = Tensor::FromValues<uint32_t>({2}, {0, 4294967295u}).value();
  EXPECT_THAT(RunKernelOrFail(Relu(natural)).flat<uint32_t>(), ElementsAre(0, 4294967295u));
}

TEST(ReluTest, GivesTheSameBitsInAnyOrderOfBlocks) {
  ExpectSameBitsInAnyOrder(Relu(RandomTensor<float>({100001}, 1)));
}

TEST(ReluGradTest, PassesWhereFeaturesArePositive) {
  EXPECT_THAT(RunKernelOrFail(ReluGrad(Vector({1, 2, 3, 4}), Vector({-1, 0, 0.5, kInfinity})))
                  .flat<float>(),
              ElementsAre(0, 0, 3, 4));
}

TEST(ReluGradTest, MultipliesAsTensorFlowDoes) {
  EXPECT_THAT(RunKernelOrFail(ReluGrad(Vector({1, kNan, kInfinity, kInfinity}),
                                       Vector({kNan, -1, 2, -kInfinity})))
                  .flat<float>(),
              ElementsAre(0, IsNan(), kInfinity, IsNan()));
}

TEST(ReluGradTest, RefusesDifferentShapes) {
  ExpectError(
      RunKernel(ReluGrad(RandomTensor<float>({6}, 1), RandomTensor<float>({2, 3}, 1))).status(),
      absl::StatusCode::kInvalidArgument,
      "Inputs to operation ReluGrad of type ReluGrad must have the same size and shape.  Input 0: "
      "[6] != input 1: [2,3]");
}

TEST(ReluGradTest, GivesTheSameBitsInAnyOrderOfBlocks) {
  ExpectSameBitsInAnyOrder(
      ReluGrad(RandomTensor<float>({100001}, 1), RandomTensor<float>({100001}, 2)));
}

}  // namespace
}  // namespace sessile
