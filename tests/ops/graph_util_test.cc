#include "sessile/ops/graph_util.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/import.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/proto/graph.pb.h"
#include "sessile/tests/error_of.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> NamesAndTypes(const GraphDef& def) {
  std::vector<std::string> names;
  for (const pb::NodeDef& node : def.message()->node())
    names.push_back(node.name() + " " + node.op());
  return names;
}

TEST(GraphUtil, FreezesVariablesAsTheyAre) {
  const Graph graph;
  const auto with = graph.as_default();
  const Output x = placeholder(float32, {2}, "x");
  const Variable w({3.0, 4.0}, {.name = "w"});
  multiply(x, w, "y");
  add(x, w, "other");
  Session sess(graph);
  sess.run(global_variables_initializer());
  const GraphDef frozen =
      graph_util::convert_variables_to_constants(sess, graph.as_graph_def(), {"y"});
  EXPECT_THAT(NamesAndTypes(frozen),
              ElementsAre("x Placeholder", "w Const", "w/read Identity", "y Mul"));
  Graph other;
  const auto with_other = other.as_default();
  import_graph_def(frozen, {.name = ""});
  Session again(other);
  EXPECT_THAT(again.run<std::vector<float>>("y:0", {{"x:0", {1.0, 2.0}}}), ElementsAre(3, 8));
}

TEST(GraphUtil, ExtractsWhatIsNeeded) {
  const Graph graph;
  const auto with = graph.as_default();
  const Output a = constant(1.0, {.name = "a"});
  constant(2.0, {.name = "b"});
  negative(a, "c");
  const GraphDef def = graph.as_graph_def();
  EXPECT_THAT(NamesAndTypes(graph_util::extract_sub_graph(def, {"c"})),
              ElementsAre("a Const", "c Neg"));
  EXPECT_THAT(ErrorOf([&] { graph_util::extract_sub_graph(def, {"nobody"}); }),
              HasSubstr("nobody is not in graph"));
}

}  // namespace
}  // namespace sessile
