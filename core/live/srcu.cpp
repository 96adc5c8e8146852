// SPDX-License-Identifier: LGPL-2.1-or-later
// Sleepable RCU, which liburcu has not: a register of the open sections of each domain, under the
// repetition's lock. A grace period waits for the sections that are open at its start. Simple and
// exact; readers pay a lock, which no measurement of ours is about.
#include <algorithm>
#include <string>
#include <utility>

#include "live/operation.h"
#include "live/primitives.h"
#include "live/words.h"

namespace rcuscope::live {
namespace {

SrcuState& state_of(const Actor& actor, SrcuStruct& domain, const char* primitive) {
  SrcuState* state = domain.state.load(std::memory_order_acquire);
  if (state != nullptr) return *state;
  const ObjectId id = id_of_part(actor, &domain, domain.name, "srcu_struct");
  SrcuState* created = &repetition_of(actor, primitive).add_srcu(domain.name, id);
  return domain.state.compare_exchange_strong(state, created) ? *created : *state;
}

/// Context: the repetition's lock is held.
std::vector<std::function<void()>> take_ready_callbacks(SrcuState& state) {
  std::vector<std::function<void()>> ready;
  while (!state.waiting.empty() && !state.is_open_since(state.waiting.front().last_section)) {
    ready.push_back(std::move(state.waiting.front().run));
    state.waiting.pop_front();
  }
  return ready;
}

void submit(Repetition& repetition, std::function<void()> run) {
  repetition.session().pool.run(
      [self = repetition.shared_from_this(), run = std::move(run)] { run(); });
}

/// For each grace period that the section holds up.
void record_quiescent_state(Actor& actor, const SrcuState& state, std::int64_t section) {
  for (const SrcuState::GracePeriod& grace_period : state.grace_periods)
    if (section <= grace_period.last_section)
      record(actor, EventKind::quiescent_state,
             {.value = actor.id.value,
              .grace_period = trace_id(grace_period.number),
              .actor = actor.repetition->session().grace_period_actor()});
}

void close_section(Actor& actor, const SrcuSection& section) {
  Repetition& repetition = *actor.repetition;
  std::vector<std::function<void()>> ready;
  {
    const std::lock_guard guard(repetition.mutex);
    section.domain->open.erase(section.number);
    record_quiescent_state(actor, *section.domain, section.number);
    ready = take_ready_callbacks(*section.domain);
    repetition.changed.notify_all();
  }
  for (std::function<void()>& run : ready) submit(repetition, std::move(run));
}

/// A grace period of the domain starts; `call` is the event that asks for it, with its value.
/// Context: the repetition's lock is held.
SrcuState::GracePeriod start_grace_period(Actor& actor, SrcuState& state, EventKind call,
                                          std::int64_t value) {
  Session& session = actor.repetition->session();
  const SrcuState::GracePeriod started{session.grace_periods.start(), state.last_section};
  state.grace_periods.push_back(started);
  const ActorId who = session.grace_period_actor();
  record(actor, call, {.value = value, .grace_period = trace_id(started.number)});
  const std::int32_t id = trace_id(started.number);
  record(actor, EventKind::grace_period_start,
         {.value = static_cast<std::int64_t>(state.open.size()), .grace_period = id, .actor = who});
  for (const auto& [number, reader] : state.open)
    record(actor, EventKind::grace_period_waits_for,
           {.value = reader->id.value, .grace_period = id, .actor = who});
  return started;
}

void end_grace_period(Actor& actor, SrcuState& state, std::int64_t number) {
  Session& session = actor.repetition->session();
  {
    const std::lock_guard guard(actor.repetition->mutex);
    std::erase_if(state.grace_periods,
                  [number](const SrcuState::GracePeriod& one) { return one.number == number; });
  }
  session.grace_periods.end_srcu(number);
  record(actor, EventKind::grace_period_end,
         {.grace_period = trace_id(number), .actor = session.grace_period_actor()});
}

void check_own_section(Actor& actor, const SrcuState& state, const Place& place) {
  if (std::none_of(actor.srcu_sections.begin(), actor.srcu_sections.end(),
                   [&state](const SrcuSection& section) { return section.domain == &state; }))
    return;
  report_fault(actor,
               {.kind = FindingKind::suspicious_rcu_usage,
                .message = "WARNING: suspicious RCU usage: Illegal synchronize_srcu() in same-type "
                           "SRCU (or in RCU) read-side critical section!",
                .where = "synchronize_srcu"},
               place);
  report_fault(actor,
               {.kind = FindingKind::deadlock,
                .message = blocked_words(actor) + "'" + actor.name +
                           "' waits in synchronize_srcu: its grace period waits for the reader '" +
                           actor.name + "'",
                .explanation = "the caller's own section of " + std::string(state.name) +
                               " cannot end before synchronize_srcu returns",
                .where = actor.name},
               place);
}

/// A callback of call_srcu, on a thread of the pool.
struct SrcuCallback {
  std::string name;
  Callback function;
  std::int64_t number = 0;
  std::int64_t grace_period = 0;
  std::uint32_t chain = 0;

  void run(Repetition& repetition, SrcuState& state) const {
    Session& session = repetition.session();
    if (!repetition.is_abandoned()) {
      Actor& actor = repetition.add_actor({name, ActorKind::kworker, {}, {}});
      actor.chain = chain;
      actor.starts_with_bh_off = true;
      run_actor(actor,
                [&] {
                  end_grace_period(actor, state, grace_period);
                  function();
                },
                EventKind::actor_start, EventKind::actor_end,
                {.grace_period = trace_id(grace_period)});
      repetition.finish(actor);
      session.callback_count += 1;
    }
    const std::lock_guard guard(repetition.mutex);
    state.unfinished_callbacks.erase(number);
    repetition.end_work();
  }
};

}  // namespace

int srcu_read_lock(SrcuStruct& domain, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor, counts_of_section(actor))) return 0;
  check_object_alive(actor, &domain, place);
  SrcuState& state = state_of(actor, domain, "srcu_read_lock");
  SrcuSection section{&state};
  for (const SrcuSection& own : actor.srcu_sections)
    if (own.domain == &state) section.index = std::max(section.index, own.index + 1);
  {
    const std::lock_guard guard(actor.repetition->mutex);
    section.number = ++state.last_section;
    state.open.emplace(section.number, &actor);
  }
  actor.srcu_sections.push_back(section);
  record(actor, EventKind::srcu_read_lock, {.object = state.id, .value = section.index});
  return section.index;
}

void srcu_read_unlock(SrcuStruct& domain, int index, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_release(actor, counts_of_section(actor))) return;
  const SrcuState* const state = domain.state.load(std::memory_order_acquire);
  const auto found = std::find_if(actor.srcu_sections.begin(), actor.srcu_sections.end(),
                                  [&](const SrcuSection& section) {
                                    return section.domain == state && section.index == index;
                                  });
  if (found == actor.srcu_sections.end()) {
    note_fault(actor,
               {.kind = FindingKind::lock_imbalance,
                .object = &domain,
                .message = "WARNING: bad unlock balance detected! srcu_read_unlock without "
                           "srcu_read_lock of that index",
                .where = "srcu_read_unlock in " + actor.name},
               place);
    return;
  }
  const SrcuSection section = *found;
  actor.srcu_sections.erase(found);
  record(actor, EventKind::srcu_read_unlock, {.object = state->id, .value = index});
  close_section(actor, section);
}

void close_srcu_sections(Actor& actor) {
  for (const SrcuSection& section : std::exchange(actor.srcu_sections, {}))
    close_section(actor, section);
}

bool srcu_read_lock_held(const SrcuStruct& domain) {
  const Actor* const actor = thread_slot.actor;
  const SrcuState* const state = domain.state.load(std::memory_order_acquire);
  return actor != nullptr && state != nullptr &&
         std::any_of(actor->srcu_sections.begin(), actor->srcu_sections.end(),
                     [state](const SrcuSection& section) { return section.domain == state; });
}

void synchronize_srcu(SrcuStruct& domain, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return;
  check_object_alive(actor, &domain, place);
  check_may_sleep(actor, "synchronize_srcu", place);
  SrcuState& state = state_of(actor, domain, "synchronize_srcu");
  check_own_section(actor, state, place);
  Repetition& repetition = *actor.repetition;
  const Nanoseconds start = monotonic_now();
  SrcuState::GracePeriod grace_period;
  {
    const std::lock_guard guard(repetition.mutex);
    grace_period = start_grace_period(actor, state, EventKind::synchronize_rcu_start, 0);
  }
  repetition.wait_until(actor, Wait::srcu, &domain,
                        [&] { return !state.is_open_since(grace_period.last_section); });
  if (!repetition.is_abandoned()) {
    end_grace_period(actor, state, grace_period.number);
    repetition.session().grace_period_latency.add(monotonic_now() - start);
    record(actor, EventKind::synchronize_rcu_end, {.grace_period = trace_id(grace_period.number)});
  }
  may_go_on(actor);
}

void call_srcu(SrcuStruct& domain, std::string name, Callback callback, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return;
  check_object_alive(actor, &domain, place);
  SrcuState& state = state_of(actor, domain, "call_srcu");
  Repetition& repetition = *actor.repetition;
  const ActorId id = repetition.session().names.actor({name, ActorKind::kworker, {}});
  SrcuCallback queued{std::move(name), std::move(callback)};
  queued.chain = actor.chain + 1;
  std::vector<std::function<void()>> ready;
  {
    const std::lock_guard guard(repetition.mutex);
    const SrcuState::GracePeriod grace_period =
        start_grace_period(actor, state, EventKind::call_rcu, id.value);
    queued.grace_period = grace_period.number;
    queued.number = ++state.last_callback;
    state.unfinished_callbacks.insert(queued.number);
    repetition.begin_work();
    state.waiting.push_back({grace_period.last_section,
                             [&repetition, &state, queued] { queued.run(repetition, state); }});
    ready = take_ready_callbacks(state);
  }
  for (std::function<void()>& run : ready) submit(repetition, std::move(run));
}

void srcu_barrier(SrcuStruct& domain, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return;
  check_object_alive(actor, &domain, place);
  check_may_sleep(actor, "srcu_barrier", place);
  SrcuState& state = state_of(actor, domain, "srcu_barrier");
  std::int64_t last = 0;
  std::size_t count = 0;
  {
    const std::lock_guard guard(actor.repetition->mutex);
    last = state.last_callback;
    count = state.unfinished_callbacks.size();
  }
  record(actor, EventKind::rcu_barrier_start, {.value = static_cast<std::int64_t>(count)});
  actor.repetition->wait_until(actor, Wait::callbacks, nullptr, [&state, last] {
    return state.unfinished_callbacks.empty() || *state.unfinished_callbacks.begin() > last;
  });
  record(actor, EventKind::rcu_barrier_end);
  may_go_on(actor);
}

}  // namespace rcuscope::live
