#include "sessile/core/graph/scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/node_builder.h"
#include "sessile/tests/core/graph/graph_testing.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ScopeTest : public ::testing::Test {
 protected:
  Operation Add(NodeSpec spec) {
    absl::StatusOr<Node*> node = AddNodeInScope(*graph_.impl(), std::move(spec));
    EXPECT_TRUE(node.ok()) << node.status();
    return Operation(graph_.impl(), *node);
  }
  std::vector<std::string> Controls(const Operation& op) {
    std::vector<std::string> names;
    for (const Operation& control : op.control_inputs()) names.push_back(control.name());
    return names;
  }
  Graph graph_{PlainOps()};
  DefaultGraphScope with_{graph_};
};

TEST_F(ScopeTest, NestsNames) {
  const name_scope outer("a");
  EXPECT_EQ(outer.name(), "a/");
  const name_scope inner("b");
  EXPECT_EQ(inner.name(), "a/b/");
  EXPECT_EQ(graph_.unique_name("x"), "a/b/x");
}

TEST_F(ScopeTest, MakesASecondScopeOfTheSameNameUnique) {
  { const name_scope first("a"); }
  const name_scope second("a");
  EXPECT_EQ(second.name(), "a_1/");
}

TEST_F(ScopeTest, ReentersAScopeByItsSlash) {
  { const name_scope first("a"); }
  const name_scope again("a/");
  EXPECT_EQ(again.name(), "a/");
}

TEST_F(ScopeTest, NoNameIsTheRoot) {
  const name_scope outer("a");
  {
    const name_scope root(nullptr);
    EXPECT_EQ(root.name(), "");
    EXPECT_EQ(graph_.unique_name("x"), "x");
    const name_scope inner("b");
    EXPECT_EQ(inner.name(), "b/");
  }
  EXPECT_EQ(graph_.unique_name("x"), "a/x");
}

TEST_F(ScopeTest, AnEmptyNameIsTheRoot) {
  const name_scope outer("a");
  const name_scope root("");
  EXPECT_EQ(root.name(), "");
  EXPECT_EQ(graph_.unique_name("x"), "x");
}

TEST_F(ScopeTest, RefusesAMalformedScopeName) {
  EXPECT_THROW(name_scope scope("_a"), errors::InvalidArgumentError);
  EXPECT_THROW(name_scope scope("a b"), errors::InvalidArgumentError);
  const name_scope outer("a");
  const name_scope inner("_b");  // allowed below the root, as in TensorFlow
  EXPECT_EQ(inner.name(), "a/_b/");
}

TEST_F(ScopeTest, DoesNotLeakIntoAnotherGraphOrThread) {
  const name_scope outer("a");
  Graph other(PlainOps());
  EXPECT_EQ(other.unique_name("x"), "x");
  std::thread([this] { EXPECT_EQ(graph_.unique_name("x"), "x"); }).join();
  EXPECT_EQ(graph_.unique_name("x"), "a/x");
}

TEST_F(ScopeTest, AddsControlDependencies) {
  const Operation a = Add(FloatSpec("a", "Effect"));
  const Operation b = Add(FloatSpec("b", "Effect"));
  const control_dependencies outer({a});
  const control_dependencies inner({b, a});
  EXPECT_THAT(Controls(Add(FloatSpec("c", "Effect"))), ElementsAre("a", "b"));
}

TEST_F(ScopeTest, LeavesOutADependencyThatAnInputBringsAlong) {
  const Operation first = Add(FloatSpec("first", "Effect"));
  const Operation outside = Add(SourceSpec("outside"));
  const control_dependencies after({first});
  const Operation inside = Add(SourceSpec("inside"));
  EXPECT_THAT(Controls(inside), ElementsAre("first"));
  const Endpoint in{inside.node().id(), 0};
  const Endpoint out{outside.node().id(), 0};
  EXPECT_THAT(Controls(Add(FloatSpec("join", "Join", {in, out}))), IsEmpty());
  EXPECT_THAT(Controls(Add(FloatSpec("join2", "Join", {out, out}))), ElementsAre("first"));
}

TEST_F(ScopeTest, LeavesOutADependencyThatIsAnInput) {
  const Operation a = Add(SourceSpec("a"));
  const control_dependencies after({a});
  const Endpoint in{a.node().id(), 0};
  EXPECT_THAT(Controls(Add(FloatSpec("join", "Join", {in, in}))), IsEmpty());
}

TEST_F(ScopeTest, NullClearsTheDependenciesOfOuterScopes) {
  const Operation a = Add(FloatSpec("a", "Effect"));
  const control_dependencies outer({a});
  {
    const control_dependencies none(nullptr);
    EXPECT_THAT(Controls(Add(FloatSpec("b", "Effect"))), IsEmpty());
  }
  EXPECT_THAT(Controls(Add(FloatSpec("c", "Effect"))), ElementsAre("a"));
}

TEST_F(ScopeTest, RefusesAnEmptyDependency) {
  EXPECT_THROW(control_dependencies({Operation()}), errors::InvalidArgumentError);
  EXPECT_THROW(control_dependencies({Output()}), errors::InvalidArgumentError);
  const Operation a = Add(FloatSpec("a", "Effect"));
  EXPECT_THROW(control_dependencies({a, Operation()}), errors::InvalidArgumentError);
}

TEST_F(ScopeTest, RefusesADependencyOnAnotherGraph) {
  const Operation here = Add(FloatSpec("here", "Effect"));
  Graph other(PlainOps());
  const Operation there(other.impl(), *other.impl()->AddNode(FloatSpec("there", "Effect")));
  EXPECT_THROW(control_dependencies({here, there}), errors::InvalidArgumentError);
  EXPECT_THAT(Controls(Add(FloatSpec("b", "Effect"))), IsEmpty());  // and no scope is left open
}

TEST_F(ScopeTest, ColocatesWithTheGroupsOfAnOp) {
  const Operation a = Add(SourceSpec("a"));
  Operation b;
  {
    const colocate_with with(a);
    b = Add(SourceSpec("b"));
  }
  const colocate_with with(b);
  EXPECT_THAT(b.get_attr<AttrList>("_class").strings, ElementsAre("loc:@a"));
  EXPECT_THAT(Add(SourceSpec("c")).get_attr<AttrList>("_class").strings, ElementsAre("loc:@a"));
}

TEST_F(ScopeTest, MergesDevicesAndForgetsThemInsideAColocation) {
  const device outer("/job:worker/cpu:0");
  const Operation a = Add(SourceSpec("a"));
  EXPECT_EQ(a.device(), "/job:worker/device:CPU:0");
  {
    const device inner("/gpu:1");
    EXPECT_EQ(Add(SourceSpec("b")).device(), "/job:worker/device:GPU:1");
    const device none(nullptr);
    EXPECT_EQ(Add(SourceSpec("none")).device(), "");
  }
  Operation other;
  {
    const device none(nullptr);
    other = Add(SourceSpec("other"));
  }
  const colocate_with with(other);
  EXPECT_EQ(Add(SourceSpec("c")).device(), "");
}

TEST_F(ScopeTest, RefusesAMalformedDevice) {
  EXPECT_THROW(device scope("/cpu:x"), errors::InvalidArgumentError);
  EXPECT_THROW(device scope("gpu"), errors::InvalidArgumentError);
}

TEST_F(ScopeTest, ReportsAScopeDestroyedOutOfOrderAtTheNextNode) {
  auto outer = std::make_unique<name_scope>("a");
  auto inner = std::make_unique<name_scope>("b");
  outer.reset();
  const absl::StatusOr<Node*> node = AddNodeInScope(*graph_.impl(), SourceSpec("x"));
  EXPECT_EQ(node.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(node.status().message()), HasSubstr("destroyed out of order"));
  inner.reset();
}

TEST(DefaultGraphTest, NestsPerThread) {
  const Graph a(PlainOps());
  const Graph b(PlainOps());
  const auto with_a = a.as_default();
  {
    const auto with_b = b.as_default();
    EXPECT_EQ(get_default_graph(), b);
  }
  EXPECT_EQ(get_default_graph(), a);
}

TEST(DefaultGraphTest, RefusesAResetInsideAGraphScope) {
  const Graph a(PlainOps());
  const auto with = a.as_default();
  EXPECT_THROW(reset_default_graph(), errors::FailedPreconditionError);
}

}  // namespace
}  // namespace sessile
