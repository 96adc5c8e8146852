// SPDX-License-Identifier: LGPL-2.1-or-later
// RCUSCOPE_ASSERT and RCUSCOPE_REACHED: our own invariants, and marks for rare situations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/place.h"

namespace rcuscope {

/// An invariant of rcuscope itself is broken. The message carries expression, values and place.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

namespace detail {

std::string hexadecimal(std::uintptr_t value);

inline std::string assertion_text(std::nullptr_t) { return hexadecimal(0); }

/// Text of a value in an assertion message: numbers, enums, strings, pointers and Ids.
template <class T>
std::string assertion_text(const T& value) {
  if constexpr (std::is_pointer_v<T>) {
    if (value == nullptr) return assertion_text(nullptr);
  }
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_enum_v<T>) {
    return std::to_string(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (std::is_arithmetic_v<T>) {
    return std::to_string(value);
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return '"' + std::string(std::string_view(value)) + '"';
  } else if constexpr (std::is_pointer_v<T>) {
    return hexadecimal(reinterpret_cast<std::uintptr_t>(value));
  } else {
    return assertion_text(value.value);  // Id<Tag>
  }
}

[[noreturn]] void throw_internal_error(const char* expression, const Place& place,
                                       const char* value_names,
                                       std::initializer_list<std::string> values);

template <class... Values>
[[noreturn, gnu::cold, gnu::noinline]] void fail_assertion(const char* expression,
                                                           const Place& place,
                                                           const char* value_names,
                                                           const Values&... values) {
  throw_internal_error(expression, place, value_names, {assertion_text(values)...});
}

}  // namespace detail

#ifdef RCUSCOPE_RECORD_REACHED
/// Notes that a rare situation was met. Context: any thread.
void note_reached(std::string_view situation);

/// Return: whether a RCUSCOPE_REACHED with this text ran in this process.
bool was_reached(std::string_view situation);
#endif

}  // namespace rcuscope

/// Throws InternalError unless `condition` holds, in every build; further arguments are values that
/// the message shows. For our own invariants only: a wrong argument is a UsageError.
#define RCUSCOPE_ASSERT(condition, ...)                                                       \
  ((condition) ? static_cast<void>(0)                                                         \
               : ::rcuscope::detail::fail_assertion(#condition, ::rcuscope::Place::current(), \
                                                    #__VA_ARGS__ __VA_OPT__(, ) __VA_ARGS__))

/// Marks a rare situation that the tests are expected to reach. It costs nothing, except in a build
/// of everything with -DRCUSCOPE_RECORD_REACHED, where a test may ask was_reached().
#ifdef RCUSCOPE_RECORD_REACHED
#define RCUSCOPE_REACHED(situation) ::rcuscope::note_reached("" situation)
#else
#define RCUSCOPE_REACHED(situation) static_cast<void>(sizeof("" situation))
#endif
