// SPDX-License-Identifier: LGPL-2.1-or-later
// ReplacedSteps: steps of the machinery that are supplied at run time, by another language. The
// others are as posted.
#pragma once

#include <functional>

#include "iommu/steps.h"

namespace rcuscope {

template <World W, class Steps>
class Iommu;
template <World W>
class ReplacedSteps;
template <World W>
using ReplaceableIommu = Iommu<W, ReplacedSteps<W>>;

/// What replaces the steps of steps.h, with the same contexts and results; empty: as posted.
template <World W>
struct StepFunctions {
  using Group = ptr<iommu_group<W>>;
  using Dev = ptr<device<W>>;
  using Gdev = ptr<group_device<W>>;

  std::function<Gdev(Group, Dev)> alloc_group_device;
  std::function<int(Group, Dev)> add_group_device;
  std::function<void(Group)> put_group;
  std::function<int(Dev, Group, GroupList<ReplaceableIommu<W>>*)> probe_device;
  std::function<int(std::span<const Dev>)> bus_probe;
  std::function<void(Dev)> remove_group_device;
  std::function<void(Dev)> deinit_device;
  std::function<void(Group, Gdev)> free_group_device;
  std::function<void(Dev)> report_device_broken;
};

template <World W>
class ReplacedSteps : public PostedSteps {
 public:
  using Functions = StepFunctions<W>;
  using Group = typename Functions::Group;
  using Dev = typename Functions::Dev;
  using Gdev = typename Functions::Gdev;

  /// Context: set-up, before the first step.
  void replace(Functions functions) { functions_ = std::move(functions); }

  template <class I>
  Gdev alloc_group_device(I& iommu, Group group, Dev dev) {
    if (functions_.alloc_group_device) return functions_.alloc_group_device(group, dev);
    return PostedSteps::alloc_group_device(iommu, group, dev);
  }
  template <class I>
  int add_group_device(I& iommu, Group group, Dev dev) {
    if (functions_.add_group_device) return functions_.add_group_device(group, dev);
    return PostedSteps::add_group_device(iommu, group, dev);
  }
  template <class I>
  void put_group(I& iommu, Group group) {
    if (functions_.put_group) return functions_.put_group(group);
    PostedSteps::put_group(iommu, group);
  }
  template <class I>
  int probe_device(I& iommu, Dev dev, Group group, typename I::List* group_list) {
    if (functions_.probe_device) return functions_.probe_device(dev, group, group_list);
    return PostedSteps::probe_device(iommu, dev, group, group_list);
  }
  template <class I>
  int bus_probe(I& iommu, std::span<const Dev> devices) {
    if (functions_.bus_probe) return functions_.bus_probe(devices);
    return PostedSteps::bus_probe(iommu, devices);
  }
  template <class I>
  void remove_group_device(I& iommu, Dev dev) {
    if (functions_.remove_group_device) return functions_.remove_group_device(dev);
    PostedSteps::remove_group_device(iommu, dev);
  }
  template <class I>
  void deinit_device(I& iommu, Dev dev) {
    if (functions_.deinit_device) return functions_.deinit_device(dev);
    PostedSteps::deinit_device(iommu, dev);
  }
  template <class I>
  void free_group_device(I& iommu, Group group, Gdev gdev) {
    if (functions_.free_group_device) return functions_.free_group_device(group, gdev);
    PostedSteps::free_group_device(iommu, group, gdev);
  }
  template <class I>
  void report_device_broken(I& iommu, Dev dev) {
    if (functions_.report_device_broken) return functions_.report_device_broken(dev);
    PostedSteps::report_device_broken(iommu, dev);
  }

 private:
  Functions functions_;
};

}  // namespace rcuscope
