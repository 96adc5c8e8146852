// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests of our assertions: what their message says, and that they cost nothing when they hold.
#include "base/assert.h"

#include <gtest/gtest.h>

#include <string>

#include "base/ids.h"

namespace rcuscope {
namespace {

template <class Function>
std::string message_of(Function function) {
  try {
    function();
  } catch (const InternalError& error) {
    return error.what();
  }
  return "no InternalError";
}

TEST(Assert, says_nothing_while_the_condition_holds) {
  EXPECT_NO_THROW(RCUSCOPE_ASSERT(1 + 1 == 2, "a value"));
}

TEST(Assert, message_has_expression_values_place_and_asks_for_a_report) {
  const int depth = 3;
  const std::string message = message_of([&] { RCUSCOPE_ASSERT(depth < 2, depth, "text"); });
  EXPECT_NE(message.find("test_assert.cpp:"), std::string::npos) << message;
  EXPECT_NE(message.find("'depth < 2' does not hold (depth, \"text\" = 3, \"text\")"),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("this is a bug in rcuscope: please report it"), std::string::npos);
}

TEST(Assert, message_without_values_has_no_parentheses) {
  const std::string message = message_of([] { RCUSCOPE_ASSERT(false); });
  EXPECT_NE(message.find("'false' does not hold; this is a bug"), std::string::npos) << message;
}

TEST(Assert, shows_ids_enums_booleans_and_pointers) {
  enum class Colour { red, green };
  EXPECT_EQ(detail::assertion_text(ActorId{7}), "7");
  EXPECT_EQ(detail::assertion_text(Colour::green), "1");
  EXPECT_EQ(detail::assertion_text(true), "true");
  EXPECT_EQ(detail::assertion_text(-5), "-5");
  EXPECT_EQ(detail::assertion_text(std::string("name")), "\"name\"");
  EXPECT_EQ(detail::assertion_text(reinterpret_cast<const int*>(0xabc)), "0xabc");
  EXPECT_EQ(detail::assertion_text(nullptr), "0x0");
  EXPECT_EQ(detail::assertion_text(static_cast<const char*>(nullptr)), "0x0");
}

TEST(Assert, values_are_evaluated_only_on_failure_and_the_condition_once) {
  int condition_count = 0;
  int value_count = 0;
  RCUSCOPE_ASSERT(++condition_count == 1, ++value_count);
  EXPECT_EQ(condition_count, 1);
  EXPECT_EQ(value_count, 0);
}

TEST(Assert, is_usable_in_constant_expressions) {
  constexpr auto half = [](int even) {
    RCUSCOPE_ASSERT(even % 2 == 0, even);
    return even / 2;
  };
  static_assert(half(4) == 2);
}

TEST(Reached, is_recorded_only_in_builds_that_ask_for_it) {
  RCUSCOPE_REACHED("test: a rare situation");
#ifdef RCUSCOPE_RECORD_REACHED
  EXPECT_TRUE(was_reached("test: a rare situation"));
  EXPECT_FALSE(was_reached("test: another one"));
#endif
}

}  // namespace
}  // namespace rcuscope
