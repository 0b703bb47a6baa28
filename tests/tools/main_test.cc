// The tool as a whole: its help, its lists, and what it says of wrong input.
#include "sessile/tests/tools/tool_test.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(ToolTest, ShowsHelpAndVersion) {
  EXPECT_THAT(Run("--help").out, HasSubstr("usage: sessile"));
  EXPECT_THAT(Run("run --help").out, HasSubstr("--feed-each"));
  EXPECT_THAT(Run("show --help").out, HasSubstr("GRAPH"));
  EXPECT_THAT(Run("--version").out, StartsWith("sessile 0."));
  EXPECT_EQ(Run("--version").exit_code, 0);
}

TEST_F(ToolTest, ListsTheOperationsAsTheDocumentationHasThem) {
  const absl::StatusOr<std::string> page = ReadFile(SESSILE_TEST_DATA_DIR "/../../docs/ops.md");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_TRUE(Run("ops").out == *page)
      << "write it anew: build/release/bin/sessile ops > docs/ops.md";
}

TEST_F(ToolTest, ListsThePasses) {
  EXPECT_THAT(Run("ops --passes").out, HasSubstr("| `elementwise` | "));
}

TEST_F(ToolTest, SaysInOneLineWhatIsWrong) {
  Graph(Counter());
  EXPECT_THAT(ErrorOf("run g.pbtxt --fetch x:0"),
              HasSubstr("error: INVALID_ARGUMENT: You must feed a value for placeholder tensor 'x' "
                        "with dtype float"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --fetch scope/count:0 --feed x=1"),
              HasSubstr("error: FAILED_PRECONDITION: Attempting to use uninitialized value total"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --fetch none:0"), HasSubstr("'none:0'"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --fetch x:7"), HasSubstr("only has 1 outputs"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --target none"), HasSubstr("error: NOT_FOUND: The name 'none'"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --feed none:0=1 --fetch x:0"), HasSubstr("'none:0'"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --feed x:0=none.npy --fetch x:0"), HasSubstr("NOT_FOUND"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --feed 'x:0=[1, 2]' --fetch x:0"),
              HasSubstr("Cannot feed value of shape (2,) for Tensor 'x:0', which has shape '()'"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --feed 'x:0=[1, 2' --fetch x:0"), HasSubstr("malformed value"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --feed x --fetch x:0"),
              HasSubstr("--feed: expected NAME=VALUE, got 'x'"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --feed-each x --fetch x:0"),
              HasSubstr("--feed-each: expected NAME=FILE.npy, got 'x'"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --init init"), HasSubstr("give --fetch or --target"));
  EXPECT_THAT(ErrorOf("run none.pb"), HasSubstr("error: NOT_FOUND: Cannot open 'none.pb'"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --init init --fetch one:0 --out g.pbtxt"),
              HasSubstr("'g.pbtxt'"));
}

TEST_F(ToolTest, RefusesBadFlags) {
  EXPECT_THAT(UsageErrorOf("run"), HasSubstr("sessile run: missing argument GRAPH"));
  EXPECT_THAT(UsageErrorOf("run g.pb --speed 3"), HasSubstr("unknown flag --speed"));
  EXPECT_THAT(UsageErrorOf("run g.pb --steps -1"), HasSubstr("--steps: expected"));
  EXPECT_THAT(UsageErrorOf("run g.pb --threads many"), HasSubstr("--threads: expected"));
  EXPECT_THAT(UsageErrorOf("fly g.pb"), HasSubstr("unknown command 'fly'"));
}

TEST_F(ToolTest, RefusesDamagedFiles) {
  const std::string path = Graph(Counter(), "whole.pb");
  const std::string bytes = *ReadFile(path);
  ASSERT_TRUE(WriteFile(Path("cut.pb"), bytes.substr(0, bytes.size() - 3)).ok());
  EXPECT_THAT(ErrorOf("run cut.pb --fetch x:0"), HasSubstr("error: DATA_LOSS: Cannot read "
                                                           "'cut.pb'"));
  EXPECT_THAT(ErrorOf("show cut.pb"), HasSubstr("error: DATA_LOSS"));
  ASSERT_TRUE(WriteFile(Path("cut.pbtxt"), "node { name: 'a'").ok());
  EXPECT_THAT(ErrorOf("show cut.pbtxt"), HasSubstr("INVALID_ARGUMENT: Cannot read 'cut.pbtxt'"));
  ASSERT_TRUE(WriteFile(Path("cut.npy"), "\x93NUMPY").ok());
  EXPECT_THAT(ErrorOf("run whole.pb --feed x:0=cut.npy --fetch x:0"), HasSubstr("'cut.npy'"));
}

TEST_F(ToolTest, RefusesGraphsThatAreNone) {
  Graph(Add("a", "b", "b") + Add("b", "a", "a"), "cycle.pbtxt");
  EXPECT_THAT(ErrorOf("show cycle.pbtxt"), HasSubstr("2 nodes in a cycle: a, b"));
  Graph(Add("a", "b:0", "b"), "dangling.pbtxt");
  EXPECT_THAT(ErrorOf("run dangling.pbtxt --fetch a:0"),
              HasSubstr("Node 'a': Unknown input node 'b:0'"));
  Graph(One("a") + One("a"), "twice.pbtxt");
  EXPECT_THAT(ErrorOf("run twice.pbtxt --fetch a:0"), HasSubstr("Node 'a' is not unique"));
}

TEST_F(ToolTest, AFileOfNothingIsNoGraph) {
  for (const std::string file : {"none.pb", "none.pbtxt", "none.meta"}) {
    ASSERT_TRUE(WriteFile(Path(file), "").ok());
    for (const std::string command : {"show ", "run --fetch y:0 ", "convert "}) {
      EXPECT_THAT(ErrorOf(command + file + (command == "convert " ? " to.pb" : "")),
                  HasSubstr(absl::StrCat("'", file, "' is empty")));
    }
  }
}

TEST_F(ToolTest, SaysThatAnOperationIsNotRegistered) {
  Graph(One("one") + "node { name: 'u' op: 'Unheard' input: 'one' }" + Add("y", "one", "u"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --fetch y:0"), HasSubstr("Unheard"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --fetch u:3"),
              HasSubstr("error: NOT_FOUND: Op type not registered 'Unheard' (node 'u')"));
  EXPECT_EQ(Run("run g.pbtxt --fetch one:0").exit_code, 0);
}

}  // namespace
}  // namespace sessile
