// Definitions of operations to TensorFlow's OpDef message and back.
//
//   pb::OpDef message;
//   SESSILE_RETURN_IF_ERROR(OpDefToProto(*builtin_ops().Find("MatMul"), &message));
//
// Shape rules and gradients are not part of the message.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/core/framework/op_def.h"

namespace sessile {

namespace pb {
class OpDef;
}

absl::Status OpDefToProto(const OpDef& op, pb::OpDef* message);
// INVALID_ARGUMENT for arguments that name attributes which are not there.
absl::StatusOr<OpDef> OpDefFromProto(const pb::OpDef& message);

}  // namespace sessile
