#include "sessile/core/framework/random_fill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace sessile {
namespace {

constexpr double kTolerance = 1e-6;

template <typename T>
using BitsOf = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;

// A distribution by the name that the golden file gives it.
struct Distribution {
  std::string name;
  int64_t low = 0;
  int64_t high = 0;
};

template <typename T>
void Fill(const Distribution& distribution, const Philox& start, int64_t begin, int64_t end,
          std::span<T> output) {
  if constexpr (std::is_integral_v<T>) {
    ASSERT_EQ(distribution.name, "uniform_int");
    const auto low = static_cast<T>(distribution.low);
    FillUniformInt<T>(start, low, static_cast<T>(distribution.high), begin, end, output);
  } else if (distribution.name == "uniform") {
    FillUniform<T>(start, begin, end, output);
  } else if (distribution.name == "normal") {
    FillNormal<T>(start, begin, end, output);
  } else {
    ASSERT_EQ(distribution.name, "truncated_normal");
    FillTruncatedNormal<T>(start, begin, end, output);
  }
}

// One line of the golden file: what one run of a random op gave in TensorFlow.
struct Draw {
  Distribution distribution;
  std::string dtype;
  SeedPair seeds;
  int run = 0;
  size_t size = 0;
  uint64_t check = 0;
  double sum = 0;
  double sum_of_squares = 0;
  std::vector<std::pair<size_t, uint64_t>> bits_at;
};

Draw ParseDraw(std::istringstream& fields) {
  Draw draw;
  Distribution& distribution = draw.distribution;
  fields >> distribution.name >> draw.dtype >> draw.seeds.seed >> draw.seeds.seed2;
  fields >> distribution.low >> distribution.high >> draw.run >> draw.size;
  fields >> std::hex >> draw.check >> std::dec >> draw.sum >> draw.sum_of_squares;
  EXPECT_FALSE(fields.fail());
  for (std::string item; fields >> item;) {
    const size_t colon = item.find(':');
    draw.bits_at.emplace_back(std::stoull(item), std::stoull(item.substr(colon + 1), nullptr, 16));
  }
  return draw;
}

template <typename T>
void ExpectSameBits(const Draw& draw, std::span<const T> values) {
  uint64_t check = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    check += std::bit_cast<BitsOf<T>>(values[i]) * (2 * uint64_t{i} + 1);
  }
  EXPECT_EQ(check, draw.check);
  for (const auto& [i, bits] : draw.bits_at) {
    EXPECT_EQ(std::bit_cast<BitsOf<T>>(values[i]), bits) << "at " << i;
  }
}

template <typename T>
void ExpectNear(const Draw& draw, std::span<const T> values) {
  double sum = 0;
  double sum_of_squares = 0;
  for (const T value : values) {
    sum += value;
    sum_of_squares += double{value} * value;
  }
  const double slack = kTolerance * static_cast<double>(values.size());
  EXPECT_NEAR(sum, draw.sum, slack);
  EXPECT_NEAR(sum_of_squares, draw.sum_of_squares, slack);
  for (const auto& [i, bits] : draw.bits_at) {
    const T expected = std::bit_cast<T>(static_cast<BitsOf<T>>(bits));
    EXPECT_NEAR(values[i], expected, kTolerance) << "at " << i;
  }
}

template <typename T>
void ExpectDraw(const Draw& draw, RandomStream& stream) {
  std::vector<T> values(draw.size);
  const auto elements = static_cast<int64_t>(draw.size);
  Fill<T>(draw.distribution, stream.ReserveOutputs(elements), 0, RandomGroups<T>(elements), values);
  if constexpr (std::is_floating_point_v<T>) {
    if (draw.distribution.name != "uniform") return ExpectNear<T>(draw, values);
  }
  ExpectSameBits<T>(draw, values);
}

void ExpectDraw(const Draw& draw, RandomStream& stream) {
  if (draw.dtype == "float32") return ExpectDraw<float>(draw, stream);
  if (draw.dtype == "float64") return ExpectDraw<double>(draw, stream);
  if (draw.dtype == "int32") return ExpectDraw<int32_t>(draw, stream);
  ASSERT_EQ(draw.dtype, "int64");
  ExpectDraw<int64_t>(draw, stream);
}

// Every run of every session, so that later runs prove how much the earlier ones reserved.
void ExpectEqualsTensorFlow(const std::string& distribution, int runs) {
  std::ifstream golden(SESSILE_TEST_DATA_DIR "/random_streams.txt");
  std::unique_ptr<RandomStream> stream;
  for (std::string line; std::getline(golden, line);) {
    std::istringstream fields(line);
    std::string kind;
    fields >> kind;
    if (kind != "draw") continue;
    const Draw draw = ParseDraw(fields);
    if (draw.distribution.name != distribution) continue;
    SCOPED_TRACE(line.substr(0, 80));
    if (draw.run == 0) stream = std::make_unique<RandomStream>(draw.seeds);
    ASSERT_NE(stream, nullptr);
    ExpectDraw(draw, *stream);
    --runs;
  }
  EXPECT_EQ(runs, 0) << "left to compare";
}

TEST(FillUniformTest, EqualsTensorFlowToTheBit) { ExpectEqualsTensorFlow("uniform", 26); }

TEST(FillUniformIntTest, EqualsTensorFlowToTheBit) { ExpectEqualsTensorFlow("uniform_int", 52); }

TEST(FillNormalTest, EqualsTensorFlow) { ExpectEqualsTensorFlow("normal", 26); }

TEST(FillTruncatedNormalTest, EqualsTensorFlow) { ExpectEqualsTensorFlow("truncated_normal", 26); }

template <typename T>
void ExpectSameBitsInSevenBlocks(const Distribution& distribution) {
  SCOPED_TRACE(distribution.name);
  for (const int64_t size : {1, 5, 26, 1003}) {
    const Philox start = Philox::FromSeeds(11, 12);
    const int64_t groups = RandomGroups<T>(size);
    std::vector<T> whole(static_cast<size_t>(size));
    std::vector<T> pieces(whole.size(), T{77});
    Fill<T>(distribution, start, 0, groups, whole);
    for (int64_t block = 6; block >= 0; --block) {  // last one first: order must not matter
      Fill<T>(distribution, start, groups * block / 7, groups * (block + 1) / 7, pieces);
    }
    EXPECT_EQ(pieces, whole) << size;
  }
}

TEST(RandomFillTest, SevenBlocksGiveTheBitsOfOne) {
  for (const char* name : {"uniform", "normal", "truncated_normal"}) {
    ExpectSameBitsInSevenBlocks<float>({name});
    ExpectSameBitsInSevenBlocks<double>({name});
  }
  ExpectSameBitsInSevenBlocks<int32_t>({"uniform_int", -5, 1000});
  ExpectSameBitsInSevenBlocks<int64_t>({"uniform_int", -5, 1000});
}

TEST(RandomFillTest, WritesItsGroupsOnly) {
  for (const char* name : {"uniform", "normal", "truncated_normal"}) {
    std::vector<float> values(14, 77.0f);
    Fill<float>({name}, Philox::FromSeeds(1, 2), 1, 2, values);
    for (size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(values[i] != 77.0f, 4 <= i && i < 8) << name << " at " << i;
    }
  }
}

TEST(RandomFillTest, EmptyOutputHasNoGroups) {
  EXPECT_EQ(RandomGroups<float>(0), 0);
  FillUniform<float>(Philox::FromSeeds(1, 2), 0, 0, {});
  FillTruncatedNormal<double>(Philox::FromSeeds(1, 2), 0, 0, {});
}

TEST(RandomFillTest, CountsTheShortGroupAtTheEnd) {
  EXPECT_EQ(RandomGroups<float>(8), 2);
  EXPECT_EQ(RandomGroups<float>(9), 3);
  EXPECT_EQ(RandomGroups<double>(9), 5);
  EXPECT_EQ(RandomGroups<int64_t>(std::numeric_limits<int64_t>::max()), int64_t{1} << 62);
}

TEST(FillUniformIntTest, StaysInItsRange) {
  std::vector<int32_t> values(10000);
  FillUniformInt<int32_t>(Philox::FromSeeds(1, 2), -3, 4, 0, 2500, values);
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  EXPECT_EQ(*least, -3);
  EXPECT_EQ(*greatest, 3);
}

TEST(FillTruncatedNormalTest, StaysWithinTwo) {
  std::vector<double> values(10000);
  FillTruncatedNormal<double>(Philox::FromSeeds(1, 2), 0, 5000, values);
  for (const double value : values) ASSERT_LT(std::abs(value), 2.0);
}

}  // namespace
}  // namespace sessile
