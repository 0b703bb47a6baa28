// Writes to rows of a variable.

#include <string>

#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/state.h"
#include "sessile/ops/variable.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class ScatterTest : public ::testing::Test {
 protected:
  // The variable's value after `update`.
  template <typename F>
  Tensor After(F update) {
    const Graph graph;
    const DefaultGraphScope with = graph.as_default();
    const Variable v(constant({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}));
    const Output updated = update(v);
    Session session;
    session.run(v.initializer());
    session.run(updated);
    return session.run(v);
  }
};

TEST_F(ScatterTest, ChangesRowsInTheOrderOfTheIndices) {
  EXPECT_THAT(After([](const Variable& v) {
                return scatter_update(v, {2, 0, 2}, {{7.0, 7.0}, {8.0, 8.0}, {9.0, 9.0}});
              }),
              IsTensor({{8.0, 8.0}, {3.0, 4.0}, {9.0, 9.0}}));
  EXPECT_THAT(After([](const Variable& v) {
                return scatter_add(v, {1, 1}, {{1.0, 1.0}, {10.0, 0.0}});
              }),
              IsTensor({{1.0, 2.0}, {14.0, 5.0}, {5.0, 6.0}}));
  EXPECT_THAT(After([](const Variable& v) {
                return scatter_sub(v, {0}, {{1.0, 1.0}});
              }),
              IsTensor({{0.0, 1.0}, {3.0, 4.0}, {5.0, 6.0}}));
}

TEST_F(ScatterTest, TakesOneUpdateForAll) {
  EXPECT_THAT(After([](const Variable& v) {
                return scatter_mul(v, {0, 2}, 2.0);
              }),
              IsTensor({{2.0, 4.0}, {3.0, 4.0}, {10.0, 12.0}}));
  EXPECT_THAT(After([](const Variable& v) { return scatter_div(v, 1, 2.0); }),
              IsTensor({{1.0, 2.0}, {1.5, 2.0}, {5.0, 6.0}}));
}

TEST_F(ScatterTest, WritesNothingIfAnIndexIsWrong) {
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  const Variable v(constant({1, 2}));
  const Output wrong = scatter_update(v, {0, 2}, {5, 6});
  const Output by_zero = scatter_div(v, {0}, {0});
  Session session;
  session.run(v.initializer());
  EXPECT_NE(ErrorOf([&] { session.run(wrong); }).find("indices[1] = 2 is not in [0, 2)"),
            std::string::npos);
  EXPECT_NE(ErrorOf([&] { session.run(by_zero); }).find("Integer division by zero"),
            std::string::npos);
  EXPECT_THAT(session.run(v), IsTensor({1, 2}));
  EXPECT_NE(ErrorOf([&] { scatter_add(v, {0, 1}, {1, 2, 3}); }).size(), 0u);
}

}  // namespace
}  // namespace sessile
