// SPDX-License-Identifier: LGPL-2.1-or-later
// The rules of Documentation/RCU/checklist for matching, sleeping and interrupted sections, each as
// a pair: one scenario that breaks the rule, one that keeps it.
#include "scenario/entries.h"
#include "scenario/parts.h"

namespace rcuscope {
namespace {

/// A pointer with readers and grace periods of one kind or another.
template <World W>
struct Protected {
  typename W::srcu_struct srcu{"srcu"};
  typename W::template shared<ptr<Item<W>>> current{"current", nullptr};
};

enum class Reader { rcu, bh_off, preempt_off, srcu };

template <World W, class S>
void read_in(Kernel<W, S>& k, ptr<Protected<W>> domain, Reader reader, bool sleeps) {
  W& w = k.world;
  int index = 0;
  if (reader == Reader::rcu) w.rcu_read_lock();
  if (reader == Reader::bh_off) w.mask(Mask::bh);
  if (reader == Reader::preempt_off) w.mask(Mask::preempt);
  if (reader == Reader::srcu) index = w.srcu_read_lock(domain->srcu);
  const auto found = w.read(domain->current, Access::dereference);
  if (sleeps) w.might_sleep("mutex_lock");
  w.read(found->value, Access::plain);
  if (reader == Reader::rcu) w.rcu_read_unlock();
  if (reader == Reader::bh_off) w.unmask(Mask::bh);
  if (reader == Reader::preempt_off) w.unmask(Mask::preempt);
  if (reader == Reader::srcu) w.srcu_read_unlock(domain->srcu, index);
}

/// One reader of a kind against an updater that waits for readers of a kind.
template <World W, class S>
void match(Kernel<W, S>& k, Reader reader, bool waits_for_srcu, bool sleeps = false) {
  const auto domain = k.world.template kzalloc<Protected<W>>("shelf", "shelf", Place::current());
  k.world.set_lifetime(domain.raw(), Lifetime::root);
  k.world.write(domain->current, make_item(k, "old", 1), Access::assign);
  k.declare(ActorKind::process, "reader",
            [&k, domain, reader, sleeps] { read_in(k, domain, reader, sleeps); });
  k.declare(ActorKind::process, "updater", [&k, domain, waits_for_srcu] {
    const auto fresh = make_item(k, "new", 2);
    const auto old = k.world.read(domain->current, Access::plain);
    k.world.write(domain->current, fresh, Access::assign);
    if (waits_for_srcu)
      k.world.synchronize_srcu(domain->srcu);
    else
      k.world.synchronize_rcu();
    k.world.kfree(old);
  });
}

template <World W>
struct Locked {
  typename W::spinlock lock{"lock"};
  typename W::template shared<std::int64_t> count{"count", 0};
};

/// A lock of a process that a softirq on the same CPU takes, too, as a callback may.
template <World W, class S>
void share_lock_with_softirq(Kernel<W, S>& k, SpinMode mode) {
  const auto locked = k.world.template kzalloc<Locked<W>>("shelf", "shelf", Place::current());
  k.world.set_lifetime(locked.raw(), Lifetime::root);
  const auto count = [&k, locked](SpinMode how) {
    k.world.spin_lock(locked->lock, how);
    k.world.write(locked->count, k.world.read(locked->count, Access::plain) + 1, Access::plain);
    k.world.spin_unlock(locked->lock, how);
  };
  k.declare(ActorKind::process, "updater", [count, mode] { count(mode); }, CpuId{0});
  k.declare(ActorKind::softirq, "callbacks", [count] { count(SpinMode::plain); }, CpuId{0});
}

template <World W>
struct Flags {
  typename W::template shared<std::int64_t> one{"one", 0};
  typename W::template shared<std::int64_t> two{"two", 0};
  typename W::template shared<std::int64_t> blind{"blind", 0};  ///< Who saw the other's flag down.
};

/// Two actors raise a flag each in a section and look for the other's flag behind it: one of them
/// at least must see it. The ends of sections order nothing.
template <World W, class S>
void raise_flags(Kernel<W, S>& k, bool has_barrier) {
  const auto flags = k.world.template kzalloc<Flags<W>>("flags", "flags", Place::current());
  k.world.set_lifetime(flags.raw(), Lifetime::root);
  const auto raise = [&k, flags, has_barrier](auto& own, auto& other) {
    k.world.rcu_read_lock();
    k.world.write(own, 1, Access::once);
    k.world.rcu_read_unlock();
    if (has_barrier) k.world.memory_barrier(Barrier::full);
    if (k.world.read(other, Access::once) == 0) k.world.fetch_add(flags->blind, 1, Access::relaxed);
  };
  k.declare(ActorKind::process, "one", [flags, raise] { raise(flags->one, flags->two); });
  k.declare(ActorKind::process, "two", [flags, raise] { raise(flags->two, flags->one); });
  k.at_end([&k, flags] {
    warn_on(k, k.world.read(flags->blind, Access::once) == 2, "neither saw the other's flag");
  });
}

const Entry rows[] = {
    {.name = "checklist_07_srcu_reader_rcu_updater",
     .title = "a reader of SRCU, and an updater that calls synchronize_rcu",
     .question = "Does synchronize_rcu wait for SRCU readers?",
     .expect = "use_after_free",
     .reason = "a grace period of RCU does not know of SRCU sections",
     .explanation = "Readers and updaters have to use the same flavor, and for SRCU the same "
                    "srcu_struct.",
     .fact = "checklist 7",
     .bodies = both([](auto& k) { match(k, Reader::srcu, false); })},
    {.name = "checklist_07_rcu_reader_srcu_updater",
     .title = "a reader of RCU, and an updater that calls synchronize_srcu",
     .question = "And the other way round?",
     .expect = "use_after_free",
     .reason = "a grace period of SRCU waits for its own domain only",
     .explanation = "synchronize_srcu waits for explicit sections of its domain and nothing else.",
     .fact = "checklist 7",
     .bodies = both([](auto& k) { match(k, Reader::rcu, true); })},
    {.name = "checklist_07_srcu_on_both_sides",
     .title = "SRCU on both sides",
     .question = "And with the same domain on both sides?",
     .expect = "SAFE",
     .reason = "synchronize_srcu waits for the section",
     .explanation = "Both sides name the same srcu_struct.",
     .fact = "checklist 7",
     .bodies = both([](auto& k) { match(k, Reader::srcu, true); })},
    {.name = "checklist_07_bh_reader_rcu_updater",
     .title = "a reader with bottom halves off, and synchronize_rcu",
     .question = "May a reader just turn bottom halves off?",
     .expect = "SAFE",
     .reason = "since 4.20 one grace period waits for all of them",
     .explanation = "Code with bottom halves off is a reader for synchronize_rcu and call_rcu.",
     .fact = "checklist 7",
     .bodies = both([](auto& k) { match(k, Reader::bh_off, false); })},
    {.name = "checklist_07_preempt_reader_rcu_updater",
     .title = "a reader with preemption off, and synchronize_rcu",
     .question = "Or preemption?",
     .expect = "SAFE",
     .reason = "code with preemption off is a reader, too",
     .explanation = "Code with preemption off is a reader for synchronize_rcu and call_rcu.",
     .fact = "checklist 7",
     .bodies = both([](auto& k) { match(k, Reader::preempt_off, false); })},
    {.name = "checklist_11_lock_of_softirq_taken_with_bh_on",
     .title = "a lock that a callback takes is taken elsewhere with bottom halves on",
     .question = "How does one lock against a callback?",
     .expect = "deadlock",
     .reason = "the softirq interrupts the holder on its own CPU and spins for ever",
     .explanation = "Callbacks run in softirq. One that interrupts the holder of the lock on the "
                    "same CPU spins on it for ever.",
     .fact = "checklist 11",
     .bodies = both([](auto& k) { share_lock_with_softirq(k, SpinMode::plain); })},
    {.name = "checklist_11_lock_of_softirq_taken_with_bh_off",
     .title = "the same lock taken with spin_lock_bh",
     .question = "And with spin_lock_bh?",
     .expect = "SAFE",
     .reason = "no softirq interrupts the holder",
     .explanation = "With bottom halves off no softirq runs on the holder's CPU; on another one it "
                    "spins until the lock is free.",
     .fact = "checklist 11",
     .bodies = both([](auto& k) { share_lock_with_softirq(k, SpinMode::bh); })},
    {.name = "checklist_13_sleep_in_rcu_section",
     .title = "a reader that sleeps in a section of RCU",
     .question = "May a reader sleep?",
     .expect = "sleeping_in_atomic",
     .reason = "a section of RCU must not block",
     .explanation = "Blocking in a read-side critical section holds up every grace period.",
     .fact = "checklist 13",
     .bodies = both([](auto& k) { match(k, Reader::rcu, false, true); })},
    {.name = "checklist_13_sleep_in_srcu_section",
     .title = "a reader that sleeps in a section of SRCU",
     .question = "And in a section of SRCU?",
     .expect = "SAFE",
     .reason = "that is what SRCU is for",
     .explanation = "A section of SRCU may sleep; it holds up the grace periods of its own domain "
                    "only.",
     .fact = "checklist 13",
     .bodies = both([](auto& k) { match(k, Reader::srcu, true, true); })},
    {.name = "checklist_15_section_end_as_barrier",
     .title = "the end of a section is taken for a memory barrier",
     .question = "Does rcu_read_unlock order what comes before it and behind it?",
     .expect = "UNKNOWN",
     .reason = "in order only under sequential consistency: rcu_read_unlock orders nothing",
     .explanation = "Both may read before their own store is visible. Sequential consistency does "
                    "not show it, so no finding, and no SAFE either: the verdict names the two "
                    "accesses in doubt.",
     .fact = "checklist 15",
     .bodies = both([](auto& k) { raise_flags(k, false); })},
    {.name = "checklist_15_smp_mb_behind_section",
     .title = "smp_mb between the section and the next load",
     .question = "And with a full barrier behind the section?",
     .expect = "SAFE",
     .reason = "smp_mb orders the store before the load, on both sides",
     .explanation = "With a full barrier on both sides, whoever comes second sees the flag of the "
                    "one who came first.",
     .fact = "checklist 15",
     .bodies = both([](auto& k) { raise_flags(k, true); })},
};

}  // namespace

std::span<const Entry> section_rule_entries() { return rows; }

}  // namespace rcuscope
