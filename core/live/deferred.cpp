// SPDX-License-Identifier: LGPL-2.1-or-later
// What runs after a grace period on liburcu's thread: callbacks, kfree_rcu, rcu_barrier. Work
// items.
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "live/operation.h"
#include "live/primitives.h"
#include "live/urcu.h"

namespace rcuscope::live {
namespace {

/// What liburcu's thread is given. It keeps the repetition until it has run.
struct Deferred : rcu_head {
  std::shared_ptr<Repetition> repetition;
  std::function<void(std::int32_t grace_period)> run;  // not called if the repetition is over
  DeferredKind kind = DeferredKind::other;
  std::int64_t number = 0;        // among the repetition's callbacks of that kind
  std::int64_t grace_period = 0;  // its number; the trace's id is one less
  Nanoseconds queued_at = 0;
};

void record_end_of_grace_period(Session& session, std::int64_t number) {
  Actor kthread;
  kthread.id = session.grace_period_actor();
  kthread.kind = ActorKind::grace_period;
  kthread.ring = thread_slot.ring;
  kthread.level = session.options().trace;
  kthread.logical_clock = &session.logical_clock;
  record(kthread, EventKind::grace_period_end, {.grace_period = trace_id(number)});
}

void run_deferred(rcu_head* head) {
  const std::unique_ptr<Deferred> deferred(static_cast<Deferred*>(head));
  tsan_acquire();
  Repetition& repetition = *deferred->repetition;
  Session& session = repetition.session();
  session.adopt_callback_thread();
  session.grace_periods.end(deferred->grace_period);
  session.callback_delay.add(monotonic_now() - deferred->queued_at);
  if (!repetition.is_abandoned()) {
    record_end_of_grace_period(session, deferred->grace_period);
    try {
      deferred->run(trace_id(deferred->grace_period));
    } catch (const EndOfActor&) {  // a fatal finding, made outside of any actor: kfree_rcu's free
    }
  }
  deferred->run = nullptr;  // what it holds ends before anybody learns that it has ended
  repetition.finish_deferred(deferred->kind, deferred->number);
}

/// How the queueing shows in the trace, with the grace period's id.
struct QueueEvent {
  EventKind kind;
  EventFields fields;
};

/// Queues `run` for after a grace period.
void defer(Actor& actor, DeferredKind kind, std::function<void(std::int32_t)> run,
           std::optional<QueueEvent> event) {
  auto deferred = std::make_unique<Deferred>();
  deferred->repetition = actor.repetition->shared_from_this();
  deferred->run = std::move(run);
  deferred->kind = kind;
  deferred->number = actor.repetition->add_deferred(kind);
  deferred->grace_period = actor.repetition->session().grace_periods.start();
  deferred->queued_at = monotonic_now();
  if (event) {
    event->fields.grace_period = trace_id(deferred->grace_period);
    record(actor, event->kind, event->fields);
  }
  record_grace_period_start(actor, deferred->grace_period);
  actor.flavor->use_callback_thread(actor.repetition->session().callback_thread());
  tsan_release();
  actor.flavor->queue_callback(deferred.release(), run_deferred);
}

/// Context: a thread of the pool. The item may have been cancelled meanwhile.
void run_work(Repetition& repetition, WorkState& work, std::uint64_t generation,
              std::int32_t grace_period, std::int64_t number) {
  std::uint32_t chain = 0;
  {
    std::unique_lock lock(repetition.mutex);
    repetition.changed.wait(lock, [&] { return !work.is_running || repetition.is_abandoned(); });
    const bool is_cancelled = !work.is_pending || work.queued_generation != generation;
    if (is_cancelled || repetition.is_abandoned()) return repetition.end_queued_work(number);
    work.is_pending = false;
    work.is_running = true;
    chain = work.chain;
  }
  Actor& actor = repetition.add_actor({work.name, ActorKind::kworker, {}, {}});
  actor.chain = chain;
  run_actor(actor, work.function, EventKind::work_start, EventKind::work_end,
            {.object = work.id, .grace_period = grace_period});
  repetition.finish(actor);
  repetition.session().work_count += 1;
  const std::lock_guard guard(repetition.mutex);
  work.is_running = false;
  repetition.end_queued_work(number);
}

void submit_work(Repetition& repetition, WorkState& work, std::uint64_t generation,
                 std::int32_t grace_period) {
  repetition.session().pool.run([self = repetition.shared_from_this(), &work, generation,
                                 grace_period, number = repetition.add_queued_work()] {
    run_work(*self, work, generation, grace_period, number);
  });
}

WorkState& state_of(const WorkStruct& work) {
  WorkState* state = work.state.load(std::memory_order_acquire);
  if (state == nullptr) {
    throw UsageError("work '" + std::string(work.name) + "' is used before init_work");
  }
  return *state;
}

void wait_for_deferred(DeferredKind kind, const char* name, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return;
  Repetition& repetition = repetition_of(actor, name);
  check_may_sleep(actor, name, place);
  record(actor, EventKind::rcu_barrier_start,
         {.value = static_cast<std::int64_t>(repetition.unfinished_count(kind))});
  repetition.wait_for_deferred(actor, kind);
  record(actor, EventKind::rcu_barrier_end);
  may_go_on(actor);
}

void wait_for_work(Actor& actor, const WorkStruct& work, const WorkState& state,
                   bool waits_for_pending) {
  actor.repetition->wait_until(actor, Wait::work, &work, [&state, waits_for_pending] {
    return !state.is_running && !(waits_for_pending && state.is_pending);
  });
}

}  // namespace

void call_rcu(std::string name, Callback callback, const Place&) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return;
  Repetition& repetition = repetition_of(actor, "call_rcu");
  const ActorId id = repetition.session().names.actor({name, ActorKind::callback, {}});
  auto run = [&repetition, name = std::move(name), callback = std::move(callback),
              chain = actor.chain + 1](std::int32_t grace_period) {
    Actor& own = repetition.add_actor({name, ActorKind::callback, {}, {}});
    own.chain = chain;
    run_actor(own, callback, EventKind::callback_start, EventKind::callback_end,
              {.grace_period = grace_period});
    repetition.finish(own);
    repetition.session().callback_count += 1;
  };
  defer(actor, DeferredKind::callback, std::move(run),
        QueueEvent{EventKind::call_rcu, {.value = id.value}});
}

void end_grace_period_later(Actor& actor) {
  defer(actor, DeferredKind::other, [](std::int32_t) {}, std::nullopt);
}

void kfree_rcu_mightsleep(const void* object, const Place& place) {
  Actor& actor = current_actor();
  if (!may_go_on(actor)) return;
  check_may_sleep(actor, "kfree_rcu_mightsleep", place);
  kfree_rcu(object, place);
}

void kfree_rcu(const void* object, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor) || object == nullptr) return;
  Repetition& repetition = repetition_of(actor, "kfree_rcu");
  check_object_alive(actor, object, place);
  auto run = [&repetition, object, place](std::int32_t) {
    Actor& own = repetition.add_actor({"rcu_gp_kthread", ActorKind::grace_period, {}, {}});
    {
      const ActorScope scope(own);
      free_object(own, object, place);
    }
    repetition.finish(own);
  };
  defer(actor, DeferredKind::kfree, run,
        QueueEvent{EventKind::kfree_rcu, {.object = object_id(object)}});
}

void rcu_barrier(const Place& place) {
  wait_for_deferred(DeferredKind::callback, "rcu_barrier", place);
}

void kvfree_rcu_barrier(const Place& place) {
  wait_for_deferred(DeferredKind::kfree, "kvfree_rcu_barrier", place);
}

void flush_workqueue(const Place& place) {
  wait_for_deferred(DeferredKind::work, "flush_workqueue", place);
}

// --- work

void init_work(WorkStruct& work, std::string name, Callback function) {
  Actor& actor = current_actor();
  if (actor.is_ending) return;
  Repetition& repetition = repetition_of(actor, "init_work");
  const ObjectId id = id_of_part(actor, &work, work.name, "work_struct");
  // Initialised for a second time, the object is the old one, which others may be using.
  const void* const address = work.state.load() == nullptr ? &work : nullptr;
  WorkState fresh;
  fresh.name = std::move(name);
  fresh.function = std::move(function);
  fresh.id = id;
  WorkState& state = repetition.add_work(address, std::move(fresh));
  work.state.store(&state, std::memory_order_release);
}

bool queue_work(WorkStruct& work, bool after_grace_period, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return false;
  check_object_alive(actor, &work, place);
  Repetition& repetition = repetition_of(actor, "queue_work");
  WorkState& state = state_of(work);
  const EventKind kind = after_grace_period ? EventKind::queue_rcu_work : EventKind::queue_work;
  std::uint64_t generation = 0;
  {
    const std::lock_guard guard(repetition.mutex);
    if (!state.is_pending && state.disable_depth == 0) {
      state.is_pending = true;
      state.chain = actor.chain + 1;
      generation = ++state.queued_generation;
      repetition.begin_work();
    }
  }
  if (generation == 0) {
    record(actor, kind, {.object = state.id, .value = -1, .flags = event_flag::failed});
    return false;
  }
  const ActorId worker = repetition.session().names.actor({state.name, ActorKind::kworker, {}});
  const EventFields fields{.object = state.id, .value = worker.value};
  if (after_grace_period) {
    auto run = [&repetition, &state, generation](std::int32_t grace_period) {
      submit_work(repetition, state, generation, grace_period);
    };
    defer(actor, DeferredKind::other, run, QueueEvent{kind, fields});
  } else {
    record(actor, kind, fields);
    submit_work(repetition, state, generation, -1);
  }
  return true;
}

void flush_work(WorkStruct& work, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return;
  check_object_alive(actor, &work, place);
  check_may_sleep(actor, "flush_work", place);
  WorkState& state = state_of(work);
  record(actor, EventKind::flush_work_start, {.object = state.id});
  wait_for_work(actor, work, state, true);
  record(actor, EventKind::flush_work_end, {.object = state.id});
  may_go_on(actor);
}

bool cancel_work_sync(WorkStruct& work, bool disables, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return false;
  check_object_alive(actor, &work, place);
  check_may_sleep(actor, disables ? "disable_work_sync" : "cancel_work_sync", place);
  WorkState& state = state_of(work);
  bool was_pending = false;
  {
    const std::lock_guard guard(actor.repetition->mutex);
    was_pending = std::exchange(state.is_pending, false);
    if (disables) ++state.disable_depth;
    actor.repetition->changed.notify_all();
  }
  record(actor, EventKind::cancel_work_start, {.object = state.id, .value = was_pending});
  wait_for_work(actor, work, state, false);
  record(actor, EventKind::cancel_work_end, {.object = state.id});
  may_go_on(actor);
  return was_pending;
}

bool enable_work(WorkStruct& work, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return false;
  check_object_alive(actor, &work, place);
  WorkState& state = state_of(work);
  const std::lock_guard guard(actor.repetition->mutex);
  if (state.disable_depth > 0) --state.disable_depth;
  return state.disable_depth == 0;
}

}  // namespace rcuscope::live
