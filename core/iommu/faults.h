// SPDX-License-Identifier: LGPL-2.1-or-later
// Iommu, part 7: injected errors, WARN_ON, lockdep's assertion, and the checks at the end of a run.
#pragma once

#include <algorithm>
#include <string>

#include "base/error.h"
#include "iommu/iommu.h"

namespace rcuscope {

template <World W, class Steps>
void Iommu<W, Steps>::inject_fault(std::string_view point, int error, int nth) {
  const auto found = std::find(fault_point_names.begin(), fault_point_names.end(), point);
  if (found == fault_point_names.end()) {
    std::string known;
    for (const std::string_view name : fault_point_names)
      known.append(known.empty() ? "" : ", ").append(name);
    throw UsageError("inject_fault: unknown point '" + std::string(point) + "'; expected one of " +
                     known);
  }
  if (error >= 0 || error < -4095)
    throw UsageError("inject_fault: error is " + std::to_string(error) +
                     "; expected a negative errno such as -12 (ENOMEM)");
  if (nth < 1)
    throw UsageError("inject_fault: nth is " + std::to_string(nth) +
                     "; expected 1 for the next passage, 2 for the one after it ...");
  const auto armed =
      w_.template kzalloc<fault_point<W>>("fault_point", point, Place::current(), error, nth);
  w_.set_lifetime(armed.raw(), Lifetime::root);
  faults_[static_cast<std::size_t>(found - fault_point_names.begin())].store(armed.raw());
}

template <World W, class Steps>
int Iommu<W, Steps>::fault(FaultPoint point, Place place) {
  fault_point<W>* const armed =
      faults_[static_cast<std::size_t>(point)].load(std::memory_order_relaxed);
  if (armed == nullptr) return 0;
  return w_.fetch_add(armed->passages, 1, Access::full, place) + 1 == armed->nth ? armed->error : 0;
}

template <World W, class Steps>
void Iommu<W, Steps>::warn_on(bool condition, const void* object, const char* text, Place place) {
  if (!condition) return;
  w_.report(FindingKind::warn_on, object,
            "WARNING: " + std::string(short_function_name(place.function)) + ":" +
                std::to_string(place.line) + ": WARN_ON(" + text + ")",
            place);
}

template <World W, class Steps>
void Iommu<W, Steps>::assert_held(typename W::mutex& lock, Place place) {
  if (!w_.is_held(lock)) warn_on(true, &lock, "!lockdep_is_held(group->mutex)", place);
}

template <World W, class Steps>
void Iommu<W, Steps>::check_at_end() {
  for (GroupRecord<W>& record : groups_)
    if (!record.is_released.load(std::memory_order_relaxed)) check_group_at_end(record);
}

/// A live group: references = members + what the scenario owns, recovery_cnt = blocked members. A
/// saturated count does not leak again.
template <World W, class Steps>
void Iommu<W, Steps>::check_group_at_end(GroupRecord<W>& record) {
  const ptr<iommu_group> group = record.group;
  int member_count = 0;
  int blocked_count = 0;
  Walk walk(w_, group, Access::plain);
  while (const ptr<group_device> gdev = walk.next()) {
    ++member_count;
    blocked_count += w_.read(gdev->blocked, Access::plain) ? 1 : 0;
  }
  // Of the scenario's references only its creator's may be left: API.md 5.
  const int owned = std::min(record.scenario_references.load(std::memory_order_relaxed), 1) +
                    (group->is_pinned ? 0 : w_.read(group->unclaimed_reference, Access::plain));
  const int references = w_.refcount_read(group->devices_kobj);
  constexpr int largest_real_count = 1 << 20;
  if (references > member_count + owned && references < largest_real_count)
    w_.report(FindingKind::leak, group.raw(),
              "unreferenced object: iommu_group is leaked: it has " + std::to_string(references) +
                  " references, but " + std::to_string(member_count) +
                  " members, and the scenario owns " + std::to_string(owned),
              Place::current());
  warn_on(w_.read(group->recovery_cnt, Access::plain) != blocked_count, group.raw(),
          "group->recovery_cnt != number of blocked devices");
}

}  // namespace rcuscope
