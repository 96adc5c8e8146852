// SPDX-License-Identifier: LGPL-2.1-or-later
// The machinery of the patch for Python: Kernel's methods of API.md section 4, and those of
// IommuGroup.
#include <string>

#include "call.h"
#include "errors.h"
#include "walk.h"

namespace rcuscope::bindings {

namespace py = pybind11;

namespace {

#define RCUSCOPE_TEXT(signature, text) signature "\n\n" text

PyObject* device_handle(Call& call, void* dev) {
  return to_python(call.kernel(), Value::handle(Tag::device, dev));
}

PyObject* gdev_handle(Call& call, void* gdev) {
  return to_python_reached(call.kernel(), Value::handle(Tag::group_device, gdev));
}

PyObject* number(std::int64_t result) { return checked(PyLong_FromLongLong(result)); }

/// Calls function(device) as the actor that is in the machinery.
void call_with_device(KernelObject* kernel, PyObject* function, Value dev) {
  FrameScope scope(kernel, false);
  PyObject* const argument = to_python_reached(kernel, dev);
  const py::object owner = py::reinterpret_steal<py::object>(argument);
  scope.call(function, {argument});
}

std::function<void(Value)> driver_function(Call& call, std::size_t index) {
  if (call.argument(index) == nullptr || call.argument(index) == Py_None) return {};
  KernelObject* const kernel = call.kernel();
  PyObject* const function = keep(kernel, call.function(index));
  return [kernel, function](Value dev) { call_with_device(kernel, function, dev); };
}

PyObject* make_device(Call& call) {
  DeviceFunctions functions;
  functions.release = driver_function(call, 1);
  functions.release_sleeps = call.flag(2, true);
  functions.probe_finalize = driver_function(call, 3);
  return device_handle(call, call.world().device_register(call.text(0), std::move(functions)));
}
constexpr Spec keywords_after_name(Spec spec) {
  spec.positional_max = 1;
  return spec;
}

constexpr Spec device = keywords_after_name(
    {"device",
     RCUSCOPE_TEXT(
         "device(self, name: str, *, release: collections.abc.Callable[..., object] | None = None, "
         "release_sleeps: bool = True, probe_finalize: collections.abc.Callable[..., object] | "
         "None "
         "= None) -> Device",
         "Registers a device; the driver core owns the one reference. Functions get the device."
         "\n\nContext: set-up, or process.\nSource: drivers/base/core.c."),
     make_device,
     {"name", "release", "release_sleeps", "probe_finalize"},
     1});

/// A method of one device that returns nothing.
template <void (Primitives::*operation)(void*)>
PyObject* on_device(Call& call) {
  (call.world().*operation)(call.address(0, Tag::device));
  return none();
}
template <int (Primitives::*operation)(void*)>
PyObject* try_on_device(Call& call) {
  return number((call.world().*operation)(call.address(0, Tag::device)));
}
template <void (Primitives::*operation)(void*, const Place&)>
PyObject* count_on_device(Call& call) {
  (call.world().*operation)(call.address(0, Tag::device), call.place());
  return none();
}

constexpr Spec device_unregister{
    "device_unregister",
    RCUSCOPE_TEXT(
        "device_unregister(self, dev: Device) -> None",
        "device_del, the notifier that leaves the group, then the final put_device. Sleeps."
        "\n\nContext: process; sleeps.\nReports: sleeping_in_atomic where the caller must not "
        "sleep; leak of the device if a reference is left.\nSource: drivers/base/core.c."),
    on_device<&Primitives::device_unregister>,
    {"dev"},
    1};
constexpr Spec get_device{"get_device",
                          RCUSCOPE_TEXT("get_device(self, dev: Device) -> None",
                                        "Takes a reference."
                                        "\n\nContext: any.\nReports: refcount_addition_on_zero, "
                                        "use_after_free.\nSource: drivers/base/core.c."),
                          count_on_device<&Primitives::get_device>,
                          {"dev"},
                          1};
constexpr Spec put_device{
    "put_device",
    RCUSCOPE_TEXT("put_device(self, dev: Device) -> None",
                  "Drops a reference; the last one runs the release."
                  "\n\nContext: process where it may be the last one and the release "
                  "sleeps.\nReports: sleeping_in_atomic there (with Config(put_device='strict'), "
                  "of any put), refcount_underflow, use_after_free.\nSource: drivers/base/core.c."),
    count_on_device<&Primitives::put_device>,
    {"dev"},
    1};
constexpr Spec kobject_put{
    "kobject_put",
    RCUSCOPE_TEXT("kobject_put(self, dev: Device) -> None",
                  "The same for the device's kobject."
                  "\n\nContext: process where it may be the last one and the release "
                  "sleeps.\nReports: sleeping_in_atomic there (with Config(put_device='strict'), "
                  "of any put), refcount_underflow, use_after_free.\nSource: lib/kobject.c."),
    count_on_device<&Primitives::put_device>,
    {"dev"},
    1};
constexpr Spec iommu_release_device{
    "iommu_release_device",
    RCUSCOPE_TEXT("iommu_release_device(self, dev: Device) -> None",
                  "Leaves the group. Sleeps."
                  "\n\nContext: process; sleeps.\nReports: sleeping_in_atomic where the caller "
                  "must not sleep.\nSource: drivers/iommu/iommu.c."),
    on_device<&Primitives::iommu_release_device>,
    {"dev"},
    1};
constexpr Spec probe_finalize{
    "probe_finalize",
    RCUSCOPE_TEXT("probe_finalize(self, dev: Device) -> None",
                  "iommu_group_do_probe_finalize. Sleeps."
                  "\n\nContext: process; sleeps.\nReports: sleeping_in_atomic where the caller "
                  "must not sleep, use_after_free and null_dereference of dev->iommu.\nSource: "
                  "drivers/iommu/iommu.c."),
    on_device<&Primitives::probe_finalize>,
    {"dev"},
    1};
constexpr Spec iommu_attach_device{
    "iommu_attach_device",
    RCUSCOPE_TEXT("iommu_attach_device(self, dev: Device) -> int",
                  "0 or a negative errno. Sleeps."
                  "\n\nContext: process; sleeps.\nReports: sleeping_in_atomic where the caller "
                  "must not sleep.\nSource: drivers/iommu/iommu.c."),
    try_on_device<&Primitives::iommu_attach_device>,
    {"dev"},
    1};
constexpr Spec reset_prepare{
    "pci_dev_reset_iommu_prepare",
    RCUSCOPE_TEXT("pci_dev_reset_iommu_prepare(self, dev: Device) -> int",
                  "Fences it before a reset. Sleeps."
                  "\n\nContext: process; sleeps.\nReports: sleeping_in_atomic where the caller "
                  "must not sleep.\nSource: drivers/iommu/iommu.c."),
    try_on_device<&Primitives::pci_dev_reset_iommu_prepare>,
    {"dev"},
    1};
constexpr Spec reset_done{
    "pci_dev_reset_iommu_done",
    RCUSCOPE_TEXT("pci_dev_reset_iommu_done(self, dev: Device) -> None",
                  "Takes the fence away. Sleeps."
                  "\n\nContext: process; sleeps.\nReports: sleeping_in_atomic where the caller "
                  "must not sleep.\nSource: drivers/iommu/iommu.c."),
    on_device<&Primitives::pci_dev_reset_iommu_done>,
    {"dev"},
    1};
constexpr Spec report_device_broken{
    "iommu_report_device_broken",
    RCUSCOPE_TEXT("iommu_report_device_broken(self, dev: Device) -> None",
                  "The reader of 11/24: queues the work of the device's gdev. Any context."
                  "\n\nSource: [PATCH v4 11/24] of the series."),
    on_device<&Primitives::iommu_report_device_broken>,
    {"dev"},
    1};
constexpr Spec dev_has_iommu{
    "dev_has_iommu",
    RCUSCOPE_TEXT("dev_has_iommu(self, dev: Device) -> bool",
                  "Whether an instance serves the device."
                  "\n\nContext: any.\nSource: include/linux/iommu.h."),
    [](Call& call) { return boolean(call.world().dev_has_iommu(call.address(0, Tag::device))); },
    {"dev"},
    1};
constexpr Spec dev_to_gdev{
    "dev_to_gdev",
    RCUSCOPE_TEXT("dev_to_gdev(self, dev: Device) -> GroupDevice | None",
                  "__dev_to_gdev: group->mutex held."
                  "\n\nContext: group->mutex held.\nReports: warn_on and suspicious_rcu_usage "
                  "elsewhere.\nSource: drivers/iommu/iommu.c."),
    [](Call& call) {
      return gdev_handle(call, call.world().dev_to_gdev(call.address(0, Tag::device), false));
    },
    {"dev"},
    1};
constexpr Spec dev_to_gdev_rcu{
    "dev_to_gdev_rcu",
    RCUSCOPE_TEXT("dev_to_gdev_rcu(self, dev: Device) -> GroupDevice | None",
                  "Its RCU twin: in a section, which is how long the result is valid."
                  "\n\nContext: a reader.\nReports: suspicious_rcu_usage elsewhere.\nSource: "
                  "[PATCH v4 11/24] of the series."),
    [](Call& call) {
      return gdev_handle(call, call.world().dev_to_gdev(call.address(0, Tag::device), true));
    },
    {"dev"},
    1};

PyObject* probe(Call& call) {
  void* const dev = call.address(0, Tag::device);
  const bool has_group = call.argument(1) != nullptr && call.argument(1) != Py_None;
  return number(
      call.world().iommu_probe_device(dev, has_group ? call.address(1, Tag::group) : nullptr));
}
constexpr Spec iommu_probe_device{
    "iommu_probe_device",
    RCUSCOPE_TEXT("iommu_probe_device(self, dev: Device, group: IommuGroup | None = None) -> int",
                  "Joins the group that ops->device_group finds; None = a new one. Sleeps."
                  "\n\nContext: process; sleeps.\nReports: sleeping_in_atomic where the caller "
                  "must not sleep.\nSource: drivers/iommu/iommu.c."),
    probe,
    {"dev", "group"},
    1};

constexpr Spec bus_iommu_probe{
    "bus_iommu_probe",
    RCUSCOPE_TEXT("bus_iommu_probe(self, devices: collections.abc.Iterable[Device]) -> int",
                  "0 or a negative errno. Sleeps."
                  "\n\nContext: process; sleeps.\nReports: sleeping_in_atomic where the caller "
                  "must not sleep.\nSource: drivers/iommu/iommu.c."),
    [](Call& call) { return number(call.world().bus_iommu_probe(call.devices(0))); },
    {"devices"},
    1};

constexpr Spec iommu_group = keywords_after_name(
    {"iommu_group",
     RCUSCOPE_TEXT("iommu_group(self, name: str, *, pinned: bool = True) -> IommuGroup",
                   "A group; pinned: the scenario holds a reference until teardown."
                   "\n\nContext: set-up.\nSource: drivers/iommu/iommu.c."),
     [](Call& call) {
       return to_python(
           call.kernel(),
           Value::handle(Tag::group, call.world().group_make(call.text(0), call.flag(1, true))));
     },
     {"name", "pinned"},
     1});

int small_number(Call& call, std::size_t index, int otherwise) {
  const std::int64_t number = call.integer(index, otherwise);
  constexpr std::int64_t largest = 1'000'000'000;
  if (number < -largest || number > largest) call.wrong_type(index, "a small int");
  return static_cast<int>(number);
}
constexpr Spec inject_fault{
    "inject_fault",
    RCUSCOPE_TEXT(
        "inject_fault(self, point: str, error: int = -12, nth: int = 1) -> None",
        "The nth passage of the point fails with `error`, a negative errno. Points of a "
        "membership: alloc_device, sysfs_link, device_name; of a probe: dev_iommu, "
        "module_get, probe_device, iommu_link, device_group, attach, default_domain; of a "
        "new group: group_id, group_kobject, group_devices_kobj, group_file."
        "\n\nContext: set-up."),
    [](Call& call) {
      constexpr int out_of_memory = -12;
      call.world().inject_fault(call.text(0), small_number(call, 1, out_of_memory),
                                small_number(call, 2, 1));
      return none();
    },
    {"point", "error", "nth"},
    1};

// ---- IommuGroup
void* this_group(Call& call) { return call.self()->value.pointer(); }

constexpr Spec group_get{
    "get",
    RCUSCOPE_TEXT(
        "get(self) -> IommuGroup",
        "iommu_group_ref_get."
        "\n\nContext: any.\nReports: refcount_addition_on_zero.\nSource: drivers/iommu/iommu.c."),
    [](Call& call) {
      call.world().group_get(this_group(call));
      return Py_NewRef(reinterpret_cast<PyObject*>(call.self()));
    }};
constexpr Spec group_put{
    "put",
    RCUSCOPE_TEXT("put(self) -> None",
                  "iommu_group_put. The last one sleeps."
                  "\n\nContext: process where it may be the last one.\nReports: sleeping_in_atomic "
                  "there, refcount_underflow.\nSource: drivers/iommu/iommu.c."),
    [](Call& call) {
      call.world().group_put(this_group(call));
      return none();
    }};
constexpr Spec add_device{
    "add_device",
    RCUSCOPE_TEXT("add_device(self, dev: Device) -> int",
                  "iommu_group_add_device: 0 or a negative errno."
                  "\n\nContext: process; sleeps.\nReports: sleeping_in_atomic where the caller "
                  "must not sleep.\nSource: drivers/iommu/iommu.c."),
    [](Call& call) {
      return number(call.world().group_add_device(this_group(call), call.address(0, Tag::device)));
    },
    {"dev"},
    1};
constexpr Spec remove_device{
    "remove_device",
    RCUSCOPE_TEXT("remove_device(self, dev: Device) -> None",
                  "iommu_group_remove_device. Sleeps."
                  "\n\nContext: process; sleeps.\nReports: sleeping_in_atomic where the caller "
                  "must not sleep.\nSource: drivers/iommu/iommu.c."),
    [](Call& call) {
      call.world().group_remove_device(call.address(0, Tag::device));
      return none();
    },
    {"dev"},
    1};
template <bool is_reader>
PyObject* find(Call& call) {
  return gdev_handle(call, call.world().find_device(this_group(call), call.address(0, Tag::device),
                                                    is_reader, Call::place_now()));
}
constexpr Spec find_device{
    "find_device",
    RCUSCOPE_TEXT("find_device(self, dev: Device) -> GroupDevice | None",
                  "With group.mutex held."
                  "\n\nReports: suspicious_rcu_usage elsewhere.\nSource: drivers/iommu/iommu.c."),
    find<false>,
    {"dev"},
    1};
constexpr Spec find_device_rcu{
    "find_device_rcu",
    RCUSCOPE_TEXT("find_device_rcu(self, dev: Device) -> GroupDevice | None",
                  "For readers: the result is valid inside the section only."
                  "\n\nContext: a reader.\nReports: suspicious_rcu_usage elsewhere.\nSource: "
                  "[PATCH v4 08/24] of the series."),
    find<true>,
    {"dev"},
    1};

template <bool is_reader>
PyObject* for_each(Call& call) {
  void* const group = this_group(call);
  void* const mutex = call.world().machinery_field(MachineryField::group_mutex, group);
  check_reader(call, !is_reader && call.world().is_held(Tag::mutex, mutex));
  return make_walk(call.kernel(),
                   call.world().machinery_field(MachineryField::group_devices, group),
                   Tag::group_device, Access::dereference);
}
constexpr Spec for_each_device{
    "for_each_device",
    RCUSCOPE_TEXT("for_each_device(self) -> collections.abc.Iterator[GroupDevice]",
                  "for_each_group_device: with group.mutex held, or in a section."
                  "\n\nReports: suspicious_rcu_usage elsewhere.\nSource: drivers/iommu/iommu.c."),
    for_each<false>};
constexpr Spec for_each_device_rcu{
    "for_each_device_rcu",
    RCUSCOPE_TEXT("for_each_device_rcu(self) -> collections.abc.Iterator[GroupDevice]",
                  "For readers."
                  "\n\nContext: a reader.\nReports: suspicious_rcu_usage elsewhere.\nSource: "
                  "[PATCH v4 08/24] of the series."),
    for_each<true>};

#undef RCUSCOPE_TEXT

}  // namespace

std::span<const PyMethodDef> machinery_methods() {
  static const PyMethodDef rows[] = {
      method<device>(),
      method<device_unregister>(),
      method<get_device>(),
      method<put_device>(),
      method<kobject_put>(),
      method<iommu_group>(),
      method<iommu_probe_device>(),
      method<iommu_release_device>(),
      method<bus_iommu_probe>(),
      method<probe_finalize>(),
      method<iommu_attach_device>(),
      method<reset_prepare>(),
      method<reset_done>(),
      method<report_device_broken>(),
      method<dev_has_iommu>(),
      method<dev_to_gdev>(),
      method<dev_to_gdev_rcu>(),
      method<inject_fault>(),
  };
  return rows;
}

std::span<const PyMethodDef> group_methods() {
  static const PyMethodDef rows[] = {
      method<group_get>(),       method<group_put>(),           method<add_device>(),
      method<remove_device>(),   method<find_device>(),         method<find_device_rcu>(),
      method<for_each_device>(), method<for_each_device_rcu>(),
  };
  return rows;
}

}  // namespace rcuscope::bindings
