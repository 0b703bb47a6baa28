// The tool reads checkpoints.
#include <filesystem>

#include "sessile/core/checkpoint/table.h"
#include "sessile/core/checkpoint/tensor_slice.h"
#include "sessile/proto/meta_graph.pb.h"
#include "sessile/proto/saved_tensor_slice.pb.h"
#include "sessile/proto/variable.pb.h"
#include "sessile/tests/tools/tool_test.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(ToolTest, ListsACheckpoint) {
  const std::string prefix = SESSILE_TEST_DATA_DIR "/checkpoints/sharded";
  EXPECT_EQ(Run("show " + prefix).out,
            absl::StrCat(prefix, ": checkpoint, 3 tensors\n",
                         "  a  string ()\n  b  int32 (2,)\n  part  float32 (10, 3)\n"));
  EXPECT_THAT(Run(absl::StrCat("show ", SESSILE_TEST_DATA_DIR, "/checkpoints/version_1")).out,
              HasSubstr("checkpoint, 17 tensors"));
}

// A file of a checkpoint of version 1 with an int32 of one element.
std::string V1File(const std::string& tensor, int value) {
  pb::SavedTensorSlices meta, data;
  pb::SavedSliceMeta& declared = *meta.mutable_meta()->add_tensor();
  declared.set_name(tensor);
  declared.set_type(pb::DT_INT32);
  declared.mutable_shape()->add_dim()->set_size(1);
  declared.add_slice()->add_extent();
  pb::SavedSlice& slice = *data.mutable_data();
  slice.set_name(tensor);
  slice.mutable_slice()->add_extent();
  slice.mutable_data()->add_int_val(value);
  TableWriter table;
  table.Add("", meta.SerializeAsString());
  table.Add(TensorSlice::Full(1).KeyOf(tensor), data.SerializeAsString());
  return std::move(table).Finish();
}

TEST_F(ToolTest, KnowsShardsOfVersion1ByTheirPatternAndTheirCommonName) {
  ASSERT_TRUE(WriteFile(Path("m.ckpt-3-00000-of-00002"), V1File("a", 5)).ok());
  ASSERT_TRUE(WriteFile(Path("m.ckpt-3-00001-of-00002"), V1File("b", 7)).ok());
  Graph(
      "node { name: 'b' op: 'VariableV2' attr { key: 'dtype' value { type: DT_INT32 } } "
      "attr { key: 'shape' value { shape { dim { size: 1 } } } } }");
  const std::string pattern = "m.ckpt-3-?\?\?\?\?-of-00002";
  for (const std::string& name : {pattern, std::string("m.ckpt-3")}) {
    EXPECT_EQ(Run(absl::StrCat("show '", name, "'")).out,
              absl::StrCat(pattern, ": checkpoint, 2 tensors\n  a  int32 (1,)\n  b  int32 (1,)\n"));
    const std::string checkpoint = absl::StrCat(" --checkpoint '", name, "'");
    EXPECT_EQ(Run("run g.pbtxt --fetch b:0" + checkpoint).out, "b:0: int32[1] = [7]\n");
    EXPECT_EQ(Run("freeze g.pbtxt --output b --out f.pb" + checkpoint).exit_code, 0);
  }
  EXPECT_THAT(Run("show m.ckpt-3-00001-of-00002").out, HasSubstr("1 tensors\n  b  int32"));
  EXPECT_THAT(ErrorOf("show m.ckpt-4"), HasSubstr("Cannot open 'm.ckpt-4'"));
}

TEST_F(ToolTest, TakesAFolderForItsLatestCheckpoint) {
  const std::string prefix = SESSILE_TEST_DATA_DIR "/checkpoints/sharded";
  std::filesystem::create_directories(Path("logs"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --checkpoint logs --fetch b:0"), HasSubstr("g.pbtxt"));
  Graph(Counter());
  for (const std::string args : {"run g.pbtxt --fetch one",
                                 "freeze g.pbtxt --output scope/count "
                                 "--out f.pb"}) {
    EXPECT_THAT(ErrorOf(args + " --checkpoint logs"),
                HasSubstr("NOT_FOUND: 'logs' is no checkpoint: expected the prefix of one, or a "
                          "folder whose file 'checkpoint' names one; the folder has no file "
                          "'checkpoint'"));
  }
  const auto state = [&](const std::string& text) {
    EXPECT_TRUE(WriteFile(Path("logs/checkpoint"), text).ok());
  };
  state(absl::StrCat("model_checkpoint_path: '", prefix, "'"));
  EXPECT_THAT(Run("show logs").out, StartsWith(prefix + ": checkpoint, 3 tensors\n"));
  state("model_checkpoint_path: 'gone'");
  EXPECT_THAT(ErrorOf("show logs"), HasSubstr("'logs/checkpoint' names the checkpoint 'logs/gone', "
                                              "whose files are not there"));
  state("no state");
  EXPECT_THAT(ErrorOf("show logs"), HasSubstr("DATA_LOSS: Cannot read 'logs/checkpoint'"));
}

TEST_F(ToolTest, ACheckpointHasNoNodesToShow) {
  const std::string prefix = SESSILE_TEST_DATA_DIR "/checkpoints/sharded";
  for (const std::string flag : {"--dot", "--all", "--tag"}) {
    EXPECT_THAT(
        ErrorOf(absl::StrCat("show ", prefix, " ", flag, flag == "--tag" ? " serve" : "")),
        HasSubstr(absl::StrCat(flag, ": expected a graph, but '", prefix, "' is a checkpoint")));
  }
}

TEST_F(ToolTest, RestoresVariablesByTheirNames) {
  const auto variable = [](const std::string& name, const std::string& type) {
    return "node { name: '" + name +
           "' op: 'VariableV2' attr { key: 'dtype' value { type: " + type +
           " } } attr { key: 'shape' value { shape { dim { size: 2 } } } } }";
  };
  Graph(variable("b", "DT_INT32") + variable("other", "DT_FLOAT"));
  const std::string run =
      absl::StrCat("run g.pbtxt --checkpoint ", SESSILE_TEST_DATA_DIR, "/checkpoints/");
  const Result result = Run(run + "sharded --fetch b:0");
  EXPECT_EQ(result.out, "b:0: int32[2] = [1 2]\n");
  EXPECT_EQ(result.err, "note: the checkpoint has no other\n");
  EXPECT_THAT(ErrorOf(run + "version_1 --fetch b:0"),
              HasSubstr("No variable of the graph is in the checkpoint"));
  EXPECT_THAT(ErrorOf(run + "none --fetch b:0"), HasSubstr("Failed to find any matching files"));
}

// A variable as a meta graph of TensorFlow has it if it is a part of another.
std::string PartVariable(const std::string& name, const std::string& full_name, int rows, int row,
                         int count) {
  pb::VariableDef variable;
  variable.set_variable_name(name + ":0");
  pb::SaveSliceInfoDef& slice = *variable.mutable_save_slice_info_def();
  slice.set_full_name(full_name);
  for (const int64_t size : {rows, 3}) slice.add_full_shape(size);
  for (const int64_t offset : {row, 0}) slice.add_var_offset(offset);
  for (const int64_t size : {count, 3}) slice.add_var_shape(size);
  return variable.SerializeAsString();
}

TEST_F(ToolTest, RestoresPartsOfPartitionedVariables) {
  struct Case {
    std::string checkpoint;
    int rows;  // of the whole
    int row;   // the first of the part
    std::string values;
  };
  for (const Case& c : {Case{"sharded", 10, 2, "float[1,3] = [6 7 8]"},
                        Case{"version_1", 3, 1, "float[1,3] = [1 1 1]"}}) {
    pb::MetaGraphDef meta;
    pb::NodeDef& node = *meta.mutable_graph_def()->add_node();
    node.set_name("w/part_0");
    node.set_op("VariableV2");
    (*node.mutable_attr())["dtype"].set_type(pb::DT_FLOAT);
    for (const int size : {1, 3}) {
      (*node.mutable_attr())["shape"].mutable_shape()->add_dim()->set_size(size);
    }
    auto& variables = *(*meta.mutable_collection_def())["variables"].mutable_bytes_list();
    variables.add_value(PartVariable("w/part_0", "part", c.rows, c.row, 1));
    ASSERT_TRUE(WriteFile(Path("g.meta"), meta.SerializeAsString()).ok());
    const std::string checkpoint =
        absl::StrCat(" --checkpoint ", SESSILE_TEST_DATA_DIR, "/checkpoints/", c.checkpoint);
    const std::string wanted = absl::StrCat("w/part_0:0: ", c.values, "\n");
    EXPECT_EQ(Run(absl::StrCat("run g.meta --fetch w/part_0:0", checkpoint)).out, wanted);
    EXPECT_EQ(Run(absl::StrCat("freeze g.meta --output w/part_0 --out f.pb", checkpoint)).exit_code,
              0);
    EXPECT_EQ(Run("run f.pb --fetch w/part_0:0").out, wanted);
  }
}

TEST_F(ToolTest, SaysWhichTensorDoesNotFitItsVariable) {
  Graph(
      "node { name: 'b' op: 'VariableV2' attr { key: 'dtype' value { type: DT_INT32 } } "
      "attr { key: 'shape' value { shape { dim { size: 3 } } } } }");
  const std::string prefix = SESSILE_TEST_DATA_DIR "/checkpoints/sharded";
  EXPECT_THAT(ErrorOf("run g.pbtxt --fetch b:0 --checkpoint " + prefix),
              HasSubstr(absl::StrCat("Variable 'b' has shape (3,), but tensor 'b' of checkpoint '",
                                     prefix, "' has shape (2,)")));
  EXPECT_THAT(ErrorOf(absl::StrCat("run g.pbtxt --fetch b:0 --checkpoint ", prefix, ".index")),
              HasSubstr(absl::StrCat("expected the prefix of its files, '", prefix, "'")));
  EXPECT_THAT(ErrorOf(absl::StrCat("show ", prefix, ".index")), HasSubstr("expected the prefix"));
}

}  // namespace
}  // namespace sessile
