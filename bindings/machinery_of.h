// SPDX-License-Identifier: LGPL-2.1-or-later
// MachineryOf<W>: the part of PrimitivesOf<W> that calls the machinery, and typed access to
// locations.
#pragma once

#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "primitives.h"
#include "scenario/kernel.h"

namespace rcuscope::bindings {

/// What the concept World leaves open; specialised beside each world's run.
template <World W>
struct WorldPart;

template <World W>
class MachineryOf : public Primitives {
 public:
  explicit MachineryOf(ReplaceableKernel<W>& kernel) : w_(kernel.world), kernel_(&kernel) {}

  void close() override { kernel_ = nullptr; }

  // --- memory
  Value read(Location location, Access access, const Place& place) override {
    if (location.type == FieldType::refcount)
      return Value::integer(
          w_.refcount_read(*static_cast<typename W::refcount*>(location.address), place));
    return with_type_of<Value>(location, [&]<class T>(const auto& slot) {
      return to_value<T>(w_.read(slot, access, place));
    });
  }
  void write(Location location, Value value, Access access, const Place& place) override {
    with_type_of<void>(location, [&]<class T>(auto& slot) {
      w_.write(slot, from_value<T>(value), access, place);
    });
  }
  Value exchange(Location location, Value value, Access access, const Place& place) override {
    return with_type_of<Value>(location, [&]<class T>(auto& slot) {
      return to_value<T>(w_.exchange(slot, from_value<T>(value), access, place));
    });
  }
  Value compare_exchange(Location location, Value expected, Value desired, Access access,
                         const Place& place) override {
    return with_type_of<Value>(location, [&]<class T>(auto& slot) {
      return to_value<T>(w_.compare_exchange(slot, from_value<T>(expected), from_value<T>(desired),
                                             access, place));
    });
  }
  Value add_return(Location location, std::int64_t addend, Access access,
                   const Place& place) override {
    const Value number = Value::integer(addend);
    if (location.type == FieldType::value)
      return WorldPart<W>::fetch_add(w_, at<Value>(location), number, access, place) + number;
    if (location.type != FieldType::integer)
      throw UsageError("atomic_add_return: the location holds no integer");
    return Value::integer(w_.fetch_add(at<int>(location), static_cast<int>(addend), access, place) +
                          addend);
  }

  // --- fields and names
  void* machinery_field(MachineryField field, void* object) const override;
  std::string machinery_name(Tag tag, const void* object) const override;

  // --- driver core
  void* device_register(std::string_view name, DeviceFunctions functions) override {
    const auto adapt = [](std::function<void(Value)> function) ->
        typename DeviceOptions<W>::Function {
          if (!function) return {};
          return [function = std::move(function)](ptr<device<W>> dev) {
            function(Value::handle(Tag::device, dev.raw()));
          };
        };
    DeviceOptions<W> options;
    options.release = adapt(std::move(functions.release));
    options.release_sleeps = functions.release_sleeps;
    options.probe_finalize = adapt(std::move(functions.probe_finalize));
    return iommu().device_register(name, std::move(options)).raw();
  }
  void device_unregister(void* dev) override { iommu().device_unregister(device_at(dev)); }
  void get_device(void* dev, const Place& place) override {
    iommu().get_device(device_at(dev), place);
  }
  void put_device(void* dev, const Place& place) override {
    iommu().put_device(device_at(dev), place);
  }
  bool device_get_unless_zero(void* dev, const Place& place) override {
    return w_.refcount_inc_not_zero(device_at(dev)->refcount, EventKind::get_device, place);
  }

  // --- groups
  void* group_make(std::string_view name, bool is_pinned) override {
    return iommu().scenario_group(name, is_pinned).raw();
  }
  void group_get(void* group) override { iommu().scenario_group_get(group_at(group)); }
  void group_put(void* group) override { iommu().scenario_group_put(group_at(group)); }
  int group_add_device(void* group, void* dev) override {
    return iommu().iommu_group_add_device(group_at(group), device_at(dev));
  }
  void group_remove_device(void* dev) override {
    iommu().iommu_group_remove_device(device_at(dev));
  }
  void* find_device(void* group, void* dev, bool is_reader, const Place& place) override {
    return (is_reader ? iommu().find_device_rcu(group_at(group), device_at(dev), place)
                      : iommu().find_device(group_at(group), device_at(dev), place))
        .raw();
  }
  void* dev_to_gdev(void* dev, bool is_reader) override {
    return (is_reader ? iommu().dev_to_gdev_rcu(device_at(dev))
                      : iommu().dev_to_gdev(device_at(dev)))
        .raw();
  }

  // --- probe, release, domains, report
  int iommu_probe_device(void* dev, void* group) override {
    return iommu().iommu_probe_device(device_at(dev), group_at(group));
  }
  int bus_iommu_probe(const std::vector<void*>& devices) override {
    std::vector<ptr<device<W>>> pointers;
    for (void* dev : devices) pointers.push_back(device_at(dev));
    return iommu().bus_iommu_probe(std::span<const ptr<device<W>>>(pointers));
  }
  void probe_finalize(void* dev) override { iommu().iommu_group_do_probe_finalize(device_at(dev)); }
  void iommu_release_device(void* dev) override { iommu().iommu_release_device(device_at(dev)); }
  int iommu_attach_device(void* dev) override {
    return iommu().iommu_attach_device(device_at(dev));
  }
  int pci_dev_reset_iommu_prepare(void* dev) override {
    return iommu().pci_dev_reset_iommu_prepare(device_at(dev));
  }
  void pci_dev_reset_iommu_done(void* dev) override {
    iommu().pci_dev_reset_iommu_done(device_at(dev));
  }
  bool dev_has_iommu(void* dev) override { return iommu().dev_has_iommu(device_at(dev)); }
  void iommu_report_device_broken(void* dev) override {
    iommu().iommu_report_device_broken(device_at(dev));
  }
  void inject_fault(std::string_view point, int error, int nth) override {
    iommu().inject_fault(point, error, nth);
  }

 protected:
  const W& w() const { return w_; }
  ReplaceableKernel<W>& kernel() {
    if (kernel_ == nullptr) this->cancel();
    return *kernel_;
  }
  void end_run() override { WorldPart<W>::cancel(w_); }
  ReplaceableIommu<W>& iommu() { return kernel().iommu; }
  static ptr<device<W>> device_at(void* dev) { return static_cast<device<W>*>(dev); }
  static ptr<iommu_group<W>> group_at(void* group) { return static_cast<iommu_group<W>*>(group); }

 private:
  template <class T>
  using slot_of = typename W::template shared<T>;

  template <class T>
  static slot_of<T>& at(Location location) {
    return *static_cast<slot_of<T>*>(location.address);
  }

  /// Calls visit with the type that the location has in the machinery.
  template <class Result, class Visit>
  static Result with_type_of(Location location, Visit visit) {
    const auto visit_as = [&]<class T>() { return visit.template operator()<T>(at<T>(location)); };
    switch (location.type) {
      case FieldType::value:
        return visit_as.template operator()<Value>();
      case FieldType::boolean:
        return visit_as.template operator()<bool>();
      case FieldType::integer:
        return visit_as.template operator()<int>();
      case FieldType::long_integer:
        return visit_as.template operator()<std::int64_t>();
      case FieldType::text:
        return visit_as.template operator()<StringId>();
      case FieldType::device:
        return visit_as.template operator()<ptr<device<W>>>();
      case FieldType::group:
        return visit_as.template operator()<ptr<iommu_group<W>>>();
      case FieldType::device_name:
        return visit_as.template operator()<ptr<device_name<W>>>();
      case FieldType::dev_iommu:
        return visit_as.template operator()<ptr<dev_iommu<W>>>();
      case FieldType::domain:
        return visit_as.template operator()<Domain>();
      default:
        throw UsageError("a reference count is changed by get_device, put_device and kref_* only");
    }
  }

  bool has_report_work() const;
  template <class T>
  static constexpr Tag tag_of() {
    if (std::is_same_v<T, ptr<device<W>>>) return Tag::device;
    if (std::is_same_v<T, ptr<iommu_group<W>>>) return Tag::group;
    return std::is_same_v<T, ptr<device_name<W>>> ? Tag::device_name : Tag::dev_iommu;
  }
  template <class T>
  static Value to_value(const T& value);
  template <class T>
  static T from_value(const Value& value);

  W w_;
  ReplaceableKernel<W>* kernel_;
};

}  // namespace rcuscope::bindings

#include "machinery_values.h"
