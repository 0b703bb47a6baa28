#include "sessile/ops/saved_model.h"

#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/error_of.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const char kGoldenSavedModel[] = SESSILE_TEST_DATA_DIR "/saved_model";

class SavedModelFolderTest : public ::testing::Test {
 protected:
  SavedModelFolderTest() { std::filesystem::remove_all(folder_); }
  ~SavedModelFolderTest() override { std::filesystem::remove_all(folder_); }

  // What the signature "serving_default" gives for [[1, 2]].
  std::vector<float> Serve(const std::string& folder) {
    const Graph graph;
    Session sess(graph);
    const MetaGraphDef meta = saved_model::load(sess, {"serve"}, folder);
    const SignatureDef signature = saved_model::signature_defs(meta).at("serving_default");
    EXPECT_EQ(signature.inputs.at("in").shape.ToString(), "[?,2]");
    EXPECT_EQ(sess.run<float>("ready:0"), 7.0f);
    return sess.run<std::vector<float>>(signature.outputs.at("out").name,
                                        {{signature.inputs.at("in").name, {{1.0, 2.0}}}});
  }

  const std::string folder_ = ::testing::TempDir() + absl::StrCat("saved_model_test.", getpid());
};

TEST_F(SavedModelFolderTest, TensorFlowsIsServed) {
  EXPECT_THAT(Serve(kGoldenSavedModel), ElementsAre(11));
}

TEST_F(SavedModelFolderTest, OursIsServed) {
  {
    const Graph graph;
    const auto with = graph.as_default();
    const Output x = placeholder(float32, {None, 2}, "x");
    const Variable w({{5.0}, {6.0}}, {.name = "w"});
    const Variable ready(0.0, {.name = "ready"});
    const Output y = matmul(x, w, {.name = "y"});
    const Output made_ready = ready.assign(7.0);
    const Operation init = group({made_ready});
    Session sess(graph);
    sess.run(global_variables_initializer());
    saved_model::simple_save(sess, folder_, {{"in", x}}, {{"out", y}}, init);
  }
  EXPECT_TRUE(saved_model::maybe_saved_model_directory(folder_));
  EXPECT_THAT(Serve(folder_), ElementsAre(17));
}

TEST_F(SavedModelFolderTest, TagsMustMatchExactly) {
  const Graph graph;
  Session sess(graph);
  EXPECT_THAT(ErrorOf([&] {
                saved_model::load(sess, {"serve", "gpu"}, kGoldenSavedModel);
              }),
              HasSubstr("MetaGraphDef associated with tags {gpu, serve} could not be found"));
  EXPECT_THAT(ErrorOf([&] { saved_model::load(sess, {}, kGoldenSavedModel); }),
              HasSubstr("It has {serve}"));
}

TEST_F(SavedModelFolderTest, MustBeThere) {
  const Graph graph;
  Session sess(graph);
  EXPECT_THAT(ErrorOf([&] { saved_model::load(sess, {"serve"}, "/nowhere"); }),
              HasSubstr("SavedModel file does not exist at: /nowhere"));
  EXPECT_FALSE(saved_model::maybe_saved_model_directory("/nowhere"));
}

TEST_F(SavedModelFolderTest, AFolderWithFilesIsNotWrittenTo) {
  std::filesystem::create_directories(folder_ + "/something");
  EXPECT_THAT(ErrorOf([&] { saved_model::SavedModelBuilder builder(folder_); }),
              HasSubstr("Export directory already exists"));
}

}  // namespace
}  // namespace sessile
