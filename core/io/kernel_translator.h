// SPDX-License-Identifier: LGPL-2.1-or-later
// KernelTranslator: events of a kernel, in order of time, become a trace in our own words.
//
// What the kernel recorded becomes the event that means the same. What follows from it by RCU's
// rules (which grace period let synchronize_rcu go, when a callback ended) has the flag `inferred`.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "io/interned_texts.h"
#include "io/kernel_events.h"
#include "trace/event.h"
#include "trace/store.h"

namespace rcuscope::kernel {

class KernelTranslator {
 public:
  /// `comm_of`: the command of a task, asked for once for each pid.
  explicit KernelTranslator(std::function<std::string(std::int32_t)> comm_of);

  /// Times that go back are taken as the latest time before.
  void add(const Record& record);

  /// The same text gives the same id.
  std::int32_t intern(std::string_view text) { return texts_.intern(text); }
  void add_lost_events(std::uint64_t count) { events_lost_count_ += count; }
  void set_metadata(std::string key, std::string value);

  /// Names of events that the kernel could have recorded; tells "not there" from "not switched on".
  void set_available(std::set<std::string> names) { available_ = std::move(names); }

  /// Once, at the end: all events in order of time, and what they refer to.
  struct Records {
    std::vector<Event> events;
    TraceNames names;
    std::uint64_t events_lost_count = 0;
  };
  Records take_records();
  TraceStore finish();

  /// Room for that many events; it costs nothing where it is not used.
  void reserve(std::size_t event_count);

 private:
  struct GracePeriod {
    Timestamp start = 0, end = 0;
    std::int32_t id = -1;
  };
  struct Waiting {
    std::size_t event = 0;  ///< Index of the event that began the wait.
    Timestamp since = 0;
    Known by = Known::other;
  };
  struct Callback {
    std::size_t event = 0;
    Timestamp since = 0;
    std::int32_t object = -1;
  };
  struct Running {
    std::int32_t actor = -1;
    std::int32_t object = -1;
  };
  /// Grace periods of one kind: those that are over, in order, and those that run.
  struct History {
    std::vector<GracePeriod> over;
    std::map<std::int32_t, Timestamp> running;
  };

  Event& push(const Record& record, EventKind kind, std::int32_t actor);
  void push_note(const Record& record, std::int32_t actor, std::int32_t text, std::uint16_t flags);
  std::uint16_t actor_of(const Record& record);
  std::uint16_t add_actor(std::uint64_t key, ActorInfo actor);
  std::uint16_t cpu_actor(std::int64_t cpu);
  std::uint16_t interrupt_actor(std::int32_t cpu, ActorKind kind);
  std::uint16_t task_actor(std::int32_t pid, std::int32_t cpu);
  std::uint16_t callback_actor(std::string_view function);

  void dispatch(const Record& record);
  void on_grace_period(const Record& record);
  void on_expedited(const Record& record);
  void start_grace_period(const Record& record, std::int32_t id, std::uint16_t flags);
  void end_grace_period(const Record& record, std::int32_t id, std::uint16_t flags);
  void on_quiescent_state(const Record& record, std::int64_t cpu, std::int32_t id);
  void on_preempted_reader(const Record& record);
  void on_reader_unlocked(const Record& record);
  void on_synchronize_start(const Record& record);
  void on_synchronize_end(const Record& record);
  void on_call_rcu(const Record& record);
  void on_invoke(const Record& record);
  void end_callback(const Record& record);
  void on_barrier(const Record& record);
  void on_group(const Record& record, EventKind kind);
  void on_reference(const Record& record, EventKind kind, std::int64_t change);
  void on_interrupt(const Record& record, ActorKind kind, bool is_start);
  void on_function(const Record& record);

  /// The first grace period that began and ended between the two moments; -1 = none was seen.
  std::int32_t first_full(Timestamp from, Timestamp to) const;
  std::int32_t add_object(std::string name, const char* type);
  /// "event phase", interned.
  std::int32_t intern_phase(std::string_view event, std::string_view phase);
  std::int32_t object_of(std::map<std::string, std::int32_t, std::less<>>& by_name,
                         std::string_view name, const char* type);
  std::int32_t device_of(std::int64_t address, std::string_view name);

  std::function<std::string(std::int32_t)> comm_of_;
  TraceNames names_;  ///< Without the strings, which are `texts_`.
  InternedTexts texts_;
  std::uint64_t events_lost_count_ = 0;
  std::string words_;  ///< Of the text that is being made.
  std::vector<Event> events_;
  Timestamp latest_ = 0;
  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(known_count);
  std::set<std::string> available_;

  std::unordered_map<std::uint64_t, std::uint16_t> actors_;
  std::map<std::string, std::uint16_t, std::less<>> callback_actors_;
  std::uint64_t last_key_ = ~std::uint64_t{0};  ///< Of the actor asked for last: mostly the same.
  std::uint16_t last_actor_ = 0;
  std::vector<std::int32_t> nesting_;  ///< Of read-side critical sections, by actor.

  History normal_, expedited_;
  std::unordered_map<std::int32_t, Waiting> synchronizing_;  ///< By pid.
  std::unordered_map<std::int32_t, std::int32_t> blocks_;    ///< Preempted reader -> grace period.
  std::unordered_map<std::int64_t, Callback> callbacks_;     ///< By address of the rcu_head.
  std::unordered_map<std::int32_t, Running> invoked_;        ///< By CPU.
  std::map<std::string, std::int32_t, std::less<>> groups_, devices_;
  std::unordered_map<std::int64_t, std::int32_t> device_at_;  ///< By address.
};

/// What the trace does not show, and what would have shown it: a line each.
/// `available`: empty if that is not known.
std::string not_recorded(const std::vector<std::uint64_t>& counts,
                         const std::set<std::string>& available);

}  // namespace rcuscope::kernel
