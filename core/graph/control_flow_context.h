// The cond branch or loop in which nodes are being built.
//
// The graph owns the contexts and tells the current one of each new node; what a context then does
// (guard the inputs by Switch nodes, add a pivot as control input) is the business of the layer
// that has the operations (ops/control_flow_context.h).
#pragma once

#include <string>

#include "absl/status/status.h"

namespace sessile {

class Node;

class ControlFlowContext {
 public:
  virtual ~ControlFlowContext() = default;
  virtual const std::string& name() const = 0;
  // The context around this one; null at the top.
  virtual ControlFlowContext* outer() const = 0;
  // `node` has just joined the graph while this context was current.
  virtual absl::Status AddOp(Node& node) = 0;
  virtual bool IsWhile() const = 0;
};

}  // namespace sessile
