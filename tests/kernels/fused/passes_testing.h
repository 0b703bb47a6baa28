// What the tests of passes share: graphs of the library's own operations, run with and without
// plans.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "sessile/core/framework/kernel_registry.h"
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

// All passes, none, each one alone.
inline std::vector<ConfigProto> EachSetOfPasses() {
  std::vector<std::string> all;
  for (const PlanPass& pass : builtin_kernels().passes()) all.push_back(pass.name);
  std::vector<ConfigProto> sets = {{}, {.disabled_passes = all}};
  for (size_t i = 0; i < all.size(); ++i) {
    std::vector<std::string> others = all;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    sets.push_back({.disabled_passes = others});
  }
  return sets;
}

inline void ExpectEqual(const std::vector<Tensor>& values, const std::vector<Tensor>& expected) {
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(SameTensor(values[i], expected[i])) << "fetch " << i << ": " << values[i].ToString()
                                                    << " instead of " << expected[i].ToString();
  }
}

// Two runs after `init` (if there is one): plans by each set of passes give the bits of the
// reference executor the second time too.
inline void ExpectPlansRepeat(const Graph& graph, const Operation* init,
                              const std::vector<Fetch>& fetches, const FeedDict& feeds) {
  const auto second_run = [&](const ConfigProto& config) {
    Session session(graph, config);
    if (init != nullptr) session.run(*init);
    session.run(fetches, feeds);
    return session.run(fetches, feeds);
  };
  const std::vector<Tensor> expected = second_run({.optimizer_level = 0});
  for (ConfigProto config : EachSetOfPasses()) {
    SCOPED_TRACE("without " + absl::StrJoin(config.disabled_passes, ", "));
    for (const int threads : {1, 3}) {
      config.intra_op_parallelism_threads = threads;
      ExpectEqual(second_run(config), expected);
    }
  }
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
  // Plans by each set of passes give the same bits for any number of threads, and values for which
  // check(values, expected) holds, with those of the reference executor.
  template <typename Check>
  void CheckPlans(const std::vector<Fetch>& fetches, Check check) const {
    const std::vector<Tensor> expected = Run(fetches, {.optimizer_level = 0});
    for (ConfigProto config : EachSetOfPasses()) {
      SCOPED_TRACE("without " + absl::StrJoin(config.disabled_passes, ", "));
      config.intra_op_parallelism_threads = 1;
      const std::vector<Tensor> values = Run(fetches, config);
      check(values, expected);
      config.intra_op_parallelism_threads = 3;
      ExpectEqual(Run(fetches, config), values);
    }
  }
  void ExpectSameBits(const std::vector<Fetch>& fetches) const { CheckPlans(fetches, ExpectEqual); }
  void ExpectNear(const std::vector<Fetch>& fetches, float error) const {
    CheckPlans(fetches, [error](const auto& values, const auto& expected) {
      for (size_t i = 0; i < expected.size(); ++i) {
        EXPECT_THAT(
            values[i].template flat<float>(),
            ::testing::Pointwise(::testing::FloatNear(error), expected[i].template flat<float>()));
      }
    });
  }

  Graph graph_;
  DefaultGraphScope with_{graph_};
  std::vector<tf::Feed> feeds_;
  Operation init_;
};

}  // namespace sessile
