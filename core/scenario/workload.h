// SPDX-License-Identifier: LGPL-2.1-or-later
// The workload: the machinery of the patch under load, driven by threads of C++. Readers walk the
// group's list; updaters take devices out of the group and put them back.
#pragma once

#include <functional>
#include <memory>

#include "iommu/variant.h"
#include "live/options.h"
#include "trace/sink.h"

namespace rcuscope {

/// What keeps a reader's walk and an updater's change apart.
enum class Protect : std::uint8_t {
  rcu,     ///< Readers: rcu_read_lock. Updaters: group->mutex and what the variant waits for.
  mutex,   ///< Both take one pthread_mutex around a walk or a change; nobody waits for readers.
  rwlock,  ///< The same with a pthread_rwlock that lets a waiting writer go first.
};

struct WorkloadOptions {
  LiveOptions live;  ///< Its timeout is raised to what the workload needs.
  std::uint32_t readers = 1;
  std::uint32_t updaters = 1;  ///< Each has devices of its own: at most one for each device.
  std::uint32_t devices = 8;
  double seconds = 1;
  Protect protect = Protect::rcu;
  Nanoseconds update_interval = 50'000;  ///< Pause of an updater after each update.
  Variant variant;                       ///< For Protect::rcu.
  std::shared_ptr<EventSink> sink;       ///< Of LiveRun::record_to(); null: none.
};

struct WorkloadStatistics {
  std::uint64_t update_count = 0;  ///< Devices taken out and put back.
  /// Of a reader's section with its walk, from before the lock to after the unlock; one of
  /// `section_sample` is measured, so that the clock does not weigh.
  live::LatencyPercentiles section;
  /// From remove_device_from_group (the device has left the group) to the group's put_device.
  live::LatencyPercentiles put_device_delay;
};
inline constexpr std::uint64_t section_sample = 1024;

struct WorkloadResult {
  LiveResult live;  ///< Sections under a lock count as sections, too.
  WorkloadStatistics workload;
};

/// Runs the workload for its time. `poll` is called on the caller's thread at least every 50 ms;
/// true ends the run early, without a result. Throws: UsageError for options that contradict each
/// other, LimitError where the live world's memory does not suffice.
WorkloadResult run_workload(const WorkloadOptions& options, const std::function<bool()>& poll = {});

}  // namespace rcuscope
