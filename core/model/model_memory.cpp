// SPDX-License-Identifier: LGPL-2.1-or-later
// Model's memory, heap, reference counts and names.
#include "base/error.h"
#include "model/model.h"
#include "world/report_text.h"

namespace rcuscope {
namespace {

std::uint64_t resource_of(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

EventKind event_of(OperationKind kind, Access access) {
  if (kind == OperationKind::read)
    return access == Access::dereference ? EventKind::rcu_dereference : EventKind::load;
  return access == Access::assign ? EventKind::rcu_assign_pointer : EventKind::store;
}

}  // namespace

Operation Model::operation_on(OperationKind kind, const void* address, const char* name,
                              const Place& place) const {
  Operation operation;
  operation.kind = kind;
  operation.address = address;
  operation.location = name;
  operation.place = place;
  const ObjectId object = execution_->heap().find(address);
  if (object.is_valid())
    operation.claim(ResourceClass::object, resource_of(execution_->heap().at(object).start),
                    Mode::use);
  return operation;
}

bool Model::access_location(OperationKind kind, const void* address, const char* name,
                            Access access, const Place& place) const {
  Operation operation = operation_on(kind, address, name, place);
  operation.access = access;
  operation.claim(ResourceClass::memory, resource_of(address),
                  kind == OperationKind::read ? Mode::read : Mode::write);
  if (!execution_->step(operation)) return false;
  if (execution_->is_tracing())
    execution_->emit(event_of(kind, access), object_id(address),
                     execution_->trace_location(operation), place, {},
                     static_cast<std::uint16_t>(access));
  execution_->note_access(operation);
  return true;
}

void Model::memory_barrier(Barrier barrier, Place place) const {
  Operation operation;
  operation.kind = OperationKind::fence;
  operation.argument = static_cast<std::int64_t>(barrier);
  operation.place = place;
  execution_->step(operation);
}

// --- heap

void* Model::allocate(const char* type, std::string_view name, std::size_t bytes,
                      const Place& place) const {
  Operation operation;
  operation.kind = OperationKind::allocate;
  operation.place = place;
  if (!execution_->step(operation)) return nullptr;
  const ObjectId id =
      execution_->heap().allocate(execution_->current(), type, execution_->intern(name), bytes);
  HeapObject& object = execution_->heap().at(id);
  object.is_from_setup = execution_->phase() == Execution::Phase::setup;
  if (MemoryObserver* const memory = execution_->memory_order())
    memory->on_allocated(execution_->me(), object.start);
  execution_->emit(EventKind::kmalloc, execution_->trace_object(id), 0, place);
  return object.start;
}

void Model::free_object(const void* address, const Place& place) const {
  if (address == nullptr) return;  // kfree(NULL) is legal
  Operation operation;
  operation.kind = OperationKind::free;
  operation.address = address;
  operation.place = place;
  const ObjectId id = execution_->heap().find(address);
  if (!id.is_valid()) throw BadPointer{reinterpret_cast<std::uintptr_t>(address)};
  operation.claim(ResourceClass::object, resource_of(execution_->heap().at(id).start), Mode::free);
  if (!execution_->step(operation)) return;
  HeapObject& object = execution_->heap().at(id);
  object.is_freed = true;
  object.freed_by = execution_->current();
  object.freed_at = execution_->steps() - 1;
  execution_->emit(EventKind::kfree, execution_->trace_object(id), 0, place);
}

void Model::free_after_grace_period(const void* address, const Place& place) const {
  if (address == nullptr) return;
  Operation operation = operation_on(OperationKind::kfree_rcu, address, "", place);
  operation.claim(ResourceClass::rcu, 0, Mode::snapshot);
  operation.claim(ResourceClass::callbacks, kfree_callbacks, Mode::enqueue);
  if (!execution_->step(operation)) return;
  mark_escaped(address);
  const GracePeriodId grace_period = execution_->start_grace_period();
  const ObjectId object = execution_->heap().find(address);
  const std::string name = "kfree_rcu of " + execution_->object_name(object);
  execution_->emit(EventKind::kfree_rcu, execution_->trace_object(object), 0, place, grace_period);
  execution_->emit_grace_period_start(grace_period);
  const Model world = *this;
  execution_->spawn({name,
                     ActorKind::grace_period,
                     {},
                     [world, address, place] { world.free_object(address, place); }},
                    {.grace_period = grace_period, .callbacks = kfree_callbacks});
}

void Model::set_lifetime(const void* object, Lifetime lifetime) const {
  const ObjectId id = execution_->heap().find(object);
  if (id.is_valid()) execution_->heap().at(id).lifetime = lifetime;
}

void Model::mark_escaped(const void* object) const {
  const ObjectId id = execution_->heap().find(object);
  if (id.is_valid()) execution_->heap().at(id).has_escaped = true;
}

// --- reference counts

int Model::refcount_inc(refcount& count, EventKind kind, Place place) const {
  Operation operation = operation_on(OperationKind::refcount_get, &count, count.name, place);
  operation.claim(ResourceClass::refcount, resource_of(&count), Mode::get);
  if (!execution_->step(operation)) return 0;
  execution_->note_count(count.value);
  if (count.value == 0) {
    count.value = refcount::saturated;
    report(FindingKind::refcount_addition_on_zero, &count,
           "refcount_t: addition on 0; use-after-free.", place);
  } else if (count.value < refcount::saturated) {
    ++count.value;
  }
  execution_->emit(kind, object_id(&count), count.value, place);
  return count.value;
}

int Model::refcount_dec(refcount& count, EventKind kind, Place place) const {
  Operation operation = operation_on(OperationKind::refcount_put, &count, count.name, place);
  operation.claim(ResourceClass::refcount, resource_of(&count), Mode::put);
  if (!execution_->step(operation)) return refcount::saturated;
  execution_->note_count(count.value);
  if (count.value == 0) {
    count.value = refcount::saturated;
    report(FindingKind::refcount_underflow, &count, "refcount_t: underflow; use-after-free.",
           place);
  } else if (count.value < refcount::saturated) {
    --count.value;
  }
  execution_->emit(kind, object_id(&count), count.value, place);
  return count.value;
}

bool Model::refcount_inc_not_zero(refcount& count, EventKind kind, Place place) const {
  Operation operation = operation_on(OperationKind::refcount_get, &count, count.name, place);
  // At zero it fails, but not behind a get, which makes the count saturate: so it conflicts with
  // gets, as a put does.
  operation.claim(ResourceClass::refcount, resource_of(&count), Mode::put);
  if (!execution_->step(operation)) return false;
  execution_->note_count(count.value);
  const bool is_alive = count.value != 0;
  if (is_alive && count.value < refcount::saturated) ++count.value;
  execution_->emit(kind, object_id(&count), count.value, place, {},
                   is_alive ? std::uint16_t{0} : event_flag::failed);
  return is_alive;
}

int Model::refcount_read(const refcount& count, Place place) const {
  Operation operation = operation_on(OperationKind::refcount_read, &count, count.name, place);
  operation.claim(ResourceClass::refcount, resource_of(&count), Mode::observe);
  if (!execution_->step(operation)) return 0;
  return count.value;
}

// --- names

bool Model::add_name(name_set& names, StringId name, EventKind kind, Place place) const {
  might_sleep(names.name, place);
  Operation operation = operation_on(OperationKind::name_add, &names, names.name, place);
  operation.claim(ResourceClass::memory, resource_of(&names), Mode::write);
  if (!execution_->step(operation)) return false;
  bool exists = false;
  for (int i = 0; i < names.count; ++i) exists |= names.names[i] == name;
  if (!exists) {
    if (names.count == name_set::capacity)
      throw LimitError("more than " + std::to_string(name_set::capacity) + " names in " +
                       names.name + "; make the scenario smaller");
    names.names[names.count++] = name;
  }
  if (execution_->is_tracing())
    execution_->emit(kind, object_id(&names), execution_->trace_string(text(name)), place, {},
                     exists ? event_flag::failed : std::uint16_t{0});
  return !exists;
}

bool Model::remove_name(name_set& names, StringId name, EventKind kind, Place place) const {
  might_sleep(names.name, place);
  Operation operation = operation_on(OperationKind::name_remove, &names, names.name, place);
  operation.claim(ResourceClass::memory, resource_of(&names), Mode::write);
  if (!execution_->step(operation)) return false;
  bool existed = false;
  for (int i = 0; i < names.count && !existed; ++i) {
    if (names.names[i] != name) continue;
    names.names[i] = names.names[--names.count];
    existed = true;
  }
  if (execution_->is_tracing())
    execution_->emit(kind, object_id(&names), execution_->trace_string(text(name)), place, {},
                     existed ? std::uint16_t{0} : event_flag::failed);
  return existed;
}

void Model::report(FindingKind kind, const void* address, std::string message, Place place) const {
  Execution& execution = *execution_;
  if (execution.me().is_abandoned) return;
  const ObjectId object = execution.heap().find(address);
  std::string where = execution.object_name(object);
  message = with_object_name(std::move(message), where);
  if (where.empty() && place.line != 0)
    where = std::string(short_function_name(place.function)) + ":" + std::to_string(place.line);
  execution.report(kind, execution.current(), std::move(message), std::move(where), object);
  execution.leave_if_over();
}

}  // namespace rcuscope
