// Runs in a steady state do not allocate.

#ifndef SESSILE_SANITIZED

#include "gtest/gtest.h"
#include "sessile/tests/counted_allocations.h"
#include "sessile/tests/session_testing.h"

namespace sessile {
namespace {

class AllocationTest : public testing::Test {
 protected:
  AllocationTest() : sess_(g_.NewSession({.optimizer_level = 1})) {
    sess_.run(g_.AddOp("Assign", "init", {w_, g_.Const("zeros", Floats({4}, {0, 0, 0, 0}))}));
  }

  TestGraph g_;
  Output x_ = g_.Placeholder("x", float32, {4});
  Output w_ = g_.Variable("w");
  Output sum_ = g_.Op("Add", "sum", {x_, w_});
  Output y_ = g_.Op("Neg", "y", {sum_});
  Output update_ = g_.Op("AssignAdd", "update", {w_, y_});
  Session sess_;
  const Tensor fed_ = Floats({4}, {1, 2, 3, 4});
};

TEST_F(AllocationTest, CountsWhatIsAllocated) {
  EXPECT_EQ(AllocationsOf([] { ::operator delete(::operator new(1)); }), 1);
}

TEST_F(AllocationTest, CallsForTargetsAloneAllocateNothing) {
  const auto step = sess_.make_callable({update_.op()}, {x_});
  std::vector<Tensor> nothing(1);
  EXPECT_EQ(AllocationsOf([&] { step.into(nothing, fed_); }), 0);
}

TEST_F(AllocationTest, CallsThatHaveRoomForTheirResultsAllocateNothing) {
  const auto call = sess_.make_callable({y_, update_.op(), x_, w_}, {x_});
  std::vector<Tensor> results(4);
  EXPECT_EQ(AllocationsOf([&] { call.into(results, fed_); }), 0);
}

// A Buffer for each tensor, and the vector.
TEST_F(AllocationTest, OtherCallsAllocateTheirResults) {
  const auto call = sess_.make_callable({y_, sum_}, {x_});
  EXPECT_EQ(AllocationsOf([&] { call(fed_); }), 3);
}

}  // namespace
}  // namespace sessile

#endif
