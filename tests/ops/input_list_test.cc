// What the functions that take lists of tensors or of dependencies accept.

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/array.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/math.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/variable.h"
#include "sessile/tests/error_of.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class InputListTest : public ::testing::Test {
 protected:
  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
  const Variable w_ = Variable({1.0, 2.0}, {.name = "w"});
  const Output x_ = constant({{3.0, 4.0}, {5.0, 6.0}});
  const std::vector<Output> rows_ = unstack(x_);
};

TEST_F(InputListTest, TakesVectorsOfTensorsAndVariables) {
  Session session;
  session.run(global_variables_initializer());
  EXPECT_THAT(session.run(add_n(rows_)), IsTensor({8.0, 10.0}));
  EXPECT_THAT(session.run(stack(rows_)), IsTensor({{3.0, 4.0}, {5.0, 6.0}}));
  EXPECT_THAT(session.run(concat(split(x_, 2, {.axis = 1}), 0)),
              IsTensor({{3.0}, {5.0}, {4.0}, {6.0}}));
  EXPECT_THAT(session.run(add_n(trainable_variables())), IsTensor({1.0, 2.0}));
  const auto body = [](Output a, Output b) { return std::pair(a + b, b); };
  const std::vector<Output> ends =
      while_loop([](Output a, Output) { return reduce_sum(a) < 20.0; }, body, rows_);
  EXPECT_THAT(session.run(ends[0]), IsTensor({13.0, 16.0}));
}

TEST_F(InputListTest, TakesElementsOfCollections) {
  add_to_collection("losses", rows_[0]);
  add_to_collection("losses", w_);
  Session session;
  session.run(global_variables_initializer());
  EXPECT_THAT(session.run(add_n(get_collection("losses"))), IsTensor({4.0, 6.0}));
  EXPECT_THAT(session.run(add_n(get_collection<Output>("losses"))), IsTensor({4.0, 6.0}));
  add_to_collection("losses", int64_t{3});
  EXPECT_THAT(ErrorOf([] { add_n(get_collection("losses")); }),
              ::testing::HasSubstr("Expected a tensor in a collection"));
}

TEST_F(InputListTest, TakesVectorsOfLists) {
  const std::vector<std::vector<int>> lists = {{1}, {2, 3}};
  EXPECT_THAT(Eval(concat(lists, 0)), IsTensor({1, 2, 3}));
}

TEST_F(InputListTest, OfDependenciesTakesAnythingThatHasAnOperation) {
  add_to_collection("updates", x_.op());
  add_to_collection("updates", w_);
  EXPECT_EQ(group(rows_).node().control_inputs().size(), 1u);
  EXPECT_EQ(group(get_collection("updates")).node().control_inputs().size(), 2u);
  EXPECT_EQ(group(trainable_variables()).node().control_inputs().size(), 1u);
}

}  // namespace
}  // namespace sessile
