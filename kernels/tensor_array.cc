#include "sessile/kernels/tensor_array.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/add_elements.h"

namespace sessile {
TensorArrayResource::TensorArrayResource(Options options, int64_t size)
    : options_(std::move(options)), size_(size) {}

int64_t TensorArrayResource::size() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return size_;
}

Shape TensorArrayResource::element_shape() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return options_.element_shape;
}

void TensorArrayResource::Close() {
  const std::lock_guard<std::mutex> lock(mutex_);
  elements_.clear();
  size_ = 0;
  gradients_.clear();
  closed_ = true;
}

absl::Status TensorArrayResource::CheckOpen() const {
  if (!closed_) return absl::OkStatus();
  return InvalidArgument("TensorArray ", options_.name, " has already been closed.");
}

absl::Status TensorArrayResource::CheckIndex(int64_t index, const char* what) const {
  if (index >= 0 && index < size_) return absl::OkStatus();
  return InvalidArgument("TensorArray ", options_.name, ": Tried to ", what, " index ", index,
                         " but array size is: ", size_);
}

absl::Status TensorArrayResource::GrowFor(int64_t size) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (size <= size_) return absl::OkStatus();
  if (!options_.dynamic_size) {
    return InvalidArgument("Max scatter index must be < array size (", size - 1, " vs. ", size_,
                           ")");
  }
  if (size > kMaxTensorArraySize) {
    return absl::ResourceExhaustedError(
        absl::StrCat("A TensorArray of ", size, " elements is larger than the largest allowed, ",
                     kMaxTensorArraySize));
  }
  size_ = size;
  return absl::OkStatus();
}

absl::Status TensorArrayResource::CheckShape(int64_t index, const Shape& shape) {
  if (!Shape::Compatible(options_.element_shape, shape)) {
    return InvalidArgument("TensorArray ", options_.name, ": Could not write to TensorArray index ",
                           index, " because the value shape is ", shape.ToString(),
                           " which is incompatible with the TensorArray's inferred element shape: ",
                           options_.element_shape.ToString(),
                           " (consider setting infer_shape=False).");
  }
  if (options_.identical_element_shapes) options_.element_shape = shape;
  return absl::OkStatus();
}

absl::Status TensorArrayResource::Write(int64_t index, const Shape& shape, const void* data) {
  if (index < 0 || index >= size()) {
    if (index < 0 || !options_.dynamic_size) {
      return InvalidArgument("TensorArray ", options_.name, ": Tried to write to index ", index,
                             " but array is not resizeable and size is: ", size());
    }
    SESSILE_RETURN_IF_ERROR(GrowFor(index + 1));
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  SESSILE_RETURN_IF_ERROR(CheckOpen());
  SESSILE_RETURN_IF_ERROR(CheckIndex(index, "write to"));
  SESSILE_RETURN_IF_ERROR(CheckShape(index, shape));
  Element& element = elements_[index];
  if (element.read) {
    return InvalidArgument("TensorArray ", options_.name, ": Could not write to TensorArray index ",
                           index, " because it has already been read.");
  }
  if (element.written) {
    if (!options_.adds_up) {
      return InvalidArgument("TensorArray ", options_.name,
                             ": Could not write to TensorArray index ", index,
                             " because it has already been written to.");
    }
    if (!(element.value.shape() == shape)) {
      return InvalidArgument("TensorArray ", options_.name, ": Could not aggregate to index ",
                             index, " because the existing shape is ",
                             element.value.shape().ToString(), " but the new one is ",
                             shape.ToString());
    }
    return AddElements(data, &element.value);
  }
  SESSILE_ASSIGN_OR_RETURN(element.value, Tensor::Allocate(options_.dtype, shape));
  CopyElements(options_.dtype, data, shape.num_elements(), element.value.mutable_raw_data());
  element.shape = shape;
  element.written = true;
  return absl::OkStatus();
}

absl::StatusOr<Tensor> TensorArrayResource::ZerosFor(const Element& element, int64_t index) const {
  const Shape& shape = element.shape.IsFullyDefined() ? element.shape : options_.element_shape;
  if (!shape.IsFullyDefined()) {
    return InvalidArgument(
        "TensorArray ", options_.name, ": Could not read from TensorArray index ", index,
        ".  Furthermore, the element shape is not fully defined: ", shape.ToString(),
        ".  It is possible you are working with a resizeable TensorArray and stop_gradients is not "
        "allowing the gradients to be written.  If you set the full element_shape property on the "
        "forward TensorArray, the proper all-zeros tensor will be returned instead of incurring "
        "this error.");
  }
  return Tensor::Zeros(options_.dtype, shape);
}

absl::StatusOr<Tensor> TensorArrayResource::Read(int64_t index) {
  const std::lock_guard<std::mutex> lock(mutex_);
  SESSILE_RETURN_IF_ERROR(CheckOpen());
  SESSILE_RETURN_IF_ERROR(CheckIndex(index, "read from"));
  Element& element = elements_[index];
  if (element.cleared) {
    return InvalidArgument("TensorArray ", options_.name, ": Could not read index ", index,
                           " twice because it was cleared after a previous read (perhaps try "
                           "setting clear_after_read = false?).");
  }
  if (!element.written) {
    SESSILE_ASSIGN_OR_RETURN(element.value, ZerosFor(element, index));
    element.written = true;
  }
  element.read = true;
  if (!options_.clear_after_read) return element.value;
  element.cleared = true;
  return std::exchange(element.value, Tensor());
}

absl::StatusOr<std::shared_ptr<TensorArrayResource>> TensorArrayResource::Gradient(
    const std::string& source) {
  const std::lock_guard<std::mutex> lock(mutex_);
  SESSILE_RETURN_IF_ERROR(CheckOpen());
  std::shared_ptr<TensorArrayResource>& gradient = gradients_[source];
  if (gradient != nullptr) return gradient;
  Options options = options_;
  options.clear_after_read = true;
  options.dynamic_size = false;
  options.adds_up = true;
  options.name = absl::StrCat(options_.name, "@", source);
  gradient = std::make_shared<TensorArrayResource>(std::move(options), size_);
  for (const auto& [i, element] : elements_) gradient->elements_[i].shape = element.shape;
  return gradient;
}

}  // namespace sessile
