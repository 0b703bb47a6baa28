#include "sessile/core/session/variable.h"

#include <shared_mutex>
#include <utility>

#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

// Of a variable's content; of other tensors none.
std::shared_lock<std::shared_mutex> ReadLock(const Tensor& tensor) {
  ContentLock* const content = tensor.has_value() ? tensor.buffer()->lock() : nullptr;
  return content == nullptr ? std::shared_lock<std::shared_mutex>()
                            : std::shared_lock(content->mutex);
}

}  // namespace

bool VariableState::initialized() const {
  std::lock_guard lock(mutex_);
  return content_.has_value();
}

Tensor VariableState::content() const {
  std::lock_guard lock(mutex_);
  return content_;
}

absl::StatusOr<Tensor> VariableState::EnsureBuffer(const TensorSpec& spec) const {
  Tensor current = content();
  if (current.has_value() && current.dtype() == spec.dtype && current.shape() == spec.shape) {
    return current;
  }
  if (spec.dtype == DataType::kInvalid) return Tensor();
  SESSILE_ASSIGN_OR_RETURN(Tensor fresh, Tensor::Allocate(spec.dtype, spec.shape));
  fresh.buffer()->MakeVariableContent();
  return fresh;
}

void VariableState::Commit(Tensor content) {
  std::lock_guard lock(mutex_);
  if (content.buffer() == content_.buffer() && content.shape() == content_.shape()) return;
  version_.fetch_add(1, std::memory_order_release);
  std::swap(content_, content);  // the old one may die after the lock
}

absl::StatusOr<Tensor> VariableState::Snapshot() const {
  const Tensor current = content();
  if (!current.has_value()) return Uninitialized();
  return CopyContent(current);
}

absl::Status VariableState::Uninitialized() const {
  if (kind_ == Kind::kHandle) {
    return FailedPrecondition("Could not find variable ", name_,
                              ". This could mean that the variable has been deleted. In TF1, it "
                              "can also mean the variable is uninitialized.");
  }
  return FailedPrecondition("Attempting to use uninitialized value ", name_);
}

absl::StatusOr<Tensor> CopyContent(const Tensor& tensor) {
  const auto lock = ReadLock(tensor);
  return tensor.Clone();
}

void CopyContentTo(const Tensor& tensor, Tensor* to) {
  const auto lock = ReadLock(tensor);
  tensor.CopyElementsTo(to);
}

}  // namespace sessile
