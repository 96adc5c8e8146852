// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests of the seeded generator: same numbers everywhere, no bias, no hidden state.
#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <concepts>
#include <map>
#include <random>
#include <vector>

namespace rcuscope {
namespace {

static_assert(std::uniform_random_bit_generator<Random>);

TEST(Random, gives_the_published_numbers_of_xoshiro256starstar) {
  // splitmix64 from 0, then xoshiro256**, both as in their authors' C code.
  Random random(0);
  EXPECT_EQ(random.next(), 0x99ec5f36cb75f2b4U);
  EXPECT_EQ(random.next(), 0xbf6e1f784956452aU);
  EXPECT_EQ(random.next(), 0x1a5f849d4933e6e0U);
}

TEST(Random, same_seed_gives_the_same_numbers_and_a_copy_goes_its_own_way) {
  Random first(42);
  Random second(42);
  EXPECT_EQ(first.next(), second.next());
  Random copy = first;
  EXPECT_EQ(copy.next(), first.next());
  EXPECT_NE(Random(42).next(), Random(43).next());
}

TEST(Random, below_gives_every_value_about_equally_often) {
  Random random(1);
  std::array<int, 6> counts{};
  for (int i = 0; i < 60'000; ++i) ++counts[random.below(counts.size())];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 400);
}

TEST(Random, below_one_is_zero_and_below_zero_is_an_internal_error) {
  Random random(1);
  EXPECT_EQ(random.below(1), 0U);
  EXPECT_LT(random.below(Random::max()), Random::max());
  EXPECT_THROW(random.below(0), InternalError);
}

TEST(Random, is_chosen_follows_the_given_probability) {
  Random random(7);
  int count = 0;
  for (int i = 0; i < 30'000; ++i) count += random.is_chosen(1, 3) ? 1 : 0;
  EXPECT_NEAR(count, 10'000, 400);
  EXPECT_FALSE(random.is_chosen(0, 5));
  EXPECT_TRUE(random.is_chosen(5, 5));
}

TEST(Random, shuffle_gives_every_permutation_about_equally_often) {
  Random random(3);
  std::map<std::vector<int>, int> counts;
  for (int i = 0; i < 6'000; ++i) {
    std::vector<int> items{1, 2, 3};
    random.shuffle(std::span(items));
    ++counts[items];
  }
  EXPECT_EQ(counts.size(), 6U);
  for (const auto& [permutation, count] : counts) EXPECT_NEAR(count, 1'000, 150);
}

}  // namespace
}  // namespace rcuscope
