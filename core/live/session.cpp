// SPDX-License-Identifier: LGPL-2.1-or-later
// Threads of a run register with liburcu here; liburcu's own callback thread is adopted.
#include "live/session.h"

#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <thread>
#include <utility>

#include "base/error.h"
#include "live/actor.h"
#include "live/urcu.h"

namespace rcuscope::live {
namespace {

using std::chrono_literals::operator""ms;

/// A child of fork() has liburcu's list of threads, but none of the threads: it would wait for dead
/// readers for ever, and its callbacks would never run. Throws UsageError there, if the parent had
/// a live run before; a child of a process without one is like any other.
void refuse_child_of_fork() {
  static std::atomic<pid_t> first_user{0};
  pid_t none = 0;
  if (first_user.compare_exchange_strong(none, getpid()) || none == getpid()) return;
  throw UsageError(
      "a live run in a child of fork(): the parent (process " + std::to_string(none) +
      ") has run live before, and liburcu's threads did not come along. Expected a process of its "
      "own: start it with multiprocessing's 'spawn' or 'forkserver', or fork before the first live "
      "run; exploring works in the child");
}

const Flavor& checked_flavor(const std::string& name) {
  const Flavor* flavor = find_flavor(name);
  if (flavor != nullptr) return *flavor;
  throw UsageError("flavor '" + name + "' of liburcu; expected memb, mb, bp or qsbr");
}

/// The functions may run after the session is gone, on a thread that was stuck: they hold what they
/// need.
ThreadLife life_of(Session* session, const LiveHooks& hooks, const Flavor& flavor) {
  ThreadLife life;
  life.enter = [session, on_start = hooks.on_thread_start, &flavor] {
    flavor.register_thread();
    thread_slot.belongs_to_run = true;
    thread_slot.ring = session->recording.add_ring();
    if (on_start) on_start();
  };
  life.leave = [on_end = hooks.on_thread_end, &flavor] {
    if (on_end) on_end();
    flavor.use_callback_thread(nullptr);
    flavor.unregister_thread();
  };
  return life;
}

}  // namespace

namespace {

/// Callback threads between runs. liburcu 0.13 does not join a thread that it stops, so each run
/// would leak one; like liburcu's default thread, these last as long as the process.
class SpareCallbackThreads {
 public:
  static SpareCallbackThreads& of_process() {
    static auto* const threads = new SpareCallbackThreads;  // outlives the threads that use it
    return *threads;
  }
  call_rcu_data* take(const Flavor& flavor) {
    const std::lock_guard guard(mutex_);
    std::vector<call_rcu_data*>& spare = spare_[&flavor];
    if (spare.empty()) return flavor.start_callback_thread();
    call_rcu_data* thread = spare.back();
    spare.pop_back();
    return thread;
  }
  void put(const Flavor& flavor, call_rcu_data* thread) {
    const std::lock_guard guard(mutex_);
    spare_[&flavor].push_back(thread);
  }

 private:
  std::mutex mutex_;
  std::map<const Flavor*, std::vector<call_rcu_data*>> spare_;
};

}  // namespace

Nanoseconds monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<Nanoseconds>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

Session::Session(LiveOptions options, LiveHooks hooks)
    : recording(options),
      pool(life_of(this, hooks, checked_flavor(options.flavor))),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      flavor_(checked_flavor(options_.flavor)),
      grace_period_actor_(names.actor({"rcu_gp_kthread", ActorKind::grace_period, {}})) {
  refuse_child_of_fork();
}

call_rcu_data* Session::callback_thread() {
  const std::lock_guard guard(mutex_);
  if (callback_thread_ == nullptr)
    callback_thread_ = SpareCallbackThreads::of_process().take(flavor_);
  return callback_thread_;
}

void Session::adopt_callback_thread() {
  if (thread_slot.belongs_to_run) return;
  thread_slot.belongs_to_run = true;
  thread_slot.ring = recording.add_ring();
  if (hooks_.on_thread_start) hooks_.on_thread_start();
  is_callback_thread_adopted_ = true;
}

namespace {

/// The last callback of a run: takes the thread's hooks off again.
struct Farewell : rcu_head {
  std::function<void()> on_thread_end;
  std::mutex mutex;
  std::condition_variable changed;
  bool is_done = false;
};

void say_farewell(rcu_head* head) {
  tsan_acquire();
  auto* farewell = static_cast<Farewell*>(head);
  thread_slot.belongs_to_run = false;
  thread_slot.ring = nullptr;
  if (farewell->on_thread_end) farewell->on_thread_end();
  const std::lock_guard done(farewell->mutex);
  farewell->is_done = true;
  farewell->changed.notify_all();
}

}  // namespace

void Session::stop() {
  pool.stop();
  call_rcu_data* thread = nullptr;
  {
    const std::lock_guard guard(mutex_);
    thread = std::exchange(callback_thread_, nullptr);
  }
  if (thread == nullptr) return;
  auto farewell = std::make_unique<Farewell>();
  farewell->on_thread_end = is_callback_thread_adopted_ ? hooks_.on_thread_end : nullptr;
  // The caller's thread may be registered with liburcu already, or not; a thread of our own is not.
  std::thread([this, thread, &farewell] {
    flavor_.register_thread();
    flavor_.use_callback_thread(thread);
    tsan_release();
    flavor_.queue_callback(farewell.get(), say_farewell);
    flavor_.use_callback_thread(nullptr);
    flavor_.unregister_thread();
  }).join();
  std::unique_lock lock(farewell->mutex);
  const bool has_left =
      farewell->changed.wait_for(lock, 500ms, [&farewell] { return farewell->is_done; });
  lock.unlock();
  if (has_left) {
    SpareCallbackThreads::of_process().put(flavor_, thread);
  } else {
    farewell.release();  // the thread is stuck in a callback; it may still come to this one
  }
}

std::unique_ptr<Heap> Session::take_heap() {
  const std::lock_guard guard(mutex_);
  if (spare_heaps_.empty()) return std::make_unique<Heap>(options_.heap_bytes_max, grace_periods);
  auto heap = std::move(spare_heaps_.back());
  spare_heaps_.pop_back();
  return heap;
}

void Session::return_heap(std::unique_ptr<Heap> heap) {
  constexpr std::size_t spare_heaps_max = 2;  // a thread may still leave the last repetition
  heap->reset();
  const std::lock_guard guard(mutex_);
  if (spare_heaps_.size() < spare_heaps_max) spare_heaps_.push_back(std::move(heap));
}

void Session::add_finding(const Finding& finding) {
  const std::lock_guard guard(mutex_);
  const auto key = std::tuple(finding.kind, finding.actor, finding.place, finding.message);
  if (finding_counts_[key]++ == 0) findings_.push_back(finding);
}

std::vector<Finding> Session::findings() const {
  const std::lock_guard guard(mutex_);
  return findings_;
}

LiveStatistics Session::statistics() const {
  LiveStatistics statistics;
  statistics.repetition_count = repetition_count;
  statistics.section_count = section_count;
  statistics.duration = duration;
  if (statistics.duration > 0) {
    statistics.sections_per_second = static_cast<double>(statistics.section_count) * 1e9 /
                                     static_cast<double>(statistics.duration);
  }
  statistics.callback_count = callback_count;
  statistics.work_count = work_count;
  statistics.events_lost_count = recording.lost_count();
  statistics.grace_period = grace_period_latency.percentiles();
  statistics.callback_delay = callback_delay.percentiles();
  const std::lock_guard guard(mutex_);
  for (const auto& [key, count] : finding_counts_) statistics.finding_count += count;
  return statistics;
}

TraceBuilder Session::named_builder() const {
  TraceBuilder builder(options_.trace == TraceLevel::logical ? Clock::steps : Clock::nanoseconds);
  names.copy_to(builder);
  builder.set_metadata("world", "live");
  builder.set_metadata("flavor", options_.flavor);
  return builder;
}

void Session::record_to(std::shared_ptr<EventSink> sink) {
  recording.set_sink(std::move(sink), [this, known = std::size_t{0}]() mutable {
    const std::size_t size = names.size();
    if (std::exchange(known, size) == size) return std::optional<TraceNames>();
    return std::optional(named_builder().build().names());
  });
}

TraceStore Session::build_trace() {
  TraceBuilder builder = named_builder();
  recording.move_to(builder);
  return builder.build();
}

}  // namespace rcuscope::live
