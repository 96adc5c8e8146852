// SPDX-License-Identifier: LGPL-2.1-or-later
// StatePicture: cards, chains and chips say what is true at the playhead.
#include "trace/state_picture.h"

#include <gtest/gtest.h>

#include "gui/fixtures.h"

namespace rcuscope::gui {
namespace {

const ObjectCard* find_card(const StatePicture& picture, std::string_view title) {
  for (const ObjectCard& card : picture.cards) {
    if (card.title == title) return &card;
  }
  return nullptr;
}

StatePicture picture_at(Session session, Timestamp time) {
  session.playback.move_to(time);
  return session.picture();
}

TEST(StatePicture, linked_entries_know_their_neighbours) {
  const StatePicture picture = picture_at(test::safe_session(), 20'000);
  const ObjectCard* card = find_card(picture, "0000:02:00.0");
  ASSERT_NE(card, nullptr);
  EXPECT_EQ(card->state, "linked");
  EXPECT_EQ(card->previous, "01:00.0");
  EXPECT_EQ(card->next, "01:00.1");
}

TEST(StatePicture, unlinked_entry_keeps_its_next_pointer_and_waits) {
  const StatePicture picture = picture_at(test::safe_session(), 72'800);
  const ObjectCard* card = find_card(picture, "0000:01:00.1");
  ASSERT_NE(card, nullptr);
  EXPECT_EQ(card->state, "unlinked, waiting for GP 1042");
  EXPECT_EQ(card->tone, Tone::waiting);
  EXPECT_EQ(card->next, "03:00.0");
  EXPECT_EQ(card->previous, "LIST_POISON2");
  EXPECT_TRUE(card->is_next_stale);
  EXPECT_FALSE(card->is_next_freed);
  EXPECT_EQ(card->held_label, "waits for");
  EXPECT_EQ(card->held_by, "ATC time-out ISR");
}

TEST(StatePicture, released_device_of_a_linked_entry_is_no_good_state) {
  const StatePicture picture = picture_at(test::safe_session(), 72'800);
  const ObjectCard* card = find_card(picture, "0000:03:00.0");
  ASSERT_NE(card, nullptr);
  EXPECT_EQ(card->references, 0);
  EXPECT_EQ(card->state, "linked, device released");
  EXPECT_EQ(card->tone, Tone::waiting);
}

TEST(StatePicture, references_are_told_by_who_took_and_who_dropped_them) {
  const Session session = test::safe_session();
  const StatePicture picture = picture_at(test::safe_session(), session.trace().end());
  const ObjectCard* card = find_card(picture, "0000:01:00.1");
  ASSERT_NE(card, nullptr);
  std::int64_t taken = 0, dropped = 0;
  for (const ReferenceUser& user : card->reference_users) {
    taken += user.taken;
    dropped += user.dropped;
  }
  const auto is_about = [&](EventIndex i, EventKind kind) {
    return session.trace().kind(i) == kind &&
           session.trace().columns().object[i] == card->device.value;
  };
  std::int64_t gets = 0, puts = 0;
  for (EventIndex i = 0; i < session.trace().size(); ++i) {
    gets += is_about(i, EventKind::get_device);
    puts += is_about(i, EventKind::put_device);
  }
  EXPECT_GT(gets + puts, 0);
  EXPECT_EQ(taken, gets);
  EXPECT_EQ(dropped, puts);
}

TEST(StatePicture, freed_object_in_use_is_an_error) {
  const StatePicture picture = picture_at(test::faulty_session(), 66'200);
  const ObjectCard* card = find_card(picture, "0000:01:00.1");
  ASSERT_NE(card, nullptr);
  EXPECT_EQ(card->tone, Tone::error);
  EXPECT_TRUE(card->is_struck);
  EXPECT_EQ(card->held_by, "ATC time-out ISR");
}

TEST(StatePicture, freed_object_that_nobody_uses_is_gone) {
  const StatePicture picture = picture_at(test::safe_session(), 110'000);
  const ObjectCard* card = find_card(picture, "0000:01:00.1");
  ASSERT_NE(card, nullptr);
  EXPECT_EQ(card->tone, Tone::gone);
}

TEST(StatePicture, list_shows_its_entries_in_order) {
  const StatePicture picture = picture_at(test::safe_session(), 72'800);
  ASSERT_EQ(picture.lists.size(), 1u);
  const std::vector<std::string> expected = {"01:00.0", "02:00.0", "03:00.0"};
  EXPECT_EQ(picture.lists[0].entries, expected);
}

TEST(StatePicture, cpu_of_the_reader_that_is_waited_for_stands_out) {
  const StatePicture picture = picture_at(test::safe_session(), 72'800);
  ASSERT_EQ(picture.chips.size(), 4u);
  EXPECT_EQ(picture.chips[2].title, "CPU 2");
  EXPECT_EQ(picture.chips[2].tone, Tone::reader);
  EXPECT_EQ(picture.chips[0].tone, Tone::plain);
  EXPECT_EQ(picture.rcu_line, "GP 1042 in progress");
}

TEST(StatePicture, held_lock_names_its_owner) {
  const StatePicture picture = picture_at(test::safe_session(), 40'000);
  ASSERT_EQ(picture.locks.size(), 1u);
  EXPECT_EQ(picture.locks[0], "group 7 mutex: held by iommu_group_remove_device");
}

TEST(StatePicture, names_lose_only_the_pci_domain) {
  EXPECT_EQ(short_object_name("0000:01:00.1"), "01:00.1");
  EXPECT_EQ(short_object_name("gdev 0000:01:00.1"), "gdev 01:00.1");
  EXPECT_EQ(short_object_name("node"), "node");
}

}  // namespace
}  // namespace rcuscope::gui
