// SPDX-License-Identifier: LGPL-2.1-or-later
// Text form of schedules.
#include "explore/schedule.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "model/actor.h"

namespace rcuscope {
namespace {

constexpr std::string_view prefix = "s1:";
constexpr char cut_mark = '.';
constexpr char await_mark = '@';
constexpr char finding_mark = '#';
constexpr long max_repetitions = 1'000'000;
constexpr long max_findings = 1'000'000;

/// What was given for a schedule may be anything, such as a file: shown cut and in ASCII.
std::string shown(std::string_view text) {
  constexpr std::size_t length_max = 200;
  constexpr char digits[] = "0123456789abcdef";
  std::string result;
  for (const char letter : text.substr(0, length_max)) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte >= ' ' && byte <= '~')
      result += letter;
    else
      result += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
  }
  return text.size() > length_max ? result + "..." : result;
}

[[noreturn]] void refuse(std::string_view text, std::string_view part) {
  throw UsageError("schedule '" + shown(text) + "': cannot read '" + shown(part) +
                   "'; expected something like 's1:2x5,1,2x3', as printed by a finding");
}

long number(std::string_view digits, long limit, std::string_view text) {
  long value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0 || value > limit)
    refuse(text, digits);
  return value;
}

}  // namespace

std::string to_text(std::span<const ActorId> choices, bool is_cut_short) {
  std::string text(prefix);
  for (std::size_t i = 0; i < choices.size();) {
    std::size_t end = i;
    while (end < choices.size() && choices[end] == choices[i]) ++end;
    if (i > 0) text += ',';
    text += std::to_string(choices[i].value);
    if (end - i > 1) text += 'x' + std::to_string(end - i);
    i = end;
  }
  return is_cut_short ? text + cut_mark : text;
}

bool is_cut_short(std::string_view schedule) { return schedule.ends_with(cut_mark); }

std::vector<ActorId> parse_schedule(std::string_view text) {
  if (!text.starts_with(prefix)) refuse(text, text.substr(0, prefix.size()));
  std::vector<ActorId> choices;
  std::string_view rest = text.substr(prefix.size());
  if (is_cut_short(text)) rest.remove_suffix(1);
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    if (comma != std::string_view::npos && comma + 1 == rest.size())
      refuse(text, rest.substr(comma));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    const std::size_t times = part.find('x');
    const long actor = number(part.substr(0, times), static_cast<long>(max_actors) - 1, text);
    const long count =
        times == std::string_view::npos ? 1 : number(part.substr(times + 1), max_repetitions, text);
    choices.insert(choices.end(), static_cast<std::size_t>(count),
                   ActorId{static_cast<std::int32_t>(actor)});
  }
  return choices;
}

std::size_t count_context_switches(std::span<const ActorId> choices) {
  std::size_t count = 0;
  for (std::size_t i = 1; i < choices.size(); ++i) count += choices[i] != choices[i - 1];
  return count;
}

std::string with_await_sites(const std::string& schedule, const AwaitSites& sites) {
  return sites.empty() ? schedule : schedule + await_mark + to_text(sites);
}

AwaitSites await_sites_of(std::string_view schedule) {
  schedule = schedule.substr(0, schedule.find(finding_mark));
  const std::size_t at = schedule.find(await_mark);
  return at == std::string_view::npos ? AwaitSites{} : parse_await_sites(schedule.substr(at + 1));
}

std::string_view choices_of(std::string_view schedule) {
  return schedule.substr(0, std::min(schedule.find(await_mark), schedule.find(finding_mark)));
}

std::string with_finding(const std::string& schedule, std::size_t number) {
  return schedule + finding_mark + std::to_string(number);
}

std::size_t finding_of(std::string_view schedule) {
  const std::size_t at = schedule.find(finding_mark);
  if (at == std::string_view::npos) return 0;
  const long found = number(schedule.substr(at + 1), max_findings, schedule);
  if (found == 0) refuse(schedule, schedule.substr(at));
  return static_cast<std::size_t>(found);
}

}  // namespace rcuscope
