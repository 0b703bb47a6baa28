#include "sessile/core/framework/attr_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sessile {
namespace {

TEST(AttrMapTest, KeepsEntriesInTheOrderOfTheirNames) {
  AttrMap attrs;
  attrs.Set("b", 2);
  attrs.Set("a", 1);
  attrs.Set("c", 3);
  attrs.Set("b", 20);
  attrs.Erase("c");
  attrs.Erase("not there");
  std::vector<std::string> names;
  for (const auto& [name, value] : attrs) names.push_back(name);
  EXPECT_THAT(names, testing::ElementsAre("a", "b"));
  EXPECT_EQ(attrs.Get<int64_t>("b").value(), 20);
}

TEST(AttrMapTest, SaysWhatIsMissingAndWhatIsOfAnotherType) {
  AttrMap attrs;
  attrs.Set("N", 2);
  attrs.Set("strides", std::vector<int64_t>{1, 2});
  EXPECT_EQ(attrs.Get<bool>("x").status().message(), "No attr named 'x'");
  EXPECT_EQ(attrs.Get<bool>("x").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(attrs.Get<bool>("N").status().message(),
            "AttrValue had value with type 'int' when 'bool' expected for attr 'N'");
  EXPECT_EQ(attrs.Get<std::vector<float>>("strides").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(attrs.GetOr<bool>("x", true).value(), true);
  EXPECT_FALSE(attrs.GetOr<bool>("N", true).ok());
}

TEST(AttrMapTest, ReadsAnEmptyListAsAListOfAnyType) {
  AttrMap attrs;
  attrs.Set("list", AttrList{});
  EXPECT_TRUE(attrs.Get<std::vector<int64_t>>("list").value().empty());
  EXPECT_TRUE(attrs.Get<std::vector<Shape>>("list").value().empty());
}

TEST(AttrValueTest, ComparesContents) {
  EXPECT_EQ(AttrValue(3), AttrValue(int64_t{3}));
  EXPECT_FALSE(AttrValue(3) == AttrValue(3.0f));
  EXPECT_EQ(AttrValue(Tensor::Scalar(1.5f)), AttrValue(Tensor::Scalar(1.5f)));
  EXPECT_FALSE(AttrValue(Tensor::Scalar(1.5f)) == AttrValue(Tensor::Scalar(2.5f)));
  EXPECT_FALSE(AttrValue(Tensor::Scalar(1.5f)) == AttrValue());
  EXPECT_FALSE(AttrValue() == AttrValue(Tensor::Scalar(1.5f)));
  EXPECT_EQ(AttrValue(AttrList{.tensors = {Tensor::Scalar(1)}}),
            AttrValue(AttrList{.tensors = {Tensor::Scalar(1)}}));
  auto attrs = std::make_shared<AttrMap>();
  EXPECT_EQ((FunctionRef{"f", nullptr}), (FunctionRef{"f", attrs}));
  attrs->Set("T", float32);
  EXPECT_FALSE((FunctionRef{"f", nullptr}) == (FunctionRef{"f", attrs}));
}

TEST(AttrValueTest, NamesItselfForMessages) {
  EXPECT_EQ(AttrValue(std::vector<int64_t>{1, 2, 2, 1}).ToString(), "[1, 2, 2, 1]");
  EXPECT_EQ(AttrValue("SAME").ToString(), "SAME");
  EXPECT_EQ(AttrValue(float32).ToString(), "float32");
  EXPECT_EQ(AttrValue(true).ToString(), "true");
  EXPECT_EQ(AttrValue(Shape({None, 3})).ToString(), "[?,3]");
  EXPECT_EQ(AttrValue(Shape()).TypeName(), "shape");
  EXPECT_EQ(AttrValue().TypeName(), "");
}

}  // namespace
}  // namespace sessile
