// Runs the command-line tool on small graphs, as a shell does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sessile/core/checkpoint/table.h"
#include "sessile/core/checkpoint/tensor_slice.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/io/file.h"
#include "sessile/core/io/npy.h"
#include "sessile/proto/meta_graph.pb.h"
#include "sessile/proto/saved_model.pb.h"
#include "sessile/proto/saved_tensor_slice.pb.h"
#include "sessile/proto/variable.pb.h"
#include "sessile/tests/temp_folder.h"

namespace sessile {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kFloat = "attr { key: 'T' value { type: DT_FLOAT } } ";

std::string Input(const std::string& name, const std::string& type, const std::string& dims) {
  return absl::StrCat("node { name: '", name, "' op: 'Placeholder' attr { key: 'dtype' value { ",
                      "type: ", type, " } } attr { key: 'shape' value { shape { ", dims,
                      " } } } }\n");
}
std::string Add(const std::string& name, const std::string& a, const std::string& b) {
  return absl::StrCat("node { name: '", name, "' op: 'AddV2' input: '", a, "' input: '", b, "' ",
                      kFloat, "}\n");
}
std::string One(const std::string& name) {
  return absl::StrCat("node { name: '", name, "' op: 'Const' attr { key: 'dtype' value { type: ",
                      "DT_FLOAT } } attr { key: 'value' value { tensor { dtype: DT_FLOAT ",
                      "tensor_shape { } float_val: 1 } } } }\n");
}
// total = 0; every run adds x and gives the new value.
std::string Counter() {
  return absl::StrCat(
      Input("x", "DT_FLOAT", ""), One("one"),
      "node { name: 'total' op: 'VariableV2' attr { key: 'dtype' value { type: DT_FLOAT } } ",
      "attr { key: 'shape' value { shape { } } } }\n",
      "node { name: 'init' op: 'Assign' input: 'total' input: 'one' ", kFloat, "}\n",
      "node { name: 'scope/count' op: 'AssignAdd' input: 'total' input: 'x' ", kFloat, "}\n");
}

struct Result {
  int exit_code = -1;
  std::string out;
  std::string err;
};

class SessileToolTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return folder_.file(name); }
  // Writes a text graph; a name without .pbtxt makes it binary.
  std::string Graph(const std::string& text, const std::string& name = "g.pbtxt") const {
    GraphDef def;
    EXPECT_TRUE(def.ParseFromText(text).ok());
    EXPECT_TRUE(WriteGraphDef(Path(name), def).ok());
    return Path(name);
  }
  void Array(const std::string& name, const absl::StatusOr<Tensor>& tensor) const {
    EXPECT_TRUE(WriteNpy(Path(name), *tensor).ok());
  }
  // `args` is what would be typed after "sessile".
  Result Run(const std::string& args) const {
    const std::string command = absl::StrCat("cd '", folder_.path(), "' && '", SESSILE_TOOL_BINARY,
                                             "' ", args, " > stdout.txt 2> stderr.txt < /dev/null");
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            *ReadFile(Path("stdout.txt")), *ReadFile(Path("stderr.txt"))};
  }
  // The one line of a failure.
  std::string ErrorOf(const std::string& args) const { return LineOf(args, 1, "error: "); }
  // And of wrong arguments.
  std::string UsageErrorOf(const std::string& args) const { return LineOf(args, 2, "sessile"); }
  // Runs without an error and gives the elements of an output file.
  std::vector<float> Floats(const std::string& args, const std::string& file) const {
    const Result result = Run(absl::StrCat(args, " --out results"));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const absl::StatusOr<Tensor> tensor = ReadNpy(Path("results/" + file));
    if (!tensor.ok()) return {};
    return {tensor->flat<float>().begin(), tensor->flat<float>().end()};
  }

  std::string LineOf(const std::string& args, int exit_code, const std::string& start) const {
    const Result result = Run(args);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_THAT(result.err, StartsWith(start));
    return result.err;
  }

  const TempFolder folder_;
};

TEST_F(SessileToolTest, ShowsHelpAndVersion) {
  EXPECT_THAT(Run("--help").out, HasSubstr("usage: sessile"));
  EXPECT_THAT(Run("run --help").out, HasSubstr("--feed-each"));
  EXPECT_THAT(Run("show --help").out, HasSubstr("GRAPH"));
  EXPECT_THAT(Run("--version").out, StartsWith("sessile 0."));
  EXPECT_EQ(Run("--version").exit_code, 0);
}

TEST_F(SessileToolTest, ListsTheOperationsAsTheDocumentationHasThem) {
  const absl::StatusOr<std::string> page = ReadFile(SESSILE_TEST_DATA_DIR "/../../docs/ops.md");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_TRUE(Run("ops").out == *page)
      << "write it anew: build/release/bin/sessile ops > docs/ops.md";
}

TEST_F(SessileToolTest, ComputesFromFilesAndValues) {
  Graph(Input("x", "DT_FLOAT", "dim { size: -1 }") + One("one") + Add("scope/y", "x", "one"));
  Array("x.npy", Tensor::FromValues<float>({2}, {1, 2}));
  EXPECT_THAT(Floats("run g.pbtxt --feed x:0=x.npy --fetch scope/y:0", "scope__y..0.npy"),
              ElementsAre(2, 3));
  EXPECT_THAT(Floats("run g.pbtxt --feed x='[1.5, -2, 1e2]' --fetch scope/y", "scope__y.npy"),
              ElementsAre(2.5, -1, 101));
}

TEST_F(SessileToolTest, ReadsBinaryGraphs) {
  Graph(One("one"), "g.pb");
  EXPECT_THAT(Floats("run g.pb --fetch one:0", "one..0.npy"), ElementsAre(1));
}

TEST_F(SessileToolTest, PrintsWithoutAFolder) {
  Graph(One("one"));
  EXPECT_EQ(Run("run g.pbtxt --fetch one:0").out, "one:0: float[] = [1]\n");
}

TEST_F(SessileToolTest, ExplainsARunInsteadOfDoingIt) {
  Graph(Input("a", "DT_FLOAT", "dim { size: 3 }") + Add("b", "a", "a") + Add("c", "b", "a"));
  const Result result = Run("run g.pbtxt --feed a=[1,2,3] --fetch c --explain");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("AddV2+AddV2 c -> float[3] fetched"));
}

TEST_F(SessileToolTest, ListsThePasses) {
  EXPECT_THAT(Run("ops --passes").out, HasSubstr("| `elementwise` | "));
}

TEST_F(SessileToolTest, ConvertsArraysToTheTypeOfTheTensor) {
  Graph(Input("x", "DT_FLOAT", "dim { size: 2 }") + One("one") + Add("y", "x", "one"));
  Array("x.npy", Tensor::FromValues<int64_t>({2}, {1, 2}));
  EXPECT_THAT(Floats("run g.pbtxt --feed x:0=x.npy --fetch y:0", "y..0.npy"), ElementsAre(2, 3));
}

TEST_F(SessileToolTest, RunsStepsInOneSession) {
  Graph(Counter());
  EXPECT_THAT(Floats("run g.pbtxt --init init --feed x:0=2 --fetch scope/count:0 --steps 3",
                     "scope__count..0.npy"),
              ElementsAre(3, 5, 7));
  EXPECT_EQ(ReadNpy(Path("results/scope__count..0.npy"))->shape(), Shape({3}));
}

TEST_F(SessileToolTest, GivesEachStepItsSlice) {
  Graph(Counter());
  Array("x.npy", Tensor::FromValues<float>({3}, {10, 20, 30}));
  const std::string run = "run g.pbtxt --init init --feed-each x:0=x.npy --fetch scope/count:0";
  EXPECT_THAT(Floats(run, "scope__count..0.npy"), ElementsAre(11, 31, 61));
  EXPECT_THAT(Floats(run + " --steps 2", "scope__count..0.npy"), ElementsAre(11, 31));
  EXPECT_THAT(ErrorOf(run + " --steps 4"), HasSubstr("4 steps need as many slices"));
}

TEST_F(SessileToolTest, RunsTargetsWithoutFetches) {
  Graph(Counter());
  EXPECT_EQ(Run("run g.pbtxt --init init --feed x=1 --target scope/count --threads 1").exit_code,
            0);
}

TEST_F(SessileToolTest, SaysInOneLineWhatIsWrong) {
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

TEST_F(SessileToolTest, RefusesBadFlags) {
  EXPECT_THAT(UsageErrorOf("run"), HasSubstr("sessile run: missing argument GRAPH"));
  EXPECT_THAT(UsageErrorOf("run g.pb --speed 3"), HasSubstr("unknown flag --speed"));
  EXPECT_THAT(UsageErrorOf("run g.pb --steps -1"), HasSubstr("--steps: expected"));
  EXPECT_THAT(UsageErrorOf("run g.pb --threads many"), HasSubstr("--threads: expected"));
  EXPECT_THAT(UsageErrorOf("fly g.pb"), HasSubstr("unknown command 'fly'"));
}

TEST_F(SessileToolTest, RefusesDamagedFiles) {
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

TEST_F(SessileToolTest, RefusesGraphsThatAreNone) {
  Graph(Add("a", "b", "b") + Add("b", "a", "a"), "cycle.pbtxt");
  EXPECT_THAT(ErrorOf("show cycle.pbtxt"), HasSubstr("2 nodes in a cycle: a, b"));
  Graph(Add("a", "b:0", "b"), "dangling.pbtxt");
  EXPECT_THAT(ErrorOf("run dangling.pbtxt --fetch a:0"),
              HasSubstr("Node 'a': Unknown input node 'b:0'"));
  Graph(One("a") + One("a"), "twice.pbtxt");
  EXPECT_THAT(ErrorOf("run twice.pbtxt --fetch a:0"), HasSubstr("Node 'a' is not unique"));
}

TEST_F(SessileToolTest, ShowsWhatAGraphHas) {
  Graph(Counter() + "node { name: 'u' op: 'Unheard' input: 'one' }");
  const Result result = Run("show g.pbtxt");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::vector<std::string> lines = absl::StrSplit(result.out, '\n', absl::SkipEmpty());
  EXPECT_THAT(lines,
              ElementsAre("g.pbtxt: 6 nodes, GraphDef version 0", "inputs: 1", "  x:0  float32 ()",
                          "outputs: 3", "  init:0  float32 ()  Assign",
                          "  scope/count:0  float32 ()  AssignAdd", "  u  operation  Unheard",
                          "variables: 1", "  total  float32 ()", "operations: 6", "  1  Assign",
                          "  1  AssignAdd", "  1  Const", "  1  Placeholder",
                          "  1  Unheard (not registered)", "  1  VariableV2"));
}

TEST_F(SessileToolTest, ShowsAsOutputsWhatSomebodyMayWant) {
  const auto identity = [](const std::string& name, const std::string& of) {
    return absl::StrCat("node { name: '", name, "' op: 'Identity' input: '", of, "' ", kFloat, "}");
  };
  Graph(Counter() + identity("total/read", "total") + identity("gradients/spare", "one") +
        One("seven") + identity("prediction", "one"));
  EXPECT_THAT(Run("show g.pbtxt").out,
              HasSubstr("outputs: 3\n  init:0  float32 ()  Assign\n"
                        "  scope/count:0  float32 ()  AssignAdd\n"
                        "  prediction:0  float32 ()  Identity\n"
                        "  (and 3 constants, reads of variables and parts of gradients: --all)\n"));
  EXPECT_THAT(Run("show g.pbtxt --all").out, HasSubstr("outputs: 6\n"));
}

TEST_F(SessileToolTest, ListsACheckpoint) {
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

TEST_F(SessileToolTest, KnowsShardsOfVersion1ByTheirPatternAndTheirCommonName) {
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

TEST_F(SessileToolTest, TakesAFolderForItsLatestCheckpoint) {
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

TEST_F(SessileToolTest, ACheckpointHasNoNodesToShow) {
  const std::string prefix = SESSILE_TEST_DATA_DIR "/checkpoints/sharded";
  for (const std::string flag : {"--dot", "--all", "--tag"}) {
    EXPECT_THAT(
        ErrorOf(absl::StrCat("show ", prefix, " ", flag, flag == "--tag" ? " serve" : "")),
        HasSubstr(absl::StrCat(flag, ": expected a graph, but '", prefix, "' is a checkpoint")));
  }
}

TEST_F(SessileToolTest, RestoresVariablesByTheirNames) {
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

TEST_F(SessileToolTest, RestoresPartsOfPartitionedVariables) {
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

TEST_F(SessileToolTest, SaysWhichTensorDoesNotFitItsVariable) {
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

constexpr const char* kSavedModel = SESSILE_TEST_DATA_DIR "/saved_model";
constexpr const char* kMetaGraph = SESSILE_TEST_DATA_DIR "/meta_graph.pbtxt";

TEST_F(SessileToolTest, ServesASavedModel) {
  const std::string run = absl::StrCat("run ", kSavedModel);
  EXPECT_EQ(Run(run + " --tag serve --signature serving_default --feed in=[[1,2]] --fetch out").out,
            "out: float[1,1] = [11]\n");
  EXPECT_EQ(Run(run + " --feed x:0=[[1,2]] --fetch y:0 --fetch ready:0").out,
            "y:0: float[1,1] = [11]\nready:0: float[] = [7]\n");
  EXPECT_THAT(ErrorOf(run + " --signature nobody --fetch out"),
              HasSubstr("The SavedModel has no signature 'nobody', but serving_default"));
  EXPECT_THAT(ErrorOf(run + " --signature serving_default --fetch y:0"),
              HasSubstr("The signature 'serving_default' has no 'y:0'"));
  EXPECT_THAT(ErrorOf(run + " --tag train --fetch y:0"), HasSubstr("tags {train} could not be"));
  Graph(One("one"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --signature serving_default --fetch one"),
              HasSubstr("'g.pbtxt' is no SavedModel"));
}

TEST_F(SessileToolTest, SaysWhereASavedModelIsExpected) {
  const std::string file = absl::StrCat(kSavedModel, "/saved_model.pb");
  for (const std::string& args : {"show " + file, "run " + file + " --fetch y:0"}) {
    EXPECT_THAT(ErrorOf(args), HasSubstr(absl::StrCat("'", file,
                                                      "' is a SavedModel: expected a graph, or the "
                                                      "folder of the SavedModel: '",
                                                      kSavedModel, "'")));
  }
  std::filesystem::create_directories(Path("empty"));
  for (const std::string args : {"show empty", "run empty --fetch y:0"}) {
    EXPECT_THAT(ErrorOf(args), HasSubstr("expected saved_model.pb or saved_model.pbtxt in the "
                                         "folder, found nothing"));
  }
}

TEST_F(SessileToolTest, AFileOfNothingIsNoGraph) {
  for (const std::string file : {"none.pb", "none.pbtxt", "none.meta"}) {
    ASSERT_TRUE(WriteFile(Path(file), "").ok());
    for (const std::string command : {"show ", "run --fetch y:0 ", "convert "}) {
      EXPECT_THAT(ErrorOf(command + file + (command == "convert " ? " to.pb" : "")),
                  HasSubstr(absl::StrCat("'", file, "' is empty")));
    }
  }
}

TEST_F(SessileToolTest, ConvertKeepsLinksAndPermissions) {
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

TEST_F(SessileToolTest, ListsASavedModel) {
  EXPECT_EQ(Run(absl::StrCat("show ", kSavedModel)).out,
            "tags: serve\n"
            "  nodes: 39\n"
            "  signature serving_default  tensorflow/serving/predict\n"
            "    input  in  x:0  float32 (?, 2)\n"
            "    output out  y:0  float32 (?, 1)\n");
}

TEST_F(SessileToolTest, OnlyWhoFeedsASparseTensorOfASignatureFails) {
  std::filesystem::copy(kSavedModel, Path("m"), std::filesystem::copy_options::recursive);
  pb::SavedModel model;
  ASSERT_TRUE(model.ParseFromString(*ReadFile(Path("m/saved_model.pb"))));
  auto& signature = (*model.mutable_meta_graphs(0)->mutable_signature_def())["serving_default"];
  pb::TensorInfo& sparse = (*signature.mutable_inputs())["sp"];
  sparse.set_dtype(pb::DT_FLOAT);
  sparse.mutable_coo_sparse()->set_values_tensor_name("v:0");
  sparse.mutable_coo_sparse()->set_indices_tensor_name("i:0");
  sparse.mutable_coo_sparse()->set_dense_shape_tensor_name("s:0");
  (*signature.mutable_outputs())["whole"].set_dtype(pb::DT_FLOAT);
  ASSERT_TRUE(WriteFile(Path("m/saved_model.pb"), model.SerializeAsString()).ok());
  EXPECT_THAT(Run("show m").out, AllOf(HasSubstr("input  sp  sparse: v:0, i:0, s:0  float32 ()\n"),
                                       HasSubstr("output whole  (composite)  float32 ()\n")));
  const std::string run =
      "run m --tag serve --signature serving_default --feed in=[[1,2]] --fetch ";
  EXPECT_EQ(Run(run + "out").out, "out: float[1,1] = [11]\n");
  EXPECT_THAT(ErrorOf(run + "sp"), HasSubstr("'sp' of the signature 'serving_default' is a sparse "
                                             "tensor, expected a plain one. Without --signature "
                                             "its parts can be named: v:0, i:0, s:0"));
  EXPECT_THAT(ErrorOf(run + "whole"), HasSubstr("'whole' of the signature 'serving_default' is a "
                                                "composite tensor, expected a plain one"));
}

TEST_F(SessileToolTest, ConvertsToTextAndBack) {
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

TEST_F(SessileToolTest, ConvertTakesTheKindFromEitherName) {
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

TEST_F(SessileToolTest, DiffSaysWhichNodesDiffer) {
  Graph(Input("x", "DT_FLOAT", "") + One("one") + Add("y", "x", "one"), "a.pbtxt");
  Graph(Input("x", "DT_INT32", "") + One("one") + Add("y", "one", "one") + One("two"), "b.pbtxt");
  EXPECT_EQ(Run("diff a.pbtxt a.pbtxt").out, "3/3 nodes identical\n");
  const Result result = Run("diff a.pbtxt b.pbtxt");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out,
            "! x (Placeholder)\n"
            "    attr dtype: type: DT_FLOAT | type: DT_INT32\n"
            "! y (AddV2)\n"
            "    inputs: x, one | one, one\n"
            "> two (Const)\n"
            "3 nodes differ between 'a.pbtxt' (3 nodes) and 'b.pbtxt' (4 nodes)\n");
  EXPECT_EQ(result.err, "");
}

TEST_F(SessileToolTest, DiffTellsTroubleFromDifferences) {
  Graph(One("one"), "a.pbtxt");
  EXPECT_EQ(Run("diff a.pbtxt a.pbtxt").exit_code, 0);
  EXPECT_THAT(LineOf("diff a.pbtxt none.pbtxt", 2, "error: NOT_FOUND: "), HasSubstr("none.pbtxt"));
  EXPECT_THAT(UsageErrorOf("diff a.pbtxt"), HasSubstr("missing argument B"));
  EXPECT_THAT(Run("diff --help").out, HasSubstr("1 if they differ, 2 on trouble"));
}

TEST_F(SessileToolTest, FreezesVariables) {
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

TEST_F(SessileToolTest, FreezesWhatASignatureNames) {
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

// Writes a SavedModel of two graphs: that for training has a node "step" and comes first.
void TwoGraphs(const std::string& dir) {
  pb::SavedModel model;
  for (const auto& [tag, node] : {std::pair("train", "step"), std::pair("serve", "answer")}) {
    pb::MetaGraphDef& meta = *model.add_meta_graphs();
    meta.mutable_meta_info_def()->add_tags(tag);
    GraphDef graph;
    EXPECT_TRUE(graph.ParseFromText(One(node)).ok());
    *meta.mutable_graph_def() = *graph.message();
  }
  EXPECT_TRUE(MakeFolders(dir).ok());
  EXPECT_TRUE(WriteFile(dir + "/saved_model.pb", model.SerializeAsString()).ok());
}

TEST_F(SessileToolTest, TagsSayWhichGraphOfASavedModelIsMeant) {
  TwoGraphs(Path("model"));
  EXPECT_THAT(Run("show model").out, HasSubstr("tags: train\n  nodes: 1\ntags: serve\n"));
  EXPECT_EQ(Run("show model --tag train").out,
            "model: 1 nodes, GraphDef version 0\ninputs: 0\noutputs: 1\n"
            "  step:0  float32 ()  Const\nvariables: 0\noperations: 1\n  1  Const\n");
  EXPECT_THAT(Run("show model --tag serve --dot").out, HasSubstr("label=\"answer\""));
  for (const std::string args : {"show model --dot", "show model --all"}) {
    EXPECT_THAT(ErrorOf(args), HasSubstr("The SavedModel 'model' has 2 graphs: expected --tag with "
                                         "one of 'train', 'serve'"));
  }
  EXPECT_THAT(ErrorOf("show model --tag gpu"), HasSubstr("{train}"));
  EXPECT_EQ(Run("freeze model --output answer --out f.pb").out,
            "f.pb: 1 nodes, the whole graph has 1\n");
  EXPECT_EQ(Run("freeze model --tag train --output step --out f.pb").out,
            "f.pb: 1 nodes, the whole graph has 1\n");
  EXPECT_EQ(Run("diff model f.pb --tag train").out, "1/1 nodes identical\n");
  EXPECT_THAT(LineOf("diff model f.pb", 2, "error: "), HasSubstr("expected --tag"));
  EXPECT_THAT(ErrorOf("show f.pb --tag train"), HasSubstr("--tag: 'f.pb' is no SavedModel"));
  EXPECT_THAT(Run(absl::StrCat("show ", kSavedModel, " --dot")).out, StartsWith("digraph {"));
}

TEST_F(SessileToolTest, DrawsGraphs) {
  Graph(Counter());
  const std::string drawing = Run("show g.pbtxt --dot").out;
  EXPECT_THAT(drawing, StartsWith("digraph {"));
  EXPECT_THAT(drawing, HasSubstr("n4 [label=\"scope/count\", xlabel=\"AssignAdd\"];"));
  EXPECT_THAT(drawing, HasSubstr("  n2 -> n4;\n  n0 -> n4;\n"));
}

TEST_F(SessileToolTest, SaysThatAnOperationIsNotRegistered) {
  Graph(One("one") + "node { name: 'u' op: 'Unheard' input: 'one' }" + Add("y", "one", "u"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --fetch y:0"), HasSubstr("Unheard"));
  EXPECT_THAT(ErrorOf("run g.pbtxt --fetch u:3"),
              HasSubstr("error: NOT_FOUND: Op type not registered 'Unheard' (node 'u')"));
  EXPECT_EQ(Run("run g.pbtxt --fetch one:0").exit_code, 0);
}

TEST_F(SessileToolTest, BenchSaysHowLongRunsTakeAndWhereTheTimeGoes) {
  Graph(absl::StrCat(Input("x", "DT_FLOAT", "dim { size: -1 }"), Add("sum", "x", "x"),
                     Add("twice", "sum", "sum")));
  const Result result =
      Run("bench g.pbtxt --feed 'x=[1, 2]' --fetch twice --runs 3 --traced 2 --threads 1");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("2 nodes: 1 kernels"));
  EXPECT_THAT(result.out, HasSubstr("3 runs: "));
  EXPECT_THAT(result.out, HasSubstr(" 100.0%        1  AddV2+AddV2\n"));
}

TEST_F(SessileToolTest, BenchListsEachKernelOnDemand) {
  Graph(absl::StrCat(Counter()));
  const Result result =
      Run("bench g.pbtxt --init init --feed x=1 --target scope/count --runs 1 --traced 1 --each");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("  AssignAdd scope/count\n"));
  EXPECT_THAT(Run("bench g.pbtxt").err, HasSubstr("give --fetch or --target"));
}

}  // namespace
}  // namespace sessile
