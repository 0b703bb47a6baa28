#include "sessile/ops/constant.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

class ConstantTest : public FrontTest {
 protected:
  // The elements of a Const, as float.
  template <typename T>
  static std::vector<T> Values(const Output& constant) {
    const Tensor value = *constant.node().attrs().Get<Tensor>("value");
    return {value.flat<T>().begin(), value.flat<T>().end()};
  }
};

TEST_F(ConstantTest, EqualsTensorFlow) {
  constant({1, 2, 3});
  constant(1.5);
  constant({1.0, 2.0}, {.name = "hey"});
  constant(0, {.shape = Shape({2, 2})});
  constant({1, 2}, {.shape = Shape({3})});
  constant({{1, 2}, {3, 4}}, {.dtype = float64});
  constant("s");
  constant({true, false});
  constant(int64_t{1} << 40);
  {
    const name_scope scope("scope");
    constant(1);
    constant(1);
  }
  ExpectListing("front_values.txt", "constants", graph_);
}

TEST_F(ConstantTest, PlaceholdersEqualTensorFlow) {
  placeholder(float32);
  placeholder(int32, {None, 3}, "x");
  placeholder(bool_, {});
  placeholder_with_default(constant({1.0, 2.0}), {None});
  placeholder_with_default(3, {}, "three");
  ExpectListing("front_values.txt", "placeholders", graph_);
}

TEST_F(ConstantTest, ZerosAndOnesEqualTensorFlow) {
  const Output x = placeholder(float32, {None, 3});
  zeros({3, 4});
  zeros({1000});
  ones({999});
  ones({});
  zeros({50, 50}, int64);
  zeros(shape(x));
  ones(shape(x), int32);
  zeros({2}, bool_);
  zeros({0, 5});
  zeros({2000}, string);
  zeros({2}, string);
  zeros(Shape({2, 3}));
  zeros({1000}, float32, "zz");
  zeros(5);
  fill({2, 3}, 9);
  fill({2, 2}, constant(1.5));
  ExpectListing("front_values.txt", "filled", graph_);
}

TEST_F(ConstantTest, LikesEqualTensorFlow) {
  const Output y = placeholder(float32, {2, 3});
  const Output x = placeholder(float32, {None, 3});
  zeros_like(y);
  zeros_like(x);
  ones_like(y);
  ones_like(x);
  zeros_like(x, {.dtype = int32});
  zeros_like(y, {.dtype = int32});
  ones_like(x, {.dtype = int32});
  zeros_like({1, 2});
  zeros_like(x, {.optimize = false});
  zeros_like(placeholder(float32, {50, 50}));
  ExpectListing("front_values.txt", "likes", graph_);
}

TEST_F(ConstantTest, TakesEveryKindOfValue) {
  EXPECT_EQ(constant(true).dtype(), bool_);
  EXPECT_EQ(constant(1u).dtype(), int32);
  EXPECT_EQ(constant(1.0f).dtype(), float32);
  EXPECT_EQ(constant(std::string("s")).dtype(), string);
  EXPECT_EQ(constant({1, 2.5}).dtype(), float32);
  EXPECT_EQ(constant(std::vector<double>{1, 2}).get_shape(), Shape({2}));
  EXPECT_EQ(constant(std::vector<std::vector<int>>{{1}, {2}}).get_shape(), Shape({2, 1}));
  EXPECT_EQ(constant(std::vector<bool>{true}).dtype(), bool_);
  EXPECT_EQ(constant(Shape({4, 5})).dtype(), int32);
  EXPECT_EQ(constant(Tensor::Scalar(2.5)).dtype(), float64);
}

TEST_F(ConstantTest, RoundsADoubleOnce) {
  EXPECT_EQ(Values<float>(constant(1 - 0.99))[0], static_cast<float>(1 - 0.99));
  EXPECT_EQ(Values<double>(constant(0.1, {.dtype = float64}))[0], 0.1);
  EXPECT_EQ(Values<Half>(constant(0.1, {.dtype = float16}))[0].bits, 0x2e66);
  EXPECT_EQ(Values<int64_t>(constant(7, {.dtype = int64}))[0], 7);
}

TEST_F(ConstantTest, KnowsWhichConstantsRepeatAValue) {
  const auto given = [](const Output& constant) {
    return constant.node().attrs().Get<Tensor>("value")->given_elements();
  };
  EXPECT_EQ(given(zeros({3})), 1);
  EXPECT_EQ(given(constant({1, 2}, {.shape = Shape({3})})), 2);
  EXPECT_EQ(given(constant({0, 0, 0})), 3);
}

TEST_F(ConstantTest, RefusesValuesThatDoNotFit) {
  EXPECT_THAT(ErrorOf([] { constant(1.5, {.dtype = int32}); }),
              HasSubstr("Expected int32, but got 1.5 of type 'float'."));
  EXPECT_THAT(ErrorOf([] { constant(300, {.dtype = uint8}); }),
              HasSubstr("Python integer 300 out of bounds for uint8"));
  EXPECT_THAT(ErrorOf([] { constant("s", {.dtype = float32}); }),
              HasSubstr("Expected float32, but got 's' of type 'str'."));
  EXPECT_THAT(ErrorOf([] { constant(1, {.dtype = bool_}); }),
              HasSubstr("Expected bool, but got 1 of type 'int'."));
  EXPECT_THAT(ErrorOf([] { constant({{1, 2}, {3}}); }), HasSubstr("Expected a dense list"));
  EXPECT_THAT(ErrorOf([] { constant({1, "s"}); }), HasSubstr("strings or of numbers"));
  EXPECT_THAT(ErrorOf([] {
                constant({1, 2, 3}, {.shape = Shape({2})});
              }),
              HasSubstr("Too many elements provided. Takes at most 2, but got 3."));
  EXPECT_THAT(ErrorOf([] { constant(1, {.shape = Shape({2}), .verify_shape = true}); }),
              HasSubstr("Expected Tensor's shape: (2,), but got ()."));
  EXPECT_THAT(ErrorOf([] {
                constant(Shape({None, 3}));
              }),
              HasSubstr("Cannot convert a partially known TensorShape (?, 3) to a Tensor."));
  EXPECT_THAT(ErrorOf([] { constant(placeholder(float32, {2}, "x")); }),
              HasSubstr("<tf.Tensor 'x:0' shape=(2,) dtype=float32>"));
}

TEST_F(ConstantTest, RefusesImpossibleShapes) {
  EXPECT_THAT(ErrorOf([] { zeros({-2}); }), HasSubstr("-2"));
  EXPECT_THAT(ErrorOf([] { zeros({-1}); }), HasSubstr("partially known"));
  EXPECT_THAT(ErrorOf([] { constant(0, {.shape = Shape({int64_t{1} << 62})}); }),
              HasSubstr("RESOURCE_EXHAUSTED"));
}

TEST_F(ConstantTest, BlamesTheLineOfTheUser) {
  const int line = __LINE__ + 1;
  const Output x = placeholder(float32);
  EXPECT_EQ(x.node().built_at().line, line);
  EXPECT_EQ(zeros_like(x).node().built_at().line, line + 2);
}

TEST(ConstTest, RefusesAValueOfAnotherType) {
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  const Tensor value = Tensor::Scalar(1.0f);
  EXPECT_THAT(
      ErrorOf([&] { OpBuilder("Const").Attr("value", value).Attr("dtype", float64).Build(); }),
      HasSubstr("Type mismatch between value (float) and dtype (double)"));
}

TEST(PlaceholderTest, GradientGoesToTheDefault) {
  ExpectGradient([](Output x) { return placeholder_with_default(x, {None, 3}); }, {{2, 3}});
}

}  // namespace
}  // namespace sessile
