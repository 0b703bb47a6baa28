// The pass `epilogue`: what goes on with the blocks of a convolution, that elements keep their
// bits, and that what others want of it is made.

#include "sessile/core/session/prepare.h"
#include "sessile/tests/kernels/fused/passes_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class EpilogueTest : public PassesTest {
 protected:
  // 5 images of 9x9 with 7 channels.
  Output Convolution() {
    return nn::conv2d(Feed({5, 9, 9, 3}), Feed({3, 3, 3, 7}), {.strides = 1, .padding = "SAME"});
  }
};

TEST_F(EpilogueTest, ConvolutionBiasAndReluAreOneKernel) {
  const Output y = nn::relu(nn::bias_add(Convolution(), Feed({7})));
  EXPECT_THAT(Explain({y}), HasSubstr("Conv2D+BiasAdd+Relu"));
  EXPECT_THAT(Explain({y}, {.disabled_passes = {"epilogue"}}), Not(HasSubstr("Conv2D+BiasAdd")));
  ExpectSameBits({y});
}

TEST_F(EpilogueTest, ASingleElementwiseKernelWillDo) {
  const Output y = nn::relu(Convolution());
  EXPECT_THAT(Explain({y}), HasSubstr("Conv2D+Relu"));
  ExpectSameBits({y});
}

TEST_F(EpilogueTest, ConvolutionGoesOnWithTheBatchNormOfInference) {
  const nn::FusedBatchNorm normal = nn::fused_batch_norm(
      Convolution(), Feed({7}), Feed({7}),
      {.mean = Feed({7}), .variance = square(Feed({7})), .is_training = false});
  const Output y = nn::relu(normal.y);
  EXPECT_THAT(Explain({y}), HasSubstr("Conv2D+FusedBatchNormV3+Relu"));
  ExpectSameBits({y});
  // Statistics that somebody wants are not left out.
  EXPECT_THAT(Explain({y, normal.batch_mean}), Not(HasSubstr("Conv2D+FusedBatchNormV3")));
  ExpectSameBits({y, normal.batch_mean, normal.batch_variance});
}

// Also where vectors are longer than the channels, so that the rules take another one than usual.
TEST_F(EpilogueTest, ConvolutionsByAnyCodeGoOn) {
  for (const int64_t channels : {1, 4, 8, 24}) {
    const Output x = Feed({9, 8, 8, 3}), w = Feed({3, 3, 3, channels}), bias = Feed({channels});
    const auto make = [&] { return nn::conv2d(x, w, {.strides = 1, .padding = "SAME"}); };
    const Node& node = make().op().node();
    const KernelDef& kernel = **builtin_kernels().Find("Conv2D", node.attrs(), false);
    const std::vector<Tensor> inputs = {RandomTensor({9, 8, 8, 3}, 1),
                                        RandomTensor({3, 3, 3, channels}, 1)};
    const auto codes = AlternativesOf(kernel, {.node = &node, .inputs = inputs});
    ASSERT_TRUE(codes.ok()) << codes.status();
    for (const std::string& name : codes->names) {
      SCOPED_TRACE(codes->work + " by " + name);
      const attr_scope asked(graph_.impl(), kImplementationAttr, name);
      const Output y = nn::relu(nn::bias_add(make(), bias));
      if (name != "loops") {
        EXPECT_THAT(Explain({y}), HasSubstr("Conv2D+BiasAdd+Relu"));
      }
      ExpectSameBits({y});
    }
  }
}

TEST_F(EpilogueTest, WhatOthersWantOfTheProductIsMade) {
  const Output conv = Convolution();
  const Output y = tanh(conv);
  const Output mean = reduce_mean(conv, {.axis = {0, 1, 2}});
  EXPECT_THAT(Explain({y, conv, mean}), HasSubstr("Conv2D+"));
  ExpectNear({mean}, 1e-4f);
  ExpectSameBits({y, conv});
  ExpectSameBits({y, matmul(reshape(conv, {-1, 7}), Feed({7, 2}))});
}

TEST_F(EpilogueTest, TheProductStaysUntilItsLastReaderHasRun) {
  const Output conv = Convolution();
  const Output y = conv * 2;
  const Output z = y + conv;
  const Output w = z - y;
  ExpectSameBits({y, z, w});
  ExpectSameBits({w});
}

TEST_F(EpilogueTest, AnInputOfTheConvolutionMayBeAddedToIt) {
  const Output x = Feed({4, 8, 8, 6}) * 1;  // in the arena, so that it could be overwritten
  const Output conv = nn::conv2d(x, Feed({3, 3, 6, 6}), {.strides = 1, .padding = "SAME"});
  const Output y = nn::relu(conv + x);
  EXPECT_THAT(Explain({y}), HasSubstr("Conv2D+AddV2+Relu"));
  ExpectSameBits({y});
}

TEST_F(EpilogueTest, OfTwoConvolutionsTheLaterGoesOn) {
  const Output y = nn::relu(Convolution() + Convolution());
  EXPECT_THAT(Explain({y}), HasSubstr("Conv2D+AddV2+Relu"));
  ExpectSameBits({y});
}

TEST_F(EpilogueTest, GradientsOfInputsGoOnWithWhatIsBehindThem) {
  const Output x = nn::relu(Feed({6, 9, 9, 5}));
  const Output conv = nn::conv2d(x, Feed({3, 3, 5, 4}), {.strides = 2, .padding = "SAME"});
  const Output back = gradients({reduce_sum(conv * conv)}, {x})[0];
  const Output masked = back * x;
  const Output sums = reduce_sum(masked, {.axis = {0, 1, 2}});
  EXPECT_THAT(Explain({sums}), HasSubstr("Conv2DBackpropInput+Mul+Sum"));
  ExpectNear({sums}, 1e-1f);
  ExpectSameBits({masked, back});
}

// Convolutions of random sizes, random chains behind them, with rows, scalars and matrices.
class RandomEpilogueTest : public ::testing::TestWithParam<unsigned> {};

TEST_P(RandomEpilogueTest, KeepsTheBitsOfElements) {
  std::mt19937 random(GetParam());
  const auto pick = [&](int64_t least, int64_t most) {
    return least + static_cast<int64_t>(random()) % (most - least + 1);
  };
  const Graph graph;
  const DefaultGraphScope with(graph);
  std::vector<tf::Feed> feeds;
  const auto feed = [&](const Shape& shape) {
    const Output x = placeholder(float32, shape);
    feeds.push_back({x, RandomTensor(shape, static_cast<unsigned>(random()))});
    return x;
  };
  const int64_t depth = pick(1, 20), channels = pick(1, 40);
  const Output x = feed({pick(1, 20), pick(3, 30), pick(3, 30), depth});
  const Output w = feed({pick(1, 3), pick(1, 3), depth, channels});
  const Output conv = nn::conv2d(x, w, {.strides = pick(1, 2), .padding = "SAME"});
  std::vector<Output> values = {conv, feed({channels}), feed({})};
  std::vector<Fetch> fetches;
  for (int i = 0; i < 8; ++i) {
    const auto last = static_cast<int64_t>(values.size()) - 1;
    const Output a = values[static_cast<size_t>(i == 0 ? 0 : pick(0, last))];
    const Output b = values[static_cast<size_t>(pick(0, last))];
    const Output made[] = {a + b, a * b, nn::relu(a), maximum(a, b), tanh(a)};
    values.push_back(made[pick(0, 4)]);
    if (pick(0, 3) == 0) fetches.emplace_back(values.back());
  }
  fetches.emplace_back(values.back());
  ExpectPlansRepeat(graph, nullptr, fetches, FeedDict(feeds));
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomEpilogueTest, ::testing::Range(0u, 40u));

}  // namespace
}  // namespace sessile
