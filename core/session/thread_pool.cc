#include "sessile/core/session/thread_pool.h"

#include <algorithm>
#include <system_error>

namespace sessile {
namespace {

// How often a waiting thread looks before it goes to sleep: some tens of microseconds, the time
// between two kernels of a step.
constexpr int kSpins = 4000;

// Of the pool's state.
constexpr uint64_t kInside = 1;
constexpr uint64_t kOpen = uint64_t{1} << 16;
constexpr uint64_t kNumber = uint64_t{1} << 17;
uint64_t NumberOf(uint64_t state) { return state / kNumber; }
bool IsOpen(uint64_t state) { return (state & kOpen) != 0; }
uint64_t InsideOf(uint64_t state) { return state % kOpen; }
constexpr size_t kMostThreads = kOpen / kInside - 1;

// More blocks than fit into half a word are handed out part by part.
constexpr int64_t kMostBlocks = int64_t{1} << 31;
constexpr int kHalf = 32;
constexpr uint64_t kLowHalf = (uint64_t{1} << kHalf) - 1;
uint64_t RangeOf(int64_t begin, int64_t end) {
  return static_cast<uint64_t>(begin) << kHalf | static_cast<uint64_t>(end);
}

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

std::optional<int64_t> ThreadPool::Share::TakeFirst() {
  uint64_t now = range.load(std::memory_order_relaxed);
  while ((now >> kHalf) < (now & kLowHalf)) {
    if (range.compare_exchange_weak(now, now + (uint64_t{1} << kHalf), std::memory_order_relaxed)) {
      return static_cast<int64_t>(now >> kHalf);
    }
  }
  return std::nullopt;
}

std::optional<int64_t> ThreadPool::Share::TakeLast() {
  uint64_t now = range.load(std::memory_order_relaxed);
  while ((now >> kHalf) < (now & kLowHalf)) {
    if (range.compare_exchange_weak(now, now - 1, std::memory_order_relaxed)) {
      return static_cast<int64_t>(now & kLowHalf) - 1;
    }
  }
  return std::nullopt;
}

ThreadPool::ThreadPool(int num_threads)
    : num_threads_(num_threads > 0
                       ? num_threads
                       : std::max(1, static_cast<int>(std::thread::hardware_concurrency()))) {}

ThreadPool::~ThreadPool() {
  ending_.store(true);
  Publish(0);
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
  if (threads_.empty()) Start();
  for (int64_t first = 0; first < blocks; first += kMostBlocks) {
    RunShared(first, std::min(blocks - first, kMostBlocks), work);
  }
}

void ThreadPool::Rouse() {
  if (sleepers_.load() == 0) return;
  const std::unique_lock busy(busy_, std::try_to_lock);
  if (busy.owns_lock()) Publish(0);
}

// REQUIRES: busy_ is held, so that nobody is inside.
void ThreadPool::RunShared(int64_t first_block, int64_t blocks,
                           absl::FunctionRef<void(int64_t)> work) {
  job_.first_block = first_block;
  job_.work.emplace(work);
  const auto workers = static_cast<int64_t>(job_.workers);
  for (int64_t i = 0; i < workers; ++i) {
    // Without a product of large numbers: blocks * i / workers.
    const auto begin_of = [&](int64_t k) {
      return blocks / workers * k + blocks % workers * k / workers;
    };
    shares_[static_cast<size_t>(i)].range.store(RangeOf(begin_of(i), begin_of(i + 1)),
                                                std::memory_order_relaxed);
  }
  Publish(kOpen);
  Work(0);
  state_.fetch_and(~kOpen);
  const auto all_left = [this] { return InsideOf(state_.load()) == 0; };
  if (SpinUntil(all_left)) return;
  std::unique_lock lock(mutex_);
  caller_sleeps_.store(true);
  job_left_.wait(lock, all_left);
  caller_sleeps_.store(false);
}

void ThreadPool::Start() {
  std::lock_guard lock(mutex_);
  const size_t wanted = std::min(static_cast<size_t>(num_threads_) - 1, kMostThreads);
  // A machine that gives fewer threads only makes us slower.
  try {
    while (threads_.size() < wanted) {
      threads_.emplace_back([this, self = threads_.size() + 1] { Serve(self); });
    }
  } catch (const std::system_error&) {
  }
  job_.workers = threads_.size() + 1;
  // As many as there are, not as were asked for. Threads look at them once there is a job.
  shares_ = std::make_unique<Share[]>(job_.workers);
}

// REQUIRES: nobody is inside, and none can enter.
void ThreadPool::Publish(uint64_t open) {
  state_.store((NumberOf(state_.load(std::memory_order_relaxed)) + 1) * kNumber | open);
  if (sleepers_.load() == 0) return;
  // Whoever counts among the sleepers waits or has not looked yet once the mutex is free.
  { const std::lock_guard lock(mutex_); }
  new_job_.notify_all();
}

void ThreadPool::Serve(size_t self) {
  uint64_t seen = 0;
  while (Join(&seen)) {
    Work(self);
    Leave();
  }
}

bool ThreadPool::Join(uint64_t* seen) {
  for (;;) {
    const auto is_new = [&] { return NumberOf(state_.load()) != *seen; };
    if (!SpinUntil(is_new)) {
      std::unique_lock lock(mutex_);
      sleepers_.fetch_add(1);
      new_job_.wait(lock, is_new);
      sleepers_.fetch_sub(1);
    }
    uint64_t state = state_.load();
    *seen = NumberOf(state);
    // After the state: the end is told before its number is published, so that who has seen that
    // number does not wait for another.
    if (ending_.load()) return false;
    // A job that is closed again is over, or will be without us.
    while (IsOpen(state) && NumberOf(state) == *seen) {
      if (state_.compare_exchange_weak(state, state + kInside)) return true;
    }
  }
}

void ThreadPool::Leave() {
  state_.fetch_sub(kInside);
  if (!caller_sleeps_.load()) return;
  { const std::lock_guard lock(mutex_); }
  job_left_.notify_one();
}

void ThreadPool::Work(size_t self) {
  const auto run = [this](int64_t block) { (*job_.work)(job_.first_block + block); };
  while (const std::optional<int64_t> block = shares_[self].TakeFirst()) run(*block);
  for (size_t i = 1; i < job_.workers; ++i) {
    Share& other = shares_[(self + i) % job_.workers];
    while (const std::optional<int64_t> block = other.TakeLast()) run(*block);
  }
}

}  // namespace sessile
