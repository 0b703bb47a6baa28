#include "sessile/tests/op_testing.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/constant.h"

namespace sessile {
namespace {

Shape ParseShape(absl::string_view text) {
  if (text == "?") return Shape::Unknown();
  EXPECT_TRUE(text.size() >= 2 && text.front() == '[' && text.back() == ']') << text;
  text = text.substr(1, text.size() - 2);
  std::vector<int64_t> dims;
  for (const absl::string_view dim : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    int64_t size = Shape::kUnknownDim;
    EXPECT_TRUE(dim == "?" || absl::SimpleAtoi(dim, &size)) << dim;
    dims.push_back(size);
  }
  return Shape(dims);
}

std::vector<Shape> ParseShapes(const std::string& text) {
  std::vector<Shape> shapes;
  for (const absl::string_view shape : absl::StrSplit(text, ';', absl::SkipEmpty())) {
    shapes.push_back(ParseShape(shape));
  }
  return shapes;
}

// A type that the attribute may have.
DataType SomeType(const AttrDef& attr) {
  if (attr.default_value.has_value()) return *attr.default_value->get_if<DataType>();
  const auto& allowed = attr.allowed_types;
  if (allowed.empty() || std::count(allowed.begin(), allowed.end(), float32) > 0) return float32;
  return allowed.front();
}

// Builds the node of one shape case in a graph of its own.
class ShapeCase {
 public:
  ShapeCase(const std::string& op, const NodeFacts& facts)
      : def_(builtin_ops().Find(op)), facts_(facts) {}

  absl::StatusOr<const Node*> Build(const std::vector<Shape>& shapes) {
    if (def_ == nullptr) return absl::NotFoundError("no such operation");
    AttrMap attrs;
    for (const auto& [name, value] : facts_.attrs) attrs.Set(name, value);
    SetTypes(&attrs);
    SetCount(shapes.size(), &attrs);
    if (absl::Status status = CheckAttrs(*def_, "node", &attrs); !status.ok()) return status;
    absl::StatusOr<std::vector<DataType>> types = ArgTypes(def_->inputs, attrs);
    if (!types.ok()) return types.status();
    if (types->size() != shapes.size()) {
      return absl::InternalError(absl::StrCat(def_->name, " has ", types->size(), " inputs"));
    }
    std::vector<Endpoint> inputs;
    for (size_t i = 0; i < shapes.size(); ++i) {
      inputs.push_back(MakeInput(static_cast<int>(i), BaseType((*types)[i]), shapes[i]).endpoint());
    }
    absl::StatusOr<Node*> node = graph_.impl()->AddNode(
        {.name = "node", .op = def_->name, .inputs = inputs, .attrs = attrs});
    if (!node.ok()) return node.status();
    return *node;
  }

 private:
  void SetTypes(AttrMap* attrs) const {
    for (const AttrDef& attr : def_->attrs) {
      if (attr.type == "type" && attrs->Find(attr.name) == nullptr) {
        attrs->Set(attr.name, SomeType(attr));
      }
    }
  }

  // What the arguments that are lists share evenly.
  void SetCount(size_t num_inputs, AttrMap* attrs) const {
    size_t lists = 0;
    std::string name;
    for (const ArgDef& arg : def_->inputs) {
      if (arg.number_attr.empty()) continue;
      ++lists;
      name = arg.number_attr;
    }
    if (lists == 0) return;
    const size_t in_lists = num_inputs - (def_->inputs.size() - lists);
    attrs->Set(name, static_cast<int64_t>(in_lists / lists));
  }

  Output MakeInput(int i, DataType type, const Shape& shape) const {
    const DefaultGraphScope with = graph_.as_default();
    const auto value = facts_.values.find(i);
    if (value != facts_.values.end()) return convert_to_tensor(value->second, type);
    return placeholder(type, shape);
  }

  const Graph graph_;
  const OpDef* def_;
  const NodeFacts& facts_;
};

std::string ShapeTexts(const Node& node) {
  std::vector<std::string> texts;
  for (int i = 0; i < node.num_outputs(); ++i) {
    const Shape& shape = node.output_shape(i);
    texts.push_back(shape.has_rank() ? shape.ToString() : "?");
  }
  return absl::StrJoin(texts, ";");
}

// The element of any numeric tensor.
double At(const Tensor& tensor, int64_t i) {
  const auto at = static_cast<size_t>(i);
  switch (tensor.dtype()) {
    case float32:
      return static_cast<double>(tensor.flat<float>()[at]);
    case float64:
      return tensor.flat<double>()[at];
    case int32:
      return tensor.flat<int32_t>()[at];
    default:
      ADD_FAILURE() << "no floating-point value of " << PythonName(tensor.dtype());
      return 0;
  }
}

bool Close(const Tensor& actual, const Tensor& expected, double tolerance) {
  if (actual.shape() != expected.shape()) return false;
  if (!IsFloating(actual.dtype())) return SameTensor(actual, expected);
  for (int64_t i = 0; i < actual.num_elements(); ++i) {
    const double a = At(actual, i);
    const double e = At(expected, i);
    if (a == e || (std::isnan(a) && std::isnan(e))) continue;
    if (!(std::abs(a - e) <= tolerance * std::max(1.0, std::abs(e)))) return false;
  }
  return true;
}

// Uniform numbers, the same at every run.
Tensor Random(const Shape& shape, double low, double high, unsigned seed) {
  Tensor tensor = errors::ValueOrThrow(Tensor::Allocate(float64, shape));
  std::mt19937 generator(seed);
  for (double& value : tensor.mutable_flat<double>()) {
    value = low + (high - low) * generator() / 4294967296.0;
  }
  return tensor;
}

double Dot(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (int64_t i = 0; i < a.num_elements(); ++i) sum += At(a, i) * At(b, i);
  return sum;
}

FeedDict Feeds(const std::vector<Output>& xs, const std::vector<Tensor>& values) {
  FeedDict feeds;
  for (size_t i = 0; i < xs.size(); ++i) feeds.items.push_back({xs[i], values[i]});
  return feeds;
}

}  // namespace

void ExpectShape(const std::string& op, const std::string& inputs, const std::string& outputs,
                 const NodeFacts& facts) {
  ShapeCase shape_case(op, facts);
  const absl::StatusOr<const Node*> node = shape_case.Build(ParseShapes(inputs));
  ASSERT_TRUE(node.ok()) << op << " of " << inputs << ": " << node.status();
  EXPECT_EQ(ShapeTexts(**node), outputs) << op << " of " << inputs;
}

void ExpectShapeError(const std::string& op, const std::string& inputs, const std::string& message,
                      const NodeFacts& facts) {
  ShapeCase shape_case(op, facts);
  const absl::StatusOr<const Node*> node = shape_case.Build(ParseShapes(inputs));
  if (node.ok()) {
    ADD_FAILURE() << op << " of " << inputs << " gives " << ShapeTexts(**node);
    return;
  }
  EXPECT_EQ(node.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(node.status().message()), ::testing::HasSubstr(message))
      << op << " of " << inputs;
}

Tensor Eval(const Output& output, const FeedDict& feeds) {
  Session session(output.graph());
  return session.run(output, feeds);
}

::testing::Matcher<const Tensor&> IsTensor(Input expected, double tolerance) {
  return ::testing::Truly([expected, tolerance](const Tensor& actual) {
    if (expected.tensor() != nullptr) return Close(actual, *expected.tensor(), tolerance);
    const absl::StatusOr<Tensor> tensor = LiteralToTensor(*expected.literal(), actual.dtype());
    return tensor.ok() && Close(actual, *tensor, tolerance);
  });
}

::testing::Matcher<const Tensor&> HasShape(const Shape& shape) {
  return ::testing::Property(&Tensor::shape, ::testing::Eq(shape));
}

const char* const kGradientLog = "SESSILE_GRADIENT_LOG";

// Appends the types of the operations that a gradient walk from the graph's end would meet.
void LogOperations(const Graph& graph) {
  const char* path = std::getenv(kGradientLog);
  if (path == nullptr) return;
  std::ofstream log(path, std::ios::app);
  for (int i = 0; i < graph.impl()->num_nodes(); ++i) {
    log << graph.impl()->node(i).op_type() << '\n';
  }
}

void CheckGradient(const OutputsFn& fn, const std::vector<Shape>& shapes,
                   const GradientOptions& options) {
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  std::vector<Output> xs;
  std::vector<Tensor> values;
  for (size_t i = 0; i < shapes.size(); ++i) {
    xs.push_back(placeholder(float64, shapes[i]));
    values.push_back(Random(shapes[i], options.low, options.high, static_cast<unsigned>(i)));
  }
  const Output y = fn(xs);
  LogOperations(graph);
  Session session(graph, {.yardstick = options.yardstick});
  const Tensor weights = Random(session.run(y, Feeds(xs, values)).shape(), 0.5, 1.5, 99);
  const std::vector<Output> grads = gradients(y, xs, {.grad_ys = {weights}});
  for (size_t i = 0; i < xs.size(); ++i) {
    // No gradient is a gradient of zero.
    const Tensor analytic = grads[i].has_value()
                                ? session.run(grads[i], Feeds(xs, values))
                                : errors::ValueOrThrow(Tensor::Zeros(float64, shapes[i]));
    ASSERT_EQ(analytic.shape(), shapes[i]) << "shape of the gradient by input " << i;
    for (int64_t j = 0; j < analytic.num_elements(); ++j) {
      constexpr double kStep = 1e-5;
      const auto weighted_at = [&](double offset) {
        std::vector<Tensor> moved = values;
        moved[i] = errors::ValueOrThrow(values[i].Clone());
        moved[i].mutable_flat<double>()[static_cast<size_t>(j)] += offset;
        return Dot(session.run(y, Feeds(xs, moved)), weights);
      };
      const double numeric = (weighted_at(kStep) - weighted_at(-kStep)) / (2 * kStep);
      const double bound = options.tolerance * std::max(1.0, std::abs(numeric));
      EXPECT_NEAR(At(analytic, j), numeric, bound) << "element " << j << " of input " << i;
    }
  }
}

}  // namespace sessile
