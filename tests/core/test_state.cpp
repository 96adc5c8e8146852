// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests of the state of lists, counts, grace periods, locks and actors at a moment.
#include "trace/state.h"

#include <gtest/gtest.h>

#include "core/repeated_trace.h"
#include "core/sample_trace.h"

namespace rcuscope {
namespace {

constexpr Timestamp us = 1000;

std::int32_t object_id(const TraceStore& trace, std::string_view name) {
  for (std::size_t i = 0; i < trace.names().objects.size(); ++i) {
    if (trace.names().objects[i].name == name) return static_cast<std::int32_t>(i);
  }
  ADD_FAILURE() << "no object " << name;
  return 0;
}

const ObjectState& object(const TraceStore& trace, const WorldState& state, std::string_view name) {
  return state.objects[static_cast<std::size_t>(object_id(trace, name))];
}

const TracedActorState& actor(const TraceStore& trace, const WorldState& state,
                              std::string_view name) {
  for (const TracedActorState& a : state.actors) {
    if (trace.actor_name(a.actor.value) == name) return a;
  }
  ADD_FAILURE() << "no actor " << name;
  return state.actors.front();
}

std::vector<std::string> entries(const TraceStore& trace, const ListState& list) {
  std::vector<std::string> names;
  for (const ObjectId id : list.entries) names.emplace_back(trace.object_name(id.value));
  return names;
}

TEST(State, lists_have_their_entries_in_order) {
  const TraceStore trace = sample::safe_trace();
  const WorldState state = state_at(trace, 40 * us);
  ASSERT_EQ(state.lists.size(), 1u);
  EXPECT_EQ(
      entries(trace, state.lists[0]),
      (std::vector<std::string>{"gdev 01:00.0", "gdev 02:00.0", "gdev 01:00.1", "gdev 03:00.0"}));
}

TEST(State, an_unlinked_entry_still_points_to_its_successor) {
  const TraceStore trace = sample::safe_trace();
  const std::string_view removed = "gdev 01:00.1";
  EXPECT_FALSE(object(trace, state_at(trace, 40 * us), removed).stale_next.is_valid());
  const WorldState after = state_at(trace, 46 * us);
  EXPECT_EQ(trace.object_name(object(trace, after, removed).stale_next.value), "gdev 03:00.0");
}

TEST(State, an_unlinked_entry_waits_for_the_grace_period_of_its_updater) {
  const TraceStore trace = sample::safe_trace();
  const WorldState before = state_at(trace, 46 * us);
  EXPECT_EQ(object(trace, before, "gdev 01:00.1").membership, Membership::unlinked);
  EXPECT_FALSE(object(trace, before, "gdev 01:00.1").waits_for.is_valid());
  const WorldState waiting = state_at(trace, 60 * us);
  EXPECT_EQ(object(trace, waiting, "gdev 01:00.1").waits_for, GracePeriodId{1042});
  EXPECT_FALSE(object(trace, waiting, "gdev 01:00.1").is_freed);
  const WorldState after = state_at(trace, 110 * us);
  EXPECT_FALSE(object(trace, after, "gdev 01:00.1").waits_for.is_valid());
  EXPECT_TRUE(object(trace, after, "gdev 01:00.1").is_freed);
}

TEST(State, a_grace_period_waits_for_fewer_readers_as_they_leave) {
  const TraceStore trace = sample::safe_trace();
  const WorldState first = state_at(trace, 53 * us);
  ASSERT_EQ(first.grace_periods.size(), 1u);
  EXPECT_EQ(first.grace_periods[0].waits_for.size(), 2u);
  const WorldState second = state_at(trace, 70 * us);
  ASSERT_EQ(second.grace_periods.size(), 1u);
  ASSERT_EQ(second.grace_periods[0].waits_for.size(), 1u);
  EXPECT_EQ(trace.actor_name(second.grace_periods[0].waits_for[0].value), "ATC time-out ISR");
  EXPECT_TRUE(state_at(trace, 90 * us).grace_periods.empty());
}

TEST(State, counts_references) {
  const TraceStore trace = sample::safe_trace();
  EXPECT_EQ(object(trace, state_at(trace, 50 * us), "0000:01:00.1").references, 2);
  EXPECT_EQ(object(trace, state_at(trace, 95 * us), "0000:01:00.1").references, 1);
  EXPECT_EQ(object(trace, state_at(trace, 95 * us), "0000:03:00.0").references, 0);
  EXPECT_FALSE(object(trace, state_at(trace, 95 * us), "group 7").references.has_value());
}

TEST(State, knows_who_holds_a_lock_only_while_it_is_held) {
  const TraceStore trace = sample::safe_trace();
  const WorldState held = state_at(trace, 40 * us);
  ASSERT_EQ(held.locks.size(), 1u);
  EXPECT_EQ(trace.actor_name(held.locks[0].owner.value), "iommu_group_remove_device");
  EXPECT_TRUE(state_at(trace, 50 * us).locks.empty());
}

TEST(State, knows_what_actors_do) {
  const TraceStore trace = sample::safe_trace();
  const WorldState state = state_at(trace, 60 * us);
  EXPECT_EQ(actor(trace, state, "iommu_group_remove_device").blocked_on, "synchronize_rcu");
  EXPECT_EQ(actor(trace, state, "ATC time-out ISR").reader_nesting, 1);
  EXPECT_TRUE(actor(trace, state, "ATC time-out ISR").is_running);
  EXPECT_FALSE(actor(trace, state, "rcu_core").is_running);
  EXPECT_EQ(actor(trace, state_at(trace, 88 * us), "iommu_group_remove_device").blocked_on, "");
}

TEST(State, an_actor_that_waits_for_a_mutex_is_blocked_on_it_and_queued) {
  TraceBuilder builder(Clock::steps);
  const ActorId owner = builder.add_actor({"owner", ActorKind::process, {}});
  const ActorId waiter = builder.add_actor({"waiter", ActorKind::process, {}});
  const ObjectId lock = builder.add_object({"lock", "mutex"});
  const auto add = [&](Timestamp time, ActorId who, EventKind kind, std::int64_t value = 0) {
    Event event;
    event.time = time;
    event.actor = static_cast<std::uint16_t>(who.value);
    event.kind = kind;
    event.object = lock;
    event.value = value;
    builder.add(event);
  };
  add(0, owner, EventKind::mutex_lock);
  add(1, waiter, EventKind::mutex_contended, owner.value);
  add(2, owner, EventKind::mutex_unlock);
  add(3, waiter, EventKind::mutex_lock);
  const TraceStore trace = builder.build();
  const WorldState waiting = state_at(trace, 1);
  ASSERT_EQ(waiting.locks.size(), 1u);
  EXPECT_EQ(waiting.locks[0].owner, owner);
  EXPECT_EQ(waiting.locks[0].waiters, std::vector<ActorId>{waiter});
  EXPECT_EQ(waiting.actors[1].blocked_on, "lock");
  const WorldState handed_over = state_at(trace, 3);
  EXPECT_EQ(handed_over.locks.at(0).owner, waiter);
  EXPECT_TRUE(handed_over.locks[0].waiters.empty());
  EXPECT_EQ(handed_over.actors[1].blocked_on, "");
}

TEST(State, list_del_poisons_and_list_replace_rcu_takes_the_place) {
  TraceBuilder builder(Clock::steps);
  const ObjectId list = builder.add_object({"list", "list_head"});
  const ObjectId a = builder.add_object({"a", "entry"});
  const ObjectId b = builder.add_object({"b", "entry"});
  const ObjectId c = builder.add_object({"c", "entry"});
  Timestamp time = 0;
  const auto add = [&](EventKind kind, ObjectId object_id, std::int64_t value) {
    Event event;
    event.time = time++;
    event.kind = kind;
    event.object = object_id;
    event.value = value;
    builder.add(event);
  };
  add(EventKind::list_add_rcu, a, list.value);
  add(EventKind::list_add_rcu, b, list.value);
  add(EventKind::list_replace_rcu, a, c.value);
  add(EventKind::list_del, b, 0);
  const TraceStore trace = builder.build();
  EXPECT_EQ(entries(trace, state_at(trace, 1).lists[0]), (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(entries(trace, state_at(trace, 2).lists[0]), (std::vector<std::string>{"b", "c"}));
  const WorldState end = state_at(trace, 3);
  EXPECT_EQ(entries(trace, end.lists[0]), (std::vector<std::string>{"c"}));
  EXPECT_TRUE(object(trace, end, "b").is_poisoned);
  EXPECT_FALSE(object(trace, end, "a").is_poisoned);
  EXPECT_EQ(object(trace, end, "a").membership, Membership::unlinked);
}

TEST(State, before_the_first_event_nothing_has_happened) {
  const TraceStore trace = sample::safe_trace();
  const WorldState state = state_at(trace, -1);
  EXPECT_EQ(state.objects.size(), trace.names().objects.size());
  EXPECT_EQ(state.actors.size(), trace.names().actors.size());
  for (const TracedActorState& a : state.actors) EXPECT_EQ(a.last_event, -1);
  EXPECT_TRUE(state_at(TraceStore(), 0).objects.empty());
}

TEST(State, main_is_blocked_on_the_actors_while_they_run) {
  const TraceStore trace = sample::repeated_trace(1);
  std::size_t main = 0;
  while (trace.names().actors[main].kind != ActorKind::main) ++main;
  const auto main_at = [&](Timestamp time) { return state_at(trace, time).actors[main]; };
  EXPECT_EQ(main_at(3'000).blocked_on, "");
  EXPECT_EQ(main_at(120'000).blocked_on, wait_for_actors);
  EXPECT_TRUE(main_at(120'000).is_running);
  EXPECT_EQ(main_at(300'000).blocked_on, "");
  EXPECT_EQ(main_at(9'050'000).blocked_on, "") << "the grace-period kthread is none of them";
}

}  // namespace
}  // namespace rcuscope
