// SPDX-License-Identifier: LGPL-2.1-or-later
// StepPrimitives: what a step of the machinery that is written in Python calls: the steps as
// posted, and the pieces that they are made of.
#pragma once

#include <string_view>
#include <vector>

#include "base/place.h"
#include "trace/event.h"
#include "value.h"

namespace rcuscope::bindings {

/// Objects are addresses of device, iommu_group, group_device ...; errors are negative errno
/// values. Context as for Primitives.
class StepPrimitives {
 public:
  virtual ~StepPrimitives() = default;

  // --- the steps as posted: what super() calls
  virtual Value posted_alloc_group_device(void* group, void* dev) = 0;
  virtual int posted_add_group_device(void* group, void* dev) = 0;
  virtual void posted_put_group(void* group) = 0;
  virtual int posted_probe_device(void* dev, void* group, void* group_list) = 0;
  virtual int posted_bus_probe(const std::vector<void*>& devices) = 0;
  virtual void posted_remove_group_device(void* dev) = 0;
  virtual void posted_deinit_device(void* dev) = 0;
  virtual void posted_free_group_device(void* group, void* gdev) = 0;
  virtual void posted_report_device_broken(void* dev) = 0;

  // --- their pieces
  /// Return: the gdev with its works, or the error of a fault that hits here.
  virtual Value kzalloc_group_device(void* dev, const Place& place) = 0;
  /// Return: the name, or the error of a fault that hits here.
  virtual Value kzalloc_device_name(std::string_view text, const Place& place) = 0;
  /// `directory`: of a device, or the devices of a group. Return: 0 or -EEXIST, or an injected
  /// error.
  virtual int sysfs_create_link(Tag tag, void* directory, std::string_view name,
                                const Place& place) = 0;
  virtual void sysfs_remove_link(Tag tag, void* directory, std::string_view name,
                                 const Place& place) = 0;
  /// EventKind::add_device_to_group or remove_device_from_group.
  virtual void trace_membership(EventKind kind, void* group, void* dev, const Place& place) = 0;
  /// `operation`: a literal.
  virtual void driver_call(void* dev, const char* operation, const Place& place) = 0;
  /// The reference of a membership.
  virtual void iommu_group_ref_get(void* group) = 0;
  virtual void iommu_group_put(void* group) = 0;
  virtual int iommu_init_device(void* dev, void* group) = 0;
  virtual int iommu_attach_or_queue(void* group, void* dev, void* group_list) = 0;
  virtual int iommu_setup_default_domain(void* group) = 0;
  virtual void iommu_finalize_group(void* group) = 0;
  virtual void* iommu_probe_device_lock() = 0;
  /// A new list of groups. Owner: this; lives as long.
  virtual void* group_list_make() = 0;
  virtual void* group_list_first(void* group_list) const = 0;
};

}  // namespace rcuscope::bindings
