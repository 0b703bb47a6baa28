#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

Output DimMap(const Input& x) { return OpBuilder("DataFormatDimMap").Input(x).Build(); }
Output VecPermute(const Input& x, const char* from = "NHWC", const char* to = "NCHW") {
  return OpBuilder("DataFormatVecPermute")
      .Input(x)
      .Attr("src_format", from)
      .Attr("dst_format", to)
      .Build();
}

TEST(FormatPermutationTest, MapsDimensions) {
  EXPECT_THAT(Eval(DimMap({0, 1, 2, 3, -1, -4})), IsTensor({0, 2, 3, 1, 1, 0}));
  EXPECT_THAT(ErrorOf([] { Eval(DimMap({4})); }), HasSubstr("Dimension 4 is not in [-4, 4)"));
}

TEST(FormatPermutationTest, PermutesRows) {
  EXPECT_THAT(Eval(VecPermute({1, 2, 3, 4})), IsTensor({1, 4, 2, 3}));
  EXPECT_THAT(Eval(VecPermute({{1, 2}, {3, 4}, {5, 6}, {7, 8}})),
              IsTensor({{1, 2}, {7, 8}, {3, 4}, {5, 6}}));
  EXPECT_THAT(Eval(VecPermute({1, 2})), IsTensor({1, 2}));
  EXPECT_THAT(Eval(VecPermute({1, 2, 3, 4, 5}, "NDHWC", "NCDHW")), IsTensor({1, 5, 2, 3, 4}));
}

TEST(FormatPermutationTest, RefusesWhatIsNoPermutation) {
  const auto error = [](const Input& x, const char* from, const char* to) {
    return ErrorOf([&] { Eval(VecPermute(x, from, to)); });
  };
  EXPECT_THAT(error({1, 2, 3, 4}, "NHWX", "NCHW"), HasSubstr("got NHWX and NCHW"));
  EXPECT_THAT(error({1, 2, 3, 4}, "NHHC", "NCHH"), HasSubstr("must determine a permutation"));
  EXPECT_THAT(error({1, 2, 3}, "HWC", "CHW"), HasSubstr("Source format must be of length 4 or 5"));
  EXPECT_THAT(error({1, 2, 3, 4, 5}, "NHWC", "NCHW"), HasSubstr("must be of size 2 or 4"));
  EXPECT_THAT(error(1, "NHWC", "NCHW"), HasSubstr("input must be a vector or 2D tensor"));
}

}  // namespace
}  // namespace sessile
