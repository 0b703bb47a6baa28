// sessile bench.
#include "sessile/tests/tools/tool_test.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(ToolTest, BenchSaysHowLongRunsTakeAndWhereTheTimeGoes) {
  Graph(absl::StrCat(Input("x", "DT_FLOAT", "dim { size: -1 }"), Add("sum", "x", "x"),
                     Add("twice", "sum", "sum")));
  const Result result =
      Run("bench g.pbtxt --feed 'x=[1, 2]' --fetch twice --runs 3 --traced 2 --threads 1");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("2 nodes: 1 kernels"));
  EXPECT_THAT(result.out, HasSubstr("3 runs: "));
  EXPECT_THAT(result.out, HasSubstr(" 100.0%        1  AddV2+AddV2\n"));
}

TEST_F(ToolTest, BenchListsEachKernelOnDemand) {
  Graph(absl::StrCat(Counter()));
  const Result result =
      Run("bench g.pbtxt --init init --feed x=1 --target scope/count --runs 1 --traced 1 --each");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("  AssignAdd scope/count\n"));
  EXPECT_THAT(Run("bench g.pbtxt").err, HasSubstr("give --fetch or --target"));
}

}  // namespace
}  // namespace sessile
