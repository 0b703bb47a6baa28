#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/data_format.h"
#include "sessile/core/framework/reduction_axes.h"
#include "sessile/core/framework/window_geometry.h"

namespace sessile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Dims = std::vector<int64_t>;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(DataFormatTest, KnowsWhereChannelsAre) {
  const DataFormat last = DataFormat::Of({}).value();
  EXPECT_EQ(last.ChannelDim(4), 3);
  EXPECT_EQ(last.SpatialDim(0), 1);
  const DataFormat second = DataFormat::Parse("NCHW").value();
  EXPECT_EQ(second.ChannelDim(4), 1);
  EXPECT_EQ(second.SpatialDim(1), 3);
  EXPECT_EQ(second.MinRank(), 3);
  EXPECT_FALSE(second == last);
  EXPECT_EQ(DataFormat::Parse("HWCN").status().code(), absl::StatusCode::kUnimplemented);
}

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
    return Message(WindowGeometry::Of("Conv2D", attrs).status());
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
  EXPECT_EQ(Message(valid.OutputDim(0, 3, 5).status()),
            "Negative dimension size caused by subtracting 5 from 3");
  EXPECT_THAT(Message(valid.Extent(0, 3, 5).status()),
              HasSubstr("Computed output size would be negative"));
  EXPECT_FALSE(valid.Extent(0, int64_t{1} << 62, 5).ok());
  EXPECT_FALSE(valid.OutputDim(0, 5, int64_t{1} << 62).ok());
}

TEST(BroadcastShapesTest, KeepsWhatIsKnown) {
  const auto shape = [](const Shape& a, const Shape& b) { return BroadcastShapes(a, b).value(); };
  EXPECT_EQ(shape({None, 3}, {3}), Shape({None, 3}));
  EXPECT_EQ(shape({None}, {4}), Shape({4}));
  EXPECT_EQ(shape({None}, {1}), Shape({None}));
  EXPECT_EQ(shape({0}, {1}), Shape({0}));
  EXPECT_EQ(shape({}, {2, 3}), Shape({2, 3}));
  EXPECT_EQ(shape(Shape::Unknown(), {2}), Shape::Unknown());
  EXPECT_EQ(Message(BroadcastShapes({2}, {3}).status()),
            "Dimensions must be equal, but are 2 and 3");
}

TEST(BroadcastReductionsTest, EqualTensorFlows) {
  const auto axes = [](Dims a, Dims b) {
    const BroadcastAxes both = BroadcastReductions(a, b).value();
    return std::make_pair(both.a, both.b);
  };
  EXPECT_THAT(axes({2, 3}, {2, 3}), testing::Pair(IsEmpty(), IsEmpty()));
  EXPECT_THAT(axes({2, 3}, {3}), testing::Pair(IsEmpty(), ElementsAre(0)));
  EXPECT_THAT(axes({2, 3}, {1}), testing::Pair(IsEmpty(), ElementsAre(0, 1)));
  EXPECT_THAT(axes({1, 1}, {1}), testing::Pair(ElementsAre(0, 1), ElementsAre(0, 1)));
  EXPECT_THAT(axes({2, 1, 3}, {1, 1, 3}), testing::Pair(ElementsAre(1), ElementsAre(0, 1)));
  EXPECT_THAT(axes({2, 1}, {1, 3}), testing::Pair(ElementsAre(1), ElementsAre(0)));
  EXPECT_THAT(axes({0}, {1}), testing::Pair(IsEmpty(), ElementsAre(0)));
  EXPECT_THAT(axes({}, {5}), testing::Pair(ElementsAre(0), IsEmpty()));
  EXPECT_EQ(Message(BroadcastReductions(Dims{2}, Dims{3}).status()),
            "Incompatible shapes: [2] vs. [3]");
}

// The offset of each operand for each element of the output, by the definition.
std::vector<Broadcast::Offsets> OffsetsByDefinition(const Shape& output,
                                                    const std::vector<Shape>& operands) {
  std::vector<Broadcast::Offsets> all;
  for (int64_t e = 0; e < output.num_elements(); ++e) {
    Broadcast::Offsets offsets = {};
    for (size_t k = 0; k < operands.size(); ++k) {
      int64_t rest = e, stride = 1;
      for (int i = 1; i <= output.rank(); ++i) {
        const int64_t size = output.dim(output.rank() - i);
        const int64_t index = rest % size;
        rest /= size;
        if (i > operands[k].rank()) continue;
        const int64_t own = operands[k].dim(operands[k].rank() - i);
        if (own != 1) offsets[k] += index * stride;
        stride *= own;
      }
    }
    all.push_back(offsets);
  }
  return all;
}

TEST(BroadcastTest, WalksOperandsInAnyPieces) {
  const std::vector<std::vector<Shape>> cases = {{{2, 3, 4}, {3, 1}},
                                                 {{2, 3, 4}, {2, 3, 4}},
                                                 {{4}, {2, 3, 1}},
                                                 {{}, {5}},
                                                 {{}, {}},
                                                 {{1, 1}, {1}},
                                                 {{2, 1, 4}, {1, 3, 1}, {}},
                                                 {{0, 3}, {3}},
                                                 {{7, 1}, {1, 5}},
                                                 {{2, 1, 3, 1}, {2, 1}}};
  for (const std::vector<Shape>& operands : cases) {
    const Broadcast broadcast = Broadcast::Of(operands).value();
    const auto expected = OffsetsByDefinition(broadcast.output(), operands);
    const auto total = static_cast<int64_t>(expected.size());
    for (int64_t cut = 0; cut <= total; ++cut) {
      std::vector<Broadcast::Offsets> actual(expected.size());
      const auto run = [&](int64_t begin, int64_t count, const Broadcast::Offsets& offsets) {
        for (int64_t j = 0; j < count; ++j) {
          for (int k = 0; k < Broadcast::kMaxOperands; ++k) {
            const auto i = static_cast<size_t>(k);
            actual[static_cast<size_t>(begin + j)][i] = offsets[i] + j * broadcast.run_stride(k);
          }
        }
      };
      broadcast.ForEachRun(0, cut, run);
      broadcast.ForEachRun(cut, total, run);
      EXPECT_EQ(actual, expected);
    }
  }
  EXPECT_TRUE(Broadcast::Of({2, 3}, {2, 3})->simple());
  EXPECT_TRUE(Broadcast::Of({2, 3}, {1})->simple());
  EXPECT_FALSE(Broadcast::Of({2, 3}, {3})->simple());
}

TEST(BroadcastTest, RefusesWhatDoesNotFit) {
  EXPECT_EQ(Message(Broadcast::Of({2}, {3}).status()), "Incompatible shapes: [2] vs. [3]");
  EXPECT_FALSE(Broadcast::Of({int64_t{1} << 40, 1}, {int64_t{1} << 40}).ok());
}

TEST(ReductionAxesTest, GivesOutputAndRuns) {
  const ReductionAxes channels = ReductionAxes::Of({64, 28, 1, 4}, Dims{0, 1, -2}, false).value();
  EXPECT_EQ(channels.output(), Shape({4}));
  EXPECT_THAT(channels.runs(),
              ElementsAre(ReductionAxes::Run{64 * 28, true}, ReductionAxes::Run{4, false}));
  EXPECT_EQ(channels.reduced_elements(), 64 * 28);
  EXPECT_EQ(ReductionAxes::Of({2, 3}, Dims{1}, true)->output(), Shape({2, 1}));
  EXPECT_EQ(ReductionAxes::Of({None, 3}, Dims{1}, false)->output(), Shape({None}));
  EXPECT_THAT(ReductionAxes::Of({2, 1, 3}, Dims{1}, false)->runs(),
              ElementsAre(ReductionAxes::Run{6, false}));
  EXPECT_THAT(ReductionAxes::Of({}, Dims{}, false)->runs(), IsEmpty());
}

TEST(ReductionAxesTest, RefusesAxesAsTensorFlowDoes) {
  EXPECT_EQ(Message(ReductionAxes::Of({2, 3}, Dims{5}, false).status()),
            "Invalid reduction dimension 5 for input with 2 dimensions.");
  EXPECT_TRUE(ReductionAxes::Of({2, 3}, Dims{0, 0}, false).ok());
  EXPECT_EQ(Message(ReductionAxes::OfRun({2, 3}, Dims{5}, false).status()),
            "Invalid reduction dimension (5 for input with 2 dimension(s)");
  EXPECT_EQ(Message(ReductionAxes::OfRun({2, 3}, Dims{0, -2}, false).status()),
            "Invalid reduction arguments: Axes contains duplicate dimension: 0");
}

}  // namespace
}  // namespace sessile
