// sessile tune.
#include "sessile/tests/tools/tool_test.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// y = Conv2D(x, w), z of the same sizes, and their sum.
std::string Convolutions() {
  const auto conv = [](const std::string& name) {
    return absl::StrCat("node { name: '", name, "' op: 'Conv2D' input: 'x' input: 'w' ",
                        "attr { key: 'T' value { type: DT_FLOAT } } ",
                        "attr { key: 'padding' value { s: 'SAME' } } ",
                        "attr { key: 'strides' value { list { i: 1 i: 1 i: 1 i: 1 } } } }\n");
  };
  return absl::StrCat(conv("y"), conv("z"));
}

class TuneTest : public ToolTest {
 protected:
  void SetUp() override {
    Graph(absl::StrCat(Input("x", "DT_FLOAT",
                             "dim { size: -1 } dim { size: 6 } dim { size: 6 } "
                             "dim { size: 20 }"),
                       Input("w", "DT_FLOAT",
                             "dim { size: 3 } dim { size: 3 } dim { size: 20 } "
                             "dim { size: 24 }"),
                       Convolutions(), Add("sum", "y", "z")));
    Array("x.npy", Tensor::Zeros(float32, {4, 6, 6, 20}));
    Array("w.npy", Tensor::Zeros(float32, {3, 3, 20, 24}));
  }
  static constexpr const char* kTune = "tune g.pbtxt --feed x=x.npy --feed w=w.npy --fetch sum ";
};

TEST_F(TuneTest, MeasuresEachKindOfWorkByAllCodes) {
  const Result result = Run(absl::StrCat(kTune, "--rounds 3 --threads 1"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              HasSubstr("\nConv2D 3x3/1 20->24 6x6 to 6x6 of [4,6,6,20] [3,3,20,24], 2x:  "));
  EXPECT_THAT(result.out, HasSubstr("\n1 kinds of work; all uses together: "));
}

// Which row it writes depends on the machine, and is what it prints.
TEST_F(TuneTest, WritesARowForAFasterCode) {
  ASSERT_TRUE(WriteFile(Path("rows.inc"), "").ok());
  const Result result = Run(absl::StrCat(kTune, "--rounds 3 --margin 0 --write rows.inc"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::string written = *ReadFile(Path("rows.inc"));
  const size_t star =
      result.out.find("*\n") != std::string::npos ? result.out.find("*\n") : result.out.find("*  ");
  if (star == std::string::npos) {
    EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 1) << written;
    return;
  }
  size_t begin = result.out.rfind(' ', star) + 1;
  std::string name = result.out.substr(begin, star - begin);
  if (name.back() == '=') name.pop_back();
  EXPECT_THAT(written, HasSubstr(absl::StrCat("\", \"Conv2D 3x3/1 20->24 6x6 to 6x6\", \"", name,
                                              "\"},\n")));
}

TEST_F(TuneTest, TakesGradientsAndSaysWhatItLeavesOut) {
  const std::string sizes = absl::StrCat(
      "node { name: 'sizes' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } } attr { "
      "key: ",
      "'value' value { tensor { dtype: DT_INT32 tensor_shape { dim { size: 4 } } int_val: 4 ",
      "int_val: 6 int_val: 6 int_val: 20 } } } }\n");
  const std::string gradient = absl::StrCat(
      "node { name: 'dx' op: 'Conv2DBackpropInput' input: 'sizes' input: 'w' input: 'y' ", kFloat,
      "attr { key: 'padding' value { s: 'SAME' } } ",
      "attr { key: 'strides' value { list { i: 1 i: 1 i: 1 i: 1 } } } }\n");
  Graph(absl::StrCat(
      Input("x", "DT_FLOAT", "dim { size: -1 } dim { size: 6 } dim { size: 6 } dim { size: 20 }"),
      Input("w", "DT_FLOAT", "dim { size: 3 } dim { size: 3 } dim { size: 20 } dim { size: 24 }"),
      sizes, Convolutions(), gradient, Add("twice", "dx", "dx")));
  const char* tune = "tune g.pbtxt --rounds 3 --feed x=x.npy --feed w=w.npy --fetch ";
  const Result result = Run(absl::StrCat(tune, "twice"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("\nConv2DBackpropInput 3x3/1 20->24 6x6 to 6x6 of [4] "));
  // What is fed does not run.
  Array("y.npy", Tensor::Zeros(float32, {4, 6, 6, 24}));
  const Result fed = Run(absl::StrCat(tune, "twice --feed y=y.npy"));
  EXPECT_EQ(fed.exit_code, 0) << fed.err;
  EXPECT_THAT(fed.out, Not(HasSubstr("\nConv2D 3x3")));
}

// Whatever is the fastest here: with a margin that nothing reaches the rules are best.
TEST_F(TuneTest, RewritesTheRowsOfWhatItMeasured) {
  const std::string head = "// {instruction set,";
  const std::string other = "{\"abacus\", \"Conv2D 3x3/1 20->24 6x6 to 6x6\", \"beads\"},\n";
  std::string rows = "// mine\n\n" + other;
  for (const char* set : {"avx2", "avx512", "plain"}) {
    absl::StrAppend(&rows, "{\"", set, "\", \"Conv2D 3x3/1 20->24 6x6 to 6x6\", \"x\"},\n");
  }
  ASSERT_TRUE(WriteFile(Path("rows.inc"), rows).ok());
  const Result result = Run(absl::StrCat(kTune, "--rounds 3 --margin 1000 --write rows.inc"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::string written = *ReadFile(Path("rows.inc"));
  EXPECT_THAT(written, StartsWith(head));
  EXPECT_THAT(written, HasSubstr(other));
  // That of this machine is gone, the others are not.
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 4) << written;
}

TEST_F(TuneTest, RefusesATableThatIsNone) {
  ASSERT_TRUE(WriteFile(Path("rows.inc"), "// head\n{\"avx2\", \"Conv2D\"},\n").ok());
  EXPECT_THAT(ErrorOf(absl::StrCat(kTune, "--write rows.inc")),
              HasSubstr("INVALID_ARGUMENT: rows.inc, line 2: expected {\"SET\", \"WORK\", "
                        "\"NAME\"}, and not: {\"avx2\", \"Conv2D\"},\n"));
  EXPECT_EQ(*ReadFile(Path("rows.inc")), "// head\n{\"avx2\", \"Conv2D\"},\n");
  EXPECT_THAT(ErrorOf(absl::StrCat(kTune, "--write none.inc")),
              HasSubstr("NOT_FOUND: Cannot open 'none.inc'"));
}

TEST_F(TuneTest, SaysThatNothingIsThereToMeasure) {
  Graph(absl::StrCat(Input("x", "DT_FLOAT", ""), Add("sum", "x", "x")));
  EXPECT_THAT(ErrorOf("tune g.pbtxt --feed x=1 --fetch sum"),
              HasSubstr("NOT_FOUND: no float32 convolution that runs here, outside of functions, "
                        "has several codes to choose from"));
  EXPECT_THAT(UsageErrorOf("tune g.pbtxt --margin -1"), HasSubstr("--margin"));
}

}  // namespace
}  // namespace sessile
