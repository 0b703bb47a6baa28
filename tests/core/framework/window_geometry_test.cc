#include "sessile/core/framework/window_geometry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sessile/tests/error_of.h"

namespace sessile {
namespace {

using testing::HasSubstr;
using Dims = std::vector<int64_t>;

AttrMap Window(Dims strides, const char* padding, Dims dilations = {1, 1, 1, 1}) {
  AttrMap attrs;
  attrs.Set("strides", std::move(strides));
  attrs.Set("padding", padding);
  attrs.Set("dilations", std::move(dilations));
  return attrs;
}

TEST(WindowGeometryTest, PadsAsTensorFlowDoes) {
  const WindowGeometry same = WindowGeometry::Of("Conv2D", Window({1, 2, 2, 1}, "SAME")).value();
  const WindowExtent even = same.Extent(0, 8, 3).value();
  EXPECT_EQ(even.output, 4);
  EXPECT_EQ(even.pad_before, 0);  // the odd one goes after the data
  EXPECT_EQ(even.pad_after, 1);
  EXPECT_EQ(same.Extent(1, 7, 3)->pad_before, 1);
  EXPECT_EQ(same.Extent(0, 0, 3)->output, 0);
  EXPECT_EQ(same.Extent(0, 5, 1)->pad_after, 0);

  const WindowGeometry valid = WindowGeometry::Of("Conv2D", Window({1, 2, 2, 1}, "VALID")).value();
  EXPECT_EQ(valid.Extent(0, 7, 3)->output, 3);
  EXPECT_EQ(valid.Extent(1, 8, 3)->output, 3);

  AttrMap attrs = Window({1, 2, 2, 1}, "EXPLICIT");
  attrs.Set("explicit_paddings", Dims{0, 0, 2, 1, 0, 3, 0, 0});
  const WindowGeometry given = WindowGeometry::Of("Conv2D", attrs).value();
  EXPECT_EQ(given.Extent(0, 7, 3)->output, 4);
  EXPECT_EQ(given.Extent(0, 7, 3)->pad_before, 2);
  EXPECT_EQ(given.Extent(1, 8, 3)->output, 5);
}

TEST(WindowGeometryTest, ReadsChannelsSecond) {
  AttrMap attrs = Window({1, 1, 3, 2}, "SAME", {1, 1, 5, 4});
  attrs.Set("data_format", "NCHW");
  const WindowGeometry window = WindowGeometry::Of("Conv2D", attrs).value();
  EXPECT_EQ(window.stride(0), 3);
  EXPECT_EQ(window.stride(1), 2);
  EXPECT_EQ(window.dilation(1), 4);
}

TEST(WindowGeometryTest, StaticAndConcreteSizesAgree) {
  for (const char* padding : {"SAME", "VALID"}) {
    for (int64_t stride = 1; stride <= 3; ++stride) {
      for (int64_t dilation = 1; dilation <= 2; ++dilation) {
        const WindowGeometry window =
            WindowGeometry::Of("Conv2D",
                               Window({1, stride, stride, 1}, padding, {1, dilation, dilation, 1}))
                .value();
        for (int64_t input = 0; input <= 9; ++input) {
          const absl::StatusOr<int64_t> dim = window.OutputDim(0, input, 3);
          if (!dim.ok()) continue;
          EXPECT_EQ(*dim, window.Extent(0, input, 3)->output)
              << padding << stride << dilation << input;
        }
        EXPECT_EQ(window.OutputDim(0, -1, 3).value(), -1);
      }
    }
  }
}

TEST(WindowGeometryTest, RefusesWhatCannotSlide) {
  const auto error = [](const AttrMap& attrs) {
    return MessageOf(WindowGeometry::Of("Conv2D", attrs).status());
  };
  EXPECT_EQ(
      error(Window({1, 1, 1}, "SAME")),
      "Conv2D on data format NHWC requires the stride attribute to contain 4 values, but got: "
      "3");
  EXPECT_EQ(error(Window({1, 1, 1, 1}, "SAME", {1})),
            "Conv2D requires the dilation attribute to contain 4 values, but got: 1");
  EXPECT_EQ(error(Window({1, 0, 1, 1}, "SAME")), "Stride must be > 0, but got 0");
  EXPECT_EQ(error(Window({1, 1, 1, 1}, "SAME", {1, 0, 1, 1})),
            "Dilation rate must be >= 1, but got 0");
  EXPECT_THAT(error(Window({2, 1, 1, 1}, "SAME")), HasSubstr("batch and depth"));
  AttrMap pads = Window({1, 1, 1, 1}, "SAME");
  pads.Set("explicit_paddings", Dims{0, 0, 1, 1, 1, 1, 0, 0});
  EXPECT_THAT(error(pads), HasSubstr("must be empty if the padding attribute is not EXPLICIT"));
  pads.Set("padding", "EXPLICIT");
  pads.Set("explicit_paddings", Dims{0, 0, -1, 1, 1, 1, 0, 0});
  EXPECT_EQ(error(pads), "All elements of explicit_paddings must be nonnegative");
  pads.Set("explicit_paddings", Dims{1, 0, 1, 1, 1, 1, 0, 0});
  EXPECT_THAT(error(pads), HasSubstr("batch or depth dimensions is not supported"));
  pads.Set("explicit_paddings", Dims{1});
  EXPECT_EQ(error(pads), "explicit_paddings attribute must contain 8 values, but got: 1");
  const WindowGeometry valid = WindowGeometry::Of("Conv2D", Window({1, 1, 1, 1}, "VALID")).value();
  EXPECT_EQ(MessageOf(valid.OutputDim(0, 3, 5).status()),
            "Negative dimension size caused by subtracting 5 from 3");
  EXPECT_THAT(MessageOf(valid.Extent(0, 3, 5).status()),
              HasSubstr("Computed output size would be negative"));
  EXPECT_FALSE(valid.Extent(0, int64_t{1} << 62, 5).ok());
  EXPECT_FALSE(valid.OutputDim(0, 5, int64_t{1} << 62).ok());
}

}  // namespace
}  // namespace sessile
