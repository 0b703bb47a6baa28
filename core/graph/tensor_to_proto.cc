#include <algorithm>
#include <cstring>

#include "sessile/core/framework/status.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/proto/tensor.pb.h"

namespace sessile {
namespace {

// The types that TensorFlow's Python packs; complex numbers, bools and uint16 are not among them.
bool PacksContent(DataType dtype) {
  return dtype != DataType::kString && dtype != DataType::kBool && dtype != DataType::kUInt16 &&
         !IsComplex(dtype);
}

// given_elements() if it is true that the rest repeats the last of them.
int64_t TrueGivenElements(const Tensor& tensor) {
  const int64_t given = tensor.given_elements();
  const int64_t count = tensor.num_elements();
  if (given <= 0 || given >= count) return count;
  if (tensor.dtype() == DataType::kString) {
    const std::string* text = tensor.data<std::string>();
    return std::all_of(text + given, text + count,
                       [&](const std::string& s) { return s == text[given - 1]; })
               ? given
               : count;
  }
  // Each element from the last given one on is equal to the one after it.
  const size_t size = DataTypeSize(tensor.dtype());
  const char* last = static_cast<const char*>(tensor.raw_data()) + size * (given - 1);
  const bool repeats = std::memcmp(last, last + size, size * (count - given)) == 0;
  return repeats ? given : count;
}

template <typename T, typename Values>
void Append(const Tensor& tensor, int64_t count, Values* values) {
  const T* data = static_cast<const T*>(tensor.raw_data());
  values->Reserve(static_cast<int>(count));
  for (int64_t i = 0; i < count; ++i) *values->Add() = data[i];
}

void AppendInts(const Tensor& tensor, int64_t count, google::protobuf::RepeatedField<int>* values) {
  switch (tensor.dtype()) {
    case DataType::kInt8:
    case DataType::kQInt8:
      return Append<int8_t>(tensor, count, values);
    case DataType::kUInt8:
    case DataType::kQUInt8:
      return Append<uint8_t>(tensor, count, values);
    case DataType::kInt16:
    case DataType::kQInt16:
      return Append<int16_t>(tensor, count, values);
    case DataType::kUInt16:
    case DataType::kQUInt16:
      return Append<uint16_t>(tensor, count, values);
    default:
      return Append<int32_t>(tensor, count, values);
  }
}

void AppendValues(const Tensor& tensor, int64_t count, pb::TensorProto* proto) {
  switch (tensor.dtype()) {
    case DataType::kFloat:
      return Append<float>(tensor, count, proto->mutable_float_val());
    case DataType::kDouble:
      return Append<double>(tensor, count, proto->mutable_double_val());
    case DataType::kInt64:
      return Append<int64_t>(tensor, count, proto->mutable_int64_val());
    case DataType::kBool:
      return Append<bool>(tensor, count, proto->mutable_bool_val());
    case DataType::kString:
      return Append<std::string>(tensor, count, proto->mutable_string_val());
    case DataType::kComplex64:
      return Append<float>(tensor, 2 * count, proto->mutable_scomplex_val());
    case DataType::kComplex128:
      return Append<double>(tensor, 2 * count, proto->mutable_dcomplex_val());
    case DataType::kHalf:
    case DataType::kBFloat16:
      return Append<uint16_t>(tensor, count, proto->mutable_half_val());
    case DataType::kUInt32:
      return Append<uint32_t>(tensor, count, proto->mutable_uint32_val());
    case DataType::kUInt64:
      return Append<uint64_t>(tensor, count, proto->mutable_uint64_val());
    default:
      return AppendInts(tensor, count, proto->mutable_int_val());
  }
}

}  // namespace

absl::Status TensorToProto(const Tensor& tensor, pb::TensorProto* proto, TensorForm form) {
  proto->Clear();
  if (!tensor.has_value()) return absl::OkStatus();
  constexpr size_t kMostBytes = size_t{1} << 31;
  if (tensor.num_bytes() >= kMostBytes) {
    return InvalidArgument("Cannot create a tensor proto whose content is larger than 2GB: ",
                           DataTypeName(tensor.dtype()), tensor.shape().ToString(), " has ",
                           tensor.num_bytes(), " bytes");
  }
  proto->set_dtype(static_cast<pb::DataType>(tensor.dtype()));
  ShapeToProto(tensor.shape(), proto->mutable_tensor_shape());
  const int64_t given = TrueGivenElements(tensor);
  if (form == TensorForm::kAsPython && given > 1 && given == tensor.num_elements() &&
      PacksContent(tensor.dtype())) {
    proto->set_tensor_content(tensor.raw_data(), tensor.num_bytes());
  } else {
    AppendValues(tensor, given, proto);
  }
  return absl::OkStatus();
}

}  // namespace sessile
