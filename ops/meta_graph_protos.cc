#include "sessile/ops/meta_graph_protos.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/status.h"
#include "sessile/proto/control_flow.pb.h"
#include "sessile/proto/saver.pb.h"
#include "sessile/proto/variable.pb.h"

namespace sessile {
namespace {

std::string TensorNameOf(const GraphImpl& graph, const Endpoint& endpoint) {
  return absl::StrCat(graph.node(endpoint.node).name(), ":", endpoint.index);
}

bool IsIn(const GraphImpl& graph, const Endpoint& endpoint) {
  return endpoint.node >= 0 && endpoint.node < graph.num_nodes();
}

}  // namespace

void VariableToProto(const GraphImpl& graph, const VariableRecord& record, bool is_global_step,
                     const Rename& rename, pb::VariableDef* message) {
  message->set_variable_name(rename(TensorNameOf(graph, record.ref)));
  if (IsIn(graph, record.initial_value)) {
    message->set_initial_value_name(rename(TensorNameOf(graph, record.initial_value)));
  }
  if (record.initializer >= 0) {
    message->set_initializer_name(rename(graph.node(record.initializer).name()));
  }
  message->set_snapshot_name(rename(TensorNameOf(graph, record.snapshot)));
  message->set_trainable(record.trainable);
  if (is_global_step) message->set_aggregation(pb::VARIABLE_AGGREGATION_ONLY_FIRST_REPLICA);
}

absl::StatusOr<VariableRecord> VariableFromProto(const GraphImpl& graph,
                                                 const pb::VariableDef& message,
                                                 const Resolve& resolve) {
  VariableRecord record;
  SESSILE_ASSIGN_OR_RETURN(record.ref, resolve(message.variable_name()));
  SESSILE_ASSIGN_OR_RETURN(record.snapshot, resolve(message.snapshot_name()));
  SESSILE_ASSIGN_OR_RETURN(const Endpoint initializer, resolve(message.initializer_name()));
  record.initializer = initializer.node;
  const Node& owner = graph.node(record.ref.node);
  const auto is_output = [&](const Endpoint& endpoint) {
    return endpoint.index >= 0 && endpoint.index < graph.node(endpoint.node).num_outputs();
  };
  if (!is_output(record.ref) || !is_output(record.snapshot)) {
    return InvalidArgument("Variable '", message.variable_name(), "': it or its snapshot '",
                           message.snapshot_name(), "' is no tensor");
  }
  if (!message.initial_value_name().empty()) {
    SESSILE_ASSIGN_OR_RETURN(record.initial_value, resolve(message.initial_value_name()));
  } else if (graph.node(record.initializer).num_inputs() > 1) {
    record.initial_value = graph.node(record.initializer).inputs()[1];  // what Assign assigns
  }
  if (!IsIn(graph, record.initial_value) || !is_output(record.initial_value)) {
    return InvalidArgument("Variable '", message.variable_name(), "' has no initial value");
  }
  record.trainable = message.trainable();
  record.dtype = BaseType(owner.output_types()[static_cast<size_t>(record.ref.index)]);
  return record;
}

void SaverToProto(const SaverDef& saver, const Rename& rename, pb::SaverDef* message) {
  message->set_filename_tensor_name(rename(saver.filename_tensor_name));
  message->set_save_tensor_name(rename(saver.save_tensor_name));
  message->set_restore_op_name(rename(saver.restore_op_name));
  message->set_max_to_keep(saver.max_to_keep);
  message->set_sharded(saver.sharded);
  message->set_keep_checkpoint_every_n_hours(saver.keep_checkpoint_every_n_hours);
  message->set_version(static_cast<pb::SaverDef::CheckpointFormatVersion>(saver.version));
}

SaverDef SaverFromProto(const pb::SaverDef& message, const Rename& rename) {
  return {.filename_tensor_name = rename(message.filename_tensor_name()),
          .save_tensor_name = rename(message.save_tensor_name()),
          .restore_op_name = rename(message.restore_op_name()),
          .max_to_keep = message.max_to_keep(),
          .sharded = message.sharded(),
          .keep_checkpoint_every_n_hours = message.keep_checkpoint_every_n_hours(),
          .version = static_cast<SaverDef::CheckpointFormatVersion>(message.version())};
}

void CondToProto(const GraphImpl& graph, const CondContext& context, const Rename& rename,
                 pb::CondContextDef* message) {
  message->set_context_name(rename(context.name()));
  message->set_pred_name(rename(TensorNameOf(graph, context.pred())));
  message->set_pivot_name(rename(TensorNameOf(graph, context.pivot())));
  message->set_branch(context.branch());
  std::set<std::string> names;
  for (const Endpoint& value : context.values()) names.insert(TensorNameOf(graph, value));
  pb::ValuesDef& values = *message->mutable_values_def();
  for (const std::string& name : names) values.add_values(rename(name));
  for (const auto& [outside, inside] : context.external_values()) {
    (*values.mutable_external_values())[rename(TensorNameOf(graph, outside))] =
        rename(TensorNameOf(graph, inside));
  }
  for (const ControlFlowContext* inner : graph.contexts()) {
    const auto* const cond = dynamic_cast<const CondContext*>(inner);
    if (cond == nullptr || cond->outer() != &context) continue;
    CondToProto(graph, *cond, rename, message->add_nested_contexts()->mutable_cond_ctxt());
  }
}

absl::Status CondFromProto(GraphImpl& graph, const pb::CondContextDef& message,
                           const Resolve& resolve, const Rename& rename, GuardingContext* outer) {
  CondContext::Parts parts{.name = rename(message.context_name()), .branch = message.branch()};
  if (parts.branch != 0 && parts.branch != 1) {
    return InvalidArgument("Cond '", message.context_name(), "' has branch ", parts.branch,
                           "; it must be 0 or 1");
  }
  SESSILE_ASSIGN_OR_RETURN(parts.pred, resolve(message.pred_name()));
  SESSILE_ASSIGN_OR_RETURN(parts.pivot, resolve(message.pivot_name()));
  for (const std::string& name : message.values_def().values()) {
    SESSILE_ASSIGN_OR_RETURN(const Endpoint value, resolve(name));
    parts.values.insert(value);
  }
  for (const auto& [outside, inside] : message.values_def().external_values()) {
    SESSILE_ASSIGN_OR_RETURN(const Endpoint key, resolve(outside));
    SESSILE_ASSIGN_OR_RETURN(const Endpoint value, resolve(inside));
    parts.external_values[key] = value;
  }
  CondContext* const made = CondContext::Restore(graph, std::move(parts), outer);
  // What the context has seen was built in it, or in one inside of it, which says so next.
  for (const Endpoint& value : made->values()) {
    if (made->external_values().contains(value)) continue;
    graph.SetControlFlowContext(graph.node(value.node), made);
  }
  for (const pb::ControlFlowContextDef& inner : message.nested_contexts()) {
    if (inner.ctxt_case() != pb::ControlFlowContextDef::kCondCtxt) continue;
    SESSILE_RETURN_IF_ERROR(CondFromProto(graph, inner.cond_ctxt(), resolve, rename, made));
  }
  return absl::OkStatus();
}

}  // namespace sessile
