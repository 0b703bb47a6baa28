// The threads of a session: they share out the blocks of one phase of one kernel.
//
//   pool.Run(blocks, [&](int64_t block) { ... });   // returns when all blocks have ended
//
// The caller works too, so a pool of n makes n - 1 threads, and a pool of one makes none. They are
// made when they are first needed. Thread-safe: the pool serves one caller at a time, and whoever
// finds it busy does all blocks alone. After fork() the child has no threads of the pool: use
// sessions only in the process that made them.
//
// Thread k of n begins with the k-th part of the blocks and helps others when it has done that:
// what a kernel made is read by the thread that has it in its cache, if the next kernel is cut
// alike.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"

namespace sessile {

class ThreadPool {
 public:
  // 0: as many threads as the machine has cores.
  explicit ThreadPool(int num_threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int num_threads() const { return num_threads_; }
  // Threads that exist now, the caller's not counted.
  int num_started() const;
  // Calls work(block) once for each block of [0, blocks), in any order and thread. `work` must not
  // throw.
  void Run(int64_t blocks, absl::FunctionRef<void(int64_t)> work);
  // There will be blocks in some microseconds: threads that sleep get up.
  void Rouse();

 private:
  // The blocks of a job that a thread begins with: those before `begin` and from `end` on are
  // taken. Both in one word: the owner takes from the front, others from the back.
  struct alignas(64) Share {
    std::atomic<uint64_t> range{0};
    std::optional<int64_t> TakeFirst();
    std::optional<int64_t> TakeLast();
  };
  struct Job {
    int64_t first_block = 0;
    std::optional<absl::FunctionRef<void(int64_t)>> work;
    size_t workers = 0;
  };

  void RunShared(int64_t first_block, int64_t blocks, absl::FunctionRef<void(int64_t)> work);
  void Start();
  void Publish(uint64_t open);
  void Serve(size_t self);
  // Waits for a job newer than `seen`, first spinning, then asleep. False: the pool ends.
  bool Join(uint64_t* seen);
  void Leave();
  void Work(size_t self);

  const int num_threads_;
  std::mutex busy_;  // held by the caller whose blocks are served
  // Written by that caller while nobody is inside of a job.
  Job job_;
  std::unique_ptr<Share[]> shares_;

  // [number of the job][whether threads may still enter: one bit][threads inside: 16 bits]
  std::atomic<uint64_t> state_{0};
  std::atomic<bool> ending_{false};

  // For those who sleep. Who changes what they wait for looks at the counts afterwards.
  mutable std::mutex mutex_;
  std::condition_variable new_job_;
  std::condition_variable job_left_;
  std::atomic<int> sleepers_{0};
  std::atomic<bool> caller_sleeps_{false};
  std::vector<std::thread> threads_;  // changes under busy_ and mutex_
};

}  // namespace sessile
