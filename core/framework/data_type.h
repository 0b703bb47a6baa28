// The element types of TensorFlow, with its numbers and names.
//
//   tf::placeholder(tf::float32, {tf::None, 10});
//   DataTypeOf<float>::value == tf::float32
//
// A reference type (the output of a variable) is the value type's number plus 100.
#pragma once

#include <algorithm>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sessile {

enum class DataType : int {
  kInvalid = 0,
  kFloat = 1,
  kDouble = 2,
  kInt32 = 3,
  kUInt8 = 4,
  kInt16 = 5,
  kInt8 = 6,
  kString = 7,
  kComplex64 = 8,
  kInt64 = 9,
  kBool = 10,
  kQInt8 = 11,
  kQUInt8 = 12,
  kQInt32 = 13,
  kBFloat16 = 14,
  kQInt16 = 15,
  kQUInt16 = 16,
  kUInt16 = 17,
  kComplex128 = 18,
  kHalf = 19,
  kResource = 20,
  kVariant = 21,
  kUInt32 = 22,
  kUInt64 = 23,
};

// Python's names. A keyword gets a trailing underscore.
inline constexpr DataType float32 = DataType::kFloat;
inline constexpr DataType float64 = DataType::kDouble;
inline constexpr DataType int32 = DataType::kInt32;
inline constexpr DataType uint8 = DataType::kUInt8;
inline constexpr DataType int16 = DataType::kInt16;
inline constexpr DataType int8 = DataType::kInt8;
inline constexpr DataType string = DataType::kString;
inline constexpr DataType complex64 = DataType::kComplex64;
inline constexpr DataType int64 = DataType::kInt64;
inline constexpr DataType bool_ = DataType::kBool;
inline constexpr DataType qint8 = DataType::kQInt8;
inline constexpr DataType quint8 = DataType::kQUInt8;
inline constexpr DataType qint32 = DataType::kQInt32;
inline constexpr DataType bfloat16 = DataType::kBFloat16;
inline constexpr DataType qint16 = DataType::kQInt16;
inline constexpr DataType quint16 = DataType::kQUInt16;
inline constexpr DataType uint16 = DataType::kUInt16;
inline constexpr DataType complex128 = DataType::kComplex128;
inline constexpr DataType float16 = DataType::kHalf;
inline constexpr DataType resource = DataType::kResource;
inline constexpr DataType variant = DataType::kVariant;
inline constexpr DataType uint32 = DataType::kUInt32;
inline constexpr DataType uint64 = DataType::kUInt64;

// Storage of the types that C++20 has no name for: bits only, arithmetic is the kernels' business.
struct Half {
  uint16_t bits = 0;
  friend bool operator==(Half, Half) = default;
};
struct BFloat16 {
  uint16_t bits = 0;
  friend bool operator==(BFloat16, BFloat16) = default;
};

inline bool IsRef(DataType type) { return static_cast<int>(type) > 100; }
inline bool HasRef(std::span<const DataType> types) {
  return std::any_of(types.begin(), types.end(), IsRef);
}
inline DataType BaseType(DataType type) {
  return IsRef(type) ? static_cast<DataType>(static_cast<int>(type) - 100) : type;
}
inline DataType MakeRef(DataType type) {
  return IsRef(type) ? type : static_cast<DataType>(static_cast<int>(type) + 100);
}

// True for every number of the enumeration, reference types included; false for kInvalid.
bool IsKnown(DataType type);

// TensorFlow's name in error messages: "float", "int32", "float_ref"; "INVALID" for kInvalid.
std::string DataTypeName(DataType type);
// Python's name: "float32", "int32", "float32_ref".
std::string PythonName(DataType type);
std::ostream& operator<<(std::ostream& out, DataType type);  // PythonName
// The inverse of the first two.
std::optional<DataType> DataTypeFromName(std::string_view name);

// Bytes of one element; 0 for strings, resources and variants, whose elements are objects.
size_t DataTypeSize(DataType type);

bool IsFloating(DataType type);  // half, bfloat16, float, double
bool IsInteger(DataType type);   // signed and unsigned; quantized types are not among them
bool IsComplex(DataType type);
bool IsNumeric(DataType type);  // TensorFlow's "numbertype"
// Types through which a gradient flows: floating, complex, resource and variant.
bool IsTrainable(DataType type);

// The DataType of a C++ type: DataTypeOf<float>::value == float32.
template <typename T>
struct DataTypeOf;
template <DataType type>
struct DataTypeConstant {
  static constexpr DataType value = type;
};
// clang-format off
template <> struct DataTypeOf<float> : DataTypeConstant<DataType::kFloat> {};
template <> struct DataTypeOf<double> : DataTypeConstant<DataType::kDouble> {};
template <> struct DataTypeOf<int8_t> : DataTypeConstant<DataType::kInt8> {};
template <> struct DataTypeOf<int16_t> : DataTypeConstant<DataType::kInt16> {};
template <> struct DataTypeOf<int32_t> : DataTypeConstant<DataType::kInt32> {};
template <> struct DataTypeOf<int64_t> : DataTypeConstant<DataType::kInt64> {};
template <> struct DataTypeOf<uint8_t> : DataTypeConstant<DataType::kUInt8> {};
template <> struct DataTypeOf<uint16_t> : DataTypeConstant<DataType::kUInt16> {};
template <> struct DataTypeOf<uint32_t> : DataTypeConstant<DataType::kUInt32> {};
template <> struct DataTypeOf<uint64_t> : DataTypeConstant<DataType::kUInt64> {};
template <> struct DataTypeOf<bool> : DataTypeConstant<DataType::kBool> {};
template <> struct DataTypeOf<Half> : DataTypeConstant<DataType::kHalf> {};
template <> struct DataTypeOf<BFloat16> : DataTypeConstant<DataType::kBFloat16> {};
template <> struct DataTypeOf<std::string> : DataTypeConstant<DataType::kString> {};
template <> struct DataTypeOf<std::complex<float>> : DataTypeConstant<DataType::kComplex64> {};
template <> struct DataTypeOf<std::complex<double>> : DataTypeConstant<DataType::kComplex128> {};
// clang-format on

}  // namespace sessile
