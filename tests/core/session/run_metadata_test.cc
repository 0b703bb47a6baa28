#include "sessile/core/session/run_metadata.h"

#include "gtest/gtest.h"
#include "sessile/tests/session_testing.h"

namespace sessile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RunMetadataTest : public testing::TestWithParam<int> {
 protected:
  RunMetadata Traced(RunOptions::TraceLevel level) {
    const Output x = g_.Placeholder("x", float32, Shape({2}));
    const Output y = g_.Op("Neg", "y", {x});
    const Output z = g_.Op("Add", "z", {y, x});
    Session sess = g_.NewSession({.optimizer_level = GetParam()});
    RunMetadata metadata{.step_stats = {{.node_name = "old"}}};
    sess.run(z, {{x, {1, 2}}}, {.trace_level = level, .run_metadata = &metadata});
    return metadata;
  }
  TestGraph g_;
};

TEST_P(RunMetadataTest, NamesTheNodesInTheirOrder) {
  const RunMetadata metadata = Traced(RunOptions::FULL_TRACE);
  ASSERT_EQ(metadata.step_stats.size(), 3u);
  const RunMetadata::NodeStats& x = metadata.step_stats[0];
  const RunMetadata::NodeStats& y = metadata.step_stats[1];
  const RunMetadata::NodeStats& z = metadata.step_stats[2];
  EXPECT_EQ(x.node_name, "x");
  EXPECT_EQ(x.op, "Placeholder");
  EXPECT_FALSE(x.has_kernel);
  EXPECT_EQ(x.all_end_rel_nanos, 0);
  EXPECT_EQ(y.node_name, "y");
  EXPECT_EQ(y.op, "Neg");
  EXPECT_TRUE(y.has_kernel);
  EXPECT_GE(y.all_end_rel_nanos, 0);
  EXPECT_EQ(z.node_name, "z");
  EXPECT_THAT(z.inputs, ElementsAre("y", "x"));
  EXPECT_GE(z.all_start_nanos, y.all_start_nanos + y.all_end_rel_nanos);
  for (const RunMetadata::NodeStats& node : metadata.step_stats) {
    ASSERT_EQ(node.outputs.size(), 1u) << node.node_name;
    EXPECT_EQ(node.outputs[0].dtype, float32);
    EXPECT_EQ(node.outputs[0].shape, Shape({2}));
  }
}

TEST_P(RunMetadataTest, IsEmptiedWithoutATrace) {
  EXPECT_TRUE(Traced(RunOptions::NO_TRACE).step_stats.empty());
}

INSTANTIATE_TEST_SUITE_P(Executors, RunMetadataTest, testing::Values(0, 1));

TEST(ChromeTraceTest, IsJsonInMicroseconds) {
  const RunMetadata metadata{
      .step_stats = {{.node_name = "quiet", .op = "Const", .has_kernel = false},
                     {.node_name = "a\"b\n",
                      .op = "Neg",
                      .all_start_nanos = 1500,
                      .all_end_rel_nanos = 20,
                      .inputs = {"x", "^c"}}}};
  const std::string json = metadata.generate_chrome_trace_format();
  EXPECT_EQ(json.find("quiet"), std::string::npos);
  EXPECT_THAT(json, HasSubstr("\"input0\": \"x\", \"input1\": \"^c\"}"));
  EXPECT_THAT(json, HasSubstr("\"name\": \"Neg\", \"ts\": 1.500, \"dur\": 0.020"));
  EXPECT_THAT(json, HasSubstr("\"name\": \"a\\\"b\\u000a\""));
}

}  // namespace
}  // namespace sessile
