// Graphs with function libraries give what TensorFlow gives; those that make no sense are errors.

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/import.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/session/session.h"
#include "sessile/proto/graph.pb.h"
#include "sessile/tests/error_of.h"
#include "sessile/tests/golden_values.h"

namespace sessile {
namespace {

using ::testing::ElementsAreArray;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

std::vector<double> AsDoubles(const Tensor& tensor) {
  std::vector<double> values;
  if (tensor.dtype() == float32) {
    for (const float v : tensor.flat<float>()) values.push_back(double{v});
  } else {
    for (const int32_t v : tensor.flat<int32_t>()) values.push_back(v);
  }
  return values;
}

std::multiset<std::string> TypesOf(const GraphDef& def) {
  std::multiset<std::string> types;
  for (const pb::NodeDef& node : def.message()->node()) types.insert(node.op());
  return types;
}

class FunctionsTest : public ::testing::TestWithParam<const char*> {};

TEST_P(FunctionsTest, GiveTensorFlowsValues) {
  const std::string name = GetParam();
  Graph graph;
  const auto with = graph.as_default();
  const absl::StatusOr<GraphDef> def =
      ReadGraphDef(absl::StrCat(SESSILE_TEST_DATA_DIR "/functions/", name, ".pbtxt"));
  ASSERT_TRUE(def.ok()) << def.status();
  import_graph_def(*def, {.name = ""});
  Session sess(graph);
  int fetches = 0;
  for (const auto& [key, values] : ReadGoldenValues("functions.txt")) {
    if (!key.starts_with(name + "/")) continue;
    ++fetches;
    const Tensor result = sess.run(key.substr(name.size() + 1),
                                   {{"x:0", std::vector<float>{1, -2, 3}}, {"n:0", int32_t{3}}});
    EXPECT_THAT(AsDoubles(result), Pointwise(FloatNear(1e-5), values)) << key;
  }
  EXPECT_GT(fetches, 0);
  // The graph keeps its calls.
  EXPECT_THAT(TypesOf(graph.as_graph_def()), ElementsAreArray(TypesOf(*def)));
}

INSTANTIATE_TEST_SUITE_P(All, FunctionsTest,
                         ::testing::Values("partitioned_call", "called_by_name", "conditional",
                                           "loop", "nested_loops", "cases", "effects", "in_a_frame",
                                           "while_gradients", "nested_gradients", "cond_gradients",
                                           "tensor_lists"),
                         [](const auto& test) { return std::string(test.param); });

TEST(Functions, EffectsOfACallHappenBeforeItsResultIsThere) {
  Graph graph;
  const auto with = graph.as_default();
  const absl::StatusOr<GraphDef> def =
      ReadGraphDef(SESSILE_TEST_DATA_DIR "/functions/effects.pbtxt");
  ASSERT_TRUE(def.ok()) << def.status();
  import_graph_def(*def, {.name = ""});
  Session sess(graph);
  const FeedDict fails = {{"x:0", std::vector<float>{1, -20, 3}}, {"n:0", int32_t{3}}};
  EXPECT_THAT(ErrorOf([&] { sess.run("five:0", fails); }), HasSubstr("assertion failed"));
}

// A library whose functions are "NAME(a: float) -> (b: float)" with one node each.
std::string Function(const std::string& name, const std::string& op, const std::string& more = "") {
  return absl::StrReplaceAll(
      R"(function { signature { name: 'NAME' input_arg { name: 'a' type: DT_FLOAT }
                                output_arg { name: 'b' type: DT_FLOAT } }
           node_def { name: 'node' op: 'OP' input: 'a' MORE }
           ret { key: 'b' value: 'node:RESULT:0' } } )",
      {{"NAME", name}, {"OP", op}, {"MORE", more}, {"RESULT", op == "Neg" ? "y" : "b"}});
}

constexpr char kCallOfG[] =
    "attr { key: 'Tin' value { list { type: DT_FLOAT } } } "
    "attr { key: 'Tout' value { list { type: DT_FLOAT } } } "
    "attr { key: 'f' value { func { name: 'g' } } }";
constexpr char kFloatAttr[] = "attr { key: 'T' value { type: DT_FLOAT } }";

class BadFunctions : public ::testing::Test {
 protected:
  // Runs "call" of function `op` on 2, with this library.
  std::string ErrorOfCall(const std::string& library, const std::string& op = "f") {
    Graph graph;
    const auto with = graph.as_default();
    GraphDef def;
    const absl::Status parsed = def.ParseFromText(absl::StrCat(
        "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } } "
        "node { name: 'call' op: '",
        op, "' input: 'x' } library { ", library, " }"));
    EXPECT_TRUE(parsed.ok()) << parsed;
    return ErrorOf([&] {
      import_graph_def(def, {.name = ""});
      Session sess(graph);
      result_ = sess.run<float>("call:0", {{"x:0", 2.0f}});
    });
  }
  float result_ = 0;
};

TEST_F(BadFunctions, ThatAreGoodRun) {
  EXPECT_EQ(ErrorOfCall(Function("f", "g") + Function("g", "Neg", kFloatAttr)), "no error");
  EXPECT_EQ(result_, -2.0f);
}

TEST_F(BadFunctions, ThatCallThemselvesAreRefused) {
  EXPECT_THAT(ErrorOfCall(Function("f", "f")), HasSubstr("calls itself"));
  EXPECT_THAT(ErrorOfCall(Function("f", "g") + Function("g", "h") + Function("h", "g")),
              HasSubstr("f -> g -> h -> g"));
}

TEST_F(BadFunctions, ThatGrowBeyondAllBoundsAreRefused) {
  // Each function calls the next one eight times, 8^20 times in the end.
  std::string library = Function("f20", "Neg", kFloatAttr);
  for (int i = 0; i < 20; ++i) {
    const std::string next = absl::StrCat("f", i + 1);
    std::string more;
    for (int k = 0; k < 8; ++k) {
      absl::StrAppend(&more, "} node_def { name: 'more", k, "' op: '", next, "' input: '",
                      k == 0 ? "node:b:0" : absl::StrCat("more", k - 1, ":b:0"), "'");
    }
    absl::StrAppend(&library, Function(i == 0 ? "f" : absl::StrCat("f", i), next, more));
  }
  // Of the call itself: nothing of it was made.
  EXPECT_THAT(ErrorOfCall(library), HasSubstr("Node 'call': Inlining the functions of this graph "
                                              "makes more than 1048576 nodes"));
}

TEST_F(BadFunctions, ThatAreCalledTooDeepAreRefused) {
  std::string library;
  for (int i = 0; i < 1000; ++i) {
    absl::StrAppend(&library,
                    Function(i == 0 ? "f" : absl::StrCat("f", i), absl::StrCat("f", i + 1)));
  }
  EXPECT_THAT(ErrorOfCall(library + Function("f1000", "Neg", kFloatAttr)),
              HasSubstr("functions call each other"));
}

TEST_F(BadFunctions, WhoseBodiesDoNotFitTogetherAreRefused) {
  EXPECT_THAT(ErrorOfCall(Function("f", "Neg")), HasSubstr("NodeDef missing attr 'T'"));
  EXPECT_THAT(ErrorOfCall(Function("f", "NoSuchOp")), HasSubstr("Op type not registered"));
  EXPECT_THAT(ErrorOfCall(Function("f", "Neg", absl::StrCat("input: 'a' ", kFloatAttr))),
              HasSubstr("has 2 inputs"));
  EXPECT_THAT(ErrorOfCall(Function("f", "Neg", "attr { key: 'T' value { placeholder: 'U' } }")),
              HasSubstr("no value for attribute 'U'"));
  EXPECT_THAT(ErrorOfCall(Function("f", "Neg", "attr { key: 'T' value { type: DT_INT32 } }")),
              HasSubstr("incompatible with expected int32"));
  const std::string good = Function("f", "Neg", kFloatAttr);
  EXPECT_THAT(ErrorOfCall(absl::StrReplaceAll(good, {{"node:y:0", "node:y:1"}})),
              HasSubstr("Connecting to invalid output"));
  EXPECT_THAT(ErrorOfCall(absl::StrReplaceAll(good, {{"node:y:0", "node:z:0"}})),
              HasSubstr("has no output 'z'"));
  EXPECT_THAT(ErrorOfCall(absl::StrReplaceAll(good, {{"node:y:0", "other:y:0"}})),
              HasSubstr("Unknown input node"));
  EXPECT_THAT(ErrorOfCall(absl::StrReplaceAll(good, {{"key: 'b'", "key: 'c'"}})),
              HasSubstr("Return value 'b' is missing"));
  EXPECT_THAT(ErrorOfCall(absl::StrReplaceAll(good, {{"input: 'a'", "input: 'node:y:0'"}})),
              HasSubstr("cycle"));
}

TEST_F(BadFunctions, ThatAreNotThereAreAnError) {
  EXPECT_THAT(ErrorOfCall(absl::StrReplaceAll(Function("f", "PartitionedCall", kCallOfG),
                                              {{"node:b:0", "node:output:0"}})),
              HasSubstr("Function 'g' is not defined."));
}

}  // namespace
}  // namespace sessile
