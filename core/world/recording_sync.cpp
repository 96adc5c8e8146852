// SPDX-License-Identifier: LGPL-2.1-or-later
// Spinlocks, what is switched off, sleepable RCU, polled grace periods and completions of a
// Recording world.
#include <algorithm>

#include "world/recording.h"

namespace rcuscope {

// --- spinlocks and what is switched off

bool RecordingLog::has_switched_off(const Actor& actor) {
  return actor.off.irq || actor.off.bh > 0 || actor.off.preempt > 0 ||
         !actor.held_spinlocks.empty();
}

void RecordingLog::spin_lock(RecordedSpinlock& lock, SpinMode mode, const Place& place) {
  check_alive(&lock, lock.name, place);
  named_object_id(&lock, "spinlock", lock.name);
  if (lock.owner == current_)
    report(FindingKind::deadlock, &lock,
           "WARNING: possible recursive locking detected: " + std::string(lock.name), place);
  if (lock.owner.is_valid())
    report(FindingKind::deadlock, &lock,
           "'" + me().name + "' spins on " + lock.name + ", which '" +
               actors_[static_cast<std::size_t>(lock.owner.value)].name + "' holds and waits",
           place);
  lock.owner = current_;
  me().held_spinlocks.push_back({&lock, me().off.irq});
  if (mode == SpinMode::bh) ++me().off.bh;
  if (mode == SpinMode::irq || mode == SpinMode::irqsave) me().off.irq = true;
  record(EventKind::spin_lock, &lock, -1, place);
}

void RecordingLog::spin_unlock(RecordedSpinlock& lock, SpinMode mode, const Place& place) {
  check_alive(&lock, lock.name, place);
  std::vector<HeldSpinlock>& all = me().held_spinlocks;
  const auto held = std::find_if(all.begin(), all.end(),
                                 [&lock](const HeldSpinlock& one) { return one.lock == &lock; });
  if (held == all.end())
    return report(FindingKind::lock_imbalance, &lock,
                  "WARNING: bad unlock balance detected! " + std::string(lock.name) +
                      " is not held by '" + me().name + "'",
                  place);
  record(EventKind::spin_unlock, &lock, -1, place);
  lock.owner = {};
  if (mode == SpinMode::bh && me().off.bh > 0) --me().off.bh;
  if (mode == SpinMode::irq) me().off.irq = false;
  if (mode == SpinMode::irqsave) me().off.irq = held->had_irq_off;
  all.erase(held);
}

void RecordingLog::switch_off(Mask what, bool is_off, const Place& place) {
  Off& off = me().off;
  const bool has_partner =
      is_off || what == Mask::irq || (what == Mask::bh && off.bh > off.rcu_bh) ||
      (what == Mask::preempt && off.preempt > off.rcu_sched) ||
      (what == Mask::rcu_bh && off.rcu_bh > 0) || (what == Mask::rcu_sched && off.rcu_sched > 0);
  if (!has_partner)
    return report(FindingKind::lock_imbalance, nullptr,
                  "WARNING: bad unlock balance detected! " + std::string(on_name(what)) +
                      " without " + std::string(off_name(what)),
                  place);
  const int change = is_off ? 1 : -1;
  if (what == Mask::irq) off.irq = is_off;
  if (what == Mask::bh || what == Mask::rcu_bh) off.bh += change;
  if (what == Mask::preempt || what == Mask::rcu_sched) off.preempt += change;
  if (what == Mask::rcu_bh) off.rcu_bh += change;
  if (what == Mask::rcu_sched) off.rcu_sched += change;
  record(EventKind::context_mask, nullptr,
         (off.irq ? 1 : 0) | (off.bh > 0 ? 2 : 0) | (off.preempt > 0 ? 4 : 0), place);
}

/// What check_balance() does for what this file brings in.
void RecordingLog::check_switched_on() {
  Actor& actor = me();
  const auto report_end = [this, &actor](const std::string& how) {
    report(FindingKind::lock_imbalance, nullptr, "WARNING: '" + actor.name + "' ends " + how,
           Place::current());
  };
  for (const SrcuSection& section : actor.srcu_sections)
    report_end("inside a read-side critical section of " + std::string(section.domain->name));
  for (const HeldSpinlock& held : actor.held_spinlocks)
    report_end("with lock held: " + std::string(held.lock->name));
  if (actor.held_spinlocks.empty()) {
    if (actor.off.irq) report_end("with interrupts off");
    if (actor.off.bh > 0) report_end("with bottom halves off");
    if (actor.off.preempt > 0) report_end("with preemption off");
  }
  actor.srcu_sections.clear();
  actor.held_spinlocks.clear();
  actor.off = {};
}

// --- sleepable RCU

int RecordingLog::srcu_read_lock(RecordedSrcu& domain, const Place& place) {
  check_alive(&domain, domain.name, place);
  named_object_id(&domain, "srcu_struct", domain.name);
  int index = 0;
  for (const SrcuSection& section : me().srcu_sections)
    if (section.domain == &domain) index = std::max(index, section.index + 1);
  me().srcu_sections.push_back({&domain, index});
  record(EventKind::srcu_read_lock, &domain, index, place);
  return index;
}

void RecordingLog::srcu_read_unlock(RecordedSrcu& domain, int index, const Place& place) {
  check_alive(&domain, domain.name, place);
  const auto closed = std::erase_if(me().srcu_sections, [&](const SrcuSection& section) {
    return section.domain == &domain && section.index == index;
  });
  if (closed == 0)
    return report(
        FindingKind::lock_imbalance, &domain,
        "WARNING: bad unlock balance detected! srcu_read_unlock without srcu_read_lock of "
        "that index",
        place);
  record(EventKind::srcu_read_unlock, &domain, index, place);
}

void RecordingLog::synchronize_srcu(RecordedSrcu& domain, const Place& place) {
  check_may_sleep("synchronize_srcu", place);
  check_alive(&domain, domain.name, place);
  const auto has_section = [&domain](const Actor& actor) {
    return std::any_of(actor.srcu_sections.begin(), actor.srcu_sections.end(),
                       [&domain](const SrcuSection& section) { return section.domain == &domain; });
  };
  if (has_section(me()))
    report(
        FindingKind::suspicious_rcu_usage, &domain,
        "WARNING: suspicious RCU usage: Illegal synchronize_srcu() in same-type SRCU (or in RCU) "
        "read-side critical section!",
        place);
  const GracePeriodId grace_period = new_grace_period();
  record(EventKind::synchronize_rcu_start, nullptr, 0, place, {}, grace_period);
  record(EventKind::grace_period_start, nullptr, 0, place, {}, grace_period);
  for (const Actor& actor : actors_)
    if (has_section(actor))
      report(FindingKind::deadlock, &domain,
             "grace period of " + std::string(domain.name) + " waits for '" + actor.name +
                 "', which cannot go on",
             place);
  record(EventKind::grace_period_end, nullptr, -1, place, {}, grace_period);
  record(EventKind::synchronize_rcu_end, nullptr, -1, place, {}, grace_period);
}

void RecordingLog::call_srcu(RecordedSrcu& domain, std::string name, Callback callback,
                             const Place& place) {
  check_alive(&domain, domain.name, place);
  const ActorId actor = add_actor(std::move(name), ActorKind::kworker);
  record(EventKind::call_rcu, nullptr, actor.value, place, {}, new_grace_period());
  const auto run = [this, callback = std::move(callback)] {
    ++me().off.bh;
    callback();
    if (me().off.bh > 0) --me().off.bh;
  };
  deferred_.push_back({ActorKind::kworker, actor, run, -1, nullptr, {}, &domain});
}

void RecordingLog::srcu_barrier(RecordedSrcu& domain, const Place& place) {
  check_may_sleep("srcu_barrier", place);
  check_alive(&domain, domain.name, place);
  std::vector<Deferred> awaited;
  for (const Deferred& deferred : deferred_)
    if (deferred.domain == &domain) awaited.push_back(deferred);
  std::erase_if(deferred_, [&domain](const Deferred& one) { return one.domain == &domain; });
  record(EventKind::rcu_barrier_start, nullptr, static_cast<std::int64_t>(awaited.size()), place);
  for (Deferred& deferred : awaited) run_deferred(std::move(deferred));
  record(EventKind::rcu_barrier_end, nullptr, -1, place);
}

// --- completions, and loops that wait: what is deferred runs, as nobody else can

void RecordingLog::complete(RecordedCompletion& done, const Place& place) {
  check_alive(&done, done.name, place);
  named_object_id(&done, "completion", done.name);
  record(EventKind::complete, &done, ++done.done, place);
}

void RecordingLog::wait_for_completion(RecordedCompletion& done, const Place& place) {
  check_may_sleep("wait_for_completion", place);
  check_alive(&done, done.name, place);
  named_object_id(&done, "completion", done.name);
  if (done.done == 0) run_all_deferred();
  if (done.done == 0)
    report(FindingKind::deadlock, &done,
           "'" + me().name + "' waits for the completion " + done.name + ", which nobody completes",
           place);
  record(EventKind::wait_for_completion, &done, --done.done, place);
}

void RecordingLog::relax(const Place& place) {
  constexpr int patience = 1'000;
  const bool can_change = !deferred_.empty();
  run_all_deferred();
  me().relax_count = can_change ? 0 : me().relax_count + 1;
  if (me().relax_count > patience)
    report(FindingKind::stall, nullptr,
           "watchdog: BUG: soft lockup: '" + me().name +
               "' goes round in a loop, and nobody is left to change what it waits for",
           place);
}

// --- Recording

bool Recording::spin_trylock(spinlock& lock, Place place) const {
  log_->check_alive(&lock, lock.name, place);
  if (lock.owner.is_valid()) return false;
  log_->spin_lock(lock, SpinMode::plain, place);
  return true;
}

bool Recording::srcu_read_lock_held(const srcu_struct& domain) const {
  const auto& sections = log_->me().srcu_sections;
  return std::any_of(sections.begin(), sections.end(),
                     [&domain](const auto& section) { return section.domain == &domain; });
}

std::int64_t Recording::start_poll_synchronize_rcu(Place place) const {
  const std::int64_t cookie = get_state_synchronize_rcu(place);
  const GracePeriodId grace_period = log_->new_grace_period();
  log_->deferred_.push_back(
      {ActorKind::grace_period, log_->current_, [] {}, -1, nullptr, grace_period});
  return cookie;
}

void Recording::cond_synchronize_rcu(std::int64_t cookie, Place place) const {
  if (poll_state_synchronize_rcu(cookie, place))
    might_sleep("cond_synchronize_rcu", place);
  else
    log_->synchronize(false, place);
}

void Recording::rcu_barrier(Place place) const {
  log_->wait_for_deferred(
      "rcu_barrier", [](const auto& one) { return one.kind == ActorKind::callback; }, place);
}

void Recording::kvfree_rcu_barrier(Place place) const {
  log_->wait_for_deferred(
      "kvfree_rcu_barrier", [](const auto& one) { return one.kind == ActorKind::grace_period; },
      place);
}

void Recording::flush_workqueue(Place place) const {
  log_->wait_for_deferred("flush_workqueue", [](const auto& one) { return one.work >= 0; }, place);
}

}  // namespace rcuscope
