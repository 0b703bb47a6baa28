#include "sessile/examples/progress_bar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace sessile {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class ProgressBarTest : public ::testing::Test {
 protected:
  std::string Written() {
    std::string text(static_cast<size_t>(std::ftell(file_.get())), '\0');
    std::rewind(file_.get());
    EXPECT_EQ(std::fread(text.data(), 1, text.size(), file_.get()), text.size());
    return text;
  }

  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{std::tmpfile(), std::fclose};
};

TEST_F(ProgressBarTest, WritesNothingWhereThereIsNoTerminal) {
  {
    ProgressBar bar(10, file_.get(), /*visible=*/false);
    bar.show(5);
    bar.hide();
  }
  EXPECT_EQ(Written(), "");
}

TEST_F(ProgressBarTest, ShowsTheShareThatIsDone) {
  ProgressBar bar(10, file_.get(), /*visible=*/true);
  bar.show(5);
  EXPECT_THAT(Written(),
              HasSubstr("\r[" + std::string(20, '#') + std::string(20, '.') + "] 5/10 "));
}

TEST_F(ProgressBarTest, DrawsOnceForTheSameState) {
  ProgressBar bar(10, file_.get(), /*visible=*/true);
  bar.show(5);
  const long once = std::ftell(file_.get());
  bar.show(5);
  EXPECT_EQ(std::ftell(file_.get()), once);
}

TEST_F(ProgressBarTest, LeavesAClearLine) {
  {
    ProgressBar bar(10, file_.get(), /*visible=*/true);
    bar.show(3);
  }
  EXPECT_THAT(Written(), EndsWith("\r\033[K"));
}

TEST_F(ProgressBarTest, BearsAnyNumberOfSteps) {
  {
    ProgressBar none(0, file_.get(), /*visible=*/true);
    none.show(0);
    EXPECT_EQ(std::ftell(file_.get()), 0);
  }
  ProgressBar bar(2, file_.get(), /*visible=*/true);
  bar.show(-1);
  bar.show(3);
  EXPECT_THAT(Written(), Not(HasSubstr("#.")));
}

}  // namespace
}  // namespace sessile
