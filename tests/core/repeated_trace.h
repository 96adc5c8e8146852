// SPDX-License-Identifier: LGPL-2.1-or-later
// A live trace of many repetitions: each sets up, removes a device while an interrupt reads, and
// tears down, which takes a hundred times as long as the rest.
#pragma once

#include "core/sample_trace.h"

namespace rcuscope::sample {

/// Microseconds from one repetition to the next.
inline constexpr double repetition_length = 10'000;

/// The first event of its actors, and the last, in microseconds after the repetition's start.
inline constexpr double story_start = 100, story_end = 160;

inline void add_repetition(Story& s, double start, std::int32_t number) {
  const std::int32_t gp = 2 * number, later = 2 * number + 1;
  s.at(start, s.setup, EventKind::actor_start);
  s.at(start + 1, s.setup, EventKind::kmalloc, {.object = s.gdevs[2]});
  s.at(start + 2, s.setup, EventKind::get_device, {.object = s.devices[2], .value = 2});
  s.at(start + 3, s.setup, EventKind::list_add_tail_rcu,
       {.object = s.gdevs[2], .value = s.list.value});
  s.at(start + story_start, s.remover, EventKind::actor_start);
  s.interrupt(start + 101, start + 140, s.time_out);
  s.at(start + 105, s.remover, EventKind::list_del_rcu, {.object = s.gdevs[2]});
  s.at(start + 110, s.remover, EventKind::synchronize_rcu_start, {.grace_period = gp});
  s.grace_period_start(start + 110, gp, {s.time_out});
  s.quiescent(start + 140, gp, s.time_out);
  s.grace_period_end(start + 150, gp);
  s.at(start + 151, s.remover, EventKind::synchronize_rcu_end, {.grace_period = gp});
  s.at(start + 155, s.remover, EventKind::put_device, {.object = s.devices[2], .value = 1});
  s.at(start + 158, s.remover, EventKind::kfree, {.object = s.gdevs[2]});
  s.at(start + story_end, s.remover, EventKind::actor_end);
  s.at(start + 300, s.setup, EventKind::kfree_rcu, {.object = s.group, .grace_period = later});
  s.grace_period_start(start + 300, later, {});
  s.grace_period_end(start + 9000, later);
  s.at(start + 9001, s.kthread, EventKind::kfree, {.object = s.group});
  s.at(start + 9100, s.setup, EventKind::actor_end);
}

inline TraceStore repeated_trace(std::int32_t repetition_count, Clock clock = Clock::nanoseconds) {
  Story s(clock);
  for (std::int32_t i = 0; i < repetition_count; ++i) {
    add_repetition(s, repetition_length * i, i);
  }
  return s.out.build();
}

}  // namespace rcuscope::sample
