// The threads of a session: they share out the blocks of one phase of one kernel.
//
//   pool.Run(blocks, [&](int64_t block) { ... });   // returns when all blocks have ended
//
// The caller works too, so a pool of n makes n - 1 threads, and a pool of one makes none. They are
// made when they are first needed. Thread-safe: the pool serves one caller at a time, and whoever
// finds it busy does all blocks alone. After fork() the child has no threads of the pool: use
// sessions only in the process that made them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
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

 private:
  struct Job;
  void Start();
  void Serve();
  // Waits for a job newer than `seen`, first spinning, then asleep. Null: the pool ends.
  Job* Join(uint64_t* seen);
  void Leave(Job* job);
  static void Work(Job& job);

  const int num_threads_;
  std::mutex busy_;  // held by the caller whose blocks are served

  mutable std::mutex mutex_;
  std::condition_variable new_job_;
  std::condition_variable job_left_;
  std::atomic<uint64_t> generation_{0};  // counts jobs; changes under mutex_
  Job* job_ = nullptr;                   // guarded by mutex_; null once the caller has closed it
  bool ending_ = false;                  // guarded by mutex_
  std::vector<std::thread> threads_;     // changes under busy_ and mutex_
};

}  // namespace sessile
