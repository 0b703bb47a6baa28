// A program is killed while it saves: the old checkpoint is whole, or the new one.

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <chrono>
#include <thread>

#include "sessile/tests/core/checkpoint/checkpoint_testing.h"

namespace sessile {
namespace {

class KillTest : public CheckpointFolderTest {};

// Two tensors of `value`: a checkpoint that mixes old and new has different ones.
absl::Status SaveValue(const std::string& prefix, int32_t value) {
  const std::vector<int32_t> many(1000, value);
  return SaveTensors(
      prefix, {{"a", Tensor::Scalar(value)}, {"b", *Tensor::FromValues<int32_t>({1000}, many)}});
}

// Waits until the index is another file than `old`; on a busy machine that takes its time.
void WaitForAnother(const std::string& index, ino_t old) {
  struct stat info = {};
  for (int i = 0; i < 10000; ++i) {
    if (::stat(index.c_str(), &info) == 0 && info.st_ino != old) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

TEST_F(KillTest, LeavesTheOldCheckpointOrTheNewOne) {
  const std::string prefix = Path("x");
  ASSERT_TRUE(SaveValue(prefix, 0).ok());
  int32_t last = 0;
  int replaced = 0;
  for (int round = 0; round < 40; ++round) {
    struct stat index = {};
    ASSERT_EQ(::stat((prefix + ".index").c_str(), &index), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (int32_t value = last + 1;; ++value) {
        if (!SaveValue(prefix, value).ok()) ::_exit(1);
      }
    }
    if (round % 2 == 0) WaitForAnother(prefix + ".index", index.st_ino);
    std::this_thread::sleep_for(std::chrono::microseconds(531 * round));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    const auto reader = CheckpointReader::Open(prefix);
    ASSERT_TRUE(reader.ok()) << reader.status();
    const auto a = (*reader)->Read("a");
    const auto b = (*reader)->Read("b");
    ASSERT_TRUE(a.ok() && b.ok()) << a.status() << b.status();
    const int32_t value = a->scalar<int32_t>();
    EXPECT_GE(value, last);
    for (const int32_t each : b->flat<int32_t>()) ASSERT_EQ(each, value);
    replaced += value > last ? 1 : 0;
    last = value;
  }
  EXPECT_GT(replaced, 0);
  // What the killed ones left does not come in the way, and goes where it is in the way.
  ASSERT_TRUE(SaveValue(prefix, -1).ok());
  EXPECT_EQ(ReadTensor(prefix, "a")->scalar<int32_t>(), -1);
  EXPECT_TRUE(std::filesystem::exists(prefix + ".data-00000-of-00001"));
  EXPECT_FALSE(std::filesystem::exists(prefix + ".data-00000-of-00002"));
}

}  // namespace
}  // namespace sessile
