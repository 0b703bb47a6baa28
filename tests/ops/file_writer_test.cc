// Event files: their records, in the order in which they were added.

#include "sessile/ops/file_writer.h"

#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/io/crc32c.h"
#include "sessile/core/io/file.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/summary.h"
#include "sessile/ops/variable.h"
#include "sessile/proto/config.pb.h"
#include "sessile/proto/event.pb.h"
#include "sessile/proto/graph.pb.h"
#include "sessile/proto/meta_graph.pb.h"
#include "sessile/tests/error_of.h"
#include "sessile/tests/temp_folder.h"

namespace sessile {
namespace {

using ::testing::EndsWith;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class FileWriterTest : public ::testing::Test {
 protected:
  // Of the only file, whose checksums must be right.
  std::vector<pb::Event> Events() const {
    std::vector<pb::Event> events;
    EXPECT_EQ(folder_.Files().size(), 1u);
    const std::string bytes = ReadFile(folder_.file(folder_.Files().at(0))).value();
    const auto word = [&](size_t at) {
      uint32_t value = 0;
      std::memcpy(&value, bytes.data() + at, sizeof(value));
      return value;
    };
    for (size_t at = 0; at < bytes.size();) {
      const size_t size = word(at);
      const std::string_view record = std::string_view(bytes).substr(at + 12, size);
      EXPECT_EQ(word(at + 8), MaskCrc32c(Crc32c(std::string_view(bytes).substr(at, 8))));
      EXPECT_EQ(word(at + 12 + size), MaskCrc32c(Crc32c(record)));
      EXPECT_TRUE(events.emplace_back().ParseFromString(std::string(record)));
      at += size + 16;
    }
    return events;
  }

  const TempFolder folder_;
  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(FileWriterTest, WritesGraphSummariesAndRuns) {
  const Output loss = add(constant(1.0), 0.5, "loss");
  const Output merged = summary::merge({summary::scalar("curve", loss)});
  RunMetadata metadata;
  {
    summary::FileWriter writer(folder_.path(), {.graph = graph_});
    Session session;
    writer.add_summary(session.run(merged), 3);
    writer.add_summary(Summary{{{.tag = "mine", .simple_value = 2.5}}}, 4);
    session.run(loss, {}, {.trace_level = RunOptions::FULL_TRACE, .run_metadata = &metadata});
    writer.add_run_metadata(metadata, "step5", 5);
  }
  const std::vector<pb::Event> events = Events();
  ASSERT_EQ(events.size(), 6u);
  EXPECT_EQ(events[0].file_version(), "brain.Event:2");
  EXPECT_EQ(events[0].source_metadata().writer(), "tensorflow.core.util.events_writer");
  EXPECT_FALSE(events[1].has_source_metadata());
  EXPECT_GT(events[0].wall_time(), 1e9);
  EXPECT_FALSE(events[1].graph_def().empty());
  EXPECT_FALSE(events[2].meta_graph_def().empty());
  EXPECT_EQ(events[3].step(), 3);
  EXPECT_EQ(events[3].summary().value(0).tag(), "curve");
  EXPECT_EQ(events[3].summary().value(0).simple_value(), 1.5f);
  EXPECT_EQ(events[4].summary().value(0).tag(), "mine");
  EXPECT_EQ(events[4].summary().value(0).simple_value(), 2.5f);
  EXPECT_EQ(events[5].tagged_run_metadata().tag(), "step5");
  pb::RunMetadata run;
  ASSERT_TRUE(run.ParseFromString(events[5].tagged_run_metadata().run_metadata()));
  EXPECT_EQ(run.step_stats().dev_stats(0).node_stats_size(),
            static_cast<int>(metadata.step_stats.size()));
}

TEST_F(FileWriterTest, AGraphHasItsShapesAndItsCollections) {
  add_to_collection("kept", placeholder(float32, {None, 3}, "x"));
  {
    summary::FileWriter writer(folder_.path(), graph_);
    writer.add_graph(graph_, 7);
  }
  const std::vector<pb::Event> events = Events();
  ASSERT_EQ(events.size(), 4u);
  pb::MetaGraphDef meta;
  ASSERT_TRUE(meta.ParseFromString(events[2].meta_graph_def()));
  EXPECT_EQ(meta.collection_def().at("kept").node_list().value(0), "x:0");
  for (const int i : {1, 3}) {
    pb::GraphDef graph;
    ASSERT_TRUE(graph.ParseFromString(events.at(i).graph_def()));
    EXPECT_EQ(SerializeDeterministic(graph).value(),
              SerializeDeterministic(meta.graph_def()).value());
    const pb::AttrValue& shapes = graph.node(0).attr().at("_output_shapes");
    EXPECT_EQ(shapes.list().shape(0).dim(1).size(), 3);
  }
  EXPECT_EQ(events[3].step(), 7);
}

// TensorBoard shows as unused what has no entry, or one without time and outputs.
TEST_F(FileWriterTest, ARunNamesAllNodesThatTookPart) {
  const Output x = placeholder(float32, {2}, "x");
  const Variable w({1.0, 2.0}, {.name = "w"});
  const Output y = add(multiply(x, w, "product"), constant(3.0), "y");
  Session session;
  session.run(w.initializer());
  RunMetadata metadata;
  session.run(y, {{x, {1.0, 2.0}}},
              {.trace_level = RunOptions::FULL_TRACE, .run_metadata = &metadata});
  {
    summary::FileWriter writer(folder_.path());
    writer.add_run_metadata(metadata, "step");
  }
  pb::RunMetadata run;
  ASSERT_TRUE(run.ParseFromString(Events().at(1).tagged_run_metadata().run_metadata()));
  std::map<std::string, std::string> labels;
  for (const pb::NodeExecStats& node : run.step_stats().dev_stats(0).node_stats()) {
    EXPECT_TRUE(node.all_end_rel_micros() > 0 || node.output_size() > 0) << node.node_name();
    EXPECT_TRUE(labels.emplace(node.node_name(), node.timeline_label()).second);
  }
  EXPECT_THAT(labels, UnorderedElementsAre(
                          Pair("x", "x = Placeholder()"), Pair("w", "w = VariableV2()"),
                          Pair("w/read", "w/read = Identity(w)"), Pair("Const", "Const = Const()"),
                          Pair("product", "product = Mul(x, w/read)"),
                          Pair("y", EndsWith("AddV2(product, Const)"))));  // or with "Mul+"
}

TEST_F(FileWriterTest, WritesTheMetadataOfATagOnce) {
  const Output text = summary::text("note", constant("one"));
  Session session;
  const Tensor value = session.run(text);
  summary::FileWriter writer(folder_.path());
  writer.add_summary(value, 1);
  writer.add_summary(value, 2);
  writer.close();
  const std::vector<pb::Event> events = Events();
  EXPECT_EQ(events.at(1).summary().value(0).metadata().plugin_data().plugin_name(), "text");
  EXPECT_FALSE(events.at(2).summary().value(0).has_metadata());
}

TEST_F(FileWriterTest, ShowsARecordOnceItIsFlushed) {
  summary::FileWriter writer(folder_.path(), {.filename_suffix = ".mine"});
  EXPECT_THAT(folder_.Files(), ElementsAre(EndsWith(".mine")));
  writer.add_summary(Summary{{{.tag = "x", .simple_value = 1}}});
  EXPECT_EQ(Events().size(), 1u);
  writer.flush();
  EXPECT_EQ(Events().size(), 2u);
}

TEST_F(FileWriterTest, RefusesWhatIsNoSummary) {
  summary::FileWriter writer(folder_.path());
  EXPECT_NE(ErrorOf([&] { writer.add_summary("no message"); }).find("the value of a summary"),
            std::string::npos);
  writer.add_run_metadata({}, "tag");
  EXPECT_NE(ErrorOf([&] { writer.add_run_metadata({}, "tag"); }).find("already used"),
            std::string::npos);
  EXPECT_NE(ErrorOf([] { summary::FileWriter("/proc/no_such_folder"); }).find("/proc"),
            std::string::npos);
}

}  // namespace
}  // namespace sessile
