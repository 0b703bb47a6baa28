#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <string>

#include "sessile/kernels/numeric.h"
#include "sessile/tests/kernel_testing.h"

namespace sessile {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsNan;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr float kEpsilon = 1e-3f;
constexpr double kTwoRoundings = 1.5e-7;

struct Options {
  bool training = true;
  float factor = 1;
  float epsilon = kEpsilon;
  std::string format = "NHWC";
  bool yardstick = false;
};

std::vector<std::pair<std::string, AttrValue>> Attrs(const Options& options) {
  const DataType type = options.yardstick ? float64 : float32;
  return {{"T", type},
          {"U", type},
          {"epsilon", options.epsilon},
          {"data_format", options.format},
          {"is_training", options.training}};
}

// x, scale, offset, mean, variance
KernelCall Forward(std::vector<Tensor> inputs, const Options& options = {}) {
  KernelCall call{.op = "FusedBatchNormV3",
                  .attrs = Attrs(options),
                  .inputs = std::move(inputs),
                  .output_types = std::vector<DataType>(6, options.yardstick ? float64 : float32),
                  .yardstick = options.yardstick};
  call.attrs.push_back({"exponential_avg_factor", options.factor});
  return call;
}

// g, x, scale, mean, variance, and an unused one
KernelCall Backward(std::vector<Tensor> inputs, const Options& options = {}) {
  return {.op = "FusedBatchNormGradV3",
          .attrs = Attrs(options),
          .inputs = std::move(inputs),
          .output_types = std::vector<DataType>(5, options.yardstick ? float64 : float32),
          .yardstick = options.yardstick};
}

Tensor Filled(const Shape& shape, float value) {
  Tensor tensor = Tensor::Allocate(float32, shape).value();
  for (float& element : tensor.mutable_flat<float>()) element = value;
  return tensor;
}
Tensor Empty() { return Filled({0}, 0); }

Tensor ToDouble(const Tensor& tensor) {
  Tensor result = Tensor::Allocate(float64, tensor.shape()).value();
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    result.mutable_data<double>()[i] = static_cast<double>(tensor.data<float>()[i]);
  }
  return result;
}

// ---- TensorFlow's values
// -------------------------------------------------------------------------

struct GoldenCase {
  Options options;
  std::map<std::string, Tensor> tensors;
};

Tensor ReadTensor(std::istringstream& line) {
  std::string dims;
  line >> dims;
  std::vector<int64_t> shape;
  std::istringstream sizes(dims.substr(1, dims.size() - 2));
  for (std::string size; std::getline(sizes, size, ',');) shape.push_back(std::stoll(size));
  Tensor tensor = Tensor::Allocate(float32, Shape(shape)).value();
  for (float& element : tensor.mutable_flat<float>()) {
    std::string value;
    line >> value;
    element = std::stof(value);
  }
  return tensor;
}

std::vector<GoldenCase> ReadGolden() {
  std::ifstream file(SESSILE_TEST_DATA_DIR "/batch_norm.txt");
  std::vector<GoldenCase> cases;
  for (std::string text; std::getline(file, text);) {
    std::istringstream line(text);
    std::string name;
    line >> name;
    if (name == "#") continue;
    if (name == "case") {
      Options options;
      line >> options.training >> options.factor >> options.epsilon;
      cases.push_back({.options = options, .tensors = {}});
    } else {
      cases.back().tensors[name] = ReadTensor(line);
    }
  }
  return cases;
}

void ExpectNear(const Tensor& actual, const Tensor& expected, const std::string& name) {
  EXPECT_EQ(actual.shape(), expected.shape()) << name;
  EXPECT_LE(Distance(actual, ToDouble(expected)), 1e-6) << name;
}

TEST(FusedBatchNormTest, EqualsTensorFlow) {
  const std::vector<GoldenCase> cases = ReadGolden();
  ASSERT_EQ(cases.size(), 5u);
  for (const GoldenCase& golden : cases) {
    const auto& t = golden.tensors;
    Options options = golden.options;
    if (t.at("x").rank() == 5) options.format = "NDHWC";
    const auto forward = RunKernel(Forward(
        {t.at("x"), t.at("scale"), t.at("offset"), t.at("mean"), t.at("variance")}, options));
    ASSERT_TRUE(forward.ok()) << forward.status();
    const char* const names[] = {"y",
                                 "batch_mean",
                                 "batch_variance",
                                 "reserve_space_1",
                                 "reserve_space_2",
                                 "reserve_space_3"};
    for (size_t i = 0; i < 6; ++i) ExpectNear(forward->at(i), t.at(names[i]), names[i]);
    const bool training = golden.options.training;
    const auto backward = RunKernel(
        Backward({t.at("g"), t.at("x"), t.at("scale"), training ? forward->at(3) : t.at("mean"),
                  training ? forward->at(4) : t.at("variance"), forward->at(5)},
                 options));
    ASSERT_TRUE(backward.ok()) << backward.status();
    const char* const gradients[] = {"grad_x_backprop", "grad_scale_backprop",
                                     "grad_offset_backprop", "grad_reserve_space_4",
                                     "grad_reserve_space_5"};
    for (size_t i = 0; i < 5; ++i) {
      ExpectNear(backward->at(i), t.at(gradients[i]), gradients[i]);
    }
  }
}

// ---- The definition
// ------------------------------------------------------------------------------

struct Statistics {
  std::vector<double> mean, variance;
};

Statistics StatisticsOf(const Tensor& x, int64_t channels) {
  Statistics s{std::vector<double>(static_cast<size_t>(channels)),
               std::vector<double>(static_cast<size_t>(channels))};
  const auto count = static_cast<double>(x.num_elements() / channels);
  for (int64_t i = 0; i < x.num_elements(); ++i) {
    s.mean[static_cast<size_t>(i % channels)] += x.data<double>()[i] / count;
  }
  for (int64_t i = 0; i < x.num_elements(); ++i) {
    const auto c = static_cast<size_t>(i % channels);
    s.variance[c] += (x.data<double>()[i] - s.mean[c]) * (x.data<double>()[i] - s.mean[c]) / count;
  }
  return s;
}

// Float is compared with the double kernel, and that with the definition, at many sizes: several
// blocks, more and fewer channels than a vector has elements.
TEST(FusedBatchNormTest, EqualsItsDefinition) {
  for (const int64_t channels : {1, 3, 4, 20, 33, 76, 513}) {
    const Shape shape({7, 11, 29, channels});
    const Tensor x = RandomTensor<float>(shape, 1);
    const Tensor scale = RandomTensor<float>({channels}, 2);
    const Tensor offset = RandomTensor<float>({channels}, 3);
    const Statistics s = StatisticsOf(ToDouble(x), channels);
    Tensor expected = ToDouble(x);
    for (int64_t i = 0; i < x.num_elements(); ++i) {
      const auto c = static_cast<size_t>(i % channels);
      double& y = expected.mutable_data<double>()[i];
      y = (y - s.mean[c]) / std::sqrt(s.variance[c] + double{kEpsilon}) *
              double{scale.flat<float>()[c]} +
          double{offset.flat<float>()[c]};
    }
    EXPECT_LE(Distance(RunKernelOrFail(Forward({x, scale, offset, Empty(), Empty()})), expected),
              kTwoRoundings);
    const Tensor exact = RunKernelOrFail(Forward(
        {ToDouble(x), ToDouble(scale), ToDouble(offset), ToDouble(Empty()), ToDouble(Empty())},
        {.yardstick = true}));
    EXPECT_LE(Distance(exact, expected), 1e-14);
  }
}

TEST(FusedBatchNormTest, KeepsTheVarianceOfLargeNumbers) {
  // sum(x^2) - sum(x)^2 / N would lose all of it.
  Tensor x = RandomTensor<float>({50, 20, 20, 2}, 1);
  for (float& element : x.mutable_flat<float>()) element += 4000;
  const Statistics s = StatisticsOf(ToDouble(x), 2);
  const auto outputs = RunKernel(Forward({x, Filled({2}, 1), Filled({2}, 0), Empty(), Empty()}));
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  for (int64_t c = 0; c < 2; ++c) {
    const auto i = static_cast<size_t>(c);
    EXPECT_NEAR(outputs->at(4).data<float>()[c] / s.variance[i], 1, 1e-7);
  }
}

TEST(FusedBatchNormGradTest, MatchesDifferences) {
  const Options options = {.yardstick = true};
  const Shape shape({3, 4, 2, 3});
  const Tensor g = RandomTensor<double>(shape, 1);
  const Tensor none = ToDouble(Empty());
  const std::vector<Tensor> point = {RandomTensor<double>(shape, 2), RandomTensor<double>({3}, 3),
                                     RandomTensor<double>({3}, 4)};
  const auto loss = [&](const std::vector<Tensor>& at) {
    const Tensor y = RunKernelOrFail(Forward({at[0], at[1], at[2], none, none}, options));
    double sum = 0;
    for (int64_t i = 0; i < y.num_elements(); ++i) sum += y.data<double>()[i] * g.data<double>()[i];
    return sum;
  };
  const auto forward = RunKernel(Forward({point[0], point[1], point[2], none, none}, options));
  ASSERT_TRUE(forward.ok()) << forward.status();
  const auto gradients = RunKernel(
      Backward({g, point[0], point[1], forward->at(3), forward->at(4), forward->at(5)}, options));
  ASSERT_TRUE(gradients.ok()) << gradients.status();
  for (size_t input = 0; input < 3; ++input) {
    for (int64_t i = 0; i < point[input].num_elements(); ++i) {
      std::vector<Tensor> up = point;
      std::vector<Tensor> down = point;
      up[input] = point[input].Clone().value();
      down[input] = point[input].Clone().value();
      up[input].mutable_data<double>()[i] += 1e-5;
      down[input].mutable_data<double>()[i] -= 1e-5;
      EXPECT_NEAR(gradients->at(input).data<double>()[i], (loss(up) - loss(down)) / 2e-5, 1e-7);
    }
  }
}

TEST(FusedBatchNormGradTest, IsExactToTwoRoundings) {
  const Shape shape({9, 30, 30, 12});
  const Tensor x = RandomTensor<float>(shape, 1);
  const Tensor g = RandomTensor<float>(shape, 2);
  const Tensor scale = RandomTensor<float>({12}, 3);
  const Tensor mean = RandomTensor<float>({12}, 4);
  const Tensor variance = Filled({12}, 0.25f);
  for (const bool training : {false, true}) {
    const auto actual =
        RunKernel(Backward({g, x, scale, mean, variance, Empty()}, {.training = training}));
    const auto expected =
        RunKernel(Backward({ToDouble(g), ToDouble(x), ToDouble(scale), ToDouble(mean),
                            ToDouble(variance), ToDouble(Empty())},
                           {.training = training, .yardstick = true}));
    ASSERT_TRUE(actual.ok() && expected.ok()) << actual.status() << expected.status();
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_LE(Distance(actual->at(i), expected->at(i)), kTwoRoundings);
    }
  }
}

TEST(FusedBatchNormTest, TakesChannelsFirst) {
  // One row of pixels and one image: NCHW is the transpose of NHWC.
  const Tensor last = RandomTensor<float>({1, 1, 50, 2}, 1);
  Tensor first = Tensor::Allocate(float32, {1, 2, 1, 50}).value();
  const auto transpose = [](const Tensor& from, Tensor* to, int64_t rows, int64_t columns) {
    for (int64_t i = 0; i < rows * columns; ++i) {
      to->mutable_data<float>()[i % columns * rows + i / columns] = from.data<float>()[i];
    }
  };
  transpose(last, &first, 50, 2);
  const Tensor scale = RandomTensor<float>({2}, 2);
  const Tensor offset = RandomTensor<float>({2}, 3);
  const auto expected = RunKernel(Forward({last, scale, offset, Empty(), Empty()}));
  const auto actual =
      RunKernel(Forward({first, scale, offset, Empty(), Empty()}, {.format = "NCHW"}));
  ASSERT_TRUE(expected.ok() && actual.ok());
  Tensor y = Tensor::Allocate(float32, {1, 1, 50, 2}).value();
  transpose(actual->at(0), &y, 2, 50);
  EXPECT_LE(Distance(y, ToDouble(expected->at(0))), kTwoRoundings);
  for (size_t i = 1; i < 5; ++i) {
    EXPECT_LE(Distance(actual->at(i), ToDouble(expected->at(i))), kTwoRoundings);
  }
}

TEST(FusedBatchNormTest, GivesTheSameBitsInAnyOrderOfBlocks) {
  for (const char* format : {"NHWC", "NCHW"}) {
    const Tensor x = RandomTensor<float>({20, 33, 20, 33}, 1);
    const Tensor channel = RandomTensor<float>({33}, 2);
    const Tensor positive = Filled({33}, 2);
    ExpectSameBitsInAnyOrder(Forward({x, channel, channel, Empty(), Empty()}, {.format = format}));
    ExpectSameBitsInAnyOrder(
        Forward({x, channel, channel, channel, positive}, {.training = false, .format = format}));
    ExpectSameBitsInAnyOrder(
        Backward({RandomTensor<float>(x.shape(), 3), x, channel, channel, positive, Empty()},
                 {.format = format}));
  }
}

TEST(FusedBatchNormTest, GivesNoStatisticsForAnEmptyBatch) {
  const Tensor x = Filled({0, 2, 2, 3}, 0);
  const Tensor channel = Filled({3}, 1);
  for (const bool training : {false, true}) {
    const auto outputs =
        RunKernel(Forward({x, channel, channel, channel, channel}, {.training = training}));
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_EQ(outputs->at(0).shape(), x.shape());
    EXPECT_THAT(outputs->at(1).flat<float>(), Each(IsNan()));
    EXPECT_THAT(outputs->at(2).flat<float>(), Each(IsNan()));
    const auto gradients =
        RunKernel(Backward({x, x, channel, channel, channel, Empty()}, {.training = training}));
    ASSERT_TRUE(gradients.ok()) << gradients.status();
    EXPECT_THAT(gradients->at(1).flat<float>(), ElementsAre(0, 0, 0));
    EXPECT_THAT(gradients->at(2).flat<float>(), ElementsAre(0, 0, 0));
  }
}

TEST(FusedBatchNormTest, RefusesShapesThatDoNotFit) {
  const auto error = [](const Shape& x, const Shape& scale, const Shape& offset, const Shape& mean,
                        const Shape& variance, const Options& options = {}) {
    return RunKernel(Forward({Filled(x, 1), Filled(scale, 1), Filled(offset, 1), Filled(mean, 1),
                              Filled(variance, 1)},
                             options))
        .status();
  };
  const Shape x({1, 2, 2, 3});
  ExpectError(error({2, 3}, {3}, {3}, {0}, {0}), kInvalid, "input must be 4 or 5-dimensional[2,3]");
  ExpectError(error(x, {1, 3}, {3}, {0}, {0}), kInvalid, "scale must be 1-dimensional[1,3]");
  ExpectError(error(x, {3}, {3}, {1, 3}, {0}), kInvalid,
              "estimated_mean must be 1-dimensional[1,3]");
  ExpectError(error(x, {2}, {3}, {0}, {0}), kInvalid,
              "scale must have the same number of elements as the channels of x, got 2 and 3");
  ExpectError(error(x, {3}, {3}, {0}, {0}, {.factor = 0.1f}), kInvalid,
              "When exponential_avg_factor != 1, mean must have the same number of elements as the "
              "channels of x, got 0 and 3");
  ExpectError(error(x, {3}, {3}, {3}, {2}, {.training = false}), kInvalid,
              "When is_training=false, variance must have the same number of elements as the "
              "channels of x, got 2 and 3");
}

TEST(FusedBatchNormGradTest, RefusesShapesThatDoNotFit) {
  const auto error = [](const Shape& g, const Shape& x, const Shape& scale, const Shape& mean,
                        const Shape& variance) {
    return RunKernel(Backward({Filled(g, 1), Filled(x, 1), Filled(scale, 1), Filled(mean, 1),
                               Filled(variance, 1), Empty()}))
        .status();
  };
  const Shape x({2, 2, 2, 3});
  ExpectError(error({1, 2, 2, 3}, x, {3}, {3}, {3}), kInvalid,
              "x and y_backprop must have same shape, but x has shape [2,2,2,3] and y_backprop has "
              "shape [1,2,2,3]");
  ExpectError(error(x, x, {2}, {3}, {3}), kInvalid,
              "scale must have the same number of elements as the channels of x, got 2 and 3");
  ExpectError(error(x, x, {3}, {3}, {4}), kInvalid,
              "reserve_space_2 must have the same number of elements as the channels of x, got 4 "
              "and 3");
  ExpectError(error({2, 3}, {2, 3}, {3}, {3}, {3}), kInvalid,
              "input must be 4 or 5-dimensional[2,3]");
}

template <typename T>
Tensor Narrowed(const Tensor& wide) {
  Tensor tensor = Tensor::Allocate(DataTypeOf<T>::value, wide.shape()).value();
  for (int64_t i = 0; i < wide.num_elements(); ++i) {
    tensor.mutable_data<T>()[i] = Narrow<T>(wide.data<float>()[i]);
  }
  return tensor;
}

template <typename T>
Tensor Widened(const Tensor& narrow) {
  Tensor tensor = Tensor::Allocate(float32, narrow.shape()).value();
  for (int64_t i = 0; i < narrow.num_elements(); ++i) {
    tensor.mutable_data<float>()[i] = Widen(narrow.data<T>()[i]);
  }
  return tensor;
}

KernelCall WithElements(KernelCall call, DataType type, int elements_to) {
  call.attrs[0].second = type;  // T
  for (int i = 0; i < elements_to; ++i) {
    call.output_types[static_cast<size_t>(i)] = i == 0 ? type : float32;
  }
  return call;
}

// Results are those of float, rounded; what there is for each channel is not.
template <typename T>
void ExpectRoundedResults(const KernelCall& narrow, const KernelCall& wide) {
  const auto rounded = RunKernel(narrow);
  const auto exact = RunKernel(wide);
  ASSERT_TRUE(rounded.ok()) << rounded.status();
  ASSERT_TRUE(exact.ok()) << exact.status();
  EXPECT_TRUE(SameTensor(rounded->at(0), Narrowed<T>(exact->at(0))));
  for (size_t i = 1; i < exact->size(); ++i) {
    EXPECT_TRUE(SameTensor(rounded->at(i), exact->at(i))) << "output " << i;
  }
}

template <typename T>
void ExpectStatisticsOfNarrowElementsInFloat() {
  constexpr DataType kType = DataTypeOf<T>::value;
  for (const GoldenCase& golden : ReadGolden()) {
    const auto& t = golden.tensors;
    Options options = golden.options;
    if (t.at("x").rank() == 5) options.format = "NDHWC";
    const Tensor x = Narrowed<T>(t.at("x"));
    const auto inputs = [&](const Tensor& of) {
      return std::vector<Tensor>{of, t.at("scale"), t.at("offset"), t.at("mean"), t.at("variance")};
    };
    ExpectRoundedResults<T>(WithElements(Forward(inputs(x), options), kType, 6),
                            Forward(inputs(Widened<T>(x)), options));
    const auto gradient = [&](const Tensor& of) {
      return std::vector<Tensor>{
          of, of, t.at("scale"), t.at("reserve_space_1"), t.at("reserve_space_2"), Empty()};
    };
    ExpectRoundedResults<T>(WithElements(Backward(gradient(x), options), kType, 5),
                            Backward(gradient(Widened<T>(x)), options));
  }
}

TEST(FusedBatchNormTest, KeepsStatisticsOfNarrowElementsInFloat) {
  ExpectStatisticsOfNarrowElementsInFloat<Half>();
  ExpectStatisticsOfNarrowElementsInFloat<BFloat16>();
}

TEST(FusedBatchNormTest, PlanesOfNoPixelsHaveNoStatistics) {
  const auto outputs =
      RunKernel(Forward({Filled({2, 3, 0, 5}, 0), Filled({3}, 1), Filled({3}, 0), Empty(), Empty()},
                        {.format = "NCHW"}));
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_EQ(outputs->at(0).shape(), Shape({2, 3, 0, 5}));
  for (const float mean : outputs->at(1).flat<float>()) EXPECT_TRUE(std::isnan(mean));
}

// A thousand times the spread, known or computed.
TEST(FusedBatchNormTest, AMeanFarFromZeroCostsNoDigits) {
  const Shape shape({8, 9, 9, 5});
  Tensor x = RandomTensor<float>(shape, 1);
  for (float& element : x.mutable_flat<float>()) element = 1000 + element;
  const Tensor scale = RandomTensor<float>({5}, 2), offset = RandomTensor<float>({5}, 3);
  const Tensor mean = Filled({5}, 1000), variance = Filled({5}, 0.25f);
  for (const bool training : {false, true}) {
    const Tensor of_mean = training ? Empty() : mean, of_variance = training ? Empty() : variance;
    const Tensor y =
        RunKernelOrFail(Forward({x, scale, offset, of_mean, of_variance}, {.training = training}));
    const Tensor expected = RunKernelOrFail(Forward(
        {ToDouble(x), ToDouble(scale), ToDouble(offset), ToDouble(of_mean), ToDouble(of_variance)},
        {.training = training, .yardstick = true}));
    EXPECT_LE(Distance(y, expected), 2 * kTwoRoundings);
  }
}

// With one element for each channel nothing moves the output; with equal gradients they cancel.
TEST(FusedBatchNormGradTest, WhatCancelsIsNotRoundedBefore) {
  const Tensor scale = RandomTensor<float>({7}, 3), mean = RandomTensor<float>({7}, 4);
  const Tensor variance = Filled({7}, 0);
  const Tensor x = mean.Reshaped({1, 1, 1, 7}).value();
  const Tensor dx = RunKernelOrFail(
      Backward({RandomTensor<float>({1, 1, 1, 7}, 1), x, scale, mean, variance, Empty()}));
  for (const float element : dx.flat<float>()) EXPECT_EQ(element, 0);
}

}  // namespace
}  // namespace sessile
