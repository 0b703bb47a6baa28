#include "sessile/core/checkpoint/tensor_slice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "absl/strings/escaping.h"
#include "sessile/tests/error_of.h"
#include "sessile/tests/mutation.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

std::string ErrorFor(const std::string& text) {
  return MessageOf(ParseShapeAndSlice(text).status());
}

TEST(TensorSliceTest, ReadsShapeAndSlice) {
  const ShapeAndSlice part = *ParseShapeAndSlice("10 3 2,5:-");
  EXPECT_EQ(part.full_shape, Shape({10, 3}));
  EXPECT_EQ(part.slice_shape, Shape({5, 3}));
  EXPECT_EQ(part.slice.ToString(), "2,5:-");
  EXPECT_FALSE(part.slice.IsAllOf(part.full_shape));
  EXPECT_TRUE(ParseShapeAndSlice("10 3 0,10:-")->slice.IsAllOf(Shape({10, 3})));
}

TEST(TensorSliceTest, RefusesOtherTexts) {
  EXPECT_EQ(ErrorFor("garbage"),
            "Need least two elements in shape_and_slice specification: garbage");
  EXPECT_EQ(ErrorFor("x -"), "Non numerical dimension in shape_and_slice specification: x -");
  EXPECT_THAT(ErrorFor("-2 -"), HasSubstr("Non numerical dimension"));
  EXPECT_EQ(ErrorFor("3 1"), "Expected a pair of numbers or '-' but got '1': string = 1");
  EXPECT_THAT(ErrorFor("3 1,0"), HasSubstr("Expected non-negative start and positive length"));
  EXPECT_EQ(ErrorFor("3 0,7"), "Extent in dimension 0 out of bounds: shape = [3], slice = 0,7");
  EXPECT_THAT(ErrorFor("3 9223372036854775807,9223372036854775807"), HasSubstr("out of bounds"));
  EXPECT_EQ(ErrorFor("3 0,1:0,1"), "Mismatching ranks: shape = [3], slice = 0,1:0,1");
}

TEST(TensorSliceTest, KeysAreTensorFlows) {
  const auto key = [](const std::string& name, const std::string& slice) {
    return absl::BytesToHexString(TensorSlice::Parse(slice)->KeyOf(name));
  };
  // Of checkpoints that TensorFlow wrote.
  EXPECT_EQ(key("aa", "-:-"),
            "006161000101"
            "02807f807f");
  EXPECT_EQ(key("part", "0,4:0,3"),
            "0070617274000101"
            "0280848083");
  EXPECT_EQ(key(std::string("\0\xff", 2), "-"),
            "0000ffff00"
            "0001"
            "0101807f");
}

TEST(TensorSliceTest, KeysSortLikeTheirNumbers) {
  std::vector<int64_t> starts = {0, 1};
  for (int bits = 5; bits < 63; ++bits) {
    for (const int64_t around : {-1, 0, 1}) starts.push_back((int64_t{1} << bits) + around);
  }
  starts.push_back(std::numeric_limits<int64_t>::max());
  std::string last;
  for (const int64_t start : starts) {
    const std::string key = TensorSlice::Parse(absl::StrCat(start, ",1"))->KeyOf("x");
    EXPECT_LT(last, key) << start;
    last = key;
  }
}

TEST(TensorSliceTest, BoxesMeet) {
  const Box a = {{0, 4}, {1, 2}};
  EXPECT_EQ(Intersection(a, {{2, 5}, {0, 2}}), (Box{{2, 2}, {1, 1}}));
  EXPECT_FALSE(Intersection(a, {{4, 5}, {0, 2}}).has_value());
  EXPECT_EQ(NumElements(a), 8);
  EXPECT_EQ(NumElements({}), 1);
}

TEST(TensorSliceTest, EveryDamagedTextIsAPartOrAnError) {
  Mutator mutator;
  int parts = 0;
  for (int i = 0; i < Mutations(); ++i) {
    const auto part = ParseShapeAndSlice(mutator.Mutated("10 3 7 2,5:-:0,6"));
    if (!part.ok()) continue;
    ++parts;
    EXPECT_EQ(*part->slice.ShapeIn(part->full_shape), part->slice_shape);
  }
  EXPECT_GT(parts, 0);
}

}  // namespace
}  // namespace sessile
