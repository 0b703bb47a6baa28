#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "sessile/core/framework/reduction_axes.h"
#include "sessile/kernels/numeric.h"
#include "sessile/tests/kernel_testing.h"

namespace sessile {
namespace {

Tensor Axes(const std::vector<int32_t>& axes) {
  return Tensor::FromValues<int32_t>({static_cast<int64_t>(axes.size())}, axes).value();
}

KernelCall Reduce(const char* op, Tensor x, std::vector<int32_t> axes, bool keep_dims = false) {
  const DataType type = x.dtype();
  return {.op = op,
          .attrs = {{"T", type}, {"Tidx", int32}, {"keep_dims", keep_dims}},
          .inputs = {std::move(x), Axes(axes)},
          .output_types = {type}};
}

// The sum by the definition: each element goes to the output whose kept indices it has.
std::vector<double> SumByDefinition(const Tensor& x, const ReductionAxes& axes) {
  std::vector<double> sums(static_cast<size_t>(axes.output().num_elements()), 0);
  for (int64_t e = 0; e < x.num_elements(); ++e) {
    int64_t rest = e, place = 0, stride = 1;
    for (int d = x.rank() - 1; d >= 0; --d) {
      const int64_t index = rest % x.dim(d);
      rest /= x.dim(d);
      if (axes.reduced(d)) continue;
      place += index * stride;
      stride *= x.dim(d);
    }
    sums[static_cast<size_t>(place)] += x.flat<double>()[static_cast<size_t>(e)];
  }
  return sums;
}

TEST(ReductionTest, SumsOverAnyDimensions) {
  const std::vector<Shape> shapes = {
      {5}, {4, 6}, {3, 1, 5}, {2, 3, 4, 5}, {300, 2, 3}, {2, 700}, {3, 0, 2}, {2, 3, 2, 3, 2}, {}};
  for (const Shape& shape : shapes) {
    const Tensor x = RandomTensor<double>(shape, 7);
    for (int mask = 0; mask < 1 << shape.rank(); ++mask) {
      std::vector<int32_t> named;
      for (int d = 0; d < shape.rank(); ++d) {
        if ((mask >> d & 1) != 0) named.push_back(d % 2 == 0 ? d : d - shape.rank());
      }
      for (const bool keep : {false, true}) {
        const std::vector<int64_t> wide(named.begin(), named.end());
        const ReductionAxes axes = ReductionAxes::Of(shape, wide, keep).value();
        const Tensor y = RunKernelOrFail(Reduce("Sum", x, named, keep));
        ASSERT_EQ(y.shape(), axes.output());
        const std::vector<double> expected = SumByDefinition(x, axes);
        for (size_t i = 0; i < expected.size(); ++i) {
          ASSERT_NEAR(y.flat<double>()[i], expected[i], 1e-12) << shape.ToString() << mask;
        }
      }
    }
  }
}

TEST(ReductionTest, SumsExactly) {
  // 2^24 is where floats stop telling n from n + 1, 2^53 where doubles do.
  std::vector<float> floats(3000, 1.0f);
  floats[0] = 0x1p24f;
  const Tensor x = Tensor::FromValues<float>({3000}, floats).value();
  EXPECT_EQ(RunKernelOrFail(Reduce("Sum", x, {0})).scalar<float>(), 0x1p24f + 3000.0f);  // rounded
  std::vector<double> doubles(3001, 1.0);
  doubles[0] = 0x1p60;
  doubles[3000] = -0x1p60;
  const Tensor z = Tensor::FromValues<double>({3001}, doubles).value();
  EXPECT_EQ(RunKernelOrFail(Reduce("Sum", z, {0})).scalar<double>(), 2999);
}

TEST(ReductionTest, FloatSumsAreCloseToTheTruth) {
  const Tensor x = RandomTensor<float>({1000, 1000}, 3);
  const double truth = std::accumulate(x.flat<float>().begin(), x.flat<float>().end(), 0.0L);
  EXPECT_EQ(RunKernelOrFail(Reduce("Sum", x, {0, 1})).scalar<float>(), static_cast<float>(truth));
  EXPECT_EQ(RunKernelOrFail(Reduce("Mean", x, {0, 1})).scalar<float>(),
            static_cast<float>(truth / 1e6));
}

TEST(ReductionTest, InfinityAndNaNPassThrough) {
  const double infinity = std::numeric_limits<double>::infinity();
  const auto sum = [](std::vector<double> values) {
    const Shape shape({static_cast<int64_t>(values.size())});
    const Tensor x = Tensor::FromValues<double>(shape, values).value();
    return RunKernelOrFail(Reduce("Sum", x, {0})).scalar<double>();
  };
  EXPECT_EQ(sum({1, infinity, 2}), infinity);
  EXPECT_TRUE(std::isnan(sum({infinity, -infinity})));
  EXPECT_TRUE(std::isnan(sum({1, NAN})));
}

TEST(ReductionTest, GivesTheSameBitsInAnyOrder) {
  for (const char* op : {"Sum", "Mean", "Max"}) {
    ExpectSameBitsInAnyOrder(Reduce(op, RandomTensor<float>({64, 28, 28, 4}, 1), {0, 1, 2}));
    ExpectSameBitsInAnyOrder(Reduce(op, RandomTensor<float>({500, 600}, 1), {0, 1}));
    ExpectSameBitsInAnyOrder(Reduce(op, RandomTensor<float>({500, 600}, 1), {0}));
    ExpectSameBitsInAnyOrder(Reduce(op, RandomTensor<float>({500, 600}, 1), {1}));
    ExpectSameBitsInAnyOrder(Reduce(op, RandomTensor<double>({30, 7, 40, 50}, 1), {0, 2}));
  }
}

// Rows and columns of every length, with and without elements that are left over by vectors.
template <typename T>
void ExpectSumsAndMaxima() {
  for (int64_t n = 0; n < 40; ++n) {
    for (const int64_t m : {1, 3, 19, 300}) {
      std::vector<T> values(static_cast<size_t>(m * n));
      for (size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<T>(static_cast<int64_t>(i * 37 % 101) - 50);
      }
      const Tensor rows = Tensor::FromValues<T>({m, n}, values).value();
      const Tensor columns = Tensor::FromValues<T>({n, m}, values).value();
      const Tensor sums[] = {RunKernelOrFail(Reduce("Sum", rows, {1})),
                             RunKernelOrFail(Reduce("Sum", columns, {0}))};
      const Tensor maxima[] = {RunKernelOrFail(Reduce("Max", rows, {1})),
                               RunKernelOrFail(Reduce("Max", columns, {0}))};
      for (int64_t i = 0; i < m; ++i) {
        for (const bool by_rows : {true, false}) {
          T sum = 0;
          T most = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                        : std::numeric_limits<T>::lowest();
          for (int64_t j = 0; j < n; ++j) {
            const T x = values[static_cast<size_t>(by_rows ? i * n + j : j * m + i)];
            sum = static_cast<T>(sum + x);
            most = std::max(most, x);
          }
          ASSERT_EQ(sums[by_rows ? 0 : 1].flat<T>()[static_cast<size_t>(i)], sum) << m << " " << n;
          ASSERT_EQ(maxima[by_rows ? 0 : 1].flat<T>()[static_cast<size_t>(i)], most)
              << m << " " << n;
        }
      }
    }
  }
}

TEST(ReductionTest, SumsAndMaximaOfAnyLength) {
  ExpectSumsAndMaxima<float>();
  ExpectSumsAndMaxima<double>();
  ExpectSumsAndMaxima<int32_t>();
  ExpectSumsAndMaxima<int64_t>();
  ExpectSumsAndMaxima<int16_t>();
}

TEST(ReductionTest, NaNWinsInAnyPlace) {
  for (int64_t n = 1; n < 40; ++n) {
    for (int64_t place = 0; place < n; ++place) {
      std::vector<float> values(static_cast<size_t>(n), 5);
      values[static_cast<size_t>(place)] = NAN;
      const Tensor x = Tensor::FromValues<float>({n}, values).value();
      for (const char* op : {"Max", "Min", "Sum", "Mean", "Prod"}) {
        ASSERT_TRUE(std::isnan(RunKernelOrFail(Reduce(op, x, {0})).scalar<float>()))
            << op << n << place;
      }
    }
  }
}

template <typename T>
T ReduceAll(const char* op, std::vector<T> values) {
  const Shape shape({static_cast<int64_t>(values.size())});
  return RunKernelOrFail(Reduce(op, Tensor::FromValues<T>(shape, values).value(), {0}))
      .template scalar<T>();
}

TEST(ReductionTest, ComputesEachReduction) {
  EXPECT_EQ(ReduceAll<float>("Prod", {2, -3, 4}), -24);
  EXPECT_EQ(ReduceAll<float>("Max", {2, -3, 4}), 4);
  EXPECT_EQ(ReduceAll<float>("Min", {2, -3, 4}), -3);
  EXPECT_EQ(ReduceAll<int32_t>("Mean", {1, 2, 4}), 2);
  EXPECT_EQ(ReduceAll<int32_t>("Mean", {-1, -2, -4}), -2);
  EXPECT_EQ(ReduceAll<int32_t>("Sum", {INT32_MAX, 1}), INT32_MIN);
  EXPECT_EQ(ReduceAll<uint8_t>("Max", {3, 250, 7}), 250);
  EXPECT_EQ(ReduceAll<Half>("Sum", std::vector<Half>(3000, Narrow<Half>(1))), Narrow<Half>(3000));
  EXPECT_TRUE(std::isnan(ReduceAll<float>("Max", {1, NAN, 2})));
  EXPECT_TRUE(std::isnan(ReduceAll<float>("Min", {NAN, 1, 2})));
}

TEST(ReductionTest, OfNothingIsTheNeutralElement) {
  EXPECT_EQ(ReduceAll<float>("Sum", {}), 0);
  EXPECT_EQ(ReduceAll<float>("Prod", {}), 1);
  EXPECT_TRUE(std::isnan(ReduceAll<float>("Mean", {})));
  EXPECT_EQ(ReduceAll<int32_t>("Mean", {}), 0);
  EXPECT_EQ(ReduceAll<float>("Max", {}), -std::numeric_limits<float>::infinity());
  EXPECT_EQ(ReduceAll<int32_t>("Min", {}), INT32_MAX);
}

TEST(ReductionTest, AllAndAny) {
  const auto reduce = [](const char* op, std::initializer_list<bool> values) {
    const Tensor x =
        Tensor::FromValues<bool>({static_cast<int64_t>(values.size())}, values).value();
    return RunKernelOrFail({.op = op,
                            .attrs = {{"Tidx", int32}},
                            .inputs = {x, Axes({0})},
                            .output_types = {bool_}})
        .scalar<bool>();
  };
  EXPECT_TRUE(reduce("All", {true, true}));
  EXPECT_FALSE(reduce("All", {true, false}));
  EXPECT_TRUE(reduce("Any", {false, true}));
  EXPECT_FALSE(reduce("Any", {false, false}));
  EXPECT_TRUE(reduce("All", {}));
}

TEST(ReductionTest, RefusesWrongAxes) {
  const Tensor x = RandomTensor<float>({2, 3}, 1);
  ExpectError(RunKernel(Reduce("Sum", x, {5})).status(), absl::StatusCode::kInvalidArgument,
              "Invalid reduction dimension (5 for input with 2 dimension(s)");
  ExpectError(RunKernel(Reduce("Sum", x, {0, 0})).status(), absl::StatusCode::kInvalidArgument,
              "Axes contains duplicate dimension: 0");
}

absl::StatusOr<std::vector<Tensor>> ArgMax(const char* op, Tensor x, int32_t axis,
                                           DataType output = int64) {
  const DataType type = x.dtype();
  return RunKernel({.op = op,
                    .attrs = {{"T", type}, {"Tidx", int32}, {"output_type", output}},
                    .inputs = {std::move(x), Tensor::Scalar(axis)},
                    .output_types = {output}});
}

TEST(ArgMaxTest, TakesTheFirstOfTheBest) {
  const Tensor x = Tensor::FromValues<float>({2, 3}, {1, 3, 3, 0, -1, -1}).value();
  EXPECT_THAT(ArgMax("ArgMax", x, 1)->at(0).flat<int64_t>(), testing::ElementsAre(1, 0));
  EXPECT_THAT(ArgMax("ArgMin", x, -1, int32)->at(0).flat<int32_t>(), testing::ElementsAre(0, 1));
  EXPECT_THAT(ArgMax("ArgMax", x, 0)->at(0).flat<int64_t>(), testing::ElementsAre(0, 0, 0));
  const Tensor nan = Tensor::FromValues<float>({5}, {NAN, 1, NAN, 3, 3}).value();
  EXPECT_EQ(ArgMax("ArgMax", nan, 0)->at(0).scalar<int64_t>(), 3);
  EXPECT_EQ(ArgMax("ArgMin", nan, 0)->at(0).scalar<int64_t>(), 1);
}

TEST(ArgMaxTest, RefusesAWrongDimension) {
  const Tensor x = Tensor::FromValues<float>({1, 2}, {1, 2}).value();
  ExpectError(ArgMax("ArgMax", x, 5).status(), absl::StatusCode::kInvalidArgument,
              "Expected dimension in the range [-2, 2), but got 5");
  ExpectError(ArgMax("ArgMax", RandomTensor<float>({0, 3}, 1), 0).status(),
              absl::StatusCode::kInvalidArgument, "Reduction axis 0 is empty in shape [0,3]");
}

}  // namespace
}  // namespace sessile
