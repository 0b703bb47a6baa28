#include "sessile/ops/input.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/convert.h"
#include "sessile/ops/op_builder.h"

namespace sessile {
namespace {

using Kind = Literal::Kind;

absl::Status Ragged(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  return InvalidArgument("Expected a dense list, but its items have the shapes [",
                         absl::StrJoin(a, ","), "] and [", absl::StrJoin(b, ","), "]");
}

void AppendAsFloats(Literal& to, const Literal& item) {
  to.numbers.insert(to.numbers.end(), item.integers.begin(), item.integers.end());
  to.numbers.insert(to.numbers.end(), item.numbers.begin(), item.numbers.end());
}

// `to` becomes the list with one item more; all items have one shape.
absl::Status AppendItem(Literal& to, const Literal& item) {
  SESSILE_RETURN_IF_ERROR(item.status);
  const Kind kind = std::max(to.kind, item.kind);
  if (kind == Kind::kString && std::min(to.kind, item.kind) != Kind::kString &&
      to.kind != Kind::kNone && item.kind != Kind::kNone) {
    return InvalidArgument("Expected a list of strings or of numbers, got both in one list");
  }
  if (kind == Kind::kFloat && to.kind != Kind::kFloat) {
    to.numbers.assign(to.integers.begin(), to.integers.end());
    to.integers.clear();
  }
  to.kind = kind;
  if (kind == Kind::kFloat) {
    AppendAsFloats(to, item);
  } else {
    to.integers.insert(to.integers.end(), item.integers.begin(), item.integers.end());
    to.strings.insert(to.strings.end(), item.strings.begin(), item.strings.end());
  }
  return absl::OkStatus();
}

// REQUIRES: every item is a literal or a Tensor.
Literal ListOf(const std::vector<Input>& items) {
  Literal list;
  list.shape = {static_cast<int64_t>(items.size())};
  const std::vector<int64_t>* item_shape = nullptr;
  std::vector<Literal> values;
  values.reserve(items.size());
  for (const Input& item : items) {
    if (item.literal() != nullptr) {
      values.push_back(*item.literal());
    } else {
      absl::StatusOr<Literal> value = TensorToLiteral(*item.tensor());
      if (!value.ok()) return Literal{.status = value.status()};
      values.push_back(*std::move(value));
    }
    if (item_shape == nullptr) {
      item_shape = &values.front().shape;
      list.shape.insert(list.shape.end(), item_shape->begin(), item_shape->end());
    } else if (*item_shape != values.back().shape) {
      return Literal{.status = Ragged(*item_shape, values.back().shape)};
    }
    if (absl::Status status = AppendItem(list, values.back()); !status.ok()) {
      return Literal{.status = status};
    }
  }
  return list;
}

Literal ShapeLiteral(const Shape& shape) {
  if (!shape.IsFullyDefined()) {
    return Literal{.status = InvalidArgument("Cannot convert a partially known TensorShape ",
                                             shape.ToPythonString(), " to a Tensor.")};
  }
  return Literal{.kind = shape.rank() == 0 ? Kind::kNone : Kind::kInt,
                 .shape = {shape.rank()},
                 .integers = {shape.dims().begin(), shape.dims().end()}};
}

}  // namespace

Input::Input(const Shape& shape, SourceLocation at)
    : literal_(std::make_shared<Literal>(ShapeLiteral(shape))), is_shape_(true), at_(at) {}

Input::Input(const char* text, SourceLocation at) : Input(std::string(text), at) {}

Input::Input(const std::string& text, SourceLocation at)
    : literal_(std::make_shared<Literal>(Literal{.kind = Kind::kString, .strings = {text}})),
      at_(at) {}

Input::Input(std::initializer_list<Input> list, SourceLocation at) : at_(at) {
  SetList(std::vector<Input>(list));
}

void Input::SetBool(bool value) {
  literal_ = std::make_shared<Literal>(Literal{.kind = Kind::kBool, .integers = {value ? 1 : 0}});
}

void Input::SetInt(int64_t value, bool in_range) {
  literal_ = std::make_shared<Literal>(
      Literal{.kind = Kind::kInt,
              .integers = {value},
              .status = in_range ? absl::OkStatus()
                                 : InvalidArgument("An integer above 2^63 - 1 needs a Tensor of "
                                                   "uint64")});
}

void Input::SetFloat(double value) {
  literal_ = std::make_shared<Literal>(Literal{.kind = Kind::kFloat, .numbers = {value}});
}

void Input::SetInts(std::vector<int64_t> values, Literal::Kind kind) {
  const int64_t size = std::ssize(values);
  literal_ = std::make_shared<Literal>(Literal{
      .kind = values.empty() ? Kind::kNone : kind, .shape = {size}, .integers = std::move(values)});
}

void Input::SetFloats(std::vector<double> values) {
  const int64_t size = std::ssize(values);
  literal_ = std::make_shared<Literal>(Literal{.kind = values.empty() ? Kind::kNone : Kind::kFloat,
                                               .shape = {size},
                                               .numbers = std::move(values)});
}

void Input::SetList(const std::vector<Input>& items) {
  const auto has_tensors = [](const Input& item) {
    return item.literal() == nullptr && item.tensor() == nullptr;
  };
  if (std::any_of(items.begin(), items.end(), has_tensors)) {
    list_ = std::make_shared<std::vector<Input>>(items);
  } else {
    literal_ = std::make_shared<Literal>(ListOf(items));
  }
}

std::optional<DataType> Input::dtype() const {
  if (is_output()) return BaseType(output_.dtype());
  if (tensor_ != nullptr) return tensor_->dtype();
  for (const Input& item : list_ == nullptr ? std::vector<Input>() : *list_) {
    if (item.is_output() || item.list() != nullptr) return item.dtype();
  }
  return std::nullopt;
}

SourceScope::SourceScope(const SourceLocation& at) : outermost_(BlamedLine().line == 0) {
  if (outermost_) BlamedLine() = at;
}

SourceScope::~SourceScope() {
  if (outermost_) BlamedLine() = {};
}

SourceLocation SourceScope::Current() { return BlamedLine(); }

Output convert_to_tensor(const Input& value, std::optional<DataType> dtype, std::string_view name,
                         std::optional<DataType> preferred) {
  SourceScope here(value);
  const Graph graph = graph_of(std::span(&value, 1));
  return errors::ValueOrThrow(ConvertToTensor(*graph.impl(), value, dtype, name, preferred));
}

}  // namespace sessile
