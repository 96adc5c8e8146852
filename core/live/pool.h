// SPDX-License-Identifier: LGPL-2.1-or-later
// ThreadPool: threads that are registered with liburcu and used again by each repetition.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

namespace rcuscope::live {

/// What a thread does at its start and end: registration, hooks, a ring.
struct ThreadLife {
  std::function<void()> enter;
  std::function<void()> leave;
};

class ThreadPool {
 public:
  explicit ThreadPool(ThreadLife life);
  ~ThreadPool() { stop(); }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// Runs the job on an idle thread, or on a new one if there is none. The job may not throw.
  void run(std::function<void()> job);

  /// Ends the threads and drops further jobs. A thread that stays stuck in its job is left alone:
  /// it ends with its job.
  void stop();

 private:
  struct State;
  struct Worker;
  static void work(const std::shared_ptr<State>& state, const std::shared_ptr<Worker>& worker);

  std::shared_ptr<State> state_;
};

}  // namespace rcuscope::live
