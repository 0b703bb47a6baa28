// A list of tensors of one type that a run writes and reads one by one (TensorArrayV3 and its kin).
// Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/core/framework/resource.h"

namespace sessile {

class TensorArrayResource final : public Resource {
 public:
  struct Options {
    DataType dtype = DataType::kInvalid;
    Shape element_shape = Shape::Unknown();
    bool dynamic_size = false;
    bool clear_after_read = true;
    bool identical_element_shapes = false;
    bool adds_up = false;  // what is written twice is added: of a gradient
    std::string name = {};
  };

  TensorArrayResource(Options options, int64_t size);

  DataType dtype() const { return options_.dtype; }
  int64_t size() const;

  // Copies `count` elements from `data` into element `index`.
  absl::Status Write(int64_t index, const Shape& shape, const void* data);
  absl::StatusOr<Tensor> Read(int64_t index);
  // Room for `size` elements, if it may grow. INVALID_ARGUMENT "Max scatter index must be < ...".
  absl::Status GrowFor(int64_t size);
  // What all elements are known to have.
  Shape element_shape() const;

  // The array for the gradients of this one's elements, made at the first call; `source` tells
  // those of several gradients apart.
  absl::StatusOr<std::shared_ptr<TensorArrayResource>> Gradient(const std::string& source);
  // Gives up its elements; to use it after that is an error.
  void Close();

 private:
  struct Element {
    Tensor value;
    Shape shape = Shape::Unknown();  // of what was written
    bool written = false;
    bool read = false;
    bool cleared = false;
  };
  absl::Status CheckOpen() const;
  absl::Status CheckIndex(int64_t index, const char* what) const;
  absl::Status CheckShape(int64_t index, const Shape& shape);
  absl::StatusOr<Tensor> ZerosFor(const Element& element, int64_t index) const;

  mutable std::mutex mutex_;
  Options options_;
  int64_t size_ = 0;
  // Those that were written or read: a size alone takes no memory.
  std::map<int64_t, Element> elements_;
  std::map<std::string, std::shared_ptr<TensorArrayResource>> gradients_;
  bool closed_ = false;
};

// As many as any TensorArray may have.
inline constexpr int64_t kMaxTensorArraySize = int64_t{1} << 22;

}  // namespace sessile
