// SPDX-License-Identifier: LGPL-2.1-or-later
// Each worker has a condition of its own, so that a job wakes one thread. The state is shared with
// the threads, because a stuck one outlives the pool.
#include "live/pool.h"

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

namespace rcuscope::live {

using std::chrono_literals::operator""ms;

struct ThreadPool::Worker {
  std::thread thread;
  std::condition_variable has_job;
  std::function<void()> job;
  bool is_busy = true;
};

struct ThreadPool::State {
  ThreadLife life;
  std::mutex mutex;
  std::condition_variable became_idle;
  bool is_stopping = false;
  std::vector<std::shared_ptr<Worker>> workers;
  std::vector<Worker*> idle;
};

ThreadPool::ThreadPool(ThreadLife life) : state_(std::make_shared<State>()) {
  state_->life = std::move(life);
}

void ThreadPool::stop() {
  std::unique_lock lock(state_->mutex);
  state_->is_stopping = true;
  for (const auto& worker : state_->workers) worker->has_job.notify_one();
  // A thread that has done its work needs a moment to say so.
  state_->became_idle.wait_for(lock, 40ms,
                               [this] { return state_->idle.size() == state_->workers.size(); });
  const auto workers = std::exchange(state_->workers, {});
  state_->idle.clear();
  for (const auto& worker : workers) {
    if (worker->is_busy) worker->thread.detach();
  }
  lock.unlock();
  for (const auto& worker : workers) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

void ThreadPool::run(std::function<void()> job) {
  const std::lock_guard guard(state_->mutex);
  if (state_->is_stopping) return;
  if (state_->idle.empty()) {
    auto worker = std::make_shared<Worker>();
    worker->job = std::move(job);
    worker->thread = std::thread([state = state_, worker] { work(state, worker); });
    state_->workers.push_back(std::move(worker));
    return;
  }
  Worker* worker = state_->idle.back();
  state_->idle.pop_back();
  worker->is_busy = true;
  worker->job = std::move(job);
  worker->has_job.notify_one();
}

void ThreadPool::work(const std::shared_ptr<State>& state, const std::shared_ptr<Worker>& worker) {
  state->life.enter();
  std::unique_lock lock(state->mutex);
  while (true) {
    if (worker->is_busy) {
      auto job = std::exchange(worker->job, nullptr);
      lock.unlock();
      job();
      job = nullptr;  // what it holds may be large, and ends without the lock
      lock.lock();
      worker->is_busy = false;
      state->idle.push_back(worker.get());
      state->became_idle.notify_all();
    } else if (state->is_stopping) {
      break;
    } else {
      worker->has_job.wait(lock);
    }
  }
  lock.unlock();
  state->life.leave();
}

}  // namespace rcuscope::live
