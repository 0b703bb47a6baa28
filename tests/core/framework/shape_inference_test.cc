#include "sessile/core/framework/shape_inference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_impl.h"

namespace sessile {
namespace {

absl::Status MatMulShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape a, ctx.InputWithRank(0, 2));
  SESSILE_ASSIGN_OR_RETURN(const Shape b, ctx.InputWithRank(1, 2));
  SESSILE_RETURN_IF_ERROR(ctx.MergeDim(a.dim(1), b.dim(0)).status());
  ctx.SetOutput(0, Shape({a.dim(0), b.dim(1)}));
  return absl::OkStatus();
}

absl::Status FillShape(ShapeContext& ctx) {
  if (ctx.input_value(1) != nullptr) return InvalidArgument("No good value");
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, ctx.input_value_as_shape(0));
  if (shape.has_rank() && shape.rank() > 2) return InvalidArgument("Too many dimensions");
  ctx.SetOutput(0, shape);
  return absl::OkStatus();
}

absl::Status TooManyOutputs(ShapeContext& ctx) {
  ctx.SetOutput(3, Shape());
  return absl::OkStatus();
}

const OpRegistry& Ops() {
  static const OpRegistry& ops = *[] {
    auto* registry = new OpRegistry();
    for (const auto& [name, rule] : std::map<std::string, ShapeFn>{{"MatMul", MatMulShape},
                                                                   {"Fill", FillShape},
                                                                   {"Wrong", TooManyOutputs},
                                                                   {"Merge", MergedInputsShape},
                                                                   {"Add", BroadcastBinaryShape},
                                                                   {"Scalar", ScalarShape}}) {
      registry->Add(name).Input("a: float").Input("b: float").Output("c: float").Shape(rule);
    }
    registry->Add("Source").Output("x: float").Shape(UnknownShape);
    return registry;
  }();
  return ops;
}

class Facts final : public ShapeSource {
 public:
  Facts(Shape a, Shape b) : shapes_{std::move(a), std::move(b)} {}
  Shape input_shape(int i) override { return shapes_[static_cast<size_t>(i)]; }
  const Tensor* input_value(int i) override {
    return i == 1 && value.has_value() ? &value : nullptr;
  }
  absl::StatusOr<Shape> input_value_as_shape(int) override { return as_shape; }
  Tensor value;
  Shape as_shape = Shape::Unknown();

 private:
  std::vector<Shape> shapes_;
};

absl::StatusOr<std::vector<Shape>> Infer(const std::string& op, ShapeSource& facts) {
  auto graph = std::make_shared<GraphImpl>(Ops());
  Node* a = graph->AddNode({.name = "a", .op = "Source"}).value();
  Node* node =
      graph->AddUncheckedNode({.name = "n", .op = op, .inputs = {{a->id(), 0}, {a->id(), 0}}})
          .value();
  SESSILE_ASSIGN_OR_RETURN(InferredOutputs outputs, InferShapes(*node, &facts));
  return std::move(outputs.shapes);
}

std::string Error(const std::string& op, Facts facts) {
  return std::string(Infer(op, facts).status().message());
}

TEST(InferShapesTest, AddsTensorFlowsSuffixToErrors) {
  EXPECT_EQ(Error("MatMul", Facts({None, 3}, {5, 1})),
            "Dimensions must be equal, but are 3 and 5 for 'n' (op: 'MatMul') with input shapes: "
            "[?,3], [5,1].");
  EXPECT_EQ(Error("MatMul", Facts({3}, Shape::Unknown())),
            "Shape must be rank 2 but is rank 1 for 'n' (op: 'MatMul') with input shapes: [3], ?.");
}

TEST(InferShapesTest, NamesTheValuesThatTheRuleSaw) {
  Facts facts({2}, {});
  facts.value = Tensor::Scalar(int32_t{7});
  EXPECT_EQ(Error("Fill", facts),
            "No good value for 'n' (op: 'Fill') with input shapes: [2], [] and with computed input "
            "tensors: input[1] = <7>.");
  Facts partial({3}, {});
  partial.as_shape = Shape({1, None, 3});
  EXPECT_EQ(Error("Fill", partial),
            "Too many dimensions for 'n' (op: 'Fill') with input shapes: [3], [] and with input "
            "tensors computed as partial shapes: input[0] = [1,?,3].");
}

TEST(InferShapesTest, ReportsARuleThatSetsAnOutputThatIsNotThere) {
  Facts facts({2}, {});
  EXPECT_EQ(Infer("Wrong", facts).status().code(), absl::StatusCode::kInternal);
}

TEST(ShapeRulesTest, CommonRules) {
  Facts broadcast({None, 1, 3}, {4, 1});
  EXPECT_EQ(Infer("Add", broadcast).value().at(0), Shape({None, 4, 3}));
  Facts merge({None, 3}, {2, None});
  EXPECT_EQ(Infer("Merge", merge).value().at(0), Shape({2, 3}));
  EXPECT_EQ(Error("Merge", Facts({2}, {3, 2})),
            "Shapes must be equal rank, but are 1 and 2\n\tFrom merging shape 0 with other shapes."
            " for 'n' (op: 'Merge') with input shapes: [2], [3,2].");
  EXPECT_EQ(Infer("Scalar", merge).value().at(0), Shape());
}

TEST(ShapeFromTensorTest, ReadsSizesAndRefusesTheRest) {
  const auto tensor = [](Shape shape, std::vector<int64_t> values) {
    return Tensor::FromValues<int64_t>(shape, values).value();
  };
  EXPECT_EQ(ShapeFromTensor(tensor({2}, {3, -1})).value(), Shape({3, None}));
  EXPECT_EQ(ShapeFromTensor(tensor({}, {-1})).value(), Shape::Unknown());
  EXPECT_FALSE(ShapeFromTensor(tensor({}, {2})).ok());
  EXPECT_FALSE(ShapeFromTensor(tensor({1, 1}, {2})).ok());
  EXPECT_FALSE(ShapeFromTensor(tensor({1}, {-2})).ok());
  EXPECT_FALSE(ShapeFromTensor(tensor({2}, {int64_t{1} << 40, int64_t{1} << 40})).ok());
  EXPECT_FALSE(ShapeFromTensor(Tensor::Scalar(1.0f)).ok());
}

}  // namespace
}  // namespace sessile
