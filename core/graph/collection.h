// Named lists that belong to a graph: "trainable_variables", "update_ops", ...
//
// Items refer to nodes by id. Not a thread-safe class: GraphImpl's callers build one graph from one
// thread, or guard the collections themselves.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sessile/core/graph/node.h"

namespace sessile {

// A variable, by the nodes that make it up: what TensorFlow writes as a VariableDef.
struct VariableRecord {
  Endpoint ref;            // the variable's own output: a reference or a handle
  Endpoint snapshot;       // its Identity "W/read", or the read of a handle
  int initializer = -1;    // what sets the initial value
  Endpoint initial_value;  // what it assigns
  bool trainable = true;
  DataType dtype = DataType::kInvalid;  // the value's
};

struct OperationItem {
  int node;
  friend bool operator==(const OperationItem&, const OperationItem&) = default;
};
struct VariableItem {
  int variable;  // GraphImpl::variable
  friend bool operator==(const VariableItem&, const VariableItem&) = default;
};

// A tensor, an operation, a variable, bytes, or a number.
using CollectionItem =
    std::variant<Endpoint, OperationItem, VariableItem, std::string, int64_t, float>;

class Collections {
 public:
  void Add(std::string_view name, CollectionItem item);
  // Adds unless an equal item is there already.
  void AddOnce(std::string_view name, CollectionItem item);
  // Empty if there is none of that name.
  const std::vector<CollectionItem>& Get(std::string_view name) const;
  void Clear(std::string_view name);
  // In the order of the names.
  std::vector<std::string> Names() const;

 private:
  std::map<std::string, std::vector<CollectionItem>, std::less<>> lists_;
};

}  // namespace sessile
