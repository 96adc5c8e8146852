// SPDX-License-Identifier: LGPL-2.1-or-later
// The rules of Documentation/RCU/checklist for grace periods and callbacks, each as a pair: one
// scenario that breaks the rule, one that keeps it.
#include "scenario/entries.h"
#include "scenario/parts.h"

namespace rcuscope {
namespace {

/// A callback that takes a mutex, or leaves that to a work item.
template <World W, class S>
void block_in_callback(Kernel<W, S>& k, bool uses_work) {
  const auto shelf = make_shelf(k);
  const auto count_down = [&k, shelf] {
    k.world.mutex_lock(shelf->mutex);
    k.world.write(shelf->count, 0, Access::once);
    k.world.mutex_unlock(shelf->mutex);
  };
  k.world.init_work(shelf->work, "clean-up", count_down);
  k.declare(ActorKind::process, "updater", [&k, shelf, count_down, uses_work] {
    if (uses_work)
      k.world.queue_rcu_work(shelf->work);
    else
      k.world.call_rcu("clean-up", count_down);
  });
}

/// An interrupt takes an entry away and waits for readers, or has them waited for.
template <World W, class S>
void free_in_interrupt(Kernel<W, S>& k, bool waits) {
  const auto shelf = make_shelf(k);
  k.world.write(shelf->current, make_item(k, "a"), Access::assign);
  k.declare(ActorKind::softirq, "timer", [&k, shelf, waits] {
    const auto old = k.world.exchange(shelf->current, nullptr, Access::full);
    if (waits) k.world.synchronize_rcu();
    if (waits)
      k.world.kfree(old);
    else
      k.world.kfree_rcu(old);
  });
}

/// Two callbacks count what they freed.
template <World W, class S>
void count_in_callbacks(Kernel<W, S>& k, bool is_atomic) {
  const auto shelf = make_shelf(k);
  const auto count = [&k, shelf, is_atomic] {
    if (is_atomic)
      k.world.fetch_add(shelf->count, 1, Access::full);
    else
      k.world.write(shelf->count, k.world.read(shelf->count, Access::once) + 1, Access::once);
  };
  k.declare(ActorKind::process, "updater", [&k, count] {
    for (const char* name : {"first callback", "second callback"}) k.world.call_rcu(name, count);
  });
  k.at_end([&k, shelf] {
    warn_on(k, k.world.read(shelf->count, Access::once) != 2, "an increment is lost");
  });
}

/// The same entry is handed to kfree_rcu by everybody who meets it, or by the one who took it.
template <World W, class S>
void free_twice(Kernel<W, S>& k, bool takes_it) {
  const auto shelf = make_shelf(k);
  k.world.write(shelf->current, make_item(k, "a"), Access::assign);
  for (const char* name : {"first updater", "second updater"})
    k.declare(ActorKind::process, name, [&k, shelf, takes_it] {
      const auto old = takes_it ? k.world.exchange(shelf->current, nullptr, Access::full)
                                : k.world.read(shelf->current, Access::once);
      if (!takes_it) k.world.write(shelf->current, nullptr, Access::once);
      if (old) k.world.kfree_rcu(old);
    });
}

enum class Wait { none, synchronize_rcu, rcu_barrier };

/// A module queues a callback of its own and is unloaded.
template <World W, class S>
void unload_module(Kernel<W, S>& k, Wait wait) {
  const auto text = make_item(k, "module text");
  k.declare(ActorKind::process, "rmmod", [&k, text, wait] {
    k.world.call_rcu("callback in the module",
                     [&k, text] { k.world.read(text->value, Access::once); });
    if (wait == Wait::synchronize_rcu) k.world.synchronize_rcu();
    if (wait == Wait::rcu_barrier) k.world.rcu_barrier();
    k.world.kfree(text);
  });
}

const Entry rows[] = {
    {.name = "checklist_05_callback_blocks",
     .title = "a call_rcu callback takes a mutex",
     .question = "What may a callback do?",
     .expect = "sleeping_in_atomic",
     .reason = "callbacks run with bottom halves off",
     .explanation = "A callback runs in softirq or in a thread with bottom halves off: it may not "
                    "sleep, and mutex_lock may.",
     .fact = "checklist 5",
     .bodies = both([](auto& k) { block_in_callback(k, false); })},
    {.name = "checklist_05_callback_queues_work",
     .title = "queue_rcu_work for clean-up that takes a mutex",
     .question = "What if the clean-up has to block?",
     .expect = "SAFE",
     .reason = "a work item may sleep",
     .explanation = "queue_rcu_work runs the function in process context after a grace period.",
     .fact = "checklist 5",
     .bodies = both([](auto& k) { block_in_callback(k, true); })},
    {.name = "checklist_06_synchronize_rcu_in_softirq",
     .title = "synchronize_rcu in a timer",
     .question = "Where may synchronize_rcu be called?",
     .expect = "sleeping_in_atomic",
     .also = "deadlock",
     .reason = "synchronize_rcu blocks",
     .explanation = "synchronize_rcu blocks, which no interrupt context may. A softirq is a reader "
                    "as well, so it would wait for itself.",
     .fact = "checklist 6",
     .bodies = both([](auto& k) { free_in_interrupt(k, true); })},
    {.name = "checklist_06_kfree_rcu_in_softirq",
     .title = "kfree_rcu in a timer",
     .question = "What can an interrupt do instead?",
     .expect = "SAFE",
     .reason = "kfree_rcu and call_rcu do not wait",
     .explanation = "kfree_rcu and call_rcu may be called in any context: somebody else waits.",
     .fact = "checklist 6",
     .bodies = both([](auto& k) { free_in_interrupt(k, false); })},
    {.name = "checklist_12_callbacks_share_counter",
     .title = "two callbacks increment one counter without protection",
     .question = "Do callbacks exclude each other?",
     .expect = "warn_on",
     .reason = "callbacks run in parallel, on any CPU",
     .explanation = "Callbacks of one updater may run in parallel on several CPUs: one of two "
                    "increments is lost.",
     .fact = "checklist 12",
     .bodies = both([](auto& k) { count_in_callbacks(k, false); })},
    {.name = "checklist_12_callbacks_use_atomic",
     .title = "two callbacks increment one counter atomically",
     .question = "What do callbacks need?",
     .expect = "SAFE",
     .reason = "an atomic increment loses nothing",
     .explanation = "What callbacks share is protected like anything else that CPUs share.",
     .fact = "checklist 12",
     .bodies = both([](auto& k) { count_in_callbacks(k, true); })},
    {.name = "checklist_16_kfree_rcu_twice",
     .title = "two updaters hand the same entry to kfree_rcu",
     .question = "What finds an object that is queued twice?",
     .expect = "double_free",
     .also = "use_after_free",
     .reason = "both saw the pointer before either cleared it",
     .explanation = "Nobody owns the entry exclusively, so both hand it on. In a kernel "
                    "CONFIG_DEBUG_OBJECTS_RCU_HEAD finds it.",
     .fact = "checklist 16",
     .bodies = both([](auto& k) { free_twice(k, false); })},
    {.name = "checklist_16_kfree_rcu_once",
     .title = "only the updater that took the entry frees it",
     .question = "And with one owner?",
     .expect = "SAFE",
     .reason = "xchg gives the entry to one of them",
     .explanation = "xchg hands the pointer to exactly one updater, and only that one frees it.",
     .fact = "checklist 16",
     .bodies = both([](auto& k) { free_twice(k, true); })},
    {.name = "checklist_17_unload_without_barrier",
     .title = "a module is unloaded with its callback still queued",
     .question = "What does a module owe its callbacks?",
     .expect = "use_after_free",
     .reason = "the callback's code is gone when it runs",
     .explanation = "The callback is code of the module. Unloaded too early, it runs freed text.",
     .fact = "checklist 17",
     .bodies = both([](auto& k) { unload_module(k, Wait::none); })},
    {.name = "checklist_17_unload_after_synchronize_rcu",
     .title = "a module waits with synchronize_rcu before it is unloaded",
     .question = "Is synchronize_rcu enough?",
     .expect = "use_after_free",
     .reason = "synchronize_rcu waits for readers, not for callbacks",
     .explanation = "A grace period may end and its callbacks still be queued: synchronize_rcu "
                    "promises nothing about them.",
     .fact = "checklist 17",
     .bodies = both([](auto& k) { unload_module(k, Wait::synchronize_rcu); })},
    {.name = "checklist_17_unload_after_rcu_barrier",
     .title = "a module waits with rcu_barrier before it is unloaded",
     .question = "What is rcu_barrier for?",
     .expect = "SAFE",
     .reason = "rcu_barrier returns when every queued callback has run",
     .explanation = "rcu_barrier waits for all callbacks that were queued before it.",
     .fact = "checklist 17",
     .bodies = both([](auto& k) { unload_module(k, Wait::rcu_barrier); })},
};

}  // namespace

std::span<const Entry> callback_rule_entries() { return rows; }

}  // namespace rcuscope
