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

bool IsHandle(const GraphImpl& graph, const Endpoint& endpoint) {
  const Node& node = graph.node(endpoint.node);
  return node.output_types()[static_cast<size_t>(endpoint.index)] == DataType::kResource;
}

void SliceToProto(const VariableSlice& slice, const Rename& rename, pb::SaveSliceInfoDef* message) {
  message->set_full_name(rename(slice.full_name));
  message->mutable_full_shape()->Assign(slice.full_shape.begin(), slice.full_shape.end());
  message->mutable_var_offset()->Assign(slice.offset.begin(), slice.offset.end());
  message->mutable_var_shape()->Assign(slice.shape.begin(), slice.shape.end());
}

VariableSlice SliceFromProto(const pb::SaveSliceInfoDef& message, const Rename& rename) {
  return {.full_name = rename(message.full_name()),
          .full_shape = {message.full_shape().begin(), message.full_shape().end()},
          .offset = {message.var_offset().begin(), message.var_offset().end()},
          .shape = {message.var_shape().begin(), message.var_shape().end()}};
}

}  // namespace

void VariableToProto(const GraphImpl& graph, const VariableRecord& record, const Rename& rename,
                     pb::VariableDef* message) {
  message->set_variable_name(rename(TensorNameOf(graph, record.ref)));
  if (IsIn(graph, record.initial_value)) {
    message->set_initial_value_name(rename(TensorNameOf(graph, record.initial_value)));
  }
  if (record.initializer >= 0) {
    message->set_initializer_name(rename(graph.node(record.initializer).name()));
  }
  message->set_snapshot_name(rename(TensorNameOf(graph, record.snapshot)));
  message->set_trainable(record.trainable);
  message->set_is_resource(IsHandle(graph, record.ref));
  message->set_synchronization(static_cast<pb::VariableSynchronization>(record.synchronization));
  message->set_aggregation(static_cast<pb::VariableAggregation>(record.aggregation));
  if (record.slice.has_value()) {
    SliceToProto(*record.slice, rename, message->mutable_save_slice_info_def());
  }
}

absl::StatusOr<VariableRecord> VariableFromProto(const GraphImpl& graph,
                                                 const pb::VariableDef& message,
                                                 const Resolve& resolve, const Rename& rename) {
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
  // Numbers that are newer than this library are kept too.
  record.synchronization = static_cast<VariableSynchronization>(message.synchronization());
  record.aggregation = static_cast<VariableAggregation>(message.aggregation());
  if (message.has_save_slice_info_def()) {
    record.slice = SliceFromProto(message.save_slice_info_def(), rename);
  }
  record.dtype = BaseType(owner.output_types()[static_cast<size_t>(record.ref.index)]);
  if (message.is_resource() != IsHandle(graph, record.ref)) {
    return InvalidArgument("Variable '", message.variable_name(), "': its node is ",
                           message.is_resource() ? "no handle" : "a handle");
  }
  if (message.is_resource()) record.dtype = owner.output_handle(record.ref.index).dtype;
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

namespace {

void ValuesToProto(const GraphImpl& graph, const GuardingContext& context, const Rename& rename,
                   pb::ValuesDef* message) {
  std::set<std::string> names;
  for (const Endpoint& value : context.values()) names.insert(TensorNameOf(graph, value));
  for (const std::string& name : names) message->add_values(rename(name));
  for (const auto& [outside, inside] : context.external_values()) {
    (*message->mutable_external_values())[rename(TensorNameOf(graph, outside))] =
        rename(TensorNameOf(graph, inside));
  }
}

// Calls `add`, which gives a new message, for each context inside of `context`.
template <typename Add>
void NestedToProto(const GraphImpl& graph, const ControlFlowContext& context, const Rename& rename,
                   Add add) {
  for (const ControlFlowContext* inner : graph.contexts()) {
    if (inner->outer() != &context) continue;
    if (const auto* const cond = dynamic_cast<const CondContext*>(inner)) {
      CondToProto(graph, *cond, rename, add()->mutable_cond_ctxt());
    } else if (const auto* const loop = dynamic_cast<const WhileContext*>(inner)) {
      WhileToProto(graph, *loop, rename, add()->mutable_while_ctxt());
    }
  }
}

// The output that a context names.
absl::StatusOr<Endpoint> ContextTensor(const GraphImpl& graph, const Resolve& resolve,
                                       const std::string& name) {
  SESSILE_ASSIGN_OR_RETURN(const Endpoint found, resolve(name));
  if (IsIn(graph, found) && found.index >= 0 &&
      found.index < graph.node(found.node).num_outputs()) {
    return found;
  }
  return InvalidArgument("'", name, "' of a cond or loop is no tensor");
}

// One that must be made by a node of this kind.
absl::StatusOr<Endpoint> ContextTensorOf(const GraphImpl& graph, const Resolve& resolve,
                                         const std::string& name, ControlFlowKind kind,
                                         const char* kind_name) {
  SESSILE_ASSIGN_OR_RETURN(const Endpoint found, ContextTensor(graph, resolve, name));
  const Node& node = graph.node(found.node);
  if (node.op() != nullptr && node.op()->control_flow == kind && node.num_inputs() == 1) {
    return found;
  }
  return InvalidArgument("'", name, "' of a loop is made by op ", node.op_type(), ", must be ",
                         kind_name);
}

absl::Status ValuesFromProto(const GraphImpl& graph, const pb::ValuesDef& message,
                             const Resolve& resolve, std::set<Endpoint>* values,
                             std::map<Endpoint, Endpoint>* external) {
  for (const std::string& name : message.values()) {
    SESSILE_ASSIGN_OR_RETURN(const Endpoint value, ContextTensor(graph, resolve, name));
    values->insert(value);
  }
  for (const auto& [outside, inside] : message.external_values()) {
    SESSILE_ASSIGN_OR_RETURN(const Endpoint key, ContextTensor(graph, resolve, outside));
    SESSILE_ASSIGN_OR_RETURN(const Endpoint value, ContextTensor(graph, resolve, inside));
    (*external)[key] = value;
  }
  return absl::OkStatus();
}

// What the context has seen was built in it, or in one inside of it, which says so next.
template <typename Message>
absl::Status FinishContext(GraphImpl& graph, const Message& message, const Resolve& resolve,
                           const Rename& rename, GuardingContext* made) {
  for (const Endpoint& value : made->values()) {
    if (made->external_values().contains(value)) continue;
    graph.SetControlFlowContext(graph.node(value.node), made);
  }
  for (const pb::ControlFlowContextDef& inner : message.nested_contexts()) {
    if (inner.has_cond_ctxt()) {
      SESSILE_RETURN_IF_ERROR(CondFromProto(graph, inner.cond_ctxt(), resolve, rename, made));
    } else if (inner.has_while_ctxt()) {
      SESSILE_RETURN_IF_ERROR(WhileFromProto(graph, inner.while_ctxt(), resolve, rename, made));
    }
  }
  return absl::OkStatus();
}

}  // namespace

void CondToProto(const GraphImpl& graph, const CondContext& context, const Rename& rename,
                 pb::CondContextDef* message) {
  message->set_context_name(rename(context.name()));
  message->set_pred_name(rename(TensorNameOf(graph, context.pred())));
  message->set_pivot_name(rename(TensorNameOf(graph, context.pivot())));
  message->set_branch(context.branch());
  ValuesToProto(graph, context, rename, message->mutable_values_def());
  NestedToProto(graph, context, rename, [&] { return message->add_nested_contexts(); });
}

void WhileToProto(const GraphImpl& graph, const WhileContext& context, const Rename& rename,
                  pb::WhileContextDef* message) {
  const auto name_of = [&](const Endpoint& tensor) { return rename(TensorNameOf(graph, tensor)); };
  const WhileContext::Options& options = context.options();
  message->set_context_name(rename(context.name()));
  message->set_parallel_iterations(static_cast<int32_t>(options.parallel_iterations));
  if (options.maximum_iterations.has_value()) {
    message->set_maximum_iterations_name(name_of(*options.maximum_iterations));
  }
  message->set_back_prop(options.back_prop);
  message->set_swap_memory(options.swap_memory);
  message->set_pivot_for_pred_name(name_of(context.pivot_for_condition()));
  message->set_pivot_for_body_name(name_of(context.pivot_for_body()));
  message->set_pivot_name(name_of(context.pivot()));
  for (const Endpoint& exit : context.exits()) message->add_loop_exit_names(name_of(exit));
  for (const Endpoint& enter : context.enters()) message->add_loop_enter_names(name_of(enter));
  ValuesToProto(graph, context, rename, message->mutable_values_def());
  NestedToProto(graph, context, rename, [&] { return message->add_nested_contexts(); });
}

absl::Status CondFromProto(GraphImpl& graph, const pb::CondContextDef& message,
                           const Resolve& resolve, const Rename& rename, GuardingContext* outer) {
  CondContext::Parts parts{.name = rename(message.context_name()), .branch = message.branch()};
  if (parts.branch != 0 && parts.branch != 1) {
    return InvalidArgument("Cond '", message.context_name(), "' has branch ", parts.branch,
                           "; it must be 0 or 1");
  }
  SESSILE_ASSIGN_OR_RETURN(parts.pred, ContextTensor(graph, resolve, message.pred_name()));
  SESSILE_ASSIGN_OR_RETURN(parts.pivot, ContextTensor(graph, resolve, message.pivot_name()));
  SESSILE_RETURN_IF_ERROR(
      ValuesFromProto(graph, message.values_def(), resolve, &parts.values, &parts.external_values));
  return FinishContext(graph, message, resolve, rename,
                       CondContext::Restore(graph, std::move(parts), outer));
}

absl::Status WhileFromProto(GraphImpl& graph, const pb::WhileContextDef& message,
                            const Resolve& resolve, const Rename& rename, GuardingContext* outer) {
  WhileContext::Parts parts{.name = rename(message.context_name())};
  if (message.parallel_iterations() < 1) {
    return InvalidArgument("Loop '", message.context_name(), "': parallel_iterations is ",
                           message.parallel_iterations(), ", must be at least 1");
  }
  parts.options.parallel_iterations = message.parallel_iterations();
  parts.options.back_prop = message.back_prop();
  parts.options.swap_memory = message.swap_memory();
  if (const std::string& most = message.maximum_iterations_name(); !most.empty()) {
    SESSILE_ASSIGN_OR_RETURN(parts.options.maximum_iterations, ContextTensor(graph, resolve, most));
  }
  SESSILE_ASSIGN_OR_RETURN(parts.pivot, ContextTensorOf(graph, resolve, message.pivot_name(),
                                                        ControlFlowKind::kLoopCond, "LoopCond"));
  SESSILE_ASSIGN_OR_RETURN(parts.pivot_for_condition,
                           ContextTensor(graph, resolve, message.pivot_for_pred_name()));
  SESSILE_ASSIGN_OR_RETURN(parts.pivot_for_body,
                           ContextTensor(graph, resolve, message.pivot_for_body_name()));
  for (const std::string& name : message.loop_exit_names()) {
    SESSILE_ASSIGN_OR_RETURN(const Endpoint exit,
                             ContextTensorOf(graph, resolve, name, ControlFlowKind::kExit, "Exit"));
    parts.exits.push_back(exit);
  }
  for (const std::string& name : message.loop_enter_names()) {
    SESSILE_ASSIGN_OR_RETURN(
        const Endpoint enter,
        ContextTensorOf(graph, resolve, name, ControlFlowKind::kEnter, "Enter"));
    parts.enters.push_back(enter);
  }
  SESSILE_RETURN_IF_ERROR(
      ValuesFromProto(graph, message.values_def(), resolve, &parts.values, &parts.external_values));
  // Its own name is that of the frame.
  if (parts.name != message.context_name()) {
    for (const Endpoint& value : parts.values) {
      Node& node = graph.node(value.node);
      if (node.op() == nullptr || node.op()->control_flow != ControlFlowKind::kEnter) continue;
      graph.SetAttr(node, "frame_name", parts.name);
    }
  }
  return FinishContext(graph, message, resolve, rename,
                       WhileContext::Restore(graph, std::move(parts), outer));
}

}  // namespace sessile
