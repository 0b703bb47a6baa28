#include "sessile/kernels/add_elements.h"

#include <complex>

#include "sessile/core/framework/status.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/rows.h"

namespace sessile {
namespace {

template <typename T>
void AddInPlace(const void* from, Tensor* to) {
  const T* const more = static_cast<const T*>(from);
  T* const sum = to->mutable_data<T>();
  for (int64_t i = 0; i < to->num_elements(); ++i) {
    sum[i] = AddElement::Of(sum[i], more[i]);
  }
}

}  // namespace

absl::Status AddElements(const void* from, Tensor* to) {
  switch (to->dtype()) {
    case DataType::kFloat:
      AddInPlace<float>(from, to);
      return absl::OkStatus();
    case DataType::kDouble:
      AddInPlace<double>(from, to);
      return absl::OkStatus();
    case DataType::kHalf:
      AddInPlace<Half>(from, to);
      return absl::OkStatus();
    case DataType::kBFloat16:
      AddInPlace<BFloat16>(from, to);
      return absl::OkStatus();
    case DataType::kInt32:
      AddInPlace<int32_t>(from, to);
      return absl::OkStatus();
    case DataType::kInt64:
      AddInPlace<int64_t>(from, to);
      return absl::OkStatus();
    case DataType::kComplex64:
      AddInPlace<std::complex<float>>(from, to);
      return absl::OkStatus();
    case DataType::kComplex128:
      AddInPlace<std::complex<double>>(from, to);
      return absl::OkStatus();
    default:
      return Unimplemented("Elements of type ", DataTypeName(to->dtype()), " cannot be added");
  }
}

}  // namespace sessile
