// The pass `row_chunks`: which steps go through together, that chunks change no row, whatever the
// number of rows, and that what they leave out is right.

#include "sessile/tests/kernels/fused/passes_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RowChunksTest : public PassesTest {
 protected:
  // Rows of 4 KiB, of which there are more than fit into the chunks that make it worth while.
  static constexpr int64_t kColumns = 1024;
  static constexpr int64_t kRows = 5003;
  static constexpr char kNone[] = "row_chunks";

  Output Rows(int64_t columns = kColumns) { return Feed({kRows, columns}); }
  // Bias, ReLU and a product: steps that fusion does not join.
  Output Layer(const Output& x, int64_t columns) {
    return matmul(nn::relu(x + Feed({x.shape().dim(1)})), Feed({x.shape().dim(1), columns}));
  }
};

TEST_F(RowChunksTest, StepsOnManyRowsGoThroughTogether) {
  const Output y = nn::softmax(Layer(Layer(Rows(), 8), 6));
  EXPECT_THAT(Explain({y}), HasSubstr("5003 rows, "));
  EXPECT_THAT(Explain({y}), HasSubstr(": 1 kernels,"));
  EXPECT_THAT(Explain({y}, {.disabled_passes = {kNone}}), Not(HasSubstr("RowChunks")));
  ExpectNear({y}, 1e-4f);
}

// Though they are one kernel, the last of its run.
TEST_F(RowChunksTest, ARunEndsBetweenChunks) {
  const Output y = Layer(Layer(Rows(), 512), 6);
  EXPECT_THAT(Explain({y}), HasSubstr(": 1 kernels,"));
  Session session(graph_);
  session.run(y, FeedDict(feeds_));  // makes the plan
  EXPECT_EQ(session.Run({y}, FeedDict(feeds_), {.timeout_in_ms = 2}).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  session.run(y, FeedDict(feeds_), {.timeout_in_ms = 100000});
}

TEST_F(RowChunksTest, FewRowsAreLeftAlone) {
  const Output y = Layer(Layer(Feed({64, kColumns}), 8), 6);
  EXPECT_THAT(Explain({y}), Not(HasSubstr("RowChunks")));
}

TEST_F(RowChunksTest, PassesGoOnWithinChunks) {
  const Output x = Rows();
  const Output y = matmul(tanh(nn::relu(x * 2 + Feed({kColumns}))), Feed({kColumns, 2}));
  EXPECT_THAT(Explain({y}), HasSubstr("at a time:\n       Mul+AddV2+Relu+Tanh "));
  ExpectNear({y}, 1e-2f);
}

TEST_F(RowChunksTest, ImagesGoThroughConvolutionsAndPools) {
  for (const int64_t images : {3264, 3301}) {
    Output x = Feed({images, 17, 16, 3});
    x = nn::conv2d(x, Feed({3, 3, 3, 24}), {.strides = 2, .padding = "SAME"});
    x = nn::fused_batch_norm(
            x, Feed({24}), Feed({24}),
            {.mean = Feed({24}), .variance = square(Feed({24})) + 1, .is_training = false})
            .y;
    x = nn::max_pool(nn::relu(x), 2, 2, "VALID");
    x = nn::bias_add(x, Feed({24}));
    x = nn::depthwise_conv2d(x, Feed({2, 2, 24, 2}), {1, 1, 1, 1}, "SAME");
    x = reshape(nn::avg_pool(x, 2, 2, "SAME"), {images, -1});
    const Output best = argmax(x, 1);
    EXPECT_THAT(Explain({x, best}), HasSubstr("RowChunks ArgMax"));
    ExpectNear({x}, 2e-3f);
  }
}

TEST_F(RowChunksTest, WhatOthersWantOfTheRowsLeavesTheChunks) {
  const Output a = Layer(Rows(), 8);
  const Output b = Layer(a, 16);
  const Output c = nn::relu(b) + 1;
  const Output mean = reduce_mean(a);
  EXPECT_THAT(Explain({a, c, mean}), HasSubstr("RowChunks"));
  ExpectNear({a, b, c, mean}, 2e-2f);
}

TEST_F(RowChunksTest, ARegionEndsWhereAllRowsAreNeededAtOnce) {
  const Output a = Layer(Layer(Rows(), 8), 4);
  const Output centred = a - reduce_mean(a, {.axis = {0}});
  ExpectNear({Layer(Layer(centred, kColumns), 8)}, 2.0f);
  // The same values by rows and as a whole.
  const Output square = matmul(Layer(a, 4), a, {.transpose_b = true});
  ExpectNear({reduce_sum(square, {.axis = {1}})}, 50.0f);
}

TEST_F(RowChunksTest, AxesThatCrossRowsDoNotGoByRows) {
  const Output x = reshape(Layer(Layer(Rows(), 8), 1), {-1});
  ExpectNear({nn::softmax(x)}, 1e-5f);
  const Output wide = Layer(Layer(Rows(), 8), 4);
  const std::vector<Fetch> best = {argmax(wide, 0)};
  EXPECT_TRUE(SameTensor(Run(best, {})[0], Run(best, {.optimizer_level = 0})[0]));
}

TEST_F(RowChunksTest, RowsThatAreCutOtherwiseAreNotTheSameRows) {
  const Output a = nn::relu(Layer(Rows(), 8));
  const Output halves = reshape(a, {2 * kRows, 4});
  ExpectNear({Layer(Layer(halves, 4), 4)}, 2.0f);
}

TEST_F(RowChunksTest, AVariableThatChangesInBetweenIsReadBefore) {
  const Output x = Rows();
  const Variable weights(fill({8}, 2.0f), {.name = "weights"});
  init_ = global_variables_initializer();
  const Output before = nn::relu(Layer(x, 8) * weights);
  const Output factor = Layer(x, 8);
  const control_dependencies first({before});
  const Output changed = assign(weights, weights * 3);
  const control_dependencies then({changed});
  const Output after = nn::relu(factor * weights.read_value());
  ExpectNear({before, after}, 2e-2f);
}

TEST_F(RowChunksTest, OutputsThatBecomeOneAreBothMade) {
  const Output a = Layer(Layer(Rows(), 8), 64);
  const Output same = add_n({a, zeros_like(a)});
  ExpectNear({a, same, nn::relu(same)}, 2e-2f);
}

TEST_F(RowChunksTest, MemoryIsThatOfAFewRows) {
  const Output y = Layer(Layer(Layer(Rows(), 1024), 1024), 2);
  const auto arena = [&](const ConfigProto& config) {
    const std::string text = Explain({y}, config);
    const std::string before = "arena of ";
    return std::stoll(text.substr(text.find(before) + before.size()));
  };
  EXPECT_LT(2 * arena({}), arena({.disabled_passes = {kNone}}));
}

}  // namespace
}  // namespace sessile
