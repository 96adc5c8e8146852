// SPDX-License-Identifier: LGPL-2.1-or-later
// Completions, sleeping, and loops that wait with cpu_relax.
#include <sched.h>

#include <ctime>

#include "live/operation.h"
#include "live/primitives.h"

namespace rcuscope::live {
namespace {

ObjectId id_of(const Actor& actor, Completion& completion) {
  if (actor.ring == nullptr) return {};
  if (completion.id.load(std::memory_order_relaxed) < 0)
    completion.id.store(id_of_part(actor, &completion, completion.name, "completion").value,
                        std::memory_order_relaxed);
  return {completion.id.load(std::memory_order_relaxed)};
}

}  // namespace

void complete(Completion& completion, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return;
  check_object_alive(actor, &completion, place);
  Repetition& repetition = repetition_of(actor, "complete");
  const ObjectId id = id_of(actor, completion);
  std::uint32_t done = 0;
  {
    const std::lock_guard guard(repetition.mutex);
    done = ++completion.done;
    // Recorded before anybody can see it: in the trace, too, the waiter comes after it.
    record(actor, EventKind::complete, {.object = id, .value = done});
    repetition.changed.notify_all();
  }
}

void wait_for_completion(Completion& completion, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return;
  check_object_alive(actor, &completion, place);
  check_may_sleep(actor, "wait_for_completion", place);
  const ObjectId id = id_of(actor, completion);
  std::uint32_t left = 0;
  bool is_taken = false;
  repetition_of(actor, "wait_for_completion").wait_until(actor, Wait::completion, &completion, [&] {
    is_taken = completion.done > 0;
    if (is_taken) left = --completion.done;
    return is_taken;
  });
  if (is_taken) record(actor, EventKind::wait_for_completion, {.object = id, .value = left});
  may_go_on(actor);
}

void msleep(const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return;
  check_may_sleep(actor, "msleep", place);
  {
    const WaitScope scope(actor, Wait::none, nullptr);
    constexpr timespec one_millisecond{0, 1'000'000};
    nanosleep(&one_millisecond, nullptr);
  }
  may_go_on(actor);
}

/// The other actors get the processor, and an interpreter's lock. The loop itself is no progress:
/// if nobody else moves, it ends in a stall.
void relax(const Place&) {
  Actor& actor = current_actor();
  actor.calls_relax.store(true, std::memory_order_relaxed);
  if (!begin_operation(actor, Counts::idle)) return;
  {
    const WaitScope scope(actor, Wait::relax, nullptr, WaitScope::Cpu::kept);
    sched_yield();
  }
  may_go_on(actor);
}

}  // namespace rcuscope::live
