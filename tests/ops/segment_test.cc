#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

Output Sorted(std::string_view op, const Input& data, const Input& ids) {
  return OpBuilder(op).Input(data).Input(ids).Build();
}
Output Unsorted(std::string_view op, const Input& data, const Input& ids, const Input& count) {
  return OpBuilder(op).Input(data).Input(ids).Input(count).Build();
}

TEST(SegmentTest, ReducesRowsOfOneId) {
  const Input x = {{1.0, 8.0}, {2.0, 4.0}, {3.0, 2.0}};
  const Input ids = {0, 0, 2};
  EXPECT_THAT(Eval(segment_sum(x, ids)), IsTensor({{3.0, 12.0}, {0.0, 0.0}, {3.0, 2.0}}));
  EXPECT_THAT(Eval(Sorted("SegmentMean", x, ids)), IsTensor({{1.5, 6.0}, {0.0, 0.0}, {3.0, 2.0}}));
  EXPECT_THAT(Eval(Sorted("SegmentProd", x, ids)), IsTensor({{2.0, 32.0}, {1.0, 1.0}, {3.0, 2.0}}));
  EXPECT_THAT(Eval(Sorted("SegmentMax", x, ids)), IsTensor({{2.0, 8.0}, {0.0, 0.0}, {3.0, 2.0}}));
  EXPECT_THAT(Eval(Sorted("SegmentMin", x, ids)), IsTensor({{1.0, 4.0}, {0.0, 0.0}, {3.0, 2.0}}));
  EXPECT_THAT(ErrorOf([&] {
                Eval(segment_sum(x, {1, 0, 2}));
              }),
              HasSubstr("segment ids are not increasing"));
}

TEST(SegmentTest, MeansOfIntegersDivideByANumberOfTheirType) {
  const auto mean = [](int rows) {
    const Output data = cast(ones({rows}), int8);
    const Output ids = zeros({rows}, int32);
    return cast(Sorted("SegmentMean", data, ids), float32);
  };
  EXPECT_THAT(Eval(mean(300)), IsTensor({1.0}));  // 44 / 44, as TensorFlow
  EXPECT_THAT(ErrorOf([&] { Eval(mean(256)); }),
              HasSubstr("The mean of 256 rows cannot be taken in int8, where 256 is 0"));
}

TEST(UnsortedSegmentTest, DropsNegativeIds) {
  const Input x = {1.0, 2.0, 3.0, 4.0};
  EXPECT_THAT(Eval(unsorted_segment_sum(x, {2, 0, -1, 2}, 3)), IsTensor({2.0, 0.0, 5.0}));
  EXPECT_THAT(Eval(Unsorted("UnsortedSegmentProd", x, {1, 0, -1, 1}, 3)),
              IsTensor({2.0, 4.0, 1.0}));
  EXPECT_THAT(Eval(Unsorted("UnsortedSegmentMax", x, {1, 0, -1, 1}, 2)), IsTensor({2.0, 4.0}));
  EXPECT_THAT(Eval(Unsorted("UnsortedSegmentMin", x, {1, 0, -1, 1}, 2)), IsTensor({2.0, 1.0}));
  EXPECT_THAT(ErrorOf([&] {
                Eval(unsorted_segment_sum(x, {0, 0, 0, 3}, 3));
              }),
              HasSubstr("segment_ids[3] = 3 is out of range [0, 3)"));
}

TEST(UnsortedSegmentTest, RowsThatNobodyNamesAreTheEndsOfTheType) {
  const auto ends = [](DataType type) {
    const Output x = cast(Input({2.0}), type);
    const Output largest = cast(Unsorted("UnsortedSegmentMax", x, {0}, 2), float64);
    const Output smallest = cast(Unsorted("UnsortedSegmentMin", x, {0}, 2), float64);
    return Eval(stack({largest, smallest}));
  };
  EXPECT_THAT(ends(float16), IsTensor({{2.0, -65504.0}, {2.0, 65504.0}}));
  EXPECT_THAT(ends(bfloat16), IsTensor({{2.0, -0x1.FEp127}, {2.0, 0x1.FEp127}}));
  EXPECT_THAT(ends(int16), IsTensor({{2.0, -32768.0}, {2.0, 32767.0}}));
}

TEST(SegmentTest, KnowsTheShape) {
  const NodeFacts facts = {.attrs = {{"Tindices", int32}, {"Tnumsegments", int32}},
                           .values = {{2, 5}}};
  ExpectShape("SegmentSum", "[4,3];[4]", "[?,3]", {.attrs = {{"Tindices", int32}}});
  ExpectShape("UnsortedSegmentSum", "[4,?,3];[4,?];[]", "[5,3]", facts);
  ExpectShapeError("UnsortedSegmentSum", "[4];[4,2];[]", "Shape must be at least rank 2", facts);
}

TEST(SegmentTest, GradientsMatchDifferences) {
  for (const char* op : {"SegmentSum", "SegmentMean", "SegmentMax", "SegmentMin"}) {
    ExpectGradient([op](Output x) { return Sorted(op, x, {0, 0, 1}); }, {{3, 2}});
  }
  for (const char* op : {"UnsortedSegmentSum", "UnsortedSegmentMax", "UnsortedSegmentMin"}) {
    ExpectGradient([op](Output x) { return Unsorted(op, x, {1, -1, 0, 1}, 2); }, {{4, 2}});
  }
}

TEST(SparseSegmentTest, ReducesRowsThatAreNamed) {
  const Input x = {{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}};
  EXPECT_THAT(Eval(sparse_segment_sum(x, {0, 2, 1}, {0, 0, 2})),
              IsTensor({{6.0, 8.0}, {0.0, 0.0}, {3.0, 4.0}}));
  EXPECT_THAT(Eval(sparse_segment_mean(x, {0, 1, 1}, {0, 0, 2}, {.num_segments = 4})),
              IsTensor({{2.0, 3.0}, {0.0, 0.0}, {3.0, 4.0}, {0.0, 0.0}}));
  EXPECT_THAT(Eval(sparse_segment_sqrt_n(x, {0, 1, 2, 2}, {0, 0, 0, 0})), IsTensor({{7.0, 9.0}}));
  EXPECT_THAT(Eval(sparse_segment_sum({{1, 2}}, {0, 0}, {0, 0})), IsTensor({{2, 4}}));
}

TEST(SparseSegmentTest, RefusesWhatDoesNotFit) {
  const Input x = {{1.0}, {2.0}, {3.0}};
  const auto error = [&](const Input& indices, const Input& ids) {
    return ErrorOf([&] { Eval(sparse_segment_sum(x, indices, ids)); });
  };
  EXPECT_THAT(error({0, 3}, {0, 0}), HasSubstr("Bad: indices[1] == 3 out of range [0, 3)"));
  EXPECT_THAT(error({0, 2}, {1, 0}), HasSubstr("segment ids are not increasing"));
  EXPECT_THAT(error({0}, {-1}), HasSubstr("segment ids must be >= 0"));
  EXPECT_THAT(ErrorOf([&] {
                Eval(sparse_segment_sum(x, {0, 1}, {0, 2}, {.num_segments = 2}));
              }),
              HasSubstr("segment ids must be < num_segments"));
  ExpectShape("SparseSegmentSumWithNumSegments", "[4,3];[5];[5];[]", "[7,3]", {.values = {{3, 7}}});
}

TEST(SparseSegmentTest, GradientsMatchDifferences) {
  for (auto* fn : {sparse_segment_sum, sparse_segment_mean, sparse_segment_sqrt_n}) {
    ExpectGradient([fn](Output x) { return fn(x, {0, 2, 2}, {0, 0, 2}, {}); }, {{3, 2}});
    ExpectGradient(
        [fn](Output x) {
          return fn(x, {0, 2, 2}, {0, 0, 2}, {.num_segments = 4});
        },
        {{3, 2}});
  }
}

}  // namespace
}  // namespace sessile
