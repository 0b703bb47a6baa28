#include "sessile/core/graph/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/def_index.h"
#include "sessile/core/graph/scope.h"
#include "sessile/proto/graph.pb.h"
#include "sessile/tests/core/graph/graph_testing.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const OpRegistry& LoopOps() {
  static const OpRegistry& ops = *[] {
    auto* registry = new OpRegistry();
    const auto add = [&](const char* name, ControlFlowKind kind) {
      registry->Add(name)
          .Input("in: T")
          .Output("out: T")
          .Attr("T: type")
          .Shape(UnchangedShape)
          .ControlFlow(kind);
    };
    registry->Add("Source").Output("out: T").Attr("T: type").Attr("size: int = 3");
    registry->Add("Old").Deprecated(20);
    add("Copy", ControlFlowKind::kNone);
    add("Enter", ControlFlowKind::kEnter);
    add("NextIteration", ControlFlowKind::kNextIteration);
    registry->Add("Merge")
        .Input("in: N * T")
        .Output("out: T")
        .Attr("T: type")
        .Attr("N: int >= 1")
        .Shape(MergedInputsShape)
        .ControlFlow(ControlFlowKind::kMerge);
    return registry;
  }();
  return ops;
}

constexpr const char* kType = " attr { key: 'T' value { type: DT_FLOAT } } ";

std::string NodeText(const std::string& name, const std::string& op,
                     const std::vector<std::string>& inputs, const std::string& more = kType) {
  std::string text = absl::StrCat("node { name: '", name, "' op: '", op, "' ");
  for (const std::string& input : inputs) absl::StrAppend(&text, "input: '", input, "' ");
  return absl::StrCat(text, more, "}\n");
}
std::string Source(const std::string& name) { return NodeText(name, "Source", {}); }
std::string Copy(const std::string& name, const std::string& input) {
  return NodeText(name, "Copy", {input});
}

GraphDef Def(const std::string& text) {
  GraphDef def;
  errors::ThrowIfError(def.ParseFromText(text));
  return def;
}

class ImportTest : public ::testing::Test {
 protected:
  // Without a prefix.
  absl::Status Import(const std::string& text, const ImportOptions& options = {}) {
    return ImportGraphDef(Def(text), options, *graph_.impl()).status();
  }
  std::string ErrorOf(const std::string& text, const ImportOptions& options = {}) {
    return std::string(Import(text, options).message());
  }
  // "B(a, ^c)" for each node.
  std::vector<std::string> Nodes() const {
    std::vector<std::string> nodes;
    const GraphDef def = graph_.as_graph_def();
    for (const pb::NodeDef& node : def.message()->node()) {
      nodes.push_back(absl::StrCat(node.name(), "(", absl::StrJoin(node.input(), ", "), ")"));
    }
    return nodes;
  }
  Graph graph_{LoopOps()};
};

TEST_F(ImportTest, TakesAnyOrderOfNodes) {
  ASSERT_TRUE(Import(Copy("B", "a") + Source("a") + Copy("c", "B:0")).ok());
  EXPECT_THAT(Nodes(), ElementsAre("a()", "B(a)", "c(B)"));
}

TEST_F(ImportTest, KeepsTheOrderOfASortedGraph) {
  ASSERT_TRUE(Import(Source("z") + Source("a") + Copy("c", "z") + Source("b")).ok());
  EXPECT_THAT(Nodes(), ElementsAre("z()", "a()", "c(z)", "b()"));
}

TEST_F(ImportTest, FillsInDefaults) {
  ASSERT_TRUE(Import(Source("a")).ok());
  EXPECT_EQ(*graph_.impl()->node(0).attrs().Get<int64_t>("size"), 3);
  EXPECT_EQ(graph_.as_graph_def().message()->node(0).attr().count("size"), 1u);
}

TEST_F(ImportTest, TakesLoops) {
  const std::string loop = Source("a") + NodeText("enter", "Enter", {"a"}) +
                           NodeText("merge", "Merge", {"enter", "next"},
                                    absl::StrCat(kType, "attr { key: 'N' value { i: 2 } }")) +
                           NodeText("next", "NextIteration", {"merge"});
  ASSERT_TRUE(Import(loop).ok());
  EXPECT_THAT(Nodes(), ElementsAre("a()", "enter(a)", "merge(enter, next)", "next(merge)"));
}

TEST_F(ImportTest, RefusesALoopOfAnotherType) {
  const std::string loop =
      Source("a") + NodeText("enter", "Enter", {"a"}) +
      NodeText("merge", "Merge", {"enter", "next"},
               absl::StrCat(kType, "attr { key: 'N' value { i: 2 } }")) +
      "node { name: 'i' op: 'Source' attr { key: 'T' value { type: DT_INT32 } } }" +
      "node { name: 'next' op: 'NextIteration' input: 'i' attr { key: 'T' value { type: DT_INT32 } "
      "} }";
  EXPECT_THAT(ErrorOf(loop),
              HasSubstr("Input 1 of node merge was passed int32 from next:0 incompatible"));
  EXPECT_EQ(graph_.impl()->num_nodes(), 0);
}

TEST_F(ImportTest, RefusesACycleThatIsNoLoop) {
  EXPECT_THAT(ErrorOf(Source("s") + Copy("a", "b") + Copy("b", "a")),
              HasSubstr("2 nodes in a cycle: a, b"));
  EXPECT_THAT(ErrorOf(Copy("a", "a")), HasSubstr("1 nodes in a cycle: a"));
  EXPECT_THAT(ErrorOf(NodeText("a", "Source", {"^a"})), HasSubstr("1 nodes in a cycle"));
}

TEST_F(ImportTest, RefusesADanglingInput) {
  EXPECT_EQ(ErrorOf(Copy("B", "A:0")), "Node 'B': Unknown input node 'A:0'");
  EXPECT_EQ(ErrorOf(Copy("B", "^A")), "Node 'B': Unknown input node '^A'");
  EXPECT_EQ(ErrorOf(Source("a") + Copy("B", "a:x")), "Node 'B': Unknown input node 'a:x'");
  EXPECT_EQ(ErrorOf(Source("a") + Copy("B", "")), "Node 'B': Unknown input node ''");
  EXPECT_EQ(ErrorOf(Source("a") + Copy("B", "a:99999999999")),
            "Node 'B': Unknown input node 'a:99999999999'");
  EXPECT_EQ(ErrorOf(Source("a") + Copy("B", "a:1")),
            "Node 'B': Connecting to invalid output 1 of source node a which has 1 outputs.");
}

TEST_F(ImportTest, RefusesADuplicateName) {
  EXPECT_EQ(ErrorOf(Source("a") + Source("a")), "Node 'a' is not unique");
}

TEST_F(ImportTest, RefusesANodeWithoutOperation) {
  EXPECT_EQ(ErrorOf(NodeText("a", "", {})), "Node 'a' does not specify an operation");
}

TEST_F(ImportTest, RefusesToMapWhatIsNotThere) {
  ASSERT_TRUE(Import(Source("a")).ok());
  const std::string def = Source("x") + NodeText("u", "Unheard", {});
  const auto error = [&](const std::string& key) {
    return ErrorOf(def, {.prefix = "i", .input_map = {{key, Endpoint{0, 0}}}});
  };
  EXPECT_EQ(error("y:0"), "Attempted to map inputs that were not found in graph_def: [y:0]");
  EXPECT_THAT(error("x:1"), HasSubstr("not found in graph_def: [x:1]"));
  EXPECT_THAT(Nodes(), ElementsAre("a()"));
  EXPECT_EQ(error("x:0"), "");  // which nobody reads
  EXPECT_EQ(error("^x"), "");
  EXPECT_EQ(error("u:3"), "");  // who knows how many it has
}

TEST_F(ImportTest, RefusesMalformedNames) {
  for (const char* name : {"a b", "_a", "", "a:0", "^a"}) {
    EXPECT_EQ(ErrorOf(Source(name)),
              absl::StrCat("Node '", name, "': Node name contains invalid characters"));
  }
}

TEST_F(ImportTest, RefusesAttributesThatDoNotFit) {
  const auto attr = [](const std::string& text) { return absl::StrCat(kType, text); };
  EXPECT_THAT(ErrorOf(NodeText("a", "Source", {}, "")),
              HasSubstr("NodeDef missing attr 'T' from Op<name=Source"));
  EXPECT_THAT(ErrorOf(NodeText("a", "Source", {}, attr("attr { key: 'size' value { s: 'x' } }"))),
              HasSubstr("AttrValue had value with type 'string' when 'int' expected"));
  EXPECT_THAT(ErrorOf("node { name: 'a' op: 'Source' attr { key: 'T' value { type: 99 } } }"),
              HasSubstr("invalid DataType"));
}

TEST_F(ImportTest, RefusesWrongNumbersAndTypesOfInputs) {
  EXPECT_THAT(ErrorOf(NodeText("B", "Copy", {})),
              HasSubstr("NodeDef expected inputs 'float' do not match 0 inputs specified; "
                        "Op<name=Copy"));
  EXPECT_THAT(ErrorOf(Source("a") + NodeText("B", "Copy", {"a", "a"})),
              HasSubstr("NodeDef expected inputs 'float' do not match 2 inputs specified"));
  EXPECT_THAT(ErrorOf(Source("a") +
                      NodeText("B", "Copy", {"a"}, "attr { key: 'T' value { type: DT_INT32 } }")),
              HasSubstr("was passed float from a:0 incompatible with expected int32."));
  EXPECT_EQ(ErrorOf(Source("a") + NodeText("B", "Copy", {"^a", "a"})),
            "Node 'B': Control dependencies must come after regular dependencies");
  EXPECT_THAT(
      ErrorOf(Source("a") +
              NodeText("m", "Merge", {"a"},
                       absl::StrCat(kType, "attr { key: 'N' value { i: 1000000000000 } }"))),
      HasSubstr("are supported"));
}

TEST_F(ImportTest, RefusesHugeAndNegativeShapes) {
  const auto shape = [](const std::string& dims) {
    return NodeText("a", "Source", {},
                    absl::StrCat(kType, "attr { key: '_s' value { shape { ", dims, " } } }"));
  };
  EXPECT_THAT(ErrorOf(shape("dim { size: -5 }")),
              HasSubstr("Shape [-5] has dimensions with values below -1"));
  EXPECT_THAT(ErrorOf(shape("dim { size: 9223372036854775807 } dim { size: 4 }")),
              HasSubstr("is too large (more than 2**63 - 1 entries)"));
  EXPECT_THAT(ErrorOf(shape("dim { size: -5 }")), HasSubstr("{{node a}}"));
}

TEST_F(ImportTest, TakesOperationsThatAreNotRegistered) {
  ASSERT_TRUE(Import(Source("a") + NodeText("u", "Unheard", {"a"}) + Copy("b", "u:2")).ok());
  EXPECT_THAT(Nodes(), ElementsAre("a()", "u(a)", "b(u:2)"));
  const Node& unknown = graph_.impl()->node(1);
  EXPECT_EQ(unknown.op(), nullptr);
  EXPECT_EQ(unknown.num_outputs(), 3);
  EXPECT_EQ(unknown.output_shape(2), Shape::Unknown());
  EXPECT_THAT(ErrorOf(NodeText("v", "Unheard", {}) + Copy("c", "v:2000000000")),
              HasSubstr("Node 'v' has no output 2000000000"));
}

TEST_F(ImportTest, RefusesAnOperationThatWasRemoved) {
  EXPECT_TRUE(Import("node { name: 'a' op: 'Old' } versions { producer: 19 }").ok());
  EXPECT_THAT(ErrorOf("node { name: 'b' op: 'Old' } versions { producer: 20 }"),
              HasSubstr("Op Old is not available in GraphDef version 20. It has been removed in "
                        "version 20."));
}

TEST_F(ImportTest, LeavesTheGraphAsItWasAfterAFailure) {
  ASSERT_TRUE(Import(Source("a")).ok());
  EXPECT_FALSE(Import(Source("x") + Copy("y", "x") + Copy("z", "x:7")).ok());
  EXPECT_THAT(Nodes(), ElementsAre("a()"));
  EXPECT_EQ(graph_.impl()->FindNode("x"), nullptr);
  EXPECT_FALSE(Import(Source("x"), {.return_elements = {"nothing"}}).ok());
  EXPECT_TRUE(Import(Source("x") + Copy("y", "x")).ok());
}

TEST_F(ImportTest, KeepsWhatItDoesNotKnow) {
  pb::GraphDef def =
      *Def(Source("a") + "library { function { signature { name: 'f' } } }").message();
  def.mutable_node(0)->GetReflection()->MutableUnknownFields(def.mutable_node(0))->AddVarint(99, 7);
  def.GetReflection()->MutableUnknownFields(&def)->AddLengthDelimited(77, "bytes");
  def.mutable_node(0)->mutable_experimental_type()->set_type_id(pb::TFT_TENSOR);
  def.mutable_debug_info()->add_files("a.py");
  (*def.mutable_node(0)->mutable_attr())["_mine"].set_placeholder("p");
  def.mutable_versions()->set_producer(700);
  def.mutable_versions()->set_min_consumer(12);
  (*def.mutable_node(0)->mutable_attr())["size"].set_i(4);
  const GraphDef in(std::make_shared<const pb::GraphDef>(def));
  ASSERT_TRUE(ImportGraphDef(in, {}, *graph_.impl()).ok());
  EXPECT_EQ(graph_.as_graph_def().DebugString(), in.DebugString());
  EXPECT_EQ(graph_.as_graph_def(), in);
}

// A newer program wrote them; TensorFlow leaves them alone too.
TEST_F(ImportTest, KeepsAttributesThatItDoesNotKnow) {
  const std::string newer = absl::StrCat(kType, "attr { key: 'newer' value { i: 7 } }");
  ASSERT_TRUE(Import(NodeText("a", "Source", {}, newer)).ok());
  EXPECT_EQ(graph_.as_graph_def().message()->node(0).attr().at("newer").i(), 7);
  EXPECT_EQ(graph_.as_graph_def().message()->node(0).attr().at("size").i(), 3);
}

TEST_F(ImportTest, WritesAnAttributeThatChangedSince) {
  ASSERT_TRUE(Import(Source("a")).ok());
  graph_.impl()->SetAttr(graph_.impl()->node(0), "size", 8);
  EXPECT_EQ(graph_.as_graph_def().message()->node(0).attr().at("size").i(), 8);
}

TEST_F(ImportTest, MergesVersionsAndFunctions) {
  const std::string f = "library { function { signature { name: 'f' } } }";
  ASSERT_TRUE(Import(Source("a") + f + "versions { producer: 900 min_consumer: 3 }").ok());
  ASSERT_TRUE(Import(Source("b") + f + "versions { producer: 21 bad_consumers: 5 }").ok());
  ASSERT_TRUE(Import("library { function { signature { name: 'g' } } }").ok());
  const GraphDef def = graph_.as_graph_def();
  EXPECT_EQ(def.message()->versions().producer(), 0);
  EXPECT_EQ(def.message()->versions().min_consumer(), 12);
  EXPECT_THAT(def.message()->versions().bad_consumers(), ElementsAre(5));
  EXPECT_EQ(def.message()->library().function_size(), 2);
  EXPECT_EQ(ErrorOf("library { function { signature { name: 'g' description: 'x' } } }"),
            "Cannot add function 'g' because a different function with the same name already "
            "exists.");
}

TEST_F(ImportTest, RefusesVersionsItCannotRead) {
  EXPECT_THAT(ErrorOf("versions { producer: 9999 min_consumer: 9998 }"),
              HasSubstr("GraphDef min consumer version 9998 above current version 1645"));
  EXPECT_THAT(ErrorOf("versions { producer: -1 }"), HasSubstr("producer version -1 below"));
  EXPECT_THAT(ErrorOf("versions { bad_consumers: 1645 }"),
              HasSubstr("GraphDef disallows consumer version 1645."));
}

TEST_F(ImportTest, RenamesColocationsWithTheNodes) {
  const std::string place = "attr { key: '_class' value { list { s: 'loc:@a' s: 'other' } } }";
  ASSERT_TRUE(Import(NodeText("b", "Source", {}, absl::StrCat(kType, place)) + Source("a"),
                     {.prefix = "in"})
                  .ok());
  const AttrList list = *graph_.impl()->FindNode("in/b")->attrs().Get<AttrList>("_class");
  EXPECT_THAT(list.strings, ElementsAre("loc:@in/a", "other"));
  EXPECT_EQ(ErrorOf(NodeText("b", "Source", {}, absl::StrCat(kType, place))),
            "Node 'b' expects to be colocated with unknown node 'a'");
}

class ImportGraphDefTest : public ImportTest {
 protected:
  void SetUp() override { scope_.emplace(graph_); }
  std::optional<DefaultGraphScope> scope_;
};

TEST_F(ImportGraphDefTest, ColocatesAllNodesWithTheScopes) {
  ASSERT_TRUE(Import(Source("k")).ok());
  const std::string place = "attr { key: '_class' value { list { s: 'loc:@a' } } }";
  const colocate_with with(Operation(graph_.impl(), &graph_.impl()->node(0)));
  import_graph_def(Def(Source("a") + NodeText("b", "Source", {}, absl::StrCat(kType, place))));
  for (const char* const name : {"import/a", "import/b"}) {
    const AttrList list = *graph_.impl()->FindNode(name)->attrs().Get<AttrList>("_class");
    EXPECT_THAT(list.strings, ElementsAre("loc:@k"));
  }
}

TEST_F(ImportGraphDefTest, PutsNodesUnderANameScope) {
  const GraphDef def = Def(Source("a") + Copy("b", "a"));
  const auto first = import_graph_def(def, {.return_elements = {"b:0", "a"}});
  const Output b = first[0];
  const Operation a = first[1];
  EXPECT_EQ(b.name(), "import/b:0");
  EXPECT_EQ(a.name(), "import/a");
  import_graph_def(def);
  import_graph_def(def, {.name = "net"});
  EXPECT_THAT(Nodes(), ElementsAre("import/a()", "import/b(import/a)", "import_1/a()",
                                   "import_1/b(import_1/a)", "net/a()", "net/b(net/a)"));
}

TEST_F(ImportGraphDefTest, MakesNamesUniqueWithoutAScope) {
  const GraphDef def = Def(Source("a") + Copy("b", "a"));
  import_graph_def(def, {.name = ""});
  import_graph_def(def, {.name = ""});
  EXPECT_THAT(Nodes(), ElementsAre("a()", "b(a)", "a_1()", "b_1(a_1)"));
  EXPECT_EQ(graph_.unique_name("a"), "a_2");
}

TEST_F(ImportGraphDefTest, MakesNamesUniqueInAScopeThatIsThere) {
  const GraphDef def = Def(Source("a") + Copy("b", "a"));
  import_graph_def(def, {.name = "foo/"});
  const Output b = import_graph_def(def, {.return_elements = {"b:0"}, .name = "foo"})[0];
  EXPECT_EQ(b.name(), "foo/b_1:0");
  import_graph_def(def, {.name = "foo/"});
  EXPECT_THAT(Nodes(), ElementsAre("foo/a()", "foo/b(foo/a)", "foo/a_1()", "foo/b_1(foo/a_1)",
                                   "foo/a_2()", "foo/b_2(foo/a_2)"));
}

TEST_F(ImportGraphDefTest, TakesNoNameThatAnotherNodeWillHave) {
  import_graph_def(Def(Source("b")), {.name = "foo/"});
  import_graph_def(Def(Source("b") + Source("b_1")), {.name = "foo/"});
  EXPECT_THAT(Nodes(), ElementsAre("foo/b()", "foo/b_2()", "foo/b_1()"));
}

TEST_F(ImportGraphDefTest, TakesNoNameOfAScope) {
  import_graph_def(Def(Source("b/c")), {.name = "foo/"});
  import_graph_def(Def(Source("b") + Source("d/c")), {.name = "foo/"});
  EXPECT_THAT(Nodes(), ElementsAre("foo/b/c()", "foo/b_1()", "foo/d/c()"));
}

TEST_F(ImportGraphDefTest, ReplacesInputs) {
  import_graph_def(Def(Source("x")), {.name = ""});
  const Output x = graph_.get_tensor_by_name("x:0");
  const GraphDef def = Def(Source("a") + Copy("b", "a") + NodeText("c", "Source", {"^a"}));
  const auto found = import_graph_def(def, {.input_map = {{"a", x}}, .return_elements = {"a:0"}});
  EXPECT_EQ(found[0].output(), x);
  EXPECT_THAT(Nodes(), ElementsAre("x()", "import/a()", "import/b(x)", "import/c(^import/a)"));
  // The node behind a replaced input need not be there.
  import_graph_def(Def(Source("gone") + Copy("d", "gone")), {.input_map = {{"gone:0", x}}});
}

TEST_F(ImportGraphDefTest, RefusesWhatItCannotMapOrReturn) {
  import_graph_def(Def(Source("x")), {.name = ""});
  const Output x = graph_.get_tensor_by_name("x:0");
  const GraphDef def = Def(Source("a"));
  const auto error = [&](const ImportGraphDefOptions& options) -> std::string {
    try {
      import_graph_def(def, options);
    } catch (const errors::InvalidArgumentError& e) {
      return e.message();
    }
    return "no error";
  };
  EXPECT_EQ(error({.input_map = {{"q:0", x}}}),
            "Attempted to map inputs that were not found in graph_def: [q:0]");
  EXPECT_EQ(error({.return_elements = {"zz"}}),
            "Requested return node 'zz' not found in graph def");
  EXPECT_EQ(error({.return_elements = {"zz:0"}}),
            "Requested return tensor 'zz:0' not found in graph def");
  EXPECT_EQ(error({.return_elements = {"a:5"}}),
            "Invalid return output 5 of node 'a', which has 1 output(s)");
  Graph other(LoopOps());
  const DefaultGraphScope scope(other);
  EXPECT_THAT(error({.input_map = {{"a:0", x}}}), HasSubstr("is not an element of the graph"));
}

TEST_F(ImportGraphDefTest, ObeysTheScopesThatAreOpen) {
  import_graph_def(Def(Source("x")), {.name = ""});
  const device on("/cpu:1");
  const control_dependencies after({graph_.get_operation_by_name("x")});
  import_graph_def(Def(Source("a") + Copy("b", "a")));
  EXPECT_THAT(Nodes(), ElementsAre("x()", "import/a(^x)", "import/b(import/a, ^x)"));
  EXPECT_EQ(graph_.get_operation_by_name("import/a").device(), "/device:CPU:1");
}

// Whatever bytes come, there is a graph or a Status.
class DamagedGraphTest : public ImportTest {
 protected:
  static std::string Whole() {
    return *Def(Source("a") + Copy("b", "a") + NodeText("u", "Unheard", {"b:0", "^a"}) +
                NodeText("m", "Merge", {"a", "b"},
                         absl::StrCat(kType, "attr { key: 'N' value { i: 2 } }",
                                      "attr { key: '_t' value { tensor { dtype: DT_FLOAT "
                                      "tensor_shape { dim { size: 2 } } float_val: 1 } } }")) +
                "versions { producer: 21 }")
                .SerializeToString();
  }
  // False if the bytes are no graph; anything but a Status would end the test.
  static bool Try(const std::string& bytes) {
    GraphDef def;
    if (!def.ParseFromString(bytes).ok()) return false;
    Graph graph(LoopOps());
    if (!ImportGraphDef(def, {}, *graph.impl()).ok()) {
      EXPECT_EQ(graph.impl()->num_nodes(), 0);
      return false;
    }
    EXPECT_EQ(graph.as_graph_def().node_size(), def.node_size());
    return true;
  }
};

TEST_F(DamagedGraphTest, EveryPrefixIsAGraphOrAnError) {
  const std::string whole = Whole();
  int refused = 0;
  for (size_t size = 0; size < whole.size(); ++size) refused += !Try(whole.substr(0, size));
  EXPECT_GT(refused, static_cast<int>(whole.size()) * 9 / 10);
  EXPECT_TRUE(Try(whole));
}

TEST_F(DamagedGraphTest, EveryChangedByteIsAGraphOrAnError) {
  const std::string whole = Whole();
  int refused = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const int change : {0x01, 0x08, 0x40, 0x80, 0xff}) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ change);
      refused += !Try(bytes);
    }
  }
  EXPECT_GT(refused, static_cast<int>(whole.size()));
}

TEST(ParseTensorNameTest, TakesNamesApart) {
  const auto parts = [](absl::string_view name) {
    const TensorName parsed = ParseTensorName(name);
    return absl::StrCat(parsed.node, " ", parsed.index);
  };
  EXPECT_EQ(parts("a"), "a 0");
  EXPECT_EQ(parts("a/b:2"), "a/b 2");
  EXPECT_EQ(parts("a:01"), "a 1");
  EXPECT_EQ(parts("^a"), "a -1");
  EXPECT_EQ(parts("a:"), "a: 0");
  EXPECT_EQ(parts("a:-1"), "a:-1 0");
  EXPECT_EQ(parts(""), " 0");
}

}  // namespace
}  // namespace sessile
