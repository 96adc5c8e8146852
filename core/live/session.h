// SPDX-License-Identifier: LGPL-2.1-or-later
// Session: what all repetitions of a LiveRun share: options, names, recording, findings, threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "live/flavor.h"
#include "live/grace_period.h"
#include "live/heap.h"
#include "live/names.h"
#include "live/options.h"
#include "live/pool.h"
#include "live/recording.h"
#include "trace/finding.h"

namespace rcuscope::live {

/// Context: any thread. Owner: the LiveRun, and each thread that is stuck in one of its
/// repetitions.
class Session : public std::enable_shared_from_this<Session> {
 public:
  /// Throws UsageError for an unknown flavor, and in a child of fork() whose parent has run live.
  Session(LiveOptions options, LiveHooks hooks);

  /// Ends all threads that are not stuck. Context: not one of them.
  void stop();

  const LiveOptions& options() const { return options_; }
  const LiveHooks& hooks() const { return hooks_; }
  const Flavor& flavor() const { return flavor_; }
  ActorId grace_period_actor() const { return grace_period_actor_; }

  /// liburcu's thread for the callbacks of this run, started when first asked for.
  call_rcu_data* callback_thread();
  /// Makes a thread of liburcu's one of the run's. Context: that thread, inside a callback.
  void adopt_callback_thread();

  /// A heap without objects. Give it back with return_heap() if nobody can use it any more.
  std::unique_ptr<Heap> take_heap();
  void return_heap(std::unique_ptr<Heap> heap);

  void add_finding(const Finding& finding);
  std::vector<Finding> findings() const;
  LiveStatistics statistics() const;
  TraceStore build_trace();
  /// Context: before the first thread.
  void record_to(std::shared_ptr<EventSink> sink);

  Names names;
  GracePeriods grace_periods;
  LatencyHistogram grace_period_latency;
  LatencyHistogram callback_delay;
  Recording recording;
  ThreadPool pool;
  std::atomic<std::int64_t> logical_clock{0};
  std::atomic<std::uint64_t> repetition_count{0};
  std::atomic<std::uint64_t> section_count{0};
  std::atomic<std::uint64_t> callback_count{0};
  std::atomic<std::uint64_t> work_count{0};
  std::atomic<Nanoseconds> duration{0};

 private:
  TraceBuilder named_builder() const;

  const LiveOptions options_;
  const LiveHooks hooks_;
  const Flavor& flavor_;
  const ActorId grace_period_actor_;
  mutable std::mutex mutex_;
  call_rcu_data* callback_thread_ = nullptr;
  std::atomic<bool> is_callback_thread_adopted_{false};
  std::vector<std::unique_ptr<Heap>> spare_heaps_;
  std::vector<Finding> findings_;
  std::map<std::tuple<FindingKind, std::string, std::string, std::string>, std::uint64_t>
      finding_counts_;  // by kind, actor, place, message
};

Nanoseconds monotonic_now();

}  // namespace rcuscope::live
