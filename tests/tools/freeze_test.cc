// sessile freeze.
#include "sessile/tests/tools/tool_test.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

TEST_F(ToolTest, FreezesVariables) {
  EXPECT_EQ(Run(absl::StrCat("freeze ", kSavedModel, " --output y --out frozen.pb")).out,
            "frozen.pb: 4 nodes, the whole graph has 39\n");
  EXPECT_EQ(Run("run frozen.pb --feed x:0=[[1,2]] --fetch y:0").out, "y:0: float[1,1] = [11]\n");
  // The model's initialization sets it; the checkpoint has 0.
  EXPECT_EQ(
      Run(absl::StrCat("freeze ", kSavedModel, " --output ready/read --out ready.pb")).exit_code,
      0);
  EXPECT_EQ(Run("run ready.pb --fetch ready/read:0").out, "ready/read:0: float[] = [7]\n");
  EXPECT_THAT(ErrorOf(absl::StrCat("freeze ", kSavedModel, " --tag train --output y --out f.pb")),
              HasSubstr("tags {train} could not be"));
  const std::string variables = absl::StrCat(" --checkpoint ", kSavedModel, "/variables/variables");
  EXPECT_EQ(Run(absl::StrCat("convert ", kSavedModel, "/saved_model.pb s.pbtxt")).exit_code, 0);
  Graph(Counter());
  EXPECT_THAT(ErrorOf("freeze g.pbtxt --output scope/count --out f.pb"),
              HasSubstr("its value is needed: give --checkpoint (variable 'total')"));
  EXPECT_THAT(ErrorOf("freeze g.pbtxt --output scope/count --out f.pb" + variables),
              HasSubstr("Key total not found in checkpoint"));
  EXPECT_THAT(ErrorOf("freeze g.pbtxt --output nobody --out f.pb"), HasSubstr("nobody is not in"));
  EXPECT_THAT(ErrorOf("freeze g.pbtxt"), HasSubstr("--output and --out must be given"));
}

TEST_F(ToolTest, FreezesWhatASignatureNames) {
  const std::string freeze = absl::StrCat("freeze ", kSavedModel, " --out f.pb --output out");
  EXPECT_EQ(Run(freeze + " --signature serving_default").out,
            "f.pb: 4 nodes, the whole graph has 39\n");
  EXPECT_EQ(Run("run f.pb --feed x:0=[[1,2]] --fetch y:0").out, "y:0: float[1,1] = [11]\n");
  EXPECT_THAT(ErrorOf(freeze),
              HasSubstr("the graph has no operation 'out'; in the signature 'serving_default' that "
                        "stands for 'y:0': give --signature serving_default, or --output y"));
  EXPECT_THAT(ErrorOf(freeze + " --signature other"), HasSubstr("has no signature 'other'"));
  EXPECT_THAT(ErrorOf(freeze + " --output y --signature serving_default"),
              HasSubstr("The signature 'serving_default' has no 'y'"));
  Graph(One("one"));
  EXPECT_THAT(ErrorOf("freeze g.pbtxt --signature s --output one --out f.pb"),
              HasSubstr("--signature: 'g.pbtxt' is no SavedModel"));
}

}  // namespace
}  // namespace sessile
