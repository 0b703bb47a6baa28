// sessile convert.
#include <filesystem>

#include "sessile/tests/tools/tool_test.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(ToolTest, ConvertKeepsLinksAndPermissions) {
  Graph(One("one"));
  Graph(One("two"), "g.pb");
  std::filesystem::permissions(Path("g.pb"), std::filesystem::perms::owner_read);
  std::filesystem::create_symlink("g.pb", Path("link.pb"));
  EXPECT_EQ(Run("convert g.pbtxt link.pb").exit_code, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(Path("link.pb")));
  EXPECT_EQ(std::filesystem::status(Path("g.pb")).permissions(),
            std::filesystem::perms::owner_read);
  EXPECT_EQ(Run("run g.pb --fetch one:0").out, "one:0: float[] = [1]\n");
}

TEST_F(ToolTest, ConvertsToTextAndBack) {
  Graph(Counter());
  EXPECT_EQ(Run("convert g.pbtxt g.pb").exit_code, 0);
  EXPECT_EQ(Run("convert g.pb again.pbtxt").exit_code, 0);
  EXPECT_EQ(*ReadFile(Path("again.pbtxt")), *ReadFile(Path("g.pbtxt")));
  const std::string meta = absl::StrCat("convert ", kMetaGraph, " --kind meta_graph ");
  EXPECT_EQ(Run(meta + "m.meta").exit_code, 0);
  EXPECT_THAT(Run("show m.meta").out, HasSubstr("global_step  int64 ()"));
  EXPECT_EQ(Run(absl::StrCat("convert ", kSavedModel, "/saved_model.pb s.pbtxt")).exit_code, 0);
  EXPECT_THAT(*ReadFile(Path("s.pbtxt")), HasSubstr("signature_def"));
  ASSERT_TRUE(WriteFile(Path("bad.pb"), "no graph").ok());
  EXPECT_THAT(ErrorOf("convert bad.pb bad.pbtxt"), HasSubstr("'bad.pb'"));
  EXPECT_THAT(ErrorOf("convert none.pb none.pbtxt"), HasSubstr("error: NOT_FOUND"));
  EXPECT_THAT(UsageErrorOf("convert g.pb"), HasSubstr("TO"));
}

TEST_F(ToolTest, ConvertTakesTheKindFromEitherName) {
  EXPECT_EQ(Run(absl::StrCat("convert ", kMetaGraph, " m.meta")).exit_code, 0);
  EXPECT_EQ(Run("convert m.meta m.pbtxt").exit_code, 0);
  EXPECT_EQ(Run("convert m.pbtxt again.meta").exit_code, 0);
  EXPECT_EQ(*ReadFile(Path("again.meta")), *ReadFile(Path("m.meta")));
  EXPECT_THAT(ErrorOf("convert m.pbtxt m.pb"),
              HasSubstr("no field named \"meta_info_def\". (the names of the files say: graph; if "
                        "it is something else, give --kind)"));
  EXPECT_THAT(ErrorOf("convert m.pbtxt m.pb --kind graph"), Not(HasSubstr("--kind")));
  EXPECT_EQ(Run("convert m.pbtxt m.pb --kind meta_graph").exit_code, 0);
}

}  // namespace
}  // namespace sessile
