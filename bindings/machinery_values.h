// SPDX-License-Identifier: LGPL-2.1-or-later
// MachineryOf<W>, the rest: values of the machinery's fields, and names of its objects.
#pragma once

#include "dynamic_object.h"
#include "machinery_of.h"

namespace rcuscope::bindings {

/// The machinery itself only refuses.
template <World W>
bool MachineryOf<W>::has_report_work() const {
  try {
    if (kernel_ != nullptr) kernel_->iommu.require_report_work();
    return kernel_ != nullptr;
  } catch (const UsageError&) {
    return false;
  }
}

template <World W>
void* MachineryOf<W>::machinery_field(MachineryField field, void* object) const {
  auto* const dev = static_cast<device<W>*>(object);
  auto* const group = static_cast<iommu_group<W>*>(object);
  auto* const gdev = static_cast<group_device<W>*>(object);
  auto* const of_device = static_cast<dev_iommu<W>*>(object);
  switch (field) {
    case MachineryField::device_iommu_group:
      return &dev->iommu_group;
    case MachineryField::device_iommu:
      return &dev->iommu;
    case MachineryField::device_refcount:
      return &dev->refcount;
    case MachineryField::group_recovery_cnt:
      return &group->recovery_cnt;
    case MachineryField::group_mutex:
      return &group->mutex;
    case MachineryField::group_devices:
      return &group->devices;
    case MachineryField::group_default_domain:
      return &group->default_domain;
    case MachineryField::group_blocking_domain:
      return &group->blocking_domain;
    case MachineryField::group_domain:
      return &group->domain;
    case MachineryField::group_owner_cnt:
      return &group->owner_cnt;
    case MachineryField::group_entry:
      return &group->entry;
    case MachineryField::gdev_dev:
      return &gdev->dev;
    case MachineryField::gdev_name:
      return &gdev->name;
    case MachineryField::gdev_blocked:
      return &gdev->blocked;
    case MachineryField::gdev_work:
      return has_report_work() ? &gdev->work : nullptr;
    case MachineryField::name_text:
      return &static_cast<device_name<W>*>(object)->text;
    case MachineryField::iommu_dev:
      return &of_device->iommu_dev;
    case MachineryField::iommu_fwspec:
      return &of_device->fwspec;
  }
  return nullptr;
}

template <World W>
template <class T>
Value MachineryOf<W>::to_value(const T& value) {
  if constexpr (std::is_same_v<T, Value>)
    return sound(value);
  else if constexpr (is_ptr<T>::value)
    return sound(Value::handle(tag_of<T>(), value.raw()));
  else if constexpr (std::is_same_v<T, bool>)
    return Value::boolean(value);
  else if constexpr (std::is_same_v<T, Domain>)
    return Value::integer(static_cast<std::int64_t>(value));
  else if constexpr (std::is_same_v<T, StringId>)
    return {static_cast<std::uint64_t>(value.value), static_cast<std::uint64_t>(Tag::text)};
  else
    return Value::integer(value);
}

template <World W>
template <class T>
T MachineryOf<W>::from_value(const Value& value) {
  if constexpr (std::is_same_v<T, Value>) {
    return value;
  } else if constexpr (is_ptr<T>::value) {
    if (value.tag() == Tag::none) return {};
    if (value.tag() == tag_of<T>()) return T::from_address(value.bits);
    throw UsageError("a store to a field of the machinery: the handle is of another kind");
  } else if constexpr (std::is_same_v<T, StringId>) {
    throw UsageError("the text of a name is constant");
  } else if constexpr (std::is_same_v<T, Domain>) {
    constexpr auto last = static_cast<std::int64_t>(Domain::driver_domain);
    if (value.tag() == Tag::integer && value.number() >= 0 && value.number() <= last)
      return static_cast<Domain>(value.number());
    throw UsageError(
        "a store to a domain of a group: expected 0 (none), 1 (default), 2 (blocking) or 3 (the "
        "driver's own)");
  } else {
    if (value.tag() == Tag::integer || value.tag() == Tag::boolean)
      return static_cast<T>(value.number());
    throw UsageError("a store to a field of the machinery: expected an int or a bool");
  }
}

template <World W>
std::string MachineryOf<W>::machinery_name(Tag tag, const void* object) const {
  switch (tag) {
    case Tag::device:
      return std::string(w_.text(static_cast<const device<W>*>(object)->name));
    case Tag::group:
      return std::string(w_.text(static_cast<const iommu_group<W>*>(object)->name));
    case Tag::object:
      return static_cast<const DynamicHeader*>(object)->name;
    default:
      return "";
  }
}

}  // namespace rcuscope::bindings
