#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/proto/attr_value.pb.h"
#include "sessile/proto/node_def.pb.h"

namespace sessile {
namespace {

absl::StatusOr<FunctionRef> FunctionFromProto(const pb::NameAttrList& proto,
                                              ExpansionBudget* budget) {
  auto attrs = std::make_shared<AttrMap>();
  for (const auto& [name, value] : proto.attr()) {
    SESSILE_ASSIGN_OR_RETURN(AttrValue attr, AttrFromProto(value, budget));
    attrs->Set(name, std::move(attr));
  }
  return FunctionRef{proto.name(), std::move(attrs)};
}

absl::Status FunctionToProto(const FunctionRef& function, pb::NameAttrList* proto) {
  proto->set_name(function.name);
  if (function.attrs == nullptr) return absl::OkStatus();
  for (const auto& [name, value] : *function.attrs) {
    SESSILE_RETURN_IF_ERROR(AttrToProto(value, &(*proto->mutable_attr())[name]));
  }
  return absl::OkStatus();
}

absl::StatusOr<AttrList> ListFromProto(const pb::AttrValue::ListValue& proto,
                                       ExpansionBudget* budget) {
  AttrList list;
  list.strings.assign(proto.s().begin(), proto.s().end());
  list.ints.assign(proto.i().begin(), proto.i().end());
  list.floats.assign(proto.f().begin(), proto.f().end());
  list.bools.assign(proto.b().begin(), proto.b().end());
  for (const int type : proto.type()) list.types.push_back(static_cast<DataType>(type));
  for (const pb::TensorShapeProto& item : proto.shape()) {
    SESSILE_ASSIGN_OR_RETURN(Shape shape, ShapeFromProto(item));
    list.shapes.push_back(std::move(shape));
  }
  for (const pb::TensorProto& item : proto.tensor()) {
    SESSILE_ASSIGN_OR_RETURN(Tensor tensor, TensorFromProto(item, budget));
    list.tensors.push_back(std::move(tensor));
  }
  for (const pb::NameAttrList& item : proto.func()) {
    SESSILE_ASSIGN_OR_RETURN(FunctionRef function, FunctionFromProto(item, budget));
    list.functions.push_back(std::move(function));
  }
  return list;
}

absl::Status ListToProto(const AttrList& list, pb::AttrValue::ListValue* proto) {
  for (const std::string& value : list.strings) proto->add_s(value);
  for (const int64_t value : list.ints) proto->add_i(value);
  for (const float value : list.floats) proto->add_f(value);
  for (const bool value : list.bools) proto->add_b(value);
  for (const DataType value : list.types) proto->add_type(static_cast<pb::DataType>(value));
  for (const Shape& value : list.shapes) ShapeToProto(value, proto->add_shape());
  for (const Tensor& value : list.tensors) {
    SESSILE_RETURN_IF_ERROR(TensorToProto(value, proto->add_tensor()));
  }
  for (const FunctionRef& value : list.functions) {
    SESSILE_RETURN_IF_ERROR(FunctionToProto(value, proto->add_func()));
  }
  return absl::OkStatus();
}

// Writes the alternative that the value holds.
struct Writer {
  pb::AttrValue* proto;

  absl::Status operator()(std::monostate) const { return absl::OkStatus(); }
  absl::Status operator()(const std::string& value) const {
    proto->set_s(value);
    return absl::OkStatus();
  }
  absl::Status operator()(int64_t value) const {
    proto->set_i(value);
    return absl::OkStatus();
  }
  absl::Status operator()(float value) const {
    proto->set_f(value);
    return absl::OkStatus();
  }
  absl::Status operator()(bool value) const {
    proto->set_b(value);
    return absl::OkStatus();
  }
  absl::Status operator()(DataType value) const {
    proto->set_type(static_cast<pb::DataType>(value));
    return absl::OkStatus();
  }
  absl::Status operator()(const Shape& value) const {
    ShapeToProto(value, proto->mutable_shape());
    return absl::OkStatus();
  }
  absl::Status operator()(const Tensor& value) const {
    return TensorToProto(value, proto->mutable_tensor());
  }
  absl::Status operator()(const FunctionRef& value) const {
    return FunctionToProto(value, proto->mutable_func());
  }
  absl::Status operator()(const AttrList& value) const {
    return ListToProto(value, proto->mutable_list());
  }
};

template <typename T>
absl::StatusOr<AttrValue> Wrap(absl::StatusOr<T> value) {
  if (!value.ok()) return value.status();
  return AttrValue(*std::move(value));
}

}  // namespace

absl::StatusOr<AttrValue> AttrFromProto(const pb::AttrValue& proto, ExpansionBudget* budget) {
  switch (proto.value_case()) {
    case pb::AttrValue::kS:
      return AttrValue(proto.s());
    case pb::AttrValue::kI:
      return AttrValue(static_cast<int64_t>(proto.i()));
    case pb::AttrValue::kF:
      return AttrValue(proto.f());
    case pb::AttrValue::kB:
      return AttrValue(proto.b());
    case pb::AttrValue::kType:
      return AttrValue(static_cast<DataType>(proto.type()));
    case pb::AttrValue::kShape:
      return Wrap(ShapeFromProto(proto.shape()));
    case pb::AttrValue::kTensor:
      return Wrap(TensorFromProto(proto.tensor(), budget));
    case pb::AttrValue::kList:
      return Wrap(ListFromProto(proto.list(), budget));
    case pb::AttrValue::kFunc:
      return Wrap(FunctionFromProto(proto.func(), budget));
    case pb::AttrValue::kPlaceholder:
    case pb::AttrValue::VALUE_NOT_SET:
      break;
  }
  return AttrValue();
}

absl::Status AttrToProto(const AttrValue& value, pb::AttrValue* proto) {
  proto->Clear();
  return value.Visit(Writer{proto});
}

absl::StatusOr<AttrMap> AttrsFromProto(const pb::NodeDef& node, ExpansionBudget* budget) {
  AttrMap attrs;
  attrs.Reserve(node.attr().size());
  for (const auto& [name, proto] : node.attr()) {
    absl::StatusOr<AttrValue> value = AttrFromProto(proto, budget);
    if (!value.ok()) {
      return WithSuffix(value.status(),
                        absl::StrCat("\n\t for attr '", name, "'\n\t; NodeDef: {{node ",
                                     node.name(), "}} (op: '", node.op(), "')"));
    }
    attrs.Set(name, *std::move(value));
  }
  return attrs;
}

}  // namespace sessile
