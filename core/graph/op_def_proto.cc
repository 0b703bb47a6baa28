#include "sessile/core/graph/op_def_proto.h"

#include "sessile/core/framework/status.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/proto/op_def.pb.h"

namespace sessile {
namespace {

void ArgToProto(const ArgDef& arg, pb::OpDef::ArgDef* message) {
  message->set_name(arg.name);
  message->set_type(static_cast<pb::DataType>(arg.type));
  message->set_type_attr(arg.type_attr);
  message->set_number_attr(arg.number_attr);
  message->set_type_list_attr(arg.type_list_attr);
  message->set_is_ref(arg.is_ref);
}

absl::Status AttrDefToProto(const AttrDef& attr, pb::OpDef::AttrDef* message) {
  message->set_name(attr.name);
  message->set_type(attr.type);
  if (attr.minimum.has_value()) {
    message->set_has_minimum(true);
    message->set_minimum(*attr.minimum);
  }
  for (const DataType type : attr.allowed_types) {
    message->mutable_allowed_values()->mutable_list()->add_type(static_cast<pb::DataType>(type));
  }
  for (const std::string& text : attr.allowed_strings) {
    message->mutable_allowed_values()->mutable_list()->add_s(text);
  }
  if (!attr.default_value.has_value()) return absl::OkStatus();
  if (const Tensor* const tensor = attr.default_value->get_if<Tensor>()) {
    return TensorToProto(*tensor, message->mutable_default_value()->mutable_tensor(),
                         TensorForm::kValues);
  }
  return AttrToProto(*attr.default_value, message->mutable_default_value());
}

absl::StatusOr<ArgDef> ArgFromProto(const pb::OpDef::ArgDef& message, const OpDef& op) {
  ArgDef arg{.name = message.name(),
             .type = static_cast<DataType>(message.type()),
             .type_attr = message.type_attr(),
             .number_attr = message.number_attr(),
             .type_list_attr = message.type_list_attr(),
             .is_ref = message.is_ref()};
  for (const std::string& attr : {arg.type_attr, arg.number_attr, arg.type_list_attr}) {
    if (attr.empty() || op.FindAttr(attr) != nullptr) continue;
    return InvalidArgument("Op '", op.name, "': argument '", arg.name, "' refers to attribute '",
                           attr, "', which the op does not have");
  }
  const int kinds =
      (arg.type != DataType::kInvalid) + !arg.type_attr.empty() + !arg.type_list_attr.empty();
  if (kinds != 1) {
    return InvalidArgument(
        "Op '", op.name, "': argument '", arg.name,
        "' must have exactly one of type, type_attr and type_list_attr, but has ", kinds);
  }
  return arg;
}

absl::StatusOr<AttrDef> AttrDefFromProto(const pb::OpDef::AttrDef& message,
                                         ExpansionBudget* budget) {
  AttrDef attr;
  attr.name = message.name();
  attr.type = message.type();
  if (message.has_minimum()) attr.minimum = message.minimum();
  for (const int type : message.allowed_values().list().type()) {
    attr.allowed_types.push_back(static_cast<DataType>(type));
  }
  const auto& strings = message.allowed_values().list().s();
  attr.allowed_strings.assign(strings.begin(), strings.end());
  if (message.has_default_value()) {
    SESSILE_ASSIGN_OR_RETURN(AttrValue value, AttrFromProto(message.default_value(), budget));
    attr.default_value = std::move(value);
  }
  return attr;
}

}  // namespace

absl::Status OpDefToProto(const OpDef& op, pb::OpDef* message) {
  message->Clear();
  message->set_name(op.name);
  for (const ArgDef& arg : op.inputs) ArgToProto(arg, message->add_input_arg());
  for (const ArgDef& arg : op.outputs) ArgToProto(arg, message->add_output_arg());
  for (const AttrDef& attr : op.attrs) {
    SESSILE_RETURN_IF_ERROR(AttrDefToProto(attr, message->add_attr()));
  }
  message->set_is_commutative(op.is_commutative);
  message->set_is_aggregate(op.is_aggregate);
  message->set_is_stateful(op.is_stateful);
  message->set_allows_uninitialized_input(op.allows_uninitialized_input);
  if (op.deprecated_since.has_value()) {
    message->mutable_deprecation()->set_version(*op.deprecated_since);
  }
  return absl::OkStatus();
}

absl::StatusOr<OpDef> OpDefFromProto(const pb::OpDef& message) {
  OpDef op;
  op.name = message.name();
  op.is_stateful = message.is_stateful();
  op.is_commutative = message.is_commutative();
  op.is_aggregate = message.is_aggregate();
  ExpansionBudget budget;
  for (const pb::OpDef::AttrDef& attr : message.attr()) {
    SESSILE_ASSIGN_OR_RETURN(AttrDef made, AttrDefFromProto(attr, &budget));
    op.attrs.push_back(std::move(made));
  }
  for (const pb::OpDef::ArgDef& arg : message.input_arg()) {
    SESSILE_ASSIGN_OR_RETURN(ArgDef made, ArgFromProto(arg, op));
    op.inputs.push_back(std::move(made));
  }
  for (const pb::OpDef::ArgDef& arg : message.output_arg()) {
    SESSILE_ASSIGN_OR_RETURN(ArgDef made, ArgFromProto(arg, op));
    op.outputs.push_back(std::move(made));
  }
  return op;
}

}  // namespace sessile
