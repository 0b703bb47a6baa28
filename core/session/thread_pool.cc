#include "sessile/core/session/thread_pool.h"

#include <algorithm>
#include <system_error>

namespace sessile {
namespace {

// How often a waiting thread looks before it goes to sleep: some tens of microseconds, the time
// between two kernels of a step.
constexpr int kSpins = 4000;

void Pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

template <typename Condition>
bool SpinUntil(Condition condition) {
  for (int i = 0; i < kSpins; ++i) {
    if (condition()) return true;
    Pause();
  }
  return false;
}

}  // namespace

struct ThreadPool::Job {
  Job(int64_t num_blocks, absl::FunctionRef<void(int64_t)> to_do)
      : blocks(num_blocks), work(to_do) {}
  const int64_t blocks;
  const absl::FunctionRef<void(int64_t)> work;
  std::atomic<int64_t> next{0};
  std::atomic<int> helpers{0};  // pool threads inside; grows under mutex_ while the job is open
};

ThreadPool::ThreadPool(int num_threads)
    : num_threads_(num_threads > 0
                       ? num_threads
                       : std::max(1, static_cast<int>(std::thread::hardware_concurrency()))) {}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    generation_.fetch_add(1, std::memory_order_release);
  }
  new_job_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

int ThreadPool::num_started() const {
  std::lock_guard lock(mutex_);
  return static_cast<int>(threads_.size());
}

void ThreadPool::Run(int64_t blocks, absl::FunctionRef<void(int64_t)> work) {
  std::unique_lock<std::mutex> busy;
  if (num_threads_ > 1 && blocks > 1) busy = std::unique_lock(busy_, std::try_to_lock);
  if (!busy.owns_lock()) {
    for (int64_t block = 0; block < blocks; ++block) work(block);
    return;
  }
  Job job(blocks, work);
  {
    std::lock_guard lock(mutex_);
    if (threads_.empty()) Start();
    job_ = &job;
    generation_.fetch_add(1, std::memory_order_release);
  }
  new_job_.notify_all();
  Work(job);
  {
    std::lock_guard lock(mutex_);
    job_ = nullptr;  // from here on no thread enters
  }
  const auto all_left = [&] { return job.helpers.load(std::memory_order_acquire) == 0; };
  if (SpinUntil(all_left)) return;
  std::unique_lock lock(mutex_);
  job_left_.wait(lock, all_left);
}

void ThreadPool::Start() {
  // A machine that gives fewer threads only makes us slower.
  try {
    while (static_cast<int>(threads_.size()) < num_threads_ - 1) {
      threads_.emplace_back([this] { Serve(); });
    }
  } catch (const std::system_error&) {
  }
}

void ThreadPool::Serve() {
  uint64_t seen = 0;
  while (Job* const job = Join(&seen)) {
    Work(*job);
    Leave(job);
  }
}

ThreadPool::Job* ThreadPool::Join(uint64_t* seen) {
  for (;;) {
    const auto is_new = [&] { return generation_.load(std::memory_order_acquire) != *seen; };
    SpinUntil(is_new);
    std::unique_lock lock(mutex_);
    new_job_.wait(lock, is_new);
    *seen = generation_.load(std::memory_order_relaxed);
    if (ending_) return nullptr;
    if (job_ == nullptr) continue;  // came too late
    job_->helpers.fetch_add(1, std::memory_order_relaxed);
    return job_;
  }
}

void ThreadPool::Leave(Job* job) {
  // The job lives in the caller's frame and may go as soon as the count is zero: nothing here
  // touches it after that. Counting under the mutex keeps a caller that is about to sleep from
  // missing the call.
  {
    std::lock_guard lock(mutex_);
    job->helpers.fetch_sub(1, std::memory_order_release);
  }
  job_left_.notify_one();
}

void ThreadPool::Work(Job& job) {
  for (;;) {
    const int64_t block = job.next.fetch_add(1, std::memory_order_relaxed);
    if (block >= job.blocks) return;
    job.work(block);
  }
}

}  // namespace sessile
