#include "sessile/ops/op_builder.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/random.h"
#include "sessile/ops/state.h"
#include "sessile/ops/variable.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

class OpBuilderTest : public FrontTest {};

TEST_F(OpBuilderTest, ConversionsEqualTensorFlow) {
  const Output x = placeholder(float32, {None, 6}, "x");
  const Output d = placeholder(float64, {6}, "d");
  reshape(x, {-1, 3});
  reshape(placeholder(float32), {});
  reshape(d, Shape({2, 3}));
  reshape(d, constant({2, 3}, {.dtype = int64}), "named");
  multiply(d, 2);
  add_n({x, x});
  equal(x, {1, 2, 3, 4, 5, 6});
  {
    const name_scope outer("outer");
    reshape(x, {6});
    {
      const name_scope inner("inner");
      reshape(x, {6}, "r");
    }
    reshape(x, {6}, "r");
  }
  convert_to_tensor({1.0, 2.0});
  convert_to_tensor(3, float64, "three");
  convert_to_tensor(3, {}, "wished", float32);
  convert_to_tensor("s", {}, "own", float32);
  ExpectListing("front_builders.txt", "conversions", graph_);
}

TEST_F(OpBuilderTest, ReferencesPlaceTheNodeAsTensorFlow) {
  const Variable v({1.0}, {.name = "v"});
  std::optional<Variable> w;
  {
    const device place("/cpu:3");
    w.emplace(Input({1.0}), VariableOptions{.name = "w"});
  }
  {
    const colocate_with place(*w);
    assign(v, {2.0});
  }
  assign(*w, {2.0});
  ExpectListing("front_builders.txt", "references", graph_);
}

TEST_F(OpBuilderTest, ListsWithTensorsArePackedAsTensorFlowDoes) {
  const Output x = placeholder(float32, {None, 6}, "x");
  const Output n = placeholder(int32, {}, "n");
  reshape(x, {n, 3});
  zeros({n, 2});
  ones({n});
  fill({n, 2}, 1.0);
  random_uniform({n, 2});
  convert_to_tensor({n, 1});
  convert_to_tensor({{n, 1}, {2, 3}}, {}, "nest");
  ExpectListing("front_builders.txt", "packs", graph_);
}

TEST_F(OpBuilderTest, AListOfTensorsOfTwoTypesIsAnError) {
  const Output n = placeholder(int32, {}, "n");
  const Output d = placeholder(float32, {}, "d");
  EXPECT_THAT(ErrorOf([&] {
                convert_to_tensor({n, d});
              }),
              HasSubstr("Tensor conversion requested dtype int32 for Tensor with dtype float32"));
  EXPECT_THAT(ErrorOf([&] {
                convert_to_tensor({n, 1.5});
              }),
              HasSubstr("Expected int32, but got 1.5 of type 'float'."));
  EXPECT_THAT(ErrorOf([&] { constant({n, 1}); }), HasSubstr("Expected a value, got tensors"));
}

TEST_F(OpBuilderTest, AnUnknownOpIsAnError) {
  EXPECT_THAT(ErrorOf([] { OpBuilder("Foo").BuildOperation(); }),
              HasSubstr("Op type not registered 'Foo' in binary running on HOST."));
}

TEST_F(OpBuilderTest, ErrorsNameTheNodeAndTheLine) {
  const Output x = placeholder(float32, {2, 3}, "x");
  const name_scope scope("layer");
  const int line = __LINE__ + 1;
  const std::string error = ErrorOf([&] { matmul(x, x); });
  EXPECT_THAT(error, HasSubstr("Dimensions must be equal, but are 3 and 2 for"));
  EXPECT_THAT(error, HasSubstr("[[{{node layer/MatMul}}]] (MatMul, built at "));
  EXPECT_THAT(error, HasSubstr("op_builder_test.cc:" + std::to_string(line)));
}

TEST_F(OpBuilderTest, RefusesTypesThatTheOpDoesNotTake) {
  const Output s = placeholder(string, {}, "s");
  EXPECT_THAT(ErrorOf([&] { negative(s); }),
              HasSubstr("Value passed to parameter 'x' has DataType string not in list of allowed "
                        "values: "));
  EXPECT_THAT(ErrorOf([&] { logical_and(s, true); }),
              HasSubstr("Input 'x' of 'LogicalAnd' Op has type string that does not match expected "
                        "type of bool."));
  EXPECT_THAT(ErrorOf([&] { logical_and(true, 1.0); }),
              HasSubstr("Expected bool passed to parameter 'y' of op 'LogicalAnd'. Error: Expected "
                        "bool, but got 1 of type 'float'."));
}

TEST_F(OpBuilderTest, RefusesListsWhereTheyDoNotBelong) {
  const Output x = placeholder(float32, {2}, "x");
  EXPECT_THAT(ErrorOf([&] { OpBuilder("AddN").Input(x).Build(); }),
              HasSubstr("Expected a list for 'inputs' argument to 'AddN' Op"));
  EXPECT_THAT(ErrorOf([&] { OpBuilder("Neg").InputList(std::vector<Output>{x}).Build(); }),
              HasSubstr("Expected one tensor for 'x' argument to 'Neg' Op"));
  EXPECT_THAT(ErrorOf([&] { OpBuilder("AddN").InputList(std::vector<Output>{}).Build(); }),
              HasSubstr("List argument 'inputs' to 'AddN' Op with length 0 shorter than minimum "
                        "length 1."));
  EXPECT_THAT(ErrorOf([&] { OpBuilder("Neg").Build(); }), HasSubstr("takes 1 arguments, got 0"));
}

TEST_F(OpBuilderTest, RefusesAttributesThatAreWrong) {
  const Output x = placeholder(float32, {2}, "x");
  EXPECT_THAT(ErrorOf([&] { OpBuilder("Neg").Input(x).Attr("bogus", 1).Build(); }),
              HasSubstr("NodeDef mentions attr 'bogus' not in Op<name=Neg"));
  EXPECT_THAT(ErrorOf([&] { OpBuilder("Placeholder").Build(); }), HasSubstr("dtype"));
}

TEST_F(OpBuilderTest, ConversionToAnotherTypeIsAnError) {
  const Output x = placeholder(float32, {2}, "x");
  EXPECT_THAT(ErrorOf([&] { convert_to_tensor(x, int32); }),
              HasSubstr("Tensor conversion requested dtype int32 for Tensor with dtype float32: "
                        "<tf.Tensor 'x:0' shape=(2,) dtype=float32>"));
}

TEST_F(OpBuilderTest, TensorsAreConvertedWhereTheirValuesAllow) {
  const Tensor doubles = Tensor::FromValues<double>(Shape({2}), {0.5, 1.5}).value();
  EXPECT_EQ(convert_to_tensor(doubles).dtype(), float64);
  EXPECT_EQ(convert_to_tensor(doubles, float32).dtype(), float32);
  EXPECT_THAT(ErrorOf([&] { convert_to_tensor(doubles, int32); }), HasSubstr("Expected int32"));
  EXPECT_THAT(ErrorOf([] { convert_to_tensor(Tensor()); }), HasSubstr("None values not supported"));
}

}  // namespace
}  // namespace sessile
