// What the variables of a program hold at one time.
//
//   auto contents = std::make_shared<const VariableContents>(variables);
//   contents->tensors()[i];     // of variables[i]; no value if it is uninitialized
//   contents->is_current();     // false once a variable has got another buffer
//
// Looking whether it is current is far cheaper than making another: a run whose variables keep
// their buffers, as training does, copies no tensor. Immutable; thread-safe. The tensors are the
// variables' own: their elements change under the locks of their buffers (variable.h).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sessile/core/session/variable.h"

namespace sessile {

class VariableContents {
 public:
  // The variables must outlive it.
  explicit VariableContents(std::span<VariableState* const> variables);
  VariableContents(const VariableContents&) = delete;
  VariableContents& operator=(const VariableContents&) = delete;

  std::span<const Tensor> tensors() const { return tensors_; }
  bool is_current() const;
  // No other has the same, so that who has dealt with one of this id need not do it again.
  uint64_t id() const { return id_; }

 private:
  struct Seen {
    const VariableState* variable;
    uint64_t version;
  };
  const uint64_t id_;
  std::vector<Seen> seen_;
  std::vector<Tensor> tensors_;
};

}  // namespace sessile
