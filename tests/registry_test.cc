// What must be there for every operation: the parts that are easy to forget when one is added.

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/op_registry.h"

namespace sessile {
namespace {

std::vector<const OpDef*> Ops() { return builtin_ops().List(); }

std::string ArgText(const ArgDef& arg) {
  std::string kind = !arg.type_attr.empty()        ? arg.type_attr
                     : !arg.type_list_attr.empty() ? arg.type_list_attr
                                                   : PythonName(arg.type);
  if (arg.is_ref) kind = absl::StrCat("Ref(", kind, ")");
  if (!arg.number_attr.empty()) kind = absl::StrCat(arg.number_attr, " * ", kind);
  return absl::StrCat(arg.name, ": ", kind);
}

std::string ArgTexts(const std::vector<ArgDef>& args) {
  return absl::StrJoin(
      args, ", ", [](std::string* out, const ArgDef& arg) { absl::StrAppend(out, ArgText(arg)); });
}

std::string Quoted(const std::string& text) { return absl::StrCat("'", text, "'"); }
std::string Number(float value) { return absl::StrFormat("%.9g", value); }

std::string ValueText(const AttrValue& value) {
  if (const auto* type = value.get_if<DataType>()) return PythonName(*type);
  if (const auto* flag = value.get_if<bool>()) return *flag ? "true" : "false";
  if (const auto* integer = value.get_if<int64_t>()) return absl::StrCat(*integer);
  if (const auto* number = value.get_if<float>()) return Number(*number);
  if (const auto* text = value.get_if<std::string>()) return Quoted(*text);
  if (const auto* shape = value.get_if<Shape>()) return shape->ToString();
  if (const auto* tensor = value.get_if<Tensor>(); tensor != nullptr && tensor->dtype() == uint8) {
    return absl::StrCat("uint8", tensor->shape().ToString(), "{",
                        absl::StrJoin(tensor->flat<uint8_t>(), " "), "}");
  }
  const auto* list = value.get_if<AttrList>();
  if (list == nullptr) return "?";
  std::vector<std::string> items;
  for (const int64_t i : list->ints) items.push_back(absl::StrCat(i));
  for (const float f : list->floats) items.push_back(Number(f));
  for (const std::string& s : list->strings) items.push_back(Quoted(s));
  for (const DataType t : list->types) items.push_back(PythonName(t));
  for (const Shape& s : list->shapes) items.push_back(s.ToString());
  return absl::StrCat("[", absl::StrJoin(items, ", "), "]");
}

std::string AttrText(const AttrDef& attr) {
  std::string text = absl::StrCat("  ", attr.name, ": ", attr.type);
  std::vector<std::string> allowed;
  for (const DataType type : attr.allowed_types) allowed.push_back(PythonName(type));
  for (const std::string& value : attr.allowed_strings) allowed.push_back(Quoted(value));
  std::sort(allowed.begin(), allowed.end());
  if (!allowed.empty()) absl::StrAppend(&text, " in {", absl::StrJoin(allowed, ", "), "}");
  if (attr.minimum.has_value()) absl::StrAppend(&text, " >= ", *attr.minimum);
  if (attr.default_value.has_value()) {
    absl::StrAppend(&text, " = ", ValueText(*attr.default_value));
  }
  return text;
}

// As tests/golden/op_defs.py writes it.
std::string OpText(const OpDef& op) {
  std::string text =
      absl::StrCat(op.name, "(", ArgTexts(op.inputs), ") -> (", ArgTexts(op.outputs), ")");
  if (op.is_aggregate) text += " aggregate";
  if (op.is_commutative) text += " commutative";
  if (op.is_stateful) text += " stateful";
  if (op.allows_uninitialized_input) text += " uninitialized";
  for (const AttrDef& attr : op.attrs) absl::StrAppend(&text, "\n", AttrText(attr));
  return text;
}

std::map<std::string, std::string> TensorFlowsOps() {
  const std::string path = SESSILE_TEST_DATA_DIR "/op_defs.txt";
  std::ifstream in(path);
  EXPECT_TRUE(in.good()) << "cannot read " << path;
  std::map<std::string, std::string> ops;
  std::string name;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(' ')) {
      absl::StrAppend(&ops[name], "\n", line);
    } else {
      name = line.substr(0, line.find('('));
      ops[name] = line;
    }
  }
  return ops;
}

// The types that a type attribute of `op` may have.
std::vector<DataType> TypesOf(const AttrDef& attr) {
  if (!attr.allowed_types.empty()) return attr.allowed_types;
  std::vector<DataType> types;
  for (int i = 1; i <= static_cast<int>(DataType::kUInt64); ++i) {
    types.push_back(static_cast<DataType>(i));
  }
  return types;
}

// Attributes that satisfy `def` as far as it asks for anything, with `attr` of type `type`.
AttrMap AttrsFor(const OpDef& op, const KernelDef& def, const std::string& attr, DataType type) {
  AttrMap attrs;
  for (const AttrDef& each : op.attrs) {
    if (each.default_value.has_value()) attrs.Set(each.name, *each.default_value);
  }
  for (const auto& constraint : def.types) attrs.Set(constraint.attr, constraint.types.front());
  for (const auto& constraint : def.attrs) attrs.Set(constraint.attr, constraint.value);
  attrs.Set(attr, type);
  return attrs;
}

// Whether some kernel of `op` takes `type` for the type attribute `attr`.
bool HasKernel(const OpDef& op, const std::string& attr, DataType type) {
  const auto kernels = builtin_kernels().List(op.name);
  return std::any_of(kernels.begin(), kernels.end(), [&](const KernelDef* def) {
    return builtin_kernels()
        .Find(op.name, AttrsFor(op, *def, attr, type), /*yardstick=*/false)
        .ok();
  });
}

TEST(RegistryTest, HoldsWhatWasRegisteredWithoutMistakes) {
  EXPECT_TRUE(builtin_ops().status().ok()) << builtin_ops().status();
  EXPECT_TRUE(builtin_kernels().status().ok()) << builtin_kernels().status();
  EXPECT_FALSE(Ops().empty());
}

TEST(RegistryTest, EqualsTensorFlowsDefinitions) {
  const std::map<std::string, std::string> expected = TensorFlowsOps();
  for (const OpDef* op : Ops()) {
    const auto found = expected.find(op->name);
    if (found == expected.end()) {
      ADD_FAILURE() << "add " << op->name << " to NAMES in tests/golden/op_defs.py and run it";
      continue;
    }
    EXPECT_EQ(OpText(*op), found->second) << "correct the definition of " << op->name << " in ops/";
  }
}

TEST(RegistryTest, EveryOperationHasAShapeRule) {
  for (const OpDef* op : Ops()) {
    EXPECT_TRUE(op->shape != nullptr)
        << "give " << op->name << " a .Shape(...) in ops/ (NoOutputs or UnknownShape at least)";
  }
}

TEST(RegistryTest, EveryOperationHasAGradientOrAReason) {
  for (const OpDef* op : Ops()) {
    const bool has_one = op->gradient != nullptr;
    EXPECT_NE(has_one, !op->not_differentiable.empty())
        << "give " << op->name
        << " in ops/ either a .Gradient(...) or a reason: .NotDifferentiable or .NoGradient";
  }
}

TEST(RegistryTest, EveryOperationHasALineOfDocumentation) {
  for (const OpDef* op : Ops()) {
    EXPECT_FALSE(op->doc.empty()) << "give " << op->name << " a .Doc(...) in ops/";
    EXPECT_EQ(op->doc.find('\n'), std::string::npos) << op->name;
  }
}

TEST(RegistryTest, EveryOperationHasAKernelOrIsControlFlow) {
  for (const OpDef* op : Ops()) {
    const bool has_kernel = !builtin_kernels().List(op->name).empty();
    EXPECT_NE(has_kernel, op->control_flow != ControlFlowKind::kNone || op->lower != nullptr)
        << (has_kernel ? "control flow has no kernels: remove that of "
                       : "write a file in kernels/ with a kernel for ")
        << op->name;
  }
}

TEST(RegistryTest, EveryAllowedTypeHasAKernelOrAReason) {
  for (const OpDef* op : Ops()) {
    if (builtin_kernels().List(op->name).empty()) continue;
    for (const AttrDef& attr : op->attrs) {
      if (attr.type != "type") continue;
      std::vector<std::string> missing;
      for (const DataType type : TypesOf(attr)) {
        if (!HasKernel(*op, attr.name, type) &&
            builtin_kernels().ReasonForLack(op->name, attr.name, type).empty()) {
          missing.push_back(PythonName(type));
        }
      }
      EXPECT_TRUE(missing.empty())
          << op->name << " has neither a kernel nor a reason (KernelRegistry::Lacks) for "
          << attr.name << " = " << absl::StrJoin(missing, ", ") << ": see its file in kernels/";
    }
  }
}

}  // namespace
}  // namespace sessile
