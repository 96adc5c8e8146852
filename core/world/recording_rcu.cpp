// SPDX-License-Identifier: LGPL-2.1-or-later
// Contexts, locks, grace periods and deferred work of a Recording world.
#include <algorithm>

#include "base/assert.h"
#include "world/recording.h"

namespace rcuscope {

void RecordingLog::check_may_sleep(std::string_view what, const Place& place) {
  if (!is_reader()) return;
  report(FindingKind::sleeping_in_atomic, nullptr,
         "BUG: sleeping function called from invalid context: " + std::string(what) + " in '" +
             me().name + "' (" + std::string(to_string(me().kind)) + ")",
         place);
}

void RecordingLog::mutex_lock(RecordedMutex& lock, const Place& place) {
  check_alive(&lock, lock.name, place);
  check_may_sleep("mutex_lock", place);
  named_object_id(&lock, "mutex", lock.name);
  if (lock.owner == current_)
    report(FindingKind::deadlock, &lock,
           "WARNING: possible recursive locking detected: " + std::string(lock.name), place);
  if (lock.owner.is_valid())
    report(FindingKind::deadlock, &lock,
           "'" + me().name + "' waits for " + lock.name + ", which '" +
               actors_[static_cast<std::size_t>(lock.owner.value)].name + "' holds and waits",
           place);
  lock.owner = current_;
  me().held.push_back(&lock);
  record(EventKind::mutex_lock, &lock, -1, place);
}

void RecordingLog::mutex_unlock(RecordedMutex& lock, const Place& place) {
  check_alive(&lock, lock.name, place);
  if (lock.owner != current_)
    return report(FindingKind::lock_imbalance, &lock,
                  "WARNING: bad unlock balance detected! " + std::string(lock.name) +
                      " is not held by '" + me().name + "'",
                  place);
  record(EventKind::mutex_unlock, &lock, -1, place);
  lock.owner = {};
  std::erase(me().held, &lock);
}

void RecordingLog::synchronize(bool is_expedited, const Place& place) {
  const char* const name = is_expedited ? "synchronize_rcu_expedited" : "synchronize_rcu";
  check_may_sleep(name, place);
  if (me().nesting > 0)
    report(FindingKind::suspicious_rcu_usage, nullptr,
           "WARNING: suspicious RCU usage: Illegal " + std::string(name) +
               "() in RCU read-side critical section!",
           place);
  const GracePeriodId grace_period = new_grace_period();
  record(EventKind::synchronize_rcu_start, nullptr, is_expedited, place, {}, grace_period);
  record(EventKind::grace_period_start, nullptr, is_reader(), place, {}, grace_period);
  if (is_reader())
    report(FindingKind::deadlock, nullptr,
           "grace period waits for its own caller '" + me().name + "', a pre-existing reader",
           place);
  end_grace_period(grace_period);
  record(EventKind::grace_period_end, nullptr, -1, place, {}, grace_period);
  record(EventKind::synchronize_rcu_end, nullptr, -1, place, {}, grace_period);
}

/// rcu_barrier and its kin: runs those that are meant.
void RecordingLog::wait_for_deferred(const char* name, bool (*is_meant)(const Deferred&),
                                     const Place& place) {
  check_may_sleep(name, place);
  std::vector<Deferred> awaited;
  std::copy_if(deferred_.begin(), deferred_.end(), std::back_inserter(awaited), is_meant);
  std::erase_if(deferred_, is_meant);
  record(EventKind::rcu_barrier_start, nullptr, static_cast<std::int64_t>(awaited.size()), place);
  for (Deferred& deferred : awaited) run_deferred(std::move(deferred));
  record(EventKind::rcu_barrier_end, nullptr, -1, place);
}

void RecordingLog::end_grace_period(GracePeriodId id) {
  if (id.is_valid()) ended_grace_period_ = std::max<std::int64_t>(ended_grace_period_, id.value);
}

void RecordingLog::run_deferred(Deferred deferred) {
  end_grace_period(deferred.grace_period);
  switch (deferred.kind) {
    case ActorKind::callback:
      return run_as(deferred.actor, EventKind::callback_start, EventKind::callback_end, nullptr,
                    deferred.function);
    case ActorKind::kworker: {
      if (deferred.work < 0)  // call_srcu
        return run_as(deferred.actor, EventKind::actor_start, EventKind::actor_end, nullptr,
                      deferred.function);
      Work& work = works_[static_cast<std::size_t>(deferred.work)];
      work.is_pending = false;
      return run_as(deferred.actor, EventKind::work_start, EventKind::work_end,
                    deferred.work_address, work.function);
    }
    default:
      return deferred.function();
  }
}

void RecordingLog::run_all_deferred() {
  while (!deferred_.empty()) {
    Deferred next = std::move(deferred_.front());
    deferred_.pop_front();
    run_deferred(std::move(next));
  }
}

RecordingLog::Work& RecordingLog::work_of(RecordedWork& work, const Place& place) {
  check_alive(&work, work.name, place);
  RCUSCOPE_ASSERT(work.index >= 0, work.name);  // init_work comes first
  Work& known = works_[static_cast<std::size_t>(work.index)];
  named_object_id(&work, "work_struct", known.name);
  return known;
}

bool RecordingLog::queue(RecordedWork& work, EventKind how, const Place& place) {
  Work& known = work_of(work, place);
  if (known.is_pending || known.disable_count > 0) {
    record(how, &work, -1, place);
    return false;
  }
  known.is_pending = true;
  const ActorId worker = add_actor(known.name, ActorKind::kworker);
  record(how, &work, worker.value, place);
  deferred_.push_back({ActorKind::kworker, worker, {}, work.index, &work, {}});
  return true;
}

/// Return: whether the work was pending; it is then in `taken` and no longer queued.
bool RecordingLog::take_deferred(std::int32_t work, Deferred& taken) {
  const auto found = std::find_if(deferred_.begin(), deferred_.end(),
                                  [&](const Deferred& d) { return d.work == work; });
  if (found == deferred_.end()) return false;
  taken = std::move(*found);
  deferred_.erase(found);
  return true;
}

bool RecordingLog::cancel(RecordedWork& work, bool disable, const Place& place) {
  check_may_sleep(disable ? "disable_work_sync" : "cancel_work_sync", place);
  Work& known = work_of(work, place);
  Deferred cancelled;
  const bool was_pending = take_deferred(work.index, cancelled);
  record(EventKind::cancel_work_start, &work, was_pending, place);
  known.is_pending = false;
  known.disable_count += disable ? 1 : 0;
  record(EventKind::cancel_work_end, &work, -1, place);
  return was_pending;
}

void RecordingLog::flush(RecordedWork& work, const char* what, const Place& place) {
  check_may_sleep(what, place);
  work_of(work, place);
  record(EventKind::flush_work_start, &work, -1, place);
  Deferred pending;
  if (take_deferred(work.index, pending)) run_deferred(std::move(pending));
  record(EventKind::flush_work_end, &work, -1, place);
}

// --- Recording

void Recording::call_rcu(std::string name, Callback callback, Place place) const {
  const ActorId actor = log_->add_actor(std::move(name), ActorKind::callback);
  const GracePeriodId grace_period = log_->new_grace_period();
  log_->record(EventKind::call_rcu, nullptr, actor.value, place, {}, grace_period);
  log_->deferred_.push_back(
      {ActorKind::callback, actor, std::move(callback), -1, nullptr, grace_period});
}

void Recording::free_after_grace_period(const void* object, const Place& place) const {
  if (object == nullptr) return;
  log_->check_alive(object, "kfree_rcu", place);
  const GracePeriodId grace_period = log_->new_grace_period();
  log_->record(EventKind::kfree_rcu, object, -1, place, {}, grace_period);
  log_->deferred_.push_back({ActorKind::grace_period, log_->current_,
                             [log = log_, object, place] { log->free_object(object, place); }, -1,
                             nullptr, grace_period});
}

void Recording::init_work(work_struct& work, std::string name, Callback function) const {
  work.index = static_cast<std::int32_t>(log_->works_.size());
  log_->works_.push_back({std::move(name), std::move(function)});
}

bool Recording::enable_work(work_struct& work, Place place) const {
  auto& known = log_->work_of(work, place);
  if (known.disable_count > 0) --known.disable_count;
  return known.disable_count == 0;
}

}  // namespace rcuscope
