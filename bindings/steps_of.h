// SPDX-License-Identifier: LGPL-2.1-or-later
// StepsOf<W>: the part of PrimitivesOf<W> that steps written in Python call.
#pragma once

#include <deque>
#include <mutex>
#include <span>
#include <vector>

#include "machinery_of.h"

namespace rcuscope::bindings {

template <World W>
class StepsOf : public MachineryOf<W> {
 public:
  using Base = MachineryOf<W>;
  using Base::Base;
  using List = typename ReplaceableIommu<W>::List;

  // --- the steps as posted
  Value posted_alloc_group_device(void* group, void* dev) override {
    return gdev_or_error(posted().alloc_group_device(iommu(), group_at(group), device_at(dev)));
  }
  int posted_add_group_device(void* group, void* dev) override {
    return posted().add_group_device(iommu(), group_at(group), device_at(dev));
  }
  void posted_put_group(void* group) override { posted().put_group(iommu(), group_at(group)); }
  int posted_probe_device(void* dev, void* group, void* group_list) override {
    return posted().probe_device(iommu(), device_at(dev), group_at(group),
                                 static_cast<List*>(group_list));
  }
  int posted_bus_probe(const std::vector<void*>& devices) override {
    std::vector<ptr<device<W>>> pointers;
    for (void* dev : devices) pointers.push_back(device_at(dev));
    return posted().bus_probe(iommu(), std::span<const ptr<device<W>>>(pointers));
  }
  void posted_remove_group_device(void* dev) override {
    posted().remove_group_device(iommu(), device_at(dev));
  }
  void posted_deinit_device(void* dev) override { posted().deinit_device(iommu(), device_at(dev)); }
  void posted_free_group_device(void* group, void* gdev) override {
    posted().free_group_device(iommu(), group_at(group), gdev_at(gdev));
  }
  void posted_report_device_broken(void* dev) override {
    posted().report_device_broken(iommu(), device_at(dev));
  }

  // --- their pieces
  Value kzalloc_group_device(void* dev, const Place& place) override {
    if (const int error = iommu().fault(FaultPoint::alloc_device, place))
      return Value::integer(error);
    W world = w();
    const auto gdev = world.template kzalloc<group_device<W>>(
        "group_device", world.text(device_at(dev)->name), place);
    if (!gdev) return Value::integer(-ENOMEM);
    iommu().init_works(gdev);
    return Value::handle(Tag::group_device, gdev.raw());
  }
  Value kzalloc_device_name(std::string_view text, const Place& place) override {
    if (const int error = iommu().fault(FaultPoint::device_name, place))
      return Value::integer(error);
    W world = w();
    const auto name =
        world.template kzalloc<device_name<W>>("device_name", text, place, world.intern(text));
    if (!name) return Value::integer(-ENOMEM);
    return Value::handle(Tag::device_name, name.raw());
  }
  int sysfs_create_link(Tag tag, void* directory, std::string_view name,
                        const Place& place) override {
    return iommu().create_link(directory_at(tag, directory), w().intern(name), place);
  }
  void sysfs_remove_link(Tag tag, void* directory, std::string_view name,
                         const Place& place) override {
    W world = w();
    world.remove_name(directory_at(tag, directory), world.intern(name),
                      EventKind::sysfs_remove_link, place);
  }
  void trace_membership(EventKind kind, void* group, void* dev, const Place& place) override {
    W world = w();
    world.trace(kind, dev, world.object_id(group).value, place);
  }
  void driver_call(void* dev, const char* operation, const Place& place) override {
    iommu().driver_call(device_at(dev), operation, place);
  }
  void iommu_group_ref_get(void* group) override { iommu().take_member_reference(group_at(group)); }
  void iommu_group_put(void* group) override { iommu().iommu_group_put(group_at(group)); }
  int iommu_init_device(void* dev, void* group) override {
    return iommu().iommu_init_device(device_at(dev), group_at(group));
  }
  int iommu_attach_or_queue(void* group, void* dev, void* group_list) override {
    return iommu().attach_or_queue(group_at(group), device_at(dev), static_cast<List*>(group_list));
  }
  int iommu_setup_default_domain(void* group) override {
    return iommu().iommu_setup_default_domain(group_at(group));
  }
  void iommu_finalize_group(void* group) override { iommu().finalize_group(group_at(group)); }
  void* iommu_probe_device_lock() override { return &iommu().iommu_probe_device_lock; }
  void* group_list_make() override {
    const std::lock_guard guard(lists_mutex_);
    return &lists_.emplace_back();
  }
  void* group_list_first(void* group_list) const override {
    return static_cast<const List*>(group_list)->first.raw();
  }

 protected:
  using Base::device_at;
  using Base::group_at;
  using Base::iommu;
  using Base::w;

 private:
  PostedSteps& posted() { return iommu().steps(); }
  static ptr<group_device<W>> gdev_at(void* gdev) { return static_cast<group_device<W>*>(gdev); }
  static Value gdev_or_error(ptr<group_device<W>> gdev) {
    return IS_ERR(gdev) ? Value::integer(PTR_ERR(gdev))
                        : Value::handle(Tag::group_device, gdev.raw());
  }
  static typename W::name_set& directory_at(Tag tag, void* directory) {
    return tag == Tag::group ? group_at(directory)->devices_directory : device_at(directory)->kobj;
  }

  std::mutex lists_mutex_;
  std::deque<List> lists_;  // stable addresses
};

}  // namespace rcuscope::bindings
