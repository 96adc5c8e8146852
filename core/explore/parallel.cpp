// SPDX-License-Identifier: LGPL-2.1-or-later
// Threads that take units from one division.
#include "explore/parallel.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "explore/division.h"

namespace rcuscope {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono_literals::operator""ms;

/// A unit goes on at least so long, even if others have nothing to do.
constexpr auto slice_min = 3ms;
/// And at most so long: then its counts are reported.
constexpr auto slice_max = 250ms;
constexpr auto poll_period = 20ms;
constexpr auto progress_period = 50ms;
/// A search that must end waits so long for executions to end by themselves.
constexpr auto farewell_time = 50ms;

class Pool {
 public:
  Pool(const std::function<std::unique_ptr<Worker>()>& make_worker, const ExploreOptions& options,
       const Checkpoint& checkpoint)
      : make_worker_(make_worker), options_(options), checkpoint_(checkpoint), division_(options) {
    if (!checkpoint.state.empty()) division_.restore(checkpoint.state);
  }

  Verdict run(std::size_t jobs) {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < jobs; ++i) threads.emplace_back([this] { serve(); });
    std::exception_ptr error;
    try {
      attend();
    } catch (...) {
      error = std::current_exception();  // of the caller's functions
    }
    end_all();
    for (std::thread& thread : threads) thread.join();
    if (error || error_) std::rethrow_exception(error ? error : error_);
    save();
    return final_verdict(division_.tally(), options_, division_.is_exhaustive(),
                         division_.share_done(), seconds());
  }

 private:
  // --- threads of the pool

  void serve() {
    try {
      const std::unique_ptr<Worker> worker = make_worker_();
      CheckedExecution checked(worker->runner(), options_);
      const Registration registration(*this, checked.execution);
      take_units(*worker, checked);
    } catch (...) {
      const std::lock_guard guard(mutex_);
      if (!error_) error_ = std::current_exception();
      must_end_ = true;
    }
    changed_.notify_all();
  }

  /// Lets the caller's thread end what an execution does for long.
  struct Registration {
    Registration(Pool& its_pool, Execution& its_execution)
        : pool(its_pool), execution(its_execution) {
      const std::lock_guard guard(pool.mutex_);
      pool.executions_.push_back(&execution);
    }
    ~Registration() {
      const std::lock_guard guard(pool.mutex_);
      std::erase(pool.executions_, &execution);
      pool.changed_.notify_all();
    }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

    Pool& pool;
    Execution& execution;
  };

  void take_units(const Worker& worker, CheckedExecution& checked) {
    std::unique_lock lock(mutex_);
    while (!must_end_ && !division_.is_done()) {
      const std::optional<Division::Assignment> assignment = division_.next(idle_count_ + 1);
      if (!assignment) {
        ++idle_count_;
        changed_.wait(lock);
        --idle_count_;
        continue;
      }
      lock.unlock();
      UnitResult result = run(assignment->unit, worker, checked);
      lock.lock();
      stop_in_time();  // before the result says that its execution was interrupted
      division_.complete(assignment->id, std::move(result));
      changed_.notify_all();
    }
  }

  UnitResult run(const WorkUnit& unit, const Worker& worker, CheckedExecution& checked) {
    const Clock::time_point start = Clock::now();
    int executions = 0;
    return run_unit(unit, worker.program(), checked, options_, [&] {
      if (must_end_) return true;
      if (++executions % 8 != 0 && executions > 8) return false;
      const auto time = Clock::now() - start;
      return time > slice_max || (idle_count_ > 0 && time > slice_min);
    });
  }

  // --- the caller's thread

  void attend() {
    std::unique_lock lock(mutex_);
    while (!must_end_ && !division_.is_done()) {
      changed_.wait_for(lock, poll_period);
      stop_in_time();
      const Clock::time_point now = Clock::now();
      if (options_.progress && now - last_report_ >= progress_period) {
        last_report_ = now;
        report(lock);
      }
      if (checkpoint_.save && now - last_save_ >= save_period_) {
        last_save_ = now;
        const std::string state = division_.to_text();
        lock.unlock();
        checkpoint_.save(state);
        lock.lock();
      }
    }
  }

  void report(std::unique_lock<std::mutex>& lock) {
    const double share = division_.share_done();
    const Verdict so_far = verdict_of(division_.tally(), options_, share, seconds());
    lock.unlock();
    const bool goes_on = options_.progress({so_far, share});
    lock.lock();
    if (!goes_on) division_.stop("interrupted");
  }

  void save() {
    if (checkpoint_.save) checkpoint_.save(division_.to_text());
  }

  void end_all() {
    std::unique_lock lock(mutex_);
    must_end_ = true;
    changed_.notify_all();
    const Clock::time_point farewell = Clock::now() + farewell_time;
    while (!executions_.empty()) {
      changed_.wait_until(lock, std::max(farewell, Clock::now() + 5ms));
      if (Clock::now() < farewell) continue;
      for (Execution* execution : executions_) execution->request_interrupt();
    }
  }

  void stop_in_time() {
    if (options_.max_seconds && seconds() >= *options_.max_seconds) division_.stop("max_seconds");
  }

  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  const std::function<std::unique_ptr<Worker>()>& make_worker_;
  const ExploreOptions& options_;
  const Checkpoint& checkpoint_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point last_report_ = start_;
  Clock::time_point last_save_ = start_;
  const std::chrono::duration<double> save_period_{checkpoint_.period_seconds};
  std::atomic<bool> must_end_{false};
  std::atomic<std::size_t> idle_count_{0};
  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  Division division_;
  std::vector<Execution*> executions_;  // of the threads that run
  std::exception_ptr error_;
};

}  // namespace

Verdict explore_in_parallel(const std::function<std::unique_ptr<Worker>()>& make_worker,
                            std::size_t jobs, const ExploreOptions& options,
                            const Checkpoint& checkpoint) {
  return Pool(make_worker, options, checkpoint).run(jobs);
}

}  // namespace rcuscope
