#include "sessile/core/session/run_metadata.h"

#include "gtest/gtest.h"
#include "sessile/tests/session_testing.h"

namespace sessile {
namespace {

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

TEST_P(RunMetadataTest, NamesTheKernelsInTheirOrder) {
  const RunMetadata metadata = Traced(RunOptions::FULL_TRACE);
  ASSERT_EQ(metadata.step_stats.size(), 2u);
  EXPECT_EQ(metadata.step_stats[0].node_name, "y");
  EXPECT_EQ(metadata.step_stats[0].op, "Neg");
  EXPECT_EQ(metadata.step_stats[1].node_name, "z");
  EXPECT_GE(metadata.step_stats[0].all_end_rel_nanos, 0);
  EXPECT_GE(metadata.step_stats[1].all_start_nanos,
            metadata.step_stats[0].all_start_nanos + metadata.step_stats[0].all_end_rel_nanos);
}

TEST_P(RunMetadataTest, IsLeftAloneWithoutATrace) {
  EXPECT_EQ(Traced(RunOptions::NO_TRACE).step_stats[0].node_name, "old");
}

INSTANTIATE_TEST_SUITE_P(Executors, RunMetadataTest, testing::Values(0, 1));

TEST(ChromeTraceTest, IsJsonInMicroseconds) {
  const RunMetadata metadata{
      .step_stats = {
          {.node_name = "a\"b\n", .op = "Neg", .all_start_nanos = 1500, .all_end_rel_nanos = 20}}};
  const std::string json = metadata.generate_chrome_trace_format();
  EXPECT_THAT(json, HasSubstr("\"name\": \"Neg\", \"ts\": 1.500, \"dur\": 0.020"));
  EXPECT_THAT(json, HasSubstr("\"name\": \"a\\\"b\\u000a\""));
}

}  // namespace
}  // namespace sessile
