#include "sessile/ops/variable.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/collection_ref.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/state.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class VariableTest : public FrontTest {};

std::vector<std::string> Names(const std::vector<Variable>& variables) {
  std::vector<std::string> names;
  for (const Variable& variable : variables) names.push_back(variable.name());
  return names;
}

TEST_F(VariableTest, EqualsTensorFlow) {
  const Variable first(zeros({3}));
  Variable({1.0, 2.0}, {.trainable = false, .name = "w"});
  Variable([] { return ones({2}); }, {.name = "u"});
  Variable(5, {.dtype = float32});
  {
    const name_scope scope("sc");
    Variable(1.0);
  }
  const Output x = placeholder(float32);
  {
    const control_dependencies after({x});
    Variable(zeros({2}), {.name = "z"});
    Variable([] { return zeros({2}); }, {.name = "zz"});
  }
  Variable(x, {.validate_shape = false, .name = "shapeless"});
  Variable(0, {.collections = std::vector<std::string>{"mine"}, .name = "step"});
  global_variables_initializer();
  variables_initializer({}, "none");
  ExpectListing("front_variables.txt", "variables", graph_);
}

TEST_F(VariableTest, UpdatesEqualTensorFlow) {
  const Variable v({1.0, 2.0});
  assign(v, {3.0, 4.0});
  assign(v, v);
  assign_add(v, {1.0, 1.0});
  v.assign({1.0, 2.0});
  v.assign_add({1.0, 1.0});
  v.assign_sub({1.0, 1.0}, {.use_locking = true});
  assign(v, std::vector<double>{1.0}, {.validate_shape = false, .name = "other"});
  is_variable_initialized(v);
  v.read_value();
  v * 2;
  2 * v;
  -v;
  (void)(v < 1);
  ExpectListing("front_variables.txt", "updates", graph_);
}

TEST_F(VariableTest, IsAHandleOnItsNodes) {
  const Variable v({1.0, 2.0}, {.name = "v"});
  EXPECT_EQ(v.name(), "v:0");
  EXPECT_EQ(v.dtype(), float32);
  EXPECT_EQ(v.get_shape(), Shape({2}));
  EXPECT_EQ(v.ref().dtype(), MakeRef(float32));
  EXPECT_EQ(v.value().name(), "v/read:0");
  EXPECT_EQ(v.initializer().name(), "v/Assign");
  EXPECT_EQ(v.initial_value().name(), "v/initial_value:0");
  EXPECT_EQ(v.op().type(), "VariableV2");
  const Variable copy = v;
  EXPECT_TRUE(copy == v);
  EXPECT_EQ(static_cast<Output>(copy), v.value());
}

TEST_F(VariableTest, JoinsItsCollections) {
  const Variable v(1.0, {.name = "v"});
  const Variable frozen(1.0, {.trainable = false, .name = "frozen"});
  const Variable local(1.0, {.trainable = false,
                             .collections = std::vector<std::string>{GraphKeys::LOCAL_VARIABLES},
                             .name = "local"});
  EXPECT_THAT(Names(global_variables()), ElementsAre("v:0", "frozen:0"));
  EXPECT_THAT(Names(trainable_variables()), ElementsAre("v:0"));
  EXPECT_THAT(Names(local_variables()), ElementsAre("local:0"));
  EXPECT_THAT(Names(global_variables("fr")), ElementsAre("frozen:0"));
}

TEST_F(VariableTest, KeepsItsGraphAlive) {
  std::optional<Variable> v;
  {
    Graph other;
    const DefaultGraphScope with = other.as_default();
    v.emplace(1.0);
  }
  EXPECT_EQ(v->name(), "Variable:0");
}

TEST_F(VariableTest, NeedsAnInitialValueOfKnownShape) {
  const Output x = placeholder(float32, {None, 3}, "x");
  EXPECT_THAT(ErrorOf([&] { Variable v(x); }),
              HasSubstr("initial_value must have a shape specified: <tf.Tensor 'x:0' "
                        "shape=(?, 3) dtype=float32>"));
}

TEST_F(VariableTest, RefusesWritesThatDoNotFit) {
  const Variable v({1.0, 2.0}, {.name = "v"});
  EXPECT_THAT(ErrorOf([&] {
                assign(v, {1.0, 2.0, 3.0});
              }),
              HasSubstr("Dimension 0 in both shapes must be equal, but are 2 and 3"));
  EXPECT_THAT(ErrorOf([&] {
                assign(v, constant({1, 2}));
              }),
              HasSubstr("Input 'value' of 'Assign' Op has type int32 that does not match type "
                        "float32 of argument 'ref'."));
  EXPECT_THAT(ErrorOf([&] {
                assign(v.value(), {1.0, 2.0});
              }),
              HasSubstr("'Assign' Op requires that input 'ref' be a mutable tensor (e.g.: a "
                        "tf.Variable)"));
}

TEST_F(VariableTest, AnEmptyOneSaysSo) {
  EXPECT_THAT(ErrorOf([] { Variable().ref(); }), HasSubstr("empty tf::Variable"));
}

TEST_F(VariableTest, ADependencyOnAVariableIsOnItsOperation) {
  const Variable v(1.0, {.name = "v"});
  const control_dependencies after({v});
  const Output x = constant(1);
  ASSERT_EQ(x.op().control_inputs().size(), 1u);
  EXPECT_EQ(x.op().control_inputs()[0].name(), "v");
}

TEST_F(VariableTest, CollectionsHoldWhatTheyAreGiven) {
  const Output x = constant(1.0, {.name = "x"});
  add_to_collection("mine", x);
  add_to_collection("mine", x.op());
  add_to_collection("mine", int64_t{7});
  add_to_collection("mine", std::string("bytes"));
  const auto items = get_collection("mine");
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(items[0].as<Output>(), x);
  EXPECT_EQ(items[0].as<Operation>(), x.op());
  EXPECT_EQ(items[1].name(), "x");
  EXPECT_EQ(items[2].as<int64_t>(), 7);
  EXPECT_EQ(items[3].as<std::string>(), "bytes");
  EXPECT_THAT(ErrorOf([&] { items[1].as<Variable>(); }), HasSubstr("Expected a variable"));
  EXPECT_THAT(ErrorOf([&] { get_collection("mine", "("); }), HasSubstr("no regular expression"));
  EXPECT_TRUE(get_collection("other").empty());
}

TEST_F(VariableTest, ACollectionRefChangesTheCollection) {
  const Output x = constant(1.0, {.name = "x"});
  CollectionRef mine = get_collection_ref("mine");
  EXPECT_TRUE(mine.empty());
  mine.append(x);
  mine.append(int64_t{7});
  add_to_collection("mine", int64_t{8});
  ASSERT_EQ(mine.size(), 3u);
  EXPECT_EQ(mine[0].as<Output>(), x);
  mine.remove(0);
  EXPECT_EQ(get_collection("mine")[0].as<int64_t>(), 7);
  EXPECT_THAT(ErrorOf([&] { mine.remove(2); }), HasSubstr("there is none of index 2"));
  const auto kept = mine.elements();
  mine.clear();
  EXPECT_TRUE(get_collection("mine").empty());
  mine.assign({kept[1], kept[0]});
  EXPECT_THAT(get_collection<int64_t>("mine"), ElementsAre(8, 7));
}

TEST_F(VariableTest, ControlDependenciesTakeACollection) {
  add_to_collection(GraphKeys::UPDATE_OPS, constant(1.0, {.name = "update"}));
  const control_dependencies after(get_collection(GraphKeys::UPDATE_OPS));
  EXPECT_EQ(constant(2.0).op().control_inputs().at(0).name(), "update");
}

}  // namespace
}  // namespace sessile
