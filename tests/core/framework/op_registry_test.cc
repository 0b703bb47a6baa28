#include "sessile/core/framework/op_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sessile/core/framework/op_spec.h"
#include "sessile/tests/error_of.h"

namespace sessile {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(ArgSpecTest, ReadsEachForm) {
  EXPECT_EQ(ParseArgSpec("shape: int32")->type, int32);
  EXPECT_EQ(ParseArgSpec("x: T")->type_attr, "T");
  EXPECT_TRUE(ParseArgSpec("ref: Ref(T)")->is_ref);
  EXPECT_EQ(ParseArgSpec("ref: Ref(T)")->type_attr, "T");
  EXPECT_EQ(ParseArgSpec(" inputs : N*T ")->number_attr, "N");
  EXPECT_EQ(ParseArgSpec("inputs: N * float")->type, float32);
}

TEST(ArgSpecTest, RefusesBrokenNotation) {
  for (const char* spec : {"", "x", "x:", ": T", "x: Ref(T", "x: N *", "x: T T", "x: 'T'"}) {
    EXPECT_FALSE(ParseArgSpec(spec).ok()) << spec;
  }
  EXPECT_THAT(MessageOf(ParseArgSpec("x: Ref(T").status()), HasSubstr("expected ')'"));
}

TEST(AttrSpecTest, ReadsTypesAndLimits) {
  EXPECT_EQ(ParseAttrSpec("T: type")->type, "type");
  EXPECT_TRUE(ParseAttrSpec("T: type")->allowed_types.empty());
  EXPECT_THAT(ParseAttrSpec("T: {float, DT_INT32}")->allowed_types, ElementsAre(float32, int32));
  EXPECT_THAT(ParseAttrSpec("T: list({float})")->type, "list(type)");
  EXPECT_EQ(ParseAttrSpec("T: numbertype")->allowed_types.size(), 19u);
  EXPECT_EQ(ParseAttrSpec("T: realnumbertype")->allowed_types.size(), 12u);
  EXPECT_EQ(ParseAttrSpec("N: int >= 2")->minimum, 2);
  EXPECT_EQ(ParseAttrSpec("T: list(type) >= 1")->minimum, 1);
  EXPECT_THAT(ParseAttrSpec("p: {'SAME', \"VALID\"}")->allowed_strings,
              ElementsAre("SAME", "VALID"));
}

TEST(AttrSpecTest, ReadsDefaults) {
  const auto value = [](const char* spec) { return *ParseAttrSpec(spec)->default_value; };
  EXPECT_EQ(value("N: int >= 1 = -3"), AttrValue(-3));
  EXPECT_EQ(value("x: float = 1e-4"), AttrValue(1e-4f));
  EXPECT_EQ(value("b: bool = true"), AttrValue(true));
  EXPECT_EQ(value("s: string = ''"), AttrValue(""));
  EXPECT_EQ(value("p: {'A', 'B'} = 'B'"), AttrValue("B"));
  EXPECT_EQ(value("T: {int32, int64} = int64"), AttrValue(int64));
  EXPECT_EQ(value("shape: shape = { unknown_rank: true }"), AttrValue(Shape::Unknown()));
  EXPECT_EQ(value("shape: shape = {}"), AttrValue(Shape()));
  EXPECT_EQ(value("shape: shape = [?, 3]"), AttrValue(Shape({None, 3})));
  EXPECT_EQ(value("d: list(int) = [1, 1, 2]"), AttrValue(std::vector<int64_t>{1, 1, 2}));
  EXPECT_EQ(value("d: list(string) = ['a']"), AttrValue(std::vector<std::string>{"a"}));
  EXPECT_EQ(value("d: list(int) = []"), AttrValue(AttrList{}));
  EXPECT_FALSE(ParseAttrSpec("N: int")->default_value.has_value());
}

TEST(AttrSpecTest, RefusesBrokenNotation) {
  for (const char* spec :
       {"T", "T: typo", "T: {float, 'a'}", "T: {float", "N: int >=", "N: int = x", "b: bool = 1",
        "s: string = a", "s: string = 'a", "d: list(int", "d: list(int) = [1", "d: list(int) = 1",
        "t: tensor = 3", "N: int = 99999999999999999999", "N: int = 1 1", "T: {}"}) {
    EXPECT_FALSE(ParseAttrSpec(spec).ok()) << spec;
  }
}

TEST(OpRegistryTest, TellsListsOfTypesFromTypes) {
  OpRegistry ops;
  ops.Add("Mixed").Input("list: Tlist").Input("one: T").Attr("T: type").Attr("Tlist: list(type)");
  ops.Freeze();
  ASSERT_TRUE(ops.status().ok()) << ops.status();
  const OpDef* op = ops.Find("Mixed");
  EXPECT_EQ(op->inputs[0].type_list_attr, "Tlist");
  EXPECT_EQ(op->inputs[0].type_attr, "");
  EXPECT_EQ(op->inputs[1].type_attr, "T");
}

TEST(OpRegistryTest, KeepsTheFirstMistake) {
  OpRegistry twice;
  twice.Add("A");
  twice.Add("A").Doc("the second");
  EXPECT_THAT(MessageOf(twice.status()), HasSubstr("Op 'A' is registered twice"));
  EXPECT_EQ(twice.Find("A")->doc, "");

  OpRegistry malformed;
  malformed.Add("B").Input("x T");
  malformed.Add("C").Input("x");
  EXPECT_THAT(MessageOf(malformed.status()), HasSubstr("Op 'B': malformed specification \"x T\""));

  OpRegistry late;
  late.Freeze();
  late.Add("D");
  EXPECT_THAT(MessageOf(late.status()), HasSubstr("Op 'D' is registered too late"));
  EXPECT_EQ(late.Find("D"), nullptr);
  EXPECT_THAT(MessageOf(late.NotRegistered("D", "n")),
              AllOf(HasSubstr("Op type not registered 'D' (node 'n')"),
                    HasSubstr("when there was one already")));
  EXPECT_THAT(MessageOf(late.NotRegistered("E")),
              AllOf(HasSubstr("'E' in binary"), Not(HasSubstr("when there was one already"))));

  OpRegistry dangling;
  dangling.Add("E").Input("x: T").Attr("N: int");
  EXPECT_TRUE(dangling.status().ok());
  dangling.Freeze();
  EXPECT_THAT(MessageOf(dangling.status()), HasSubstr("argument 'x': 'T' is no type"));
}

OpRegistry& Conv() {
  static OpRegistry& ops = *[] {
    auto* registry = new OpRegistry();
    registry->Add("Conv")
        .Input("x: N * T")
        .Output("y: Ref(T)")
        .Attr("N: int >= 1")
        .Attr("T: {float, int32}")
        .Attr("padding: {'SAME', 'VALID'}")
        .Attr("dilations: list(int) = [1, 1]")
        .Stateful();
    return registry;
  }();
  return ops;
}

AttrMap ConvAttrs() {
  AttrMap attrs;
  attrs.Set("N", 2);
  attrs.Set("T", float32);
  attrs.Set("padding", "SAME");
  return attrs;
}

TEST(CheckAttrsTest, AddsDefaultsAndLeavesPrivateNamesAlone) {
  AttrMap attrs = ConvAttrs();
  attrs.Set("_class", std::vector<std::string>{"loc:@a"});
  ASSERT_TRUE(CheckAttrs(*Conv().Find("Conv"), "c", &attrs).ok());
  EXPECT_EQ(attrs.Get<std::vector<int64_t>>("dilations").value(), (std::vector<int64_t>{1, 1}));
  EXPECT_NE(attrs.Find("_class"), nullptr);
}

TEST(CheckAttrsTest, LeavesUnknownNamesToWhoBuilds) {
  AttrMap attrs = ConvAttrs();
  attrs.Set("_class", std::vector<std::string>{"loc:@a"});
  EXPECT_TRUE(CheckAttrNames(*Conv().Find("Conv"), "c", attrs).ok());
  attrs.Set("foo", 3);
  EXPECT_TRUE(CheckAttrs(*Conv().Find("Conv"), "c", &attrs).ok());
  EXPECT_THAT(MessageOf(CheckAttrNames(*Conv().Find("Conv"), "c", attrs)),
              HasSubstr("NodeDef mentions attr 'foo' not in Op<name=Conv; "));
}

TEST(CheckAttrsTest, ReportsAsTensorFlowDoes) {
  const auto error = [](const char* name, AttrValue value) {
    AttrMap attrs = ConvAttrs();
    value.has_value() ? attrs.Set(name, value) : attrs.Erase(name);
    return MessageOf(CheckAttrs(*Conv().Find("Conv"), "c", &attrs));
  };
  EXPECT_THAT(error("T", {}), HasSubstr("NodeDef missing attr 'T' from Op<name=Conv; "));
  EXPECT_THAT(error("T", {}), HasSubstr("; NodeDef: {{node c}}"));
  EXPECT_THAT(error("T", 3), HasSubstr("AttrValue had value with type 'int' when 'type' expected"));
  EXPECT_THAT(error("T", string), HasSubstr("Value for attr 'T' of string is not in the list of "
                                            "allowed values: float, int32"));
  EXPECT_THAT(error("padding", "FULL"),
              HasSubstr("Value for attr 'padding' of \"FULL\" is not in the list of allowed "
                        "values: \"SAME\", \"VALID\""));
  EXPECT_THAT(error("N", 0), HasSubstr("Value for attr 'N' of 0 must be at least minimum 1"));
  EXPECT_THAT(error("dilations", std::vector<float>{1}),
              HasSubstr("type 'list(float)' when 'list(int)' expected"));
  EXPECT_THAT(error("T", static_cast<DataType>(77)), HasSubstr("invalid DataType"));
}

TEST(OpDefTest, SummarizesAsTensorFlowDoes) {
  EXPECT_EQ(SummarizeOpDef(*Conv().Find("Conv")),
            "Op<name=Conv; signature=x:N*T -> y:Ref(T); attr=N:int,min=1; "
            "attr=T:type,allowed=[DT_FLOAT, DT_INT32]; "
            "attr=padding:string,allowed=[\"SAME\", \"VALID\"]; "
            "attr=dilations:list(int),default=[1, 1]; is_stateful=true>");
}

TEST(OpDefTest, GivesTheTypesOfArguments) {
  const OpDef& op = *Conv().Find("Conv");
  AttrMap attrs = ConvAttrs();
  EXPECT_THAT(ArgTypes(op.inputs, attrs).value(), ElementsAre(float32, float32));
  EXPECT_THAT(ArgTypes(op.outputs, attrs).value(), ElementsAre(MakeRef(float32)));
  attrs.Set("N", int64_t{1} << 60);
  EXPECT_FALSE(ArgTypes(op.inputs, attrs).ok());
  attrs.Set("N", -1);
  EXPECT_FALSE(ArgTypes(op.inputs, attrs).ok());
}

}  // namespace
}  // namespace sessile
