// Replaces calls of functions by the functions' bodies, in a copy of the part of a graph that a run
// needs.
//
// An op that calls functions has a rule for it in its definition (OpDef::lower), which adds nodes
// with Add and bodies with Call, and says by SetResults what the call's outputs are:
//
//   absl::Status LowerCall(FunctionInliner& inliner, const CallSite& site) {
//     SESSILE_ASSIGN_OR_RETURN(const FunctionRef f, site.attrs->Get<FunctionRef>("f"));
//     SESSILE_ASSIGN_OR_RETURN(const CallResult result,
//                              inliner.Call(site, f, site.inputs, site.pivot));
//     return inliner.SetResults(site, result);
//   }
//
// What must hold as if the call had run: its results are there after its effects, its inputs are
// all there before anything of it runs, and nothing of it runs if the call is dead. Belongs to one
// inlining; not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sessile/core/graph/inlined_graph.h"
#include "sessile/ops/function_bodies.h"

namespace sessile {

// A call, in the graph that is being made.
struct CallSite {
  std::string name;
  const OpDef* op = nullptr;
  const AttrMap* attrs = nullptr;
  std::string device = {};
  SourceLocation built_at = {};
  std::vector<Endpoint> inputs = {};
  int pivot = -1;  // alive if the call is; what has no inputs waits for it. -1: nobody needs to
  std::vector<std::string> callers = {};  // the functions that this call is in
  std::vector<Endpoint> outputs = {};     // whose values SetResults tells
  int done = -1;                          // runs after the call
};

struct CallResult {
  std::vector<Endpoint> outputs = {};
  std::vector<int> effects = {};  // nodes that must run although no output may need them
};

class FunctionInliner {
 public:
  explicit FunctionInliner(GraphImpl& original);

  absl::StatusOr<InlinedGraph> Inline(std::span<const int> roots, const std::set<Endpoint>& fed);

  // Adds a node of `op` for `site`, named after both; its other attributes have their defaults.
  // Returns its id.
  absl::StatusOr<int> Add(const CallSite& site, absl::string_view op, absl::string_view name,
                          std::vector<Endpoint> inputs, AttrMap attrs = {},
                          std::vector<int> control_inputs = {});
  // The same for an op with one attribute, the type T of all it takes.
  absl::StatusOr<int> AddTyped(const CallSite& site, absl::string_view op, absl::string_view name,
                               std::vector<Endpoint> inputs, std::vector<int> control_inputs = {});
  // Sets an input that was NodeSpec::kLater.
  absl::Status Connect(int node, int input, Endpoint source);
  // Adds the body of `function`.
  absl::StatusOr<CallResult> Call(const CallSite& site, const FunctionRef& function,
                                  const std::vector<Endpoint>& args, int pivot);
  absl::Status SetResults(const CallSite& site, const CallResult& result);
  DataType TypeOf(Endpoint endpoint) const;

 private:
  static bool IsCall(const OpDef* op);
  static absl::Status CheckInputs(const std::string& node, const OpDef& op, size_t given,
                                  size_t wanted);
  absl::Status CheckSize();
  absl::Status Reach(std::span<const int> roots, const std::set<Endpoint>& fed);
  absl::Status CopyNode(const Node& node, bool with_inputs);
  absl::Status ConnectCopy(const Node& node);
  // A node that calls functions: the places of its inputs, outputs and control inputs.
  absl::StatusOr<CallSite> Site(CallSite site, bool has_controls);
  absl::StatusOr<Node*> AddNode(NodeSpec spec);
  std::string UniqueName(std::string name) const;
  absl::Status EnterFunction(const CallSite& site, const std::string& name,
                             std::vector<std::string>* callers) const;

  class Body;

  GraphImpl& original_;
  FunctionBodies bodies_;
  InlinedGraph inlined_;
  std::set<int> reached_;          // nodes of the original
  std::map<int, CallSite> calls_;  // by the id in the original
  bool has_control_flow_ = false;
};

}  // namespace sessile
