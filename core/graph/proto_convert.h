// Shapes, tensors and attributes to the messages of proto/ and back.
//
//   pb::TensorProto proto;
//   SESSILE_RETURN_IF_ERROR(TensorToProto(tensor, &proto));
//   ExpansionBudget budget;
//   SESSILE_ASSIGN_OR_RETURN(Tensor same, TensorFromProto(proto, &budget));
//
// Reading takes nothing on trust: sizes are checked before memory is allocated, and every mismatch
// is an INVALID_ARGUMENT. Thread-safe for distinct messages.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/core/framework/attr_value.h"
#include "sessile/core/framework/shape.h"
#include "sessile/core/framework/tensor.h"

namespace sessile {

namespace pb {
class AttrValue;
class NodeDef;
class TensorProto;
class TensorShapeProto;
}  // namespace pb

// A tensor may repeat its last value to fill any shape, so that a few bytes stand for as much
// memory as there is. This is how much all tensors of one file may grow so.
struct ExpansionBudget {
  size_t bytes = size_t{1} << 30;
};

// The attribute with what is known of the shapes of a node's outputs. It is not kept: reading a
// graph merges it into the shapes, writing one makes it anew where it is wanted.
inline constexpr char kOutputShapes[] = "_output_shapes";

// Sizes below -1, ranks over 254 and more than 2^63 - 1 elements are errors; so is an unknown rank
// with dimensions.
absl::StatusOr<Shape> ShapeFromProto(const pb::TensorShapeProto& proto);
void ShapeToProto(const Shape& shape, pb::TensorShapeProto* proto);

// Every form in which TensorFlow writes a tensor: raw content, or values of which the last one is
// repeated. "Cannot parse tensor from proto: ..." for a message that is no tensor,
// RESOURCE_EXHAUSTED beyond the budgets. Resources and variants have no value here: an empty
// Tensor.
absl::StatusOr<Tensor> TensorFromProto(const pb::TensorProto& proto, ExpansionBudget* budget);
// kAsPython: raw content for two or more given elements of most numbers, values for the rest.
// kValues: values always, as definitions of operations have them.
enum class TensorForm { kAsPython, kValues };
absl::Status TensorToProto(const Tensor& tensor, pb::TensorProto* proto,
                           TensorForm form = TensorForm::kAsPython);

// An attribute without a value, and a placeholder of a function, have no value here.
absl::StatusOr<AttrValue> AttrFromProto(const pb::AttrValue& proto, ExpansionBudget* budget);
absl::Status AttrToProto(const AttrValue& value, pb::AttrValue* proto);

// All attributes of a node; errors name it: "...\n\t for attr 'shape'\n\t; NodeDef: {{node x}}".
absl::StatusOr<AttrMap> AttrsFromProto(const pb::NodeDef& node, ExpansionBudget* budget);

}  // namespace sessile
