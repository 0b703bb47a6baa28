#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/proto/tensor.pb.h"

namespace sessile {
namespace {

std::string Describe(DataType dtype, const Shape& shape) {
  return absl::StrCat(DataTypeName(dtype), shape.ToString());
}

template <typename... Parts>
absl::Status CannotParse(const Parts&... parts) {
  return InvalidArgument("Cannot parse tensor from proto: ", parts...);
}

// What one more copy of the value that a tensor repeats takes.
size_t BytesPerCopy(const pb::TensorProto& proto, DataType dtype) {
  if (dtype != DataType::kString) return DataTypeSize(dtype);
  const int given = proto.string_val_size();
  return sizeof(std::string) + (given == 0 ? 0 : proto.string_val(given - 1).size());
}

// Strings in tensor_content: all lengths as varints, then all bytes.
absl::StatusOr<Tensor> StringsFromContent(const std::string& content, const Shape& shape) {
  const int64_t count = shape.num_elements();
  if (static_cast<uint64_t>(count) > content.size()) {
    return CannotParse("tensor_content of ", content.size(), " bytes is too short for ", count,
                       " strings");
  }
  google::protobuf::io::CodedInputStream lengths(reinterpret_cast<const uint8_t*>(content.data()),
                                                 static_cast<int>(content.size()));
  std::vector<uint64_t> sizes(static_cast<size_t>(count));
  uint64_t left = content.size();
  for (uint64_t& size : sizes) {
    if (!lengths.ReadVarint64(&size) || size > left) {
      return CannotParse("tensor_content holds a damaged length of a string");
    }
    left -= size;
  }
  size_t at = static_cast<size_t>(lengths.CurrentPosition());
  if (left != at) return CannotParse("tensor_content is not as long as its strings");
  SESSILE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(DataType::kString, shape));
  std::string* out = tensor.mutable_data<std::string>();
  for (const uint64_t size : sizes) {
    *out++ = content.substr(at, static_cast<size_t>(size));
    at += static_cast<size_t>(size);
  }
  return tensor;
}

absl::StatusOr<Tensor> FromContent(const std::string& content, DataType dtype, const Shape& shape) {
  if (dtype == DataType::kString) return StringsFromContent(content, shape);
  const size_t count = static_cast<size_t>(shape.num_elements());
  if (content.size() % DataTypeSize(dtype) != 0 || content.size() / DataTypeSize(dtype) != count) {
    return CannotParse("tensor_content has ", content.size(), " bytes, which is not the size of ",
                       Describe(dtype, shape));
  }
  SESSILE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape));
  std::memcpy(tensor.mutable_raw_data(), content.data(), content.size());
  if (dtype == DataType::kBool) {  // any other byte than 0 and 1 is no bool to C++
    auto* bytes = static_cast<unsigned char*>(tensor.mutable_raw_data());
    for (size_t i = 0; i < count; ++i) bytes[i] = bytes[i] != 0;
  }
  return tensor;
}

// Fills the tensor with `values`, `parts` to an element, the last element repeated.
template <typename T, typename Values>
void Fill(const Values& values, int64_t parts, Tensor* tensor) {
  T* out = static_cast<T*>(tensor->mutable_raw_data());
  const int64_t total = tensor->num_elements() * parts;
  const int64_t given = std::min<int64_t>(values.size() / parts * parts, total);
  for (int64_t i = 0; i < given; ++i) out[i] = static_cast<T>(values.Get(static_cast<int>(i)));
  for (int64_t i = given; i < total; ++i) out[i] = given == 0 ? T() : out[i - parts];
  if (given > 0) tensor->set_given_elements(given / parts);
}

// The number of elements that the list of this type gives.
int GivenElements(const pb::TensorProto& proto, DataType dtype) {
  switch (dtype) {
    case DataType::kFloat:
      return proto.float_val_size();
    case DataType::kDouble:
      return proto.double_val_size();
    case DataType::kInt64:
      return proto.int64_val_size();
    case DataType::kBool:
      return proto.bool_val_size();
    case DataType::kString:
      return proto.string_val_size();
    case DataType::kComplex64:
      return proto.scomplex_val_size() / 2;
    case DataType::kComplex128:
      return proto.dcomplex_val_size() / 2;
    case DataType::kHalf:
    case DataType::kBFloat16:
      return proto.half_val_size();
    case DataType::kUInt32:
      return proto.uint32_val_size();
    case DataType::kUInt64:
      return proto.uint64_val_size();
    default:
      return proto.int_val_size();
  }
}

void FillValues(const pb::TensorProto& proto, Tensor* tensor) {
  switch (tensor->dtype()) {
    case DataType::kFloat:
      return Fill<float>(proto.float_val(), 1, tensor);
    case DataType::kDouble:
      return Fill<double>(proto.double_val(), 1, tensor);
    case DataType::kInt64:
      return Fill<int64_t>(proto.int64_val(), 1, tensor);
    case DataType::kBool:
      return Fill<bool>(proto.bool_val(), 1, tensor);
    case DataType::kString:
      return Fill<std::string>(proto.string_val(), 1, tensor);
    case DataType::kComplex64:
      return Fill<float>(proto.scomplex_val(), 2, tensor);
    case DataType::kComplex128:
      return Fill<double>(proto.dcomplex_val(), 2, tensor);
    case DataType::kHalf:
    case DataType::kBFloat16:
      return Fill<uint16_t>(proto.half_val(), 1, tensor);
    case DataType::kUInt32:
      return Fill<uint32_t>(proto.uint32_val(), 1, tensor);
    case DataType::kUInt64:
      return Fill<uint64_t>(proto.uint64_val(), 1, tensor);
    default:  // the integers and quantized types that share int_val
      switch (DataTypeSize(tensor->dtype())) {
        case 1:
          return Fill<uint8_t>(proto.int_val(), 1, tensor);
        case 2:
          return Fill<uint16_t>(proto.int_val(), 1, tensor);
        default:
          return Fill<int32_t>(proto.int_val(), 1, tensor);
      }
  }
}

absl::Status TakeFromBudget(const pb::TensorProto& proto, DataType dtype, const Shape& shape,
                            ExpansionBudget* budget) {
  const int given = GivenElements(proto, dtype);
  const uint64_t count = static_cast<uint64_t>(shape.num_elements());
  if (count <= static_cast<uint64_t>(given)) return absl::OkStatus();
  uint64_t bytes = 0;
  if (__builtin_mul_overflow(count, BytesPerCopy(proto, dtype), &bytes) || bytes > budget->bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("OOM when allocating tensor with shape", shape.ToString(), " and type ",
                     DataTypeName(dtype), ": its value repeats ", given,
                     " elements, and the values of one graph may be filled "
                     "up that way to ",
                     ExpansionBudget().bytes, " bytes, of which ", budget->bytes, " are left"));
  }
  budget->bytes -= static_cast<size_t>(bytes);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Tensor> TensorFromProto(const pb::TensorProto& proto, ExpansionBudget* budget) {
  const DataType dtype = static_cast<DataType>(proto.dtype());
  if (dtype == DataType::kResource || dtype == DataType::kVariant) return Tensor();
  if (!IsKnown(dtype) || IsRef(dtype)) {
    return CannotParse("its element type has the number ", static_cast<int>(proto.dtype()),
                       ", which is no type of values");
  }
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, ShapeFromProto(proto.tensor_shape()));
  if (!shape.IsFullyDefined()) {
    return CannotParse("its shape ", shape.ToString(), " is not fully defined");
  }
  if (!proto.tensor_content().empty()) return FromContent(proto.tensor_content(), dtype, shape);
  SESSILE_RETURN_IF_ERROR(TakeFromBudget(proto, dtype, shape, budget));
  SESSILE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape));
  FillValues(proto, &tensor);
  return tensor;
}

}  // namespace sessile
