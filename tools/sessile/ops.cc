#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/io/flags.h"
#include "sessile/kernels/register_all.h"
#include "sessile/ops/register_all.h"
#include "sessile/tools/sessile/commands.h"

namespace {

using namespace sessile;  // NOLINT: a program of the library

constexpr const char* kHead =
    "# Operations\n\n"
    "What `sessile ops` prints: the operations that a graph may hold, with TensorFlow's arguments, "
    "and the types that they are computed in.\n"
    "Write it anew after a change: `build/release/bin/sessile ops > docs/ops.md`; a test "
    "compares.\n"
    "\n"
    "| operation | what it does | gradient | computed in |\n"
    "|--|--|--|--|\n";

std::string ArgText(const ArgDef& arg) {
  std::string type = !arg.type_list_attr.empty() ? arg.type_list_attr
                     : !arg.type_attr.empty()    ? arg.type_attr
                                                 : DataTypeName(arg.type);
  if (!arg.number_attr.empty()) type = absl::StrCat(arg.number_attr, "*", type);
  return absl::StrCat(arg.name, ": ", arg.is_ref ? "Ref(" : "", type, arg.is_ref ? ")" : "");
}

std::string ArgTexts(const std::vector<ArgDef>& args) {
  return absl::StrJoin(
      args, ", ", [](std::string* out, const ArgDef& arg) { absl::StrAppend(out, ArgText(arg)); });
}

std::string GradientText(const OpDef& op) {
  if (op.gradient) return "yes";
  return absl::StrCat(op.blocks_gradient ? "constant" : "none", ": ", op.not_differentiable);
}

// The types of each attribute that some kernel asks for, in the order of their numbers.
std::string KernelText(const OpDef& op) {
  if (op.control_flow != ControlFlowKind::kNone) return "the executor";
  std::map<std::string, std::set<DataType>> types;
  bool any = false;
  for (const KernelDef* kernel : builtin_kernels().List(op.name)) {
    if (kernel->yardstick_only) continue;
    any = true;
    for (const auto& want : kernel->types) {
      types[want.attr].insert(want.types.begin(), want.types.end());
    }
  }
  if (types.empty()) return any ? "all types" : "none";
  return absl::StrJoin(types, "; ", [](std::string* out, const auto& entry) {
    absl::StrAppend(out, entry.first, ": ",
                    absl::StrJoin(entry.second, " ", [](std::string* to, DataType type) {
                      absl::StrAppend(to, DataTypeName(type));
                    }));
  });
}

void PrintPasses() {
  std::fputs("| pass | what it does |\n|--|--|\n", stdout);
  for (const PlanPass& pass : builtin_kernels().passes()) {
    std::fputs(absl::StrCat("| `", pass.name, "` | ", pass.purpose, " |\n").c_str(), stdout);
  }
}

// A text in a cell of a table.
std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : text) absl::StrAppend(&cell, c == '|' ? "\\|" : std::string(1, c));
  return cell;
}

}  // namespace

absl::Status OpsCommand(const std::vector<std::string>& args) {
  bool passes = false;
  FlagSet flags("sessile ops", "Lists the operations, as a table in Markdown.");
  flags.Bool("passes", &passes, "list the passes that rewrite plans instead, in their order");
  flags.ParseOrExit(args);
  if (passes) {
    PrintPasses();
    return absl::OkStatus();
  }
  std::fputs(kHead, stdout);
  for (const OpDef* op : builtin_ops().List()) {
    const std::string row =
        absl::StrCat("| `", op->name, "(", Cell(ArgTexts(op->inputs)), ") -> (",
                     Cell(ArgTexts(op->outputs)), ")` | ", Cell(op->doc), " | ",
                     Cell(GradientText(*op)), " | ", Cell(KernelText(*op)), " |\n");
    std::fputs(row.c_str(), stdout);
  }
  return absl::OkStatus();
}
