// What collections hold as messages: variables, savers and the contexts of conds and loops.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/ops/control_flow_context.h"
#include "sessile/ops/meta_graph.h"
#include "sessile/ops/while_context.h"

namespace sessile {

namespace pb {
class CollectionDef;
class CondContextDef;
class SaverDef;
class VariableDef;
class WhileContextDef;
}  // namespace pb

// Collections of messages that only their readers know; in a slot of the graph.
struct OtherCollections {
  std::map<std::string, std::shared_ptr<pb::CollectionDef>> by_name;
};

// The collection of the inputs that a part of a graph has from outside.
inline constexpr char kUnboundInputs[] = "unbound_inputs";

// A name in the graph to one in the file: a scope is taken off, say; or back.
using Rename = std::function<std::string(const std::string&)>;
// A name in the file, "x:0" or "x", to the output or, with index kControl, the node in the graph.
using Resolve = std::function<absl::StatusOr<Endpoint>(const std::string&)>;

void VariableToProto(const GraphImpl& graph, const VariableRecord& record, const Rename& rename,
                     pb::VariableDef* message);
absl::StatusOr<VariableRecord> VariableFromProto(const GraphImpl& graph,
                                                 const pb::VariableDef& message,
                                                 const Resolve& resolve, const Rename& rename);

void SaverToProto(const SaverDef& saver, const Rename& rename, pb::SaverDef* message);
SaverDef SaverFromProto(const pb::SaverDef& message, const Rename& rename);

// With all conds and loops inside of it.
void CondToProto(const GraphImpl& graph, const CondContext& context, const Rename& rename,
                 pb::CondContextDef* message);
void WhileToProto(const GraphImpl& graph, const WhileContext& context, const Rename& rename,
                  pb::WhileContextDef* message);
// Adds the cond or loop and those inside of it to the graph. `rename` is for names of contexts.
absl::Status CondFromProto(GraphImpl& graph, const pb::CondContextDef& message,
                           const Resolve& resolve, const Rename& rename, GuardingContext* outer);
absl::Status WhileFromProto(GraphImpl& graph, const pb::WhileContextDef& message,
                            const Resolve& resolve, const Rename& rename, GuardingContext* outer);

}  // namespace sessile
