// The passes on graphs of the library's own operations: what becomes one kernel, that elements keep
// their bits, that sums keep their values, and that each pass can be switched off.

#include "sessile/tests/kernels/fused/passes_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(PassesTest, ChainOfElementwiseOperationsIsOneKernel) {
  const Output x = Feed({500, 300});
  const Output y = nn::relu(x * 2 + Feed({300}));
  EXPECT_THAT(Explain({y}), HasSubstr("Mul+AddV2+Relu"));
  ExpectSameBits({y});
}

TEST_F(PassesTest, BroadcastsScalarsAndRowsOfAnyLength) {
  const int64_t kColumns[] = {1, 3, 1000, 1024, 1025, 5000};
  std::vector<Fetch> fetches;
  for (const int64_t columns : kColumns) {
    const Output x = Feed({7, columns});
    fetches.emplace_back((x + Feed({columns})) * Feed({}) - Feed({1, columns}));
  }
  EXPECT_THAT(Explain(fetches), HasSubstr("AddV2+Mul+Sub"));
  ExpectSameBits(fetches);
}

TEST_F(PassesTest, ColumnBroadcastIsLeftAlone) {
  const Output x = Feed({6, 5});
  const Output y = (x + Feed({6, 1})) * x;
  EXPECT_THAT(Explain({y}), Not(HasSubstr("AddV2+Mul")));
  ExpectSameBits({y});
}

TEST_F(PassesTest, ABiasOfChannelsThatAreNotLastIsLeftAlone) {
  // As many columns as channels.
  const Output x = Feed({2, 3, 2, 3});
  const Output y = nn::relu(nn::bias_add(x, Feed({3}), {.data_format = "NCHW"}));
  const Output z = nn::relu(nn::bias_add(x, Feed({3})));
  EXPECT_THAT(Explain({y}), Not(HasSubstr("BiasAdd+Relu")));
  EXPECT_THAT(Explain({z}), HasSubstr("BiasAdd+Relu"));
  ExpectSameBits({y, z});
}

TEST_F(PassesTest, ValuesThatOthersReadAreMade) {
  const Output x = Feed({40, 40});
  const Output a = x * x;
  const Output b = a + 1;
  const Output c = nn::relu(b) - a;
  const Output d = matmul(a, b);
  ExpectSameBits({a, c, d});
}

TEST_F(PassesTest, ResultsMayTakeThePlaceOfInputsThatAreReadNoMore) {
  // x is read after y is made, z's place is free.
  const Output x = matmul(Feed({64, 64}), Feed({64, 64}));
  const Output z = matmul(Feed({64, 64}), Feed({64, 64}));
  const Output y = x + z;
  const Output w = y * x;
  const Output v = w - y;
  ExpectSameBits({matmul(y, y), matmul(w, w), matmul(v, v)});
}

TEST_F(PassesTest, SumsOfColumnsEndAChain) {
  const Output x = Feed({64, 20, 20, 12});
  const Output centred = x - Feed({12});
  const Output sum = reduce_sum(centred, {.axis = {0, 1, 2}});
  const Output variance = reduce_mean(centred * centred, {.axis = {0, 1, 2}, .keepdims = true});
  EXPECT_THAT(Explain({sum, variance}), HasSubstr("Sub+Sum+Mul+Mean"));
  ExpectNear({sum, variance, centred}, 1e-2f);
}

TEST_F(PassesTest, AChainEndsWhereItsSumIsNeeded) {
  const Output x = Feed({30, 20});
  const Output y = x * 3;
  const Output z = y - reduce_sum(y, {.axis = {0}});
  EXPECT_THAT(Explain({z}), HasSubstr("Mul+Sum"));
  ExpectNear({z, reduce_sum(z)}, 1e-3f);
}

TEST_F(PassesTest, VariablesAreReadBeforeTheyChange) {
  Variable w(RandomTensor({20, 30}, 7), {.name = "w"});
  init_ = global_variables_initializer();
  const Output x = Feed({20, 30});
  const Output before = w * x;
  const Operation update = [&] {
    const auto after = control_dependencies({before});
    return assign(w, x).op();
  }();
  const auto after = control_dependencies({update});
  const Output sum = before + w;
  ExpectSameBits({sum, before, update});
}

TEST_F(PassesTest, ZerosAreNotAdded) {
  const Output x = matmul(Feed({9, 9}), Feed({9, 9}));
  const Output y = matmul(add_n({x, zeros_like(x)}), x);
  const Output z = matmul(add_n({zeros({9, 9}), x, y}), x);
  EXPECT_THAT(Explain({y}), Not(HasSubstr("AddN")));
  EXPECT_THAT(Explain({y}, {.disabled_passes = {"add_zeros"}}), HasSubstr("AddN"));
  ExpectSameBits({y, z});
}

TEST_F(PassesTest, ASumOfZerosAloneIsZero) {
  const Output zero = zeros_like(Feed({3}));
  ExpectSameBits({add_n({zero, zero})});
}

TEST_F(PassesTest, BatchNormAndReluAreOneKernelForwardAndBackward) {
  const Output x = Feed({8, 6, 6, 5});
  const Output scale = Feed({5});
  const Output offset = Feed({5});
  const Output normal = nn::fused_batch_norm(x, scale, offset).y;
  const Output y = nn::relu(normal);
  std::vector<Fetch> fetches = {y};
  for (const Gradient& gradient :
       gradients({reduce_sum(y * Feed({8, 6, 6, 5}))}, {x, scale, offset})) {
    fetches.emplace_back(gradient.tensor());
  }
  const std::string plan = Explain(fetches);
  EXPECT_THAT(plan, HasSubstr("FusedBatchNormV3+Relu"));
  EXPECT_THAT(plan, HasSubstr("ReluGrad+FusedBatchNormGradV3"));
  ExpectSameBits(fetches);
  // Where somebody else wants the normalized values, they are made.
  fetches.emplace_back(normal);
  EXPECT_THAT(Explain(fetches), Not(HasSubstr("FusedBatchNormV3+Relu")));
  ExpectSameBits(fetches);
}

TEST_F(PassesTest, EachCanBeSwitchedOff) {
  const Output y = nn::relu(Feed({5, 5}) * 2);
  const ConfigProto config{.disabled_passes = {"elementwise"}};
  EXPECT_THAT(Explain({y}, config), Not(HasSubstr("Mul+Relu")));
  EXPECT_TRUE(SameTensor(Run({y}, config)[0], Run({y}, {})[0]));
}

TEST_F(PassesTest, AnUnknownNameIsAnError) {
  const Output y = constant(1.0f);
  EXPECT_THAT(ErrorOf([&] { Run({y}, {.disabled_passes = {"magic"}}); }),
              HasSubstr("ConfigProto.disabled_passes: there is no pass 'magic'; the passes are "
                        "common_subexpressions, row_chunks, add_zeros, "));
}

// One of eight kinds of elementwise steps.
Output RandomLink(size_t kind, const Output& a, const Output& b, const Variable& w) {
  switch (kind) {
    case 0:
      return a + b;
    case 1:
      return a - b;
    case 2: {
      const Output left = tanh(a);
      return left * tanh(b);
    }
    case 3:
      return maximum(a, b);
    case 4:
      return nn::relu(a);
    case 5:
      return tanh(squared_difference(a, b));
    case 6:
      return add_n({a, negative(a), a});
    default:
      return a * w;
  }
}

// Random chains: matrices of two sizes, rows, scalars; maps exact, sums near.
class RandomChainTest : public ::testing::TestWithParam<unsigned> {};

TEST_P(RandomChainTest, KeepsTheBitsOfElements) {
  std::mt19937 random(GetParam());
  const auto pick = [&](size_t n) { return static_cast<size_t>(random() % n); };
  const Graph graph;
  const DefaultGraphScope with(graph);
  const int64_t rows = 1 + static_cast<int64_t>(pick(40)),
                columns = 1 + static_cast<int64_t>(pick(50));
  const std::vector<Shape> shapes = {{rows, columns}, {columns}, {}, {1, columns}, {rows, 1}};
  std::vector<Output> values;
  std::vector<tf::Feed> feeds;
  for (size_t i = 0; i < 6; ++i) {
    const Shape& shape = shapes[i < shapes.size() ? i : 0];
    values.push_back(placeholder(float32, shape));
    feeds.push_back(
        {values.back(), RandomTensor(shape, GetParam() * 10 + static_cast<unsigned>(i))});
  }
  Variable w(RandomTensor({rows, columns}, 99), {.name = "w"});
  std::vector<Fetch> fetches;
  for (int i = 0; i < 40; ++i) {
    const Output a = values[pick(values.size())];
    const Output b = values[pick(values.size())];
    if (const size_t kind = pick(9); kind < 8) {
      values.push_back(RandomLink(kind, a, b, w));
    } else {
      fetches.emplace_back(assign_sub(w, tanh(a + w) * 0.5f));
    }
    if (pick(4) == 0) fetches.emplace_back(values.back());
  }
  fetches.emplace_back(values.back());
  const Operation init = global_variables_initializer();
  ExpectPlansRepeat(graph, &init, fetches, FeedDict(feeds));
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomChainTest, ::testing::Range(0u, 60u));

}  // namespace
}  // namespace sessile
