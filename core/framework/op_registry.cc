#include "sessile/core/framework/op_registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/op_spec.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

// "" if each argument names attributes that the op has, of the right type; else what is wrong.
std::string WrongReference(const OpDef& op, const ArgDef& arg) {
  const auto check = [&op](const std::string& name, const char* type) {
    const AttrDef* attr = op.FindAttr(name);
    return name.empty() || (attr != nullptr && attr->type == type);
  };
  if (!check(arg.type_attr, "type")) return absl::StrCat("'", arg.type_attr, "' is no type");
  if (!check(arg.number_attr, "int")) return absl::StrCat("'", arg.number_attr, "' is no int");
  return "";
}

}  // namespace

OpDefBuilder& OpDefBuilder::Input(std::string_view spec) {
  absl::StatusOr<ArgDef> arg = ParseArgSpec(spec);
  arg.ok() ? op_->inputs.push_back(*std::move(arg)) : Fail(spec, arg.status().message());
  return *this;
}

OpDefBuilder& OpDefBuilder::Output(std::string_view spec) {
  absl::StatusOr<ArgDef> arg = ParseArgSpec(spec);
  arg.ok() ? op_->outputs.push_back(*std::move(arg)) : Fail(spec, arg.status().message());
  return *this;
}

OpDefBuilder& OpDefBuilder::Attr(std::string_view spec) {
  absl::StatusOr<AttrDef> attr = ParseAttrSpec(spec);
  if (!attr.ok()) {
    Fail(spec, attr.status().message());
    return *this;
  }
  if (op_->FindAttr(attr->name) != nullptr) Fail(spec, "the attribute is there already");
  if (attr->type == "list(type)") {
    for (std::vector<ArgDef>* args : {&op_->inputs, &op_->outputs}) {
      for (ArgDef& arg : *args) {
        if (arg.type_attr == attr->name) arg.type_list_attr = std::exchange(arg.type_attr, "");
      }
    }
  }
  op_->attrs.push_back(*std::move(attr));
  return *this;
}

OpDefBuilder& OpDefBuilder::Attr(std::string_view spec, AttrValue default_value) {
  const size_t before = op_->attrs.size();
  Attr(spec);
  if (op_->attrs.size() > before) op_->attrs.back().default_value = std::move(default_value);
  return *this;
}

OpDefBuilder& OpDefBuilder::Doc(std::string_view line) {
  op_->doc = std::string(line);
  return *this;
}
OpDefBuilder& OpDefBuilder::Shape(ShapeFn fn) {
  op_->shape = std::move(fn);
  return *this;
}
OpDefBuilder& OpDefBuilder::Value(ValueFn fn) {
  op_->value = std::move(fn);
  return *this;
}
OpDefBuilder& OpDefBuilder::ValueAsShape(ValueAsShapeFn fn) {
  op_->value_as_shape = std::move(fn);
  return *this;
}
OpDefBuilder& OpDefBuilder::Gradient(GradientFn fn) {
  op_->gradient = std::move(fn);
  return *this;
}
OpDefBuilder& OpDefBuilder::NotDifferentiable(std::string_view reason) {
  op_->not_differentiable = std::string(reason);
  op_->blocks_gradient = true;
  return *this;
}
OpDefBuilder& OpDefBuilder::NoGradient(std::string_view reason) {
  op_->not_differentiable = std::string(reason);
  op_->blocks_gradient = false;
  return *this;
}
OpDefBuilder& OpDefBuilder::Stateful() {
  op_->is_stateful = true;
  return *this;
}
OpDefBuilder& OpDefBuilder::Commutative() {
  op_->is_commutative = true;
  return *this;
}
OpDefBuilder& OpDefBuilder::Aggregate() {
  op_->is_aggregate = true;
  return *this;
}
OpDefBuilder& OpDefBuilder::AllowsUninitializedInput() {
  op_->allows_uninitialized_input = true;
  return *this;
}
OpDefBuilder& OpDefBuilder::MayBlock() {
  op_->may_block = true;
  return *this;
}
OpDefBuilder& OpDefBuilder::RowsIndependent() {
  op_->rows_independent = true;
  return *this;
}
OpDefBuilder& OpDefBuilder::ControlFlow(ControlFlowKind kind) {
  op_->control_flow = kind;
  return *this;
}
OpDefBuilder& OpDefBuilder::Deprecated(int since_version) {
  op_->deprecated_since = since_version;
  return *this;
}

OpDefBuilder& OpDefBuilder::Lower(LowerFn fn) {
  op_->lower = std::move(fn);
  return *this;
}

void OpDefBuilder::Fail(std::string_view spec, absl::string_view why) {
  registry_->Fail(absl::StrCat("Op '", op_->name, "': malformed specification \"",
                               std::string(spec), "\": ", why));
}

OpDefBuilder OpRegistry::Add(std::string_view name) {
  auto op = std::make_unique<OpDef>();
  op->name = std::string(name);
  OpDef* const added = op.get();
  const bool taken = ops_.contains(added->name);
  if (frozen_ || taken) {
    Fail(absl::StrCat(
        "Op '", added->name, "' ",
        taken ? "is registered twice" : "is registered too late: a graph exists already"));
    rejected_.push_back(std::move(op));
  } else {
    ops_.emplace(added->name, std::move(op));
  }
  return OpDefBuilder(this, added);
}

void OpRegistry::Fail(std::string message) {
  if (status_.ok()) status_ = InvalidArgument(message);
}

const OpDef* OpRegistry::Find(std::string_view name) const {
  const auto it = ops_.find(absl::string_view(name.data(), name.size()));
  return it != ops_.end() ? it->second.get() : nullptr;
}

absl::Status OpRegistry::NotRegistered(std::string_view op, std::string_view node) const {
  const bool too_late = std::any_of(rejected_.begin(), rejected_.end(),
                                    [&](const auto& rejected) { return rejected->name == op; });
  return NotFound(
      "Op type not registered '", std::string(op), "'",
      node.empty() ? "" : absl::StrCat(" (node '", std::string(node), "')"),
      " in binary running on HOST. Make sure the Op and Kernel are registered in the binary "
      "running in this process",
      too_late ? " before the first graph is made: it was registered when there was one already."
               : ".");
}

std::vector<const OpDef*> OpRegistry::List() const {
  std::vector<const OpDef*> list;
  list.reserve(ops_.size());
  for (const auto& [name, op] : ops_) list.push_back(op.get());
  std::sort(list.begin(), list.end(),
            [](const OpDef* a, const OpDef* b) { return a->name < b->name; });
  return list;
}

void OpRegistry::SetFunctionSupport(std::shared_ptr<const FunctionSupport> support) {
  if (frozen_) {
    Fail("SetFunctionSupport after the first graph was made");
    return;
  }
  function_support_ = std::move(support);
}

void OpRegistry::Freeze() {
  if (frozen_) return;
  frozen_ = true;
  for (const OpDef* op : List()) {
    for (const std::vector<ArgDef>* args : {&op->inputs, &op->outputs}) {
      for (const ArgDef& arg : *args) {
        const std::string wrong = WrongReference(*op, arg);
        if (wrong.empty()) continue;
        Fail(absl::StrCat("Op '", op->name, "': argument '", arg.name, "': ", wrong,
                          ", neither of DataType nor of the op's attributes"));
      }
    }
  }
}

}  // namespace sessile
