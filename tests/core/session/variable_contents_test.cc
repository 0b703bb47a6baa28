#include "sessile/core/session/variable_contents.h"

#include "gtest/gtest.h"
#include "sessile/tests/session_testing.h"

namespace sessile {
namespace {

Tensor VariableOf(const VariableState& variable, const Shape& shape) {
  return variable.EnsureBuffer({float32, shape}).value();
}

TEST(VariableContentsTest, HoldsWhatTheVariablesHeld) {
  VariableState a("a"), b("b");
  VariableState* const variables[] = {&a, &b};
  b.Commit(VariableOf(b, {2}));
  const VariableContents contents(variables);
  EXPECT_FALSE(contents.tensors()[0].has_value());
  EXPECT_EQ(contents.tensors()[1].buffer(), b.content().buffer());
  EXPECT_TRUE(contents.is_current());
}

TEST(VariableContentsTest, StaysCurrentUnderUpdatesInPlace) {
  VariableState a("a");
  VariableState* const variables[] = {&a};
  a.Commit(VariableOf(a, {2}));
  const VariableContents contents(variables);
  a.Commit(VariableOf(a, {2}));
  EXPECT_TRUE(contents.is_current());
}

TEST(VariableContentsTest, IsOutdatedByAnotherBuffer) {
  VariableState a("a");
  VariableState* const variables[] = {&a};
  const VariableContents none(variables);
  a.Commit(VariableOf(a, {2}));
  EXPECT_FALSE(none.is_current());
  const VariableContents two(variables);
  a.Commit(VariableOf(a, {3}));
  EXPECT_FALSE(two.is_current());
  EXPECT_NE(two.id(), none.id());
}

}  // namespace
}  // namespace sessile
