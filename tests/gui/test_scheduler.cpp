// SPDX-License-Identifier: LGPL-2.1-or-later
// Being the scheduler, without a window: choices, undo, reasons and the goal.
#include "session/scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "gui/toy_engine.h"
#include "session/page_keys.h"
#include "session/text.h"

namespace rcuscope::gui {
namespace {

using test::choose;
using test::settle;

const ActorCard* card_of(const std::vector<ActorCard>& cards, std::string_view name) {
  for (const ActorCard& card : cards)
    if (card.name == name) return &card;
  return nullptr;
}

class Stepping : public testing::Test {
 protected:
  void start(const char* scenario) {
    choose(bench_, scenario);
    bench_.start_scheduler();
    ASSERT_TRUE(settle(bench_));
    ASSERT_NE(bench_.scheduler(), nullptr) << bench_.notice;
    EXPECT_EQ(bench_.page, Page::scheduler);
  }
  void run(const std::string& actor) {
    bench_.step(actor);
    ASSERT_TRUE(settle(bench_));
  }
  Scheduler& scheduler() { return *bench_.scheduler(); }

  Workbench bench_{make_catalogue_engine()};
};

TEST_F(Stepping, choices_are_the_actors_that_can_run) {
  start("no_synchronize_rcu");
  const std::vector<ActorCard> cards = scheduler().cards();
  ASSERT_EQ(cards.size(), 2u);
  EXPECT_EQ(cards[0].name, "ATC time-out ISR");
  EXPECT_EQ(cards[0].state, ActorCard::State::can_run);
  EXPECT_FALSE(scheduler().can_undo());
  EXPECT_EQ(scheduler().goal(), "Not yet: nobody has run");
}

TEST_F(Stepping, every_actor_has_its_lane_before_it_has_run) {
  start("no_synchronize_rcu");
  const auto lane_names = [this] {
    std::vector<std::string> names;
    for (const Lane& lane : scheduler().session().lanes().lanes) {
      // The lane of grace periods comes with the first of them.
      if (lane.kind == LaneKind::actor) names.push_back(lane.name);
    }
    return names;
  };
  const std::vector<std::string> before = lane_names();
  for (const ActorCard& card : scheduler().cards()) {
    EXPECT_NE(std::find(before.begin(), before.end(), card.name), before.end()) << card.name;
  }
  run("ATC time-out ISR");
  EXPECT_EQ(lane_names(), before) << "a lane moved";
}

TEST_F(Stepping, timeline_grows_and_shrinks_exactly) {
  start("no_synchronize_rcu");
  const std::size_t before = scheduler().session().trace().size();
  const std::string schedule = scheduler().now().schedule;
  run("ATC time-out ISR");
  EXPECT_GT(scheduler().session().trace().size(), before);
  EXPECT_EQ(scheduler().session().playback.playhead(), scheduler().session().trace().end());
  EXPECT_TRUE(card_of(scheduler().cards(), "ATC time-out ISR")->is_last);
  bench_.wish(Workbench::Wish::undo);
  bench_.take_in();
  EXPECT_EQ(scheduler().session().trace().size(), before);
  EXPECT_EQ(scheduler().now().schedule, schedule);
  EXPECT_FALSE(scheduler().can_undo());
}

/// The reader stays in its section, the remover goes on as far as it can.
void let_reader_in_and_remove(Stepping& test, Workbench& bench) {
  (void)test;
  for (int i = 0; i < 2; ++i) {
    bench.step("ATC time-out ISR");
    settle(bench);
  }
  const auto can_run = [&] {
    const auto cards = bench.scheduler()->cards();
    const ActorCard* unplug = card_of(cards, "hot unplug");
    return unplug != nullptr && unplug->state == ActorCard::State::can_run;
  };
  for (int i = 0; i < 100 && can_run() && !bench.scheduler()->now().is_over; ++i) {
    bench.step("hot unplug");
    settle(bench);
  }
}

TEST_F(Stepping, blocked_actor_says_for_whom_it_waits) {
  start("posted");
  let_reader_in_and_remove(*this, bench_);
  const auto cards = scheduler().cards();
  const ActorCard* unplug = card_of(cards, "hot unplug");
  ASSERT_NE(unplug, nullptr);
  EXPECT_EQ(unplug->state, ActorCard::State::blocked);
  EXPECT_NE(unplug->text.find("ATC time-out ISR"), std::string::npos) << unplug->text;
  EXPECT_TRUE(card_of(cards, "ATC time-out ISR")->is_reader);
  bench_.step("hot unplug");
  EXPECT_EQ(bench_.notice, "'hot unplug' cannot run now");
}

TEST_F(Stepping, goal_is_reached_by_a_finding_and_named) {
  start("no_synchronize_rcu");
  let_reader_in_and_remove(*this, bench_);
  EXPECT_EQ(scheduler().finding(), nullptr);
  run("ATC time-out ISR");
  ASSERT_NE(scheduler().finding(), nullptr) << scheduler_text(bench_);
  EXPECT_NE(scheduler().goal().find("use after free"), std::string::npos) << scheduler().goal();
  EXPECT_EQ(scheduler().goal_tone(), Tone::error);
  EXPECT_TRUE(scheduler().now().is_over);
  EXPECT_EQ(verdict_text(scheduler().session()).word, "USE AFTER FREE");
  EXPECT_FALSE(scheduler().session().metadata("explanation").empty());
  bench_.wish(Workbench::Wish::restart);
  bench_.take_in();
  EXPECT_EQ(scheduler().goal(), "Not yet: nobody has run");
}

TEST_F(Stepping, execution_without_a_finding_says_that_it_was_missed) {
  start("posted");
  for (int i = 0; i < 200 && !scheduler().now().is_over; ++i)
    run(scheduler().now().choices.front().actor);
  EXPECT_TRUE(scheduler().now().is_over);
  EXPECT_TRUE(scheduler().goal().starts_with("Not reached")) << scheduler().goal();
  EXPECT_EQ(card_of(scheduler().cards(), "hot unplug")->state, ActorCard::State::ended);
}

TEST_F(Stepping, what_was_explored_says_whether_the_goal_can_be_reached) {
  for (const auto& [scenario, expected] :
       {std::pair{"posted", "no order of operations reaches it"},
        std::pair{"no_synchronize_rcu", "it can be reached (use after free)"}}) {
    start(scenario);
    EXPECT_EQ(bench_.prospect(), "");
    bench_.start();
    ASSERT_TRUE(settle(bench_));
    EXPECT_NE(bench_.prospect().find(expected), std::string::npos) << bench_.prospect();
  }
}

TEST_F(Stepping, no_key_is_lost_while_a_step_is_under_way) {
  start("no_synchronize_rcu");
  for (int i = 0; i < 5; ++i) apply_page_key(bench_, {Key::character, false, false, U'2'});
  ASSERT_TRUE(settle(bench_));
  while (!scheduler().pending.empty()) ASSERT_TRUE(settle(bench_));
  ASSERT_TRUE(settle(bench_));
  EXPECT_EQ(scheduler().choice_count(), 5u);
  apply_page_key(bench_, {Key::character, false, false, U'u'});
  bench_.take_in();
  EXPECT_EQ(scheduler().choice_count(), 4u);
}

TEST_F(Stepping, text_twin_has_choices_reasons_and_goal) {
  start("posted");
  let_reader_in_and_remove(*this, bench_);
  const std::string text = scheduler_text(bench_);
  for (const char* part :
       {"page: scheduler", "goal: make it crash. Not yet", "can run: ", "blocked, because ",
        "[in a read-side critical section]", "schedule: s1:"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

}  // namespace
}  // namespace rcuscope::gui
