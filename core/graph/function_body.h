// A function of a graph's library, with values for its attributes: the nodes of its body.
//
//   FunctionLibrary library(graph);
//   SESSILE_ASSIGN_OR_RETURN(const FunctionBody body, library.Instantiate({"Square", attrs}));
//
// Nodes refer to each other by their place in the body. Types and attributes are not checked here:
// whoever adds the nodes to a graph does. The library holds on to the message, so the graph may go.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/proto_convert.h"

namespace sessile {

namespace pb {
class FunctionDef;
class FunctionDefLibrary;
}  // namespace pb

// Output `index` of node `node` of a body or, if `node` is kArgument, its argument `index`.
struct BodySource {
  static constexpr int kArgument = -1;
  int node = kArgument;
  int index = 0;
};

struct BodyNode {
  std::string name;
  const OpDef* op = nullptr;
  AttrMap attrs = {};
  std::string device = {};
  std::vector<BodySource> inputs = {};
  std::vector<int> control_inputs = {};  // nodes of the body
};

struct FunctionBody {
  std::vector<DataType> arguments;
  std::vector<BodyNode> nodes;
  std::vector<BodySource> results;
  std::vector<int> control_results;  // nodes that run although no result needs them
};

class FunctionLibrary {
 public:
  // The functions of `graph`. REQUIRES: graph.Lock() is held during the call.
  explicit FunctionLibrary(GraphImpl& graph);
  ~FunctionLibrary();

  // NOT_FOUND: "Function 'f' is not defined."; INVALID_ARGUMENT for a body that does not fit
  // together. All bodies share one budget for what their constants grow to.
  absl::StatusOr<FunctionBody> Instantiate(const FunctionRef& function);

 private:
  friend class BodyReader;
  GraphImpl& graph_;
  std::shared_ptr<const pb::FunctionDefLibrary> message_;
  absl::flat_hash_map<absl::string_view, const pb::FunctionDef*> functions_;
  ExpansionBudget budget_;
};

}  // namespace sessile
