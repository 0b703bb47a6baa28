// Optional values, and the errors of those that are not what their reader wants.

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/error_of.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

class OptionalTest : public ::testing::Test {
 protected:
  static Output NoValue() { return OpBuilder("OptionalNone").Build(); }
  static Output Of(const std::vector<Output>& values) {
    return OpBuilder("OptionalFromValue").InputList(values).Build();
  }
  static Output Has(const Output& optional) {
    return OpBuilder("OptionalHasValue").Input(optional).Build();
  }
  static std::vector<Output> Get(const Output& optional, std::vector<DataType> types,
                                 std::vector<Shape> shapes) {
    return OpBuilder("OptionalGetValue")
        .Input(optional)
        .Attr("output_types", std::move(types))
        .Attr("output_shapes", std::move(shapes))
        .BuildAll();
  }
  static std::string ErrorOfGet(const Output& optional, std::vector<DataType> types,
                                std::vector<Shape> shapes) {
    const Output value = Get(optional, std::move(types), std::move(shapes))[0];
    Session sess(value.graph());
    return ErrorOf([&] { sess.run(value); });
  }

  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(OptionalTest, HaveTheirValuesOrNone) {
  const Output both = Of({constant({1.f, 2.f}), constant(3)});
  EXPECT_THAT(Eval(cast(Has(both), int32)), IsTensor(1));
  EXPECT_THAT(Eval(cast(Has(NoValue()), int32)), IsTensor(0));
  const std::vector<Output> values = Get(both, {float32, int32}, {Shape({None}), Shape()});
  EXPECT_EQ(values[0].shape().ToString(), "[?]");
  EXPECT_THAT(Eval(values[0]), IsTensor({1, 2}));
  EXPECT_THAT(Eval(values[1]), IsTensor(3));
}

TEST_F(OptionalTest, SumsAndZerosAreTakenValueByValue) {
  const Output a = Of({constant({1.f, 2.f})});
  const Output b = Of({constant({10.f, 20.f})});
  EXPECT_THAT(Eval(Get(add_n({a, b}), {float32}, {Shape({2})})[0]), IsTensor({11, 22}));
  EXPECT_THAT(Eval(Get(zeros_like(a), {float32}, {Shape({2})})[0]), IsTensor({0, 0}));
  EXPECT_THAT(Eval(cast(Has(add_n({NoValue(), NoValue()})), int32)), IsTensor(0));
  EXPECT_THAT(Eval(cast(Has(zeros_like(NoValue())), int32)), IsTensor(0));
  Session sess(graph_);
  EXPECT_THAT(ErrorOf([&] {
                sess.run(Has(add_n({a, NoValue()})));
              }),
              HasSubstr("Cannot add optionals because one has a value and the other doesn't."));
  EXPECT_THAT(ErrorOf([&] {
                sess.run(Has(add_n({a, Of({constant(1)})})));
              }),
              HasSubstr("component 0 is float[2] in one and int32[] in the other"));
}

TEST_F(OptionalTest, RefuseWhatDoesNotFit) {
  const Output value = Of({constant({1.f, 2.f})});
  EXPECT_THAT(ErrorOfGet(NoValue(), {float32}, {Shape({2})}),
              HasSubstr("The given optional does not have a value."));
  EXPECT_THAT(ErrorOfGet(value, {float32, int32}, {Shape({2}), Shape()}),
              HasSubstr("The given optional has 1 components, expected 2"));
  EXPECT_THAT(ErrorOfGet(value, {int32}, {Shape({2})}),
              HasSubstr("The given optional does not match the expected type for component 0. "
                        "Expected: int32. Actual: float."));
  EXPECT_THAT(ErrorOfGet(value, {float32}, {Shape({3})}),
              HasSubstr("The given optional does not match the expected shape for component 0. "
                        "Expected: [3]. Actual: [2]."));
  EXPECT_THAT(ErrorOf([&] {
                Get(value, {float32}, {Shape({2}), Shape({3})});
              }),
              HasSubstr("`output_shapes` must be the same length as `output_types` (2 vs. 1)"));
  const Output list =
      OpBuilder("EmptyTensorList").Input(-1).Input(-1).Attr("element_dtype", float32).Build();
  Session sess(graph_);
  EXPECT_THAT(ErrorOf([&] { sess.run(Has(list)); }),
              HasSubstr("Input to OptionalHasValue must be an OptionalVariant object."));
}

}  // namespace
}  // namespace sessile
