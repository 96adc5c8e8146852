// SPDX-License-Identifier: LGPL-2.1-or-later
// Iommu: the group and device machinery of the patch, written once for every world.
// Follows: drivers/iommu/iommu.c and drivers/base/core.c with [PATCH v4 06, 07, 08, 11/24]: the
// same functions, order of steps and error paths under the same names. Errors are negative errno
// values.
//
// The parts: device.h driver core, group.h groups and walks, domain.h attach and reset, probe.h,
// remove.h, report.h, faults.h, group_life.h. The replaceable steps: steps.h. The what-ifs:
// variant.h.
#pragma once

#include <array>
#include <atomic>
#include <concepts>
#include <forward_list>
#include <mutex>
#include <span>
#include <string_view>

#include "iommu/objects.h"
#include "iommu/steps.h"
#include "iommu/variant.h"
#include "world/rcu.h"
#include "world/world.h"

namespace rcuscope {

/// How the kernel is built in which the machinery runs.
struct IommuConfig {
  /// False leaves 11/24 out: no work item in a gdev, none to cancel. Then nobody may report.
  bool has_report_work = true;
  /// CONFIG_PREEMPT_RT: interrupt handlers are threads (Kernel::declare).
  bool preempt_rt = false;
  /// CONFIG_DEBUG_KOBJECT_RELEASE: the last put only queues a work item, which releases.
  bool debug_kobject_release = false;
};

/// Places where a call can be made to fail, by name in inject_fault().
enum class FaultPoint : std::uint8_t {
  alloc_device,        ///< The allocation of a gdev.
  sysfs_link,          ///< A link of a membership: <dev>/iommu_group, then <group>/devices/<name>.
  attach,              ///< ops->attach_dev.
  default_domain,      ///< The choice of a group's default domain.
  probe_device,        ///< ops->probe_device.
  device_group,        ///< ops->device_group.
  dev_iommu,           ///< The allocation of dev->iommu.
  module_get,          ///< The reference to the driver's module.
  iommu_link,          ///< The sysfs link <dev>/iommu.
  device_name,         ///< The allocation of gdev->name.
  group_id,            ///< Of iommu_group_alloc: the number of a new group.
  group_kobject,       ///< Of iommu_group_alloc: the group's kobject.
  group_devices_kobj,  ///< Of iommu_group_alloc: its child "devices".
  group_file           ///< Of iommu_group_alloc: its sysfs files.
};

/// In the order of FaultPoint.
inline constexpr std::array<std::string_view, 14> fault_point_names = {
    "alloc_device",       "sysfs_link",   "attach",    "default_domain",
    "probe_device",       "device_group", "dev_iommu", "module_get",
    "iommu_link",         "device_name",  "group_id",  "group_kobject",
    "group_devices_kobj", "group_file"};

/// A walk over group->devices; holds nothing but its position.
template <World W>
class GroupWalk {
 public:
  GroupWalk(W world, ptr<iommu_group<W>> group, Access access)
      : w_(world), head_(&group->devices), position_(head_), access_(access) {}

  /// Return: the next member, or null at the end; not to be called again after that.
  ptr<group_device<W>> next(Place place = Place::current()) {
    const auto gdev = list_next_entry<group_device<W>>(w_, position_, head_, access_, place);
    if (gdev) position_ = &gdev.raw()->list;
    return gdev;
  }

 private:
  W w_;
  ptr<list_head<W>> head_;
  ptr<list_head<W>> position_;
  Access access_;
};

/// One machine's IOMMU core. Made in set-up, outlives the actors. Actors of any world call it at
/// the same time, as they call the kernel's functions.
template <World W, class Steps = PostedSteps>
class Iommu {
 public:
  using World = W;
  using device = rcuscope::device<W>;
  using dev_iommu = rcuscope::dev_iommu<W>;
  using iommu_group = rcuscope::iommu_group<W>;
  using group_device = rcuscope::group_device<W>;
  using device_name = rcuscope::device_name<W>;
  using Options = DeviceOptions<W>;
  using Walk = GroupWalk<W>;
  using List = GroupList<Iommu>;

  /// Throws: UsageError if the variant contradicts itself.
  explicit Iommu(W world, const Variant& variant = {}, IommuConfig config = {}, Steps steps = {});
  Iommu(const Iommu&) = delete;
  Iommu& operator=(const Iommu&) = delete;

  W world() const { return w_; }
  const Variant& variant() const { return variant_; }
  Steps& steps() { return steps_; }
  StringId iommu_group_link() const { return iommu_group_link_; }

  // --- driver core (device.h)
  ptr<device> device_register(std::string_view name, Options options = {});
  void device_unregister(ptr<device> dev);
  void get_device(ptr<device> dev, Place place = Place::current());
  void put_device(ptr<device> dev, Place place = Place::current());

  // --- groups (group.h); the scenario_ functions count what the scenario itself owns
  ptr<iommu_group> scenario_group(std::string_view name, bool is_pinned = true);
  void scenario_group_get(ptr<iommu_group> group);
  void scenario_group_put(ptr<iommu_group> group);
  ptr<iommu_group> iommu_group_alloc(std::string_view name);
  ptr<iommu_group> iommu_group_get(ptr<device> dev);
  ptr<iommu_group> iommu_group_ref_get(ptr<iommu_group> group);
  void iommu_group_put(ptr<iommu_group> group) { steps_.put_group(*this, group); }
  int iommu_group_add_device(ptr<iommu_group> group, ptr<device> dev) {
    return steps_.add_group_device(*this, group, dev);
  }
  void iommu_group_remove_device(ptr<device> dev);
  Walk for_each_group_device(ptr<iommu_group> group, Place place = Place::current());
  Walk list_for_each_entry_rcu(ptr<iommu_group> group, Place place = Place::current());
  ptr<group_device> find_device(ptr<iommu_group> group, ptr<device> dev,
                                Place place = Place::current());
  ptr<group_device> find_device_rcu(ptr<iommu_group> group, ptr<device> dev,
                                    Place place = Place::current());

  // --- probe and release (probe.h, remove.h)
  int iommu_probe_device(ptr<device> dev, ptr<iommu_group> group = nullptr);
  int bus_iommu_probe(std::span<const ptr<device>> devices) {
    return steps_.bus_probe(*this, devices);
  }
  void iommu_group_do_probe_finalize(ptr<device> dev);
  void iommu_release_device(ptr<device> dev);
  bool dev_has_iommu(ptr<device> dev);

  // --- domains and reset (domain.h)
  int iommu_attach_device(ptr<device> dev);
  int pci_dev_reset_iommu_prepare(ptr<device> dev);
  void pci_dev_reset_iommu_done(ptr<device> dev);

  // --- lookup and report (report.h)
  ptr<group_device> dev_to_gdev(ptr<device> dev);
  ptr<group_device> dev_to_gdev_rcu(ptr<device> dev);
  void iommu_report_device_broken(ptr<device> dev) { steps_.report_device_broken(*this, dev); }

  // --- faults and the end of a run (faults.h, device.h)
  /// The nth passage of `point` from now on fails with `error` (a negative errno). Context: set-up.
  void inject_fault(std::string_view point, int error = -ENOMEM, int nth = 1);
  /// Reports groups with too many references and counters that disagree. After actors and at_end.
  void check_at_end();
  /// Unregisters the devices that are still registered and puts the scenario's group references.
  void teardown();
  /// What is not on the studied heap, for programs whose set-up serves many runs.
  using Memory = IommuMemory<W>;
  Memory memory() const
    requires std::copyable<typename W::mutex>;
  void restore(const Memory& memory)
    requires std::copyable<typename W::mutex>;

  // --- building blocks of the steps
  int create_link(typename W::name_set& directory, StringId name, Place place = Place::current());
  int create_member_link(ptr<iommu_group> group, ptr<group_device> gdev, ptr<device> dev);
  void take_member_reference(ptr<iommu_group> group);
  void publish(ptr<iommu_group> group, ptr<group_device> gdev);
  void unlink(ptr<iommu_group> group, ptr<group_device> gdev);
  void iommu_group_release(ptr<iommu_group> group);
  /// Both kobjects are gone: releases now, or later where the kernel's configuration says so.
  void group_kobject_release(ptr<iommu_group> group);
  void iommu_group_empty_assert_owner_cnt(ptr<iommu_group> group);
  ptr<dev_iommu> dev_iommu_get(ptr<device> dev);
  int start_driver(ptr<device> dev, ptr<dev_iommu> iommu);
  int iommu_init_device(ptr<device> dev, ptr<iommu_group> group);
  ptr<iommu_group> device_group(ptr<device> dev, ptr<iommu_group> group);
  void dev_iommu_free(ptr<device> dev);
  int attach_or_queue(ptr<iommu_group> group, ptr<device> dev, List* group_list);
  int iommu_setup_default_domain(ptr<iommu_group> group);
  int iommu_device_set_domain(ptr<device> dev);
  int iommu_group_set_domain(ptr<iommu_group> group, Domain domain);
  void block(ptr<iommu_group> group, ptr<group_device> gdev);
  void drop_recovery_cnt(ptr<iommu_group> group);
  void finalize_group(ptr<iommu_group> group);
  void finalize_snapshot(ptr<iommu_group> group);
  void leave_group(ptr<iommu_group> group, ptr<group_device> gdev, ptr<device> dev);
  bool takes_device_reference() const;
  bool drops_device_reference() const;
  void put_held_device(Variant::PutDevice here, ptr<group_device> gdev);
  void free_name(Variant::FreeName here, ptr<group_device> gdev);
  void free_gdev(Variant::FreeGdev here, ptr<group_device> gdev);
  void free_if(Variant::DeferFree here, ptr<iommu_group> group, ptr<group_device> gdev);
  void cancel_report_work(Variant::CancelWork here, ptr<group_device> gdev);
  void reclaim(ptr<group_device> gdev);
  void free_after_grace_period(ptr<group_device> gdev);
  void init_works(ptr<group_device> gdev);
  void require_report_work() const;
  void iommu_group_broken_worker(ptr<group_device> gdev);
  /// Return: 0, or the error of a fault that hits here. No operation while no fault is armed.
  int fault(FaultPoint point, Place place = Place::current());
  /// An event that names an operation of the device's driver.
  void driver_call(ptr<device> dev, const char* operation, Place place = Place::current());
  /// The kernel's lockdep_assert_held.
  void assert_held(typename W::mutex& lock, Place place = Place::current());
  void warn_on(bool condition, const void* object, const char* text,
               Place place = Place::current());

  typename W::mutex iommu_probe_device_lock{
      "iommu_probe_device_lock"};  // taken before group->mutex

 private:
  void device_release(ptr<device> dev, Place place);
  ptr<iommu_group> make_group(std::string_view name);
  int start_group(ptr<iommu_group> group);
  void check_group_at_end(GroupRecord<W>& record);

  W w_;
  Variant variant_;
  IommuConfig config_;
  [[no_unique_address]] Steps steps_;
  StringId iommu_group_link_;  // the name of the link from a device to its group
  std::array<std::atomic<fault_point<W>*>, fault_point_names.size()> faults_{};
  std::mutex records_mutex_;  // protects the two lists; their elements have stable addresses
  std::forward_list<DeviceRecord<W>> devices_;
  std::forward_list<GroupRecord<W>> groups_;
};

template <World W, class Steps>
Iommu<W, Steps>::Iommu(W world, const Variant& variant, IommuConfig config, Steps steps)
    : w_(world),
      variant_(variant),
      config_(config),
      steps_(std::move(steps)),
      iommu_group_link_(w_.intern("iommu_group")) {
  if (variant_ != Variant{}) check_variant(variant_);
}

}  // namespace rcuscope

#include "iommu/device.h"
#include "iommu/domain.h"
#include "iommu/faults.h"
#include "iommu/group.h"
#include "iommu/group_life.h"
#include "iommu/probe.h"
#include "iommu/remove.h"
#include "iommu/report.h"
