// GraphDefs into graphs.
//
//   tf::GraphDef graph_def = ...;
//   const auto found = tf::import_graph_def(
//       graph_def, {.input_map = {{"x:0", images}}, .return_elements = {"logits:0"}, .name =
//       "net"});
//   tf::Output logits = found[0];
//
// Any order of nodes, loops and operations that are not registered here are fine: running or
// differentiating an unknown operation is the error. Attributes that are not known here are kept,
// and mean nothing. A failed import leaves the graph as it was.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/op_def.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/output.h"

namespace sessile {

class ControlFlowContext;

// Options of import_graph_def.
struct ImportGraphDefOptions {
  // Tensors of the GraphDef ("x:0", "x") that are replaced by tensors of the graph.
  std::map<std::string, Output> input_map = {};
  // Names in the GraphDef: "x:0" is a tensor, "x" an operation.
  std::vector<std::string> return_elements = {};
  // A name scope for all nodes; none if it is empty.
  std::string name = "import";
  // The definitions that the producer of the GraphDef had, by name: an attribute that is not known
  // here and has their default value is left out.
  std::map<std::string, OpDef> producer_op_list = {};
};

// What a name in `return_elements` stands for. Converts to what it is; the tensor of an operation
// is its first output.
class ImportedElement {
 public:
  ImportedElement(Operation op, int index) : op_(std::move(op)), index_(index) {}
  const Operation& op() const { return op_; }
  Output output() const { return op_.output(index_); }
  operator Operation() const { return op(); }   // NOLINT: meant to convert
  operator Output() const { return output(); }  // NOLINT

 private:
  Operation op_;
  int index_;
};

// Adds the nodes of `graph_def` to the default graph, under the scopes that are open, and returns
// what `return_elements` asks for. Throws errors::InvalidArgumentError: "Node 'b': Unknown input
// node 'a:0'", "Node 'a' is not unique", "NodeDef missing attr 'T' from Op<...", ...
std::vector<ImportedElement> import_graph_def(const GraphDef& graph_def,
                                              const ImportGraphDefOptions& options = {});

// The machinery below it.
struct ImportOptions {
  std::string prefix = {};  // "a/b"; empty: none
  // Keys are "x:0", "x" or, for control edges, "^x".
  std::map<std::string, Endpoint> input_map = {};
  std::string device = {};               // for what the nodes' own devices leave open
  std::vector<int> control_inputs = {};  // of every node
  ControlFlowContext* context = nullptr;
  std::vector<std::string> return_elements = {};
  const std::map<std::string, OpDef>* producer_op_list = nullptr;
};

struct ImportedGraph {
  // Ids in the graph, in the order of the GraphDef.
  std::vector<int> nodes;
  // What `return_elements` asked for.
  std::vector<Endpoint> returned;
};

// Adds all nodes or none. The first import into an empty graph gives the graph its versions.
absl::StatusOr<ImportedGraph> ImportGraphDef(const GraphDef& graph_def,
                                             const ImportOptions& options, GraphImpl& graph);

// What import_graph_def has added, in more detail.
struct ImportedScope {
  std::string prefix;      // "scope", or "" for none
  std::vector<int> nodes;  // ids in the graph, in the order of the GraphDef
  std::vector<ImportedElement> elements;
};

// import_graph_def into `graph`, without exceptions.
absl::StatusOr<ImportedScope> ImportGraphDefInScope(const GraphDef& graph_def,
                                                    const ImportGraphDefOptions& options,
                                                    const std::shared_ptr<GraphImpl>& graph);

}  // namespace sessile
