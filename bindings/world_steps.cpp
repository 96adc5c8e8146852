// SPDX-License-Identifier: LGPL-2.1-or-later
// Kernel's methods for steps of the machinery that are written in Python: the steps as posted,
// which rs.Iommu calls, and the pieces that they are made of.
#include <string>
#include <vector>

#include "call.h"
#include "errors.h"

namespace rcuscope::bindings {
namespace {

#define RCUSCOPE_TEXT(signature, text) signature "\n\n" text

PyObject* number(int result) { return checked(PyLong_FromLong(result)); }

/// Null for None and for what was not given.
void* optional_address(Call& call, std::size_t index, Tag tag) {
  const bool is_none = call.argument(index) == nullptr || call.argument(index) == Py_None;
  return is_none ? nullptr : call.address(index, tag);
}

/// A device or a group: whose directory.
Tag directory_tag(Call& call) {
  if (is_handle(call.argument(0), Tag::group)) return Tag::group;
  if (is_handle(call.argument(0), Tag::device) || call.argument(0) == Py_None) return Tag::device;
  call.wrong_type(0, "a Device, or an IommuGroup for its folder devices");
}

// ---- the steps as posted
constexpr Spec posted_alloc_group_device{
    "_posted_alloc_group_device",
    RCUSCOPE_TEXT("_posted_alloc_group_device(self, group: IommuGroup, dev: Device) -> GroupDevice "
                  "| int",
                  "The step as posted."),
    [](Call& call) {
      return to_python(call.kernel(),
                       call.world().posted_alloc_group_device(call.address(0, Tag::group),
                                                              call.address(1, Tag::device)));
    },
    {"group", "dev"},
    2};
constexpr Spec posted_add_group_device{
    "_posted_add_group_device",
    RCUSCOPE_TEXT("_posted_add_group_device(self, group: IommuGroup, dev: Device) -> int",
                  "The step as posted."),
    [](Call& call) {
      return number(call.world().posted_add_group_device(call.address(0, Tag::group),
                                                         call.address(1, Tag::device)));
    },
    {"group", "dev"},
    2};
constexpr Spec posted_put_group{
    "_posted_put_group",
    RCUSCOPE_TEXT("_posted_put_group(self, group: IommuGroup | None) -> None",
                  "The step as posted."),
    [](Call& call) {
      call.world().posted_put_group(optional_address(call, 0, Tag::group));
      return none();
    },
    {"group"},
    1};
constexpr Spec posted_probe_device{
    "_posted_probe_device",
    RCUSCOPE_TEXT("_posted_probe_device(self, dev: Device, group: IommuGroup | None, group_list: "
                  "GroupList | None) -> int",
                  "The step as posted."),
    [](Call& call) {
      return number(call.world().posted_probe_device(call.address(0, Tag::device),
                                                     optional_address(call, 1, Tag::group),
                                                     optional_address(call, 2, Tag::group_list)));
    },
    {"dev", "group", "group_list"},
    3};
constexpr Spec posted_bus_probe{
    "_posted_bus_probe",
    RCUSCOPE_TEXT("_posted_bus_probe(self, devices: collections.abc.Iterable[Device]) -> int",
                  "The step as posted."),
    [](Call& call) { return number(call.world().posted_bus_probe(call.devices(0))); },
    {"devices"},
    1};

/// A posted step of one device that returns nothing.
template <void (StepPrimitives::*step)(void*)>
PyObject* posted_on_device(Call& call) {
  (call.world().*step)(call.address(0, Tag::device));
  return none();
}
constexpr Spec posted_remove_group_device{
    "_posted_remove_group_device",
    RCUSCOPE_TEXT("_posted_remove_group_device(self, dev: Device) -> None", "The step as posted."),
    posted_on_device<&StepPrimitives::posted_remove_group_device>,
    {"dev"},
    1};
constexpr Spec posted_deinit_device{
    "_posted_deinit_device",
    RCUSCOPE_TEXT("_posted_deinit_device(self, dev: Device) -> None", "The step as posted."),
    posted_on_device<&StepPrimitives::posted_deinit_device>,
    {"dev"},
    1};
constexpr Spec posted_free_group_device{
    "_posted_free_group_device",
    RCUSCOPE_TEXT("_posted_free_group_device(self, group: IommuGroup, gdev: GroupDevice) -> None",
                  "The step as posted."),
    [](Call& call) {
      call.world().posted_free_group_device(call.address(0, Tag::group),
                                            call.address(1, Tag::group_device));
      return none();
    },
    {"group", "gdev"},
    2};
constexpr Spec posted_report_device_broken{
    "_posted_report_device_broken",
    RCUSCOPE_TEXT("_posted_report_device_broken(self, dev: Device) -> None", "The step as posted."),
    posted_on_device<&StepPrimitives::posted_report_device_broken>,
    {"dev"},
    1};

// ---- their pieces
constexpr Spec kzalloc_group_device{
    "kzalloc_group_device",
    RCUSCOPE_TEXT("kzalloc_group_device(self, dev: Device) -> GroupDevice | int",
                  "A gdev with its work items; its fields are empty. -12 if there is no memory. "
                  "`dev` names it. Fault point alloc_device."),
    [](Call& call) {
      return to_python(call.kernel(), call.world().kzalloc_group_device(
                                          call.address(0, Tag::device), call.place()));
    },
    {"dev"},
    1};
constexpr Spec kzalloc_device_name{
    "kzalloc_device_name",
    RCUSCOPE_TEXT("kzalloc_device_name(self, text: str) -> DeviceName | int",
                  "The memory for gdev.name. -12 if there is none. Fault point device_name."),
    [](Call& call) {
      return to_python(call.kernel(), call.world().kzalloc_device_name(call.text(0), call.place()));
    },
    {"text"},
    1};
constexpr Spec sysfs_create_link{
    "sysfs_create_link",
    RCUSCOPE_TEXT(
        "sysfs_create_link(self, directory: Device | IommuGroup, name: str) -> int",
        "A link in the device's directory, or in the group's folder devices: 0, or -17 if "
        "the name is there. Fault point sysfs_link."),
    [](Call& call) {
      const Tag tag = directory_tag(call);
      return number(
          call.world().sysfs_create_link(tag, call.address(0, tag), call.text(1), call.place()));
    },
    {"directory", "name"},
    2};
constexpr Spec sysfs_remove_link{
    "sysfs_remove_link",
    RCUSCOPE_TEXT("sysfs_remove_link(self, directory: Device | IommuGroup, name: str) -> None",
                  "Removes what sysfs_create_link made."),
    [](Call& call) {
      const Tag tag = directory_tag(call);
      call.world().sysfs_remove_link(tag, call.address(0, tag), call.text(1), call.place());
      return none();
    },
    {"directory", "name"},
    2};

template <EventKind kind>
PyObject* trace_membership(Call& call) {
  call.world().trace_membership(kind, call.address(0, Tag::group), call.address(1, Tag::device),
                                call.place());
  return none();
}
constexpr Spec trace_add_device_to_group{
    "trace_add_device_to_group",
    RCUSCOPE_TEXT("trace_add_device_to_group(self, group: IommuGroup, dev: Device) -> None",
                  "The kernel's trace event: a mark in the trace, no operation."),
    trace_membership<EventKind::add_device_to_group>,
    {"group", "dev"},
    2};
constexpr Spec trace_remove_device_from_group{
    "trace_remove_device_from_group",
    RCUSCOPE_TEXT("trace_remove_device_from_group(self, group: IommuGroup, dev: Device) -> None",
                  "The kernel's trace event: a mark in the trace, no operation."),
    trace_membership<EventKind::remove_device_from_group>,
    {"group", "dev"},
    2};
constexpr Spec driver_call{
    "driver_call",
    RCUSCOPE_TEXT("driver_call(self, dev: Device, operation: str) -> None",
                  "Marks a call of the IOMMU driver, such as \"release_device\", in the trace."),
    [](Call& call) {
      call.world().driver_call(call.address(0, Tag::device), call.text(1), call.place());
      return none();
    },
    {"dev", "operation"},
    2};
constexpr Spec iommu_group_ref_get{
    "iommu_group_ref_get",
    RCUSCOPE_TEXT("iommu_group_ref_get(self, group: IommuGroup) -> None",
                  "Takes the reference of a membership; the first member of a group that is not "
                  "pinned takes over its creator's."),
    [](Call& call) {
      call.world().iommu_group_ref_get(call.address(0, Tag::group));
      return none();
    },
    {"group"},
    1};
constexpr Spec iommu_group_put{
    "iommu_group_put",
    RCUSCOPE_TEXT("iommu_group_put(self, group: IommuGroup | None) -> None",
                  "Drops the reference of a membership: calls the step put_group."),
    [](Call& call) {
      call.world().iommu_group_put(optional_address(call, 0, Tag::group));
      return none();
    },
    {"group"},
    1};
constexpr Spec iommu_init_device{
    "iommu_init_device",
    RCUSCOPE_TEXT("iommu_init_device(self, dev: Device, group: IommuGroup | None) -> int",
                  "First half of a probe: dev.iommu, the driver, the group (None = a new one), and "
                  "dev.iommu_group. 0, or a negative errno with everything undone."),
    [](Call& call) {
      return number(call.world().iommu_init_device(call.address(0, Tag::device),
                                                   optional_address(call, 1, Tag::group)));
    },
    {"dev", "group"},
    2};
constexpr Spec iommu_attach_or_queue{
    "iommu_attach_or_queue",
    RCUSCOPE_TEXT("iommu_attach_or_queue(self, group: IommuGroup, dev: Device, group_list: "
                  "GroupList | None) -> int",
                  "Attaches the group's domain, or puts the group on the list. group.mutex held."),
    [](Call& call) {
      return number(call.world().iommu_attach_or_queue(call.address(0, Tag::group),
                                                       call.address(1, Tag::device),
                                                       optional_address(call, 2, Tag::group_list)));
    },
    {"group", "dev", "group_list"},
    3};
constexpr Spec iommu_setup_default_domain{
    "iommu_setup_default_domain",
    RCUSCOPE_TEXT("iommu_setup_default_domain(self, group: IommuGroup) -> int",
                  "0 or a negative errno. group.mutex held."),
    [](Call& call) {
      return number(call.world().iommu_setup_default_domain(call.address(0, Tag::group)));
    },
    {"group"},
    1};
constexpr Spec iommu_finalize_group{
    "iommu_finalize_group",
    RCUSCOPE_TEXT("iommu_finalize_group(self, group: IommuGroup) -> None",
                  "probe_finalize of all members, in the variant's manner. Sleeps."),
    [](Call& call) {
      call.world().iommu_finalize_group(call.address(0, Tag::group));
      return none();
    },
    {"group"},
    1};
constexpr Spec iommu_probe_device_lock{
    "iommu_probe_device_lock",
    RCUSCOPE_TEXT("iommu_probe_device_lock(self) -> Mutex",
                  "The mutex over a probe; taken before group.mutex."),
    [](Call& call) {
      return to_python(call.kernel(),
                       Value::handle(Tag::mutex, call.world().iommu_probe_device_lock()));
    }};
constexpr Spec group_list{"group_list",
                          RCUSCOPE_TEXT("group_list(self) -> GroupList",
                                        "An empty list of groups, private to one bus_probe."),
                          [](Call& call) {
                            return to_python(
                                call.kernel(),
                                Value::handle(Tag::group_list, call.world().group_list_make()));
                          }};

#undef RCUSCOPE_TEXT

}  // namespace

std::span<const PyMethodDef> step_methods() {
  static const PyMethodDef rows[] = {
      method<posted_alloc_group_device>(),
      method<posted_add_group_device>(),
      method<posted_put_group>(),
      method<posted_probe_device>(),
      method<posted_bus_probe>(),
      method<posted_remove_group_device>(),
      method<posted_deinit_device>(),
      method<posted_free_group_device>(),
      method<posted_report_device_broken>(),
      method<kzalloc_group_device>(),
      method<kzalloc_device_name>(),
      method<sysfs_create_link>(),
      method<sysfs_remove_link>(),
      method<trace_add_device_to_group>(),
      method<trace_remove_device_from_group>(),
      method<driver_call>(),
      method<iommu_group_ref_get>(),
      method<iommu_group_put>(),
      method<iommu_init_device>(),
      method<iommu_attach_or_queue>(),
      method<iommu_setup_default_domain>(),
      method<iommu_finalize_group>(),
      method<iommu_probe_device_lock>(),
      method<group_list>(),
  };
  return rows;
}

}  // namespace rcuscope::bindings
