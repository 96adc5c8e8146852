// SPDX-License-Identifier: LGPL-2.1-or-later
// Messages of broken invariants, and the record of rare situations in builds that keep one.
#include "base/assert.h"

#ifdef RCUSCOPE_RECORD_REACHED
#include <mutex>
#include <set>
#endif

namespace rcuscope {
namespace detail {

std::string hexadecimal(std::uintptr_t value) {
  std::string digits;
  do {
    digits.insert(digits.begin(), "0123456789abcdef"[value % 16]);
    value /= 16;
  } while (value != 0);
  return "0x" + digits;
}

void throw_internal_error(const char* expression, const Place& place, const char* value_names,
                          std::initializer_list<std::string> values) {
  std::string message = std::string(place.file) + ':' + std::to_string(place.line) + ": in " +
                        place.function + ": '" + expression + "' does not hold";
  if (values.size() > 0) message += " (" + std::string(value_names) + " =";
  const char* separator = " ";
  for (const std::string& value : values) {
    message += separator + value;
    separator = ", ";
  }
  if (values.size() > 0) message += ')';
  throw InternalError(message + "; this is a bug in rcuscope: please report it");
}

}  // namespace detail

#ifdef RCUSCOPE_RECORD_REACHED
namespace {

struct ReachedSituations {
  std::mutex lock;
  std::set<std::string, std::less<>> names;
};

/// The one mutable object of this kind, and only in a build made for tests.
ReachedSituations& reached_situations() {
  static ReachedSituations situations;
  return situations;
}

}  // namespace

void note_reached(std::string_view situation) {
  const std::lock_guard guard(reached_situations().lock);
  reached_situations().names.emplace(situation);
}

bool was_reached(std::string_view situation) {
  const std::lock_guard guard(reached_situations().lock);
  return reached_situations().names.contains(situation);
}
#endif

}  // namespace rcuscope
