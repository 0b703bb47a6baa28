// sessile show of graphs.
#include "absl/strings/str_split.h"
#include "sessile/tests/tools/tool_test.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(ToolTest, ShowsWhatAGraphHas) {
  Graph(Counter() + "node { name: 'u' op: 'Unheard' input: 'one' }");
  const Result result = Run("show g.pbtxt");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::vector<std::string> lines = absl::StrSplit(result.out, '\n', absl::SkipEmpty());
  EXPECT_THAT(lines,
              ElementsAre("g.pbtxt: 6 nodes, GraphDef version 0", "inputs: 1", "  x:0  float32 ()",
                          "outputs: 3", "  init:0  float32 ()  Assign",
                          "  scope/count:0  float32 ()  AssignAdd", "  u  operation  Unheard",
                          "variables: 1", "  total  float32 ()", "operations: 6", "  1  Assign",
                          "  1  AssignAdd", "  1  Const", "  1  Placeholder",
                          "  1  Unheard (not registered)", "  1  VariableV2"));
}

TEST_F(ToolTest, ShowsAsOutputsWhatSomebodyMayWant) {
  const auto identity = [](const std::string& name, const std::string& of) {
    return absl::StrCat("node { name: '", name, "' op: 'Identity' input: '", of, "' ", kFloat, "}");
  };
  Graph(Counter() + identity("total/read", "total") + identity("gradients/spare", "one") +
        One("seven") + identity("prediction", "one"));
  EXPECT_THAT(Run("show g.pbtxt").out,
              HasSubstr("outputs: 3\n  init:0  float32 ()  Assign\n"
                        "  scope/count:0  float32 ()  AssignAdd\n"
                        "  prediction:0  float32 ()  Identity\n"
                        "  (and 3 constants, reads of variables and parts of gradients: --all)\n"));
  EXPECT_THAT(Run("show g.pbtxt --all").out, HasSubstr("outputs: 6\n"));
}

TEST_F(ToolTest, DrawsGraphs) {
  Graph(Counter());
  const std::string drawing = Run("show g.pbtxt --dot").out;
  EXPECT_THAT(drawing, StartsWith("digraph {"));
  EXPECT_THAT(drawing, HasSubstr("n4 [label=\"scope/count\", xlabel=\"AssignAdd\"];"));
  EXPECT_THAT(drawing, HasSubstr("  n2 -> n4;\n  n0 -> n4;\n"));
}

}  // namespace
}  // namespace sessile
