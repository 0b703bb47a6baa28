#include "sessile/core/framework/tensor.h"

#include <algorithm>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/resource.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/framework/variant.h"

namespace sessile {
namespace {

template <typename T>
void AppendValue(std::string* out, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    absl::StrAppend(out, value ? "True" : "False");
  } else if constexpr (std::is_same_v<T, std::string>) {
    absl::StrAppend(out, "'", value, "'");
  } else if constexpr (std::is_same_v<T, int8_t> || std::is_same_v<T, uint8_t>) {
    absl::StrAppend(out, static_cast<int>(value));
  } else if constexpr (std::is_arithmetic_v<T>) {
    absl::StrAppend(out, value);
  }
}

template <typename T>
std::string JoinValues(const Tensor& tensor, int64_t count) {
  std::string out;
  for (int64_t i = 0; i < count; ++i) {
    if (i > 0) out += ' ';
    AppendValue(&out, tensor.data<T>()[i]);
  }
  return out;
}

std::string Values(const Tensor& tensor, int64_t count) {
  switch (tensor.dtype()) {
    case DataType::kFloat:
      return JoinValues<float>(tensor, count);
    case DataType::kDouble:
      return JoinValues<double>(tensor, count);
    case DataType::kInt8:
      return JoinValues<int8_t>(tensor, count);
    case DataType::kInt16:
      return JoinValues<int16_t>(tensor, count);
    case DataType::kInt32:
      return JoinValues<int32_t>(tensor, count);
    case DataType::kInt64:
      return JoinValues<int64_t>(tensor, count);
    case DataType::kUInt8:
      return JoinValues<uint8_t>(tensor, count);
    case DataType::kUInt16:
      return JoinValues<uint16_t>(tensor, count);
    case DataType::kUInt32:
      return JoinValues<uint32_t>(tensor, count);
    case DataType::kUInt64:
      return JoinValues<uint64_t>(tensor, count);
    case DataType::kBool:
      return JoinValues<bool>(tensor, count);
    case DataType::kString:
      return JoinValues<std::string>(tensor, count);
    default:
      return absl::StrCat(count, " values");
  }
}

// Elements are objects and no bytes.
bool HasObjects(DataType dtype) {
  return dtype == DataType::kString || dtype == DataType::kResource || dtype == DataType::kVariant;
}

absl::StatusOr<std::shared_ptr<Buffer>> AllocateElements(DataType dtype, size_t count,
                                                         size_t bytes) {
  switch (dtype) {
    case DataType::kString:
      return AllocateStrings(count);
    case DataType::kResource:
      return AllocateResources(count);
    case DataType::kVariant:
      return AllocateVariants(count);
    default:
      return AllocateBuffer(bytes);
  }
}

absl::StatusOr<size_t> CheckedBytes(DataType dtype, const Shape& shape) {
  if (IsRef(dtype) || StoredSize(dtype) == 0) {
    return InvalidArgument("A tensor cannot hold elements of type ", DataTypeName(dtype));
  }
  if (!shape.IsFullyDefined()) {
    return InvalidArgument("A tensor needs a fully defined shape, got ", shape.ToString());
  }
  SESSILE_RETURN_IF_ERROR(Shape::FromDims(shape.dims()).status());
  size_t bytes = 0;
  if (__builtin_mul_overflow(shape.num_elements(), StoredSize(dtype), &bytes)) {
    return absl::ResourceExhaustedError(absl::StrCat("OOM when allocating tensor with shape",
                                                     shape.ToString(), " and type ",
                                                     DataTypeName(dtype)));
  }
  return bytes;
}

}  // namespace

absl::StatusOr<Tensor> Tensor::Allocate(DataType dtype, const Shape& shape) {
  SESSILE_ASSIGN_OR_RETURN(const size_t bytes, CheckedBytes(dtype, shape));
  absl::StatusOr<std::shared_ptr<Buffer>> buffer =
      AllocateElements(dtype, static_cast<size_t>(shape.num_elements()), bytes);
  if (!buffer.ok()) {
    return absl::Status(
        buffer.status().code(),
        absl::StrCat("OOM when allocating tensor with shape", shape.ToString(), " and type ",
                     DataTypeName(dtype), ": ", buffer.status().message()));
  }
  return OfBuffer(dtype, shape, *std::move(buffer));
}

absl::StatusOr<Tensor> Tensor::Zeros(DataType dtype, const Shape& shape) {
  absl::StatusOr<Tensor> tensor = Allocate(dtype, shape);
  if (tensor.ok() && !HasObjects(dtype)) {
    std::memset(tensor->data_, 0, tensor->num_bytes());
  }
  return tensor;
}

absl::StatusOr<Tensor> Tensor::Wrap(DataType dtype, const Shape& shape, void* data,
                                    std::shared_ptr<const void> owner) {
  SESSILE_ASSIGN_OR_RETURN(const size_t bytes, CheckedBytes(dtype, shape));
  if (dtype == DataType::kResource || dtype == DataType::kVariant) {
    return InvalidArgument("A tensor cannot wrap elements of type ", DataTypeName(dtype));
  }
  if (data == nullptr && bytes > 0) {
    return InvalidArgument("A tensor of shape ", shape.ToString(), " cannot wrap a null pointer");
  }
  return OfBuffer(dtype, shape, WrapMemory(data, bytes, std::move(owner)));
}

Tensor Tensor::OfBuffer(DataType dtype, Shape shape, std::shared_ptr<Buffer> buffer,
                        size_t offset) {
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.num_elements_ = shape.num_elements();
  tensor.shape_ = std::move(shape);
  tensor.data_ = static_cast<char*>(buffer->data()) + offset;
  tensor.buffer_ = std::move(buffer);
  return tensor;
}

size_t Tensor::num_bytes() const { return static_cast<size_t>(num_elements_ * StoredSize(dtype_)); }

Tensor Tensor::operator[](int64_t i) const {
  if (!has_value() || rank() == 0 || i < 0 || i >= dim(0)) {
    errors::ThrowIfError(absl::OutOfRangeError(absl::StrCat(
        "Index ", i, " is out of range for axis 0 of a tensor of shape ", shape_.ToString())));
  }
  Tensor row = *Rows(i, i + 1);
  row.shape_ = shape_.Slice(1);
  return row;
}

absl::StatusOr<Tensor> Tensor::Rows(int64_t begin, int64_t end) const {
  if (!has_value() || rank() == 0 || begin < 0 || begin > end || end > dim(0)) {
    return absl::OutOfRangeError(absl::StrCat("Rows ", begin, " to ", end,
                                              " are not in a tensor of shape ", shape_.ToString()));
  }
  Tensor rows = *this;
  rows.given_ = -1;
  rows.shape_ = shape_.WithDim(0, end - begin);
  rows.num_elements_ = rows.shape_.num_elements();
  const size_t row_bytes = dim(0) == 0 ? 0 : num_bytes() / static_cast<size_t>(dim(0));
  rows.data_ = static_cast<char*>(data_) + static_cast<size_t>(begin) * row_bytes;
  return rows;
}

absl::StatusOr<Tensor> Tensor::Reshaped(const Shape& shape) const {
  if (shape.num_elements() != num_elements_) {
    return InvalidArgument("Input to reshape is a tensor with ", num_elements_,
                           " values, but the requested shape has ", shape.num_elements());
  }
  Tensor reshaped = *this;
  reshaped.shape_ = shape;
  return reshaped;
}

Tensor Tensor::Alias(DataType dtype, const Shape& shape) const {
  const auto offset = static_cast<const char*>(data_) - static_cast<const char*>(buffer_->data());
  return OfBuffer(dtype, shape, buffer_, static_cast<size_t>(offset));
}

absl::StatusOr<Tensor> Tensor::Clone() const {
  if (!has_value()) return Tensor();
  SESSILE_ASSIGN_OR_RETURN(Tensor copy, Allocate(dtype_, shape_));
  CopyElementsTo(&copy);
  return copy;
}

void Tensor::CopyElementsTo(Tensor* to) const {
  CopyElements(dtype_, data_, num_elements_, to->data_);
}

std::string Tensor::ToString(int max_values) const {
  if (!has_value()) return "<no value>";
  const int64_t count = std::min<int64_t>(max_values, num_elements_);
  return absl::StrCat(DataTypeName(dtype_), shape_.ToString(), " = [", Values(*this, count),
                      count < num_elements_ ? " ...]" : "]");
}

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) {
  return out << tensor.ToString();
}

void Tensor::ThrowWrongType(DataType expected) const {
  if (!has_value()) {
    errors::ThrowIfError(InvalidArgument(
        "A tensor without value was read as ", DataTypeName(expected),
        ": an operation that is fetched gives none, ask for it as tf::Tensor or leave it out"));
  }
  errors::ThrowIfError(InvalidArgument("A tensor of type ", DataTypeName(dtype_), " was read as ",
                                       DataTypeName(expected)));
  std::abort();  // not reached: the status above is an error
}

void Tensor::CheckOneElement() const {
  if (num_elements_ != 1) {
    errors::ThrowIfError(InvalidArgument("A tensor of shape ", shape_.ToString(),
                                         " was read as a scalar; it has ", num_elements_,
                                         " elements"));
  }
}

Tensor Tensor::AllocateOrThrow(DataType dtype) {
  return errors::ValueOrThrow(Allocate(dtype, Shape()));
}

absl::Status Tensor::CheckCount(const Shape& shape, size_t values) {
  if (shape.num_elements() < 0 || static_cast<size_t>(shape.num_elements()) != values) {
    return InvalidArgument("A tensor of shape ", shape.ToString(), " cannot be made from ", values,
                           " values");
  }
  return absl::OkStatus();
}

int64_t StoredSize(DataType dtype) {
  switch (dtype) {
    case DataType::kString:
      return sizeof(std::string);
    case DataType::kResource:
      return sizeof(ResourceHandle);
    case DataType::kVariant:
      return sizeof(Variant);
    default:
      return static_cast<int64_t>(DataTypeSize(dtype));
  }
}

void CopyElements(DataType dtype, const void* from, int64_t count, void* to) {
  const auto copy = [&]<typename T>(const T* first) {
    std::copy_n(first, count, static_cast<T*>(to));
  };
  switch (dtype) {
    case DataType::kString:
      return copy(static_cast<const std::string*>(from));
    case DataType::kResource:
      return copy(static_cast<const ResourceHandle*>(from));
    case DataType::kVariant:
      return copy(static_cast<const Variant*>(from));
    default:
      if (count > 0) std::memcpy(to, from, static_cast<size_t>(count) * DataTypeSize(dtype));
  }
}

bool SameTensor(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape() || a.has_value() != b.has_value()) {
    return false;
  }
  if (!a.has_value()) return true;
  if (a.dtype() == DataType::kString) {
    return std::equal(a.flat<std::string>().begin(), a.flat<std::string>().end(),
                      b.flat<std::string>().begin());
  }
  return a.num_bytes() == 0 || std::memcmp(a.raw_data(), b.raw_data(), a.num_bytes()) == 0;
}

}  // namespace sessile
