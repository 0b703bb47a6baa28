#include "sessile/ops/saved_model.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/io/file.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/saver.h"
#include "sessile/proto/meta_graph.pb.h"
#include "sessile/proto/saved_model.pb.h"
#include "sessile/proto/saver.pb.h"
#include "sessile/tests/error_of.h"
#include "sessile/tests/temp_folder.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const char kGoldenSavedModel[] = SESSILE_TEST_DATA_DIR "/saved_model";

class SavedModelFolderTest : public ::testing::Test {
 protected:
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

  const TempFolder temp_;
  const std::string folder_ = temp_.file("model");
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

// A model that keeps the path of its asset, which it lists as often as this says: in the field for
// it and, where that is empty, in the collection of older programs.
void SaveModelWithAsset(const std::string& folder, int in_field, int in_collection) {
  {
    const Graph graph;
    const auto with = graph.as_default();
    const Output path = constant("", {.name = "path"});
    const Variable seen("", {.name = "seen"});
    const Output see = seen.assign(path);
    const Operation init = group({see});
    Session sess(graph);
    sess.run(global_variables_initializer());
    saved_model::simple_save(sess, folder, {}, {{"out", seen}}, init);
  }
  const std::string file = folder + "/saved_model.pb";
  pb::SavedModel model;
  ASSERT_TRUE(model.ParseFromString(*ReadFile(file)));
  pb::MetaGraphDef& meta = *model.mutable_meta_graphs(0);
  pb::AssetFileDef asset;
  asset.mutable_tensor_info()->set_name("path:0");
  asset.set_filename("words.txt");
  for (int i = 0; i < in_field; ++i) *meta.add_asset_file_def() = asset;
  pb::CollectionDef& assets = (*meta.mutable_collection_def())["saved_model_assets"];
  for (int i = 0; i < in_collection; ++i) {
    assets.mutable_any_list()->add_value()->set_value(asset.SerializeAsString());
  }
  ASSERT_TRUE(WriteFile(file, model.SerializeAsString()).ok());
}

TEST_F(SavedModelFolderTest, AnAssetMayBeListedTwice) {
  for (const auto& [in_field, in_collection] : {std::pair(1, 1), {2, 0}, {0, 2}}) {
    std::filesystem::remove_all(folder_);
    SaveModelWithAsset(folder_, in_field, in_collection);
    const Graph graph;
    Session sess(graph);
    saved_model::load(sess, {"serve"}, folder_);
    EXPECT_EQ(sess.run<std::string>("seen:0"), folder_ + "/assets/words.txt");
  }
}

// A graph whose operation `init` keeps the path of `asset` in the variable "seen".
struct ModelWithAsset {
  explicit ModelWithAsset(const std::string& asset) : path(constant(asset, {.name = "path"})) {
    const Variable seen("", {.name = "seen"});
    init = group({seen.assign(path)});
    sess.run(global_variables_initializer());
  }
  void Save(const std::string& folder, std::vector<Output> assets) {
    saved_model::SavedModelBuilder builder(folder);
    builder.add_meta_graph_and_variables(sess, {"serve"},
                                         {.assets_collection = std::move(assets), .main_op = init});
    builder.save();
  }

  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  const Output path;
  Operation init;
  Session sess{graph};
};

TEST_F(SavedModelFolderTest, AssetsAreCopied) {
  const std::string source = temp_.file("words.txt");
  ASSERT_TRUE(WriteFile(source, "ham\nspam\n").ok());
  {
    ModelWithAsset model(source);
    add_to_collection(GraphKeys::ASSET_FILEPATHS, model.path);
    saved_model::simple_save(model.sess, folder_, {}, {}, model.init);
  }
  std::filesystem::remove(source);
  const Graph graph;
  Session sess(graph);
  saved_model::load(sess, {"serve"}, folder_);
  const auto seen = sess.run<std::string>("seen:0");
  EXPECT_EQ(seen, folder_ + "/assets/words.txt");
  EXPECT_EQ(ReadFile(seen).value(), "ham\nspam\n");
}

TEST_F(SavedModelFolderTest, OtherAssetsOfOneNameGetNumbers) {
  std::vector<std::string> paths;
  for (const char* const folder : {"a", "b", "c", "d"}) {
    paths.push_back(temp_.file(folder) + "/words.txt");
    ASSERT_TRUE(MakeFolders(temp_.file(folder)).ok());
    ASSERT_TRUE(WriteFile(paths.back(), folder[0] == 'd' ? "a" : folder).ok());
  }
  ModelWithAsset model(paths[0]);
  std::vector<Output> assets;
  for (const std::string& path : paths) assets.push_back(constant(path));
  model.Save(folder_, assets);
  EXPECT_EQ(ReadFile(folder_ + "/assets/words.txt").value(), "a");  // d's too
  EXPECT_EQ(ReadFile(folder_ + "/assets/words.txt_1").value(), "b");
  EXPECT_EQ(ReadFile(folder_ + "/assets/words.txt_2").value(), "c");
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/assets/words.txt_3"));
}

TEST_F(SavedModelFolderTest, RefusesWhatIsNoAsset) {
  ModelWithAsset model(temp_.file("none.txt"));
  const auto error = [&](const Output& asset) {
    std::filesystem::remove_all(folder_);
    return ErrorOf([&] { model.Save(folder_, {asset}); });
  };
  EXPECT_THAT(error(model.path), HasSubstr("none.txt"));
  EXPECT_THAT(error(constant("", {.name = "empty"})),
              HasSubstr("Asset path tensor 'empty:0' must be a constant with one path"));
  EXPECT_THAT(error(constant(1.0)), HasSubstr("is of float"));
  EXPECT_THAT(error(constant({"a", "b"})), HasSubstr("has 2 elements"));
  EXPECT_THAT(error(identity(model.path)), HasSubstr("is the output of a Identity"));
}

TEST_F(SavedModelFolderTest, HasOneMainOp) {
  ModelWithAsset model("");
  model.Save(folder_, {});
  std::filesystem::remove_all(folder_);
  EXPECT_THAT(ErrorOf([&] { model.Save(folder_, {}); }),
              HasSubstr("already contains one or more main ops under the collection "
                        "saved_model_main_op"));
}

TEST_F(SavedModelFolderTest, SaysWhichVariableTheCheckpointDoesNotFit) {
  {
    const Graph graph;
    const auto with = graph.as_default();
    const Variable w({{5.0}, {6.0}}, {.name = "w"});
    Session sess(graph);
    sess.run(global_variables_initializer());
    saved_model::simple_save(sess, folder_, {}, {{"out", w}});
    const Graph other;
    const auto with_other = other.as_default();
    const Variable wider({5.0, 6.0, 7.0}, {.name = "w"});
    Session other_sess(other);
    other_sess.run(global_variables_initializer());
    train::Saver().save(other_sess, folder_ + "/variables/variables", {.write_meta_graph = false});
  }
  const Graph graph;
  Session sess(graph);
  EXPECT_THAT(ErrorOf([&] { saved_model::load(sess, {"serve"}, folder_); }),
              HasSubstr("Variable 'w' has shape (2, 1), but tensor 'w' of checkpoint '" + folder_ +
                        "/variables/variables' has shape (3,)"));
}

// A model of {"x"} to {"y"} with a second signature, whose input is what `encode` makes of it.
template <typename Encode>
void SaveWithSignature(const std::string& folder, Encode encode) {
  const Graph graph;
  const auto with = graph.as_default();
  const Output x = placeholder(float32, {}, "x");
  const Output y = add(x, 1.0, "y");
  Session sess(graph);
  saved_model::simple_save(sess, folder, {{"x", x}}, {{"y", y}});
  pb::SavedModel model;
  const std::string file = folder + "/saved_model.pb";
  ASSERT_TRUE(model.ParseFromString(*ReadFile(file)));
  auto& signatures = *model.mutable_meta_graphs(0)->mutable_signature_def();
  encode(&(*signatures["other"].mutable_inputs())["in"]);
  ASSERT_TRUE(WriteFile(file, model.SerializeAsString()).ok());
}

std::map<std::string, SignatureDef> SignaturesIn(const std::string& folder) {
  return saved_model::signature_defs(saved_model::FindMetaGraph(folder, {"serve"}).value());
}

TEST_F(SavedModelFolderTest, SignaturesHaveSparseTensors) {
  const TensorInfo sparse{
      .coo_sparse = CooSparse{.values = "v:0", .indices = "i:0", .dense_shape = "s:0"},
      .dtype = float32,
      .shape = {None, 4}};
  {
    const Graph graph;
    const auto with = graph.as_default();
    const Variable w(1.0, {.name = "w"});
    Session sess(graph);
    sess.run(global_variables_initializer());
    saved_model::SavedModelBuilder builder(folder_);
    builder.add_meta_graph_and_variables(
        sess, {"serve"},
        {.signature_def_map = {{"a", saved_model::build_signature_def({{"in", sparse}}, {}, "m")},
                               {"b", saved_model::predict_signature_def({}, {{"out", w}})}}});
    builder.save();
  }
  const auto signatures = SignaturesIn(folder_);
  EXPECT_EQ(signatures.at("a").inputs.at("in"), sparse);
  EXPECT_EQ(signatures.at("b").outputs.at("out").name, "w/read:0");
}

TEST_F(SavedModelFolderTest, CompositeTensorsHaveNoNameAndAreInNobodysWay) {
  SaveWithSignature(folder_, [](pb::TensorInfo* info) {
    // composite_tensor, field 5, as TensorFlow writes it.
    ASSERT_TRUE(info->ParseFromString(std::string("\x2a\x05\x12\x03\x0a\x01z", 7)));
  });
  const auto signatures = SignaturesIn(folder_);
  EXPECT_EQ(signatures.at("other").inputs.at("in").name, "");
  EXPECT_EQ(signatures.at("serving_default").outputs.at("y").name, "y:0");
}

TEST_F(SavedModelFolderTest, AModelWhoseVariablesAreMissingIsRefused) {
  std::filesystem::copy(kGoldenSavedModel, folder_, std::filesystem::copy_options::recursive);
  std::filesystem::remove_all(folder_ + "/variables");
  const auto load = [&] {
    const Graph graph;
    Session sess(graph);
    saved_model::load(sess, {"serve"}, folder_);
  };
  const std::string wanted =
      "The passed save_path is not a valid checkpoint: " + folder_ + "/variables/variables";
  EXPECT_THAT(ErrorOf(load), HasSubstr(wanted));
  // Nor may the Saver be missing too.
  pb::SavedModel model;
  ASSERT_TRUE(model.ParseFromString(*ReadFile(folder_ + "/saved_model.pb")));
  model.mutable_meta_graphs(0)->clear_saver_def();
  ASSERT_TRUE(WriteFile(folder_ + "/saved_model.pb", model.SerializeAsString()).ok());
  EXPECT_THAT(ErrorOf(load), HasSubstr(wanted));
}

TEST_F(SavedModelFolderTest, AModelWithoutVariablesIsServed) {
  SaveWithSignature(folder_, [](pb::TensorInfo* info) { info->set_name("x:0"); });
  for (const bool has_empty_saver : {false, true}) {
    pb::SavedModel model;
    ASSERT_TRUE(model.ParseFromString(*ReadFile(folder_ + "/saved_model.pb")));
    EXPECT_FALSE(model.meta_graphs(0).has_saver_def());
    if (has_empty_saver) model.mutable_meta_graphs(0)->mutable_saver_def();
    ASSERT_TRUE(WriteFile(folder_ + "/saved_model.pb", model.SerializeAsString()).ok());
    const Graph graph;
    Session sess(graph);
    saved_model::load(sess, {"serve"}, folder_);
    EXPECT_EQ(sess.run<float>("y:0", {{"x:0", 2.0}}), 3.0f);
  }
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
  const auto error = [&] { return ErrorOf([&] { saved_model::load(sess, {"serve"}, folder_); }); };
  std::filesystem::create_directories(folder_);
  EXPECT_THAT(error(), HasSubstr("expected saved_model.pb or saved_model.pbtxt in the folder, "
                                 "found nothing"));
  ASSERT_TRUE(WriteFile(folder_ + "/model.pb", "").ok());
  EXPECT_THAT(error(), HasSubstr("found neither"));
  std::filesystem::create_directories(folder_ + "/saved_model.pb");
  EXPECT_THAT(error(), HasSubstr("expected a regular file, but saved_model.pb is a folder"));
  std::filesystem::remove_all(folder_ + "/saved_model.pb");
  ASSERT_TRUE(WriteFile(folder_ + "/saved_model.pb", "").ok());
  EXPECT_THAT(error(),
              HasSubstr("/saved_model.pb' is no SavedModel: expected one or more graphs in "
                        "it, found none"));
}

TEST_F(SavedModelFolderTest, AFolderWithFilesIsNotWrittenTo) {
  std::filesystem::create_directories(folder_ + "/something");
  EXPECT_THAT(ErrorOf([&] { saved_model::SavedModelBuilder builder(folder_); }),
              HasSubstr("Export directory already exists"));
}

}  // namespace
}  // namespace sessile
