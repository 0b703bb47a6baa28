#include "sessile/kernels/tensor_list.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/add_elements.h"

namespace sessile {

absl::StatusOr<std::shared_ptr<VariantValue>> TensorList::ZerosLike() const {
  auto zeros = std::make_shared<TensorList>(dtype_, element_shape_, max_size_);
  for (const Tensor& element : elements_) {
    Tensor zero;
    if (element.has_value()) {
      SESSILE_ASSIGN_OR_RETURN(zero, Tensor::Zeros(dtype_, element.shape()));
    }
    zeros->PushBack(std::move(zero));
  }
  return zeros;
}

absl::StatusOr<std::shared_ptr<VariantValue>> TensorList::Plus(const VariantValue& other) const {
  const auto& more = static_cast<const TensorList&>(other);
  if (dtype_ != more.dtype_) {
    return InvalidArgument("Trying to add two lists of tensors of different dtypes. One is ",
                           DataTypeName(dtype_), " and the other is ", DataTypeName(more.dtype_));
  }
  const absl::StatusOr<Shape> merged = Shape::Merge(element_shape_, more.element_shape_);
  if (!merged.ok()) {
    return InvalidArgument(
        "Trying to add two lists of tensors with incompatible element shapes. One is ",
        element_shape_.ToString(), " and the other is ", more.element_shape_.ToString());
  }
  if (size() != more.size()) {
    return InvalidArgument("Trying to add two lists of tensors with different lengths. One is ",
                           size(), " and the other is ", more.size());
  }
  auto sum = std::make_shared<TensorList>(dtype_, *merged, max_size_);
  for (int64_t i = 0; i < size(); ++i) {
    const Tensor& a = element(i);
    const Tensor& b = more.element(i);
    if (!a.has_value() || !b.has_value()) {
      sum->PushBack(a.has_value() ? a : b);
      continue;
    }
    if (a.shape() != b.shape()) {
      return InvalidArgument("Trying to add two tensors with incompatible element shapes. One is ",
                             a.shape().ToString(), " and the other is ", b.shape().ToString());
    }
    SESSILE_ASSIGN_OR_RETURN(Tensor element_sum, a.Clone());
    SESSILE_RETURN_IF_ERROR(AddElements(b.raw_data(), &element_sum));
    sum->PushBack(std::move(element_sum));
  }
  return sum;
}

absl::Status TensorList::Resize(int64_t size) {
  if (size > kMaxSize) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "A list of ", size, " tensors is larger than the largest allowed, ", kMaxSize));
  }
  elements_.resize(static_cast<size_t>(size));
  return absl::OkStatus();
}

absl::Status TensorList::CheckType(DataType dtype) const {
  if (dtype == dtype_) return absl::OkStatus();
  return InvalidArgument("Invalid data types; op elements ", DataTypeName(dtype),
                         " but list elements ", DataTypeName(dtype_));
}

absl::StatusOr<Shape> TensorList::MergedShape(const Shape& given) const {
  absl::StatusOr<Shape> merged = Shape::Merge(given, element_shape_);
  if (merged.ok()) return merged;
  return InvalidArgument("PartialTensorShape: Incompatible shapes during merge: ", given.ToString(),
                         " vs. ", element_shape_.ToString());
}

absl::StatusOr<Shape> TensorList::MergedShapeOfAll(const Shape& given) const {
  SESSILE_ASSIGN_OR_RETURN(Shape merged, MergedShape(given));
  for (const Tensor& element : elements_) {
    if (merged.IsFullyDefined()) break;
    if (!element.has_value()) continue;
    SESSILE_ASSIGN_OR_RETURN(merged, TensorList(dtype_, element.shape()).MergedShape(merged));
  }
  return merged;
}

absl::StatusOr<const TensorList*> ListOf(const TensorView& handle) {
  if (handle.shape().rank() != 0) {
    return InvalidArgument("Input list must be a scalar saw: ", handle.shape().ToString());
  }
  const VariantValue* const value = handle.data<Variant>()->get();
  const auto* const list = dynamic_cast<const TensorList*>(value);
  if (list == nullptr) {
    return InvalidArgument("Input handle is not a list. Saw: '",
                           value == nullptr ? "nothing" : value->type_name(), "'");
  }
  return list;
}

absl::StatusOr<TensorList*> ListToChange(const TensorView& in, const TensorView& out) {
  SESSILE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(in));
  Variant& place = *out.data<Variant>();
  if (in.raw() == out.raw() && place.use_count() == 1) return static_cast<TensorList*>(place.get());
  auto copy = std::make_shared<TensorList>(*list);
  TensorList* const result = copy.get();
  place = std::move(copy);
  return result;
}

absl::StatusOr<Shape> ShapeOfView(const TensorView& view) {
  SESSILE_ASSIGN_OR_RETURN(const Tensor dims, Tensor::Wrap(view.dtype(), view.shape(), view.raw()));
  return ShapeFromTensor(dims);
}

}  // namespace sessile
