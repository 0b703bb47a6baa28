// What is computed once, and what must be computed again.

#include "sessile/kernels/tiles.h"
#include "sessile/tests/kernels/fused/passes_testing.h"

namespace sessile {
namespace {

// How often `what` stands in `text`.
int Count(const std::string& text, const std::string& what) {
  int count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

class CommonSubexpressionsTest : public PassesTest {
 protected:
  int Products(const std::vector<Fetch>& fetches, const ConfigProto& config = {}) const {
    return Count(Explain(fetches, config), "MatMul MatMul");  // the kernel, and the node's name
  }
};

TEST_F(CommonSubexpressionsTest, TheSameProductIsMadeOnce) {
  const Output x = Feed({20, 30}), y = Feed({30, 10});
  const std::vector<Fetch> fetches = {matmul(x, y) + 1, matmul(x, y) * 2};
  EXPECT_EQ(Products(fetches), 1);
  EXPECT_EQ(Products(fetches, {.disabled_passes = {"common_subexpressions"}}), 2);
  ExpectSameBits(fetches);
}

TEST_F(CommonSubexpressionsTest, WhatIsAskedOfAnotherCodeIsMadeAgain) {
  const Output x = Feed({2, 6, 6, 20}), w = Feed({3, 3, 20, 20});
  const auto by = [&](const std::string& name) {
    const attr_scope asked(graph_.impl(), kImplementationAttr, name);
    return nn::conv2d(x, w, {.strides = 1, .padding = "SAME"});
  };
  EXPECT_EQ(Count(Explain({by("loops"), by("loops")}), "Conv2D Conv2D"), 1);
  if (!tiles::SupportedKernels().empty()) {
    EXPECT_EQ(Count(Explain({by("tiles"), by("loops")}), "Conv2D Conv2D"), 2);
  }
}

TEST_F(CommonSubexpressionsTest, WhatFollowsFromTheSameIsTheSame) {
  const Output x = Feed({20, 20});
  const std::vector<Fetch> fetches = {matmul(matmul(x, x), x), matmul(matmul(x, x), x)};
  EXPECT_EQ(Products(fetches), 2);
  ExpectSameBits(fetches);
}

TEST_F(CommonSubexpressionsTest, OtherAttributesMakeAnotherProduct) {
  const Output x = Feed({20, 20});
  const std::vector<Fetch> fetches = {matmul(x, x), matmul(x, x, {.transpose_a = true})};
  EXPECT_EQ(Products(fetches), 2);
  ExpectSameBits(fetches);
}

TEST_F(CommonSubexpressionsTest, OtherShapesOfTheSameDataMakeAnotherProduct) {
  const Output x = Feed({16});
  const Output a = reshape(x, {4, 4}), b = reshape(x, {2, 8});
  const std::vector<Fetch> fetches = {reduce_sum(a, {.axis = {0}}), reduce_sum(b, {.axis = {0}})};
  ExpectSameBits(fetches);
}

TEST_F(CommonSubexpressionsTest, AVariableThatChangesInBetweenIsReadAgain) {
  const Output x = Feed({6, 6});
  Variable w(RandomTensor({6, 6}, 99), {.name = "w"});
  init_ = global_variables_initializer();
  const Output before = matmul(x, w);
  const control_dependencies first({before});
  const Output changed = assign_add(w, x);
  const control_dependencies then({changed});
  const Output after = matmul(x, w.read_value());
  EXPECT_EQ(Products({before, after}), 2);
  ExpectSameBits({before, after});
}

TEST_F(CommonSubexpressionsTest, RandomNumbersAreDrawnAgain) {
  const Output a = random_uniform({4}, {.seed = 3}), b = random_uniform({4}, {.seed = 3});
  EXPECT_EQ(Count(Explain({a, b}), "RandomUniform random_uniform"), 2);
}

TEST_F(CommonSubexpressionsTest, OutputsThatBecomeOneMayBeFetchedBoth) {
  const Output x = Feed({8, 8});
  const Output a = matmul(x, x), b = matmul(x, x);
  EXPECT_EQ(Products({a, b}), 1);
  ExpectSameBits({a, b});
  const std::vector<Tensor> values = Run({a, b}, {});
  EXPECT_NE(values[0].raw_data(), nullptr);
  EXPECT_TRUE(SameTensor(values[0], values[1]));
}

}  // namespace
}  // namespace sessile
