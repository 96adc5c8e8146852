// SPDX-License-Identifier: LGPL-2.1-or-later
// A line of source: where an operation stands in the machinery or in a scenario.
#pragma once

#include <cstdint>
#include <source_location>

namespace rcuscope {

/// Like std::source_location, but may also name a line of Python. The strings outlive the place.
struct Place {
  const char* file = "";
  const char* function = "";
  std::uint32_t line = 0;

  static constexpr Place current(
      const std::source_location& here = std::source_location::current()) {
    return {here.file_name(), here.function_name(), here.line()};
  }
};

}  // namespace rcuscope
