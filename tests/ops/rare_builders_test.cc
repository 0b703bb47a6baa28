// The builders of the rarer operations make TensorFlow's nodes, and so do their gradients.

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/check.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/linalg.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/state.h"
#include "sessile/ops/variable.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

// Each test builds one case of tests/golden/rare_builders.txt in a graph of its own.
class RareBuildersTest : public ::testing::Test {
 protected:
  void ExpectCase(const std::string& name) { ExpectListing("rare_builders.txt", name, graph_); }
  static Output X() { return placeholder(float32, {None, 3}, "x"); }

  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(RareBuildersTest, OfArrays) {
  const Output x = X();
  roll(x, 1, 0);
  roll(x, {1, -2}, {0, 1}, "named");
  ensure_shape(x, {2, None});
  identity_n({x, 1.0}, "pair");
  guarantee_const(x);
  unravel_index({3, 4}, {2, 5});
  searchsorted(x, x);
  searchsorted(x, x, {.side = "right", .out_type = int64, .name = "places"});
  unique_with_counts({1, 2, 1});
  tensor_scatter_nd_add({1, 2}, {{1}}, {3});
  sparse_to_dense({{1}}, {2}, {3});
  sparse_segment_sum(x, {0, 1}, {0, 0});
  sparse_segment_mean(x, {0, 1}, {0, 0}, {.name = "named_1", .num_segments = 2});
  ExpectCase("arrays");
}

TEST_F(RareBuildersTest, OfChecks) {
  const Output x = X();
  check_numerics(x, "message");
  verify_tensor_all_finite(x, "message");
  ExpectCase("checks");
}

TEST_F(RareBuildersTest, OfFunctions) {
  const Output x = X();
  xlog1py(x, 2.0);
  nextafter(x, 1.0);
  erfinv(x);
  ndtri(x, "named");
  betainc(2.0, 3.0, x);
  cumulative_logsumexp(x, 1, {.exclusive = true});
  reduce_euclidean_norm(x, {.axis = 1});
  reduce_euclidean_norm(x, {.keepdims = true});
  linalg::cross(x, x);
  histogram_fixed_width(x, {0.0, 1.0});
  accumulate_n({x, x});
  ExpectCase("functions");
}

TEST_F(RareBuildersTest, OfEinsums) {
  const Output x = X();
  einsum("ij->ji", {x});
  einsum("ij, kj", {x, x});
  einsum("...j,j->...", {x, placeholder(float32, {3}, "y")}, "named");
  ExpectCase("einsums");
}

TEST_F(RareBuildersTest, OfCounting) {
  const Variable v(0, {.name = "v"});
  count_up_to(v, 3);
  const Variable w({1, 2}, {.name = "w"});
  scatter_nd_add(w, {{1}}, {3});
  scatter_nd_update(w, {{1}}, {3}, {.name = "named"});
  ExpectCase("counting");
}

using Tensors = std::vector<Output>;

void ExpectGradientCase(const std::string& name, const std::vector<Shape>& shapes,
                        const std::function<Output(const Tensors&)>& build) {
  SCOPED_TRACE(name);
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  Tensors x;
  for (const Shape& shape : shapes) {
    x.push_back(placeholder(float32, shape, absl::StrCat("x", x.size())));
  }
  gradients(build(x), x);
  ExpectListing("rare_builders.txt", absl::StrCat("gradient of ", name), graph);
}

TEST(RareGradientsTest, OfArrays) {
  ExpectGradientCase("roll", {{2, 3}}, [](const Tensors& x) { return roll(x[0], {1, 2}, {0, 1}); });
  ExpectGradientCase("check_numerics", {{2, 3}},
                     [](const Tensors& x) { return check_numerics(x[0], "message"); });
  ExpectGradientCase("ensure_shape", {{None, 3}}, [](const Tensors& x) {
    return ensure_shape(x[0], {2, 3});
  });
  ExpectGradientCase("identity_n", {{2}, {3}}, [](const Tensors& x) {
    return identity_n({x[0], x[1]})[0];
  });
  ExpectGradientCase("nth_element", {{2, 3}}, [](const Tensors& x) {
    return OpBuilder("NthElement").Input(x[0]).Input(1).BuildAll()[0];
  });
}

TEST(RareGradientsTest, OfSlices) {
  const Input places = {{0}, {2}};
  ExpectGradientCase("tensor_scatter_update", {{3}, {2}}, [&](const Tensors& x) {
    return tensor_scatter_nd_update(x[0], places, x[1]);
  });
  ExpectGradientCase("tensor_scatter_add", {{3}, {2}},
                     [&](const Tensors& x) { return tensor_scatter_nd_add(x[0], places, x[1]); });
  ExpectGradientCase("tensor_scatter_sub", {{3}, {2}},
                     [&](const Tensors& x) { return tensor_scatter_nd_sub(x[0], places, x[1]); });
  ExpectGradientCase("tensor_scatter_max", {{3}, {2}},
                     [&](const Tensors& x) { return tensor_scatter_nd_max(x[0], places, x[1]); });
  ExpectGradientCase("sparse_to_dense", {{2}, Shape()}, [](const Tensors& x) {
    return sparse_to_dense({{0}, {2}}, {4}, x[0], {.default_value = x[1]});
  });
  ExpectGradientCase("sparse_segment_sum", {{3, 2}}, [](const Tensors& x) {
    return sparse_segment_sum(x[0], {0, 2}, {0, 0});
  });
}

TEST(RareGradientsTest, OfArithmetic) {
  ExpectGradientCase("clip_by_value", {{None, 3}, Shape()}, [](const Tensors& x) {
    return OpBuilder("ClipByValue").Input(x[0]).Input(x[1]).Input(1.0).Build();
  });
  ExpectGradientCase("bias_add_v1", {{2, 3}, {3}}, [](const Tensors& x) {
    return OpBuilder("BiasAddV1").Input(x[0]).Input(x[1]).Build();
  });
  ExpectGradientCase("cross", {{2, 3}, {2, 3}},
                     [](const Tensors& x) { return linalg::cross(x[0], x[1]); });
  ExpectGradientCase("euclidean_norm", {{2, 3}},
                     [](const Tensors& x) { return reduce_euclidean_norm(x[0], {.axis = 1}); });
  ExpectGradientCase("euclidean_norm open", {{None, 3}},
                     [](const Tensors& x) { return reduce_euclidean_norm(x[0]); });
  ExpectGradientCase("accumulate_n", {{2, 3}, {2, 3}}, [](const Tensors& x) {
    return OpBuilder("AccumulateNV2").InputList(x).Attr("shape", Shape({2, 3})).Build();
  });
}

TEST(RareGradientsTest, OfFunctions) {
  ExpectGradientCase("xlog1py", {{2, 3}, {3}},
                     [](const Tensors& x) { return xlog1py(x[0], x[1]); });
  ExpectGradientCase("nextafter", {{2, 3}, {3}},
                     [](const Tensors& x) { return nextafter(x[0], x[1]); });
  ExpectGradientCase("erfinv", {{2, 3}}, [](const Tensors& x) { return erfinv(x[0]); });
  ExpectGradientCase("ndtri", {{2, 3}}, [](const Tensors& x) { return ndtri(x[0]); });
  ExpectGradientCase("betainc", {Shape(), {2}},
                     [](const Tensors& x) { return betainc(x[0], 3.0, x[1]); });
  ExpectGradientCase("cumulative_logsumexp", {{2, 3}}, [](const Tensors& x) {
    return cumulative_logsumexp(x[0], 1, {.reverse = true});
  });
}

TEST(RareGradientsTest, OfEinsums) {
  const auto einsum_of = [](const std::string& equation) {
    return [equation](const Tensors& x) {
      return einsum(equation, std::vector<Input>(x.begin(), x.end()));
    };
  };
  ExpectGradientCase("einsum", {{2, 3}, {3, 4}}, einsum_of("ij,jk->ki"));
  ExpectGradientCase("einsum of one", {{2, 3, 4}}, einsum_of("ijk->ik"));
  ExpectGradientCase("einsum of one open", {{None, 3, 4}}, einsum_of("ijk->ki"));
  ExpectGradientCase("einsum sum", {{2, 3, 5}, {3, 4}}, einsum_of("ijl,jk->ik"));
  ExpectGradientCase("einsum broadcast", {{None, 2, 3}, {3, 4}}, einsum_of("...ij,jk->...ik"));
}

}  // namespace
}  // namespace sessile
