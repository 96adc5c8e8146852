// SPDX-License-Identifier: LGPL-2.1-or-later
// Who gets the CPU: never an actor that an interrupt, itself unfinished, has interrupted.
#include "live/cpu.h"

#include <algorithm>

#include "live/repetition.h"

namespace rcuscope::live {
namespace {

/// A higher one interrupts a lower one.
int rank(const Actor& actor) {
  switch (context_of(actor.kind)) {
    case Context::hardirq:
      return 2;
    case Context::softirq:
      return 1;
    default:
      return 0;
  }
}

/// What keeps actors of a rank off the CPU.
bool excludes(const ContextMask& mask, int rank_of_other) {
  switch (rank_of_other) {
    case 0:
      return mask.any();
    case 1:
      return mask.irq_off || mask.bh_off > 0;
    default:
      return mask.irq_off;
  }
}

bool may_preempt(const Actor& actor, const Actor& running) {
  const bool is_higher = rank(actor) > rank(running) || (rank(actor) == 0 && rank(running) == 0);
  return is_higher && !excludes(running.mask, rank(actor));
}

/// True if `below`, which is on the CPU but does not run, keeps the actor from it. Who has slept
/// where it must not comes back all the same.
bool keeps_off(const Actor& below, const Actor& actor) {
  const bool comes_back = actor.has_started_on_cpu && (rank(actor) > 0 || actor.mask.any());
  return &below != &actor && below.has_started_on_cpu && rank(below) <= rank(actor) &&
         !comes_back && excludes(below.mask, rank(actor));
}

}  // namespace

CpuToken::CpuToken(std::uint64_t seed)
    : random_(seed), offers_for_a_change_(std::uint64_t{2} << random_.below(5)) {}

void CpuToken::announce(Actor& actor) {
  waiting_.push_back(&actor);
  waiting_count_.store(waiting_.size(), std::memory_order_relaxed);
}

void CpuToken::acquire(Actor& actor) {
  std::unique_lock lock(actor.repetition->mutex);
  const bool is_waiting = std::find(waiting_.begin(), waiting_.end(), &actor) != waiting_.end();
  if (!is_waiting && owner_ != &actor) waiting_.push_back(&actor);
  if (owner_ == nullptr) {
    grant_next();
    actor.repetition->changed.notify_all();
  }
  wait_for_grant(actor, lock);
}

void CpuToken::release(Actor& actor) {
  const std::lock_guard guard(actor.repetition->mutex);
  if (owner_ != &actor) return;  // the repetition was abandoned while it waited
  owner_ = nullptr;
  grant_next();
  actor.repetition->changed.notify_all();
}

void CpuToken::offer(Actor& actor) {
  if (waiting_count_.load(std::memory_order_relaxed) == 0) return;
  std::unique_lock lock(actor.repetition->mutex);
  const bool is_wanted =
      std::any_of(waiting_.begin(), waiting_.end(),
                  [&actor](const Actor* other) { return may_preempt(*other, actor); });
  if (owner_ != &actor || !is_wanted || !random_.is_chosen(1, offers_for_a_change_)) return;
  waiting_.push_back(&actor);
  owner_ = nullptr;
  grant_next();
  actor.repetition->changed.notify_all();
  const LiveHooks& hooks = actor.repetition->session().hooks();
  lock.unlock();
  if (hooks.before_wait) hooks.before_wait();
  lock.lock();
  wait_for_grant(actor, lock);
  lock.unlock();
  if (hooks.after_wait) hooks.after_wait();
}

/// Context: the repetition's lock is held.
void CpuToken::grant_next() {
  int level = 0;  // of the interrupt that runs on this CPU
  for (const Actor* actor : waiting_) {
    if (actor->has_started_on_cpu) level = std::max(level, rank(*actor));
  }
  std::vector<Actor*> candidates;
  for (Actor* actor : waiting_) {
    const bool interrupts = rank(*actor) > level;
    const bool goes_on = rank(*actor) == level && (level == 0 || actor->has_started_on_cpu);
    const bool is_kept_off =
        std::any_of(waiting_.begin(), waiting_.end(),
                    [actor](const Actor* below) { return keeps_off(*below, *actor); });
    if ((interrupts || goes_on) && !is_kept_off) candidates.push_back(actor);
  }
  if (!candidates.empty()) {
    owner_ = candidates[random_.below(candidates.size())];
    owner_->has_started_on_cpu = true;
    std::erase(waiting_, owner_);
  }
  waiting_count_.store(waiting_.size(), std::memory_order_relaxed);
}

void CpuToken::wait_for_grant(Actor& actor, std::unique_lock<std::mutex>& lock) {
  waiting_count_.store(waiting_.size(), std::memory_order_relaxed);
  actor.wait.store(Wait::cpu);
  while (owner_ != &actor && !actor.repetition->is_abandoned()) {
    actor.repetition->changed.wait(lock);
  }
  std::erase(waiting_, &actor);
  waiting_count_.store(waiting_.size(), std::memory_order_relaxed);
  actor.wait.store(Wait::none);
}

}  // namespace rcuscope::live
