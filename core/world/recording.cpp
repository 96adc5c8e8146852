// SPDX-License-Identifier: LGPL-2.1-or-later
// The Recording world's primitives that need more than one line, its lines and its actors.
#include "world/recording.h"

#include "base/assert.h"
#include "trace/reporting.h"
#include "world/report_text.h"

namespace rcuscope {

std::string RecordedLine::text() const {
  std::string line(describe(kind).name);
  return subject.empty() ? line : line + ' ' + subject;
}

RecordingLog::RecordingLog() : current_(add_actor("main", ActorKind::main)) {}
RecordingLog::~RecordingLog() = default;

ActorId RecordingLog::add_actor(std::string name, ActorKind kind) {
  actors_.push_back({name, kind});
  return builder_.add_actor({std::move(name), kind, CpuId{}});
}

StringId RecordingLog::intern(std::string_view text) {
  if (const auto found = string_ids_.find(text); found != string_ids_.end()) return found->second;
  const StringId id = builder_.intern(text);
  RCUSCOPE_ASSERT(static_cast<std::size_t>(id.value) == strings_.size(), id);
  strings_.emplace_back(text);
  string_ids_.emplace(text, id);
  return id;
}

ObjectId RecordingLog::named_object_id(const void* address, const char* type,
                                       std::string_view name) {
  const auto [entry, is_new] = named_objects_.try_emplace(address);
  if (is_new) {
    entry->second = builder_.add_object({std::string(name), type});
    object_texts_.push_back(std::string(type) + ' ' + std::string(name));
  }
  return entry->second;
}

ObjectId RecordingLog::object_id(const void* address) {
  if (address == nullptr) return {};
  if (const auto named = named_objects_.find(address); named != named_objects_.end())
    return named->second;
  if (const Allocation* allocation = find(address)) return allocation->id;
  return named_object_id(address, "static", "object");
}

std::string RecordingLog::subject_of(const void* address) {
  const ObjectId id = object_id(address);
  return id.is_valid() ? object_texts_[static_cast<std::size_t>(id.value)] : std::string();
}

void RecordingLog::record(EventKind kind, const void* object, std::int64_t value,
                          const Place& place, std::string_view detail, GracePeriodId grace_period) {
  Event event;
  event.time = step_++;
  event.kind = kind;
  event.actor = static_cast<std::uint16_t>(current_.value);
  event.value = value;
  event.object = object_id(object);
  event.grace_period = grace_period;
  if (me().nesting > 0) event.flags |= event_flag::in_reader;
  builder_.add(event, builder_.intern(place));
  lines_.push_back({kind, me().name, subject_of(object) + std::string(detail)});
}

void RecordingLog::report(FindingKind kind, const void* object, std::string text,
                          const Place& place) {
  const FindingDescription& description = describe(kind);
  Finding finding;
  finding.kind = kind;
  finding.message = with_object_name(std::move(text), subject_of(object));
  finding.kconfig = reporting_of(kind, finding.message).kconfig;
  finding.actor = me().name;
  finding.place = subject_of(object);
  finding.step = step_;
  record(EventKind::finding, object, static_cast<std::int64_t>(kind), place,
         ": " + finding.message);
  findings_.push_back(std::move(finding));
  if (!description.is_fatal) return;
  has_fatal_finding_ = true;
  throw ActorEnded{};
}

/// Runs `body`, which may end early by a fatal finding or by following a bad pointer.
void RecordingLog::run_guarded(const std::function<void()>& body) {
  try {
    try {
      body();
    } catch (const BadPointer& pointer) {
      const bool is_null = pointer.address < 4096;
      report(is_null ? FindingKind::null_dereference : FindingKind::list_corruption, nullptr,
             is_null ? "BUG: kernel NULL pointer dereference"
                     : "general protection fault, probably for non-canonical address 0x" +
                           detail::hexadecimal(pointer.address),
             Place{});
    }
  } catch (const ActorEnded&) {
  }
}

bool RecordingLog::run(const std::function<void()>& main) {
  run_guarded(main);
  return !has_fatal_finding_;
}

/// Runs `body` as another flow on top of the current one, which goes on afterwards.
void RecordingLog::run_as(ActorId actor, EventKind start, EventKind end, const void* object,
                          const std::function<void()>& body) {
  const ActorId interrupted = std::exchange(current_, actor);
  record(start, object, -1, Place::current());
  run_guarded(body);
  if (!has_fatal_finding_) {
    check_balance();
    record(end, object, -1, Place::current());
  }
  current_ = interrupted;
  if (has_fatal_finding_) throw ActorEnded{};
}

void RecordingLog::check_balance() {
  Actor& actor = me();
  if (actor.nesting > 0)
    report(FindingKind::lock_imbalance, nullptr,
           "WARNING: '" + actor.name + "' ends inside a read-side critical section",
           Place::current());
  for (RecordedMutex* mutex : actor.held)
    report(FindingKind::lock_imbalance, mutex,
           "WARNING: '" + actor.name + "' ends with lock held: " + mutex->name, Place::current());
  check_switched_on();
  actor.nesting = 0;
}

void RecordingLog::run_actors() {
  const std::vector<ActorSpec> actors = std::exchange(declared_, {});
  for (const ActorSpec& spec : actors) {
    run_as(add_actor(spec.name, spec.kind), EventKind::actor_start, EventKind::actor_end, nullptr,
           spec.body);
    run_all_deferred();
  }
  run_all_deferred();
}

// --- Recording

void Recording::set_lifetime(const void* object, Lifetime lifetime) const {
  if (auto* allocation = log_->find(object)) allocation->lifetime = lifetime;
}

std::string_view Recording::text(StringId id) const {
  return id.is_valid() ? std::string_view(log_->strings_[static_cast<std::size_t>(id.value)])
                       : std::string_view();
}

void Recording::rcu_read_lock(Place place) const {
  log_->record(EventKind::rcu_read_lock, nullptr, ++log_->me().nesting, place);
}

void Recording::rcu_read_unlock(Place place) const {
  if (log_->me().nesting == 0)
    return report(FindingKind::lock_imbalance, nullptr,
                  "WARNING: bad unlock balance detected! rcu_read_unlock without rcu_read_lock",
                  place);
  log_->record(EventKind::rcu_read_unlock, nullptr, --log_->me().nesting, place);
}

bool Recording::mutex_trylock(mutex& lock, Place place) const {
  log_->check_alive(&lock, lock.name, place);
  if (lock.owner.is_valid()) return false;
  log_->mutex_lock(lock, place);
  return true;
}

bool Recording::refcount_inc_not_zero(refcount& count, EventKind kind, Place place) const {
  log_->check_alive(&count, count.name, place);
  if (count.value == 0) return false;
  refcount_inc(count, kind, place);
  return true;
}

int Recording::refcount_read(const refcount& count, Place place) const {
  log_->access(&count, count.name, Access::once, false, place);
  return count.value;
}

bool Recording::add_name(name_set& names, StringId name, EventKind kind, Place place) const {
  might_sleep(describe(kind).name, place);
  log_->check_alive(&names, names.name, place);
  log_->record(kind, &names, name.value, place, ": " + std::string(text(name)));
  for (std::size_t i = 0; i < names.count; ++i)
    if (names.names[i] == name) return false;
  RCUSCOPE_ASSERT(names.count < name_set::capacity, names.count);
  names.names[names.count++] = name;
  return true;
}

bool Recording::remove_name(name_set& names, StringId name, EventKind kind, Place place) const {
  might_sleep(describe(kind).name, place);
  log_->check_alive(&names, names.name, place);
  log_->record(kind, &names, name.value, place, ": " + std::string(text(name)));
  for (std::size_t i = 0; i < names.count; ++i) {
    if (names.names[i] != name) continue;
    names.names[i] = names.names[--names.count];
    return true;
  }
  return false;
}

void Recording::might_sleep(std::string_view what, Place place) const {
  log_->check_may_sleep(what, place);
}

}  // namespace rcuscope
