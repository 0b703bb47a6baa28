// Savers of partitioned variables, which graphs that were read have.
// tests/golden/partitioned_saver.py has TensorFlow's graphs and its checkpoint.

#include <functional>
#include <map>

#include "gmock/gmock.h"
#include "sessile/core/io/file.h"
#include "sessile/ops/checkpoints.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/saver.h"
#include "sessile/ops/variable_scope.h"
#include "sessile/tests/core/checkpoint/checkpoint_testing.h"
#include "sessile/tests/error_of.h"
#include "sessile/tests/golden_values.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

constexpr char kMetaGraph[] = SESSILE_TEST_DATA_DIR "/partitioned.pbtxt";

void Read(const std::string& import_scope = "") {
  train::import_scoped_meta_graph(kMetaGraph, {.import_scope = import_scope});
}

Variable Named(const std::string& name) {
  for (const Variable& variable : global_variables()) {
    if (variable.op().name() == name) return variable;
  }
  ADD_FAILURE() << "There is no variable " << name;
  return {};
}

class PartitionedSaverTest : public CheckpointFolderTest {
 protected:
  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(PartitionedSaverTest, BuildsTheNodesThatTensorFlowBuilds) {
  const std::map<std::string, std::function<void()>> cases = {
      {"all_variables", [] { train::Saver(); }},
      {"reshaped", [] { train::Saver({.reshape = true}); }},
      {"sharded", [] { train::Saver({.sharded = true}); }},
      {"some_parts",
       [] {
         train::Saver({Named("p/v/part_3"), Named("p/r/part_1")});
       }},
      {"named_parts_are_whole", [] {
         train::Saver({{"mine", Named("p/v/part_3")}});
       }}};
  for (const auto& [name, build] : cases) {
    const Graph graph;
    const auto with = graph.as_default();
    Read();
    build();
    ExpectListing("partitioned_saver.txt", name, graph);
  }
  Read("scope");
  train::Saver();
  ExpectListing("partitioned_saver.txt", "in_a_scope", graph_);
}

TEST_F(PartitionedSaverTest, RestoresWhatTensorFlowSavedAndSavesTheSame) {
  Read();
  train::Saver saver;
  Session sess;
  saver.restore(sess, GoldenCheckpoint("partitioned"));
  int64_t seed = 0;
  for (const Variable& variable : global_variables()) {
    const Tensor wanted = Wave(variable.shape(), seed++);
    EXPECT_THAT(sess.run<std::vector<float>>(variable),
                ElementsAreArray(wanted.data<float>(), static_cast<size_t>(wanted.num_elements())))
        << variable.name();
  }
  saver.save(sess, Path("again"), {.write_meta_graph = false, .write_state = false});
  for (const char* const file : {".index", ".data-00000-of-00001"}) {
    EXPECT_EQ(*ReadFile(Path("again") + file), *ReadFile(GoldenCheckpoint("partitioned") + file));
  }
  EXPECT_THAT(train::list_variables(Path("again")),
              ElementsAre(std::pair<std::string, Shape>("p/r", {2, 3}),
                          std::pair<std::string, Shape>("p/v", {12, 2}),
                          std::pair<std::string, Shape>("whole", {2})));
}

TEST_F(PartitionedSaverTest, PartsAreReadWhereTheirVariableIs) {
  {
    const device place("/job:ps/task:1");
    Read();
  }
  train::Saver();
  EXPECT_EQ(graph_.get_operation_by_name("save/Read/DisableCopyOnRead").device(), "/job:ps/task:1");
  EXPECT_EQ(graph_.get_operation_by_name("save/Read/ReadVariableOp").device(), "/job:ps/task:1");
  EXPECT_EQ(graph_.get_operation_by_name("save/Identity").device(), "/job:ps/task:1");
  EXPECT_EQ(graph_.get_operation_by_name("save/Identity_1").device(),
            "/job:ps/task:1/device:CPU:0");
}

TEST_F(PartitionedSaverTest, RefusesOtherVariablesOfTheNameOfTheWhole) {
  Read();
  const Variable part = Named("p/v/part_3");
  EXPECT_THAT(ErrorOf([&] {
                train::Saver({part, part});
              }),
              HasSubstr("The same saveable will be restored with two names: p/v"));
  EXPECT_THAT(ErrorOf([&] {
                train::Saver({part, {"p/v", Named("whole")}});
              }),
              HasSubstr("At least two variables have the same name: p/v"));
  EXPECT_THAT(ErrorOf([&] {
                train::Saver({part, {"p/v", Named("p/r/part_0")}});
              }),
              HasSubstr("Mixing slices and non-slices with the same name: p/v"));
}

TEST_F(PartitionedSaverTest, ReadsWithoutCopiesNeedAValue) {
  Read();
  const Operation op =
      OpBuilder("DisableCopyOnRead").Input(Named("p/r/part_0").ref()).BuildOperation();
  for (const int level : {0, 1}) {
    Session sess(ConfigProto{.optimizer_level = level});
    EXPECT_THAT(ErrorOf([&] { sess.run(op); }), HasSubstr("Could not find variable p/r/part_0"));
    sess.run(global_variables_initializer());
    sess.run(op);
  }
}

}  // namespace
}  // namespace sessile
