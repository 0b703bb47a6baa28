// sessile diff.
#include "sessile/tests/tools/tool_test.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

TEST_F(ToolTest, DiffSaysWhichNodesDiffer) {
  Graph(Input("x", "DT_FLOAT", "") + One("one") + Add("y", "x", "one"), "a.pbtxt");
  Graph(Input("x", "DT_INT32", "") + One("one") + Add("y", "one", "one") + One("two"), "b.pbtxt");
  EXPECT_EQ(Run("diff a.pbtxt a.pbtxt").out, "3/3 nodes identical\n");
  const Result result = Run("diff a.pbtxt b.pbtxt");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out,
            "! x (Placeholder)\n"
            "    attr dtype: type: DT_FLOAT | type: DT_INT32\n"
            "! y (AddV2)\n"
            "    inputs: x, one | one, one\n"
            "> two (Const)\n"
            "3 nodes differ between 'a.pbtxt' (3 nodes) and 'b.pbtxt' (4 nodes)\n");
  EXPECT_EQ(result.err, "");
}

TEST_F(ToolTest, DiffTellsTroubleFromDifferences) {
  Graph(One("one"), "a.pbtxt");
  EXPECT_EQ(Run("diff a.pbtxt a.pbtxt").exit_code, 0);
  EXPECT_THAT(LineOf("diff a.pbtxt none.pbtxt", 2, "error: NOT_FOUND: "), HasSubstr("none.pbtxt"));
  EXPECT_THAT(UsageErrorOf("diff a.pbtxt"), HasSubstr("missing argument B"));
  EXPECT_THAT(Run("diff --help").out, HasSubstr("1 if they differ, 2 on trouble"));
}

}  // namespace
}  // namespace sessile
