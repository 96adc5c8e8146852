// SPDX-License-Identifier: LGPL-2.1-or-later
// What a random actor does, in words of its own.
#pragma once

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/context.h"
#include "base/ids.h"
#include "base/random.h"

namespace rcuscope::testing {

enum class Action : std::uint8_t {
  read,
  write,
  fetch_add,
  mutex_section,  ///< The rest of the actor's actions run with the mutex held, then it is unlocked.
  reader_section,  ///< The rest of the actor's actions run in a read-side critical section.
  trylock,
  use_object,  ///< Through the pointer, with a NULL check.
  unpublish,
  free_object,
  synchronize_rcu,
  call_rcu_free,
  call_rcu_write,
  kfree_rcu,
  get,
  put,
  queue_work,
  queue_rcu_work,
  cancel_work,
  flush_work,
  rcu_barrier,
  spin_section,  ///< The rest of the actor's actions, as all that end in _section.
  spin_irq_section,
  spin_bh_section,
  irq_off_section,
  bh_off_section,
  preempt_off_section,
  spin_trylock,
  srcu_section,
  synchronize_srcu,
  call_srcu_write,
  srcu_barrier,
  take_cookie,
  start_poll,
  poll,  ///< With the cookie that some actor took last.
  cond_synchronize,
  complete,
  wait_for_completion,
  flush_workqueue,
  kvfree_rcu_barrier,
  await_relax,    ///< A loop until the location is not 0, with cpu_relax.
  await_plain,    ///< The same without.
  await_locked,   ///< A loop until the spinlock was free once.
  call_rcu_spin,  ///< The callback takes the spinlock.
  read_count,     ///< Of the references.
  get_unless_zero,
  put_if_set,             ///< Only if the location is not 0.
  spin_lock_irq_section,  ///< Unlocking turns interrupts on even if they were off before.
  leave_section,          ///< The innermost one, before the actor's other actions.
  read_plain,
  write_plain,
  load_acquire,
  store_release,
  full_barrier,
  read_barrier,
  write_barrier,
  exchange,
  compare_exchange,  ///< From 0.
  disable_work,
  enable_work,
  flush_rcu_work,
  add_name,  ///< One of two, in one set.
  remove_name,
  publish_new,   ///< An object of its own, in place of what is published.
  call_rcu_put,  ///< The callback gives the reference back.
  open_section,  ///< The actor never leaves it.
  irqs_off,      ///< Nobody turns them on again.
  unlock,        ///< Of the spinlock, or of the mutex, whoever holds it.
  count_
};

inline constexpr std::string_view action_names[] = {"read",
                                                    "write",
                                                    "fetch_add",
                                                    "mutex_section",
                                                    "reader_section",
                                                    "trylock",
                                                    "use_object",
                                                    "unpublish",
                                                    "free_object",
                                                    "synchronize_rcu",
                                                    "call_rcu_free",
                                                    "call_rcu_write",
                                                    "kfree_rcu",
                                                    "get",
                                                    "put",
                                                    "queue_work",
                                                    "queue_rcu_work",
                                                    "cancel_work",
                                                    "flush_work",
                                                    "rcu_barrier",
                                                    "spin_section",
                                                    "spin_irq",
                                                    "spin_bh",
                                                    "irq_off",
                                                    "bh_off",
                                                    "preempt_off",
                                                    "spin_trylock",
                                                    "srcu_section",
                                                    "synchronize_srcu",
                                                    "call_srcu",
                                                    "srcu_barrier",
                                                    "take_cookie",
                                                    "start_poll",
                                                    "poll",
                                                    "cond_synchronize",
                                                    "complete",
                                                    "wait_for_completion",
                                                    "flush_workqueue",
                                                    "kvfree_rcu_barrier",
                                                    "await_relax",
                                                    "await_plain",
                                                    "await_locked",
                                                    "call_rcu_spin",
                                                    "read_count",
                                                    "get_unless_zero",
                                                    "put_if_set",
                                                    "spin_lock_irq",
                                                    "leave_section",
                                                    "read_plain",
                                                    "write_plain",
                                                    "load_acquire",
                                                    "store_release",
                                                    "full_barrier",
                                                    "read_barrier",
                                                    "write_barrier",
                                                    "exchange",
                                                    "compare_exchange",
                                                    "disable_work",
                                                    "enable_work",
                                                    "flush_rcu_work",
                                                    "add_name",
                                                    "remove_name",
                                                    "publish_new",
                                                    "call_rcu_put",
                                                    "open_section",
                                                    "irqs_off",
                                                    "unlock"};
static_assert(std::size(action_names) == static_cast<std::size_t>(Action::count_));

inline std::string name_of(Action action) {
  return std::string(action_names[static_cast<std::size_t>(action)]);
}

/// What the generator may take: tests of a rule make it choose among few.
using Actions = std::vector<Action>;

inline Actions all_actions() {
  Actions all;
  for (int i = 0; i < static_cast<int>(Action::count_); ++i) all.push_back(static_cast<Action>(i));
  return all;
}

/// For searches that are told of no await sites.
inline Actions actions_without_loops() {
  Actions actions = all_actions();
  std::erase_if(actions, [](Action action) {
    return action == Action::await_relax || action == Action::await_plain ||
           action == Action::await_locked || action == Action::call_rcu_spin;
  });
  return actions;
}

struct RandomActor {
  ActorKind kind = ActorKind::process;
  CpuId cpu;
  std::vector<std::pair<Action, int>> actions;  ///< With the number of the variable.
};

struct RandomProgram {
  std::vector<RandomActor> actors;
};

inline RandomProgram generate(Random& random, const Actions& actions = all_actions()) {
  RandomProgram program;
  const std::uint64_t actor_count = 2 + random.below(3);
  const bool share_cpu = random.is_chosen(1, 3);
  for (std::uint64_t i = 0; i < actor_count; ++i) {
    RandomActor actor;
    if (random.is_chosen(1, 4))
      actor.kind = random.is_chosen(1, 2) ? ActorKind::hardirq : ActorKind::softirq;
    if (share_cpu) actor.cpu = CpuId{static_cast<std::int32_t>(random.below(2))};
    const std::uint64_t length = 1 + random.below(6 - actor_count);
    for (std::uint64_t k = 0; k < length; ++k)
      actor.actions.emplace_back(actions[random.below(actions.size())],
                                 static_cast<int>(random.below(2)));
    program.actors.push_back(std::move(actor));
  }
  return program;
}

/// The same with an actor that takes the action for sure.
inline RandomProgram generate_with(Random& random, Action action) {
  RandomProgram program = generate(random);
  auto& actions = program.actors[random.below(program.actors.size())].actions;
  actions[random.below(actions.size())].first = action;
  return program;
}

/// Leaves out one action, but not the last one of the kind to be kept. Return: false if nothing
/// else is left.
inline bool shorten(RandomProgram& program, Random& random, Action kept) {
  std::ptrdiff_t kept_count = 0;
  for (const RandomActor& actor : program.actors)
    kept_count += std::count_if(actor.actions.begin(), actor.actions.end(),
                                [kept](const auto& action) { return action.first == kept; });
  std::vector<std::pair<std::size_t, std::size_t>> candidates;
  for (std::size_t a = 0; a < program.actors.size(); ++a)
    for (std::size_t k = 0; k < program.actors[a].actions.size(); ++k)
      if (program.actors[a].actions[k].first != kept || kept_count > 1)
        candidates.emplace_back(a, k);
  if (candidates.empty()) return false;
  const auto [a, k] = candidates[random.below(candidates.size())];
  auto& actions = program.actors[a].actions;
  actions.erase(actions.begin() + static_cast<std::ptrdiff_t>(k));
  std::erase_if(program.actors, [](const RandomActor& actor) { return actor.actions.empty(); });
  return true;
}

inline std::string describe(const RandomProgram& program) {
  std::string text;
  for (const RandomActor& actor : program.actors) {
    text += std::string(to_string(actor.kind)) + " on CPU " + std::to_string(actor.cpu.value) + ":";
    for (const auto& [action, variable] : actor.actions)
      text += " " + name_of(action) + std::to_string(variable);
    text += '\n';
  }
  return text;
}

}  // namespace rcuscope::testing
