#include "sessile/core/framework/shape_inference.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_join.h"
#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"

namespace sessile {
namespace {

// Passes everything on, and remembers which values a rule looked at, for error messages.
class WatchedSource final : public ShapeSource {
 public:
  explicit WatchedSource(ShapeSource* source) : source_(source) {}
  Shape input_shape(int i) override { return source_->input_shape(i); }
  HandleFacts input_handle(int i) override { return source_->input_handle(i); }
  const Tensor* input_value(int i) override {
    values_.insert(i);
    return source_->input_value(i);
  }
  absl::StatusOr<Shape> input_value_as_shape(int i) override {
    shapes_.insert(i);
    return source_->input_value_as_shape(i);
  }

  // "[2,3], [4]" and what follows it.
  std::string DescribeInputs(int count) {
    std::vector<std::string> shapes, values, partial;
    for (int i = 0; i < count; ++i) shapes.push_back(Name(source_->input_shape(i)));
    for (const int i : values_) {
      const Tensor* value = source_->input_value(i);
      if (value == nullptr) continue;
      values.push_back(absl::StrCat("input[", i, "] = <", Elements(*value), ">"));
    }
    for (const int i : shapes_) {
      const absl::StatusOr<Shape> shape = source_->input_value_as_shape(i);
      if (!shape.ok() || !shape->has_rank()) continue;
      partial.push_back(absl::StrCat("input[", i, "] = ", shape->ToString()));
    }
    std::string text = absl::StrJoin(shapes, ", ");
    if (!values.empty()) {
      absl::StrAppend(&text, " and with computed input tensors: ", absl::StrJoin(values, ", "));
    }
    if (!partial.empty()) {
      absl::StrAppend(&text, " and with input tensors computed as partial shapes: ",
                      absl::StrJoin(partial, ","));
    }
    return text;
  }

 private:
  static std::string Name(const Shape& shape) { return shape.has_rank() ? shape.ToString() : "?"; }
  static std::string Elements(const Tensor& value) {
    const std::string text = value.ToString(/*max_values=*/256);
    const size_t begin = text.find(" = [");
    return begin == text.npos ? text : text.substr(begin + 4, text.size() - begin - 5);
  }

  ShapeSource* source_;
  std::set<int> values_;
  std::set<int> shapes_;
};

template <typename T>
std::vector<int64_t> Widened(const Tensor& tensor) {
  const std::span<const T> values = tensor.flat<T>();
  return std::vector<int64_t>(values.begin(), values.end());
}

}  // namespace

ShapeContext::ShapeContext(const Node& node, ShapeSource* source)
    : node_(node),
      source_(source),
      outputs_(static_cast<size_t>(node.num_outputs()), Shape::Unknown()) {}

const AttrMap& ShapeContext::attrs() const { return node_.attrs(); }

int ShapeContext::num_inputs() const { return node_.num_inputs(); }

void ShapeContext::SetOutput(int i, Shape shape) {
  const auto index = static_cast<size_t>(i);
  // An output too many stays visible: InferShapes reports it.
  if (index >= outputs_.size()) outputs_.resize(index + 1, Shape::Unknown());
  outputs_[index] = std::move(shape);
}

void ShapeContext::SetOutputHandle(int i, HandleFacts facts) {
  handles_.resize(outputs_.size());
  handles_[static_cast<size_t>(i)] = std::move(facts);
}

void ShapeContext::PassOn(int input, int output) {
  SetOutput(output, source_->input_shape(input));
  HandleFacts facts = source_->input_handle(input);
  if (facts != HandleFacts()) SetOutputHandle(output, std::move(facts));
}

Shape ShapeContext::variable(int i) {
  const bool is_handle = node_.input_types()[static_cast<size_t>(i)] == DataType::kResource;
  return is_handle ? source_->input_handle(i).shape : source_->input_shape(i);
}

absl::StatusOr<Shape> ShapeContext::InputWithRank(int i, int rank) {
  Shape shape = input(i);
  if (!shape.has_rank()) return Shape::UnknownOfRank(rank);
  if (shape.rank() != rank) {
    return InvalidArgument("Shape must be rank ", rank, " but is rank ", shape.rank());
  }
  return shape;
}

absl::StatusOr<Shape> ShapeContext::InputAtLeastRank(int i, int rank) {
  Shape shape = input(i);
  if (shape.has_rank() && shape.rank() < rank) {
    return InvalidArgument("Shape must be at least rank ", rank, " but is rank ", shape.rank());
  }
  return shape;
}

absl::StatusOr<Shape> ShapeContext::InputAtMostRank(int i, int rank) {
  Shape shape = input(i);
  if (shape.has_rank() && shape.rank() > rank) {
    return InvalidArgument("Shape must be at most rank ", rank, " but is rank ", shape.rank());
  }
  return shape;
}

absl::Status UnchangedShape(ShapeContext& ctx) {
  ctx.PassOn(0, 0);
  return absl::OkStatus();
}

absl::Status MergedInputsShape(ShapeContext& ctx) {
  Shape merged = Shape::Unknown();
  for (int i = ctx.num_inputs() - 1; i >= 0; --i) {
    absl::StatusOr<Shape> both = Shape::Merge(ctx.input(i), merged);
    if (!both.ok()) {
      return WithSuffix(both.status(),
                        absl::StrCat("\n\tFrom merging shape ", i, " with other shapes."));
    }
    merged = *std::move(both);
  }
  ctx.SetOutput(0, std::move(merged));
  return absl::OkStatus();
}

absl::Status BroadcastBinaryShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape shape, BroadcastShapes(ctx.input(0), ctx.input(1)));
  ctx.SetOutput(0, std::move(shape));
  return absl::OkStatus();
}

absl::Status ScalarShape(ShapeContext& ctx) {
  for (int i = 0; i < ctx.num_outputs(); ++i) ctx.SetOutput(i, Shape());
  return absl::OkStatus();
}

absl::Status UnknownShape(ShapeContext&) { return absl::OkStatus(); }
absl::Status NoOutputs(ShapeContext&) { return absl::OkStatus(); }

absl::StatusOr<Shape> ShapeFromTensor(const Tensor& tensor) {
  SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> dims, IntsFromTensor(tensor));
  if (tensor.rank() == 1) return Shape::FromDims(dims);
  if (tensor.rank() == 0 && dims.front() == -1) return Shape::Unknown();
  if (tensor.rank() == 0) {
    return InvalidArgument(
        "Input tensor must be rank 1, or if its rank 0 it must have value -1 "
        "(representing an unknown shape).  Saw value: ",
        dims.front());
  }
  return InvalidArgument("Input tensor must be rank 1, but was rank ", tensor.rank());
}

absl::StatusOr<std::vector<int64_t>> IntsFromTensor(const Tensor& tensor) {
  if (tensor.dtype() == int32) return Widened<int32_t>(tensor);
  if (tensor.dtype() == int64) return Widened<int64_t>(tensor);
  if (tensor.dtype() == int16) return Widened<int16_t>(tensor);
  return InvalidArgument("Input tensor must be int16, int32 or int64, but was ",
                         DataTypeName(tensor.dtype()));
}

absl::StatusOr<InferredOutputs> InferShapes(const Node& node, ShapeSource* source) {
  const OpDef* op = node.op();
  const size_t count = static_cast<size_t>(node.num_outputs());
  if (op == nullptr || op->shape == nullptr) {
    return InferredOutputs{std::vector<Shape>(count, Shape::Unknown()), {}};
  }
  WatchedSource watched(source);
  ShapeContext ctx(node, &watched);
  const absl::Status status = op->shape(ctx);
  if (!status.ok()) {
    return WithSuffix(status, absl::StrCat(" for '", node.name(), "' (op: '", node.op_type(),
                                           "') with input shapes: ",
                                           watched.DescribeInputs(node.num_inputs()), "."));
  }
  if (ctx.outputs().size() != count) {
    return Internal("The shape rule of op '", node.op_type(), "' gave ", ctx.outputs().size(),
                    " shapes for ", count, " outputs of '", node.name(), "'");
  }
  return InferredOutputs{ctx.outputs(), ctx.output_handles()};
}

}  // namespace sessile
