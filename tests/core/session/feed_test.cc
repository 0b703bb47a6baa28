// Feeds are numpy's conversions.

#include "sessile/core/session/feed.h"

#include <complex>
#include <limits>

#include "gtest/gtest.h"
#include "sessile/tests/session_testing.h"

namespace sessile {
namespace {

using testing::ElementsAre;

template <typename T>
std::vector<T> Elements(const absl::StatusOr<Tensor>& tensor) {
  EXPECT_TRUE(tensor.ok()) << tensor.status();
  if (!tensor.ok()) return {};
  const auto flat = tensor->flat<T>();
  return {flat.begin(), flat.end()};
}

TEST(FeedValueTest, ANumberTakesTheTypeOfThePlace) {
  EXPECT_THAT(Elements<float>(FeedValue(1).ToTensor(float32)), ElementsAre(1.0f));
  EXPECT_THAT(Elements<double>(FeedValue(0.1).ToTensor(float64)), ElementsAre(0.1));
  EXPECT_THAT(Elements<float>(FeedValue(0.1).ToTensor(float32)), ElementsAre(0.1f));
  EXPECT_THAT(Elements<int64_t>(FeedValue(7u).ToTensor(int64)), ElementsAre(7));
  EXPECT_THAT(Elements<int64_t>(FeedValue(7LL).ToTensor(int64)), ElementsAre(7));
  EXPECT_THAT(Elements<uint8_t>(FeedValue(255).ToTensor(uint8)), ElementsAre(255));
  EXPECT_THAT(Elements<bool>(FeedValue(true).ToTensor(bool_)), ElementsAre(true));
  EXPECT_THAT(Elements<bool>(FeedValue(1).ToTensor(bool_)), ElementsAre(true));
  EXPECT_THAT(Elements<float>(FeedValue(true).ToTensor(float32)), ElementsAre(1.0f));
  EXPECT_THAT(Elements<int32_t>(FeedValue(2.0).ToTensor(int32)), ElementsAre(2));
  EXPECT_THAT(Elements<std::complex<float>>(FeedValue(2.0).ToTensor(complex64)),
              ElementsAre(std::complex<float>(2)));
  EXPECT_EQ(Elements<Half>(FeedValue(1.0).ToTensor(float16))[0].bits, 0x3c00);
  EXPECT_THAT(Elements<std::string>(FeedValue("ab").ToTensor(string)), ElementsAre("ab"));
}

TEST(FeedValueTest, RefusesAConversionThatChangesAnInteger) {
  const auto refuses = [](const FeedValue& value, DataType dtype, const std::string& text) {
    ExpectStatus(value.ToTensor(dtype).status(), absl::StatusCode::kInvalidArgument, text);
  };
  refuses(300, uint8,
          "Type of feed value 300 with type <class 'int'> is not compatible with Tensor type "
          "uint8. Try explicitly setting the type of the feed tensor to a larger type (e.g. "
          "int64).");
  refuses(-1, uint64, "feed value -1 with type <class 'int'>");
  refuses(3000000000, int32, "feed value 3000000000 ");
  refuses(uint64_t{1} << 63, int64, "feed value 9223372036854775808 ");
  refuses(1.5, int32, "feed value 1.5 with type <class 'float'>");
  refuses(9223372036854775808.0, int64, "<class 'float'>");
  refuses(std::numeric_limits<double>::quiet_NaN(), int32, "<class 'float'>");
  refuses(std::numeric_limits<double>::infinity(), int64, "<class 'float'>");
  refuses(2, bool_, "feed value 2 ");
  refuses("two", float32, "could not convert string to float32: 'two'");
  refuses(2, string, "A number cannot be fed to a tensor of type string");
}

TEST(FeedValueTest, ListsNest) {
  const auto matrix = FeedValue({{1, 2, 3}, {4, 5, 6.5}}).ToTensor(float32);
  EXPECT_THAT(Elements<float>(matrix), ElementsAre(1, 2, 3, 4, 5, 6.5f));
  EXPECT_EQ(matrix->shape(), Shape({2, 3}));
  EXPECT_EQ(FeedValue({}).ToTensor(float32)->shape(), Shape({0}));
  EXPECT_EQ(FeedValue({{}, {}}).ToTensor(float32)->shape(), Shape({2, 0}));
  EXPECT_THAT(Elements<std::string>(FeedValue({"a", "bc"}).ToTensor(string)),
              ElementsAre("a", "bc"));
}

TEST(FeedValueTest, ContainersConvertTheirElements) {
  EXPECT_THAT(Elements<float>(FeedValue(std::vector<double>{0.5, 1}).ToTensor(float32)),
              ElementsAre(0.5f, 1));
  EXPECT_THAT(Elements<int32_t>(FeedValue(std::array<int64_t, 2>{1, 2}).ToTensor(int32)),
              ElementsAre(1, 2));
  EXPECT_THAT(Elements<bool>(FeedValue(std::vector<bool>{true, false}).ToTensor(bool_)),
              ElementsAre(true, false));
  const std::vector<float> values = {1, 2, 3};
  EXPECT_THAT(Elements<float>(FeedValue(std::span(values).first(2)).ToTensor(float32)),
              ElementsAre(1, 2));
  const auto matrix =
      FeedValue(std::vector<std::vector<int>>{{1, 2}, {3, 4}, {5, 6}}).ToTensor(float32);
  EXPECT_EQ(matrix->shape(), Shape({3, 2}));
  EXPECT_THAT(Elements<float>(matrix), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(FeedValueTest, BracesAroundATensorMakeABatchOfOne) {
  const Tensor image = Floats({2, 1}, {1, 2});
  EXPECT_EQ(FeedValue(image).ToTensor(float32)->shape(), Shape({2, 1}));
  EXPECT_EQ(FeedValue{image}.ToTensor(float32)->shape(), Shape({1, 2, 1}));
  EXPECT_EQ((FeedValue{image, image}.ToTensor(float32)->shape()), Shape({2, 2, 1}));
}

TEST(FeedValueTest, ATensorIsGivenAsItIs) {
  const Tensor fed = Floats({2}, {1, 2});
  const absl::StatusOr<Tensor> given = FeedValue(fed).ToTensor(float32);
  EXPECT_EQ(given->buffer(), fed.buffer());
}

TEST(FeedValueTest, TakesWhatConvertsToATensor) {
  struct Images {
    operator Tensor() const { return Floats({2}, {1, 2}); }
  };
  EXPECT_THAT(Elements<float>(FeedValue(Images()).ToTensor(float32)), ElementsAre(1, 2));
}

TEST(FeedValueTest, RefusesARaggedList) {
  ExpectStatus(FeedValue({{1, 2}, {3}}).ToTensor(float32).status(),
               absl::StatusCode::kInvalidArgument,
               "setting an array element with a sequence. The requested array has an "
               "inhomogeneous shape: item 0 has shape (2,), item 1 has shape (1,)");
}

TEST(FeedValueTest, RefusesAListThatIsTooDeep) {
  FeedValue value(1);
  for (int i = 0; i < 300; ++i) value = FeedValue(std::vector<FeedValue>{value});
  ExpectStatus(value.ToTensor(float32).status(), absl::StatusCode::kInvalidArgument,
               "nested more than 254 levels deep");
}

}  // namespace
}  // namespace sessile
