#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sessile/kernels/numeric.h"
#include "sessile/tests/kernel_testing.h"

namespace sessile {
namespace {

template <typename T>
Tensor Make(const Shape& shape, std::vector<T> values) {
  return Tensor::FromValues<T>(shape, values).value();
}
template <typename T>
Tensor Values(std::vector<T> values) {
  return Make<T>({static_cast<int64_t>(values.size())}, values);
}

template <typename T>
absl::StatusOr<std::vector<Tensor>> Call(const char* op, std::vector<T> x, std::vector<T> y) {
  return RunKernel(
      {.op = op, .attrs = {{"T", DataTypeOf<T>::value}}, .inputs = {Values(x), Values(y)}});
}

template <typename T>
std::vector<T> Result(const char* op, std::vector<T> x, std::vector<T> y) {
  const absl::StatusOr<std::vector<Tensor>> z = Call(op, x, y);
  if (!z.ok()) {
    ADD_FAILURE() << op << ": " << z.status();
    return {};
  }
  return std::vector<T>(z->at(0).flat<T>().begin(), z->at(0).flat<T>().end());
}

TEST(BinaryTest, ComputesOnFloats) {
  using F = std::vector<float>;
  const F x = {7, -7, 7, -7}, y = {2, 2, -2, -2};
  EXPECT_EQ(Result<float>("AddV2", x, y), (F{9, -5, 5, -9}));
  EXPECT_EQ(Result<float>("Sub", x, y), (F{5, -9, 9, -5}));
  EXPECT_EQ(Result<float>("Mul", x, y), (F{14, -14, -14, 14}));
  EXPECT_EQ(Result<float>("RealDiv", x, y), (F{3.5f, -3.5f, -3.5f, 3.5f}));
  EXPECT_EQ(Result<float>("FloorDiv", x, y), (F{3, -4, -4, 3}));
  EXPECT_EQ(Result<float>("FloorMod", x, y), (F{1, 1, -1, -1}));
  EXPECT_EQ(Result<float>("Maximum", x, y), (F{7, 2, 7, -2}));
  EXPECT_EQ(Result<float>("Minimum", x, y), (F{2, -7, -2, -7}));
  EXPECT_EQ(Result<float>("SquaredDifference", x, y), (F{25, 81, 81, 25}));
  EXPECT_EQ(Result<float>("Pow", {2, 9, 4, 5}, {3, 0.5f, -1, 0}), (F{8, 3, 0.25f, 1}));
}

TEST(BinaryTest, ComputesOnIntegers) {
  using I = std::vector<int32_t>;
  const I x = {7, -7, 7, -7}, y = {2, 2, -2, -2};
  EXPECT_EQ(Result<int32_t>("Div", x, y), (I{3, -3, -3, 3}));
  EXPECT_EQ(Result<int32_t>("FloorDiv", x, y), (I{3, -4, -4, 3}));
  EXPECT_EQ(Result<int32_t>("FloorMod", x, y), (I{1, 1, -1, -1}));
  EXPECT_EQ(Result<int32_t>("Pow", {2, -3, 0, 5}, {10, 3, 0, 1}), (I{1024, -27, 1, 5}));
  EXPECT_EQ(Result<int32_t>("Mul", {65536}, {65536}), (I{0}));
  EXPECT_EQ(Result<uint8_t>("FloorDiv", {200}, {7}), (std::vector<uint8_t>{28}));
  EXPECT_EQ(Result<uint8_t>("Sub", {1}, {2}), (std::vector<uint8_t>{255}));
}

template <typename T>
void ExpectDivisionIsSafe() {
  constexpr T kLowest = std::numeric_limits<T>::min();
  for (const char* op : {"Div", "FloorDiv", "FloorMod"}) {
    ExpectError(Call<T>(op, {1, 2}, {1, 0}).status(), absl::StatusCode::kInvalidArgument,
                "Integer division by zero");
    const T expected = std::string(op) == "FloorMod" ? T{0} : kLowest;
    EXPECT_EQ(Result<T>(op, {kLowest}, {-1}), (std::vector<T>{expected})) << op;
  }
}

TEST(BinaryTest, DivisionByZeroIsAnErrorAndTheLowestByMinusOneWraps) {
  ExpectDivisionIsSafe<int8_t>();
  ExpectDivisionIsSafe<int16_t>();
  ExpectDivisionIsSafe<int32_t>();
  ExpectDivisionIsSafe<int64_t>();
  ExpectError(Call<uint32_t>("FloorMod", {1}, {0}).status(), absl::StatusCode::kInvalidArgument,
              "Integer division by zero");
}

template <typename T>
void ExpectLongDivisions() {
  const std::vector<T> edges = {
      std::numeric_limits<T>::min(),    std::numeric_limits<T>::max(), 0, 1, -1, 7, -7, 100, -100,
      std::numeric_limits<T>::min() + 1};
  for (const T divisor : edges) {
    std::vector<T> x, y;
    for (size_t i = 0; i < 301; ++i) {
      x.push_back(edges[i % edges.size()]);
      y.push_back(edges[i / 7 % edges.size()] == 0 ? T{3} : edges[i / 7 % edges.size()]);
    }
    const auto floor_div = [](T a, T b) {
      if (b == -1) return static_cast<T>(-static_cast<std::make_unsigned_t<T>>(a));
      const T quotient = static_cast<T>(a / b);
      return a % b != 0 && (a < 0) != (b < 0) ? static_cast<T>(quotient - 1) : quotient;
    };
    const std::vector<T> quotients = Result<T>("FloorDiv", x, y);
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(quotients[i], floor_div(x[i], y[i])) << x[i] << " " << y[i];
    }
    KernelCall call{.op = "FloorDiv",
                    .attrs = {{"T", DataTypeOf<T>::value}},
                    .inputs = {Values(x), Make<T>({}, {divisor})}};
    if (divisor == 0) {
      ExpectError(RunKernel(call).status(), absl::StatusCode::kInvalidArgument,
                  "Integer division by zero");
      continue;
    }
    const Tensor by_one = RunKernelOrFail(call);
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(by_one.flat<T>()[i], floor_div(x[i], divisor)) << x[i] << " " << divisor;
    }
  }
}

TEST(BinaryTest, DividesLongVectors) {
  ExpectLongDivisions<int32_t>();
  ExpectLongDivisions<int64_t>();
}

TEST(BinaryTest, ComparesLongVectorsWithOneElement) {
  std::vector<float> x(531);
  for (size_t i = 0; i < x.size(); ++i) x[i] = i % 5 == 4 ? NAN : static_cast<float>(i % 5);
  const Tensor z = RunKernelOrFail({.op = "Less",
                                    .attrs = {{"T", float32}},
                                    .inputs = {Make<float>({}, {1.5f}), Values(x)},
                                    .output_types = {bool_}});
  for (size_t i = 0; i < x.size(); ++i) ASSERT_EQ(z.flat<bool>()[i], 1.5f < x[i]) << i;
}

TEST(BinaryTest, RefusesIntegersToNegativePowers) {
  ExpectError(Call<int64_t>("Pow", {2}, {-1}).status(), absl::StatusCode::kInvalidArgument,
              "Integers to negative integer powers are not allowed");
}

TEST(BinaryTest, MaximumAndMinimumPassNaNOn) {
  for (const char* op : {"Maximum", "Minimum"}) {
    for (const float value : Result<float>(op, {1, NAN}, {NAN, 1})) EXPECT_TRUE(std::isnan(value));
  }
}

TEST(BinaryTest, BroadcastsEitherOperand) {
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{2, 3}, {3}}, {{3}, {2, 3}}, {{2, 1}, {1, 3}}, {{}, {2, 3}}, {{2, 3}, {}}, {{2, 3}, {2, 3}}};
  for (const auto& [a, b] : shapes) {
    Tensor x = Tensor::Allocate(float32, a).value(), y = Tensor::Allocate(float32, b).value();
    for (int64_t i = 0; i < x.num_elements(); ++i)
      x.mutable_flat<float>()[i] = static_cast<float>(10 * i);
    for (int64_t i = 0; i < y.num_elements(); ++i)
      y.mutable_flat<float>()[i] = static_cast<float>(i + 1);
    const Tensor z = RunKernelOrFail({.op = "Sub", .attrs = {{"T", float32}}, .inputs = {x, y}});
    ASSERT_EQ(z.shape(), Shape({2, 3}));
    const auto at = [](const Tensor& t, int64_t row, int64_t column) {
      const int rank = t.rank();
      const int64_t columns = rank > 0 ? t.dim(rank - 1) : 1;
      const int64_t rows = rank > 1 ? t.dim(0) : 1;
      return t.flat<float>()[(rows == 1 ? 0 : row) * columns + (columns == 1 ? 0 : column)];
    };
    for (int64_t row = 0; row < 2; ++row) {
      for (int64_t column = 0; column < 3; ++column) {
        EXPECT_EQ(z.flat<float>()[row * 3 + column], at(x, row, column) - at(y, row, column))
            << a.ToString() << b.ToString();
      }
    }
  }
  ExpectError(Call<float>("Add", {1, 2}, {1, 2, 3}).status(), absl::StatusCode::kInvalidArgument,
              "Incompatible shapes: [2] vs. [3]");
}

TEST(BinaryTest, GivesTheSameBitsInAnyOrder) {
  for (const Shape& other : {Shape({200, 331}), Shape({331}), Shape({200, 1}), Shape()}) {
    KernelCall call{.op = "Mul",
                    .attrs = {{"T", float32}},
                    .inputs = {RandomTensor<float>({200, 331}, 1), RandomTensor<float>(other, 2)}};
    ExpectSameBitsInAnyOrder(call);
    std::swap(call.inputs[0], call.inputs[1]);
    ExpectSameBitsInAnyOrder(call);
  }
}

TEST(BinaryTest, AddsStringsAndHalves) {
  EXPECT_EQ(Result<std::string>("Add", {"a", ""}, {"b", "c"}),
            (std::vector<std::string>{"ab", "c"}));
  EXPECT_EQ(Result<Half>("AddV2", {Narrow<Half>(2048)}, {Narrow<Half>(1)}),
            (std::vector<Half>{Narrow<Half>(2048)}));
}

// 37 / 0.2216 is 166.96, which half rounds to 167.
TEST(BinaryTest, WholeQuotientsAreOfRoundedQuotients) {
  const std::vector<Half> x = {Narrow<Half>(37), Narrow<Half>(-37)};
  const std::vector<Half> y = {Narrow<Half>(0.2216f), Narrow<Half>(0.2216f)};
  const std::vector<Half> quotients = {Narrow<Half>(167), Narrow<Half>(-167)};
  EXPECT_EQ(Result<Half>("FloorDiv", x, y), quotients);
  EXPECT_EQ(Result<Half>("TruncateDiv", x, y), quotients);
  EXPECT_EQ(Result<float>("FloorDiv", {37}, {0.2216f}), std::vector<float>{166});
}

std::vector<bool> Compare(const char* op, Tensor x, Tensor y, AttrValue strict = {}) {
  KernelCall call{.op = op, .attrs = {{"T", x.dtype()}}, .inputs = {x, y}, .output_types = {bool_}};
  if (strict.has_value()) call.attrs.push_back({"incompatible_shape_error", strict});
  const Tensor z = RunKernelOrFail(call);
  if (!z.has_value()) return {};
  return std::vector<bool>(z.flat<bool>().begin(), z.flat<bool>().end());
}

TEST(ComparisonTest, ComparesEachPair) {
  using B = std::vector<bool>;
  const Tensor x = Values<float>({1, 2, 3, NAN}), y = Values<float>({2, 2, 2, NAN});
  EXPECT_EQ(Compare("Less", x, y), (B{true, false, false, false}));
  EXPECT_EQ(Compare("LessEqual", x, y), (B{true, true, false, false}));
  EXPECT_EQ(Compare("Greater", x, y), (B{false, false, true, false}));
  EXPECT_EQ(Compare("GreaterEqual", x, y), (B{false, true, true, false}));
  EXPECT_EQ(Compare("Equal", x, y), (B{false, true, false, false}));
  EXPECT_EQ(Compare("NotEqual", x, y), (B{true, false, true, true}));
  EXPECT_EQ(Compare("Equal", Values<std::string>({"a", "b"}), Values<std::string>({"b"})),
            (B{false, true}));
  EXPECT_EQ(Compare("Equal", Values<Half>({Half{0x8000}}), Values<Half>({Half{0}})), (B{true}));
}

TEST(ComparisonTest, ShapesThatDoNotFitMayBeAnAnswer) {
  const Tensor x = Values<float>({1, 2}), y = Values<float>({1, 2, 3});
  EXPECT_EQ(Compare("Equal", x, y, false), (std::vector<bool>{false}));
  EXPECT_EQ(Compare("NotEqual", x, y, false), (std::vector<bool>{true}));
  ExpectError(
      RunKernel(
          {.op = "Equal", .attrs = {{"T", float32}}, .inputs = {x, y}, .output_types = {bool_}})
          .status(),
      absl::StatusCode::kInvalidArgument, "Incompatible shapes: [2] vs. [3]");
}

TEST(LogicalTest, FollowsTruthTables) {
  using B = std::vector<bool>;
  const auto bools = [](std::initializer_list<bool> list) {
    return Tensor::FromValues<bool>({static_cast<int64_t>(list.size())}, list).value();
  };
  const Tensor x = bools({false, false, true, true}), y = bools({false, true, false, true});
  EXPECT_EQ(Compare("LogicalAnd", x, y), (B{false, false, false, true}));
  EXPECT_EQ(Compare("LogicalOr", x, y), (B{false, true, true, true}));
  const Tensor z = RunKernelOrFail({.op = "LogicalNot", .inputs = {x}, .output_types = {bool_}});
  EXPECT_EQ(B(z.flat<bool>().begin(), z.flat<bool>().end()), (B{true, true, false, false}));
}

TEST(AddNTest, SumsInDouble) {
  const auto sum = [](std::vector<Tensor> inputs) {
    return RunKernel({.op = "AddN", .attrs = {{"T", float32}}, .inputs = std::move(inputs)});
  };
  EXPECT_EQ(sum({Values<float>({1e8f}), Values<float>({1}), Values<float>({-1e8f})})
                ->at(0)
                .flat<float>()[0],
            1);
  ExpectError(sum({Values<float>({1, 2}), Values<float>({1})}).status(),
              absl::StatusCode::kInvalidArgument,
              "must have the same size and shape.  Input 0: [2] != input 1: [1]");
  ExpectSameBitsInAnyOrder(
      {.op = "AddN",
       .attrs = {{"T", float32}},
       .inputs = {RandomTensor<float>({100, 700}, 1), RandomTensor<float>({100, 700}, 2),
                  RandomTensor<float>({100, 700}, 3)}});
}

}  // namespace
}  // namespace sessile
