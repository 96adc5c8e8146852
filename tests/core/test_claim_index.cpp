// SPDX-License-Identifier: LGPL-2.1-or-later
// ClaimIndex and EventSet: events are found by what they claim, near ones and far ones.
#include "explore/claim_index.h"

#include <gtest/gtest.h>

namespace rcuscope {
namespace {

Claim write_of(std::uint64_t address) { return Claim(ResourceClass::memory, address, Mode::write); }

TEST(ClaimIndex, events_are_found_by_their_claim_alone) {
  ClaimIndex index;
  index.insert(write_of(64), 3);
  index.insert(write_of(64), 5);
  index.insert(write_of(72), 4);
  ASSERT_NE(index.find(write_of(64)), nullptr);
  EXPECT_EQ(index.find(write_of(64))->last(), 5U);
  EXPECT_FALSE(index.find(write_of(64))->contains(4));
  EXPECT_EQ(index.find(write_of(80)), nullptr);
  EXPECT_EQ(index.find(write_of(64).with_mode(Mode::read)), nullptr);
  EXPECT_EQ(index.find(Claim(ResourceClass::object, 64, Mode::write)), nullptr);
}

TEST(ClaimIndex, growing_loses_no_claim) {
  constexpr std::uint64_t claims = 5'000;
  ClaimIndex index;
  for (std::uint64_t i = 0; i < claims; ++i) index.insert(write_of(8 * i), i);
  EXPECT_EQ(index.size(), claims);
  for (std::uint64_t i = 0; i < claims; ++i) {
    ASSERT_NE(index.find(write_of(8 * i)), nullptr) << i;
    EXPECT_EQ(index.find(write_of(8 * i))->last(), i);
  }
}

TEST(ClaimIndex, erased_events_are_gone_and_unknown_ones_do_not_matter) {
  ClaimIndex index;
  index.insert(write_of(8), 1);
  index.insert(write_of(8), 200);
  index.erase(write_of(8), 200);
  index.erase(write_of(16), 1);
  EXPECT_EQ(index.find(write_of(8))->last(), 1U);
  index.erase(write_of(8), 1);
  EXPECT_EQ(index.find(write_of(8))->last(), EventSet::none);
  index.clear();
  EXPECT_EQ(index.size(), 0U);
  EXPECT_EQ(index.find(write_of(8)), nullptr);
}

TEST(EventSet, far_events_are_kept_as_near_ones_are) {
  EventSet events, others;
  for (const std::size_t i : {0U, 63U, 64U, 127U, 128U, 500U}) events.insert(i);
  others.insert(500);
  others.insert(64);
  others.insert(700);
  EXPECT_EQ(events.last(), 500U);
  events.subtract(others);
  EXPECT_EQ(events.last(), 128U);
  EXPECT_FALSE(events.contains(64));
  std::vector<std::size_t> seen;
  EXPECT_TRUE(events.any_from_last([&](std::size_t i) {
    seen.push_back(i);
    return i == 63;
  }));
  EXPECT_EQ(seen, (std::vector<std::size_t>{128, 127, 63}));
  others = EventSet();
  EXPECT_EQ(others.last(), EventSet::none);
  EXPECT_FALSE(others.any_from_last([](std::size_t) { return true; }));
}

}  // namespace
}  // namespace rcuscope
