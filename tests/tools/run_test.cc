// sessile run.
#include "sessile/tests/tools/tool_test.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(ToolTest, ComputesFromFilesAndValues) {
  Graph(Input("x", "DT_FLOAT", "dim { size: -1 }") + One("one") + Add("scope/y", "x", "one"));
  Array("x.npy", Tensor::FromValues<float>({2}, {1, 2}));
  EXPECT_THAT(Floats("run g.pbtxt --feed x:0=x.npy --fetch scope/y:0", "scope__y..0.npy"),
              ElementsAre(2, 3));
  EXPECT_THAT(Floats("run g.pbtxt --feed x='[1.5, -2, 1e2]' --fetch scope/y", "scope__y.npy"),
              ElementsAre(2.5, -1, 101));
}

TEST_F(ToolTest, ReadsBinaryGraphs) {
  Graph(One("one"), "g.pb");
  EXPECT_THAT(Floats("run g.pb --fetch one:0", "one..0.npy"), ElementsAre(1));
}

TEST_F(ToolTest, PrintsWithoutAFolder) {
  Graph(One("one"));
  EXPECT_EQ(Run("run g.pbtxt --fetch one:0").out, "one:0: float[] = [1]\n");
}

TEST_F(ToolTest, ExplainsARunInsteadOfDoingIt) {
  Graph(Input("a", "DT_FLOAT", "dim { size: 3 }") + Add("b", "a", "a") + Add("c", "b", "a"));
  const Result result = Run("run g.pbtxt --feed a=[1,2,3] --fetch c --explain");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("AddV2+AddV2 c -> float[3] fetched"));
}

TEST_F(ToolTest, ConvertsArraysToTheTypeOfTheTensor) {
  Graph(Input("x", "DT_FLOAT", "dim { size: 2 }") + One("one") + Add("y", "x", "one"));
  Array("x.npy", Tensor::FromValues<int64_t>({2}, {1, 2}));
  EXPECT_THAT(Floats("run g.pbtxt --feed x:0=x.npy --fetch y:0", "y..0.npy"), ElementsAre(2, 3));
}

TEST_F(ToolTest, RunsStepsInOneSession) {
  Graph(Counter());
  EXPECT_THAT(Floats("run g.pbtxt --init init --feed x:0=2 --fetch scope/count:0 --steps 3",
                     "scope__count..0.npy"),
              ElementsAre(3, 5, 7));
  EXPECT_EQ(ReadNpy(Path("results/scope__count..0.npy"))->shape(), Shape({3}));
}

TEST_F(ToolTest, GivesEachStepItsSlice) {
  Graph(Counter());
  Array("x.npy", Tensor::FromValues<float>({3}, {10, 20, 30}));
  const std::string run = "run g.pbtxt --init init --feed-each x:0=x.npy --fetch scope/count:0";
  EXPECT_THAT(Floats(run, "scope__count..0.npy"), ElementsAre(11, 31, 61));
  EXPECT_THAT(Floats(run + " --steps 2", "scope__count..0.npy"), ElementsAre(11, 31));
  EXPECT_THAT(ErrorOf(run + " --steps 4"), HasSubstr("4 steps need as many slices"));
}

TEST_F(ToolTest, RunsTargetsWithoutFetches) {
  Graph(Counter());
  EXPECT_EQ(Run("run g.pbtxt --init init --feed x=1 --target scope/count --threads 1").exit_code,
            0);
}

}  // namespace
}  // namespace sessile
