// SPDX-License-Identifier: LGPL-2.1-or-later
// A machine with one group and one device, and actors that work on them, for tests of the
// machinery.
#pragma once

#include <string>
#include <vector>

#include "core/worlds.h"
#include "iommu/iommu.h"

namespace rcuscope {

/// What a test sees of one run.
template <World W, class Steps = PostedSteps>
struct Machine {
  using Core = Iommu<W, Steps>;

  Machine(W world, const Variant& variant) : w(world), iommu(world, variant) {
    group = iommu.scenario_group("7");
    nic = iommu.device_register("nic");
  }
  /// `body` is the only actor.
  void actor(const std::function<void()>& body, ActorKind kind = ActorKind::process) {
    w.declare({"actor", kind, {}, body});
    w.run_actors();
  }
  /// A driver holds the device until all actors have ended, as the reader's contract wants.
  void pin(ptr<device<W>> dev) {
    iommu.get_device(dev);
    pinned.push_back(dev);
  }
  /// The end of a run as a scenario has it.
  void finish() {
    for (const ptr<device<W>> dev : pinned) iommu.put_device(dev);
    w.run_actors();
    iommu.check_at_end();
    w.check_end_of_run();
    iommu.teardown();
    w.run_actors();
  }
  int references(ptr<device<W>> dev) { return w.refcount_read(dev->refcount); }
  int references(ptr<iommu_group<W>> of_group) { return w.refcount_read(of_group->devices_kobj); }
  bool has_group(ptr<device<W>> dev) {
    return static_cast<bool>(w.read(dev->iommu_group, Access::plain));
  }
  std::string member_name(ptr<device<W>> dev) {
    w.mutex_lock(group->mutex);
    const auto gdev = iommu.find_device(group, dev);
    const auto name = w.read(gdev->name, Access::plain);
    const StringId text = w.read(name->text, Access::plain);
    w.mutex_unlock(group->mutex);
    return std::string(w.text(text));
  }

  W w;
  Core iommu;
  ptr<iommu_group<W>> group;
  ptr<device<W>> nic;
  std::vector<ptr<device<W>>> pinned;
};

/// Runs `body` on a machine, then its end checks and teardown.
template <World W, class Steps = PostedSteps, class Body>
RunResult run_machine(const Body& body, const std::string& variant = "posted") {
  return TestWorld<W>::run([&](W w) {
    Machine<W, Steps> machine(w, parse_variant(variant));
    body(machine);
    machine.finish();
  });
}

using StepList = std::vector<std::string>;

/// What changed between two lists: "-step" for what is gone, "+step (after X)" for what is new.
inline StepList difference(const StepList& before, const StepList& after) {
  const std::size_t rows = before.size();
  const std::size_t columns = after.size();
  std::vector<std::vector<int>> common(rows + 1, std::vector<int>(columns + 1, 0));
  for (std::size_t i = rows; i-- > 0;)
    for (std::size_t j = columns; j-- > 0;)
      common[i][j] = before[i] == after[j] ? common[i + 1][j + 1] + 1
                                           : std::max(common[i + 1][j], common[i][j + 1]);
  StepList changes;
  for (std::size_t i = 0, j = 0; i < rows || j < columns;) {
    if (i < rows && j < columns && before[i] == after[j]) {
      ++i, ++j;
    } else if (j == columns || (i < rows && common[i + 1][j] >= common[i][j + 1])) {
      changes.push_back("-" + before[i++]);
    } else {
      changes.push_back("+" + after[j] + (j > 0 ? " (after " + after[j - 1] + ")" : ""));
      ++j;
    }
  }
  return changes;
}

/// The steps from the first `first` on.
inline StepList tail(const StepList& steps, const std::string& first) {
  return {std::find(steps.begin(), steps.end(), first), steps.end()};
}

/// What an actor does that unplugs a member which manages its group itself.
template <World W>
StepList removal_steps(const std::string& variant = "posted") {
  const RunResult result = run_machine<W>(
      [](Machine<W>& m) {
        EXPECT_EQ(m.iommu.iommu_group_add_device(m.group, m.nic), 0);
        m.actor([&] { m.iommu.device_unregister(m.nic); });
      },
      variant);
  return steps_of(result.trace, "actor");
}

}  // namespace rcuscope
