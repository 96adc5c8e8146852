// SPDX-License-Identifier: LGPL-2.1-or-later
// The translation of kernel events, one function for each kind. Rules: docs/kernel_traces.md.
#include "io/kernel_translator.h"

#include <sys/mman.h>

#include <algorithm>
#include <utility>

#include "trace/kernel_trace.h"
#include "trace/sorted_events.h"

namespace rcuscope::kernel {
namespace {

constexpr std::uint16_t no_actor = 0xffff;
constexpr std::size_t actors_max = 0xfff0;  ///< More are told as one.

/// Kinds of keys of actors, above the bits of pid or CPU.
enum class Key : std::uint64_t { task, idle, hardirq, softirq, cpu, rest };
std::uint64_t key_of(Key kind, std::int64_t number) {
  return (static_cast<std::uint64_t>(kind) << 32) | static_cast<std::uint32_t>(number);
}

/// gp_seq holds the number and, in two bits, the phase.
std::int32_t grace_period_of(std::int64_t gp_seq) {
  const std::int64_t id = (gp_seq >> 2) + grace_periods_below_zero;
  return id < 0 || id >= first_expedited ? -1 : static_cast<std::int32_t>(id);
}
bool is_running(std::int64_t gp_seq) { return (gp_seq & 3) != 0; }

ActorKind kind_of_task(std::string_view comm) {
  if (comm == "rcu_preempt" || comm == "rcu_sched") return ActorKind::grace_period;
  if (comm.starts_with("kworker/")) return ActorKind::kworker;
  for (const std::string_view start :
       {"ksoftirqd", "rcuc/", "rcuo", "rcub/", "migration/", "rcu_"}) {
    if (comm.starts_with(start)) return ActorKind::kthread;
  }
  return comm.starts_with("irq/") ? ActorKind::threaded_irq : ActorKind::process;
}

}  // namespace

KernelTranslator::KernelTranslator(std::function<std::string(std::int32_t)> comm_of)
    : comm_of_(std::move(comm_of)) {}

void KernelTranslator::set_metadata(std::string key, std::string value) {
  names_.metadata.insert_or_assign(std::move(key), std::move(value));
}

void KernelTranslator::reserve(std::size_t event_count) {
  events_.reserve(event_count);
#ifdef MADV_HUGEPAGE
  // Filled once: large pages save most of their page faults.
  constexpr std::uintptr_t large_page = std::uintptr_t{1} << 21;
  const auto begin = reinterpret_cast<std::uintptr_t>(events_.data());
  const std::uintptr_t from = (begin + large_page - 1) & ~(large_page - 1);
  const std::uintptr_t end = begin + event_count * sizeof(Event);
  constexpr std::size_t many = 32 * large_page / sizeof(Event);
  if (event_count > many) madvise(reinterpret_cast<void*>(from), end - from, MADV_HUGEPAGE);
#endif
}

// ---- actors

std::uint16_t KernelTranslator::add_actor(std::uint64_t key, ActorInfo actor) {
  const auto found = actors_.find(key);
  if (found != actors_.end()) return found->second;
  if (nesting_.size() >= actors_max) {
    key = key_of(Key::rest, 0);
    if (const auto rest = actors_.find(key); rest != actors_.end()) return rest->second;
    actor = {"all further tasks", ActorKind::process, {}};
  }
  const auto id = static_cast<std::uint16_t>(names_.actors.size());
  names_.actors.push_back(std::move(actor));
  nesting_.push_back(0);
  actors_.emplace(key, id);
  return id;
}

std::uint16_t KernelTranslator::cpu_actor(std::int64_t cpu) {
  const auto found = actors_.find(key_of(Key::cpu, cpu));
  if (found != actors_.end()) return found->second;
  const auto number = static_cast<std::int32_t>(cpu);
  return add_actor(key_of(Key::cpu, cpu),
                   {"CPU " + std::to_string(number), ActorKind::kthread, CpuId{number}});
}

std::uint16_t KernelTranslator::interrupt_actor(std::int32_t cpu, ActorKind kind) {
  const Key key = kind == ActorKind::hardirq ? Key::hardirq : Key::softirq;
  const auto found = actors_.find(key_of(key, cpu));
  if (found != actors_.end()) return found->second;
  const char* name = kind == ActorKind::hardirq ? " hardirq" : " softirq";
  return add_actor(key_of(key, cpu), {"CPU " + std::to_string(cpu) + name, kind, CpuId{cpu}});
}

std::uint16_t KernelTranslator::task_actor(std::int32_t pid, std::int32_t cpu) {
  const std::uint64_t key = pid == 0 ? key_of(Key::idle, cpu) : key_of(Key::task, pid);
  if (key == last_key_) return last_actor_;
  last_key_ = key;
  if (const auto found = actors_.find(key); found != actors_.end()) {
    last_actor_ = found->second;
  } else if (pid == 0) {
    last_actor_ =
        add_actor(key, {"idle on CPU " + std::to_string(cpu), ActorKind::kthread, CpuId{cpu}});
  } else {
    const std::string comm = comm_of_(pid);
    last_actor_ = add_actor(key, {comm + "-" + std::to_string(pid), kind_of_task(comm), {}});
  }
  return last_actor_;
}

std::uint16_t KernelTranslator::actor_of(const Record& record) {
  if (record.in_hardirq) return interrupt_actor(record.cpu, ActorKind::hardirq);
  if (record.in_softirq) return interrupt_actor(record.cpu, ActorKind::softirq);
  return task_actor(record.pid, record.cpu);
}

std::uint16_t KernelTranslator::callback_actor(std::string_view function) {
  const auto found = callback_actors_.find(function);
  if (found != callback_actors_.end()) return found->second;
  const std::string name = function.empty() ? "callback" : std::string(function);
  // Beside the keys of tasks: the name is the key.
  const std::uint64_t key = key_of(Key::rest, static_cast<std::int64_t>(nesting_.size()) + 1);
  const std::uint16_t id = add_actor(key, {name, ActorKind::callback, {}});
  callback_actors_.emplace(std::string(function), id);
  return id;
}

// ---- events

Event& KernelTranslator::push(const Record& record, EventKind kind, std::int32_t actor) {
  Event event;
  event.time = latest_;
  event.kind = kind;
  event.actor = actor < 0 ? no_actor : static_cast<std::uint16_t>(actor);
  event.cpu = static_cast<std::int16_t>(record.cpu);
  event.value = -1;
  if (record.in_hardirq) event.flags |= event_flag::in_hardirq;
  if (record.in_softirq) event.flags |= event_flag::in_softirq;
  const auto depth = std::min(record.preempt_depth, event_flag::preempt_depth_max);
  event.flags |= static_cast<std::uint16_t>(depth << event_flag::preempt_depth_shift);
  events_.push_back(event);
  return events_.back();
}

void KernelTranslator::push_note(const Record& record, std::int32_t actor, std::int32_t text,
                                 std::uint16_t flags) {
  Event& event = push(record, EventKind::note, actor);
  event.value = text;
  event.flags |= flags;
}

void KernelTranslator::add(const Record& record) {
  latest_ = events_.empty() ? record.time : std::max(latest_, record.time);
  ++counts_[static_cast<std::size_t>(record.known)];
  if (record.known == Known::other) {
    push_note(record, actor_of(record), record.text_id, event_flag::background);
  } else {
    dispatch(record);
  }
}

void KernelTranslator::dispatch(const Record& record) {
  const std::int32_t probed = grace_period_of(record.numbers[0]);
  switch (record.known) {
    case Known::grace_period:
      return on_grace_period(record);
    case Known::expedited_grace_period:
      return on_expedited(record);
    case Known::probe_grace_period_start:
      return start_grace_period(record, probed, event_flag::inferred);
    case Known::probe_grace_period_end:
      return end_grace_period(record, probed, event_flag::inferred);
    case Known::forced_quiescent_state:
      return on_quiescent_state(record, record.numbers[1], probed);
    case Known::preempt_task:
      return on_preempted_reader(record);
    case Known::unlock_preempted_task:
      return on_reader_unlocked(record);
    case Known::synchronize:
      return record.texts[0] == "request" ? on_synchronize_start(record)
                                          : on_synchronize_end(record);
    case Known::probe_synchronize_enter:
      return on_synchronize_start(record);
    case Known::probe_synchronize_exit:
      return on_synchronize_end(record);
    case Known::callback:
    case Known::probe_call_rcu:
      return on_call_rcu(record);
    case Known::invoke_callback:
      return on_invoke(record);
    case Known::batch_end:
      return end_callback(record);
    case Known::barrier:
      return on_barrier(record);
    case Known::add_device:
      return on_group(record, EventKind::add_device_to_group);
    case Known::remove_device:
      return on_group(record, EventKind::remove_device_from_group);
    case Known::softirq_entry:
    case Known::softirq_exit:
      return on_interrupt(record, ActorKind::softirq, record.known == Known::softirq_entry);
    case Known::hardirq_entry:
    case Known::hardirq_exit:
      return on_interrupt(record, ActorKind::hardirq, record.known == Known::hardirq_entry);
    case Known::function:
      return on_function(record);
    case Known::probe_get_device:
      return on_reference(record, EventKind::get_device, 1);
    case Known::probe_put_device:
      return on_reference(record, EventKind::put_device, -1);
    case Known::probe_device_release:
      return on_reference(record, EventKind::device_release, 0);
    case Known::other:
      break;
  }
}

std::int32_t KernelTranslator::intern_phase(std::string_view event, std::string_view phase) {
  words_.assign(event).append(phase);
  return intern(words_);
}

// ---- grace periods

void KernelTranslator::start_grace_period(const Record& record, std::int32_t id,
                                          std::uint16_t flags) {
  Event& event = push(record, EventKind::grace_period_start, task_actor(record.pid, record.cpu));
  event.grace_period.value = id;
  event.flags |= flags;
  (id >= first_expedited ? expedited_ : normal_).running[id] = latest_;
}

void KernelTranslator::end_grace_period(const Record& record, std::int32_t id,
                                        std::uint16_t flags) {
  Event& event = push(record, EventKind::grace_period_end, task_actor(record.pid, record.cpu));
  event.grace_period.value = id;
  event.flags |= flags;
  History& history = id >= first_expedited ? expedited_ : normal_;
  const auto found = history.running.find(id);
  if (found == history.running.end()) return;
  history.over.push_back({found->second, latest_, id});
  history.running.erase(found);
}

void KernelTranslator::on_grace_period(const Record& record) {
  const std::int32_t id = grace_period_of(record.numbers[0]);
  const std::string_view phase = record.texts[0];
  if (phase == "start") return start_grace_period(record, id, 0);
  if (phase == "end") return end_grace_period(record, id, 0);
  // A CPU may also pass through a quiescent state that nobody waits for.
  if (phase == "cpuqs" && is_running(record.numbers[0])) {
    return on_quiescent_state(record, record.cpu, id);
  }
  push_note(record, actor_of(record), intern_phase("rcu_grace_period ", phase),
            event_flag::background);
  // Some phases carry a gp_seq between two grace periods, or one of the future.
  if (is_running(record.numbers[0])) events_.back().grace_period.value = id;
}

void KernelTranslator::on_expedited(const Record& record) {
  const std::int64_t number = record.numbers[0];
  const bool is_in_range = number >= 0 && number < first_expedited;
  const std::int32_t id = is_in_range ? first_expedited + static_cast<std::int32_t>(number) : -1;
  if (record.texts[0] == "start" && is_in_range) return start_grace_period(record, id, 0);
  if (record.texts[0] == "end" && is_in_range) return end_grace_period(record, id, 0);
  push_note(record, actor_of(record), intern_phase("rcu_exp_grace_period ", record.texts[0]),
            event_flag::background);
  events_.back().grace_period.value = id;
}

void KernelTranslator::on_quiescent_state(const Record& record, std::int64_t cpu, std::int32_t id) {
  const std::uint16_t who = cpu_actor(cpu);
  // Nobody's lane: it belongs to the grace period.
  Event& event = push(record, EventKind::quiescent_state, -1);
  event.value = who;
  event.grace_period.value = id;
}

// ---- readers

/// The kernel speaks up only when it preempts a reader: the section had begun before.
void KernelTranslator::on_preempted_reader(const Record& record) {
  const auto pid = static_cast<std::int32_t>(record.numbers[1]);
  const std::uint16_t reader = task_actor(pid, record.cpu);
  if (nesting_[reader] == 0) {
    Event& event = push(record, EventKind::rcu_read_lock, reader);
    event.value = nesting_[reader] = 1;
    event.flags |= event_flag::inferred;
  }
  if (!is_running(record.numbers[0])) return;  // no grace period that runs waits for it
  Event& event = push(record, EventKind::grace_period_waits_for, -1);
  event.value = reader;
  event.grace_period.value = blocks_[reader] = grace_period_of(record.numbers[0]);
}

void KernelTranslator::on_reader_unlocked(const Record& record) {
  const auto pid = static_cast<std::int32_t>(record.numbers[1]);
  const std::uint16_t reader = task_actor(pid, record.cpu);
  if (nesting_[reader] == 1) {
    Event& event = push(record, EventKind::rcu_read_unlock, reader);
    event.value = nesting_[reader] = 0;
    event.flags |= event_flag::inferred;
  }
  const auto found = blocks_.find(reader);
  if (found == blocks_.end()) return;
  Event& event = push(record, EventKind::quiescent_state, -1);
  event.value = reader;
  event.grace_period.value = found->second;
  blocks_.erase(found);
}

void KernelTranslator::on_function(const Record& record) {
  const bool is_lock = record.texts[0] == "__rcu_read_lock";
  if (!is_lock && record.texts[0] != "__rcu_read_unlock") {
    return push_note(record, actor_of(record), record.text_id, event_flag::background);
  }
  const std::uint16_t actor = actor_of(record);
  std::int32_t& nesting = nesting_[actor];
  nesting = std::max(nesting + (is_lock ? 1 : -1), 0);
  push(record, is_lock ? EventKind::rcu_read_lock : EventKind::rcu_read_unlock, actor).value =
      nesting;
}

// ---- waiting for grace periods

std::int32_t KernelTranslator::first_full(Timestamp from, Timestamp to) const {
  for (const History* history : {&normal_, &expedited_}) {
    const auto first =
        std::lower_bound(history->over.begin(), history->over.end(), from,
                         [](const GracePeriod& over, Timestamp time) { return over.start < time; });
    if (first != history->over.end() && first->end <= to) return first->id;
  }
  return -1;
}

void KernelTranslator::on_synchronize_start(const Record& record) {
  if (synchronizing_.contains(record.pid)) return;  // seen by a probe and by an event
  const std::uint16_t actor = task_actor(record.pid, record.cpu);
  push(record, EventKind::synchronize_rcu_start, actor).value = 0;
  synchronizing_[record.pid] = {events_.size() - 1, latest_, record.known};
  if (normal_.running.empty()) return;
  const std::int64_t id = normal_.running.rbegin()->first - grace_periods_below_zero;
  const std::string text = "GP " + std::to_string(id * 4 + 1) + " began before: it does not count";
  push_note(record, actor, intern(text), event_flag::inferred);
}

void KernelTranslator::on_synchronize_end(const Record& record) {
  const auto found = synchronizing_.find(record.pid);
  const bool is_event = record.known == Known::synchronize;
  if (found != synchronizing_.end()) {
    // The end must come from who told the start.
    if ((found->second.by == Known::synchronize) != is_event) return;
  }
  Event& end = push(record, EventKind::synchronize_rcu_end, task_actor(record.pid, record.cpu));
  if (found == synchronizing_.end()) return;  // it began before the trace
  const std::int32_t id = first_full(found->second.since, latest_);
  if (id >= 0) {
    end.grace_period.value = id;
    end.flags |= event_flag::inferred;
    Event& start = events_[found->second.event];
    start.grace_period.value = id;
    start.flags |= event_flag::inferred;
  }
  synchronizing_.erase(found);
}

void KernelTranslator::on_barrier(const Record& record) {
  const std::string_view phase = record.texts[0];
  const std::uint16_t actor = actor_of(record);
  if (phase == "Begin") {
    push(record, EventKind::rcu_barrier_start, actor);
  } else if (phase == "Inc2" || phase == "EarlyExit") {
    push(record, EventKind::rcu_barrier_end, actor);
  } else {
    push_note(record, actor, intern_phase("rcu_barrier ", phase), event_flag::background);
  }
}

// ---- callbacks

void KernelTranslator::on_call_rcu(const Record& record) {
  const std::int64_t address = record.numbers[0];
  const auto queued = callbacks_.find(address);
  // A probe and an event show the same call.
  if (queued != callbacks_.end() && record.known == Known::callback) return;
  const std::uint16_t callback = callback_actor(record.texts[0]);
  const std::int32_t object = add_object("rcu_head of " + std::string(record.texts[0]), "rcu_head");
  Event& event = push(record, EventKind::call_rcu, actor_of(record));
  event.value = callback;
  event.object.value = object;
  callbacks_[address] = {events_.size() - 1, latest_, object};
}

void KernelTranslator::on_invoke(const Record& record) {
  end_callback(record);
  const std::uint16_t callback = callback_actor(record.texts[0]);
  Event& start = push(record, EventKind::callback_start, callback);
  const auto queued = callbacks_.find(record.numbers[0]);
  if (queued != callbacks_.end()) {
    start.object.value = queued->second.object;
    const std::int32_t id = first_full(queued->second.since, latest_);
    if (id >= 0) {
      start.grace_period.value = id;
      events_[queued->second.event].grace_period.value = id;
      events_[queued->second.event].flags |= event_flag::inferred;
      start.flags |= event_flag::inferred;
    }
    callbacks_.erase(queued);
  }
  invoked_[record.cpu] = {callback, start.object.value};
}

/// No event tells that a callback returned: the next one of that CPU, or the end of the batch.
void KernelTranslator::end_callback(const Record& record) {
  const auto found = invoked_.find(record.cpu);
  if (found == invoked_.end()) return;
  Event& event = push(record, EventKind::callback_end, found->second.actor);
  event.object.value = found->second.object;
  event.flags |= event_flag::inferred;
  invoked_.erase(found);
}

// ---- groups, devices, interrupts

std::int32_t KernelTranslator::add_object(std::string name, const char* type) {
  names_.objects.push_back({std::move(name), type});
  return static_cast<std::int32_t>(names_.objects.size()) - 1;
}

std::int32_t KernelTranslator::object_of(std::map<std::string, std::int32_t, std::less<>>& by_name,
                                         std::string_view name, const char* type) {
  const auto found = by_name.find(name);
  if (found != by_name.end()) return found->second;
  const std::int32_t id = add_object(std::string(name), type);
  by_name.emplace(std::string(name), id);
  return id;
}

std::int32_t KernelTranslator::device_of(std::int64_t address, std::string_view name) {
  if (const auto found = device_at_.find(address); found != device_at_.end()) return found->second;
  const bool is_named = !name.empty() && !name.starts_with('(');
  constexpr const char* digits = "0123456789abcdef";
  std::string text(name);
  if (!is_named) {
    text = "device at ";
    for (int shift = 60; shift >= 0; shift -= 4) text += digits[(address >> shift) & 15];
  }
  const std::int32_t id = object_of(devices_, text, "device");
  device_at_.emplace(address, id);
  return id;
}

void KernelTranslator::on_group(const Record& record, EventKind kind) {
  const std::int32_t group = object_of(groups_, std::to_string(record.numbers[0]), "iommu_group");
  const std::int32_t device = object_of(devices_, record.texts[0], "device");
  Event& event = push(record, kind, actor_of(record));
  event.object.value = device;
  event.value = group;
}

/// Probes read the count on entry, before the change.
void KernelTranslator::on_reference(const Record& record, EventKind kind, std::int64_t change) {
  const std::int32_t device = device_of(record.numbers[0], record.texts[0]);
  Event& event = push(record, kind, actor_of(record));
  event.object.value = device;
  if (change != 0) event.value = static_cast<std::int32_t>(record.numbers[1]) + change;
  if (kind != EventKind::device_release) return;
  // Its address, and its name too, may soon be those of another device.
  device_at_.erase(record.numbers[0]);
  std::erase_if(devices_, [device](const auto& entry) { return entry.second == device; });
}

void KernelTranslator::on_interrupt(const Record& record, ActorKind kind, bool is_start) {
  push(record, is_start ? EventKind::actor_start : EventKind::actor_end,
       interrupt_actor(record.cpu, kind));
}

KernelTranslator::Records KernelTranslator::take_records() {
  set_metadata("world", world);
  set_metadata("not_recorded", not_recorded(counts_, available_));
  names_.strings = texts_.take();
  return {std::move(events_), std::move(names_), events_lost_count_};
}

TraceStore KernelTranslator::finish() {
  Records records = take_records();
  return TraceStore(Clock::nanoseconds, columns_of(records.events), std::move(records.names),
                    records.events_lost_count);
}

}  // namespace rcuscope::kernel
