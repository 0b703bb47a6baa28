// tensordot, and the dense layer where it is built from it: TensorFlow's nodes
// (tests/golden/tensordot.py), and values.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/sessile.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

class TensordotTest : public FrontTest {
 protected:
  static Output Of(const Shape& shape, std::string_view name) {
    return placeholder(float32, shape, name);
  }
  void ExpectCase(const std::string& name) const { ExpectListing("tensordot.txt", name, graph_); }
};

TEST_F(TensordotTest, ByCountBuildsWhatTensorFlowDoes) {
  const Output a = Of({2, 3, 4}, "a");
  const Output b = Of({4, 3, 5}, "b");
  tensordot(a, b, 1);
  const Output m = Of({2, 3}, "m");
  const Output n = Of({3, 5}, "n");
  tensordot(m, n, 1, "of_matrices");
  tensordot(a, b, 0, "outer");
  ExpectCase("by_count");
}

TEST_F(TensordotTest, ByListsBuildsWhatTensorFlowDoes) {
  const Output a = Of({2, 3, 4}, "a");
  const Output b = Of({4, 3, 5}, "b");
  tensordot(a, b, {{1, 2}, {1, 0}});
  tensordot(a, b, {{-1}, {0}}, "from_the_end");
  tensordot(a, b, {2, 0}, "numbers");
  tensordot({1.0, 2.0}, {{3.0}, {4.0}}, 1, "values");
  ExpectCase("by_lists");
}

TEST_F(TensordotTest, OfPartlyKnownShapesBuildsWhatTensorFlowDoes) {
  const Output a = Of({None, 3, 4}, "a");
  const Output b = Of({4, 5}, "b");
  EXPECT_EQ(tensordot(a, b, {{2}, {0}}).get_shape(), Shape({None, 3, 5}));
  tensordot(b, a, {{0}, {2}}, "second");
  tensordot(a, a, {{2, 0}, {2, 0}}, "both");
  ExpectCase("partly_known");
}

TEST_F(TensordotTest, OfUnknownShapesBuildsWhatTensorFlowDoes) {
  const Output u = Of(Shape::Unknown(), "u");
  tensordot(u, Of({4, 5}, "b"), {{1}, {0}});
  tensordot(u, Of({None, 5}, "c"), 2, "by_count");
  ExpectCase("unknown");
}

TEST_F(TensordotTest, GradientsAreTensorFlows) {
  const Output a = Of({None, 3, 4}, "a");
  const Output b = Of({4, 5}, "b");
  gradients(tensordot(a, b, {{2}, {0}}), {a, b});
  ExpectCase("gradient");
}

TEST_F(TensordotTest, SumsOverPairsOfDimensions) {
  const Output a = constant({{{1.0, 2.0}, {3.0, 4.0}}, {{5.0, 6.0}, {7.0, 8.0}}});
  const Output b = constant({{1.0, 10.0}, {100.0, 1000.0}});
  EXPECT_THAT(Eval(tensordot(a, b, 1)),
              IsTensor({{{201.0, 2010.0}, {403.0, 4030.0}}, {{605.0, 6050.0}, {807.0, 8070.0}}}));
  EXPECT_THAT(Eval(tensordot(a, b, {{0, 2}, {1, 0}})), IsTensor({6251.0, 8473.0}));
  EXPECT_THAT(Eval(tensordot({1.0, 2.0}, {3.0, 4.0}, 0)), IsTensor({{3.0, 4.0}, {6.0, 8.0}}));
}

TEST_F(TensordotTest, OfUnknownShapesSumsTheSame) {
  const Output u = Of(Shape::Unknown(), "u");
  const Output b = constant({{1.0, 10.0}, {100.0, 1000.0}});
  const Output product = tensordot(u, b, {{-1}, {0}});
  Session sess;
  EXPECT_THAT(sess.run(product, {{u, {{{1.0, 2.0}, {3.0, 4.0}}}}}),
              IsTensor({{{201.0, 2010.0}, {403.0, 4030.0}}}));
}

TEST_F(TensordotTest, RefusesAxesThatDoNotFit) {
  const Output a = Of({2, 3}, "a");
  EXPECT_THAT(ErrorOf([&] { tensordot(a, a, -1); }), HasSubstr("`axes` must be at least 0."));
  EXPECT_THAT(ErrorOf([&] { tensordot(a, a, 3); }),
              HasSubstr("`axes` must not be larger than the number of dimensions"));
  EXPECT_THAT(ErrorOf([&] {
                tensordot(a, a, {{0, 1}, {0}});
              }),
              HasSubstr("Different number of contraction axes `a` and `b`, 2 != 1."));
  EXPECT_THAT(ErrorOf([&] { tensordot(a, a, {2, 0}); }), HasSubstr("axis 2 is out of range"));
}

TEST_F(TensordotTest, DenseLayersOfMoreDimensionsAreTensorFlows) {
  set_random_seed(1);
  layers::dense(Of({2, 3, 4}, "x"), 5);
  const Output open = layers::dense(Of({None, 3, 4}, "open"), 5, {.activation = nn::relu});
  EXPECT_EQ(open.get_shape(), Shape({None, 3, 5}));
  layers::dense(Of({None, None, None, 4}, "images"), 2, {.use_bias = false, .name = "of_images"});
  ExpectCase("dense");
}

}  // namespace
}  // namespace sessile
