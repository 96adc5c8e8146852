// SPDX-License-Identifier: LGPL-2.1-or-later
// Words from values; nothing here knows a window.
#include "session/words.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "format_time.h"

namespace rcuscope::gui {
namespace {

/// What the verdict found, once each, what was announced first.
std::vector<std::string> kinds_of(const std::vector<Finding>& findings) {
  std::vector<std::string> kinds;
  for (const Finding& finding : findings) {
    const std::string kind(describe(finding.kind).name);
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
  }
  return kinds;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + spaced(part);
  return text;
}

bool is_outcome(std::string_view expect) {
  return expect.empty() || expect == "SAFE" || expect == "UNKNOWN";
}

std::string microseconds(std::int64_t nanoseconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f µs", static_cast<double>(nanoseconds) / 1000);
  return text.data();
}

}  // namespace

bool is_kernel_name(std::string_view value) {
  for (const std::string_view part : {"rcu", "kfree", "list_", "for_each", "kobject"})
    if (value.find(part) != std::string_view::npos) return true;
  return false;
}

std::string clear_name(std::string_view value) {
  return is_kernel_name(value) ? std::string(value) : spaced(value);
}

std::string spaced(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string grouped(std::uint64_t number) { return with_thousands(std::to_string(number)); }

std::string counted(std::uint64_t number, std::string_view noun) {
  return grouped(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

Told tell(const Verdict& verdict) {
  Told told;
  told.detail = counted(verdict.executions, "execution");
  switch (verdict.outcome) {
    case Outcome::safe:
      told.word = "SAFE";
      told.tone = Tone::good;
      break;
    case Outcome::safe_bounded:
      told.word = "SAFE within " + counted(verdict.preemption_bound.value_or(0), "preemption");
      told.tone = Tone::good;
      break;
    case Outcome::unsafe:
      told.word = joined(kinds_of(verdict.findings));
      told.tone = Tone::error;
      break;
    case Outcome::unknown:
      told.word = "UNKNOWN";
      told.tone = Tone::waiting;
      if (!verdict.limit.empty()) told.detail += ", limit: " + spaced(verdict.limit);
      break;
  }
  return told;
}

Told tell(const LiveAnswer& answer) {
  Told told;
  told.detail = counted(answer.repetitions, "repetition");
  told.word = answer.findings.empty() ? "no finding" : joined(kinds_of(answer.findings));
  told.tone = answer.findings.empty() ? Tone::plain : Tone::error;
  return told;
}

bool is_as_expected(const Offer& offer, const Verdict& verdict) {
  const std::vector<std::string> found = kinds_of(verdict.findings);
  std::set<std::string> announced(offer.also.begin(), offer.also.end());
  if (!is_outcome(offer.expect)) announced.insert(offer.expect);
  if (std::set<std::string>(found.begin(), found.end()) != announced) return false;
  if (offer.expect == "UNKNOWN") return verdict.outcome == Outcome::unknown;
  if (!is_outcome(offer.expect)) return true;
  return verdict.outcome == Outcome::safe || verdict.outcome == Outcome::safe_bounded;
}

std::string expectation(const Offer& offer) {
  std::vector<std::string> parts;
  if (!offer.expect.empty()) parts.push_back(offer.expect);
  parts.insert(parts.end(), offer.also.begin(), offer.also.end());
  return joined(parts);
}

Tone expected_tone(const Offer& offer) {
  if (offer.expect.empty()) return Tone::plain;
  if (offer.expect == "SAFE") return Tone::good;
  return offer.expect == "UNKNOWN" ? Tone::waiting : Tone::error;
}

std::string told_progress(const JobProgress& progress) {
  std::string text = counted(progress.executions, "execution");
  if (progress.estimate > static_cast<double>(progress.executions))
    text += " of about " + grouped(static_cast<std::uint64_t>(progress.estimate));
  if (progress.findings > 0) text += ", " + counted(progress.findings, "finding");
  return text;
}

std::string told_world(const Request& request) {
  if (request.world == WorldName::live)
    return "live, " + counted(request.repeat, "time") + ", " + request.flavor;
  std::string text = "model, " + request.memory;
  if (request.preemption_bound)
    text += ", at most " + counted(*request.preemption_bound, "preemption");
  if (request.max_executions) text += ", at most " + counted(*request.max_executions, "execution");
  if (request.max_seconds)
    text += ", at most " + grouped(static_cast<std::uint64_t>(*request.max_seconds)) + " s";
  return text;
}

std::vector<std::string> words_of(const LiveNumbers& numbers) {
  std::vector<std::string> lines = {counted(numbers.repetitions, "repetition")};
  if (numbers.grace_periods > 0)
    lines.push_back(counted(numbers.grace_periods, "grace period") + ": p50 " +
                    microseconds(numbers.p50) + ", p99 " + microseconds(numbers.p99) + ", max " +
                    microseconds(numbers.max));
  if (numbers.sections > 0)
    lines.push_back(counted(numbers.sections, "read-side critical section"));
  if (numbers.events_lost > 0) lines.push_back(counted(numbers.events_lost, "event") + " lost");
  return lines;
}

}  // namespace rcuscope::gui
