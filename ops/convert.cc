#include "sessile/ops/convert.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node_builder.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/op_builder.h"

namespace sessile {
namespace {

// The tensor that the value is, if it is of this type.
absl::StatusOr<Output> ReadAs(const Input& value, std::optional<DataType> dtype,
                              std::string_view name = {}) {
  const Output& output = value.output();
  if (!dtype.has_value() || BaseType(*dtype) == BaseType(output.dtype())) return value.Read(name);
  return InvalidArgument("Tensor conversion requested dtype ", PythonName(*dtype),
                         " for Tensor with dtype ", PythonName(output.dtype()), ": ",
                         Describe(output));
}

// The elements of `values` and then its last one, until `to` is full.
void Repeat(const Tensor& values, Tensor* to) {
  const auto given = static_cast<size_t>(values.num_elements());
  const auto wanted = static_cast<size_t>(to->num_elements());
  if (values.dtype() == string) {
    const auto from = values.flat<std::string>();
    const auto out = to->mutable_flat<std::string>();
    for (size_t i = 0; i < wanted; ++i) out[i] = from[std::min(i, given - 1)];
    return;
  }
  const size_t size = DataTypeSize(values.dtype());
  const auto* const from = static_cast<const char*>(values.raw_data());
  auto* const out = static_cast<char*>(to->mutable_raw_data());
  for (size_t i = 0; i < wanted; ++i) {
    std::memcpy(out + i * size, from + std::min(i, given - 1) * size, size);
  }
}

}  // namespace

std::string NodeName(GraphImpl& graph, std::string_view name) {
  if (name.ends_with('/')) return std::string(name.substr(0, name.size() - 1));
  const std::string& scope = BuildScope::Of(graph).name;
  std::string full = scope.empty() ? std::string() : scope + "/";
  full += name;
  return graph.UniqueName(full);
}

std::string Describe(const Output& output) {
  return absl::StrCat("<tf.Tensor '", output.name(),
                      "' shape=", output.get_shape().ToPythonString(),
                      " dtype=", PythonName(output.dtype()), ">");
}

absl::StatusOr<Output> AddConst(GraphImpl& graph, Tensor value, std::string_view name) {
  NodeSpec spec{.name = {}, .op = "Const", .built_at = SourceScope::Current()};
  spec.name = NodeName(graph, name.empty() ? "Const" : name);
  spec.attrs.Set("dtype", value.dtype());
  spec.attrs.Set("value", std::move(value));
  SESSILE_ASSIGN_OR_RETURN(Node* const node, AddNodeInScope(graph, std::move(spec)));
  return Output(Operation(graph.shared_from_this(), node), 0);
}

absl::StatusOr<Output> AddSplatConst(GraphImpl& graph, const Tensor& values, const Shape& shape,
                                     std::string_view name) {
  const int64_t given = values.num_elements();
  if (given > shape.num_elements()) {
    return InvalidArgument("Too many elements provided. Takes at most ", shape.num_elements(),
                           ", but got ", given, ".");
  }
  if (given == shape.num_elements()) {
    SESSILE_ASSIGN_OR_RETURN(Tensor same, values.Reshaped(shape));
    return AddConst(graph, std::move(same), name);
  }
  if (given == 0)
    return InvalidArgument("A constant of shape ", shape.ToString(), " needs a value");
  SESSILE_ASSIGN_OR_RETURN(Tensor filled, Tensor::Allocate(values.dtype(), shape));
  Repeat(values, &filled);
  filled.set_given_elements(given);
  return AddConst(graph, std::move(filled), name);
}

// A list with tensors in it: a Pack of them and of Consts, named by their places.
absl::StatusOr<Output> PackList(GraphImpl& graph, const std::vector<Input>& list, DataType dtype,
                                std::string_view name) {
  const name_scope scope(name, graph.shared_from_this());
  std::vector<Output> tensors(list.size());
  for (size_t i = 0; i < list.size(); ++i) {
    const Literal* const literal = list[i].literal();
    if (list[i].is_output()) {
      SESSILE_ASSIGN_OR_RETURN(tensors[i], ReadAs(list[i], dtype));
    } else if (list[i].list() != nullptr) {
      SESSILE_ASSIGN_OR_RETURN(tensors[i],
                               PackList(graph, *list[i].list(), dtype, absl::StrCat(i)));
    } else if (literal != nullptr && !literal->shape.empty()) {
      // TensorFlow looks into an inner list under the name of its place, which is used up then.
      const name_scope looked(absl::StrCat(i), graph.shared_from_this());
    }
  }
  for (size_t i = 0; i < list.size(); ++i) {
    if (tensors[i].has_value()) continue;
    SESSILE_ASSIGN_OR_RETURN(Tensor value, InputToTensor(list[i], dtype));
    SESSILE_ASSIGN_OR_RETURN(tensors[i], AddConst(graph, std::move(value), absl::StrCat(i)));
  }
  return OpBuilder("Pack", scope.name()).InputList(tensors).Build();
}

absl::StatusOr<Output> ConvertToTensor(GraphImpl& graph, const Input& value,
                                       std::optional<DataType> dtype, std::string_view name,
                                       std::optional<DataType> preferred) {
  const bool unnamed = name.empty() || name == "Const";
  if (value.is_output()) return ReadAs(value, dtype, unnamed ? "" : name);
  if (value.list() != nullptr) {
    return PackList(graph, *value.list(), dtype.value_or(*value.dtype()),
                    unnamed ? "packed" : name);
  }
  if (!dtype.has_value() && preferred.has_value()) {
    absl::StatusOr<Tensor> tensor = InputToTensor(value, preferred);
    if (tensor.ok()) return AddConst(graph, *std::move(tensor), name);
  }
  if (!dtype.has_value() && value.is_shape()) dtype = int32;
  SESSILE_ASSIGN_OR_RETURN(Tensor tensor, InputToTensor(value, dtype));
  return AddConst(graph, std::move(tensor), name);
}

}  // namespace sessile
