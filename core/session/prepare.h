// Kernels made ready for the shapes that a node meets, remembered.
//
//   PrepareRequest request{.node = &node, .inputs = tensors};
//   SESSILE_ASSIGN_OR_RETURN(std::shared_ptr<const Prepared> kernel, step.prepared->Get(request));
//
// A node prepares its kernel once for each combination of input dtypes, shapes and, for the inputs
// that its registration names, values. The number of combinations that are kept is bounded.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/graph/node.h"

namespace sessile {

// The inputs of one call, by value or, for references, the variables' contents. An uninitialized
// reference is a tensor without value. A pass may ask for fewer inputs than the node has, where the
// op takes any number. Where data is not there yet, `specs` says what it will be
// (nothing of an uninitialized reference), and only inputs whose values are needed have one.
struct PrepareRequest {
  const Node* node = nullptr;
  std::span<const Tensor> inputs = {};
  bool yardstick = false;
  std::span<const TensorSpec> specs = {};

  bool initialized(size_t i) const {
    return specs.empty() ? inputs[i].has_value() : specs[i].dtype != DataType::kInvalid;
  }
  DataType dtype(size_t i) const { return specs.empty() ? inputs[i].dtype() : specs[i].dtype; }
  const Shape& shape(size_t i) const { return specs.empty() ? inputs[i].shape() : specs[i].shape; }
  TensorSpec spec(size_t i) const { return specs.empty() ? SpecOf(inputs[i]) : specs[i]; }
};

// The type as which a value of `type` is carried: in the yardstick a float is a double, everything
// else is itself. References stay references.
DataType CarriedType(DataType type, bool yardstick);
// The attributes with their types as they are carried.
AttrMap CarriedAttrs(const AttrMap& attrs, bool yardstick);
// True if `kernel` must know the value of input `i` of `node` to be prepared.
bool IsValueInput(const KernelDef& kernel, const Node& node, int i);
// The codes that `kernel` has for it; no names if there is but one. Errors are the kernel's.
absl::StatusOr<Alternatives> AlternativesOf(const KernelDef& kernel, const PrepareRequest& request);

// Thread-safe.
class PreparedCache {
 public:
  explicit PreparedCache(const KernelDef* kernel) : kernel_(kernel) {}

  // Checks what Prepare gave against the node. Errors are Prepare's.
  absl::StatusOr<std::shared_ptr<const Prepared>> Get(const PrepareRequest& request);

 private:
  struct Entry {
    std::vector<TensorSpec> specs;
    std::vector<Tensor> values;  // of the value inputs, in their order
    std::shared_ptr<const Prepared> prepared;
  };
  bool Matches(const Entry& entry, const PrepareRequest& request) const;
  absl::StatusOr<Entry> Make(const PrepareRequest& request) const;

  const KernelDef* const kernel_;
  std::mutex mutex_;
  std::deque<Entry> entries_;  // the oldest first
};

}  // namespace sessile
