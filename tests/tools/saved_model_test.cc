// The tool reads SavedModels.
#include <filesystem>

#include "sessile/proto/meta_graph.pb.h"
#include "sessile/proto/saved_model.pb.h"
#include "sessile/tests/tools/tool_test.h"

namespace sessile {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(ToolTest, ServesASavedModel) {
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

TEST_F(ToolTest, SaysWhereASavedModelIsExpected) {
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

TEST_F(ToolTest, ListsASavedModel) {
  EXPECT_EQ(Run(absl::StrCat("show ", kSavedModel)).out,
            "tags: serve\n"
            "  nodes: 39\n"
            "  signature serving_default  tensorflow/serving/predict\n"
            "    input  in  x:0  float32 (?, 2)\n"
            "    output out  y:0  float32 (?, 1)\n");
}

TEST_F(ToolTest, OnlyWhoFeedsASparseTensorOfASignatureFails) {
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

TEST_F(ToolTest, TagsSayWhichGraphOfASavedModelIsMeant) {
  // The graph for training has a node "step" and comes first.
  pb::SavedModel model;
  for (const auto& [tag, node] : {std::pair("train", "step"), std::pair("serve", "answer")}) {
    pb::MetaGraphDef& meta = *model.add_meta_graphs();
    meta.mutable_meta_info_def()->add_tags(tag);
    GraphDef graph;
    EXPECT_TRUE(graph.ParseFromText(One(node)).ok());
    *meta.mutable_graph_def() = *graph.message();
  }
  EXPECT_TRUE(MakeFolders(Path("model")).ok());
  EXPECT_TRUE(WriteFile(Path("model") + "/saved_model.pb", model.SerializeAsString()).ok());
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

}  // namespace
}  // namespace sessile
