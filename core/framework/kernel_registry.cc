#include "sessile/core/framework/kernel_registry.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "absl/strings/str_join.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

bool Contains(const std::vector<DataType>& types, DataType type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

bool Matches(const KernelDef& kernel, const AttrMap& attrs) {
  for (const KernelDef::TypeConstraint& want : kernel.types) {
    const AttrValue* value = attrs.Find(want.attr);
    const DataType* type = value == nullptr ? nullptr : value->get_if<DataType>();
    if (type == nullptr || !Contains(want.types, *type)) return false;
  }
  return std::all_of(kernel.attrs.begin(), kernel.attrs.end(), [&attrs](const auto& want) {
    const AttrValue* value = attrs.Find(want.attr);
    return value != nullptr && *value == want.value;
  });
}

std::string EnumNames(const std::vector<DataType>& types) {
  return absl::StrJoin(types, ", ", [](std::string* out, DataType type) {
    std::string name = DataTypeName(type);
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    absl::StrAppend(out, "DT_", name);
  });
}

std::string Describe(const KernelDef& kernel) {
  std::string text = "\n  device='CPU'";
  for (const auto& want : kernel.types) {
    absl::StrAppend(&text, "; ", want.attr, " in [", EnumNames(want.types), "]");
  }
  for (const auto& want : kernel.attrs) {
    absl::StrAppend(&text, "; ", want.attr, " in [", want.value.ToString(), "]");
  }
  return text;
}

}  // namespace

KernelDefBuilder& KernelDefBuilder::Types(std::string_view attr, std::vector<DataType> types) {
  for (KernelDef* def : defs_) def->types.push_back({std::string(attr), types});
  return *this;
}

KernelDefBuilder& KernelDefBuilder::When(std::string_view attr, AttrValue value) {
  for (KernelDef* def : defs_) def->attrs.push_back({std::string(attr), value});
  return *this;
}

KernelDefBuilder& KernelDefBuilder::ValueInput(int i) {
  for (KernelDef* def : defs_) def->value_inputs.push_back(i);
  return *this;
}

KernelDefBuilder& KernelDefBuilder::AllValueInputs() { return ValueInput(KernelDef::kAllInputs); }
KernelDefBuilder& KernelDefBuilder::LastValueInput() { return ValueInput(KernelDef::kLastInput); }

KernelDefBuilder& KernelDefBuilder::FromShapes() {
  for (KernelDef* def : defs_) def->from_shapes = true;
  return *this;
}

KernelDefBuilder& KernelDefBuilder::WithAlternatives(AlternativesFn list) {
  for (KernelDef* def : defs_) def->alternatives = list;
  return *this;
}

KernelDefBuilder& KernelDefBuilder::State(StateFn make, StateNameFn name) {
  for (KernelDef* def : defs_) {
    def->state = make;
    def->state_name = name;
  }
  return *this;
}

KernelDefBuilder& KernelDefBuilder::ReadsHandles() {
  for (KernelDef* def : defs_) def->handle_use = KernelDef::HandleUse::kReads;
  return *this;
}

KernelDefBuilder& KernelDefBuilder::UpdatesHandles() {
  for (KernelDef* def : defs_) def->handle_use = KernelDef::HandleUse::kUpdates;
  return *this;
}

KernelDefBuilder& KernelDefBuilder::TakesUninitialized() {
  for (KernelDef* def : defs_) def->may_be_uninitialized = true;
  return *this;
}

KernelDefBuilder& KernelDefBuilder::YardstickOnly() {
  for (KernelDef* def : defs_) def->yardstick_only = true;
  return *this;
}

KernelDef* KernelRegistry::AddDef(std::string_view op, PrepareFn prepare) {
  auto def = std::make_unique<KernelDef>();
  def->op = std::string(op);
  def->prepare = prepare;
  KernelDef* const added = def.get();
  if (frozen_) {
    if (status_.ok()) {
      status_ = InvalidArgument("A kernel for op '", added->op,
                                "' is registered too late: a session exists already");
    }
    rejected_.push_back(std::move(def));
    return added;
  }
  const auto it = kernels_.try_emplace(added->op).first;
  it->second.push_back(std::move(def));
  return added;
}

KernelDefBuilder KernelRegistry::AddTyped(std::string_view op, std::string_view attr,
                                          std::span<const Typed> kernels) {
  std::vector<KernelDef*> defs;
  for (const Typed& kernel : kernels) {
    KernelDef* const def = AddDef(op, kernel.prepare);
    def->types.push_back({std::string(attr), {kernel.type}});
    defs.push_back(def);
  }
  return KernelDefBuilder(this, std::move(defs));
}

KernelDefBuilder KernelRegistry::Add(std::string_view op, PrepareFn prepare) {
  return KernelDefBuilder(this, {AddDef(op, prepare)});
}

void KernelRegistry::Lacks(std::string_view op, std::string_view attr, std::vector<DataType> types,
                           std::string_view reason) {
  if (frozen_) return;
  lacks_.try_emplace(std::string(op))
      .first->second.push_back({std::string(attr), std::move(types), std::string(reason)});
}

void KernelRegistry::AddPass(std::string_view name, std::string_view purpose, PassFn run) {
  const auto is_taken = [&](const PlanPass& pass) { return pass.name == name; };
  if (frozen_ || std::any_of(passes_.begin(), passes_.end(), is_taken)) {
    if (status_.ok()) {
      status_ = InvalidArgument("Pass '", std::string(name), "' is registered ",
                                frozen_ ? "too late: a session exists already" : "twice");
    }
    return;
  }
  passes_.push_back({std::string(name), std::string(purpose), run});
}

absl::StatusOr<const KernelDef*> KernelRegistry::Find(std::string_view op, const AttrMap& attrs,
                                                      bool yardstick) const {
  const std::vector<const KernelDef*> all = List(op);
  for (const bool only : {true, false}) {
    if (only && !yardstick) continue;
    const KernelDef* found = nullptr;
    for (const KernelDef* kernel : all) {
      if (kernel->yardstick_only != only || !Matches(*kernel, attrs)) continue;
      if (found != nullptr) {
        return InvalidArgument(
            "Multiple OpKernel registrations match NodeDef at the same priority:", Describe(*found),
            Describe(*kernel));
      }
      found = kernel;
    }
    if (found != nullptr) return found;
  }
  std::string text = absl::StrCat("No OpKernel was registered to support Op '", std::string(op),
                                  "' with these attrs.  Registered devices: [CPU], Registered "
                                  "kernels:");
  for (const KernelDef* kernel : all) {
    if (!kernel->yardstick_only) absl::StrAppend(&text, Describe(*kernel));
  }
  if (all.empty()) absl::StrAppend(&text, "\n  <no registered kernels>");
  for (const auto& [name, value] : attrs) {
    const DataType* type = value.get_if<DataType>();
    if (type == nullptr) continue;
    const std::string reason = ReasonForLack(op, name, *type);
    if (!reason.empty()) {
      absl::StrAppend(&text, "\n  For ", name, " = ", DataTypeName(*type), ": ", reason);
    }
  }
  return Unimplemented(text);
}

std::vector<const KernelDef*> KernelRegistry::List(std::string_view op) const {
  std::vector<const KernelDef*> list;
  const auto it = kernels_.find(op);
  if (it == kernels_.end()) return list;
  for (const auto& kernel : it->second) list.push_back(kernel.get());
  return list;
}

std::string KernelRegistry::ReasonForLack(std::string_view op, std::string_view attr,
                                          DataType type) const {
  const auto it = lacks_.find(op);
  if (it == lacks_.end()) return "";
  for (const Lack& lack : it->second) {
    if (lack.attr == attr && Contains(lack.types, type)) return lack.reason;
  }
  return "";
}

}  // namespace sessile
