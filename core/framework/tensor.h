// A value: what is fed, fetched, and held by a constant. (What Python's tf.Tensor is, a place in a
// graph, is `Output` here; a Tensor is what numpy's array is there.)
//
//   Tensor t = Tensor::Scalar(3.0f);
//   SESSILE_ASSIGN_OR_RETURN(Tensor m, Tensor::FromValues<float>({2, 2}, {1, 2, 3, 4}));
//   m.flat<float>()[3] == 4;  m[1] is the row {3, 4}
//
// Copies share one buffer, which nobody writes once the tensor is shared; Clone() makes a buffer of
// its own. Elements are dense, row-major. Thread-safe as a std::shared_ptr is.
#pragma once

#include <cstring>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <type_traits>

#include "absl/status/statusor.h"
#include "sessile/core/framework/buffer.h"
#include "sessile/core/framework/data_type.h"
#include "sessile/core/framework/shape.h"

namespace sessile {

class Tensor {
 public:
  // No value: dtype() is kInvalid.
  Tensor() = default;

  // Content undefined (strings: empty). INVALID_ARGUMENT for a shape that is not fully known or a
  // dtype whose elements have no storage here; RESOURCE_EXHAUSTED beyond the byte budget.
  static absl::StatusOr<Tensor> Allocate(DataType dtype, const Shape& shape);
  static absl::StatusOr<Tensor> Zeros(DataType dtype, const Shape& shape);
  // Values in row-major order; their number must be the shape's.
  template <typename T>
  static absl::StatusOr<Tensor> FromValues(const Shape& shape, std::span<const T> values);
  template <typename T>
  static absl::StatusOr<Tensor> FromValues(const Shape& shape, std::initializer_list<T> values) {
    return FromValues<T>(shape, std::span<const T>(values.begin(), values.size()));
  }
  // Throws errors::ResourceExhaustedError if not even one element can be had.
  template <typename T>
  static Tensor Scalar(const T& value);
  // A tensor over memory that it does not own. Without an `owner` it is copied before it outlives
  // the run that it is fed to.
  static absl::StatusOr<Tensor> Wrap(DataType dtype, const Shape& shape, void* data,
                                     std::shared_ptr<const void> owner = nullptr);
  // A part of `buffer`, which must be large enough and aligned for the dtype.
  static Tensor OfBuffer(DataType dtype, Shape shape, std::shared_ptr<Buffer> buffer,
                         size_t offset = 0);

  DataType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  int64_t dim(int i) const { return shape_.dim(i); }
  int64_t num_elements() const { return num_elements_; }
  // Bytes of the elements (strings: of the string objects).
  size_t num_bytes() const;
  bool has_value() const { return buffer_ != nullptr; }

  const void* raw_data() const { return data_; }
  void* mutable_raw_data() { return data_; }
  // Throws errors::InvalidArgumentError if T is not the element type.
  template <typename T>
  const T* data() const {
    CheckType(DataTypeOf<T>::value);
    return static_cast<const T*>(data_);
  }
  template <typename T>
  T* mutable_data() {
    CheckType(DataTypeOf<T>::value);
    return static_cast<T*>(data_);
  }
  template <typename T>
  std::span<const T> flat() const {
    return {data<T>(), static_cast<size_t>(num_elements_)};
  }
  template <typename T>
  std::span<T> mutable_flat() {
    return {mutable_data<T>(), static_cast<size_t>(num_elements_)};
  }
  // The only element. Throws errors::InvalidArgumentError if there is not exactly one.
  template <typename T>
  const T& scalar() const {
    const T* value = data<T>();
    CheckOneElement();
    return *value;
  }

  // Slice i along axis 0, sharing the buffer. Throws errors::OutOfRangeError.
  Tensor operator[](int64_t i) const;
  // Slices [begin, end) along axis 0, sharing the buffer.
  absl::StatusOr<Tensor> Rows(int64_t begin, int64_t end) const;
  // The same elements with another shape of as many, sharing the buffer.
  absl::StatusOr<Tensor> Reshaped(const Shape& shape) const;
  // The same memory under another shape of as many elements or, for a bitcast, another type.
  // REQUIRES: as many bytes.
  Tensor Alias(DataType dtype, const Shape& shape) const;
  absl::StatusOr<Tensor> Clone() const;
  // REQUIRES: `to` has the same type and shape, and memory that may be written.
  void CopyElementsTo(Tensor* to) const;

  const std::shared_ptr<Buffer>& buffer() const { return buffer_; }

  // How many elements a GraphDef writes: after them the last one is repeated. All of them, unless
  // the tensor says that it was made from fewer, as tf::constant(0, {.shape = {3}}) is.
  int64_t given_elements() const { return given_ < 0 ? num_elements_ : given_; }
  // REQUIRES: 0 < count <= num_elements().
  void set_given_elements(int64_t count) { given_ = count; }

  // "float[2,3] = [1 2 3 ...]", at most `max_values` values.
  std::string ToString(int max_values = 6) const;
  friend std::ostream& operator<<(std::ostream& out, const Tensor& tensor);  // ToString

 private:
  void CheckType(DataType expected) const {
    if (dtype_ != expected) ThrowWrongType(expected);
  }
  [[noreturn]] void ThrowWrongType(DataType expected) const;
  void CheckOneElement() const;
  static Tensor AllocateOrThrow(DataType dtype);
  static absl::Status CheckCount(const Shape& shape, size_t values);

  DataType dtype_ = DataType::kInvalid;
  Shape shape_;
  int64_t num_elements_ = 0;
  int64_t given_ = -1;  // -1: all
  void* data_ = nullptr;
  std::shared_ptr<Buffer> buffer_;
};

template <typename T>
absl::StatusOr<Tensor> Tensor::FromValues(const Shape& shape, std::span<const T> values) {
  if (absl::Status status = CheckCount(shape, values.size()); !status.ok()) return status;
  absl::StatusOr<Tensor> tensor = Allocate(DataTypeOf<T>::value, shape);
  if (tensor.ok()) std::copy(values.begin(), values.end(), tensor->mutable_data<T>());
  return tensor;
}

template <typename T>
Tensor Tensor::Scalar(const T& value) {
  Tensor tensor = AllocateOrThrow(DataTypeOf<T>::value);
  *tensor.mutable_data<T>() = value;
  return tensor;
}

// Bytes that one element takes; strings, handles and variants: the object. 0 if it has no storage.
int64_t StoredSize(DataType dtype);
// Copies `count` elements to memory that holds as many already.
void CopyElements(DataType dtype, const void* from, int64_t count, void* to);

// True if both have the same dtype, shape and elements; floats are compared by their bits, so that
// NaN equals itself and 0 differs from -0.
bool SameTensor(const Tensor& a, const Tensor& b);

}  // namespace sessile
