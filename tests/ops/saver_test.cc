// The Saver and the files that it keeps. tests/golden/saver.py has TensorFlow's graphs.

#include "sessile/ops/saver.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "sessile/core/io/file.h"
#include "sessile/ops/array.h"
#include "sessile/ops/checkpoints.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/layers.h"
#include "sessile/ops/math.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/train.h"
#include "sessile/ops/variable_scope.h"
#include "sessile/tests/core/checkpoint/checkpoint_testing.h"
#include "sessile/tests/error_of.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Variable Get(const std::string& name, const Shape& shape = {2, 3}, DataType dtype = float32,
             bool trainable = true) {
  return get_variable(name, shape,
                      {.dtype = dtype, .initializer = zeros_initializer(), .trainable = trainable});
}

void UnknownShape() {
  const Output value = placeholder_with_default({1.0}, {None});
  Variable(value, {.validate_shape = false, .name = "unknown"});
}

void ByDevices() {
  {
    const device place("/cpu:1");
    Get("w");
  }
  {
    const device place("/job:ps/task:1");
    Get("a");
  }
  Get("b");
  {
    const device place("/cpu:1");
    Get("v");
  }
  train::Saver({.sharded = true});
}

using Builders = std::map<std::string, std::function<void()>>;

// Savers of the sections of saver.txt: which variables they save, and under which names.
Builders SaversOfVariables() {
  return {{"all_variables",
           [] {
             Get("w");
             Get("b", {3}, float64);
             Get("a", {}, int64, false);
             const train::Saver saver;
             EXPECT_EQ(saver.as_saver_def(),
                       (SaverDef{.filename_tensor_name = "save/Const:0",
                                 .save_tensor_name = "save/control_dependency:0",
                                 .restore_op_name = "save/restore_all",
                                 .max_to_keep = 5,
                                 .keep_checkpoint_every_n_hours = 10000}));
           }},
          {"list_in_any_order",
           [] {
             const Variable w = Get("w");
             const Variable b = Get("b");
             Get("other");
             train::Saver({w, b});
           }},
          {"map_of_names",
           [] {
             const Variable w = Get("w");
             const Variable b = Get("b");
             train::Saver({{"z", b}, {"old/w", w}});
           }},
          {"named",
           [] {
             Get("w");
             {
               const name_scope outer("outer");
               const train::Saver saver(
                   {.max_to_keep = 2, .name = "mine", .filename = "there/model.ckpt"});
               EXPECT_EQ(saver.as_saver_def().restore_op_name, "outer/mine/restore_all");
             }
             train::Saver();
           }},
          {"two", [] {
             Get("w");
             train::Saver();
             train::Saver({.restore_sequentially = true});
           }}};
}

// And how they save them.
Builders SaversWithOptions() {
  return {{"reshaped",
           [] {
             Get("w");
             UnknownShape();
             train::Saver({.reshape = true});
           }},
          {"unknown_shape",
           [] {
             UnknownShape();
             train::Saver();
           }},
          {"sharded",
           [] {
             Get("w");
             Get("b");
             const train::Saver saver({.sharded = true});
             EXPECT_EQ(saver.as_saver_def().save_tensor_name, "save/Identity:0");
           }},
          {"sharded_by_devices", ByDevices},
          {"placed",
           [] {
             const device place("/cpu:1");
             Get("w");
             train::Saver();
           }},
          {"trained", [] {
             const Output x = placeholder(float32, {None, 3});
             const Output y = layers::dense(x, 1);
             train::AdamOptimizer().minimize(reduce_mean(square(y)));
             train::Saver();
           }}};
}

class SaverTest : public CheckpointFolderTest {
 protected:
  Graph graph_;
  DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(SaverTest, BuildsTheNodesThatTensorFlowBuilds) {
  Builders cases = SaversOfVariables();
  cases.merge(SaversWithOptions());
  for (const auto& [name, build] : cases) {
    const Graph graph;
    const auto with = graph.as_default();
    build();
    ExpectListing("saver.txt", name, graph);
  }
}

TEST_F(SaverTest, GoesOnWithNodesThatAreThere) {
  Get("w");
  const SaverDef def = train::Saver().as_saver_def();
  EXPECT_EQ(train::Saver::from_proto(def).as_saver_def(), def);
  EXPECT_EQ(train::Saver::from_proto(def, "a/b").as_saver_def().save_tensor_name,
            "a/b/save/control_dependency:0");
  EXPECT_THAT(ErrorOf([] { train::Saver::from_proto(SaverDef()); }),
              HasSubstr("saver_def must specify the save_tensor_name"));
}

TEST_F(SaverTest, PutsNodesWhereTensorFlowDoes) {
  ByDevices();
  std::ifstream golden(SESSILE_TEST_DATA_DIR "/saver_devices.txt");
  std::string name, place;
  int lines = 0;
  for (; golden >> name >> place; ++lines) {
    EXPECT_EQ(graph_.get_operation_by_name(name).device(), place == "-" ? "" : place) << name;
  }
  EXPECT_EQ(static_cast<size_t>(lines), graph_.get_operations().size());
}

// Variables w = {1, 2} and n = 3, and operations that change them.
class SavedModelTest : public SaverTest {
 protected:
  Variable w_ = Variable({1.0, 2.0}, {.name = "w"});
  Variable n_ = Variable(3, {.trainable = false, .name = "n"});
  Output w2_ = assign_add(w_, {1.0, 1.0});
};

TEST_F(SavedModelTest, RestoresWhatWasSaved) {
  for (const bool sharded : {false, true}) {
    train::Saver saver({.sharded = sharded});
    Session sess;
    sess.run(global_variables_initializer());
    const std::string prefix = saver.save(sess, Path("made/here/model.ckpt"), {.global_step = 7});
    EXPECT_EQ(prefix, Path("made/here/model.ckpt-7"));
    sess.run(w2_);
    EXPECT_THAT(sess.run<std::vector<float>>(w_), ElementsAre(2, 3));
    saver.restore(sess, prefix);
    EXPECT_THAT(sess.run<std::vector<float>>(w_), ElementsAre(1, 2));
    Session other;
    saver.restore(other, train::latest_checkpoint(Path("made/here")));
    EXPECT_EQ(other.run<int32_t>(n_), 3);
    EXPECT_THAT(Files(),
                ElementsAre("made", "made/here", "made/here/checkpoint",
                            "made/here/model.ckpt-7.data-00000-of-00001",
                            "made/here/model.ckpt-7.index", "made/here/model.ckpt-7.meta"));
  }
}

TEST_F(SavedModelTest, GoesOnFromTheGraphBesideTheCheckpoint) {
  add_to_collection(GraphKeys::TRAIN_OP, w2_);
  {
    train::Saver saver({.max_to_keep = 3, .name = "mine"});
    Session sess;
    sess.run(global_variables_initializer());
    saver.save(sess, Path("m"));
  }
  const Graph other;
  const auto with = other.as_default();
  train::Saver saver = train::import_meta_graph(Path("m.meta"));
  EXPECT_EQ(saver.as_saver_def().restore_op_name, "mine/restore_all");
  EXPECT_EQ(saver.as_saver_def().max_to_keep, 3);
  Session sess;
  saver.restore(sess, Path("m"));
  sess.run(get_collection<Output>(GraphKeys::TRAIN_OP)[0]);
  EXPECT_THAT(sess.run<std::vector<float>>(global_variables()[0]), ElementsAre(2, 3));
  saver.save(sess, Path("n"), {.write_meta_graph = false});
  EXPECT_FALSE(std::filesystem::exists(Path("n.meta")));
}

TEST_F(SavedModelTest, AnImportedGraphInAScopeHasASaverToo) {
  train::Saver saver;
  const MetaGraphDef with_saver = saver.export_meta_graph({.collection_list = {{"variables"}}});
  const MetaGraphDef without = train::export_meta_graph();
  const Graph other;
  const auto with = other.as_default();
  EXPECT_EQ(train::import_meta_graph(with_saver, {.import_scope = "a"}).as_saver_def(),
            (SaverDef{.filename_tensor_name = "a/save/Const:0",
                      .save_tensor_name = "a/save/control_dependency:0",
                      .restore_op_name = "a/save/restore_all",
                      .max_to_keep = 5,
                      .keep_checkpoint_every_n_hours = 10000}));
  EXPECT_EQ(train::import_meta_graph(without, {.import_scope = "b"}).as_saver_def().restore_op_name,
            "save/restore_all");
  const size_t nodes = other.get_operations().size();
  EXPECT_EQ(train::import_meta_graph(MetaGraphDef(), {.import_scope = "c"}).as_saver_def(),
            SaverDef());
  EXPECT_EQ(other.get_operations().size(), nodes);
}

TEST_F(SavedModelTest, RestoresUnderOtherNames) {
  Session sess;
  sess.run(global_variables_initializer());
  train::Saver({{"old/w", w_}}).save(sess, Path("x"), {.write_state = false});
  EXPECT_THAT(train::list_variables(Path("x")),
              ElementsAre(std::pair<std::string, Shape>("old/w", {2})));
  const Variable v = Variable({0.0, 0.0}, {.name = "v"});
  Session other;
  train::Saver({{"old/w", v}}).restore(other, Path("x"));
  EXPECT_THAT(other.run<std::vector<float>>(v), ElementsAre(1, 2));
}

TEST_F(SavedModelTest, KeepsTheLatest) {
  train::Saver saver({.max_to_keep = 2});
  Session sess;
  sess.run(global_variables_initializer());
  for (int step = 1; step <= 4; ++step) {
    saver.save(sess, Path("m"), {.global_step = step});
  }
  EXPECT_THAT(saver.last_checkpoints(), ElementsAre(Path("m-3"), Path("m-4")));
  EXPECT_THAT(Files(), ElementsAre("checkpoint", "m-3.data-00000-of-00001", "m-3.index", "m-3.meta",
                                   "m-4.data-00000-of-00001", "m-4.index", "m-4.meta"));
  EXPECT_EQ(
      *ReadFile(Path("checkpoint")),
      absl::StrCat("model_checkpoint_path: \"", Path("m-4"), "\"\nall_model_checkpoint_paths: \"",
                   Path("m-3"), "\"\nall_model_checkpoint_paths: \"", Path("m-4"), "\"\n"));

  train::Saver next({.max_to_keep = 2});
  next.recover_last_checkpoints(train::get_checkpoint_state(Path(""))->all_model_checkpoint_paths);
  next.save(sess, Path("m"), {.global_step = 5});
  EXPECT_THAT(next.last_checkpoints(), ElementsAre(Path("m-4"), Path("m-5")));
  EXPECT_FALSE(train::checkpoint_exists(Path("m-3")));
}

TEST_F(SavedModelTest, KeepsNothingIfLessThanNothingIsToBeKept) {
  train::Saver saver({.max_to_keep = -1});
  Session sess;
  sess.run(global_variables_initializer());
  for (int step = 1; step <= 2; ++step) saver.save(sess, Path("m"), {.global_step = step});
  EXPECT_THAT(saver.last_checkpoints(), IsEmpty());
  EXPECT_THAT(Files(), ElementsAre("checkpoint", "m-1.meta", "m-2.meta"));
}

TEST_F(SavedModelTest, KeepsOneForEveryFewHours) {
  train::Saver saver({.max_to_keep = 1, .keep_checkpoint_every_n_hours = 1e-9});
  Session sess;
  sess.run(global_variables_initializer());
  for (int step = 1; step <= 3; ++step) saver.save(sess, Path("m"), {.global_step = step});
  EXPECT_THAT(saver.last_checkpoints(), ElementsAre(Path("m-3")));
  EXPECT_TRUE(train::checkpoint_exists(Path("m-1")));
}

TEST_F(SavedModelTest, WritesRelativePathsOnDemand) {
  train::Saver saver({.pad_step_number = true, .save_relative_paths = true});
  Session sess;
  sess.run(global_variables_initializer());
  saver.save(sess, Path("run/m"), {.global_step = n_, .latest_filename = "state"});
  EXPECT_EQ(*ReadFile(Path("run/state")),
            "model_checkpoint_path: \"m-00000003\"\n"
            "all_model_checkpoint_paths: \"m-00000003\"\n");
  std::filesystem::rename(Path("run"), Path("moved"));
  EXPECT_EQ(train::latest_checkpoint(Path("moved"), "state"), Path("moved/m-00000003"));
}

TEST_F(SavedModelTest, SaysWhatIsWrong) {
  train::Saver saver;
  Session sess;
  EXPECT_THAT(ErrorOf([&] { saver.save(sess, Path("x")); }),
              HasSubstr("FAILED_PRECONDITION: Attempting to use uninitialized value"));
  EXPECT_THAT(Files(), IsEmpty());
  sess.run(global_variables_initializer());
  EXPECT_THAT(ErrorOf([&] { saver.restore(sess, Path("x")); }),
              HasSubstr("The passed save_path is not a valid checkpoint: " + Path("x")));
  EXPECT_THAT(ErrorOf([&] { saver.restore(sess, ""); }), HasSubstr("Can't load save_path"));
  EXPECT_THAT(ErrorOf([&] { saver.save(sess, Path("x"), {.latest_filename = "a/b"}); }),
              HasSubstr("'latest_filename' must not contain path components"));
  EXPECT_THAT(ErrorOf([&] { saver.save(sess, Path("checkpoint")); }),
              HasSubstr("'latest_filename' collides with 'save_path'"));
  saver.save(sess, Path("x"));
  const Variable other({1.0, 2.0, 3.0}, {.name = "other"});
  EXPECT_THAT(ErrorOf([&] { train::Saver({other}).restore(sess, Path("x")); }),
              HasSubstr("Key other not found in checkpoint"));
  EXPECT_THAT(ErrorOf([&] {
                train::Saver({{"w", other}}).restore(sess, Path("x"));
              }),
              AllOf(HasSubstr("Assign requires shapes of both tensors to match. lhs shape= [3] rhs "
                              "shape= [2]"),
                    HasSubstr("Variable 'other' has shape (3,), but tensor 'w' of checkpoint '" +
                              Path("x") + "' has shape (2,)")));
  EXPECT_THAT(
      ErrorOf([&] { train::load_variable(Path("x.index"), "w"); }),
      HasSubstr("x.index' is one file of a checkpoint: expected the prefix of its files, '" +
                Path("x") + "'"));
  EXPECT_THAT(ErrorOf([&] {
                train::Saver({{"n", other}}).restore(sess, Path("x"));
              }),
              HasSubstr("tensor_name = n; expected dtype float does not equal original dtype "
                        "int32"));
  EXPECT_THAT(ErrorOf([&] {
                train::Saver({{"a", w_}, {"b", w_}});
              }),
              HasSubstr("The same saveable will be restored with two names: b"));
  const Graph empty;
  const auto with = empty.as_default();
  EXPECT_THAT(ErrorOf([] { train::Saver(); }), HasSubstr("No variables to save"));
  train::Saver nothing({.allow_empty = true});
  Session of_empty;
  EXPECT_EQ(nothing.save(of_empty, Path("y")), "");
}

TEST_F(SavedModelTest, ReadsVersion1) {
  const Variable v(zeros({3, 3}), {.name = "v"});
  Session sess;
  train::Saver({{"part", v}}).restore(sess, GoldenCheckpoint("version_1"));
  EXPECT_THAT(sess.run<std::vector<float>>(v), ElementsAre(1, 1, 1, 1, 1, 1, 0, 0, 0));
}

TEST_F(SavedModelTest, ReadersShowWhatIsThere) {
  const auto reader = train::NewCheckpointReader(GoldenCheckpoint("all_types"));
  EXPECT_TRUE(reader.has_tensor("float16"));
  EXPECT_FALSE(reader.has_tensor("x"));
  EXPECT_EQ(reader.get_variable_to_dtype_map().at("float16"), float16);
  EXPECT_EQ(reader.get_variable_to_shape_map().at("empty"), Shape({0, 3}));
  EXPECT_EQ(reader.get_tensor("scalar").scalar<float>(), 1.5f);
  EXPECT_THAT(ErrorOf([&] { reader.get_tensor("x"); }),
              HasSubstr("NOT_FOUND: Key x not found in checkpoint"));
  EXPECT_THAT(ErrorOf([&] { train::load_checkpoint(Path("")); }),
              HasSubstr("Couldn't find 'checkpoint' file or checkpoints in given directory"));
}

}  // namespace
}  // namespace sessile
