#include "sessile/core/session/session_options.h"

#include <cstdlib>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "sessile/tests/error_of.h"

namespace sessile {
namespace {

constexpr char kVariable[] = "SESSILE_OPTIMIZER_LEVEL";

class OptimizerLevelTest : public ::testing::Test {
 protected:
  OptimizerLevelTest() {
    if (const char* const text = std::getenv(kVariable)) before_ = text;
  }
  ~OptimizerLevelTest() override {
    before_.has_value() ? setenv(kVariable, before_->c_str(), 1) : unsetenv(kVariable);
  }

 private:
  std::optional<std::string> before_;
};

TEST_F(OptimizerLevelTest, IsOneUnlessTheEnvironmentSaysZero) {
  unsetenv(kVariable);
  EXPECT_EQ(ConfigProto().optimizer_level, 1);
  setenv(kVariable, "0", 1);
  EXPECT_EQ(ConfigProto().optimizer_level, 0);
}

TEST_F(OptimizerLevelTest, RefusesAnotherText) {
  setenv(kVariable, "fast", 1);
  EXPECT_EQ(ErrorOf([] { DefaultOptimizerLevel(); }),
            "INVALID_ARGUMENT: SESSILE_OPTIMIZER_LEVEL: expected 0 or 1, got 'fast'");
}

}  // namespace
}  // namespace sessile
