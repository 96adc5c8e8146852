// SPDX-License-Identifier: LGPL-2.1-or-later
// The catalogue put together from its themes, each of which is a file of its own.
#include "scenario/catalogue.h"

#include <algorithm>

#include "base/error.h"
#include "scenario/entries.h"

namespace rcuscope {
namespace {

struct Theme {
  const char* title;
  std::span<const Entry> (*entries)();
};

constexpr Theme themes[] = {
    {"The patch as posted, and other ways to wait and to free", unplug_entries},
    {"What the reader does", reader_entries},
    {"References to devices, and who drops the last one", reference_entries},
    {"Removers", remover_entries},
    {"Probing, its error paths and the bus walk", probe_entries},
    {"The report's work item and the fence around a reset", work_entries},
    {"Publication and lists", list_entries},
    {"Other locks, and sleepable RCU", context_entries},
    {"Documentation/RCU/checklist: readers and updaters", update_rule_entries},
    {"Documentation/RCU/checklist: grace periods and callbacks", callback_rule_entries},
    {"Documentation/RCU/checklist: sections that match, sleep or are interrupted",
     section_rule_entries},
};

/// "leak, warn_on" -> its words.
std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> result;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(", ", start), text.size());
    result.emplace_back(text.substr(start, end - start));
    start = end + 2;
  }
  return result;
}

Scenario make_scenario(const Theme& theme, const Entry& entry) {
  Scenario scenario;
  scenario.name = entry.name;
  scenario.title = entry.title;
  scenario.question = entry.question;
  scenario.expect = entry.expect;
  scenario.also = words(entry.also);
  scenario.reason = entry.reason;
  scenario.explanation = entry.explanation;
  scenario.fact = entry.fact;
  scenario.theme = theme.title;
  scenario.variant = entry.variant;
  scenario.config = entry.config;
  scenario.checks = entry.checks;
  scenario.model = entry.bodies.model;
  scenario.replaceable_model = entry.bodies.replaceable_model;
#if RCUSCOPE_LIVE
  scenario.live = entry.bodies.live;
  scenario.replaceable_live = entry.bodies.replaceable_live;
#endif
  return scenario;
}

std::vector<Scenario> make_catalogue() {
  std::vector<Scenario> scenarios;
  for (const Theme& theme : themes)
    for (const Entry& entry : theme.entries()) scenarios.push_back(make_scenario(theme, entry));
  return scenarios;
}

/// Number of edits between two names: for "did you mean".
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

const std::vector<Scenario>& catalogue() {
  static const std::vector<Scenario> scenarios = make_catalogue();
  return scenarios;
}

const Scenario& find_scenario(std::string_view name) {
  const Scenario* closest = nullptr;
  for (const Scenario& scenario : catalogue()) {
    if (scenario.name == name) return scenario;
    if (closest == nullptr ||
        edit_distance(scenario.name, name) < edit_distance(closest->name, name))
      closest = &scenario;
  }
  const bool is_close = edit_distance(closest->name, name) * 2 <= name.size();
  throw UsageError("scenario '" + std::string(name) + "' is not in the catalogue" +
                   (is_close ? "; did you mean '" + closest->name + "'?" : ".") +
                   " `rcuscope list` shows all of them");
}

}  // namespace rcuscope
