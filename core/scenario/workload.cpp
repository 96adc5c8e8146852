// SPDX-License-Identifier: LGPL-2.1-or-later
// The workload runs on the live world with one thing more: it notes when a device leaves its group
// and when its reference is put.
#include "scenario/workload.h"

#include <pthread.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "live/actor.h"
#include "live/live.h"
#include "live/repetition.h"
#include "live/run.h"
#include "scenario/kernel.h"

namespace rcuscope {
namespace {

using live::monotonic_now;

/// What the workload measures. Context: any thread.
class Measurements {
 public:
  /// Context: set-up, before the first update.
  void add_device(const void* device, const void* refcount) {
    removed_at_.emplace_back();
    numbers_[device] = numbers_[refcount] = removed_at_.size() - 1;
  }
  void note_removal(const void* device) { removed_at_of(device).store(monotonic_now()); }
  void note_put(const void* refcount) {
    if (const Nanoseconds since = removed_at_of(refcount).exchange(0))
      put_device_delay.add(monotonic_now() - since);
  }
  /// True from the removal of a device to its put_device.
  bool is_put_pending(std::size_t device) const { return removed_at_[device].load() != 0; }

  live::LatencyHistogram section;
  live::LatencyHistogram put_device_delay;
  std::atomic<std::uint64_t> update_count{0};

 private:
  using Moment = std::atomic<Nanoseconds>;

  /// Of the device with that address, or whose refcount has it.
  Moment& removed_at_of(const void* address) { return removed_at_[numbers_.at(address)]; }

  std::deque<Moment> removed_at_;  // 0: the device's reference is not waiting to be put
  std::unordered_map<const void*, std::size_t> numbers_;  // constant after set-up
};

/// Live, but for the two calls of the machinery that are measured.
struct MeasuredLive : Live {
  explicit MeasuredLive(Measurements& measurements) : measured(&measurements) {}

  void trace(EventKind kind, const void* object, std::int64_t value,
             Place place = Place::current()) const {
    if (kind == EventKind::remove_device_from_group) measured->note_removal(object);
    Live::trace(kind, object, value, place);
  }
  int refcount_dec(refcount& count, EventKind kind, Place place = Place::current()) const {
    const int now = Live::refcount_dec(count, kind, place);
    if (kind == EventKind::put_device) measured->note_put(&count);
    return now;
  }

  Measurements* measured;
};

/// One lock for readers and updaters, with its events. Threads of a live run take it.
class DevicesLock {
 public:
  explicit DevicesLock(Protect protect) : is_shared_(protect == Protect::rwlock) {
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    // glibc's default lets readers starve a writer; the kernel's rwlock does not.
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    const int error = pthread_rwlock_init(&rwlock_, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    if (error != 0) throw std::system_error(error, std::generic_category(), "pthread_rwlock_init");
  }
  ~DevicesLock() {
    pthread_rwlock_destroy(&rwlock_);
    pthread_mutex_destroy(&mutex_);
  }
  DevicesLock(const DevicesLock&) = delete;
  DevicesLock& operator=(const DevicesLock&) = delete;

  void lock_for_reading() {
    if (is_shared_) {
      take(rwlock_, pthread_rwlock_tryrdlock, pthread_rwlock_rdlock);
    } else {
      take(mutex_, pthread_mutex_trylock, pthread_mutex_lock);
    }
  }
  void lock_for_writing() {
    if (is_shared_) {
      take(rwlock_, pthread_rwlock_trywrlock, pthread_rwlock_wrlock);
    } else {
      take(mutex_, pthread_mutex_trylock, pthread_mutex_lock);
    }
  }
  void unlock() {
    record(EventKind::mutex_unlock);
    if (is_shared_) {
      pthread_rwlock_unlock(&rwlock_);
    } else {
      pthread_mutex_unlock(&mutex_);
    }
  }

 private:
  template <class Lock>
  void take(Lock& lock, int (*try_lock)(Lock*), int (*wait_and_lock)(Lock*)) {
    if (try_lock(&lock) != 0) {
      record(EventKind::mutex_contended, -1);
      wait_and_lock(&lock);
    }
    record(EventKind::mutex_lock);
  }
  void record(EventKind kind, std::int64_t value = 0) {
    live::Actor& actor = live::current_actor();
    if (actor.ring == nullptr) return;
    const char* const type = is_shared_ ? "rwlock" : "mutex";
    const ObjectId id = actor.repetition->session().names.object(type, "devices");
    live::record(actor, kind, {.object = id, .value = value});
  }

  const bool is_shared_;
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_rwlock_t rwlock_;
};

/// An updater's hold of the lock; none under RCU, where the machinery's own group->mutex does it.
class WriteScope {
 public:
  explicit WriteScope(DevicesLock* lock) : lock_(lock) {
    if (lock_ != nullptr) lock_->lock_for_writing();
  }
  ~WriteScope() {
    if (lock_ != nullptr) lock_->unlock();
  }
  WriteScope(const WriteScope&) = delete;
  WriteScope& operator=(const WriteScope&) = delete;

 private:
  DevicesLock* lock_;
};

using WorkloadKernel = Kernel<MeasuredLive>;
using Machinery = Iommu<MeasuredLive>;

/// What the actors share. Owner: each of them, since one may end after the run.
struct Workload {
  explicit Workload(const WorkloadOptions& given) : options(given), lock(given.protect) {}

  // What all read is on cache lines of its own: neither the lock nor the counts slow it down.
  const WorkloadOptions options;
  ptr<Machinery::iommu_group> group;
  std::vector<ptr<Machinery::device>> devices;
  std::atomic<Nanoseconds> started_at{0};  // 0: set-up is not over
  std::atomic<bool> must_stop{false};
  alignas(64) DevicesLock lock;
  alignas(64) Measurements measured;

  void start() {
    Nanoseconds not_yet = 0;
    started_at.compare_exchange_strong(not_yet, monotonic_now());
  }
  bool goes_on() const { return !must_stop.load(std::memory_order_relaxed); }
};

/// The walk of __dev_to_gdev_rcu to its end. The compare keeps the loads.
void walk(MeasuredLive w, ptr<Machinery::iommu_group> group, Access access) {
  Machinery::Walk members(w, group, access);
  while (const auto gdev = members.next())
    if (!w.read(gdev->dev, Access::plain)) w.report(FindingKind::warn_on, nullptr, "gdev->dev");
}

/// Sections of one reader until the end; `read_once` is one of them.
template <class ReadOnce>
void read_until_stopped(Workload& workload, ReadOnce read_once) {
  workload.start();
  for (std::uint64_t i = 1; workload.goes_on(); ++i) {
    if (i % section_sample != 0) {
      read_once();
      continue;
    }
    const Nanoseconds start = monotonic_now();
    read_once();
    workload.measured.section.add(monotonic_now() - start);
  }
}

void run_reader(Workload& workload, MeasuredLive w) {
  if (workload.options.protect == Protect::rcu) {
    read_until_stopped(workload, [w, group = workload.group] {
      w.rcu_read_lock();
      walk(w, group, Access::dereference);
      w.rcu_read_unlock();
    });
    return;
  }
  read_until_stopped(workload, [w, &workload] {
    workload.lock.lock_for_reading();
    walk(w, workload.group, Access::plain);
    workload.lock.unlock();
    live::thread_slot.count_section();
  });
}

/// Sleeps, but not beyond the end by much.
void pause(const Workload& workload, Nanoseconds duration) {
  constexpr Nanoseconds slice = 10'000'000;
  while (duration > 0 && workload.goes_on()) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(duration, slice)));
    duration -= slice;
  }
}

void update(Workload& workload, Machinery& iommu, ptr<Machinery::device> dev) {
  DevicesLock* const lock = workload.options.protect == Protect::rcu ? nullptr : &workload.lock;
  {
    const WriteScope scope(lock);
    iommu.iommu_group_remove_device(dev);
  }
  {
    const WriteScope scope(lock);
    iommu.iommu_group_add_device(workload.group, dev);
  }
  workload.measured.update_count.fetch_add(1, std::memory_order_relaxed);
}

/// Takes its devices in turn. One whose last put is still to come is left alone: a callback that is
/// late holds its device up, and does not pile up.
void run_updater(Workload& workload, Machinery& iommu, std::size_t number) {
  constexpr Nanoseconds look_again_after = 100'000;
  workload.start();
  std::size_t device = number;
  std::size_t skipped = 0;
  while (workload.goes_on()) {
    if (!workload.measured.is_put_pending(device)) {
      update(workload, iommu, workload.devices[device]);
      pause(workload, workload.options.update_interval);
      skipped = 0;
    } else if (++skipped == workload.devices.size()) {
      pause(workload, look_again_after);
      skipped = 0;
    }
    device += workload.options.updaters;
    if (device >= workload.devices.size()) device = number;
  }
}

void set_up(WorkloadKernel& kernel, const std::shared_ptr<Workload>& workload) {
  workload->group = kernel.iommu.scenario_group("0");
  for (std::uint32_t i = 0; i < workload->options.devices; ++i) {
    const auto dev = kernel.iommu.device_register("device " + std::to_string(i));
    workload->measured.add_device(dev.raw(), &dev->refcount);
    workload->devices.push_back(dev);
    kernel.iommu.iommu_group_add_device(workload->group, dev);
  }
  for (std::uint32_t i = 0; i < workload->options.readers; ++i) {
    kernel.declare(ActorKind::process, "reader " + std::to_string(i),
                   [workload, w = kernel.world] { run_reader(*workload, w); });
  }
  for (std::uint32_t i = 0; i < workload->options.updaters; ++i) {
    kernel.declare(ActorKind::process, "updater " + std::to_string(i),
                   [workload, i, &iommu = kernel.iommu] { run_updater(*workload, iommu, i); });
  }
}

void check(const WorkloadOptions& options) {
  if (options.readers + options.updaters == 0)
    throw UsageError("readers=0 and updaters=0: expected at least one of them above 0");
  if (options.devices == 0) throw UsageError("devices=0: expected at least 1");
  if (options.updaters > options.devices)
    throw UsageError("updaters=" + std::to_string(options.updaters) +
                     ": expected at most devices=" + std::to_string(options.devices) +
                     ", since each updater has devices of its own");
  if (options.protect != Protect::rcu && options.variant != Variant{})
    throw UsageError(
        "a variant with protect other than rcu: under a lock no grace period is left "
        "to vary");
  check_variant(options.variant);
}

/// Under a lock nobody reads what is removed, so nothing waits and nothing is published.
Variant variant_of(const WorkloadOptions& options) {
  Variant variant = options.variant;
  if (options.protect == Protect::rcu) return variant;
  variant.publish = Variant::Publish::list_add_tail;
  variant.unlink = Variant::Unlink::list_del;
  variant.reclaim = Variant::Reclaim::none;
  return variant;
}

LiveOptions live_options(const WorkloadOptions& options) {
  LiveOptions live = options.live;
  // Readers alone make no progress that the supervisor would see.
  live.timeout = std::max(live.timeout, static_cast<Nanoseconds>((options.seconds + 10) * 1e9));
  return live;
}

}  // namespace

WorkloadResult run_workload(const WorkloadOptions& options, const std::function<bool()>& poll) {
  check(options);
  LiveRun run(live_options(options));
  if (options.sink != nullptr) run.record_to(options.sink);
  const auto workload = std::make_shared<Workload>(options);
  const auto duration = static_cast<Nanoseconds>(options.seconds * 1e9);
  const auto watch = [&poll, &workload, duration] {
    const bool is_cancelled = poll && poll();
    const Nanoseconds start = workload->started_at.load();
    if (is_cancelled || (start != 0 && monotonic_now() - start >= duration))
      workload->must_stop.store(true);
    return is_cancelled;
  };
  const IommuConfig config{.has_report_work = false};  // a work item for each update would pile up
  const auto life = [workload, variant = variant_of(options), config](Live) {
    const MeasuredLive world(workload->measured);
    std::make_shared<WorkloadKernel>(world, variant, config)->run([&workload](WorkloadKernel& k) {
      set_up(k, workload);
    });
  };
  const LiveOutcome outcome = run.run_once(life, watch);
  workload->must_stop.store(true);
  if (outcome.was_cancelled) return {};
  return {run.result(),
          {workload->measured.update_count, workload->measured.section.percentiles(),
           workload->measured.put_device_delay.percentiles()}};
}

}  // namespace rcuscope
