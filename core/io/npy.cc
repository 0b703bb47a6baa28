#include "sessile/core/io/npy.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "sessile/core/framework/status.h"
#include "sessile/core/io/file.h"
#include "sessile/core/io/npy_header.h"

namespace sessile {
namespace {

// Strings without characters take no space in a file, so their number is bounded here.
constexpr int64_t kMostEmptyStrings = 1 << 20;

struct Row {
  DataType dtype;
  char kind;
  size_t size;
};

// The first row of a (kind, size) is what is read.
constexpr Row kTable[] = {
    {DataType::kFloat, 'f', 4},     {DataType::kDouble, 'f', 8},      {DataType::kHalf, 'f', 2},
    {DataType::kInt8, 'i', 1},      {DataType::kInt16, 'i', 2},       {DataType::kInt32, 'i', 4},
    {DataType::kInt64, 'i', 8},     {DataType::kUInt8, 'u', 1},       {DataType::kUInt16, 'u', 2},
    {DataType::kUInt32, 'u', 4},    {DataType::kUInt64, 'u', 8},      {DataType::kBool, 'b', 1},
    {DataType::kComplex64, 'c', 8}, {DataType::kComplex128, 'c', 16}, {DataType::kBFloat16, 'u', 2},
    {DataType::kQInt8, 'i', 1},     {DataType::kQUInt8, 'u', 1},      {DataType::kQInt16, 'i', 2},
    {DataType::kQUInt16, 'u', 2},   {DataType::kQInt32, 'i', 4},
};

absl::StatusOr<DataType> DataTypeOfHeader(const NpyHeader& header) {
  if (header.kind == 'S' || header.kind == 'U') return DataType::kString;
  for (const Row& row : kTable) {
    if (row.kind == header.kind && row.size == header.item_size) return row.dtype;
  }
  return Unimplemented("its element type '", std::string(1, header.kind), header.item_size,
                       "' is none of numbers, bools and strings of fixed width");
}

// Calls visit(i, j) for every element: i-th in row-major order, j-th in the file.
template <typename F>
void ForEachElement(const NpyHeader& header, int64_t count, F&& visit) {
  const size_t rank = header.shape.size();
  if (!header.fortran_order || rank < 2) {
    for (int64_t i = 0; i < count; ++i) visit(i, i);
    return;
  }
  std::vector<int64_t> stride(rank, 1), index(rank, 0);
  for (size_t d = 1; d < rank; ++d) stride[d] = stride[d - 1] * header.shape[d - 1];
  int64_t j = 0;
  for (int64_t i = 0; i < count; ++i) {
    visit(i, j);
    for (size_t d = rank; d-- > 0;) {
      j += stride[d];
      if (++index[d] < header.shape[d]) break;
      j -= stride[d] * header.shape[d];
      index[d] = 0;
    }
  }
}

void AppendUtf8(uint32_t c, std::string* out) {
  const auto add = [out](uint32_t byte) { *out += static_cast<char>(byte); };
  if (c < 0x80) {
    add(c);
  } else if (c < 0x800) {
    add(0xc0 | c >> 6), add(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    add(0xe0 | c >> 12), add(0x80 | (c >> 6 & 0x3f)), add(0x80 | (c & 0x3f));
  } else {
    add(0xf0 | (c >> 18 & 7)), add(0x80 | (c >> 12 & 0x3f)), add(0x80 | (c >> 6 & 0x3f));
    add(0x80 | (c & 0x3f));
  }
}

// An element of kind 'S' or 'U'.
std::string StringAt(const NpyHeader& header, const char* bytes) {
  if (header.kind == 'S') {
    std::string text(bytes, header.item_size);
    text.resize(text.find_last_not_of('\0') + 1);  // npos + 1 is 0
    return text;
  }
  std::vector<uint32_t> characters;
  for (size_t i = 0; i < header.item_size; i += 4) {
    unsigned char b[4];
    std::memcpy(b, bytes + i, 4);
    if (header.byte_order == '>') std::reverse(b, b + 4);
    characters.push_back(b[0] | b[1] << 8 | b[2] << 16 | static_cast<uint32_t>(b[3]) << 24);
  }
  while (!characters.empty() && characters.back() == 0) characters.pop_back();
  std::string text;
  for (const uint32_t c : characters) AppendUtf8(c, &text);
  return text;
}

void CopyNumbers(const NpyHeader& header, const char* data, Tensor* tensor) {
  const size_t size = header.item_size;
  char* const out = static_cast<char*>(tensor->mutable_raw_data());
  if (!header.fortran_order) {
    if (tensor->num_bytes() > 0) std::memcpy(out, data, tensor->num_bytes());
  } else {
    ForEachElement(header, tensor->num_elements(), [&](int64_t i, int64_t j) {
      std::memcpy(out + static_cast<size_t>(i) * size, data + static_cast<size_t>(j) * size, size);
    });
  }
  if (header.byte_order == '>') {
    const size_t part = header.kind == 'c' ? size / 2 : size;
    for (char* p = out; p < out + tensor->num_bytes(); p += part) std::reverse(p, p + part);
  }
  if (header.kind == 'b') {  // any other byte than 0 and 1 is no bool to C++
    for (char* p = out; p < out + tensor->num_bytes(); ++p) *p = *p != 0;
  }
}

absl::StatusOr<Tensor> Parse(std::string_view bytes) {
  SESSILE_ASSIGN_OR_RETURN(const NpyHeader header, ParseNpyHeader(bytes));
  SESSILE_ASSIGN_OR_RETURN(const DataType dtype, DataTypeOfHeader(header));
  absl::StatusOr<Shape> shape = Shape::FromDims(header.shape);
  if (!shape.ok()) return absl::DataLossError(shape.status().message());
  const int64_t count = shape->num_elements();
  const uint64_t data_bytes = bytes.size() - header.data_begin;
  uint64_t expected = 0;
  if (__builtin_mul_overflow(static_cast<uint64_t>(count), uint64_t{header.item_size}, &expected) ||
      expected != data_bytes) {
    return absl::DataLossError(absl::StrCat("its shape ", shape->ToString(), " takes ", count,
                                            " elements of ", header.item_size,
                                            " bytes, but it has ", data_bytes, " bytes of them"));
  }
  if (header.item_size == 0 && count > kMostEmptyStrings) {
    return absl::DataLossError(absl::StrCat("it has ", count, " strings without characters"));
  }
  const char* const data = bytes.data() + header.data_begin;
  SESSILE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, *shape));
  if (dtype != DataType::kString) {
    CopyNumbers(header, data, &tensor);
    return tensor;
  }
  std::string* const out = tensor.mutable_data<std::string>();
  ForEachElement(header, count, [&](int64_t i, int64_t j) {
    out[i] = StringAt(header, data + static_cast<size_t>(j) * header.item_size);
  });
  return tensor;
}

absl::StatusOr<std::string> SerializeStrings(const Tensor& tensor, NpyHeader header) {
  const std::span<const std::string> all = tensor.flat<std::string>();
  header.kind = 'S';
  header.item_size = 1;
  for (const std::string& text : all) header.item_size = std::max(header.item_size, text.size());
  size_t total = 0;
  if (__builtin_mul_overflow(header.item_size, all.size(), &total) || total > MemoryLimit()) {
    return absl::ResourceExhaustedError(
        absl::StrCat("Cannot write ", all.size(), " strings of up to ", header.item_size,
                     " bytes as a .npy file, where all are as long as the longest"));
  }
  std::string bytes = SerializeNpyHeader(header);
  bytes.reserve(bytes.size() + total);
  for (const std::string& text : all) {
    bytes += text;
    bytes.append(header.item_size - text.size(), '\0');
  }
  return bytes;
}

}  // namespace

absl::StatusOr<Tensor> ParseNpy(std::string_view bytes, const std::string& what) {
  absl::StatusOr<Tensor> tensor = Parse(bytes);
  if (tensor.ok()) return tensor;
  return absl::Status(
      tensor.status().code(),
      absl::StrCat("Cannot read '", what, "' as a .npy file: ", tensor.status().message()));
}

absl::StatusOr<std::string> SerializeNpy(const Tensor& tensor) {
  if (!tensor.has_value()) return InvalidArgument("Cannot write a tensor without a value");
  NpyHeader header;
  header.shape.assign(tensor.shape().dims().begin(), tensor.shape().dims().end());
  if (tensor.dtype() == DataType::kString) return SerializeStrings(tensor, std::move(header));
  const Row* const row = std::find_if(std::begin(kTable), std::end(kTable),
                                      [&](const Row& r) { return r.dtype == tensor.dtype(); });
  if (row == std::end(kTable)) {
    return Unimplemented("Cannot write elements of type ", DataTypeName(tensor.dtype()),
                         " as a .npy file");
  }
  header.kind = row->kind;
  header.item_size = row->size;
  header.byte_order = row->size == 1 ? '|' : '<';
  std::string bytes = SerializeNpyHeader(header);
  bytes.append(static_cast<const char*>(tensor.raw_data()), tensor.num_bytes());
  return bytes;
}

absl::StatusOr<Tensor> ReadNpy(const std::string& path) {
  SESSILE_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  return ParseNpy(bytes, path);
}

absl::Status WriteNpy(const std::string& path, const Tensor& tensor) {
  SESSILE_ASSIGN_OR_RETURN(const std::string bytes, SerializeNpy(tensor));
  return WriteFile(path, bytes);
}

}  // namespace sessile
