#include "sessile/core/graph/graph_def.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "sessile/core/framework/errors.h"
#include "sessile/core/io/file.h"
#include "sessile/proto/graph.pb.h"
#include "sessile/tests/core/graph/graph_testing.h"
#include "sessile/tests/temp_folder.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class GraphDefTest : public ::testing::Test {
 protected:
  Node* Add(NodeSpec spec) { return errors::ValueOrThrow(impl().AddNode(std::move(spec))); }
  GraphImpl& impl() { return *graph_.impl(); }
  Graph graph_{PlainOps()};
};

TEST_F(GraphDefTest, HoldsNodesInTheOrderOfTheirMaking) {
  Node* z = Add(SourceSpec("z"));
  Node* a = Add(FloatSpec("a", "Both", {{z->id(), 0}}));
  Add(FloatSpec("m", "Join", {{a->id(), 1}, {a->id(), 0}}));
  const GraphDef def = graph_.as_graph_def();
  ASSERT_EQ(def.node_size(), 3);
  EXPECT_EQ(def.message()->node(0).name(), "z");
  EXPECT_EQ(def.message()->node(1).name(), "a");
  EXPECT_THAT(def.message()->node(1).input(), ElementsAre("z"));
  EXPECT_THAT(def.message()->node(2).input(), ElementsAre("a:1", "a"));
  EXPECT_EQ(def.message()->node(2).op(), "Join");
  EXPECT_EQ(def.message()->versions().producer(), 1645);
}

TEST_F(GraphDefTest, SortsControlInputsByNameAfterDataInputs) {
  Node* z = Add(SourceSpec("z"));
  Node* y = Add(SourceSpec("y"));
  NodeSpec spec = FloatSpec("n", "Both", {{z->id(), 0}});
  spec.control_inputs = {z->id(), y->id()};
  Add(std::move(spec));
  EXPECT_THAT(graph_.as_graph_def().message()->node(2).input(), ElementsAre("z", "^y", "^z"));
}

TEST_F(GraphDefTest, KeepsEveryKindOfAttribute) {
  NodeSpec spec{.name = "n", .op = "Effect"};
  spec.attrs.Set("_s", "bytes\xff");
  spec.attrs.Set("_i", int64_t{-1});
  spec.attrs.Set("_f", 0.5f);
  spec.attrs.Set("_b", true);
  spec.attrs.Set("_type", MakeRef(float32));
  spec.attrs.Set("_shape", Shape({None, 0, 3}));
  spec.attrs.Set("_rank", Shape::Unknown());
  spec.attrs.Set("_tensor", *Tensor::FromValues<int32_t>({2}, {1, 2}));
  spec.attrs.Set("_func", FunctionRef{"f", nullptr});
  spec.attrs.Set("_list", std::vector<int64_t>{1, 2});
  spec.attrs.Set("_empty", AttrList());
  spec.attrs.Set("_bools", AttrList{.bools = {true, false}});
  Add(std::move(spec));
  const GraphDef def = graph_.as_graph_def();
  const auto& attr = def.message()->node(0).attr();
  EXPECT_EQ(attr.size(), 12u);
  EXPECT_EQ(attr.at("_s").s(), "bytes\xff");
  EXPECT_EQ(attr.at("_i").i(), -1);
  EXPECT_EQ(attr.at("_f").f(), 0.5f);
  EXPECT_TRUE(attr.at("_b").b());
  EXPECT_EQ(attr.at("_type").type(), pb::DT_FLOAT_REF);
  EXPECT_EQ(attr.at("_shape").shape().dim(0).size(), -1);
  EXPECT_EQ(attr.at("_shape").shape().dim(1).size(), 0);
  EXPECT_TRUE(attr.at("_rank").shape().unknown_rank());
  EXPECT_EQ(attr.at("_tensor").tensor().tensor_content().size(), 8u);
  EXPECT_EQ(attr.at("_func").func().name(), "f");
  EXPECT_THAT(attr.at("_list").list().i(), ElementsAre(1, 2));
  EXPECT_TRUE(attr.at("_empty").has_list());
  EXPECT_THAT(attr.at("_bools").list().b(), ElementsAre(true, false));
}

TEST_F(GraphDefTest, WritesTheSameBytesForTheSameGraph) {
  const auto build = [] {
    Graph graph(PlainOps());
    NodeSpec spec{.name = "n", .op = "Effect"};
    for (const char* name : {"_a", "_b", "_c", "_d", "_e", "_f"}) spec.attrs.Set(name, name);
    errors::ValueOrThrow(graph.impl()->AddNode(std::move(spec)));
    return *graph.as_graph_def().SerializeToString();
  };
  EXPECT_EQ(build(), build());
}

TEST_F(GraphDefTest, ReadsBackWhatItWrote) {
  Add(SourceSpec("a", {None, 3}));
  const GraphDef def = graph_.as_graph_def();
  GraphDef binary, text;
  ASSERT_TRUE(binary.ParseFromString(*def.SerializeToString()).ok());
  ASSERT_TRUE(text.ParseFromText(def.DebugString()).ok());
  EXPECT_EQ(binary, def);
  EXPECT_EQ(text, def);
  EXPECT_FALSE(def == GraphDef());
}

TEST_F(GraphDefTest, RefusesDamagedBytesAndKeepsTheOldGraph) {
  Add(SourceSpec("a"));
  GraphDef def = graph_.as_graph_def();
  const absl::Status status = def.ParseFromString("\x0a\x50garbage", "'x.pb'");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("'x.pb'"));
  EXPECT_EQ(def.node_size(), 1);
}

TEST_F(GraphDefTest, SaysWhereATextIsWrong) {
  GraphDef def;
  const absl::Status status = def.ParseFromText("node {\n  name: 5\n}", "'x.pbtxt'");
  EXPECT_THAT(status.ToString(), HasSubstr("INVALID_ARGUMENT: Cannot read 'x.pbtxt' as a text "
                                           "GraphDef: line 2:9"));
}

TEST_F(GraphDefTest, RefusesATextThatIsTooDeep) {
  std::string text = "node { attr { key: 'x' value { ";
  for (int i = 0; i < 100000; ++i) text += "func { attr { key: 'x' value { ";
  GraphDef def;
  EXPECT_THAT(def.ParseFromText(text).ToString(), HasSubstr("INVALID_ARGUMENT"));
}

TEST_F(GraphDefTest, RefusesNamesInATextThatAreNoFields) {
  const std::string text = "node {\n  name: 'a'\n  newer { x: 1 }\n}";
  GraphDef def;
  const absl::Status status = def.ParseFromText(text, "'x.pbtxt'");
  EXPECT_THAT(status.ToString(), HasSubstr("'x.pbtxt' as a text GraphDef: line 3:"));
  EXPECT_THAT(status.ToString(),
              HasSubstr("Message type \"NodeDef\" has no field named \"newer\""));
  EXPECT_EQ(def.node_size(), 0);
  ASSERT_TRUE(def.ParseFromText(text, "'x.pbtxt'", UnknownFields::kSkip).ok());
  EXPECT_EQ(def.node_size(), 1);
}

TEST_F(GraphDefTest, WritesNoTextThatLacksFields) {
  GraphDef def;
  // A node with a field 99.
  ASSERT_TRUE(def.ParseFromString(std::string("\x0a\x06\x0a\x01z\x98\x06\x07", 8)).ok());
  EXPECT_THAT(def.SerializeToText().status().ToString(), HasSubstr("NodeDef has a field 99"));
  GraphDef again;
  ASSERT_TRUE(again.ParseFromText(*def.SerializeToText(UnknownFields::kSkip)).ok());
  EXPECT_EQ(again.node_size(), 1);
}

TEST_F(GraphDefTest, GoesToFilesInBothForms) {
  Add(SourceSpec("a"));
  const GraphDef def = graph_.as_graph_def();
  const TempFolder temp;
  const std::string folder = temp.file("made");
  for (const bool as_text : {false, true}) {
    const std::string path = io::write_graph(def, folder, as_text ? "g.pbtxt" : "g.pb", as_text);
    EXPECT_EQ(errors::ValueOrThrow(ReadGraphDef(path)), def) << path;
  }
  const std::string path = folder + "/h.pbtxt";
  ASSERT_TRUE(WriteGraphDef(path, def).ok());
  EXPECT_THAT(*ReadFile(path), HasSubstr("name: \"a\""));
  EXPECT_EQ(ReadGraphDef(folder + "/none").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THROW(io::write_graph(def, path, "below_a_file"), errors::OpError);
}

TEST_F(GraphDefTest, OfAGraphThatWasResetIsAnError) {
  impl().MarkReset();
  EXPECT_THROW((void)graph_.as_graph_def(), errors::FailedPreconditionError);
}

}  // namespace
}  // namespace sessile
