// Every operation that has a gradient is met by the numeric gradient checker in some test.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/ops/register_all.h"
#include "sessile/tests/op_testing.h"
#include "sessile/tests/temp_folder.h"

namespace sessile {
namespace {

// Runs the other tests of this program that check gradients, and gives the operations that they
// met.
std::set<std::string> CheckedOperations() {
  const TempFolder folder;
  const std::string path = folder.file("log");
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  ::setenv(kGradientLog, path.c_str(), 1);
  const std::string command = absl::StrCat(
      "'", program, "' --gtest_filter='*Gradient*:-GradientCoverageTest.*' > /dev/null");
  EXPECT_EQ(std::system(command.c_str()), 0) << "some gradient test fails";
  ::unsetenv(kGradientLog);
  std::ifstream log(path);
  std::set<std::string> ops;
  for (std::string op; std::getline(log, op);) ops.insert(op);
  return ops;
}

// Whether gradients flow through the operation: some input and some output is a floating-point
// number or may be one. References, which only variables give, are left to their operations'
// twins without.
bool IsDifferentiable(const OpDef& op) {
  const auto may_float = [&](const ArgDef& arg) {
    if (arg.is_ref) return false;
    if (!arg.type_list_attr.empty()) return true;
    if (arg.type_attr.empty()) return IsFloating(arg.type);
    const std::vector<DataType>& allowed = op.FindAttr(arg.type_attr)->allowed_types;
    return allowed.empty() || std::any_of(allowed.begin(), allowed.end(), IsFloating);
  };
  return op.gradient && std::any_of(op.inputs.begin(), op.inputs.end(), may_float) &&
         std::any_of(op.outputs.begin(), op.outputs.end(), may_float);
}

TEST(GradientCoverageTest, EveryDifferentiableOperationIsChecked) {
  const std::set<std::string> checked = CheckedOperations();
  for (const OpDef* op : builtin_ops().List()) {
    if (!IsDifferentiable(*op)) continue;
    EXPECT_TRUE(checked.contains(op->name))
        << op->name << " has a gradient that no test compares with differences: call "
        << "ExpectGradient in a test of its file in tests/ops, with Gradient in the test's name";
  }
}

}  // namespace
}  // namespace sessile
