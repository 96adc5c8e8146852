// SPDX-License-Identifier: LGPL-2.1-or-later
// Kinds of actors, each with the kernel context that it runs in.
#pragma once

#include <cstdint>
#include <string_view>

namespace rcuscope {

/// What an actor is. `main` runs setup, at_end and teardown of a scenario, in process context.
enum class ActorKind : std::uint8_t {
  main,
  process,
  kthread,
  threaded_irq,
  softirq,
  hardirq,
  callback,      ///< A call_rcu callback: softirq, or a kthread with BH off.
  kworker,       ///< Runs work items: process context.
  grace_period,  ///< The lane of grace periods and of kfree_rcu's frees; no code of its own.
};

enum class Context : std::uint8_t { process, softirq, hardirq };

constexpr Context context_of(ActorKind kind) {
  switch (kind) {
    case ActorKind::hardirq:
      return Context::hardirq;
    case ActorKind::softirq:
    case ActorKind::callback:
      return Context::softirq;
    default:
      return Context::process;
  }
}

/// True where code must not sleep, whatever else it holds.
constexpr bool is_atomic(ActorKind kind) { return context_of(kind) != Context::process; }

constexpr std::string_view to_string(ActorKind kind) {
  constexpr std::string_view names[] = {"main",    "process",  "kthread", "threaded_irq", "softirq",
                                        "hardirq", "callback", "kworker", "grace_period"};
  return names[static_cast<std::uint8_t>(kind)];
}

constexpr std::string_view to_string(Context context) {
  constexpr std::string_view names[] = {"process", "softirq", "hardirq"};
  return names[static_cast<std::uint8_t>(context)];
}

}  // namespace rcuscope
