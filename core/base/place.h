// SPDX-License-Identifier: LGPL-2.1-or-later
// A line of source: where an operation stands in the machinery or in a scenario.
#pragma once

#include <cstdint>
#include <source_location>
#include <string_view>

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

/// The bare name of a function: "find_device_rcu" of "rcuscope::ptr<T>
/// rcuscope::Iommu<W>::find_device_rcu(...) [with W = ...]". Names of lambdas become that of the
/// function around them.
std::string_view short_function_name(std::string_view function);

}  // namespace rcuscope
