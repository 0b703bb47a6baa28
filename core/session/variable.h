// The value of a variable in a session: the state of a node whose output is a reference, or of the
// nodes whose outputs are handles of one name.
//
// The variable refers to a buffer. Reading it aliases the buffer, an update of the same shape
// writes into it in place, and a value of another shape replaces it. Two locks guard this:
//  - a mutex here, held for an instant, guards which buffer it is;
//  - the ContentLock of the buffer guards the elements. Whoever updates the variable holds it
//    exclusive and then makes sure that the buffer is still the variable's; replacing a buffer
//    needs the old one's lock, exclusive.
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/core/framework/tensor.h"

namespace sessile {

class VariableState final : public KernelState {
 public:
  // How it is referred to.
  enum class Kind { kReference, kHandle };
  // `name` is for error messages; `declared` the shape that the node gives it.
  explicit VariableState(std::string name, Shape declared = Shape::Unknown(),
                         Kind kind = Kind::kReference)
      : name_(std::move(name)), declared_(std::move(declared)), kind_(kind) {}

  const std::string& name() const { return name_; }
  const Shape& declared_shape() const { return declared_; }
  bool initialized() const;
  // The tensor itself, not a copy; no value if the variable is uninitialized.
  Tensor content() const;
  // Grows when another tensor becomes the content.
  uint64_t version() const { return version_.load(std::memory_order_acquire); }
  // A tensor of `spec` to write a new value into: the content if it fits, else a new buffer that
  // becomes the content by Commit; none for a spec without dtype. REQUIRES: the content's lock is
  // held exclusive.
  absl::StatusOr<Tensor> EnsureBuffer(const TensorSpec& spec) const;
  // `content`, which EnsureBuffer returned, is written.
  void Commit(Tensor content);
  // A copy of the value. FAILED_PRECONDITION: Uninitialized().
  absl::StatusOr<Tensor> Snapshot() const;

  // "Attempting to use uninitialized value W", "Could not find variable W. ...".
  absl::Status Uninitialized() const;

 private:
  const std::string name_;
  const Shape declared_;
  const Kind kind_;
  mutable std::mutex mutex_;
  Tensor content_;
  std::atomic<uint64_t> version_{0};  // changes under the mutex
};

// A copy of `tensor`, made under its content lock if it is a variable's.
absl::StatusOr<Tensor> CopyContent(const Tensor& tensor);
// The same into the memory of `to`, of the same type and shape.
void CopyContentTo(const Tensor& tensor, Tensor* to);

}  // namespace sessile
