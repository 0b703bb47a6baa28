// Named lists that belong to a graph: "trainable_variables", "update_ops", ...
//
// Items refer to nodes by id. Not a thread-safe class: GraphImpl's callers build one graph from one
// thread, or guard the collections themselves.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sessile/core/graph/node.h"

namespace sessile {

// What programs that train on several devices do with a variable, with TensorFlow's numbers. Here
// it is kept for them and has no other effect.
enum class VariableSynchronization { AUTO = 0, NONE = 1, ON_WRITE = 2, ON_READ = 3 };
enum class VariableAggregation { NONE = 0, SUM = 1, MEAN = 2, ONLY_FIRST_REPLICA = 3 };

// Which part of a partitioned variable a variable is: in checkpoints the whole has one name.
struct VariableSlice {
  std::string full_name;
  std::vector<int64_t> full_shape;
  std::vector<int64_t> offset;
  std::vector<int64_t> shape;
};

// A variable, by the nodes that make it up: what TensorFlow writes as a VariableDef.
struct VariableRecord {
  Endpoint ref;            // the variable's own output: a reference or a handle
  Endpoint snapshot;       // its Identity "W/read", or the read of a handle
  int initializer = -1;    // what sets the initial value
  Endpoint initial_value;  // what it assigns
  bool trainable = true;
  DataType dtype = DataType::kInvalid;  // the value's
  VariableSynchronization synchronization = VariableSynchronization::AUTO;
  VariableAggregation aggregation = VariableAggregation::NONE;
  std::optional<VariableSlice> slice = {};
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
