#include "sessile/kernels/onednn.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sessile::onednn {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ConvolutionShape Shape(int64_t channels) {
  return {.batch = 2,
          .in_channels = channels,
          .out_channels = 8,
          .input = {7, 7},
          .filter = {3, 3},
          .output = {7, 7},
          .pad_before = {1, 1},
          .pad_after = {1, 1}};
}

TEST(OneDnnTest, SharesEqualConvolutions) {
  const auto a = Convolution::Of(ConvolutionKind::kForward, Shape(4));
  const auto b = Convolution::Of(ConvolutionKind::kForward, Shape(4));
  const auto other = Convolution::Of(ConvolutionKind::kForward, Shape(5));
  ASSERT_TRUE(a.ok() && b.ok() && other.ok()) << a.status();
  EXPECT_EQ(*a, *b);
  EXPECT_NE(*a, *other);
}

TEST(OneDnnTest, NeverTakesTheReferenceImplementation) {
  for (const ConvolutionKind kind : {ConvolutionKind::kForward, ConvolutionKind::kBackwardInput,
                                     ConvolutionKind::kBackwardFilter}) {
    for (const int64_t channels : {1, 3, 4, 20, 76}) {
      for (const bool channels_last : {false, true}) {
        ConvolutionShape shape = Shape(channels);
        shape.channels_last = channels_last;
        const auto convolution = Convolution::Of(kind, shape);
        if (absl::IsUnimplemented(convolution.status())) continue;
        ASSERT_TRUE(convolution.ok()) << convolution.status();
        EXPECT_THAT((*convolution)->implementation(), Not(HasSubstr("ref")));
      }
    }
  }
}

TEST(OneDnnTest, RefusesWhatOneDnnCannotDescribe) {
  ConvolutionShape shape = Shape(4);
  shape.output = {100, 100};  // does not follow from the other sizes
  EXPECT_FALSE(Convolution::Of(ConvolutionKind::kForward, shape).ok());
}

TEST(OneDnnTest, LeavesTheThreadCountOfTheCallerAlone) {
  const auto set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  const auto get = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "omp_get_max_threads"));
  if (set == nullptr || get == nullptr) GTEST_SKIP() << "oneDNN is built without OpenMP";
  std::thread([&] {  // the setting belongs to a thread
    set(3);
    const std::vector<float> a(64, 1.0f);
    std::vector<float> c(64);
    ASSERT_TRUE(Sgemm(false, false, 8, 8, 8, a.data(), 8, a.data(), 8, c.data(), 8).ok());
    EXPECT_EQ(c[0], 8.0f);
    EXPECT_EQ(get(), 3);
  })
      .join();
}

}  // namespace
}  // namespace sessile::onednn
