#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/array.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/state.h"
#include "sessile/ops/variable.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

class ReferencesTest : public FrontTest {};

TEST_F(ReferencesTest, CountUpToTheLimit) {
  const Variable v(3);
  const Output next = count_up_to(v, 5);
  Session sess;
  sess.run(global_variables_initializer());
  EXPECT_EQ(sess.run<int>(next), 3);
  EXPECT_EQ(sess.run<int>(next), 4);
  EXPECT_EQ(sess.run<int>(v), 5);
  EXPECT_THAT(ErrorOf([&] { sess.run(next); }), HasSubstr("Reached limit of 5"));
}

TEST_F(ReferencesTest, ChooseAVariableToWriteTo) {
  const Variable a(1);
  const Variable b(2);
  const Output index = placeholder(int32, Shape());
  const Output chosen =
      OpBuilder("RefSelect").Input(index).InputList(std::vector<Output>{a.ref(), b.ref()}).Build();
  const Output written = assign_add(chosen, 10);
  Session sess;
  sess.run(global_variables_initializer());
  sess.run(written, {{index, 1}});
  EXPECT_EQ(sess.run<int>(a), 1);
  EXPECT_EQ(sess.run<int>(b), 12);
  EXPECT_EQ(sess.run<int>(identity(chosen), {{index, 0}}), 1);
  EXPECT_THAT(ErrorOf([&] {
                sess.run(written, {{index, 2}});
              }),
              HasSubstr("Index must be in the range [0, 2) but got 2"));
}

TEST_F(ReferencesTest, PassVariablesOn) {
  const Variable v({1.0, 2.0});
  const Output same = OpBuilder("RefIdentity").Input(v.ref()).Build();
  EXPECT_EQ(same.dtype(), MakeRef(float32));
  const Output written = assign(same, {3.0, 4.0});
  Session sess;
  sess.run(written);
  EXPECT_THAT(sess.run(v), IsTensor({3.0, 4.0}));
}

TEST_F(ReferencesTest, TheFirstVariablesHaveNoShapeWhereTheySayScalar) {
  const Output v = OpBuilder("Variable").Attr("shape", Shape()).Attr("dtype", float32).Build();
  EXPECT_FALSE(v.get_shape().has_rank());
  const Output written = assign(v, {{1.0, 2.0}}, {.validate_shape = false});
  Session sess;
  sess.run(written);
  EXPECT_THAT(sess.run(identity(v)), IsTensor({{1.0, 2.0}}));
}

}  // namespace
}  // namespace sessile
