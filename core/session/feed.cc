#include "sessile/core/session/feed.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <limits>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/half.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

template <typename T>
constexpr bool kIsComplex =
    std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>;

// False if the value would change: rounding to a floating-point type is no change.
template <typename From, typename To>
bool ConvertOne(From from, To* to) {
  if constexpr (std::is_floating_point_v<To>) {
    *to = static_cast<To>(from);
    return true;
  } else if constexpr (kIsComplex<To>) {
    *to = To(static_cast<typename To::value_type>(from));
    return true;
  } else if constexpr (std::is_same_v<To, Half>) {
    *to = ToHalf(static_cast<double>(from));
    return true;
  } else if constexpr (std::is_same_v<To, BFloat16>) {
    *to = ToBFloat16(static_cast<double>(from));
    return true;
  } else if constexpr (std::is_same_v<To, bool>) {
    *to = from != From(0);
    return from == From(0) || from == From(1);
  } else if constexpr (std::is_integral_v<From>) {
    *to = static_cast<To>(from);
    return std::in_range<To>(+from);  // + makes bool an int
  } else {
    // The upper bound is 2^bits, which a floating-point type has exactly where max() may round up.
    const double upper = std::ldexp(1.0, std::numeric_limits<To>::digits);
    const double lower = static_cast<double>(std::numeric_limits<To>::min());
    const double value = static_cast<double>(from);
    if (!(value >= lower && value < upper) || value != std::trunc(value)) return false;
    *to = static_cast<To>(value);
    return true;
  }
}

template <typename From>
absl::Status WouldChange(From value, DataType to) {
  const char* const kind = std::is_same_v<From, bool>       ? "bool"
                           : std::is_floating_point_v<From> ? "float"
                                                            : "int";
  return InvalidArgument("Type of feed value ", +value, " with type <class '", kind,
                         "'> is not compatible with Tensor type ", PythonName(to),
                         ". Try explicitly setting the type of the feed tensor to a larger type "
                         "(e.g. int64).");
}

template <typename From, typename To>
absl::Status ConvertAll(const Tensor& from, Tensor* to) {
  const std::span<const From> source = from.flat<From>();
  To* target = to->mutable_data<To>();
  for (const From value : source) {
    if (!ConvertOne(value, target++)) return WouldChange(value, to->dtype());
  }
  return absl::OkStatus();
}

template <typename From>
absl::Status ConvertFrom(const Tensor& from, Tensor* to) {
  switch (to->dtype()) {
    case DataType::kFloat:
      return ConvertAll<From, float>(from, to);
    case DataType::kDouble:
      return ConvertAll<From, double>(from, to);
    case DataType::kInt8:
      return ConvertAll<From, int8_t>(from, to);
    case DataType::kInt16:
      return ConvertAll<From, int16_t>(from, to);
    case DataType::kInt32:
      return ConvertAll<From, int32_t>(from, to);
    case DataType::kInt64:
      return ConvertAll<From, int64_t>(from, to);
    case DataType::kUInt8:
      return ConvertAll<From, uint8_t>(from, to);
    case DataType::kUInt16:
      return ConvertAll<From, uint16_t>(from, to);
    case DataType::kUInt32:
      return ConvertAll<From, uint32_t>(from, to);
    case DataType::kUInt64:
      return ConvertAll<From, uint64_t>(from, to);
    case DataType::kBool:
      return ConvertAll<From, bool>(from, to);
    case DataType::kHalf:
      return ConvertAll<From, Half>(from, to);
    case DataType::kBFloat16:
      return ConvertAll<From, BFloat16>(from, to);
    case DataType::kComplex64:
      return ConvertAll<From, std::complex<float>>(from, to);
    case DataType::kComplex128:
      return ConvertAll<From, std::complex<double>>(from, to);
    default:
      return InvalidArgument("A number cannot be fed to a tensor of type ",
                             PythonName(to->dtype()));
  }
}

}  // namespace

absl::StatusOr<Tensor> ConvertElements(const Tensor& tensor, DataType dtype) {
  if (tensor.dtype() == dtype) return tensor;
  if (tensor.dtype() == DataType::kString) {
    return tensor.num_elements() == 0
               ? Tensor::Allocate(dtype, tensor.shape())
               : InvalidArgument("could not convert string to ", PythonName(dtype), ": '",
                                 tensor.data<std::string>()[0], "'");
  }
  SESSILE_ASSIGN_OR_RETURN(Tensor to, Tensor::Allocate(dtype, tensor.shape()));
  absl::Status status;
  switch (tensor.dtype()) {
    case DataType::kFloat:
      status = ConvertFrom<float>(tensor, &to);
      break;
    case DataType::kDouble:
      status = ConvertFrom<double>(tensor, &to);
      break;
    case DataType::kInt8:
      status = ConvertFrom<int8_t>(tensor, &to);
      break;
    case DataType::kInt16:
      status = ConvertFrom<int16_t>(tensor, &to);
      break;
    case DataType::kInt32:
      status = ConvertFrom<int32_t>(tensor, &to);
      break;
    case DataType::kInt64:
      status = ConvertFrom<int64_t>(tensor, &to);
      break;
    case DataType::kUInt8:
      status = ConvertFrom<uint8_t>(tensor, &to);
      break;
    case DataType::kUInt16:
      status = ConvertFrom<uint16_t>(tensor, &to);
      break;
    case DataType::kUInt32:
      status = ConvertFrom<uint32_t>(tensor, &to);
      break;
    case DataType::kUInt64:
      status = ConvertFrom<uint64_t>(tensor, &to);
      break;
    case DataType::kBool:
      status = ConvertFrom<bool>(tensor, &to);
      break;
    default:
      status = InvalidArgument("Values of type ", PythonName(tensor.dtype()),
                               " cannot be fed to a tensor of type ", PythonName(dtype));
  }
  SESSILE_RETURN_IF_ERROR(status);
  return to;
}

Tensor FeedValue::AllocateArray(DataType dtype, size_t size) {
  return errors::ValueOrThrow(Tensor::Allocate(dtype, Shape({static_cast<int64_t>(size)})));
}

absl::StatusOr<Tensor> FeedValue::ToTensor(DataType dtype, int depth) const {
  if (const Tensor* const exact = std::get_if<Tensor>(&value_)) return *exact;
  if (const Array* const array = std::get_if<Array>(&value_)) {
    return ConvertElements(array->tensor, dtype);
  }
  if (depth >= Shape::kMaxRank) {
    return InvalidArgument("A list is nested more than ", Shape::kMaxRank, " levels deep");
  }
  return Stack(std::get<List>(value_), dtype, depth);
}

absl::StatusOr<Tensor> FeedValue::Stack(const List& list, DataType dtype, int depth) {
  std::vector<Tensor> items;
  for (const FeedValue& item : list.items) {
    SESSILE_ASSIGN_OR_RETURN(Tensor tensor, item.ToTensor(dtype, depth + 1));
    if (!tensor.has_value() || tensor.dtype() != dtype) {
      return InvalidArgument("A list that is fed as ", DataTypeName(dtype), " has an item of type ",
                             DataTypeName(tensor.dtype()));
    }
    items.push_back(std::move(tensor));
    if (items.back().shape() != items.front().shape()) {
      return InvalidArgument(
          "setting an array element with a sequence. The requested array has an inhomogeneous "
          "shape: item 0 has shape ",
          items.front().shape().ToPythonString(), ", item ", items.size() - 1, " has shape ",
          items.back().shape().ToPythonString());
    }
  }
  if (dtype == DataType::kResource) return InvalidArgument("Handles cannot be fed in a list");
  const Shape count({static_cast<int64_t>(items.size())});
  SESSILE_ASSIGN_OR_RETURN(
      Tensor stacked,
      Tensor::Allocate(dtype, items.empty() ? count : Shape::Concat(count, items[0].shape())));
  for (size_t i = 0; i < items.size(); ++i) {
    const int64_t n = items[i].num_elements();
    if (n == 0) break;
    if (dtype == DataType::kString) {
      std::copy_n(items[i].data<std::string>(), n,
                  stacked.mutable_data<std::string>() + static_cast<int64_t>(i) * n);
    } else {
      std::memcpy(static_cast<char*>(stacked.mutable_raw_data()) + i * items[i].num_bytes(),
                  items[i].raw_data(), items[i].num_bytes());
    }
  }
  return stacked;
}

}  // namespace sessile
