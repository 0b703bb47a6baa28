// Lists of tensors as values: what each operation gives, and that no list changes behind the back
// of others who hold it. Texts of errors are TensorFlow's.

#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/tests/error_of.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

using Dims = std::vector<int32_t>;

class TensorListTest : public ::testing::Test {
 protected:
  static Output ShapeOf(const Dims& dims) { return constant(dims, {.dtype = int32}); }
  static Output AnyShape() { return constant(-1); }

  static Output Empty(const Output& shape, int32_t most = -1) {
    return OpBuilder("EmptyTensorList")
        .Input(shape)
        .Input(most)
        .Attr("element_dtype", float32)
        .Build();
  }
  static Output Reserve(int32_t size, const Output& shape) {
    return OpBuilder("TensorListReserve")
        .Input(shape)
        .Input(size)
        .Attr("element_dtype", float32)
        .Build();
  }
  static Output Reserve(int32_t size) { return Reserve(size, ShapeOf({2})); }
  static Output Set(const Output& list, Input index, Input item, bool resize = false) {
    return OpBuilder("TensorListSetItem")
        .Input(list)
        .Input(index)
        .Input(item)
        .Attr("resize_if_index_out_of_bounds", resize)
        .Build();
  }
  static Output Push(const Output& list, Input item) {
    return OpBuilder("TensorListPushBack").Input(list).Input(item).Build();
  }
  static std::vector<Output> Pop(const Output& list, const Output& shape,
                                 DataType dtype = float32) {
    return OpBuilder("TensorListPopBack")
        .Input(list)
        .Input(shape)
        .Attr("element_dtype", dtype)
        .BuildAll();
  }
  static Output Get(const Output& list, Input index, const Output& shape,
                    DataType dtype = float32) {
    return OpBuilder("TensorListGetItem")
        .Input(list)
        .Input(index)
        .Input(shape)
        .Attr("element_dtype", dtype)
        .Build();
  }
  static Output Stacked(const Output& list, const Output& shape, int64_t size = -1,
                        DataType dtype = float32) {
    return OpBuilder("TensorListStack")
        .Input(list)
        .Input(shape)
        .Attr("element_dtype", dtype)
        .Attr("num_elements", size)
        .Build();
  }
  static Output Stacked(const Output& list) { return Stacked(list, AnyShape()); }
  static Output Gathered(const Output& list, const Dims& indices, const Output& shape) {
    return OpBuilder("TensorListGather")
        .Input(list)
        .Input(constant(indices, {.dtype = int32}))
        .Input(shape)
        .Attr("element_dtype", float32)
        .Build();
  }
  static std::vector<Output> Joined(const Output& list, const Output& shape,
                                    const std::vector<int64_t>& leading = {}) {
    return OpBuilder("TensorListConcatV2")
        .Input(list)
        .Input(shape)
        .Input(constant(leading, {.dtype = int64}))
        .Attr("element_dtype", float32)
        .BuildAll();
  }
  static Output Split(Input tensor, const Output& shape, const std::vector<int64_t>& lengths) {
    return OpBuilder("TensorListSplit")
        .Input(tensor)
        .Input(shape)
        .Input(constant(lengths, {.dtype = int64}))
        .Build();
  }
  static Output Scattered(Input tensor, const Dims& indices, const Output& shape, int32_t size) {
    return OpBuilder("TensorListScatterV2")
        .Input(tensor)
        .Input(constant(indices, {.dtype = int32}))
        .Input(shape)
        .Input(size)
        .Build();
  }
  static Output ScatteredInto(const Output& list, Input tensor, const Dims& indices) {
    return OpBuilder("TensorListScatterIntoExistingList")
        .Input(list)
        .Input(tensor)
        .Input(constant(indices, {.dtype = int32}))
        .Build();
  }
  static Output Resized(const Output& list, int32_t size) {
    return OpBuilder("TensorListResize").Input(list).Input(size).Build();
  }
  static Output Length(const Output& list) {
    return OpBuilder("TensorListLength").Input(list).Build();
  }
  static Output OfRows(Input tensor, const Output& shape) {
    return OpBuilder("TensorListFromTensor").Input(tensor).Input(shape).Build();
  }
  // One element of 2 floats, one of 3.
  static Output OfTwoShapes() { return Push(Push(Empty(AnyShape()), zeros({2})), ones({3})); }
  static std::string ErrorOfRun(const Output& output) {
    Session sess(output.graph());
    return ErrorOf([&] { sess.run(output); });
  }

  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(TensorListTest, ElementsAreZerosUntilTheyAreWritten) {
  const Output list = Set(Reserve(3), 1, {1.f, 2.f});
  EXPECT_THAT(Eval(Stacked(list)), IsTensor({{0, 0}, {1, 2}, {0, 0}}));
  EXPECT_THAT(Eval(Get(list, 0, AnyShape())), IsTensor({0, 0}));
  EXPECT_THAT(Eval(Gathered(list, {1, 2, 1}, AnyShape())), IsTensor({{1, 2}, {0, 0}, {1, 2}}));
  EXPECT_THAT(Eval(Pop(list, AnyShape())[1]), IsTensor({0, 0}));
}

TEST_F(TensorListTest, AListThatOthersHoldStaysAsItIs) {
  const Output list = OfRows({{1.f, 2.f}, {3.f, 4.f}}, ShapeOf({2}));
  const Output pushed = Push(list, {5.f, 6.f});
  const Output changed = Set(list, 0, {7.f, 8.f});
  const std::vector<Output> popped = Pop(list, AnyShape());
  Session sess(graph_);
  const std::vector<Tensor> values =
      sess.run({Stacked(list), Stacked(pushed), Stacked(changed), Stacked(popped[0]), popped[1],
                Stacked(Resized(list, 3)), Stacked(ScatteredInto(list, {{9.f, 9.f}}, {1}))});
  EXPECT_THAT(values[0], IsTensor({{1, 2}, {3, 4}}));
  EXPECT_THAT(values[1], IsTensor({{1, 2}, {3, 4}, {5, 6}}));
  EXPECT_THAT(values[2], IsTensor({{7, 8}, {3, 4}}));
  EXPECT_THAT(values[3], IsTensor({{1, 2}}));
  EXPECT_THAT(values[4], IsTensor({3, 4}));
  EXPECT_THAT(values[5], IsTensor({{1, 2}, {3, 4}, {0, 0}}));
  EXPECT_THAT(values[6], IsTensor({{1, 2}, {9, 9}}));
}

TEST_F(TensorListTest, GrowWhereTheyAreTold) {
  EXPECT_THAT(Eval(Stacked(Set(Reserve(1), 2, {1.f, 2.f}, /*resize=*/true))),
              IsTensor({{0, 0}, {0, 0}, {1, 2}}));
  EXPECT_THAT(Eval(Stacked(ScatteredInto(Reserve(1), {{1.f, 2.f}}, {1}))),
              IsTensor({{0, 0}, {1, 2}}));
  EXPECT_THAT(Eval(Stacked(Resized(OfRows({1.f, 2.f}, ShapeOf({})), 1))), IsTensor({1}));
}

TEST_F(TensorListTest, RowsGoWhereIndicesSay) {
  const Input rows = {{1.f, 2.f}, {3.f, 4.f}};
  EXPECT_THAT(Eval(Stacked(Scattered(rows, {2, 0}, ShapeOf({2}), -1))),
              IsTensor({{3, 4}, {0, 0}, {1, 2}}));
  EXPECT_THAT(Eval(Length(Scattered(rows, {2, 0}, ShapeOf({2}), 5))), IsTensor(5));
}

TEST_F(TensorListTest, PiecesAreSplitAndJoined) {
  const Output list = Split({{1.f}, {2.f}, {3.f}}, ShapeOf({-1, 1}), {1, 2});
  EXPECT_THAT(Eval(Get(list, 1, AnyShape())), IsTensor({{2}, {3}}));
  const std::vector<Output> joined = Joined(list, AnyShape());
  EXPECT_THAT(Eval(joined[0]), IsTensor({{1}, {2}, {3}}));
  EXPECT_THAT(Eval(cast(joined[1], int32)), IsTensor({1, 2}));
  EXPECT_THAT(Eval(Joined(OfTwoShapes(), AnyShape())[0]), IsTensor({0, 0, 1, 1, 1}));
  EXPECT_THAT(Eval(Joined(Reserve(2, ShapeOf({-1})), AnyShape(), {1, 2})[0]), IsTensor({0, 0, 0}));
  EXPECT_THAT(Eval(shape(Joined(Reserve(0, ShapeOf({-1, 3})), AnyShape())[0])), IsTensor({0, 3}));
}

TEST_F(TensorListTest, JoinAnotherList) {
  const auto join = [](const Output& a, const Output& b) {
    return OpBuilder("TensorListConcatLists")
        .Input(a)
        .Input(b)
        .Attr("element_dtype", float32)
        .Build();
  };
  const Output list = OfRows({1.f, 2.f}, ShapeOf({}));
  EXPECT_THAT(Eval(Stacked(join(list, list))), IsTensor({1, 2, 1, 2}));
  EXPECT_THAT(ErrorOfRun(join(Reserve(1), Reserve(1, ShapeOf({3})))),
              HasSubstr("input_a and input_b TensorList element shapes are not identical at index "
                        "0.  Saw [2] vs. [3]"));
}

TEST_F(TensorListTest, SumsAndZerosAreTakenElementByElement) {
  const Output a = Set(Reserve(3), 0, {1.f, 2.f});
  const Output b = Set(Set(Reserve(3), 0, {10.f, 20.f}), 1, {3.f, 4.f});
  EXPECT_THAT(Eval(Stacked(add_n({a, b, b}))), IsTensor({{21, 42}, {6, 8}, {0, 0}}));
  EXPECT_THAT(Eval(Stacked(b)), IsTensor({{10, 20}, {3, 4}, {0, 0}}));
  EXPECT_THAT(Eval(Stacked(zeros_like(b))), IsTensor({{0, 0}, {0, 0}, {0, 0}}));
  EXPECT_THAT(ErrorOfRun(add_n({a, Reserve(2)})),
              HasSubstr("Trying to add two lists of tensors with different lengths. One is 3 and "
                        "the other is 2"));
  EXPECT_THAT(ErrorOfRun(add_n({a, Reserve(3, ShapeOf({4}))})),
              HasSubstr("incompatible element shapes. One is [2] and the other is [4]"));
  const Output none = OpBuilder("OptionalNone").Build();
  EXPECT_THAT(ErrorOfRun(add_n({a, none})), HasSubstr("'TensorList' vs. 'Optional'"));
}

TEST_F(TensorListTest, SayWhatIsKnownOfTheirElements) {
  const auto known = [](const Output& list) {
    return OpBuilder("TensorListElementShape").Input(list).Attr("shape_type", int32).Build();
  };
  EXPECT_THAT(Eval(known(Reserve(1, ShapeOf({-1, 2})))), IsTensor({-1, 2}));
  EXPECT_THAT(Eval(known(Reserve(1, AnyShape()))), IsTensor(-1));
  EXPECT_EQ(Stacked(Reserve(2), ShapeOf({2}), 2).shape().ToString(), "[2,2]");
  EXPECT_EQ(Get(Reserve(2), 0, ShapeOf({2})).shape().ToString(), "[2]");
  EXPECT_EQ(Gathered(Reserve(2), {0, 0, 1}, ShapeOf({2})).shape().ToString(), "[3,2]");
}

TEST_F(TensorListTest, HoldTensorsOfAnyType) {
  const Output words = constant(std::vector<std::string>{"a", "b"});
  const Output list = OfRows(words, ShapeOf({}));
  const Output back = Stacked(Push(list, "c"), AnyShape(), -1, string);
  Session sess(graph_);
  EXPECT_THAT(sess.run(back).flat<std::string>(), ::testing::ElementsAre("a", "b", "c"));
}

TEST_F(TensorListTest, GoAroundLoops) {
  const auto loop =
      while_loop([](const Output& i, const Output&) { return i < 500; },
                 [](const Output& i, const Output& list) {
                   return std::vector<Output>{i + 1, Set(list, i, stack({cast(i, float32), 1.f}))};
                 },
                 {constant(0), Reserve(500)});
  EXPECT_THAT(Eval(reduce_sum(Stacked(loop[1]), {.axis = {0}})), IsTensor({124750, 500}));
}

TEST_F(TensorListTest, RefuseWhatDoesNotFit) {
  const Output three = zeros({3});
  const struct {
    Output output;
    const char* error;
  } cases[] = {
      {Reserve(-1), "The num_elements to reserve must be a non negative number, but got -1"},
      {Reserve(2000000000), "A list of 2000000000 tensors is larger than the largest allowed"},
      {Get(Reserve(3), 5, AnyShape()), "Trying to access element 5 in a list with 3 elements."},
      {Get(Reserve(3), -1, AnyShape()), "Trying to access element -1 in a list with 3 elements."},
      {Get(Reserve(3), 0, ShapeOf({3})),
       "PartialTensorShape: Incompatible shapes during merge: [3] vs. [2]"},
      {Get(Reserve(3, AnyShape()), 0, AnyShape()),
       "Trying to read an uninitialized tensor but element_shape is not fully defined: <unknown>"},
      {Get(Reserve(3), 0, AnyShape(), int32),
       "Invalid data types; op elements int32 but list elements float"},
      {Set(Reserve(3), 3, zeros({2})), "Trying to modify element 3 in a list with 3 elements."},
      {Set(Reserve(3), -1, zeros({2}), true),
       "Trying to modify element -1 in a list with 3 elements."},
      {Set(Reserve(3), 0, three),
       "Tried to set a tensor with incompatible shape at a list index. Item element shape: [3] "
       "list shape: [2]"},
      {Push(Reserve(3), three),
       "Tried to append a tensor with incompatible shape to a list. Op element shape: [3] list "
       "shape: [2]"},
      {Push(Empty(ShapeOf({2}), 0), zeros({2})),
       "Tried to push item into a full list list size: 0 max_num_elements: 0"},
      {Pop(Reserve(0), AnyShape())[1], "Trying to pop from an empty list."},
      {Resized(Reserve(3), -1), "TensorListSlice expects size to be non-negative. Got: -1"},
      {OfRows(1.f, AnyShape()), "Tensor must be at least a vector, but saw shape: []"},
      {OfRows({{1.f, 2.f}}, ShapeOf({3})),
       "Specified a list with shape [3] from a tensor with shape [2]"},
      {Stacked(Reserve(3), AnyShape(), 2),
       "Operation expected a list with 2 elements but got a list with 3 elements."},
      {Stacked(Reserve(0, AnyShape())),
       "Tried to stack elements of an empty list with non-fully-defined element_shape: <unknown>"},
      {Stacked(Reserve(2, AnyShape())), "Tried to stack list which only contains uninitialized"},
      {Stacked(OfTwoShapes()), "PartialTensorShape: Incompatible shapes during merge: [2] vs. [3]"},
      {Gathered(Reserve(3), {7}, AnyShape()), "Index 7 out o range; list only has 3 elements."},
      {Gathered(Reserve(3, AnyShape()), {}, AnyShape()),
       "Tried to gather 0-elements from a list with non-fully-defined shape: <unknown>"},
      {Scattered({{1.f, 2.f}}, {-1}, AnyShape(), -1),
       "Indices in TensorListScatter must all be non-negative."},
      {Scattered({{1.f, 2.f}}, {1, 2}, AnyShape(), -1),
       "Invalid number of rows in input tensor. Expected: 2 Actual: 1"},
      {Scattered({{1.f, 2.f}}, {1}, AnyShape(), 1),
       "TensorListScatter: Trying to scatter at index 1 in list with size 1"},
      {ScatteredInto(Reserve(3), {{1.f, 2.f}}, {0, 1}),
       "Expected len(indices) == tensor.shape[0], but saw: 2 vs. 1"},
      {Joined(Reserve(2, ShapeOf({})), AnyShape())[0],
       "Concat requires elements to be at least vectors, found scalars instead."},
      {Joined(Reserve(2, ShapeOf({-1})), AnyShape(), {1})[0],
       "List contains uninitialized tensor at index 1 but leading_dims has only 1 elements."},
      {Joined(Reserve(2, ShapeOf({-1})), AnyShape(), {1, -3})[0],
       "Element 1 of the list cannot have -3 rows"},
      {Split({1.f, 2.f, 3.f}, AnyShape(), {1, 1}),
       "Unused values in tensor. Length of tensor: 3 Values used: 2"},
      {Split({1.f, 2.f, 3.f}, AnyShape(), {1, 3}),
       "Attempting to slice [1, 4] from tensor with length 3"},
      {Split({1.f, 2.f, 3.f}, AnyShape(), {-1, 4}), "Invalid value in lengths: -1"},
      {Split({1.f, 2.f, 3.f}, ShapeOf({}), {3}),
       "TensorListSplit requires element_shape to be at least of rank 1, but saw: []"},
      {Length(stack({Reserve(1)})), "variant"},
      {Length(OpBuilder("OptionalNone").Build()), "Input handle is not a list. Saw: 'Optional'"},
  };
  for (const auto& c : cases) EXPECT_THAT(ErrorOfRun(c.output), HasSubstr(c.error));
}

}  // namespace
}  // namespace sessile
