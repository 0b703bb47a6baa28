#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>

#include "sessile/kernels/numeric.h"
#include "sessile/tests/kernel_testing.h"

namespace sessile {
namespace {

template <typename Dst, typename Src>
std::vector<Dst> Cast(const std::vector<Src>& values) {
  Tensor x =
      Tensor::Allocate(DataTypeOf<Src>::value, {static_cast<int64_t>(values.size())}).value();
  std::copy(values.begin(), values.end(), x.mutable_data<Src>());
  const Tensor y = RunKernelOrFail(
      {.op = "Cast",
       .attrs = {{"SrcT", DataTypeOf<Src>::value}, {"DstT", DataTypeOf<Dst>::value}},
       .inputs = {x},
       .output_types = {DataTypeOf<Dst>::value}});
  if (!y.has_value()) return {};
  return std::vector<Dst>(y.flat<Dst>().begin(), y.flat<Dst>().end());
}

// What TensorFlow 2.15.1 gives on x86-64.
TEST(CastTest, FloatsThatDoNotFitBecomeWhatTensorFlowMakesOfThem) {
  const std::vector<float> x = {3e9f, -3e9f, 300, -1.7f, NAN, 1e20f};
  EXPECT_EQ((Cast<int8_t>(x)), (std::vector<int8_t>{0, 0, 44, -1, 0, 0}));
  EXPECT_EQ((Cast<uint8_t>(x)), (std::vector<uint8_t>{0, 0, 44, 255, 0, 0}));
  EXPECT_EQ((Cast<int16_t>(x)), (std::vector<int16_t>{0, 0, 300, -1, 0, 0}));
  EXPECT_EQ((Cast<int32_t>(x)),
            (std::vector<int32_t>{INT32_MIN, INT32_MIN, 300, -1, INT32_MIN, INT32_MIN}));
  EXPECT_EQ((Cast<uint32_t>(x)),
            (std::vector<uint32_t>{3000000000, 1294967296, 300, 4294967295, 0, 0}));
  EXPECT_EQ((Cast<int64_t>(x)),
            (std::vector<int64_t>{3000000000, -3000000000, 300, -1, INT64_MIN, INT64_MIN}));
  EXPECT_EQ((Cast<uint64_t>(x)),
            (std::vector<uint64_t>{3000000000, 18446744070709551616ull, 300, 18446744073709551615u,
                                   9223372036854775808u, 9223372036854775808u}));
  EXPECT_EQ((Cast<bool>(x)), (std::vector<bool>(6, true)));
}

TEST(CastTest, KeepsWhatFitsAtTheEdges) {
  EXPECT_EQ((Cast<int32_t>(std::vector<double>{2147483647.9, -2147483648.9, 2147483648.0})),
            (std::vector<int32_t>{INT32_MAX, INT32_MIN, INT32_MIN}));
  EXPECT_EQ((Cast<uint64_t>(std::vector<double>{0x1p63, 0x1.8p63})),
            (std::vector<uint64_t>{uint64_t{1} << 63, uint64_t{3} << 62}));
}

TEST(CastTest, LongVectorsGetTheSameAsShortOnes) {
  const std::vector<double> edges = {NAN, 1e300, -1e300, -2147483648.9, 2147483647.5, -0.5,
                                     0,   255.9, 1,      -1.7,          4294967295.0};
  std::vector<double> x(333);
  for (size_t i = 0; i < x.size(); ++i) x[i] = edges[i % edges.size()];
  const auto expect_same = [&](auto long_ones, auto short_ones) {
    ASSERT_EQ(long_ones.size(), x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(long_ones[i], short_ones[i % edges.size()]) << x[i];
    }
  };
  expect_same(Cast<int32_t>(x), Cast<int32_t>(edges));
  expect_same(Cast<int64_t>(x), Cast<int64_t>(edges));
  expect_same(Cast<uint8_t>(x), Cast<uint8_t>(edges));
  expect_same(Cast<bool>(x), Cast<bool>(edges));
  EXPECT_EQ(Cast<int32_t>(x)[3], INT32_MIN);
  EXPECT_EQ(Cast<int32_t>(x)[4], INT32_MAX);
}

TEST(CastTest, ConvertsBetweenAllKinds) {
  EXPECT_EQ((Cast<uint8_t>(std::vector<int32_t>{-1, 256, 7})), (std::vector<uint8_t>{255, 0, 7}));
  EXPECT_EQ((Cast<float>(std::vector<bool>{true, false})), (std::vector<float>{1, 0}));
  EXPECT_EQ((Cast<Half>(std::vector<int64_t>{70000, -3})),
            (std::vector<Half>{Half{0x7c00}, Narrow<Half>(-3)}));
  EXPECT_EQ((Cast<int32_t>(std::vector<Half>{Narrow<Half>(-2.5f)})), (std::vector<int32_t>{-2}));
  EXPECT_EQ((Cast<bool>(std::vector<Half>{Half{0x8000}, Half{1}})),
            (std::vector<bool>{false, true}));
  EXPECT_EQ((Cast<float>(std::vector<std::complex<double>>{{1.5, 2}})), (std::vector<float>{1.5f}));
  EXPECT_EQ((Cast<std::complex<float>>(std::vector<int32_t>{3})),
            (std::vector<std::complex<float>>{{3, 0}}));
  EXPECT_EQ((Cast<double>(std::vector<double>{0.1})), (std::vector<double>{0.1}));
}

}  // namespace
}  // namespace sessile
