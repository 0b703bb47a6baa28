// Python values and tensors: what numpy and TensorFlow's make_tensor_proto would make of them.

#include <cmath>
#include <complex>
#include <limits>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/half.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/input.h"

namespace sessile {
namespace {

using Kind = Literal::Kind;

constexpr const char* PythonTypeName(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kFloat:
      return "float";
    case Kind::kString:
      return "str";
    case Kind::kNone:
      break;
  }
  return "list";
}

std::string FirstValue(const Literal& literal) {
  switch (literal.kind) {
    case Kind::kBool:
      return literal.integers.front() != 0 ? "True" : "False";
    case Kind::kInt:
      return absl::StrCat(literal.integers.front());
    case Kind::kFloat:
      return absl::StrCat(literal.numbers.front());
    case Kind::kString:
      return absl::StrCat("'", literal.strings.front(), "'");
    case Kind::kNone:
      break;
  }
  return "[]";
}

absl::Status Mismatch(const Literal& literal, DataType dtype) {
  return InvalidArgument("Expected ", PythonName(dtype), ", but got ", FirstValue(literal),
                         " of type '", PythonTypeName(literal.kind), "'.");
}

DataType DefaultType(const Literal& literal) {
  switch (literal.kind) {
    case Kind::kBool:
      return bool_;
    case Kind::kInt:
      for (int64_t value : literal.integers) {
        if (!std::in_range<int32_t>(value)) return int64;
      }
      return int32;
    case Kind::kString:
      return string;
    case Kind::kFloat:
    case Kind::kNone:
      break;
  }
  return float32;
}

// Calls `set(i, value)` for each number, as int64 or double.
template <typename Set>
void ForEachNumber(const Literal& literal, Set set) {
  for (size_t i = 0; i < literal.integers.size(); ++i) set(i, literal.integers[i]);
  for (size_t i = 0; i < literal.numbers.size(); ++i) set(i, literal.numbers[i]);
}

template <typename T>
absl::Status FillFloating(const Literal& literal, Tensor& tensor) {
  T* const out = tensor.mutable_data<T>();
  ForEachNumber(literal, [out](size_t i, auto value) {
    if constexpr (std::is_same_v<T, Half>) {
      out[i] = ToHalf(static_cast<double>(value));
    } else if constexpr (std::is_same_v<T, BFloat16>) {
      out[i] = ToBFloat16(static_cast<double>(value));
    } else {
      out[i] = static_cast<T>(value);
    }
  });
  return absl::OkStatus();
}

template <typename T>
absl::Status FillComplex(const Literal& literal, Tensor& tensor) {
  T* const out = tensor.mutable_data<T>();
  ForEachNumber(literal, [out](size_t i, auto value) {
    out[i] = T(static_cast<typename T::value_type>(value));
  });
  return absl::OkStatus();
}

template <typename T>
absl::Status FillInteger(const Literal& literal, Tensor& tensor) {
  if (literal.kind == Kind::kFloat) return Mismatch(literal, tensor.dtype());
  T* const out = tensor.mutable_data<T>();
  for (size_t i = 0; i < literal.integers.size(); ++i) {
    if (!std::in_range<T>(literal.integers[i])) {
      return InvalidArgument("Python integer ", literal.integers[i], " out of bounds for ",
                             PythonName(tensor.dtype()));
    }
    out[i] = static_cast<T>(literal.integers[i]);
  }
  return absl::OkStatus();
}

absl::Status FillBool(const Literal& literal, Tensor& tensor) {
  if (literal.kind != Kind::kBool && literal.kind != Kind::kNone) return Mismatch(literal, bool_);
  bool* const out = tensor.mutable_data<bool>();
  for (size_t i = 0; i < literal.integers.size(); ++i) out[i] = literal.integers[i] != 0;
  return absl::OkStatus();
}

absl::Status FillStrings(const Literal& literal, Tensor& tensor) {
  if (literal.kind != Kind::kString && literal.kind != Kind::kNone)
    return Mismatch(literal, string);
  std::copy(literal.strings.begin(), literal.strings.end(), tensor.mutable_data<std::string>());
  return absl::OkStatus();
}

absl::Status Fill(const Literal& literal, Tensor& tensor) {
  if (literal.kind == Kind::kString && tensor.dtype() != string) {
    return Mismatch(literal, tensor.dtype());
  }
  // clang-format off
  switch (tensor.dtype()) {
    case DataType::kFloat: return FillFloating<float>(literal, tensor);
    case DataType::kDouble: return FillFloating<double>(literal, tensor);
    case DataType::kHalf: return FillFloating<Half>(literal, tensor);
    case DataType::kBFloat16: return FillFloating<BFloat16>(literal, tensor);
    case DataType::kComplex64: return FillComplex<std::complex<float>>(literal, tensor);
    case DataType::kComplex128: return FillComplex<std::complex<double>>(literal, tensor);
    case DataType::kInt8: return FillInteger<int8_t>(literal, tensor);
    case DataType::kInt16: return FillInteger<int16_t>(literal, tensor);
    case DataType::kInt32: return FillInteger<int32_t>(literal, tensor);
    case DataType::kInt64: return FillInteger<int64_t>(literal, tensor);
    case DataType::kUInt8: return FillInteger<uint8_t>(literal, tensor);
    case DataType::kUInt16: return FillInteger<uint16_t>(literal, tensor);
    case DataType::kUInt32: return FillInteger<uint32_t>(literal, tensor);
    case DataType::kUInt64: return FillInteger<uint64_t>(literal, tensor);
    case DataType::kBool: return FillBool(literal, tensor);
    case DataType::kString: return FillStrings(literal, tensor);
    default:
      return Unimplemented("A value of ", PythonName(tensor.dtype()),
                           " cannot be made from a number or a list");
  }
  // clang-format on
}

template <typename T>
absl::Status ReadInts(const Tensor& tensor, Literal& literal) {
  literal.kind = Kind::kInt;
  for (T value : tensor.flat<T>()) {
    if (!std::in_range<int64_t>(value)) {
      return InvalidArgument("Integer ", value, " of a tensor of ", PythonName(tensor.dtype()),
                             " does not fit into int64");
    }
    literal.integers.push_back(static_cast<int64_t>(value));
  }
  return absl::OkStatus();
}

template <typename T>
absl::Status ReadFloats(const Tensor& tensor, Literal& literal) {
  literal.kind = Kind::kFloat;
  for (T value : tensor.flat<T>()) {
    if constexpr (std::is_floating_point_v<T>) {
      literal.numbers.push_back(static_cast<double>(value));
    } else {
      literal.numbers.push_back(ToDouble(value));
    }
  }
  return absl::OkStatus();
}

absl::Status Read(const Tensor& tensor, Literal& literal) {
  // clang-format off
  switch (tensor.dtype()) {
    case DataType::kFloat: return ReadFloats<float>(tensor, literal);
    case DataType::kDouble: return ReadFloats<double>(tensor, literal);
    case DataType::kHalf: return ReadFloats<Half>(tensor, literal);
    case DataType::kBFloat16: return ReadFloats<BFloat16>(tensor, literal);
    case DataType::kInt8: return ReadInts<int8_t>(tensor, literal);
    case DataType::kInt16: return ReadInts<int16_t>(tensor, literal);
    case DataType::kInt32: return ReadInts<int32_t>(tensor, literal);
    case DataType::kInt64: return ReadInts<int64_t>(tensor, literal);
    case DataType::kUInt8: return ReadInts<uint8_t>(tensor, literal);
    case DataType::kUInt16: return ReadInts<uint16_t>(tensor, literal);
    case DataType::kUInt32: return ReadInts<uint32_t>(tensor, literal);
    case DataType::kUInt64: return ReadInts<uint64_t>(tensor, literal);
    default: break;
  }
  // clang-format on
  if (tensor.dtype() == bool_) {
    literal.kind = Kind::kBool;
    for (bool value : tensor.flat<bool>()) literal.integers.push_back(value ? 1 : 0);
    return absl::OkStatus();
  }
  if (tensor.dtype() == string) {
    literal.kind = Kind::kString;
    const auto values = tensor.flat<std::string>();
    literal.strings.assign(values.begin(), values.end());
    return absl::OkStatus();
  }
  return Unimplemented("A tensor of ", PythonName(tensor.dtype()), " has no Python value");
}

}  // namespace

absl::StatusOr<Tensor> LiteralToTensor(const Literal& literal, std::optional<DataType> dtype) {
  SESSILE_RETURN_IF_ERROR(literal.status);
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, Shape::FromDims(literal.shape));
  const DataType type = BaseType(dtype.value_or(DefaultType(literal)));
  SESSILE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(type, shape));
  SESSILE_RETURN_IF_ERROR(Fill(literal, tensor));
  return tensor;
}

absl::StatusOr<Literal> TensorToLiteral(const Tensor& tensor) {
  Literal literal;
  const auto dims = tensor.shape().dims();
  literal.shape.assign(dims.begin(), dims.end());
  SESSILE_RETURN_IF_ERROR(Read(tensor, literal));
  if (tensor.num_elements() == 0) literal.kind = Kind::kNone;
  return literal;
}

absl::StatusOr<Tensor> InputToTensor(const Input& input, std::optional<DataType> dtype) {
  if (input.literal() != nullptr) return LiteralToTensor(*input.literal(), dtype);
  if (input.tensor() == nullptr) {
    if (input.is_output()) return InvalidArgument("Expected a value, got a tensor of a graph");
    if (input.list() != nullptr) return InvalidArgument("Expected a value, got tensors of a graph");
    return InvalidArgument(
        "Expected a tensor, got an empty one: what a default-constructed "
        "tf::Output is, and what tf::gradients gives where no gradient flows");
  }
  const Tensor& tensor = *input.tensor();
  if (!tensor.has_value()) return InvalidArgument("None values not supported.");
  if (!dtype.has_value() || BaseType(*dtype) == tensor.dtype()) return tensor;
  SESSILE_ASSIGN_OR_RETURN(const Literal literal, TensorToLiteral(tensor));
  return LiteralToTensor(literal, dtype);
}

}  // namespace sessile
