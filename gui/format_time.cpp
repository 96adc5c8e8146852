// SPDX-License-Identifier: LGPL-2.1-or-later
// Units, decimals and tick distances.
#include "format_time.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace rcuscope::gui {
namespace {

constexpr std::array<TimeUnit, 4> units = {{{"ns", 1}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}}};

std::string fixed(double value, int decimals) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, value);
  return buffer.data();
}

/// Three significant digits, without decimals that say nothing.
std::string short_number(double value) {
  const double size = std::fabs(value);
  return fixed(value, size >= 100 || value == std::floor(value) ? 0 : size >= 10 ? 1 : 2);
}

}  // namespace

TimeFormat::TimeFormat(const TraceStore& trace) : clock_(trace.clock()) {
  if (clock_ == Clock::nanoseconds) origin_ = trace.start() - trace.start() % 1000;
  first_ = trace.start();
  length_ = static_cast<double>(trace.end() - origin_);
}

TimeUnit TimeFormat::unit_for(double span) const {
  if (clock_ == Clock::steps) return {"step", 1};
  for (const TimeUnit& unit : units) {
    if (std::fabs(span) < unit.size * 2000) return unit;
  }
  return units.back();
}

std::string TimeFormat::number(double time) const {
  const double value = time - static_cast<double>(origin_);
  if (clock_ == Clock::steps) return fixed(std::floor(value), 0);
  const TimeUnit unit = unit_for(length_);
  return fixed(value / unit.size, unit.size == 1 ? 0 : 1);
}

std::string TimeFormat::instant(double time) const {
  if (clock_ == Clock::steps) return "step " + number(time);
  return number(time) + " " + std::string(unit_for(length_).name);
}

std::string TimeFormat::duration(double span) const {
  if (clock_ == Clock::steps) {
    return fixed(std::floor(span), 0) + (std::floor(span) == 1 ? " step" : " steps");
  }
  const TimeUnit unit = unit_for(span);
  return short_number(span / unit.size) + " " + std::string(unit.name);
}

std::string TimeFormat::instant_in_view(double time, double view_span) const {
  if (clock_ == Clock::steps) return instant(time);
  return number_in_view(time, view_span) + " " + std::string(unit_for(view_span).name);
}

std::string TimeFormat::expected_instant() const {
  if (clock_ == Clock::steps) {
    return "a step from " + number(static_cast<double>(first_)) + " to " + fixed(length_, 0);
  }
  // Rounded into the trace: what this names can be given back.
  const TimeUnit unit = unit_for(length_);
  const std::string name(unit.name);
  const double thousandth = unit.size / 1000;
  const double from = std::ceil(static_cast<double>(first_ - origin_) / thousandth) / 1000;
  const double to = std::floor(length_ / thousandth) / 1000;
  return "a time from " + fixed(from, 3) + " " + name + " to " + fixed(to, 3) + " " + name +
         " (a bare number counts ns)";
}

std::string TimeFormat::number_in_view(double time, double view_span) const {
  if (clock_ == Clock::steps) return number(time);
  return tick(time, unit_for(view_span), view_span / 1000);
}

std::string TimeFormat::number_of_row(double time, double view_span, double distance) const {
  if (clock_ == Clock::steps) return number(time);
  const TimeUnit unit = unit_for(view_span);
  const double value = (time - static_cast<double>(origin_)) / unit.size;
  int decimals = 1;
  // Down to the nanosecond.
  for (double shown = unit.size / 10; distance > 0 && shown > distance && shown > 1; shown /= 10) {
    ++decimals;
  }
  return fixed(value, unit.size == 1 ? 0 : decimals);
}

std::string TimeFormat::tick(double time, const TimeUnit& unit, double distance) const {
  const double per_unit = distance / unit.size;
  const int decimals = per_unit >= 1 ? 0 : per_unit >= 0.1 ? 1 : per_unit >= 0.01 ? 2 : 3;
  return fixed((time - static_cast<double>(origin_)) / unit.size, decimals);
}

double TimeFormat::tick_distance(double at_least) const {
  const double power = std::pow(10, std::floor(std::log10(std::max(at_least, 1e-9))));
  double distance = power * 10;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (power * factor >= at_least) distance = power * factor;
  }
  return std::max(1.0, distance);
}

std::optional<Timestamp> TimeFormat::parse(std::string_view text) const {
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value) || std::fabs(value) > 9e15) return std::nullopt;
  std::string_view suffix(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  while (suffix.starts_with(' ')) suffix.remove_prefix(1);
  if (suffix == "us") suffix = "µs";
  if (suffix.empty()) return origin_ + static_cast<Timestamp>(std::llround(value));
  if (clock_ == Clock::steps) return std::nullopt;
  for (const TimeUnit& unit : units) {
    if (suffix == unit.name && std::fabs(value * unit.size) <= 9e15) {
      return origin_ + static_cast<Timestamp>(std::llround(value * unit.size));
    }
  }
  return std::nullopt;
}

}  // namespace rcuscope::gui
