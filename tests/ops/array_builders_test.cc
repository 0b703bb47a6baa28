// The builders of ops/array.h and x[...] make TensorFlow's nodes, and so do their gradients.

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/assert.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/variable.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

// Each test builds one case of tests/golden/array_builders.txt in a graph of its own.
class ArrayBuildersTest : public ::testing::Test {
 protected:
  void ExpectCase(const std::string& name) { ExpectListing("array_builders.txt", name, graph_); }
  static Output X(const Shape& shape) { return placeholder(float32, shape, "x"); }

  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(ArrayBuildersTest, OfConcat) {
  const Output x = X({None, 3});
  concat({x, x}, 1);
  concat({x, {{1, 2, 3}}}, -2, "named");
  concat({x}, 0);
  concat({{1, 2}, {3, 4, 5}}, 0);
  const Output axis = placeholder(int64, Shape(), "axis");
  concat({x, x}, axis);
  ExpectCase("concats");
}

TEST_F(ArrayBuildersTest, OfSplitAndUnstack) {
  const Output x = X({2, 3});
  split(x, 3, {.axis = 1});
  split(x, {1, -1}, {.axis = 0, .name = "named"});
  split(x, 2);
  const Output sizes = placeholder(int64, {None}, "sizes");
  split(x, sizes, {.num = 2});
  unstack(x);
  unstack(X({None, 3}), {.axis = -1});
  unstack(placeholder(float32, Shape::Unknown(), "u"), {.num = 2, .name = "named_1"});
  unstack({1, 2});
  ExpectCase("splits");
}

TEST_F(ArrayBuildersTest, OfStack) {
  const Output x = X(Shape());
  stack({1, 2});
  stack({{1, 2}, {3, 4}}, {.name = "named"});
  stack({x, 2, x}, {.axis = 0});
  ExpectCase("stacks");
}

TEST_F(ArrayBuildersTest, OfSlice) {
  const Output x = X({2, 3});
  slice(x, {0, 1}, {2, -1});
  strided_slice(x, {0, 0}, {2, 3}, {1, 2});
  strided_slice(x, {1}, {2});
  strided_slice(x, {1, 0}, {2, 1}, {1, 1},
                {.begin_mask = 2, .shrink_axis_mask = 1, .name = "named"});
  reverse(x, {0});
  reverse(x, {-1}, "turned");
  ExpectCase("slices");
}

TEST_F(ArrayBuildersTest, OfSubscripts) {
  const Output x = X({None, 3, 4});
  x[0];
  x[{-1, 2}];
  x[{{}, 0}];
  x[{{1, 3}, {{}, -1}, {{}, {}, 2}}];
  x[{ellipsis, 0}];
  x[{{}, newaxis}];
  x[{{{}, {}, -1}}];
  x[{0, ellipsis, {1, {}}}];
  ExpectCase("subscripts");
}

TEST_F(ArrayBuildersTest, OfSubscriptsThatAreTensors) {
  const Output x = X({None, 3, 4});
  const Output i = placeholder(int32, Shape(), "i");
  const Output n = placeholder(int64, Shape(), "n");
  x[i];
  x[{i, {{}, i}}];
  x[n];
  x[{{n, {}}, 1}];
  x[{{{}, n}}];
  shape(x)[0];
  ExpectCase("subscripts_of_tensors");
}

TEST_F(ArrayBuildersTest, OfPad) {
  const Output x = X({None, 3});
  pad(x, {{1, 0}, {0, 2}});
  pad(x, {{1, 0}, {0, 2}}, {.constant_values = 1});
  pad(x, {{1, 1}, {1, 1}}, {.mode = "REFLECT", .name = "named"});
  pad(x, {{1, 1}, {1, 1}}, {.mode = "symmetric"});
  ExpectCase("pads");
}

TEST_F(ArrayBuildersTest, OfOneHot) {
  const Output i = placeholder(int32, {None}, "i");
  one_hot(i, 10);
  one_hot(i, 3, {.dtype = int64, .name = "named"});
  one_hot(i, 3, {.on_value = 5.0, .off_value = -1.0, .axis = 0});
  one_hot(i, 3, {.on_value = true, .off_value = false, .dtype = bool_});
  one_hot({0, 2}, 3, {.on_value = 2});
  ExpectCase("one_hots");
}

TEST_F(ArrayBuildersTest, OfScans) {
  const Output x = X({2, 3});
  cumsum(x);
  cumsum(x, 1, {.exclusive = true, .reverse = true, .name = "named"});
  cumprod(x, -1);
  ExpectCase("scans");
}

TEST_F(ArrayBuildersTest, OfClips) {
  const Output x = X({None, 3});
  const Output y = placeholder(float32, {2}, "y");
  clip_by_value(x, -1.0, 1);
  clip_by_value(x, 0.0, 1.0, "named");
  clip_by_norm(x, 5.0);
  clip_by_norm(x, 5.0, {.axes = {1}, .name = "named_2"});
  global_norm({x, y});
  clip_by_global_norm({x, Output(), y}, 5.0);
  const Output known = constant(2.0);
  clip_by_global_norm({x}, 5.0, {.use_norm = known, .name = "named_3"});
  ExpectCase("clips");
}

TEST_F(ArrayBuildersTest, OfMasks) {
  const Output x = X({None, 3, 4});
  const Output lengths = placeholder(int32, {None}, "lengths");
  sequence_mask(lengths);
  sequence_mask(lengths, {.maxlen = 5, .dtype = float32, .name = "named"});
  boolean_mask(x, placeholder(bool_, {None}, "rows"));
  boolean_mask(x, placeholder(bool_, {3, 4}, "parts"), {.name = "named_2", .axis = 1});
  where(placeholder(bool_, {2, None}, "condition"));
  where({true, false}, "named_3");
  ExpectCase("masks");
}

TEST_F(ArrayBuildersTest, OfCountsAndNorms) {
  const Output x = X({None, 3});
  count_nonzero(x);
  count_nonzero({true, false}, {.axis = 0, .keepdims = true, .dtype = int32, .name = "named"});
  norm(x);
  norm(x, {.ord = 1, .axis = 1, .keepdims = true});
  norm(x, {.ord = 3, .axis = 0, .name = "named_2"});
  const double infinity = std::numeric_limits<double>::infinity();
  norm(x, {.ord = infinity});
  norm(x, {.axis = {-2, -1}});
  norm(x, {.ord = "fro", .axis = {0, 1}, .keepdims = true});
  norm(x, {.ord = 1, .axis = {0, 1}});
  norm(x, {.ord = infinity, .axis = {1, 0}});
  norm(placeholder(complex64, {2}, "c"), {.ord = 2});
  to_float(placeholder(int32, Shape(), "i"));
  to_int32(x, "named_3");
  ExpectCase("counts_and_norms");
}

TEST_F(ArrayBuildersTest, OfChecks) {
  const Output x = X({None, 3});
  const Output p = placeholder(bool_, Shape(), "p");
  Assert(p, {"message", 3});
  Assert(p, {x}, {.summarize = 5, .name = "named"});
  Print(x, {x, "text"}, {.message = "message", .first_n = 2, .summarize = 4});
  ExpectCase("checks");
}

TEST_F(ArrayBuildersTest, OfBatchesAndTables) {
  const Output x = X({None, 2, 3});
  matmul(x, {{1.0}, {2.0}, {3.0}});
  matmul(x, x, {.transpose_b = true, .name = "named"});
  const Variable table(zeros({10, 4}), {.name = "table"});
  nn::embedding_lookup(table, placeholder(int32, {None, 2}, "ids"));
  nn::embedding_lookup(table, {1, 2}, {.name = "named_2"});
  ExpectCase("batches");
}

using Build = std::function<std::vector<Output>(const std::vector<Output>&)>;

void ExpectGradientCase(const std::string& name, const std::vector<Shape>& shapes,
                        const Build& build) {
  SCOPED_TRACE(name);
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  std::vector<Output> x;
  for (size_t i = 0; i < shapes.size(); ++i) {
    x.push_back(placeholder(float32, shapes[i], absl::StrCat("x", i)));
  }
  gradients(build(x), x);
  ExpectListing("array_builders.txt", "gradient of " + name, graph);
}

using Tensors = std::vector<Output>;

Build Concat(int axis) {
  return [axis](const Tensors& x) { return Tensors{concat({x.begin(), x.end()}, axis)}; };
}

TEST(ArrayGradientsTest, OfConcatAreItsParts) {
  ExpectGradientCase("concat", {{2, 3}, {4, 3}}, Concat(0));
  ExpectGradientCase("concat open", {{None, 3}, {None, 3}}, Concat(-1));
  ExpectGradientCase("concat half open", {{2, 3}, {None, 3}}, Concat(0));
  ExpectGradientCase("concat at run time", {{2, 3}, {2, 3}}, [](const Tensors& x) {
    const Output axis = placeholder(int32, Shape(), "axis");
    return Tensors{concat({x[0], x[1]}, axis)};
  });
  ExpectGradientCase("concat of many", {{2, 3}}, [](const Tensors& x) {
    return Tensors{concat(std::vector<Input>(17, x[0]), 1)};
  });
}

TEST(ArrayGradientsTest, OfPiecesAreConcatenated) {
  ExpectGradientCase("split", {{2, 6}},
                     [](const Tensors& x) { return Tensors{split(x[0], 2, {.axis = 1})[1]}; });
  ExpectGradientCase("split_v", {{None, 6}}, [](const Tensors& x) {
    return split(x[0], {2, 4}, {.axis = 1});
  });
  ExpectGradientCase("stack", {{3}, {3}}, [](const Tensors& x) {
    return Tensors{stack({x[0], x[1]}, {.axis = 1})};
  });
  ExpectGradientCase("unstack", {{2, 3}},
                     [](const Tensors& x) { return Tensors{unstack(x[0], {.axis = 1})[0]}; });
}

TEST(ArrayGradientsTest, OfASliceArePadded) {
  const auto build = [](const Tensors& x) { return Tensors{slice(x[0], {1, 0}, {2, -1})}; };
  ExpectGradientCase("slice", {{4, 3}}, build);
  ExpectGradientCase("slice open", {{None, 3}}, build);
}

TEST(ArrayGradientsTest, OfSubscriptsKnowWhatIsKnown) {
  const auto build = [](const Tensors& x) { return Tensors{x[0][{{1, {}}, 0}]}; };
  ExpectGradientCase("subscript", {{4, 3}}, build);
  ExpectGradientCase("subscript open", {{None, 3}}, build);
  ExpectGradientCase("subscript twice", {{4, 3}}, [&](const Tensors& x) -> Tensors {
    return gradients(square(build(x)[0]), x);
  });
}

TEST(ArrayGradientsTest, OfReverseAndPad) {
  ExpectGradientCase("reverse", {{4, 3}},
                     [](const Tensors& x) { return Tensors{reverse(x[0], {0})}; });
  ExpectGradientCase("pad", {{4, 3}}, [](const Tensors& x) {
    return Tensors{pad(x[0], {{1, 1}, {0, 2}})};
  });
  ExpectGradientCase("pad open", {{None, 3}}, [](const Tensors& x) {
    return Tensors{pad(x[0], {{1, 1}, {0, 2}}, {.constant_values = 2})};
  });
  ExpectGradientCase("mirror", {{4, 3}}, [](const Tensors& x) {
    return Tensors{pad(x[0], {{1, 1}, {0, 2}}, {.mode = "REFLECT"})};
  });
}

TEST(ArrayGradientsTest, OfScansAndProducts) {
  ExpectGradientCase("cumsum", {{4, 3}},
                     [](const Tensors& x) { return Tensors{cumsum(x[0], 1, {.reverse = true})}; });
  ExpectGradientCase("cumprod", {{4, 3}},
                     [](const Tensors& x) { return Tensors{cumprod(x[0], 1)}; });
  ExpectGradientCase("prod", {{4, 3}},
                     [](const Tensors& x) { return Tensors{reduce_prod(x[0], {.axis = 1})}; });
  ExpectGradientCase("prod open", {{None, 3}},
                     [](const Tensors& x) { return Tensors{reduce_prod(x[0])}; });
}

TEST(ArrayGradientsTest, OfBatchMatMulSumWhatWasBroadcast) {
  const auto build = [](const Tensors& x) { return Tensors{matmul(x[0], x[1])}; };
  ExpectGradientCase("batch matmul", {{None, 2, 3}, {3, 4}}, build);
  ExpectGradientCase("batch matmul same", {{5, 2, 3}, {5, 3, 4}}, build);
}

TEST(ArrayGradientsTest, GoBackToWhereSlicesWereTaken) {
  ExpectGradientCase("gather", {{5, 3}}, [](const Tensors& x) {
    return Tensors{gather(x[0], {1, 1}, {.axis = 1})};
  });
  ExpectGradientCase("gather_nd", {{5, 3}}, [](const Tensors& x) {
    return Tensors{gather_nd(x[0], {{1, 1}, {0, 2}})};
  });
}

Build Segment(std::string_view op) {
  return [op](const Tensors& x) {
    return Tensors{OpBuilder(op).Input(x[0]).Input({0, 0, 1}).Build()};
  };
}
Build UnsortedSegment(std::string_view op) {
  return [op](const Tensors& x) {
    return Tensors{OpBuilder(op).Input(x[0]).Input({0, 0, 1}).Input(2).Build()};
  };
}

TEST(ArrayGradientsTest, OfSegments) {
  ExpectGradientCase("segment_sum", {{3, 2}}, Segment("SegmentSum"));
  ExpectGradientCase("segment_mean", {{3, 2}}, Segment("SegmentMean"));
  ExpectGradientCase("segment_max", {{3, 2}}, Segment("SegmentMax"));
  ExpectGradientCase("unsorted_segment_sum", {{3, 2}}, UnsortedSegment("UnsortedSegmentSum"));
  ExpectGradientCase("unsorted_segment_max", {{None, 2}}, UnsortedSegment("UnsortedSegmentMax"));
}

}  // namespace
}  // namespace sessile
