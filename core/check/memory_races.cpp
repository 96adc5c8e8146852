// SPDX-License-Identifier: LGPL-2.1-or-later
// What MemoryOrder reports: data races, and doubts whether weak memory would show the same.
#include <algorithm>

#include "base/place_text.h"
#include "check/memory_order.h"

namespace rcuscope {
namespace {

std::string in_brackets(const Place& place) {
  return place.line == 0 ? "" : " (" + place_text(place.file, place.line) + ")";
}

std::string function_of(const AccessEvent& event, const Execution& execution) {
  const std::string function(event.place.line == 0 ? ""
                                                   : short_function_name(event.place.function));
  return function.empty() ? execution.actor(event.actor).spec.name : function;
}

std::string_view verb(const AccessEvent& event) {
  return event.writes ? (event.reads ? "read-write" : "write") : "read";
}

}  // namespace

void MemoryOrder::compare_with_earlier(Execution& execution, std::size_t later) {
  const std::size_t id = events_[later].location;
  for (std::size_t k = locations_[id].first_access; k != none; k = neighbours_[k].second)
    compare(execution, k, later);
  Location& location = locations_[id];
  neighbours_[later].first = location.last_access;
  (location.last_access == none ? location.first_access
                                : neighbours_[location.last_access].second) = later;
  location.last_access = later;
}

void MemoryOrder::compare(Execution& execution, std::size_t earlier, std::size_t later) {
  const AccessEvent& a = events_[earlier];
  const AccessEvent& b = events_[later];
  if (a.actor == b.actor || !(a.writes || b.writes)) return;
  const bool are_marked = is_marked(a.access) && is_marked(b.access);
  if (are_marked && conflicts_.size() > max_conflicts) return;  // in doubt already
  if (is_ordered(earlier, later)) return;
  if (are_marked) {
    conflicts_.emplace_back(earlier, later);
    if (conflicts_.size() > max_conflicts)
      doubt(execution, "more than " + std::to_string(max_conflicts) +
                           " pairs of accesses in one execution have no order");
    return;
  }
  bool& is_reported = locations_[b.location].is_reported;
  if (is_reported) return;
  is_reported = true;
  reports_.push_back(b.location);
  const std::string where = execution.part_name(b.address, b.name);
  const auto part = [&](const AccessEvent& event) {
    return std::string(verb(event)) + (is_marked(event.access) ? " (marked)" : "") + " by '" +
           execution.actor(event.actor).spec.name + "'";
  };
  execution.report(FindingKind::data_race, b.actor,
                   "BUG: KCSAN: data-race in " + function_of(a, execution) + " / " +
                       function_of(b, execution) + ": " + part(a) + " and " + part(b) + " of " +
                       where,
                   where, execution.find_object(b.address));
}

/// Memory is zeroed by whoever allocates it.
void MemoryOrder::check_birth(const Execution& execution, const void* object, std::size_t index) {
  const auto birth = births_.find(object);
  if (birth == births_.end() || birth->second.actor == events_[index].actor) return;
  if (clocks_[index].at(birth->second.actor).writes >= birth->second.position) return;
  doubt(execution, describe(events_[index], execution) + " may see it as it was before '" +
                       execution.actor(birth->second.actor).spec.name +
                       "' allocated it: nothing orders the two");
}

/// An access that nothing but the values that were read puts before the free may come after it.
void MemoryOrder::on_free(Execution& execution, const ModelActor& actor,
                          const Operation& operation) {
  const void* const object = object_of(execution, operation.address);
  if (object == nullptr) return;
  const Actor& self = of(actor.id);
  const VectorClock& reached = dependencies_[dependency(self, object)].clock;
  for (const AccessEvent& access : events_) {
    if (access.object != object) continue;
    if (access.actor == actor.id || covers(self.before_writes, access)) continue;
    if (covers(reached, access)) continue;
    doubt(execution, describe(access, execution) + " may come after its kfree by '" +
                         actor.spec.name + "'" + in_brackets(operation.place) +
                         ": nothing orders the two");
  }
}

std::string MemoryOrder::describe(const AccessEvent& event, const Execution& execution) const {
  return std::string(verb(event)) + " of " + execution.part_name(event.address, event.name) +
         " by '" + execution.actor(event.actor).spec.name + "'" + in_brackets(event.place);
}

void MemoryOrder::on_end(Execution& execution) {
  const std::optional<UnorderedPair> pair = find_unordered_pair(*this, conflicts_);
  if (!pair) return;
  const AccessEvent& first = events_[pair->first];
  const AccessEvent& second = events_[pair->second];
  execution.note_memory_doubt(describe(first, execution) + " and then " +
                              describe(second, execution) +
                              " may be seen in the other order: no barrier, acquire, release or "
                              "dependency keeps them apart, and others access both");
}

std::unique_ptr<MemoryObserver> make_memory_checker() { return std::make_unique<MemoryOrder>(); }

}  // namespace rcuscope
