// What the tests of passes share: graphs of the library's own operations, run with and without
// plans.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "sessile/sessile.h"
#include "sessile/tests/error_of.h"

namespace tf = sessile;

namespace sessile {

inline Tensor RandomTensor(const Shape& shape, unsigned seed) {
  std::mt19937 random(seed);
  Tensor tensor = *Tensor::Allocate(float32, shape);
  for (float& x : tensor.mutable_flat<float>()) {
    x = static_cast<float>(static_cast<int>(random() % 4001) - 2000) / 1000;
  }
  return tensor;
}

class PassesTest : public ::testing::Test {
 protected:
  // A placeholder that is fed random values in every run.
  Output Feed(const Shape& shape) {
    const Output x = placeholder(float32, shape);
    feeds_.push_back({x, RandomTensor(shape, static_cast<unsigned>(feeds_.size()) + 1)});
    return x;
  }
  std::vector<Tensor> Run(const std::vector<Fetch>& fetches, const ConfigProto& config) const {
    Session session(graph_, config);
    if (init_.has_value()) session.run(init_);
    return session.run(fetches, FeedDict(feeds_));
  }
  std::string Explain(const std::vector<Fetch>& fetches, const ConfigProto& config = {}) const {
    Session session(graph_, config);
    if (init_.has_value()) session.run(init_);
    return session.explain(fetches, FeedDict(feeds_));
  }
  void ExpectSameBits(const std::vector<Fetch>& fetches) const {
    const std::vector<Tensor> expected = Run(fetches, {.optimizer_level = 0});
    for (const int threads : {1, 3}) {
      const std::vector<Tensor> values = Run(fetches, {.intra_op_parallelism_threads = threads});
      for (size_t i = 0; i < fetches.size(); ++i) {
        EXPECT_TRUE(SameTensor(values[i], expected[i]))
            << "fetch " << i << ": " << values[i].ToString() << " instead of "
            << expected[i].ToString();
      }
    }
  }
  void ExpectNear(const std::vector<Fetch>& fetches, float error) const {
    const std::vector<Tensor> expected = Run(fetches, {.optimizer_level = 0});
    const std::vector<Tensor> values = Run(fetches, {.intra_op_parallelism_threads = 1});
    const std::vector<Tensor> threaded = Run(fetches, {.intra_op_parallelism_threads = 3});
    for (size_t i = 0; i < fetches.size(); ++i) {
      EXPECT_THAT(values[i].flat<float>(),
                  ::testing::Pointwise(::testing::FloatNear(error), expected[i].flat<float>()));
      EXPECT_TRUE(SameTensor(values[i], threaded[i])) << "fetch " << i;
    }
  }

  Graph graph_;
  DefaultGraphScope with_{graph_};
  std::vector<tf::Feed> feeds_;
  Operation init_;
};

}  // namespace sessile
