// SPDX-License-Identifier: LGPL-2.1-or-later
// Primitives: what a Python scenario can do, with the world taken out of the types, so that
// arguments are parsed in one place. A virtual call costs nothing beside a call from Python.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/place.h"
#include "layout.h"
#include "step_primitives.h"
#include "trace/event.h"
#include "trace/finding.h"
#include "value.h"
#include "world/access.h"
#include "world/actor_spec.h"
#include "world/mask.h"

namespace rcuscope::bindings {

enum class CancelMode : std::uint8_t { cancel, disable };
enum class ListAdd : std::uint8_t { add, add_rcu, add_tail, add_tail_rcu };
enum class ListDelete : std::uint8_t { del, del_rcu };

/// A node of an entry, and what its list holds.
struct Entry {
  void* object = nullptr;
  Tag tag = Tag::object;  ///< Or group_device.
  int node = 0;
};

/// Fields of the machinery's objects, in one table: see machinery_fields in handle.cpp.
enum class MachineryField : std::uint8_t {
  device_iommu_group,
  device_iommu,
  device_refcount,
  group_recovery_cnt,
  group_mutex,
  group_devices,
  group_default_domain,
  group_blocking_domain,
  group_domain,
  group_owner_cnt,
  group_entry,
  gdev_dev,
  gdev_name,
  gdev_blocked,
  gdev_work,
  name_text,
  iommu_dev,
  iommu_fwspec,
};

struct DeviceFunctions {
  std::function<void(Value)> release;
  std::function<void(Value)> probe_finalize;
  bool release_sleeps = true;
};

/// Context of all: the thread of the actor that calls, GIL held. Each may throw what its world
/// throws.
class Primitives : public StepPrimitives {
 public:
  // --- the run
  virtual bool is_tracing() const = 0;
  /// Number of the calling actor; main is 0.
  virtual ActorId current_actor() const = 0;
  /// Nothing of the machinery may be called any more: its objects are gone.
  virtual void close() = 0;
  /// Ends the run and the calling actor, without a finding.
  [[noreturn]] void cancel() {
    end_run();
    throw std::logic_error("end_run() returned");
  }
  virtual void declare(ActorSpec actor) = 0;
  virtual void at_end(std::function<void()> check) = 0;
  /// The same number for the same object in every process.
  virtual std::uint64_t stable_hash(const void* address) const = 0;
  virtual std::string text(std::int64_t id) const = 0;
  /// Operations of this execution so far; 0 live. Primitives like note are none.
  virtual std::int64_t step_count() const = 0;

  // --- what the account of memory order knows of dependencies; nothing live
  /// How the actor came by its pointer to that object: a number for handles.
  virtual std::uint32_t dependency_on(const void* pointer) = 0;
  /// The actor is about to follow the pointer of a handle.
  virtual void note_used(const void* pointer, std::uint32_t dependency) = 0;
  /// Number of the actor's latest access.
  virtual std::uint32_t latest_access() = 0;
  /// The actor's next access depends on these: all of it, or as far as it is a store.
  virtual void note_dependent(std::span<const std::uint32_t> loads, bool is_store_only) = 0;
  /// What this execution ended with, for Verdict::final_states.
  virtual void set_final_state(std::string state) = 0;

  // --- memory
  virtual Value read(Location location, Access access, const Place& place) = 0;
  virtual void write(Location location, Value value, Access access, const Place& place) = 0;
  virtual Value exchange(Location location, Value value, Access access, const Place& place) = 0;
  virtual Value compare_exchange(Location location, Value expected, Value desired, Access access,
                                 const Place& place) = 0;
  virtual Value add_return(Location location, std::int64_t addend, Access access,
                           const Place& place) = 0;
  virtual void memory_barrier(Barrier barrier, const Place& place) = 0;

  // --- heap; values are those of the fields, in the order of the layout
  virtual void* allocate(const Layout& layout, const char* name, const std::vector<Value>& values,
                         const Place& place) = 0;
  virtual const Layout* layout_of(const void* object) const = 0;
  virtual Location field_of(void* object, int field) const = 0;
  virtual void kfree(void* object, const Place& place) = 0;
  virtual void kfree_rcu(void* object, bool may_sleep, const Place& place) = 0;
  /// The object is given away as an argument: from now on it can leak.
  virtual void mark_escaped(const void* object) = 0;
  virtual Location make_shared(const char* name, Value initial) = 0;
  virtual void* make_list(const char* name) = 0;
  virtual void* make_mutex(const char* name) = 0;
  virtual void* make_spinlock(const char* name) = 0;
  virtual void* make_completion(const char* name) = 0;
  virtual void* make_srcu(const char* name) = 0;
  virtual void* make_kref(const char* name) = 0;
  virtual void* make_work(const char* name, Callback function) = 0;

  // --- readers, grace periods, callbacks
  virtual void rcu_read_lock(const Place& place) = 0;
  virtual void rcu_read_unlock(const Place& place) = 0;
  virtual bool rcu_read_lock_held() = 0;
  virtual bool rcu_read_lock_any_held() = 0;
  virtual void synchronize_rcu(bool is_expedited, const Place& place) = 0;
  virtual void rcu_barrier(const Place& place) = 0;
  virtual void kvfree_rcu_barrier(const Place& place) = 0;
  virtual void call_rcu(std::string name, Callback callback, const Place& place) = 0;
  virtual std::int64_t get_state_synchronize_rcu(const Place& place) = 0;
  virtual std::int64_t start_poll_synchronize_rcu(const Place& place) = 0;
  virtual bool poll_state_synchronize_rcu(std::int64_t cookie, const Place& place) = 0;
  virtual void cond_synchronize_rcu(std::int64_t cookie, const Place& place) = 0;

  // --- sleepable RCU
  virtual int srcu_read_lock(void* domain, const Place& place) = 0;
  virtual void srcu_read_unlock(void* domain, int index, const Place& place) = 0;
  virtual bool srcu_read_lock_held(void* domain) = 0;
  virtual void synchronize_srcu(void* domain, const Place& place) = 0;
  virtual void call_srcu(void* domain, std::string name, Callback callback, const Place& place) = 0;
  virtual void srcu_barrier(void* domain, const Place& place) = 0;

  // --- work
  virtual bool queue_work(void* work, bool after_grace_period, const Place& place) = 0;
  virtual void flush_work(void* work, const Place& place) = 0;
  virtual bool cancel_work_sync(void* work, CancelMode mode, const Place& place) = 0;
  virtual bool enable_work(void* work, const Place& place) = 0;
  virtual void flush_workqueue(const Place& place) = 0;

  // --- locks, what may interrupt the caller, counts
  virtual void mutex_lock(void* mutex, const Place& place) = 0;
  virtual bool mutex_trylock(void* mutex, const Place& place) = 0;
  virtual void mutex_unlock(void* mutex, const Place& place) = 0;
  /// Of a mutex or spinlock: held by the caller.
  virtual bool is_held(Tag tag, void* lock) = 0;
  virtual void spin_lock(void* lock, SpinMode mode, const Place& place) = 0;
  virtual bool spin_trylock(void* lock, const Place& place) = 0;
  virtual void spin_unlock(void* lock, SpinMode mode, const Place& place) = 0;
  /// Whether the caller has switched interrupts off: the flags of spin_lock_irqsave.
  virtual bool has_irqs_off() = 0;
  virtual void mask(Mask what, const Place& place) = 0;
  virtual void unmask(Mask what, const Place& place) = 0;
  virtual void complete(void* completion, const Place& place) = 0;
  virtual void wait_for_completion(void* completion, const Place& place) = 0;
  virtual void cpu_relax(const Place& place) = 0;
  virtual int kref_get(void* kref, const Place& place) = 0;
  virtual int kref_put(void* kref, const Place& place) = 0;
  virtual bool kref_get_unless_zero(void* kref, const Place& place) = 0;

  // --- lists
  virtual void list_add(ListAdd how, Entry entry, void* head, const Place& place) = 0;
  virtual void list_delete(ListDelete how, Entry entry, const Place& place) = 0;
  virtual void list_replace_rcu(Entry old_entry, Entry entry, const Place& place) = 0;
  virtual bool list_empty(void* head, const Place& place) = 0;
  /// One step of a walk. `position` starts as the head. Return: the entry, or null at the end.
  virtual void* list_next(void*& position, void* head, Access access, const Place& place) = 0;

  // --- context, log, reports
  virtual void might_sleep(const char* what, const Place& place) = 0;
  virtual void msleep(const Place& place) = 0;
  virtual Context context() = 0;
  virtual void note(EventKind kind, std::string_view text, const Place& place) = 0;
  /// Fatal kinds do not return.
  virtual void report(FindingKind kind, std::string message, const Place& place) = 0;

  // --- the machinery: objects are addresses of device, iommu_group, group_device ...
  virtual void* machinery_field(MachineryField field, void* object) const = 0;
  virtual std::string machinery_name(Tag tag, const void* object) const = 0;
  virtual void* device_register(std::string_view name, DeviceFunctions functions) = 0;
  virtual void device_unregister(void* dev) = 0;
  virtual void get_device(void* dev, const Place& place) = 0;
  virtual void put_device(void* dev, const Place& place) = 0;
  virtual bool device_get_unless_zero(void* dev, const Place& place) = 0;
  virtual void* group_make(std::string_view name, bool is_pinned) = 0;
  virtual void group_get(void* group) = 0;
  virtual void group_put(void* group) = 0;
  virtual int group_add_device(void* group, void* dev) = 0;
  virtual void group_remove_device(void* dev) = 0;
  virtual void* find_device(void* group, void* dev, bool is_reader, const Place& place) = 0;
  virtual void* dev_to_gdev(void* dev, bool is_reader) = 0;
  virtual int iommu_probe_device(void* dev, void* group) = 0;
  virtual int bus_iommu_probe(const std::vector<void*>& devices) = 0;
  virtual void probe_finalize(void* dev) = 0;
  virtual void iommu_release_device(void* dev) = 0;
  virtual int iommu_attach_device(void* dev) = 0;
  virtual int pci_dev_reset_iommu_prepare(void* dev) = 0;
  virtual void pci_dev_reset_iommu_done(void* dev) = 0;
  virtual bool dev_has_iommu(void* dev) = 0;
  virtual void iommu_report_device_broken(void* dev) = 0;
  virtual void inject_fault(std::string_view point, int error, int nth) = 0;

 protected:
  virtual void end_run() = 0;  ///< Throws.
};

}  // namespace rcuscope::bindings
