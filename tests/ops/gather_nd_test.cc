#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/state.h"
#include "sessile/ops/variable.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

TEST(GatherNdTest, ReplacesTheIndexedDimensions) {
  const NodeFacts facts = {.attrs = {{"Tindices", int32}}};
  ExpectShape("GatherNd", "[4,5,6];[2,?,2]", "[2,?,6]", facts);
  ExpectShape("GatherNd", "[4,5];[3,2]", "[3]", facts);
  ExpectShape("GatherNd", "[4,5];[3,?]", "?", facts);
  ExpectShapeError("GatherNd", "[4];[3,2]", "indices.shape[-1] must be <= params.rank", facts);
}

TEST(GatherNdTest, TakesSlicesAtPlaces) {
  const Input x = {{1, 2}, {3, 4}};
  EXPECT_THAT(Eval(gather_nd(x, {{0, 1}, {1, 0}})), IsTensor({2, 3}));
  EXPECT_THAT(Eval(gather_nd(x, {{1}, {1}})), IsTensor({{3, 4}, {3, 4}}));
  EXPECT_THAT(ErrorOf([&] {
                Eval(gather_nd(x, {{0, 1}, {2, 0}}));
              }),
              HasSubstr("indices[1] = [2, 0] does not index into param shape [2,2]"));
}

TEST(ScatterNdTest, AddsUpWhatComesToOnePlace) {
  EXPECT_THAT(Eval(scatter_nd({{1}, {3}, {1}}, {5, 6, 7}, {4})), IsTensor({0, 12, 0, 6}));
  EXPECT_THAT(Eval(scatter_nd({{1}}, {{5.0, 6.0}}, {2, 2})), IsTensor({{0.0, 0.0}, {5.0, 6.0}}));
  EXPECT_THAT(ErrorOf([] { Eval(scatter_nd({{4}}, {5}, {4})); }),
              HasSubstr("indices[0] = [4] does not index into shape [4]"));
}

TEST(GatherNdTest, GradientsMatchDifferences) {
  ExpectGradient([](Output x) { return gather_nd(x, {{0, 1}, {1, 0}, {0, 1}}); }, {{2, 2}});
  ExpectGradient([](Output x) { return gather_nd(x, {{1}}); }, {{2, 3}});
  ExpectGradient([](Output x) { return scatter_nd({{1}, {3}, {1}}, x, {4}); }, {{3}});
}

using TensorScatterFn = Output (*)(Input, Input, Input, std::string_view);

TEST(TensorScatterTest, ChangesSlices) {
  const Input x = {1, 2, 3};
  const Input places = {{1}, {1}, {0}};
  const Input updates = {10, 1, 5};
  EXPECT_THAT(Eval(tensor_scatter_nd_update(x, places, updates)), IsTensor({5, 1, 3}));
  EXPECT_THAT(Eval(tensor_scatter_nd_add(x, places, updates)), IsTensor({6, 13, 3}));
  EXPECT_THAT(Eval(tensor_scatter_nd_sub(x, places, updates)), IsTensor({-4, -9, 3}));
  EXPECT_THAT(Eval(tensor_scatter_nd_min(x, places, updates)), IsTensor({1, 1, 3}));
  EXPECT_THAT(Eval(tensor_scatter_nd_max(x, places, updates)), IsTensor({5, 10, 3}));
  EXPECT_THAT(Eval(tensor_scatter_nd_add({{1.0, 2.0}, {3.0, 4.0}}, {{1}}, {{10.0, 20.0}})),
              IsTensor({{1.0, 2.0}, {13.0, 24.0}}));
  EXPECT_THAT(Eval(tensor_scatter_nd_update({"a", "b"}, {{1}}, {"c"})), IsTensor({"a", "c"}));
}

TEST(TensorScatterTest, RefusesWhatDoesNotFit) {
  const NodeFacts facts = {.attrs = {{"Tindices", int32}}};
  ExpectShape("TensorScatterAdd", "[4,5];[3,1];[3,5]", "[4,5]", facts);
  ExpectShapeError("TensorScatterAdd", "[3];[2,1];[1]", "Dimensions of indices = [2] must match",
                   facts);
  ExpectShapeError("TensorScatterAdd", "[3,4];[2,1];[2,5]", "Dimensions of input = [4] must match",
                   facts);
  const auto error = [](const Input& tensor, const Input& places, const Input& updates) {
    const Output x = placeholder_with_default(tensor, Shape::Unknown());
    return ErrorOf([&] { Eval(tensor_scatter_nd_add(x, places, updates)); });
  };
  EXPECT_THAT(error({1, 2, 3}, {{3}}, {10}),
              HasSubstr("indices[0] = [3] does not index into shape [3]"));
  EXPECT_THAT(error({{1, 2}}, {{0}}, {10}), HasSubstr("Inner dimensions of output shape"));
  EXPECT_THAT(error({1, 2}, {{0, 0}}, {10}), HasSubstr("must be <= params rank"));
}

TEST(TensorScatterTest, GradientsMatchDifferences) {
  for (TensorScatterFn fn : {tensor_scatter_nd_update, tensor_scatter_nd_add, tensor_scatter_nd_sub,
                             tensor_scatter_nd_min, tensor_scatter_nd_max}) {
    ExpectGradient([fn](Output x, Output y) { return fn(x, {{2}, {0}}, y, {}); }, {{4}, {2}});
  }
  ExpectGradient(
      [](Output x, Output y) {
        return OpBuilder("ScatterNdNonAliasingAdd").Input(x).Input({{2}, {0}}).Input(y).Build();
      },
      {{4, 3}, {2, 3}});
}

TEST(ScatterNdTest, ChangesVariables) {
  const Graph graph;
  const auto with = graph.as_default();
  const Variable v({{1, 2}, {3, 4}});
  const Output places = constant({{0, 1}, {1, 0}});
  const Output added = scatter_nd_add(v, places, {10, 20});
  const Output set = scatter_nd_update(v, {{1}}, {{7, 8}});
  const Output subtracted = scatter_nd_sub(v, places, {1, 1});
  const auto extreme = [&](const char* op) {
    return OpBuilder(op).Input(v.ref()).Input(places).Input({5, 5}).Build();
  };
  const Output smaller = extreme("ScatterNdMin");
  const Output larger = extreme("ScatterNdMax");
  const Output outside = scatter_nd_add(v, {{0, 0}, {2, 0}}, {10, 20});
  Session sess;
  sess.run(global_variables_initializer());
  EXPECT_THAT(sess.run(added), IsTensor({{1, 12}, {23, 4}}));
  EXPECT_THAT(sess.run(subtracted), IsTensor({{1, 11}, {22, 4}}));
  EXPECT_THAT(sess.run(set), IsTensor({{1, 11}, {7, 8}}));
  EXPECT_THAT(sess.run(smaller), IsTensor({{1, 5}, {5, 8}}));
  EXPECT_THAT(ErrorOf([&] { sess.run(outside); }), HasSubstr("indices[1] = [2, 0]"));
  EXPECT_THAT(sess.run(v), IsTensor({{1, 5}, {5, 8}}));  // nothing was written
  EXPECT_THAT(sess.run(larger), IsTensor({{1, 5}, {5, 8}}));
}

}  // namespace
}  // namespace sessile
