// Lists of tensors within one run.

#include <string>

#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class TensorArrayTest : public ::testing::Test {
 protected:
  // Makes the list that the other functions work on.
  void Make(int size, bool dynamic = false, bool clear = true, DataType dtype = float32) {
    const auto outputs = OpBuilder("TensorArrayV3")
                             .Input(size)
                             .Attr("dtype", dtype)
                             .Attr("dynamic_size", dynamic)
                             .Attr("clear_after_read", clear)
                             .BuildAll();
    handle_ = outputs[0];
    flow_ = outputs[1];
  }
  void Write(Input index, Input value) {
    flow_ = OpBuilder("TensorArrayWriteV3")
                .Input(handle_)
                .Input(index)
                .Input(value)
                .Input(flow_)
                .Build();
  }
  Output Read(Input index, DataType dtype = float32) {
    return OpBuilder("TensorArrayReadV3")
        .Input(handle_)
        .Input(index)
        .Input(flow_)
        .Attr("dtype", dtype)
        .Build();
  }
  Output Gather(Input indices) {
    return OpBuilder("TensorArrayGatherV3")
        .Input(handle_)
        .Input(indices)
        .Input(flow_)
        .Attr("dtype", float32)
        .Build();
  }
  std::string ErrorOfEval(const Output& output) {
    return ErrorOf([&] { Eval(output); });
  }

  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
  Output handle_;
  Output flow_;
};

TEST_F(TensorArrayTest, KeepsWhatIsWritten) {
  Make(2);
  Write(1, {3.0, 4.0});
  Write(0, {1.0, 2.0});
  EXPECT_THAT(Eval(Gather({1, 0})), IsTensor({{3.0, 4.0}, {1.0, 2.0}}));
  EXPECT_THAT(Eval(Read(1)), IsTensor({3.0, 4.0}));
  EXPECT_THAT(Eval(OpBuilder("TensorArraySizeV3").Input(handle_).Input(flow_).Build()),
              IsTensor(2));
}

TEST_F(TensorArrayTest, EveryRunHasItsOwn) {
  Make(1);
  Write(0, 1.0);
  const Output value = Read(0);
  Session session;
  EXPECT_THAT(session.run(value), IsTensor(1.0));
  EXPECT_THAT(session.run(value), IsTensor(1.0));
}

TEST_F(TensorArrayTest, HoldsStrings) {
  Make(1, false, true, string);
  Write(0, {"a", "bc"});
  const Tensor value = Eval(Read(0, string));
  EXPECT_EQ(value.flat<std::string>()[1], "bc");
}

TEST_F(TensorArrayTest, GrowsIfItMay) {
  Make(0, true);
  Write(2, 5.0);
  EXPECT_THAT(Eval(Read(2)), IsTensor(5.0));
  EXPECT_NE(ErrorOfEval(Read(1)).find("element shape is not fully defined"), std::string::npos);
  Make(1);
  Write(1, 5.0);
  EXPECT_NE(ErrorOfEval(flow_).find("array is not resizeable and size is: 1"), std::string::npos);
}

TEST_F(TensorArrayTest, ScattersAndConcatenates) {
  Make(3);
  flow_ = OpBuilder("TensorArrayScatterV3")
              .Input(handle_)
              .Input({2, 0})
              .Input({{1.0}, {2.0}})
              .Input(flow_)
              .Build();
  Write(1, {7.0, 8.0});
  const auto joined = OpBuilder("TensorArrayConcatV3")
                          .Input(handle_)
                          .Input(flow_)
                          .Attr("dtype", float32)
                          .BuildAll();
  EXPECT_THAT(Eval(joined[0]), IsTensor({2.0, 7.0, 8.0, 1.0}));
  EXPECT_THAT(Eval(joined[1]), IsTensor({1, 2, 1}));
}

TEST_F(TensorArrayTest, SplitsByLengths) {
  const auto split = [&](Input lengths) {
    Make(2, false, false);
    flow_ = OpBuilder("TensorArraySplitV3")
                .Input(handle_)
                .Input({1.0, 2.0, 3.0})
                .Input(lengths)
                .Input(flow_)
                .Build();
  };
  split(constant({1, 2}, {.dtype = int64}));
  EXPECT_THAT(Eval(Read(1)), IsTensor({2.0, 3.0}));
  split(constant({1, 1}, {.dtype = int64}));
  EXPECT_NE(ErrorOfEval(flow_).find("Expected sum of lengths"), std::string::npos);
}

TEST_F(TensorArrayTest, SaysWhatIsWrong) {
  Make(1);
  Write(0, 1.0);
  Write(0, 2.0);
  EXPECT_NE(ErrorOfEval(flow_).find("it has already been written to"), std::string::npos);
  Make(1);
  Write(0, 1);
  EXPECT_NE(ErrorOfEval(flow_).find("TensorArray dtype is float but Op dtype is int32"),
            std::string::npos);
  Make(1);
  Write(0, 1.0);
  const Output first = Read(0);
  flow_ = first;
  EXPECT_NE(ErrorOfEval(Read(0)).find("twice because it was cleared"), std::string::npos);
  EXPECT_NE(ErrorOfEval(Read(-1)).find("Tried to read from index -1"), std::string::npos);
  Make(-1);
  EXPECT_NE(ErrorOfEval(flow_).find("Size should be >= 0, got -1"), std::string::npos);
  Make(1);
  handle_ = OpBuilder("Placeholder").Attr("dtype", resource).Build();
  EXPECT_NE(ErrorOfEval(Read(0)).find("You must feed a value"), std::string::npos);
}

TEST_F(TensorArrayTest, GradientsAreAddedUp) {
  Make(1);
  Write(0, {1.0, 2.0});
  const auto gradient = OpBuilder("TensorArrayGradV3")
                            .Input(handle_)
                            .Input(flow_)
                            .Attr("source", std::string("gradients"))
                            .BuildAll();
  handle_ = gradient[0];
  flow_ = gradient[1];
  Write(0, {10.0, 20.0});
  Write(0, {1.0, 1.0});
  EXPECT_THAT(Eval(Read(0)), IsTensor({11.0, 21.0}));
}

}  // namespace
}  // namespace sessile
