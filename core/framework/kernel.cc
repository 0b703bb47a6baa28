#include "sessile/core/framework/kernel.h"

#include "sessile/core/graph/node.h"

namespace sessile {

TensorSpec SpecOf(const Tensor& tensor) {
  if (!tensor.has_value()) return {DataType::kInvalid, Shape::Unknown()};
  return {tensor.dtype(), tensor.shape()};
}

const AttrMap& PrepareContext::attrs() const { return node().attrs(); }

const Prepared::Forward* Prepared::alias_of(int i) const {
  for (const Forward& forward : forwards_) {
    if (forward.output == i && forward.always) return &forward;
  }
  return nullptr;
}

}  // namespace sessile
