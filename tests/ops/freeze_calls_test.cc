// Frozen models of TensorFlow 2. tests/golden/function_model.py has the model and what it gives.

#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/import.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/graph_util.h"
#include "sessile/ops/saved_model.h"
#include "sessile/proto/graph.pb.h"
#include "sessile/tests/error_of.h"
#include "sessile/tests/golden_values.h"

namespace sessile {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

const FeedDict kFeeds = {{"serving_default_x:0", {{1.0, -1.0}, {2.0, 3.0}}}};

class FreezeCallsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const MetaGraphDef meta =
        saved_model::load(session_, {"serve"}, SESSILE_TEST_DATA_DIR "/function_model");
    def_ = meta.graph_def();
  }
  GraphDef Freeze(const std::string& output) {
    return graph_util::convert_variables_to_constants(session_, def_, {output});
  }
  // The model's graph after `change`.
  GraphDef Changed(const std::function<void(pb::GraphDef*)>& change) const {
    auto changed = std::make_shared<pb::GraphDef>(*def_.message());
    change(changed.get());
    return GraphDef(std::move(changed));
  }

  const Graph graph_;
  Session session_{graph_};
  GraphDef def_;
};

TEST_F(FreezeCallsTest, FunctionsTakeTheValuesOfTheirVariables) {
  const GraphDef frozen = Freeze("StatefulPartitionedCall_1");
  EXPECT_FALSE(frozen.message()->has_library());
  const auto golden = ReadGoldenValues("function_model.txt");
  const Graph other;
  const auto with = other.as_default();
  import_graph_def(frozen, {.name = ""});
  for (const int level : {0, 1}) {
    Session sess(ConfigProto{.optimizer_level = level});
    EXPECT_THAT(sess.run<std::vector<float>>("StatefulPartitionedCall_1:1", kFeeds),
                ElementsAreArray(golden.at("y")));
    EXPECT_EQ(static_cast<double>(sess.run<int64_t>("StatefulPartitionedCall_1:0", kFeeds)),
              golden.at("n")[0]);
  }
}

TEST_F(FreezeCallsTest, WhatWritesVariablesCannotBeFrozen) {
  EXPECT_THAT(ErrorOf([&] { Freeze("StatefulPartitionedCall"); }),
              HasSubstr("(AssignAddVariableOp) wants a variable, which a constant cannot be"));
}

TEST_F(FreezeCallsTest, CallsWithoutVariablesStay) {
  def_ = Changed([](pb::GraphDef* def) {
    pb::NodeDef* const call = def->add_node();
    call->set_name("call");
    call->set_op("PartitionedCall");
    call->add_input("serving_default_x");
    pb::FunctionDef* const twice = def->mutable_library()->add_function();
    twice->mutable_signature()->set_name("twice");
    pb::OpDef::ArgDef* const in = twice->mutable_signature()->add_input_arg();
    in->set_name("a");
    in->set_type(pb::DT_FLOAT);
    pb::OpDef::ArgDef* const out = twice->mutable_signature()->add_output_arg();
    out->set_name("b");
    out->set_type(pb::DT_FLOAT);
    (*twice->mutable_ret())["b"] = "a";
    auto& attrs = *call->mutable_attr();
    attrs["f"].mutable_func()->set_name("twice");
    attrs["Tin"].mutable_list()->add_type(pb::DT_FLOAT);
    attrs["Tout"].mutable_list()->add_type(pb::DT_FLOAT);
  });
  const GraphDef frozen = Freeze("call");
  EXPECT_EQ(frozen.message()->node_size(), 2);
  EXPECT_TRUE(frozen.message()->has_library());
}

TEST_F(FreezeCallsTest, UnknownOperationsAreNoBrokenGraph) {
  // Beside the calls, and in their place.
  def_ = Changed([](pb::GraphDef* def) {
    pb::NodeDef* const node = def->add_node();
    node->set_name("unknown");
    node->set_op("Mystery");
    node->add_input("StatefulPartitionedCall_1:1");
  });
  EXPECT_THAT(ErrorOf([&] { Freeze("unknown"); }),
              HasSubstr("'unknown' is of op Mystery, which is not known here"));
  def_ = Changed([](pb::GraphDef* def) {
    for (pb::NodeDef& node : *def->mutable_node()) {
      if (node.name() != "StatefulPartitionedCall_1") continue;
      node.set_op("Mystery");
      node.clear_attr();
    }
  });
  EXPECT_THAT(ErrorOf([&] { Freeze("StatefulPartitionedCall_1"); }),
              HasSubstr("'StatefulPartitionedCall_1' (Mystery) wants a variable, which a constant "
                        "cannot be"));
}

}  // namespace
}  // namespace sessile
