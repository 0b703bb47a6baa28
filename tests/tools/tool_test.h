// What the tests of the command-line tool have in common: they run it on small graphs, as a shell
// does.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/io/file.h"
#include "sessile/core/io/npy.h"
#include "sessile/tests/temp_folder.h"

namespace sessile {

class ToolTest : public ::testing::Test {
 protected:
  struct Result {
    int exit_code = -1;
    std::string out;
    std::string err;
  };

  // Nodes as text.
  static constexpr const char* kFloat = "attr { key: 'T' value { type: DT_FLOAT } } ";

  static std::string Input(const std::string& name, const std::string& type,
                           const std::string& dims) {
    return absl::StrCat("node { name: '", name, "' op: 'Placeholder' attr { key: 'dtype' value { ",
                        "type: ", type, " } } attr { key: 'shape' value { shape { ", dims,
                        " } } } }\n");
  }
  static std::string Add(const std::string& name, const std::string& a, const std::string& b) {
    return absl::StrCat("node { name: '", name, "' op: 'AddV2' input: '", a, "' input: '", b, "' ",
                        kFloat, "}\n");
  }
  static std::string One(const std::string& name) {
    return absl::StrCat("node { name: '", name, "' op: 'Const' attr { key: 'dtype' value { type: ",
                        "DT_FLOAT } } attr { key: 'value' value { tensor { dtype: DT_FLOAT ",
                        "tensor_shape { } float_val: 1 } } } }\n");
  }
  // total = 0; every run adds x and gives the new value.
  static std::string Counter() {
    return absl::StrCat(
        Input("x", "DT_FLOAT", ""), One("one"),
        "node { name: 'total' op: 'VariableV2' attr { key: 'dtype' value { type: DT_FLOAT } } ",
        "attr { key: 'shape' value { shape { } } } }\n",
        "node { name: 'init' op: 'Assign' input: 'total' input: 'one' ", kFloat, "}\n",
        "node { name: 'scope/count' op: 'AssignAdd' input: 'total' input: 'x' ", kFloat, "}\n");
  }

  static constexpr const char* kSavedModel = SESSILE_TEST_DATA_DIR "/saved_model";
  static constexpr const char* kMetaGraph = SESSILE_TEST_DATA_DIR "/meta_graph.pbtxt";

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
    EXPECT_THAT(result.err, ::testing::StartsWith(start));
    return result.err;
  }

  const TempFolder folder_;
};

}  // namespace sessile
