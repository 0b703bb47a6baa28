// The edges of a GraphDef, checked and resolved: the first half of an import.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/graph/node.h"

namespace sessile {

namespace pb {
class GraphDef;
}

// "x:2" is output 2 of x, "x" output 0, "^x" the control output.
struct TensorName {
  static constexpr int kControl = -1;
  absl::string_view node;
  int index = 0;
};
TensorName ParseTensorName(absl::string_view name);

// What stands before a node's name in the attribute `_class`.
inline constexpr absl::string_view kColocation = "loc:@";

// Where an input comes from: a node of the GraphDef or, if `def` is -1, one of the graph.
struct DefInput {
  int def = -1;
  int index = 0;  // of the output, or kControl
  Endpoint mapped = {};
  bool is_back_edge = false;  // closes a loop
};

struct DefIndex {
  // Keys point into the GraphDef.
  absl::flat_hash_map<absl::string_view, int> by_name;
  std::vector<std::vector<DefInput>> inputs;  // of each node, data before control
  std::vector<int> highest_output;            // of each node: the highest index read, or -1
  std::vector<std::vector<int>> consumers;    // of each node, but those behind a back edge
  std::vector<int> pending;                   // the number of edges that `consumers` lists to it

  // Refuses malformed, taken and unknown names, with TensorFlow's texts.
  absl::Status Build(const pb::GraphDef& def, const OpRegistry& ops,
                     const std::map<std::string, Endpoint>& input_map);
  // Where the input map leads `name`; null if it does not.
  const Endpoint* Mapped(const TensorName& name) const;
  // Whether some node has `name`, which the input map leads elsewhere, as an input.
  bool IsUsed(const TensorName& name) const { return used_.contains({name.node, name.index}); }

 private:
  absl::Status AddName(const std::string& name, int id);
  absl::Status AddInputs(const pb::GraphDef& def, int id, const OpRegistry& ops);
  absl::Status CheckColocation(const pb::GraphDef& def, int id) const;

  // The input map with its keys taken apart.
  std::map<std::pair<absl::string_view, int>, Endpoint> mapped_;
  std::set<std::pair<absl::string_view, int>> used_;  // of these keys
};

}  // namespace sessile
