// SPDX-License-Identifier: LGPL-2.1-or-later
// Times as text: integer arithmetic only, so that every machine prints the same.
#include "trace/time_text.h"

#include <array>

namespace rcuscope {
namespace {

struct Unit {
  std::int64_t nanoseconds;
  const char* name;
};
constexpr std::array<Unit, 4> units = {
    {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "µs"}, {1, "ns"}}};

/// `count` thousandths as a decimal number with `digits` places (0 to 3), rounded half up.
std::string decimal(std::int64_t thousandths, int digits) {
  std::int64_t scale = 1000;
  for (int i = 0; i < digits; ++i) scale /= 10;
  const std::int64_t rounded = (thousandths + scale / 2) / scale;
  const std::int64_t per_unit = 1000 / scale;
  std::string text = std::to_string(rounded / per_unit);
  std::string fraction = std::to_string(rounded % per_unit + per_unit).substr(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return fraction.empty() ? text : text + "." + fraction;
}

}  // namespace

std::string duration_text(Clock clock, Timestamp duration) {
  if (duration < 0) return "-" + duration_text(clock, -duration);
  if (clock == Clock::steps) {
    return std::to_string(duration) + (duration == 1 ? " step" : " steps");
  }
  for (const Unit& unit : units) {
    if (duration < unit.nanoseconds) continue;
    const std::int64_t whole = duration / unit.nanoseconds;
    // Split first: nanoseconds times 1000 would overflow for long traces.
    const std::int64_t rest =
        unit.nanoseconds == 1 ? 0 : duration % unit.nanoseconds / (unit.nanoseconds / 1000);
    const int digits = whole >= 100 ? 0 : whole >= 10 ? 1 : 2;
    return decimal(whole * 1000 + rest, digits) + " " + unit.name;
  }
  return "0 ns";
}

std::string moment_text(Clock clock, Timestamp start, Timestamp moment) {
  if (clock == Clock::steps) return "step " + std::to_string(moment);
  const std::uint64_t since =
      static_cast<std::uint64_t>(moment) - static_cast<std::uint64_t>(start);
  return std::to_string(since / 1000) + "." + std::to_string(since % 1000 + 1000).substr(1) + " µs";
}

}  // namespace rcuscope
