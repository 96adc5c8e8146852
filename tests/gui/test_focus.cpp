// SPDX-License-Identifier: LGPL-2.1-or-later
// focus_actors: who is shown, and what their panels say.
#include "focus.h"

#include <gtest/gtest.h>

#include "gui/fixtures.h"

namespace rcuscope::gui {
namespace {

const ActorFocus* find(const std::vector<ActorFocus>& actors, std::string_view title) {
  for (const ActorFocus& actor : actors) {
    if (actor.title == title) return &actor;
  }
  return nullptr;
}

TEST(Focus, waiting_updater_and_the_reader_it_waits_for_are_shown) {
  const Session session = test::safe_session();
  const auto actors = focus_actors(session, {});
  ASSERT_EQ(actors.size(), 3u);
  const ActorFocus* updater = find(actors, "iommu_group_remove_device");
  ASSERT_NE(updater, nullptr);
  EXPECT_EQ(updater->cpu, "CPU 0");
  EXPECT_EQ(updater->status, "blocked for 20.8 µs: GP 1042 waits for ATC time-out ISR");
  const ActorFocus* reader = find(actors, "ATC time-out ISR");
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(reader->status, "reads; GP 1042 waits for it");
}

TEST(Focus, actor_at_fault_says_what_it_uses) {
  const Session session = test::faulty_session();
  const auto actors = focus_actors(session, {});
  const ActorFocus* reader = find(actors, "ATC time-out ISR");
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(reader->tone, Tone::error);
  EXPECT_EQ(reader->status, "uses gdev 01:00.1, freed 7.70 µs before");
  EXPECT_NE(find(actors, "iommu_group_remove_device"), nullptr);
}

TEST(Focus, selected_actor_is_always_shown) {
  Session session = test::safe_session();
  for (std::size_t lane = 0; lane < session.lanes().lanes.size(); ++lane) {
    if (!session.lanes().lanes[lane].actor.is_valid()) continue;
    session.selection = {Selection::Kind::lane, lane};
    EXPECT_NE(find(focus_actors(session, {}), session.lanes().lanes[lane].name), nullptr);
  }
}

TEST(Focus, exactly_one_line_is_current_and_it_has_happened) {
  Session session = test::safe_session();
  const auto actors = focus_actors(session, {});
  for (const ActorFocus& actor : actors) {
    int current_count = 0;
    for (const FocusLine& line : actor.lines) {
      if (line.is_current) ++current_count;
      const bool is_future = session.trace().time(line.event) > session.playback.playhead();
      EXPECT_EQ(line.is_future, is_future);
    }
    EXPECT_EQ(current_count, 1);
  }
}

TEST(Focus, sentences_leave_out_the_name_in_the_heading) {
  const Session session = test::safe_session();
  const auto actors = focus_actors(session, {});
  const ActorFocus* updater = find(actors, "iommu_group_remove_device");
  ASSERT_NE(updater, nullptr);
  EXPECT_TRUE(std::any_of(updater->lines.begin(), updater->lines.end(), [](const FocusLine& line) {
    return line.sentence == "takes group 7 mutex" && line.place == "remove.h:760";
  }));
}

TEST(Focus, actor_that_has_not_started_says_so) {
  Session session = test::safe_session();
  session.playback.move_to(session.trace().start());
  const auto actors = focus_actors(session, {.actor_count = 20, .line_count = 8});
  const ActorFocus* updater = find(actors, "iommu_group_remove_device");
  ASSERT_NE(updater, nullptr);
  EXPECT_EQ(updater->status, "has not started");
}

TEST(Focus, main_waits_while_the_actors_run) {
  Session session(sample::repeated_trace(1));
  const auto main_at = [&session](Timestamp time) {
    session.playback.move_to(time);
    const auto actors = focus_actors(session, {.actor_count = 9});
    return find(actors, "main")->status;
  };
  EXPECT_EQ(main_at(3'000), "runs");
  EXPECT_EQ(main_at(120'000), "waits for the actors");
  EXPECT_EQ(main_at(300'000), "runs");
}

TEST(Focus, lines_know_how_precise_their_times_have_to_be) {
  Session session(sample::repeated_trace(2));
  session.playback.move_to(150'000);
  const auto actors = focus_actors(session, {});
  const ActorFocus* updater = find(actors, "iommu_group_remove_device");
  ASSERT_NE(updater, nullptr);
  EXPECT_EQ(updater->least_distance, 2'000) << "from the free to the end";
}

}  // namespace
}  // namespace rcuscope::gui
