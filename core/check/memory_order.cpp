// SPDX-License-Identifier: LGPL-2.1-or-later
// The clocks: what each operation adds to them.
#include "check/memory_order.h"

#include <algorithm>

#include "model/types.h"
#include "world/mask.h"

namespace rcuscope {
namespace {

/// Keys of sync_ that are no address of the studied program.
const void* cpu_key(CpuId cpu) {
  return reinterpret_cast<const void*>(static_cast<std::uintptr_t>(cpu.value) + 1);
}
const void* work_key(std::int32_t work) {
  constexpr std::uintptr_t first_work = 1 << 16;
  return reinterpret_cast<const void*>(first_work + static_cast<std::uintptr_t>(work));
}

std::int32_t work_of(const Operation& operation) {
  return static_cast<const ModelWork*>(operation.address)->index;
}

bool is_publishing(Access access) {
  return access == Access::release || access == Access::assign || access == Access::full;
}
bool is_acquiring(Access access) { return access == Access::acquire || access == Access::full; }

}  // namespace

/// Many searches are so short that growing would cost more than what they look at.
MemoryOrder::MemoryOrder() {
  constexpr std::size_t usual_accesses = 64;
  events_.reserve(usual_accesses);
  clocks_.reserve(usual_accesses);
  published_.reserve(usual_accesses);
  read_from_.reserve(usual_accesses);
  overwritten_.reserve(usual_accesses);
  neighbours_.reserve(usual_accesses);
  marks_.reserve(2 * usual_accesses);
  saved_actors_.reserve(2 * usual_accesses);
  saved_clocks_.reserve(2 * usual_accesses);
}

// --- clocks

/// Everything before this point of the actor, for whoever synchronises with it.
VectorClock MemoryOrder::released(ActorId id) {
  const Actor& actor = of(id);
  VectorClock clock = actor.before_reads;
  clock.join(actor.before_writes);
  clock.join(actor.pending);
  clock.raise(id, {actor.position, actor.position});
  return clock;
}

void MemoryOrder::acquire(ActorId id, const VectorClock& clock) {
  Actor& actor = of(id);
  join(actor.before_reads, clock);
  join(actor.before_writes, clock);
  join(actor.pending, clock);
}

void MemoryOrder::barrier(ActorId id, Barrier kind) {
  Actor& actor = of(id);
  if (kind == Barrier::full) {
    full_barrier(id, OrderPoint::Kind::full);
    return;
  }
  if (kind == Barrier::read) {
    join(actor.before_reads, actor.pending);
    actor.points.push_back({OrderPoint::Kind::read, actor.position});
    return;
  }
  VectorClock clock = actor.before_writes;
  clock.raise(id, {0, actor.position});
  join(actor.fenced, clock);
  actor.points.push_back({OrderPoint::Kind::write, actor.position});
}

VectorClock MemoryOrder::full_barrier(ActorId id, OrderPoint::Kind kind, const ModelSrcu* domain) {
  Actor& actor = of(id);
  acquire(id, actor.pending);
  VectorClock all = released(id);
  join(actor.fenced, all);
  actor.points.push_back({kind, actor.position, domain});
  return all;
}

bool MemoryOrder::covers(const VectorClock& clock, const AccessEvent& earlier) {
  const VectorClock::Epoch epoch = clock.at(earlier.actor);
  return (earlier.writes ? epoch.writes : epoch.reads) >= earlier.position;
}

bool MemoryOrder::is_ordered(std::size_t first, std::size_t second) const {
  return covers(clocks_[second], events_[first]);
}

std::optional<const ModelSrcu*> MemoryOrder::grace_period_between(std::size_t first,
                                                                  std::size_t second) const {
  const Actor& later = actors_[static_cast<std::size_t>(events_[second].actor.value)];
  const bool is_before_call =
      later.parent == events_[first].actor && events_[first].position <= later.parent_position;
  return is_before_call ? later.waited_for : std::nullopt;
}

// --- actors, sections and grace periods

void MemoryOrder::on_spawn(const ModelActor& parent, ActorId actor) {
  const VectorClock clock = released(parent.id);
  save(actor);
  Actor& spawned = of(actor);
  set(spawned.before_reads, clock);
  set(spawned.before_writes, clock);
  set(spawned.pending, clock);
  spawned.waited_for = std::nullopt;
  spawned.parent = parent.id;
  spawned.parent_position = of(parent.id).position;
}

void MemoryOrder::start_actor(const Execution& execution, const ModelActor& actor) {
  if (actor.grace_period >= 0) {
    acquire(actor.id, period({actor.grace_period}));
    of(actor.id).waited_for =
        execution.grace_periods().all()[static_cast<std::size_t>(actor.grace_period)].domain;
  }
  if (actor.work >= 0) acquire(actor.id, sync_[work_key(actor.work)]);
  if (actor.level() > 0 && is_named(actor.spec.cpu))
    acquire(actor.id, sync_[cpu_key(actor.spec.cpu)]);
}

void MemoryOrder::end_actor(const ModelActor& actor) {
  const VectorClock clock = released(actor.id);
  if (actor.work >= 0) join(sync_[work_key(actor.work)], clock);
  if (actor.work >= 0) join(ended_callbacks_[work_callbacks], clock);
  if (actor.callbacks != no_callback) join(ended_callbacks_[actor.callbacks], clock);
  if (is_named(actor.spec.cpu)) join(sync_[cpu_key(actor.spec.cpu)], clock);
  set(of(actor.id).end, clock);
}

VectorClock& MemoryOrder::period(GracePeriodId id) {
  const auto index = static_cast<std::size_t>(id.value);
  if (index >= periods_.size()) periods_.resize(index + 1);
  return periods_[index];
}

/// Sections that have ended already come before the grace period, too.
void MemoryOrder::on_grace_period_start(GracePeriodId id, const ModelSrcu* domain) {
  set(period(id), ended_sections_[domain]);
}

void MemoryOrder::on_section_end(const Execution& execution, const ModelActor& actor,
                                 const ModelSrcu* domain) {
  const VectorClock clock = released(actor.id);
  join(ended_sections_[domain], clock);
  const std::vector<GracePeriod>& all = execution.grace_periods().all();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].domain == domain && all[i].waits_for[static_cast<std::size_t>(actor.id.value)])
      join(period({static_cast<std::int32_t>(i)}), clock);
}

/// What is open when the same number of sections has been closed is the same section.
std::vector<ReadSection> MemoryOrder::sleepable_sections(const ModelActor& actor) {
  std::vector<ReadSection> open;
  for (const SrcuSection& section : actor.srcu_sections)
    open.push_back({section.domain, closed_sections(actor.id, section.domain)});
  return open;
}

std::int64_t& MemoryOrder::closed_sections(ActorId id, const ModelSrcu* domain) {
  auto& all = of(id).closed_sections;
  const auto known = std::find_if(all.begin(), all.end(),
                                  [&](const auto& entry) { return entry.first == domain; });
  return known != all.end() ? known->second : all.emplace_back(domain, 0).second;
}

void MemoryOrder::note_closed_section(ActorId id, const ModelSrcu* domain) {
  std::int64_t& closed = closed_sections(id, domain);
  saved_sections_.push_back({id, domain, closed++});
}

// --- operations that are no accesses

void MemoryOrder::on_operation(Execution& execution, const ModelActor& actor,
                               const Operation& operation) {
  ++of(actor.id).position;
  switch (operation.kind) {
    case OperationKind::actor_start:
      return start_actor(execution, actor);
    case OperationKind::actor_end:
      return end_actor(actor);
    case OperationKind::fence:
      return barrier(actor.id, static_cast<Barrier>(operation.argument));
    case OperationKind::free:
      return on_free(execution, actor, operation);
    case OperationKind::refcount_get:
    case OperationKind::refcount_put:
    case OperationKind::refcount_read:
      return on_count(execution, actor, operation);
    case OperationKind::grace_period_start:
      full_barrier(actor.id, OrderPoint::Kind::full);
      return;
    case OperationKind::grace_period_end:
      acquire(actor.id, period({static_cast<std::int32_t>(operation.argument)}));
      full_barrier(
          actor.id, OrderPoint::Kind::grace_period,
          execution.grace_periods().all()[static_cast<std::size_t>(operation.argument)].domain);
      return;
    case OperationKind::srcu_read_unlock:
      note_closed_section(actor.id, static_cast<const ModelSrcu*>(operation.address));
      return;
    case OperationKind::poll_state:
      return on_poll(execution, actor, operation.argument);
    case OperationKind::barrier_start:  // what has ended already is waited for, too
      return acquire(actor.id, ended_callbacks_[operation.claims[0].resource()]);
    case OperationKind::wait_for_work_start:
      return acquire(actor.id, sync_[work_key(work_of(operation))]);
    case OperationKind::barrier_end:
    case OperationKind::wait_for_work_end:
      for (std::size_t i = 0; i < actors_.size(); ++i)
        if (actor.waits_for[i]) acquire(actor.id, actors_[i].end);
      return;
    case OperationKind::name_add:
    case OperationKind::name_remove:
    case OperationKind::complete:
    case OperationKind::wait_for_completion:
      acquire(actor.id, sync_[operation.address]);
      join(sync_[operation.address], released(actor.id));
      return;
    default:
      return on_lock(actor, operation);
  }
}

void MemoryOrder::on_lock(const ModelActor& actor, const Operation& operation) {
  const auto takes = [&](const ModelLock* lock) {
    if (!lock->owner.is_valid()) acquire(actor.id, sync_[lock]);
  };
  const auto gives = [&](const ModelLock* lock) {
    if (lock->owner == actor.id) join(sync_[lock], released(actor.id));
  };
  const bool shares_cpu = is_named(actor.spec.cpu);
  switch (operation.kind) {
    case OperationKind::mutex_lock:
    case OperationKind::mutex_trylock:
      return takes(static_cast<const ModelMutex*>(operation.address));
    case OperationKind::mutex_unlock:
      return gives(static_cast<const ModelMutex*>(operation.address));
    case OperationKind::spin_lock:
    case OperationKind::spin_trylock:
      if (shares_cpu) acquire(actor.id, sync_[cpu_key(actor.spec.cpu)]);
      return takes(static_cast<const ModelSpinlock*>(operation.address));
    case OperationKind::spin_unlock:
      if (shares_cpu) join(sync_[cpu_key(actor.spec.cpu)], released(actor.id));
      return gives(static_cast<const ModelSpinlock*>(operation.address));
    case OperationKind::mask:
      if (shares_cpu) acquire(actor.id, sync_[cpu_key(actor.spec.cpu)]);
      return;
    case OperationKind::unmask:
      if (shares_cpu) join(sync_[cpu_key(actor.spec.cpu)], released(actor.id));
      return;
    default:
      return;
  }
}

void MemoryOrder::on_poll(const Execution& execution, const ModelActor& actor,
                          std::int64_t cookie) {
  if (!execution.is_grace_period_over_since(cookie)) return;
  const std::vector<GracePeriod>& all = execution.grace_periods().all();
  std::int64_t number = 0;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].domain == nullptr && number++ >= cookie && all[i].is_over)
      acquire(actor.id, period({static_cast<std::int32_t>(i)}));
}

/// Gets are relaxed, puts release, and the last put acquires (refcount_t of the kernel). Another
/// get or put does not learn what it comes behind, so it acquires nothing, whatever barrier
/// follows: the search need not order them (reference_budget.h).
void MemoryOrder::on_count(Execution& execution, const ModelActor& actor,
                           const Operation& operation) {
  const bool is_put = operation.kind == OperationKind::refcount_put;
  const bool writes = operation.kind != OperationKind::refcount_read;
  Operation access = operation;
  access.access = is_put ? Access::release : writes ? Access::relaxed : Access::once;
  if (is_put) join(sync_[operation.address], released(actor.id));
  if (is_put && static_cast<const ModelRefcount*>(operation.address)->value == 1)
    acquire(actor.id, sync_[operation.address]);
  --of(actor.id).position;  // add_event counts it
  const std::size_t event = add_event(execution, actor, access, true, writes);
  const bool learns = !writes || static_cast<const ModelRefcount*>(operation.address)->value == 0;
  if (learns) learn_from_store(event);
  if (is_put) published_[event] = released(actor.id);
  compare_with_earlier(execution, event);
}

// --- accesses

const void* MemoryOrder::object_of(const Execution& execution, const void* address) {
  const ObjectId id = execution.find_object(address);
  return id.is_valid() ? execution.heap().at(id).start : nullptr;
}

std::size_t MemoryOrder::add_event(const Execution& execution, const ModelActor& actor,
                                   const Operation& operation, bool reads, bool writes) {
  Actor& self = of(actor.id);
  const std::size_t index = events_.size();
  const auto [entry, is_new] = location_ids_.try_emplace(operation.address, locations_.size());
  if (is_new) locations_.emplace_back();
  Location& location = locations_[entry->second];
  const void* const object = object_of(execution, operation.address);
  AccessEvent& event = events_.emplace_back();
  event.actor = actor.id;
  event.position = ++self.position;
  event.reads = reads;
  event.writes = writes;
  event.access = operation.access;
  event.location = entry->second;
  event.address = operation.address;
  event.object = object;
  event.name = operation.location;
  event.place = operation.place;
  if (actor.is_reader()) event.section = actor.section_opened_at;
  if (!actor.srcu_sections.empty()) event.sleepable_sections = sleepable_sections(actor);
  event.reached_by = dependency(self, object);
  event.needs = self.needs;
  if (writes && !reads)  // of an update only the store would be kept in order
    event.needs.insert(event.needs.end(), self.store_needs.begin(), self.store_needs.end());
  self.needs.clear();
  self.store_needs.clear();
  clocks_.push_back(writes && !reads ? self.before_writes : self.before_reads);
  clocks_.back().join(dependencies_[event.reached_by].clock);
  published_.emplace_back();
  read_from_.push_back(reads ? location.latest_write : none);
  overwritten_.push_back(location.latest_write);
  neighbours_.emplace_back(none, none);
  if (writes) {
    published_.back() = self.fenced;
    location.latest_write = index;
  }
  self.latest_access = index;
  if (object != nullptr) check_birth(execution, object, index);
  return index;
}

/// What was published before the store that was read, once a barrier follows.
void MemoryOrder::learn_from_store(std::size_t event) {
  if (is_marked(events_[event].access) && read_from_[event] != none)
    join(of(events_[event].actor).pending, published_[read_from_[event]]);
}

void MemoryOrder::on_access(Execution& execution, const ModelActor& actor,
                            const Operation& operation) {
  const bool is_read = operation.kind == OperationKind::read;
  const bool is_update = operation.kind == OperationKind::read_modify_write;
  const std::size_t event = add_event(execution, actor, operation, is_read || is_update, !is_read);
  if (is_read || is_update) learn_from_store(event);
  if (is_update) return;  // on_updated goes on
  if (is_read && is_acquiring(operation.access) && read_from_[event] != none)
    acquire(actor.id, published_[read_from_[event]]);
  if (!is_read && is_publishing(operation.access)) published_[event] = released(actor.id);
  compare_with_earlier(execution, event);
}

/// A failed one is a relaxed load. One that succeeded hands on what the store published that it
/// replaced (release sequences).
void MemoryOrder::on_updated(Execution& execution, const ModelActor& actor, bool has_succeeded) {
  const std::size_t index = of(actor.id).latest_access;
  AccessEvent& event = events_[index];
  const std::size_t source = read_from_[index];
  if (!has_succeeded) {
    event.writes = false;
    event.access = Access::once;
    locations_[event.location].latest_write = source;
  } else {
    if (is_acquiring(event.access) && source != none) acquire(actor.id, published_[source]);
    if (event.access == Access::full) {
      event.is_full_barrier = true;
      published_[index] = full_barrier(actor.id, OrderPoint::Kind::full);
    } else if (is_publishing(event.access)) {
      published_[index] = released(actor.id);
    }
    if (source != none) published_[index].join(published_[source]);
  }
  compare_with_earlier(execution, index);
}

// --- dependencies

std::uint32_t MemoryOrder::dependency(const Actor& actor, const void* object) {
  const auto known = std::find_if(actor.reached.rbegin(), actor.reached.rend(),
                                  [&](const Reached& reached) { return reached.object == object; });
  return known == actor.reached.rend() ? 0 : known->by;
}

bool MemoryOrder::depends_on(std::size_t later, std::size_t load) const {
  const AccessEvent& event = events_[later];
  if (std::find(event.needs.begin(), event.needs.end(), load) != event.needs.end()) return true;
  for (std::uint32_t d = event.reached_by; d != 0; d = dependencies_[d].before)
    if (dependencies_[d].load == load) return true;
  return false;
}

/// It replaces what is known of earlier pointers to the object: those may rest on less.
void MemoryOrder::on_pointer_loaded(const Execution& execution, const ModelActor& actor,
                                    const void* pointer) {
  const void* const object = object_of(execution, pointer);
  if (object == nullptr) return;
  Actor& self = of(actor.id);
  const std::size_t index = self.latest_access;
  const AccessEvent& load = events_[index];
  Dependency got;
  got.actor = actor.id;
  got.before = load.reached_by;
  got.clock = dependencies_[load.reached_by].clock;
  if (is_marked(load.access)) {
    got.load = index;
    if (read_from_[index] != none) got.clock.join(published_[read_from_[index]]);
  }
  self.reached.push_back({object, static_cast<std::uint32_t>(dependencies_.size())});
  dependencies_.push_back(std::move(got));
}

std::uint32_t MemoryOrder::dependency_on(const Execution& execution, const ModelActor& actor,
                                         const void* pointer) {
  is_asked_ = true;
  const auto index = static_cast<std::size_t>(actor.id.value);
  return index < actors_.size() ? dependency(actors_[index], object_of(execution, pointer)) : 0;
}

/// One that another actor loaded came here without a load: through a variable of the language.
void MemoryOrder::on_pointer_used(const Execution& execution, const ModelActor& actor,
                                  const void* pointer, std::uint32_t dependency) {
  Actor& self = of(actor.id);
  if (dependency == 0 && self.reached.empty()) return;
  const bool is_own = dependency != 0 && dependencies_[dependency].actor == actor.id;
  self.reached.push_back({object_of(execution, pointer), is_own ? dependency : 0});
}

std::uint32_t MemoryOrder::latest_access(const ModelActor& actor) {
  is_asked_ = true;
  return static_cast<std::uint32_t>(
      actors_[static_cast<std::size_t>(actor.id.value)].latest_access);
}

void MemoryOrder::on_dependent(const ModelActor& actor, std::span<const std::uint32_t> loads,
                               bool is_store_only) {
  Actor& self = of(actor.id);
  std::vector<std::size_t>& needs = is_store_only ? self.store_needs : self.needs;
  for (const std::uint32_t load : loads)
    if (load < events_.size() && events_[load].actor == actor.id) needs.push_back(load);
}

void MemoryOrder::on_allocated(const ModelActor& actor, const void* object) {
  const auto known = births_.find(object);
  saved_births_.push_back(
      {object, known == births_.end() ? std::nullopt : std::optional(known->second)});
  births_[object] = {actor.id, of(actor.id).position};
}

}  // namespace rcuscope
