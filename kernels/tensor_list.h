// A list of tensors of one type as a value: what a variant of EmptyTensorList and its kin holds.
// Loops and gradients of TensorFlow 2's control flow keep their histories in it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/core/framework/variant.h"

namespace sessile {

class TensorList final : public VariantValue {
 public:
  TensorList(DataType dtype, Shape element_shape, int64_t max_size = -1)
      : dtype_(dtype), element_shape_(std::move(element_shape)), max_size_(max_size) {}

  const char* type_name() const override { return "TensorList"; }
  absl::StatusOr<std::shared_ptr<VariantValue>> ZerosLike() const override;
  absl::StatusOr<std::shared_ptr<VariantValue>> Plus(const VariantValue& other) const override;

  DataType dtype() const { return dtype_; }
  // What all elements have, as far as it is known.
  const Shape& element_shape() const { return element_shape_; }
  // -1: any number.
  int64_t max_size() const { return max_size_; }
  int64_t size() const { return static_cast<int64_t>(elements_.size()); }
  // REQUIRES: 0 <= i < size(). Without a value: it was not written yet, and reads as zeros.
  const Tensor& element(int64_t i) const { return elements_[static_cast<size_t>(i)]; }

  // RESOURCE_EXHAUSTED beyond kMaxSize elements.
  absl::Status Resize(int64_t size);
  // REQUIRES: 0 <= i < size(), and value has the list's type and shape.
  void Set(int64_t i, Tensor value) { elements_[static_cast<size_t>(i)] = std::move(value); }
  void PushBack(Tensor value) { elements_.push_back(std::move(value)); }
  // REQUIRES: size() > 0.
  void PopBack() { elements_.pop_back(); }

  // "Invalid data types; op elements int32 but list elements float".
  absl::Status CheckType(DataType dtype) const;
  // `given` and what is known of the elements, together. INVALID_ARGUMENT if they contradict.
  absl::StatusOr<Shape> MergedShape(const Shape& given) const;
  // That, and what the elements that were written have.
  absl::StatusOr<Shape> MergedShapeOfAll(const Shape& given) const;

  static constexpr int64_t kMaxSize = int64_t{1} << 20;

 private:
  const DataType dtype_;
  const Shape element_shape_;
  const int64_t max_size_;
  std::vector<Tensor> elements_;
};

// The list in a scalar. INVALID_ARGUMENT "Input handle is not a list. Saw: 'Optional'".
absl::StatusOr<const TensorList*> ListOf(const TensorView& handle);
// The list of `in` to be changed, in `out`, which may be the same memory: itself if nobody else has
// it, otherwise a copy (of the list; elements are shared).
absl::StatusOr<TensorList*> ListToChange(const TensorView& in, const TensorView& out);

// An int32 or int64 tensor as a shape, -1 for what is not known.
absl::StatusOr<Shape> ShapeOfView(const TensorView& view);

}  // namespace sessile
