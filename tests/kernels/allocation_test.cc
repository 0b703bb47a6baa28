// A training step of a network does not allocate either.

#ifndef SESSILE_SANITIZED

#include <vector>

#include "gtest/gtest.h"
#include "sessile/kernels/tiles.h"
#include "sessile/sessile.h"
#include "sessile/tests/counted_allocations.h"

namespace tf = sessile;

namespace sessile {
namespace {

TEST(AllocationTest, TrainingAConvolutionNetAllocatesNothing) {
  // oneDNN allocates; enough channels for tiles on every machine that has them.
  if (tiles::KernelsFor(20) == nullptr) GTEST_SKIP() << "convolutions are oneDNN's on this machine";
  Graph graph;
  const DefaultGraphScope with(graph);
  const Output images = placeholder(float32, {16, 12, 12, 3});
  Output x = layers::conv2d(images, 20, 3, {.strides = 2, .padding = "same", .use_bias = false});
  x = nn::relu(layers::batch_normalization(x, {.training = true}));
  x = nn::relu(layers::conv2d(x, 12, 3, {.padding = "same"}));
  const Output logits = layers::dense(reshape(x, {16, 6 * 6 * 12}), 10);
  const Output loss = reduce_mean(square(logits));
  const Operation train = train::AdamOptimizer(0.01).minimize(loss);
  const Operation init = global_variables_initializer();
  Session session(graph);
  session.run(init);
  const auto step = session.make_callable({train, loss}, {images});
  const Tensor fed = *Tensor::Zeros(float32, {16, 12, 12, 3});
  std::vector<Tensor> results(2);
  EXPECT_EQ(AllocationsOf([&] { step.into(results, fed); }), 0);
}

}  // namespace
}  // namespace sessile

#endif
