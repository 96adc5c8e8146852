// SPDX-License-Identifier: LGPL-2.1-or-later
// state_at: replays the events up to a moment into lists, counts, grace periods, locks and actors.
#include "trace/state.h"

#include <algorithm>
#include <set>
#include <utility>

namespace rcuscope {
namespace {

template <class Items, class Value>
void erase_value(Items& items, const Value& value) {
  items.erase(std::remove(items.begin(), items.end(), value), items.end());
}

class Replay {
 public:
  explicit Replay(const TraceStore& trace) : trace_(trace) { know_names(); }

  /// Objects and actors that the trace has got names for since the last call.
  void know_names() {
    const TraceNames& names = trace_.names();
    for (std::size_t id = state_.objects.size(); id < names.objects.size(); ++id) {
      state_.objects.emplace_back().object.value = static_cast<std::int32_t>(id);
    }
    for (std::size_t id = state_.actors.size(); id < names.actors.size(); ++id) {
      state_.actors.emplace_back().actor.value = static_cast<std::int32_t>(id);
    }
  }

  /// All lists of the trace, from the beginning on, so that a picture of them stays put.
  void know_lists(const std::set<ObjectId>& heads) {
    if (heads.size() == state_.lists.size()) return;
    std::vector<ListState> lists;
    for (const ObjectId head : heads) {
      ListState* const known = list(head);
      lists.push_back(known == nullptr ? ListState{head, {}} : std::move(*known));
    }
    state_.lists = std::move(lists);
  }

  EventIndex taken_count() const { return taken_count_; }

  void take_until(EventIndex end) {
    for (; taken_count_ < end; ++taken_count_) {
      const EventIndex i = taken_count_;
      on_actor(i);
      on_wait(i);
      on_list(i);
      on_heap(i);
      on_grace_period(i);
      on_lock(i);
    }
  }

  WorldState take_state() { return std::move(state_); }

  static bool is_list_add(EventKind kind) {
    return kind == EventKind::list_add_rcu || kind == EventKind::list_add_tail_rcu ||
           kind == EventKind::list_add || kind == EventKind::list_add_tail;
  }

 private:
  // --- what an event refers to ---

  ActorId actor(EventIndex i) const { return {trace_.columns().actor[i]}; }
  ObjectId object(EventIndex i) const { return {trace_.columns().object[i]}; }
  GracePeriodId grace_period(EventIndex i) const { return {trace_.columns().grace_period[i]}; }
  std::int64_t value(EventIndex i) const { return trace_.columns().value[i]; }

  ObjectId value_object(EventIndex i) const {
    const bool is_known = value(i) >= 0 && value(i) < std::ssize(state_.objects);
    return {is_known ? static_cast<std::int32_t>(value(i)) : -1};
  }
  ActorId value_actor(EventIndex i) const {
    const bool is_known = value(i) >= 0 && value(i) < std::ssize(state_.actors);
    return {is_known ? static_cast<std::int32_t>(value(i)) : -1};
  }

  ObjectState* state_of(ObjectId id) {
    return id.is_valid() ? &state_.objects[static_cast<std::size_t>(id.value)] : nullptr;
  }
  TracedActorState* state_of(ActorId id) {
    return id.is_valid() ? &state_.actors[static_cast<std::size_t>(id.value)] : nullptr;
  }
  ListState* list(ObjectId head) {
    const auto found = std::find_if(state_.lists.begin(), state_.lists.end(),
                                    [head](const ListState& l) { return l.head == head; });
    return found == state_.lists.end() ? nullptr : &*found;
  }

  /// Grace periods make progress in the name of actors that are blocked or have ended.
  static bool is_about_grace_period(EventKind kind) {
    return kind == EventKind::grace_period_start || kind == EventKind::grace_period_waits_for ||
           kind == EventKind::quiescent_state || kind == EventKind::grace_period_end;
  }

  // --- actors ---

  void on_actor(EventIndex i) {
    TracedActorState* const who = state_of(actor(i));
    if (who == nullptr || is_about_grace_period(trace_.kind(i))) return;
    who->last_event = static_cast<std::int64_t>(i);
    who->is_running = true;
    note_phase(actor(i));
    note_touch(*who, i);
    switch (trace_.kind(i)) {
      case EventKind::rcu_read_lock:
      case EventKind::srcu_read_lock:
        if (who->reader_nesting++ == 0) who->touched.clear();
        break;
      case EventKind::actor_start:
      case EventKind::callback_start:
      case EventKind::work_start:
        who->touched.clear();
        break;
      case EventKind::rcu_read_unlock:
      case EventKind::srcu_read_unlock:
        who->reader_nesting = std::max(0, who->reader_nesting - 1);
        break;
      case EventKind::actor_end:
      case EventKind::callback_end:
      case EventKind::work_end:
        who->is_running = false;
        who->touched.clear();
        break;
      default:
        break;
    }
  }

  /// The last one comes first.
  void note_touch(TracedActorState& who, EventIndex i) {
    if (!object(i).is_valid()) return;
    touch(who, object(i));
    // A walk along a list: what it has read is a pointer to the next entry.
    if (trace_.kind(i) != EventKind::rcu_dereference) return;
    if (trace_.string(value(i)).ends_with("next")) touch(who, pointed_to(object(i)));
  }

  static void touch(TracedActorState& who, ObjectId id) {
    if (!id.is_valid()) return;
    erase_value(who.touched, id);
    who.touched.insert(who.touched.begin(), id);
    if (who.touched.size() > touched_count_max) who.touched.pop_back();
  }

  /// The entry that the `next` of a head or an entry points to; none for the head at the end.
  ObjectId pointed_to(ObjectId from) {
    if (const ListState* const where = list(from)) {
      return where->entries.empty() ? ObjectId{} : where->entries.front();
    }
    const ObjectState& entry = *state_of(from);
    const ListState* const where = list(entry.list);
    if (where == nullptr) return {};
    const ObjectId next =
        entry.membership == Membership::linked ? next_of(*where, from) : entry.stale_next;
    return next == where->head ? ObjectId{} : next;
  }

  /// While the actors run, `main` waits for them: it only sets up and tears down. What they leave
  /// to be done later may go on beside it.
  void note_phase(ActorId who) {
    if (kind_of(who) == ActorKind::main) main_ = who;
    const bool is_declared = is_declared_actor(kind_of(who));
    if (!is_declared || !main_.is_valid() || !state_of(main_)->is_running) return;
    state_of(main_)->blocked_on = wait_for_actors;
  }

  ActorKind kind_of(ActorId id) const {
    return trace_.names().actors[static_cast<std::size_t>(id.value)].kind;
  }

  static bool is_declared_actor(ActorKind kind) {
    return kind != ActorKind::main && kind != ActorKind::callback && kind != ActorKind::kworker &&
           kind != ActorKind::grace_period;
  }

  void on_wait(EventIndex i) {
    TracedActorState* const who = state_of(actor(i));
    if (who == nullptr || is_about_grace_period(trace_.kind(i))) return;
    switch (trace_.kind(i)) {
      case EventKind::synchronize_rcu_start:
        who->blocked_on = "synchronize_rcu";
        break;
      case EventKind::rcu_barrier_start:
        who->blocked_on = "rcu_barrier";
        break;
      case EventKind::cancel_work_start:
      case EventKind::flush_work_start:
      case EventKind::mutex_contended:
      case EventKind::spin_contended:
        who->blocked_on = trace_.object_name(object(i).value);
        break;
      default:
        who->blocked_on.clear();
    }
  }

  // --- lists ---

  void on_list(EventIndex i) {
    switch (trace_.kind(i)) {
      case EventKind::list_add_rcu:
      case EventKind::list_add:
        link(i, false);
        break;
      case EventKind::list_add_tail_rcu:
      case EventKind::list_add_tail:
        link(i, true);
        break;
      case EventKind::list_del_rcu:
      case EventKind::list_del:
        unlink(i, object(i));
        break;
      case EventKind::list_replace_rcu:
        replace(i);
        break;
      default:
        break;
    }
  }

  void link(EventIndex i, bool at_tail) {
    ObjectState* const entry = state_of(object(i));
    ListState* const where = list(value_object(i));
    if (entry == nullptr || where == nullptr) return;
    entry->membership = Membership::linked;
    entry->list = where->head;
    entry->is_poisoned = false;
    entry->stale_next = {};
    entry->waits_for = {};
    where->entries.insert(at_tail ? where->entries.end() : where->entries.begin(), entry->object);
  }

  void unlink(EventIndex i, ObjectId id) {
    ObjectState* const entry = state_of(id);
    if (entry == nullptr) return;
    if (ListState* const where = list(entry->list)) {
      // list_del_rcu leaves `next` as it was, so that readers on the entry find their way back.
      entry->stale_next = trace_.kind(i) == EventKind::list_del ? ObjectId{} : next_of(*where, id);
      erase_value(where->entries, id);
    }
    entry->membership = Membership::unlinked;
    entry->is_poisoned = trace_.kind(i) == EventKind::list_del;
    unlinked_.push_back({actor(i), id});
  }

  static ObjectId next_of(const ListState& where, ObjectId id) {
    const auto at = std::find(where.entries.begin(), where.entries.end(), id);
    if (at == where.entries.end()) return {};
    return at + 1 == where.entries.end() ? where.head : *(at + 1);
  }

  void replace(EventIndex i) {
    ObjectState* const old_entry = state_of(object(i));
    ObjectState* const new_entry = state_of(value_object(i));
    if (old_entry == nullptr || new_entry == nullptr) return;
    ObjectId next;
    if (ListState* const where = list(old_entry->list)) {
      next = next_of(*where, object(i));
      std::replace(where->entries.begin(), where->entries.end(), object(i), value_object(i));
    }
    new_entry->membership = Membership::linked;
    new_entry->list = old_entry->list;
    unlink(i, object(i));
    old_entry->stale_next = next;
  }

  // --- the heap and reference counts ---

  void on_heap(EventIndex i) {
    ObjectState* const target = state_of(object(i));
    if (target == nullptr) return;
    target->latest_event = static_cast<std::int64_t>(i);
    switch (trace_.kind(i)) {
      case EventKind::kmalloc: {
        const ActorId faulty = target->faulty_actor;
        *target = ObjectState{};
        target->object = object(i);
        target->latest_event = static_cast<std::int64_t>(i);
        target->faulty_actor = faulty;
        break;
      }
      case EventKind::device_register:
        target->reference_users.clear();  // the same memory may be another object's later
        break;
      case EventKind::kfree:
        target->is_freed = true;
        target->waits_for = {};
        std::erase_if(unlinked_, [&](const Unlinked& u) { return u.object == object(i); });
        break;
      case EventKind::kfree_rcu:
        target->waits_for = grace_period(i);
        break;
      case EventKind::get_device:
      case EventKind::put_device:
      case EventKind::kref_get:
      case EventKind::kref_put:
        target->references = value(i);
        count_reference(*target, i);
        break;
      case EventKind::device_release:
        target->references = 0;
        break;
      case EventKind::finding:
        target->faulty_actor = actor(i);
        break;
      default:
        break;
    }
  }

  void count_reference(ObjectState& target, EventIndex i) const {
    const bool is_get =
        trace_.kind(i) == EventKind::get_device || trace_.kind(i) == EventKind::kref_get;
    auto& users = target.reference_users;
    auto user = std::find_if(users.begin(), users.end(),
                             [who = actor(i)](const ReferenceUser& u) { return u.actor == who; });
    if (user == users.end()) user = users.insert(user, ReferenceUser{actor(i)});
    ++(is_get ? user->taken : user->dropped);
  }

  // --- grace periods ---

  void on_grace_period(EventIndex i) {
    switch (trace_.kind(i)) {
      case EventKind::grace_period_start:
        state_.grace_periods.push_back({grace_period(i), {}});
        break;
      case EventKind::grace_period_waits_for:
        for (GracePeriodState& g : state_.grace_periods) {
          if (g.grace_period == grace_period(i)) g.waits_for.push_back(value_actor(i));
        }
        break;
      case EventKind::quiescent_state:
        for (GracePeriodState& g : state_.grace_periods) {
          if (g.grace_period == grace_period(i)) erase_value(g.waits_for, value_actor(i));
        }
        break;
      case EventKind::grace_period_end:
        end_grace_period(grace_period(i));
        break;
      case EventKind::synchronize_rcu_start:
      case EventKind::call_rcu:
      case EventKind::queue_rcu_work:
        defer_unlinked(i);
        break;
      default:
        break;
    }
  }

  /// What this actor has unlinked is reclaimed after the grace period that it now asks for.
  void defer_unlinked(EventIndex i) {
    for (const Unlinked& u : unlinked_) {
      if (u.actor == actor(i)) state_of(u.object)->waits_for = grace_period(i);
    }
    std::erase_if(unlinked_, [&](const Unlinked& u) { return u.actor == actor(i); });
  }

  void end_grace_period(GracePeriodId id) {
    std::erase_if(state_.grace_periods,
                  [id](const GracePeriodState& g) { return g.grace_period == id; });
    for (ObjectState& waiting : state_.objects) {
      if (waiting.waits_for == id) waiting.waits_for = {};
    }
  }

  // --- locks ---

  void on_lock(EventIndex i) {
    switch (trace_.kind(i)) {
      case EventKind::mutex_contended:
      case EventKind::spin_contended:
        contend(i);
        break;
      case EventKind::mutex_lock:
      case EventKind::spin_lock:
        lock_state(object(i)).owner = actor(i);
        erase_value(lock_state(object(i)).waiters, actor(i));
        break;
      case EventKind::mutex_unlock:
      case EventKind::spin_unlock:
        lock_state(object(i)).owner = {};
        std::erase_if(state_.locks,
                      [](const LockState& l) { return !l.owner.is_valid() && l.waiters.empty(); });
        break;
      default:
        break;
    }
  }

  void contend(EventIndex i) {
    LockState& lock = lock_state(object(i));
    if (!lock.owner.is_valid()) lock.owner = value_actor(i);
    lock.waiters.push_back(actor(i));
  }

  LockState& lock_state(ObjectId id) {
    const auto found = std::find_if(state_.locks.begin(), state_.locks.end(),
                                    [id](const LockState& l) { return l.lock == id; });
    if (found != state_.locks.end()) return *found;
    state_.locks.push_back({id, {}, {}});
    return state_.locks.back();
  }

  struct Unlinked {
    ActorId actor;
    ObjectId object;
  };

  const TraceStore& trace_;
  WorldState state_;
  EventIndex taken_count_ = 0;
  ActorId main_;                    ///< None before its first event.
  std::vector<Unlinked> unlinked_;  ///< Unlinked, and no grace period asked for yet.
};

/// Adds the lists that events from `first` on show to those that have an object of their own.
void find_lists(const TraceStore& trace, EventIndex first, std::set<ObjectId>& heads) {
  const auto& objects = trace.names().objects;
  for (std::size_t id = 0; id < objects.size() && first == 0; ++id) {
    if (objects[id].type == "list_head") heads.insert({static_cast<std::int32_t>(id)});
  }
  for (EventIndex i = first; i < trace.size(); ++i) {
    if (!Replay::is_list_add(trace.kind(i))) continue;
    const std::int64_t head = trace.columns().value[i];
    if (head >= 0 && head < std::ssize(objects)) heads.insert({static_cast<std::int32_t>(head)});
  }
}

EventIndex event_count_until(const TraceStore& trace, Timestamp time) {
  const auto& times = trace.columns().time;
  return static_cast<EventIndex>(std::upper_bound(times.begin(), times.end(), time) -
                                 times.begin());
}

}  // namespace

WorldState state_at(const TraceStore& trace, Timestamp time) {
  std::set<ObjectId> heads;
  find_lists(trace, 0, heads);
  Replay replay(trace);
  replay.know_lists(heads);
  replay.take_until(event_count_until(trace, time));
  return replay.take_state();
}

struct StateHistory::Kept {
  explicit Kept(const TraceStore& of) : trace(of), front(of) {}

  /// Between two kept states; more where a state is large, so that memory stays in proportion.
  std::size_t distance() const {
    constexpr std::size_t least = 16'384, per_object = 16;
    return std::max(least, per_object * trace.names().objects.size());
  }

  const TraceStore& trace;
  std::set<ObjectId> heads;
  Replay front;                ///< After all events.
  std::vector<Replay> states;  ///< Ascending.
};

StateHistory::StateHistory(const TraceStore& trace) : kept_(std::make_unique<Kept>(trace)) {
  extend();
}

StateHistory::~StateHistory() = default;
StateHistory::StateHistory(StateHistory&&) noexcept = default;
StateHistory& StateHistory::operator=(StateHistory&&) noexcept = default;

void StateHistory::extend() {
  Kept& k = *kept_;
  find_lists(k.trace, k.front.taken_count(), k.heads);
  k.front.know_names();
  k.front.know_lists(k.heads);
  const EventIndex end = k.trace.size();
  while (k.front.taken_count() < end) {
    const EventIndex last = k.states.empty() ? 0 : k.states.back().taken_count();
    const EventIndex next = std::min(end, last + k.distance());
    k.front.take_until(std::max(next, k.front.taken_count()));
    if (k.front.taken_count() >= last + k.distance()) k.states.push_back(k.front);
  }
}

WorldState StateHistory::at(Timestamp time) const {
  const Kept& k = *kept_;
  const EventIndex end = event_count_until(k.trace, time);
  const auto behind = std::partition_point(
      k.states.begin(), k.states.end(), [end](const Replay& r) { return r.taken_count() <= end; });
  Replay replay = behind == k.states.begin() ? Replay(k.trace) : *std::prev(behind);
  replay.know_names();
  replay.know_lists(k.heads);
  replay.take_until(end);
  return replay.take_state();
}

}  // namespace rcuscope
