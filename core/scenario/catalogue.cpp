// SPDX-License-Identifier: LGPL-2.1-or-later
// The scenarios of the catalogue. Follows: [PATCH v4 08/24] and the questions that its text raises.
#include "scenario/catalogue.h"

#include <algorithm>

#include "base/error.h"

namespace rcuscope {
namespace {

/// A lockless reader in an interrupt handler against the removal of a device. The handler looks up
/// the neighbour of the device that is unplugged, so its walk passes the entry that goes away.
constexpr auto interrupt_against_unplug = [](auto& k) {
  const auto group = k.iommu.scenario_group("7");
  const auto nic = k.iommu.device_register("0000:01:00.0");
  const auto neighbour = k.iommu.device_register("0000:01:00.1");
  k.iommu.iommu_group_add_device(group, nic);
  k.iommu.iommu_group_add_device(group, neighbour);
  k.declare(ActorKind::hardirq, "ATC time-out ISR", [&k, group, neighbour] {
    k.world.rcu_read_lock();
    const auto gdev = k.iommu.find_device_rcu(group, neighbour);
    if (gdev && k.world.read(gdev->dev, Access::plain) != neighbour)
      k.world.report(FindingKind::warn_on, gdev.raw(), "WARN_ON(gdev->dev != dev)");
    k.world.rcu_read_unlock();
  });
  k.declare(ActorKind::process, "hot unplug", [&k, nic] { k.iommu.device_unregister(nic); });
};

struct Row {
  const char* name;
  const char* title;
  const char* question;
  const char* expect;
  const char* reason;
  const char* explanation;
  const char* fact;
  Variant variant;
};

const std::vector<Row>& interrupt_rows() {
  using V = Variant;
  static const std::vector<Row> rows = {
      {"posted", "the patch as posted",
       "Is the lockless walk in an interrupt handler safe against hot unplug?", "SAFE",
       "synchronize_rcu returns only after every handler that could stand on the entry",
       "list_del_rcu leaves the entry's next pointer intact, and synchronize_rcu returns only "
       "after "
       "every handler that could stand on the entry has left.",
       "0", V{}},
      {"no_synchronize_rcu", "no synchronize_rcu before the free", "What does synchronize_rcu buy?",
       "use_after_free", "nothing holds the free back until the handler has left",
       "Nothing holds the free back: a handler that loaded the entry before the unlink reads its "
       "next "
       "pointer after kfree.",
       "1", V{.reclaim = V::Reclaim::none}},
      {"call_rcu_put_device", "put_device and kfree in a call_rcu callback",
       "Why not free asynchronously with call_rcu?", "sleeping_in_atomic",
       "the callback's put is the last one: release sleeps in softirq",
       "The driver core drops its own reference while the callback is pending, so the callback's "
       "put_device is the last one and runs the device's release in softirq, where nothing may "
       "sleep.",
       "3", V{.reclaim = V::Reclaim::call_rcu}},
      {"queue_rcu_work_put_device", "put_device and kfree in a work item after a grace period",
       "And with queue_rcu_work?", "SAFE",
       "the work runs after a grace period, in process context: it may sleep",
       "The work item runs in process context after a grace period: it may sleep. Only the release "
       "now "
       "comes later than the return of device_unregister.",
       "4", V{.reclaim = V::Reclaim::queue_rcu_work}},
      {"list_del", "list_del instead of list_del_rcu", "Does it have to be list_del_rcu?",
       "list_corruption", "the handler stands on the entry and follows LIST_POISON1",
       "list_del poisons the entry's next pointer at once; a handler that stands on the entry "
       "follows "
       "LIST_POISON1.",
       "10", V{.unlink = V::Unlink::list_del}},
      {"kfree_before_grace_period", "kfree(gdev) before the grace period",
       "May the free come first and the wait after it?", "use_after_free",
       "the grace period comes after the free and protects nothing",
       "The grace period then protects nothing: the memory is gone while the handler still reads "
       "it, "
       "and reading gdev->dev for put_device is itself a use after free.",
       "9", V{.free_gdev = V::FreeGdev::before_grace_period}},
      {"get_device_without_put", "get_device without put_device", "Does the put matter?", "leak",
       "the membership's reference is never dropped: no release",
       "The membership's reference is never dropped, so the device is never released.", "6",
       V{.hold_device = V::HoldDevice::get_only}},
      {"no_device_reference", "neither get_device nor put_device", "Is the pair needed at all?",
       "SAFE", "the remover's caller owns a reference until after the grace period",
       "The remover's caller owns a reference until after the grace period, so the pair changes "
       "nothing. It becomes necessary as soon as the free is asynchronous.",
       "5", V{.hold_device = V::HoldDevice::neither}},
  };
  return rows;
}

std::vector<Scenario> make_catalogue() {
  std::vector<Scenario> scenarios;
  for (const Row& row : interrupt_rows()) {
    Scenario scenario;
    scenario.name = row.name;
    scenario.title = row.title;
    scenario.question = row.question;
    scenario.expect = row.expect;
    scenario.reason = row.reason;
    scenario.explanation = row.explanation;
    scenario.fact = row.fact;
    scenario.variant = row.variant;
    scenario.config.has_report_work = false;  // 08/24 alone: the report comes with 11/24
    set_bodies(scenario, interrupt_against_unplug);
    scenarios.push_back(std::move(scenario));
  }
  return scenarios;
}

/// Number of edits between two names: for "did you mean".
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

const std::vector<Scenario>& catalogue() {
  static const std::vector<Scenario> scenarios = make_catalogue();
  return scenarios;
}

const Scenario& find_scenario(std::string_view name) {
  const Scenario* closest = nullptr;
  for (const Scenario& scenario : catalogue()) {
    if (scenario.name == name) return scenario;
    if (closest == nullptr ||
        edit_distance(scenario.name, name) < edit_distance(closest->name, name))
      closest = &scenario;
  }
  const bool is_close = edit_distance(closest->name, name) * 2 <= name.size();
  throw UsageError("scenario '" + std::string(name) + "' is not in the catalogue" +
                   (is_close ? "; did you mean '" + closest->name + "'?" : ".") +
                   " `rcuscope list` shows all of them");
}

}  // namespace rcuscope
