#include "sessile/core/framework/broadcast_shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sessile/tests/error_of.h"

namespace sessile {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Dims = std::vector<int64_t>;

TEST(BroadcastShapesTest, KeepsWhatIsKnown) {
  const auto shape = [](const Shape& a, const Shape& b) { return BroadcastShapes(a, b).value(); };
  EXPECT_EQ(shape({None, 3}, {3}), Shape({None, 3}));
  EXPECT_EQ(shape({None}, {4}), Shape({4}));
  EXPECT_EQ(shape({None}, {1}), Shape({None}));
  EXPECT_EQ(shape({0}, {1}), Shape({0}));
  EXPECT_EQ(shape({}, {2, 3}), Shape({2, 3}));
  EXPECT_EQ(shape(Shape::Unknown(), {2}), Shape::Unknown());
  EXPECT_EQ(MessageOf(BroadcastShapes({2}, {3}).status()),
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
  EXPECT_EQ(MessageOf(BroadcastReductions(Dims{2}, Dims{3}).status()),
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
                                                 {{2, 1, 3, 1}, {1, 4, 1, 5}}};
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
  EXPECT_EQ(MessageOf(Broadcast::Of({2}, {3}).status()), "Incompatible shapes: [2] vs. [3]");
  EXPECT_FALSE(Broadcast::Of({int64_t{1} << 40, 1}, {int64_t{1} << 40}).ok());
}

}  // namespace
}  // namespace sessile
