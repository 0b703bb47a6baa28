#include "sessile/core/graph/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "sessile/core/framework/errors.h"
#include "sessile/tests/core/graph/graph_testing.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class GraphTest : public ::testing::Test {
 protected:
  Node* Add(NodeSpec spec) {
    absl::StatusOr<Node*> node = impl().AddNode(std::move(spec));
    EXPECT_TRUE(node.ok()) << node.status();
    return node.ok() ? *node : nullptr;
  }
  std::string ErrorOf(NodeSpec spec) {
    return std::string(impl().AddNode(std::move(spec)).status().message());
  }
  GraphImpl& impl() { return *graph_.impl(); }
  Graph graph_{PlainOps()};
};

TEST_F(GraphTest, InfersTheShapeOfANewNode) {
  Node* a = Add(SourceSpec("a", {None, 3}));
  Node* b = Add(SourceSpec("b", {2, None}));
  Node* join = Add(FloatSpec("join", "Join", {{a->id(), 0}, {b->id(), 0}}));
  EXPECT_EQ(join->output_shape(0).ToString(), "[2,3]");
}

TEST_F(GraphTest, LeavesNoTraceOfANodeWhoseShapesContradict) {
  Node* a = Add(SourceSpec("a", {2}));
  Node* b = Add(SourceSpec("b", {3}));
  EXPECT_THAT(ErrorOf(FloatSpec("join", "Join", {{a->id(), 0}, {b->id(), 0}})),
              HasSubstr("must be equal, but are 2 and 3"));
  EXPECT_EQ(impl().FindNode("join"), nullptr);
  EXPECT_EQ(impl().num_nodes(), 2);
  Add(FloatSpec("join", "Join", {{a->id(), 0}, {a->id(), 0}}));
}

TEST_F(GraphTest, RefusesATakenName) {
  Add(SourceSpec("a"));
  EXPECT_THAT(ErrorOf(SourceSpec("a")), HasSubstr("Node name 'a' already exists in the Graph"));
}

TEST_F(GraphTest, RefusesAMalformedName) {
  EXPECT_THAT(ErrorOf(SourceSpec("_a b")), HasSubstr("is not a valid node name"));
  EXPECT_THAT(ErrorOf(SourceSpec("")), HasSubstr("is not a valid node name"));
}

TEST_F(GraphTest, RefusesAnUnknownOp) {
  EXPECT_THAT(ErrorOf({.name = "x", .op = "Foo"}), HasSubstr("Op type not registered 'Foo'"));
}

TEST_F(GraphTest, SaysThatAnOpCameTooLate) {
  OpRegistry ops;
  ops.Freeze();
  const Graph graph(ops);
  ops.Add("Foo");
  const auto error = [&](const char* op) {
    return std::string(graph.impl()->AddNode({.name = "x", .op = op}).status().message());
  };
  EXPECT_THAT(error("Foo"), HasSubstr("registered in the binary running in this process before the "
                                      "first graph is made: it was registered when there was one"));
  EXPECT_THAT(error("Bar"), EndsWith("registered in the binary running in this process."));
}

TEST_F(GraphTest, RefusesAnInputOfAnotherType) {
  Node* a = Add(SourceSpec("a", {}, int32));
  EXPECT_THAT(ErrorOf(FloatSpec("join", "Join", {{a->id(), 0}, {a->id(), 0}})),
              HasSubstr("was passed int32 from a:0 incompatible with expected float."));
}

TEST_F(GraphTest, TakesAReferenceWhereAValueIsExpectedButNotTheReverse) {
  Node* value = Add(SourceSpec("value"));
  Node* state = Add(FloatSpec("state", "State"));
  Add(FloatSpec("join", "Join", {{value->id(), 0}, {state->id(), 0}}));
  EXPECT_THAT(ErrorOf(FloatSpec("write", "Write", {{value->id(), 0}, {value->id(), 0}})),
              HasSubstr("was passed float from value:0 incompatible with expected float_ref."));
}

TEST_F(GraphTest, RefusesAnInputThatIsNotThere) {
  EXPECT_THAT(ErrorOf(FloatSpec("j", "Join", {{7, 0}, {7, 0}})), HasSubstr("not in the graph"));
  Node* a = Add(SourceSpec("a"));
  EXPECT_THAT(ErrorOf(FloatSpec("j", "Join", {{a->id(), 1}, {a->id(), 0}})),
              HasSubstr("not in the graph"));
}

TEST_F(GraphTest, MakesNamesUniqueWithoutRegardToCase) {
  EXPECT_EQ(impl().UniqueName("Mul"), "Mul");
  EXPECT_EQ(impl().UniqueName("mul"), "mul_1");
  EXPECT_EQ(impl().UniqueName("Mul_1"), "Mul_1_1");
  EXPECT_EQ(impl().UniqueName("MUL"), "MUL_2");
}

TEST_F(GraphTest, KeepsTheOrderOfNodes) {
  Add(SourceSpec("b"));
  Add(SourceSpec("a"));
  std::vector<std::string> names;
  for (const Operation& op : graph_.get_operations()) names.push_back(op.name());
  EXPECT_THAT(names, ElementsAre("b", "a"));
}

TEST_F(GraphTest, FindsOperationsAndTensorsByName) {
  Node* a = Add(SourceSpec("scope/a"));
  Add(FloatSpec("both", "Both", {{a->id(), 0}}));
  EXPECT_EQ(graph_.get_operation_by_name("scope/a").type(), "Source");
  EXPECT_EQ(graph_.get_tensor_by_name("both:1").index(), 1);
  EXPECT_THROW(graph_.get_operation_by_name("nowhere"), errors::NotFoundError);
  EXPECT_THROW(graph_.get_tensor_by_name("both"), errors::InvalidArgumentError);
  EXPECT_THROW(graph_.get_tensor_by_name("both:2"), errors::NotFoundError);
  EXPECT_THROW(graph_.get_tensor_by_name("both:-1"), errors::InvalidArgumentError);
  EXPECT_THROW(graph_.get_tensor_by_name("nowhere:0"), errors::NotFoundError);
}

TEST_F(GraphTest, RefusesNodesOnceFinalized) {
  graph_.finalize();
  EXPECT_THAT(ErrorOf(SourceSpec("a")), HasSubstr("Graph is finalized and cannot be modified."));
}

TEST_F(GraphTest, RefusesUseAfterAReset) {
  Node* a = Add(SourceSpec("a"));
  impl().MarkReset();
  EXPECT_THAT(ErrorOf(SourceSpec("b")), HasSubstr("reset_default_graph"));
  EXPECT_THROW(Output(graph_.impl(), {a->id(), 0}).set_shape({}), errors::FailedPreconditionError);
}

TEST_F(GraphTest, ChangesOfANodeBumpTheEpochAndAppendingDoesNot) {
  Node* a = Add(SourceSpec("a"));
  Node* b = Add(SourceSpec("b"));
  Node* join = Add(FloatSpec("join", "Join", {{a->id(), 0}, {a->id(), 0}}));
  const uint64_t before = impl().epoch();
  Add(SourceSpec("c"));
  EXPECT_EQ(impl().epoch(), before);
  ASSERT_TRUE(impl().UpdateInput(*join, 1, {b->id(), 0}).ok());
  EXPECT_GT(impl().epoch(), before);
  EXPECT_EQ(join->inputs()[1].node, b->id());
}

TEST_F(GraphTest, RefusesToReplaceAnInputByAnotherType) {
  Node* a = Add(SourceSpec("a"));
  Node* number = Add(SourceSpec("number", {}, int32));
  Node* join = Add(FloatSpec("join", "Join", {{a->id(), 0}, {a->id(), 0}}));
  EXPECT_FALSE(impl().UpdateInput(*join, 0, {number->id(), 0}).ok());
  EXPECT_FALSE(impl().UpdateInput(*join, 2, {a->id(), 0}).ok());
}

TEST_F(GraphTest, RefinesAShapeAndRefusesAContradiction) {
  const Output out(graph_.impl(), {Add(SourceSpec("a", {None, 3}))->id(), 0});
  out.set_shape({5, None});
  EXPECT_EQ(out.get_shape(), Shape({5, 3}));
  EXPECT_THROW(out.set_shape({6, 3}), errors::InvalidArgumentError);
  EXPECT_EQ(out.get_shape(), Shape({5, 3}));
}

TEST_F(GraphTest, HandlesKeepTheGraphAlive) {
  Output out;
  {
    Graph other(PlainOps());
    out = Output(other.impl(), {(*other.impl()->AddNode(SourceSpec("a")))->id(), 0});
  }
  EXPECT_EQ(out.name(), "a:0");
}

TEST_F(GraphTest, AnEmptyHandleSaysSo) {
  EXPECT_FALSE(Output().has_value());
  EXPECT_THROW(Output().name(), errors::InvalidArgumentError);
  EXPECT_THROW(Operation().type(), errors::InvalidArgumentError);
}

TEST_F(GraphTest, ListsConsumersAndInputs) {
  Node* a = Add(SourceSpec("a"));
  Node* join = Add(FloatSpec("join", "Join", {{a->id(), 0}, {a->id(), 0}}));
  const Output out(graph_.impl(), {a->id(), 0});
  ASSERT_EQ(out.consumers().size(), 1u);
  EXPECT_EQ(out.consumers()[0].name(), "join");
  EXPECT_EQ(Operation(graph_.impl(), join).inputs()[1], out);
}

TEST_F(GraphTest, ThreadsMayAppendAndReadAtTheSameTime) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 50; ++i) {
        Add(SourceSpec("n" + std::to_string(t) + "_" + std::to_string(i)));
        EXPECT_NE(impl().FindNode("n" + std::to_string(t) + "_0"), nullptr);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(impl().num_nodes(), 200);
}

}  // namespace
}  // namespace sessile
