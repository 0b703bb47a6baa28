// One operation of a graph.
//
// Nodes belong to their graph, which never moves or removes them; they are made by
// GraphImpl::AddNode and change only through GraphImpl (an input replaced, a control input added),
// which bumps the graph's epoch. Reading is safe while other threads append.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sessile/core/framework/attr_value.h"
#include "sessile/core/framework/op_def.h"
#include "sessile/core/framework/resource.h"
#include "sessile/core/framework/shape.h"
#include "sessile/core/framework/source_location.h"

namespace sessile {

class ControlFlowContext;
class GraphImpl;
namespace pb {
class NodeDef;
}

// Output `index` of node `node`.
struct Endpoint {
  int node = -1;
  int index = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

class Node {
 public:
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  int id() const { return id_; }
  const std::string& name() const { return name_; }
  const std::string& op_type() const { return op_type_; }
  // Null for an imported node whose op is not registered.
  const OpDef* op() const { return op_; }
  const AttrMap& attrs() const { return attrs_; }
  const std::string& device() const { return device_; }

  std::span<const Endpoint> inputs() const { return inputs_; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  std::span<const int> control_inputs() const { return control_inputs_; }
  // What the op's definition says for these attributes, reference types included.
  std::span<const DataType> input_types() const { return input_types_; }
  std::span<const DataType> output_types() const { return output_types_; }
  int num_outputs() const { return static_cast<int>(output_types_.size()); }
  // As far as it was known when the node was built.
  const Shape& output_shape(int i) const { return output_shapes_[static_cast<size_t>(i)]; }

  // What is known of the variable behind output i, if that is a handle.
  HandleFacts output_handle(int i) const {
    return output_handles_.empty() ? HandleFacts() : output_handles_[static_cast<size_t>(i)];
  }

  const SourceLocation& built_at() const { return built_at_; }
  // The cond or loop that the node was built in; null outside of all.
  ControlFlowContext* control_flow_context() const { return context_; }
  // The NodeDef that an imported node came from, with what we do not know; null if built here.
  const pb::NodeDef* original() const { return original_.get(); }

 private:
  friend class GraphImpl;
  Node() = default;

  int id_ = -1;
  std::string name_;
  std::string op_type_;
  const OpDef* op_ = nullptr;
  AttrMap attrs_;
  std::string device_;
  std::vector<Endpoint> inputs_;
  std::vector<int> control_inputs_;
  std::vector<DataType> input_types_;
  std::vector<DataType> output_types_;
  std::vector<Shape> output_shapes_;
  std::vector<HandleFacts> output_handles_;  // empty, or one for each output
  SourceLocation built_at_;
  ControlFlowContext* context_ = nullptr;
  std::shared_ptr<const pb::NodeDef> original_;
};

}  // namespace sessile
