// SPDX-License-Identifier: LGPL-2.1-or-later
// Orders with the fewest switches, against trying all of them.
#include "explore/linear_extension.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>

#include "base/random.h"

namespace rcuscope {
namespace {

using Order = std::vector<std::size_t>;

/// Events of some actors, partially ordered: an edge of the closure always leads forward.
struct Events {
  std::vector<ActorId> actors;
  std::vector<std::vector<bool>> before;

  bool is_before(std::size_t i, std::size_t j) const { return before[i][j]; }
};

Events generate(Random& random, std::size_t event_count, std::uint64_t actor_count) {
  Events events;
  for (std::size_t i = 0; i < event_count; ++i)
    events.actors.push_back({static_cast<std::int32_t>(random.below(actor_count))});
  events.before.assign(event_count, std::vector<bool>(event_count, false));
  for (std::size_t j = 0; j < event_count; ++j)
    for (std::size_t i = j; i-- > 0;) {
      const bool is_edge = events.actors[i] == events.actors[j] || random.is_chosen(1, 4);
      if (!is_edge) continue;
      events.before[i][j] = true;
      for (std::size_t k = 0; k < i; ++k)
        if (events.before[k][i]) events.before[k][j] = true;
    }
  return events;
}

std::size_t count_switches(const Events& events, const Order& order) {
  std::size_t count = 0;
  for (std::size_t n = 1; n < order.size(); ++n)
    count += events.actors[order[n]] != events.actors[order[n - 1]];
  return count;
}

bool keeps_to_the_order(const Events& events, const Order& order) {
  for (std::size_t a = 0; a < order.size(); ++a)
    for (std::size_t b = a + 1; b < order.size(); ++b)
      if (events.is_before(order[b], order[a])) return false;
  return std::set<std::size_t>(order.begin(), order.end()).size() == events.actors.size();
}

std::size_t fewest_of_all(const Events& events) {
  Order order(events.actors.size());
  std::iota(order.begin(), order.end(), 0u);
  std::size_t fewest = order.size();
  do {
    if (keeps_to_the_order(events, order)) fewest = std::min(fewest, count_switches(events, order));
  } while (std::next_permutation(order.begin(), order.end()));
  return fewest;
}

Order ordered(const Events& events, std::size_t max_states = max_extension_states) {
  return fewest_switches(
      events.actors, [&](std::size_t i, std::size_t j) { return events.is_before(i, j); },
      max_states);
}

TEST(LinearExtension, has_as_few_switches_as_the_best_of_all_orders) {
  Random random(8);
  for (int i = 0; i < 300; ++i) {
    const Events events = generate(random, 1 + random.below(7), 1 + random.below(4));
    const Order order = ordered(events);
    ASSERT_TRUE(keeps_to_the_order(events, order));
    ASSERT_EQ(count_switches(events, order), fewest_of_all(events));
  }
}

TEST(LinearExtension, is_an_order_also_where_a_shortest_path_would_take_too_long) {
  Random random(9);
  for (int i = 0; i < 50; ++i) {
    const Events events = generate(random, 60, 6);
    const Order order = ordered(events, 10);
    ASSERT_TRUE(keeps_to_the_order(events, order));
    Order as_it_was(events.actors.size());
    std::iota(as_it_was.begin(), as_it_was.end(), 0u);
    EXPECT_LE(count_switches(events, order), count_switches(events, as_it_was));
  }
}

TEST(LinearExtension, of_nothing_is_nothing) { EXPECT_TRUE(ordered({}).empty()); }

}  // namespace
}  // namespace rcuscope
