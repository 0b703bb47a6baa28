// Meta graphs, with TensorFlow's as the measure: the same file for the same program, and the same
// graph after reading one and going on.

#include "sessile/ops/meta_graph.h"

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/initializers.h"
#include "sessile/ops/layers.h"
#include "sessile/ops/math.h"
#include "sessile/ops/meta_graph.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/train.h"
#include "sessile/ops/variable_scope.h"
#include "sessile/proto/control_flow.pb.h"
#include "sessile/proto/meta_graph.pb.h"
#include "sessile/proto/variable.pb.h"
#include "sessile/tests/collection_texts.h"
#include "sessile/tests/error_of.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/temp_folder.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const char kGoldenMetaGraph[] = SESSILE_TEST_DATA_DIR "/meta_graph.pbtxt";

// The program of tests/golden/meta_graph.py.
void BuildProgram() {
  const Output x = placeholder(float32, {None, 3}, "x");
  const Output flag = placeholder(bool_, Shape(), "flag");
  const Variable w = get_variable("w", {3, 2}, {.initializer = ones_initializer()});
  const Variable b({1.0, 2.0}, {.trainable = false, .name = "b"});
  const Variable step = train::get_or_create_global_step();
  const Output y = matmul(x, w);
  const auto inner = [&] {
    return cond(
        flag, [&] { return exp(y); }, [&] { return add(y, b); });
  };
  const Output z = cond(flag, inner, [&] { return negative(y); });
  const Output loss = reduce_sum(square(z), {.name = "loss"});
  const Output half = multiply(b, 0.5);
  add_to_collection(GraphKeys::UPDATE_OPS, assign(b, half));
  const Operation training =
      train::GradientDescentOptimizer(0.1).minimize(loss, {.global_step = step});
  add_to_collection(GraphKeys::TRAIN_OP, training);
  add_to_collection("my_losses", loss);
  add_to_collection("numbers", int64_t{3});
  add_to_collection("numbers", int64_t{4});
  add_to_collection("ratios", 0.5f);
  add_to_collection("bytes", std::string("ab"));
}

// But for the full types that newer versions of TensorFlow note beside nodes and arguments.
std::string Difference(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  std::string text;
  google::protobuf::util::MessageDifferencer differ;
  differ.IgnoreField(
      pb::NodeDef::descriptor()->FindFieldByNumber(pb::NodeDef::kExperimentalTypeFieldNumber));
  differ.IgnoreField(pb::OpDef::ArgDef::descriptor()->FindFieldByNumber(
      pb::OpDef::ArgDef::kExperimentalFullTypeFieldNumber));
  differ.set_report_ignores(false);
  differ.ReportDifferencesToString(&text);
  differ.Compare(a, b);
  return text.substr(0, 2000);
}

class MetaGraphTest : public ::testing::Test {
 protected:
  Graph graph_;
  DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(MetaGraphTest, IsTensorFlowsForTheSameProgram) {
  BuildProgram();
  const MetaGraphDef ours = train::export_meta_graph();
  const absl::StatusOr<MetaGraphDef> golden = ReadMetaGraphDef(kGoldenMetaGraph);
  ASSERT_TRUE(golden.ok()) << golden.status();
  EXPECT_EQ(Difference(golden->message()->graph_def(), ours.message()->graph_def()), "");
  EXPECT_EQ(CollectionTexts<pb::CondContextDef>(ours, "cond_context"),
            CollectionTexts<pb::CondContextDef>(*golden, "cond_context"));
  pb::MetaGraphDef wanted = *golden->message();
  pb::MetaGraphDef got = *ours.message();
  got.mutable_meta_info_def()->clear_tensorflow_git_version();
  for (pb::MetaGraphDef* meta : {&wanted, &got}) {
    meta->clear_graph_def();
    meta->mutable_collection_def()->erase("cond_context");
    for (pb::OpDef& op : *meta->mutable_meta_info_def()->mutable_stripped_op_list()->mutable_op()) {
      for (pb::OpDef::AttrDef& attr : *op.mutable_attr()) {
        auto& types = *attr.mutable_allowed_values()->mutable_list()->mutable_type();
        std::sort(types.begin(), types.end());
      }
    }
  }
  EXPECT_EQ(Difference(wanted, got), "");
}

TEST_F(MetaGraphTest, CollectionsComeBack) {
  train::import_scoped_meta_graph(kGoldenMetaGraph);
  EXPECT_EQ(global_variables().size(), 3u);
  ASSERT_EQ(trainable_variables().size(), 1u);
  EXPECT_EQ(trainable_variables()[0].name(), "w:0");
  EXPECT_EQ(trainable_variables()[0], global_variables()[0]);
  EXPECT_EQ(train::get_global_step().name(), "global_step:0");
  EXPECT_THAT(get_collection<int64_t>("numbers"), ElementsAre(3, 4));
  EXPECT_THAT(get_collection<float>("ratios"), ElementsAre(0.5f));
  EXPECT_THAT(get_collection<std::string>("bytes"), ElementsAre("ab"));
  EXPECT_EQ(get_collection<Operation>(GraphKeys::TRAIN_OP)[0].type(), "AssignAdd");
}

std::map<std::string, pb::VariableDef> VariableDefs(const MetaGraphDef& meta) {
  std::map<std::string, pb::VariableDef> variables;
  for (const std::string& bytes :
       meta.message()->collection_def().at("variables").bytes_list().value()) {
    pb::VariableDef variable;
    EXPECT_TRUE(variable.ParseFromString(bytes));
    variables[variable.variable_name()] = variable;
  }
  return variables;
}

TEST_F(MetaGraphTest, VariablesSayHowDevicesShareThem) {
  layers::batch_normalization(placeholder(float32, {None, 3}), {.training = true});
  train::get_or_create_global_step();
  get_variable("own", {2},
               {.synchronization = VariableSynchronization::ON_READ,
                .aggregation = VariableAggregation::SUM});
  EXPECT_EQ(trainable_variables().size(), 2u);
  const MetaGraphDef meta = train::export_meta_graph();
  const auto variables = VariableDefs(meta);
  for (const char* const name : {"moving_mean", "moving_variance"}) {
    const pb::VariableDef& variable =
        variables.at(absl::StrCat("batch_normalization/", name, ":0"));
    EXPECT_EQ(variable.synchronization(), pb::VARIABLE_SYNCHRONIZATION_ON_READ) << name;
    EXPECT_EQ(variable.aggregation(), pb::VARIABLE_AGGREGATION_MEAN) << name;
  }
  EXPECT_EQ(variables.at("batch_normalization/gamma:0").synchronization(), 0);
  EXPECT_EQ(variables.at("global_step:0").aggregation(),
            pb::VARIABLE_AGGREGATION_ONLY_FIRST_REPLICA);
  EXPECT_EQ(variables.at("own:0").aggregation(), pb::VARIABLE_AGGREGATION_SUM);
}

TEST_F(MetaGraphTest, WhatVariablesSayIsKept) {
  get_variable("p/part_0", {2, 3});
  pb::MetaGraphDef changed = *train::export_meta_graph().message();
  pb::VariableDef variable;
  auto& bytes = *(*changed.mutable_collection_def())["variables"].mutable_bytes_list();
  ASSERT_TRUE(variable.ParseFromString(bytes.value(0)));
  variable.set_synchronization(pb::VARIABLE_SYNCHRONIZATION_ON_WRITE);
  variable.set_aggregation(static_cast<pb::VariableAggregation>(77));
  pb::SaveSliceInfoDef& slice = *variable.mutable_save_slice_info_def();
  slice.set_full_name("p");
  for (const int64_t size : {4, 3}) slice.add_full_shape(size);
  for (const int64_t offset : {2, 0}) slice.add_var_offset(offset);
  for (const int64_t size : {2, 3}) slice.add_var_shape(size);
  bytes.set_value(0, variable.SerializeAsString());
  Graph other;
  const auto with = other.as_default();
  train::import_scoped_meta_graph(MetaGraphDef(std::make_shared<pb::MetaGraphDef>(changed)));
  const auto same = VariableDefs(train::export_meta_graph());
  EXPECT_EQ(Difference(variable, same.at("p/part_0:0")), "");
  Graph scoped;
  const auto with_scoped = scoped.as_default();
  train::import_scoped_meta_graph(MetaGraphDef(std::make_shared<pb::MetaGraphDef>(changed)),
                                  {.import_scope = "s"});
  const auto moved = VariableDefs(train::export_meta_graph());
  EXPECT_EQ(moved.at("s/p/part_0:0").save_slice_info_def().full_name(), "s/p");
}

TEST_F(MetaGraphTest, TrainingGoesOn) {
  train::import_scoped_meta_graph(kGoldenMetaGraph);
  const Operation training = get_collection<Operation>(GraphKeys::TRAIN_OP)[0];
  Session sess(graph_);
  sess.run(global_variables_initializer());
  const FeedDict feeds = {{"x:0", {{1.0, 2.0, 3.0}}}, {"flag:0", false}};
  const float before = sess.run<float>("loss:0", feeds);
  sess.run(training, {{"x:0", {{0.01, 0.02, 0.03}}}, {"flag:0", false}});
  EXPECT_LT(sess.run<float>("loss:0", feeds), before);
  EXPECT_EQ(sess.run<int64_t>("global_step:0"), 1);
}

TEST_F(MetaGraphTest, GradientsThroughImportedCondsAreTensorFlows) {
  train::import_scoped_meta_graph(kGoldenMetaGraph);
  const Output loss = get_collection<Output>("my_losses")[0];
  train::MomentumOptimizer(0.1, 0.9, {.name = "Again"}).minimize(loss);
  ExpectListing("meta_graph.txt", "trained_again", graph_);
}

TEST_F(MetaGraphTest, AScopeGoesBeforeAllNames) {
  train::import_scoped_meta_graph(kGoldenMetaGraph, {.import_scope = "scope"});
  EXPECT_EQ(trainable_variables()[0].name(), "scope/w:0");
  const Output loss = get_collection<Output>("my_losses")[0];
  EXPECT_EQ(loss.name(), "scope/loss:0");
  train::MomentumOptimizer(0.1, 0.9, {.name = "Again"}).minimize(loss);
  ExpectListing("meta_graph.txt", "trained_in_a_scope", graph_);
}

TEST_F(MetaGraphTest, AScopeIsTakenOffTheNames) {
  const Output outside = placeholder(float32, {2}, "outside");
  {
    const name_scope scope("part");
    const Variable v({1.0, 2.0}, {.name = "v"});
    const Output sum = add(v, outside, "sum");
    add_to_collection("sums", sum);
  }
  add_to_collection("sums", outside);
  const MetaGraphDef part = train::export_meta_graph({.export_scope = "part"});
  Graph other;
  const auto with = other.as_default();
  EXPECT_THAT(ErrorOf([&] { train::import_scoped_meta_graph(part); }),
              HasSubstr("Graph contains unbound inputs: $unbound_inputs_outside"));
  const Output here = placeholder(float32, {2}, "here");
  train::import_scoped_meta_graph(part, {.input_map = {{"$unbound_inputs_outside", here}}});
  ASSERT_EQ(get_collection("sums").size(), 1u);
  EXPECT_EQ(global_variables()[0].name(), "v:0");
  Session sess(other);
  sess.run(global_variables_initializer());
  EXPECT_THAT(sess.run<std::vector<float>>("sum:0", {{here, {3.0, 4.0}}}), ElementsAre(4, 6));
}

TEST_F(MetaGraphTest, FilesAreTextOrBinary) {
  BuildProgram();
  for (const bool as_text : {false, true}) {
    const TempFolder folder;
    const std::string path = folder.file("graph.meta");
    train::export_meta_graph({.filename = path, .as_text = as_text, .clear_devices = true});
    Graph other;
    const auto with = other.as_default();
    train::import_scoped_meta_graph(path);
    EXPECT_EQ(ListGraph(other).size(), ListGraph(graph_).size());
    EXPECT_EQ(trainable_variables().size(), 1u);
  }
}

TEST_F(MetaGraphTest, ShapesComeBackAndAreNotKept) {
  placeholder(float32, {None, 3}, "x");
  const GraphDef with_shapes = graph_.as_graph_def(/*add_shapes=*/true);
  EXPECT_THAT(with_shapes.DebugString(), HasSubstr("_output_shapes"));
  pb::GraphDef unknown = *with_shapes.message();
  unknown.mutable_node(0)->mutable_attr()->erase("shape");
  Graph other;
  const auto with = other.as_default();
  import_graph_def(GraphDef(std::make_shared<const pb::GraphDef>(unknown)), {.name = ""});
  EXPECT_EQ(other.get_tensor_by_name("x:0").get_shape().ToString(), "[?,3]");
  EXPECT_THAT(other.as_graph_def().DebugString(), Not(HasSubstr("_output_shapes")));
}

TEST_F(MetaGraphTest, OptionsChooseWhatIsWritten) {
  BuildProgram();
  const SaverDef saver{.filename_tensor_name = "save/Const:0", .restore_op_name = "save/restore"};
  const MetaGraphDef meta = train::export_meta_graph({.tags = {"serve"},
                                                      .saver_def = saver,
                                                      .collection_list = {{"numbers"}},
                                                      .strip_default_attrs = true});
  EXPECT_EQ(meta.message()->collection_def().size(), 1u);
  EXPECT_THAT(meta.message()->meta_info_def().tags(), ElementsAre("serve"));
  EXPECT_TRUE(meta.message()->meta_info_def().stripped_default_attrs());
  for (const pb::NodeDef& node : meta.message()->graph_def().node()) {
    EXPECT_FALSE(node.name() == "MatMul" && node.attr().contains("transpose_a"));
  }
  Graph other;
  const auto with = other.as_default();
  EXPECT_EQ(train::import_scoped_meta_graph(meta).saver_def, saver);
}

TEST_F(MetaGraphTest, DefaultsOfANewerProducerAreLeftOut) {
  pb::MetaGraphDef meta;
  pb::NodeDef& node = *meta.mutable_graph_def()->add_node();
  node.set_name("n");
  node.set_op("NoOp");
  (*node.mutable_attr())["newer"].set_i(7);
  const auto import = [&](int64_t standard) {
    pb::MetaGraphDef with_list = meta;
    pb::OpDef& op = *with_list.mutable_meta_info_def()->mutable_stripped_op_list()->add_op();
    op.set_name("NoOp");
    pb::OpDef::AttrDef& attr = *op.add_attr();
    attr.set_name("newer");
    attr.set_type("int");
    attr.mutable_default_value()->set_i(standard);
    Graph other;
    const auto with = other.as_default();
    train::import_scoped_meta_graph(
        MetaGraphDef(std::make_shared<const pb::MetaGraphDef>(std::move(with_list))));
    return other.as_graph_def().message()->node(0).attr().count("newer");
  };
  EXPECT_EQ(import(7), 0u);
  EXPECT_EQ(import(8), 1u);
}

TEST_F(MetaGraphTest, WhatIsNotInTheGraphIsAnError) {
  const auto import = [&](const std::string& text) {
    MetaGraphDef meta;
    EXPECT_TRUE(meta.ParseFromText(text).ok());
    return ErrorOf([&] { train::import_scoped_meta_graph(meta); });
  };
  EXPECT_THAT(import("collection_def { key: 'c' value { node_list { value: 'x:0' } } }"),
              HasSubstr("The name 'x:0' refers to"));
  EXPECT_THAT(import("collection_def { key: 'variables' value { bytes_list { value: 'x' } } }"),
              HasSubstr("an item of collection 'variables'"));
  EXPECT_THAT(import("collection_def { key: 'variables' value { bytes_list { value: '\\n\\001w' } "
                     "} }"),
              HasSubstr("The name 'w' refers to"));
  EXPECT_THAT(ErrorOf([] { train::import_scoped_meta_graph("/nowhere.meta"); }),
              HasSubstr("NOT_FOUND"));
}

}  // namespace
}  // namespace sessile
