// SPDX-License-Identifier: LGPL-2.1-or-later
// Each word is looked up among the names first, so that ten million events cost no text.
#include "search.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

namespace rcuscope::gui {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// The template of a sentence without its {placeholders}: what every event of the kind says.
std::string words_of_kind(EventKind kind) {
  const EventDescription& row = describe(kind);
  std::string words = std::string(row.name) + "\n";
  bool is_placeholder = false;
  for (const char c : row.sentence) {
    if (c == '{') is_placeholder = true;
    if (!is_placeholder) words += c;
    if (c == '}') is_placeholder = false;
  }
  return lower(words);
}

/// What the value column of a kind refers to.
enum class ValueRole : std::uint8_t { number, actor, object, string };

ValueRole role_of_value(EventKind kind) {
  const std::string_view value = describe(kind).value;
  if (value.starts_with("actor id")) return ValueRole::actor;
  if (value.starts_with("object id")) return ValueRole::object;
  if (value.starts_with("string id")) return ValueRole::string;
  return ValueRole::number;
}

/// One word of a query: which names contain it.
class Word {
 public:
  Word(const TraceStore& trace, const std::string& word) : trace_(trace) {
    const TraceNames& names = trace.names();
    const auto contains = [&](std::string_view text) {
      return lower(text).find(word) != std::string::npos;
    };
    for (std::size_t i = 0; i < event_kind_count; ++i) {
      const auto kind = static_cast<EventKind>(i);
      kinds_.push_back(words_of_kind(kind).find(word) != std::string::npos);
      roles_.push_back(role_of_value(kind));
    }
    for (const ActorInfo& actor : names.actors) actors_.push_back(contains(actor.name));
    for (std::size_t i = 0; i < names.objects.size(); ++i) {
      objects_.push_back(contains(trace.object_label(static_cast<std::int32_t>(i))));
    }
    for (const std::string& text : names.strings) strings_.push_back(contains(text));
    std::int32_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error == std::errc() && end == word.data() + word.size()) grace_period_ = number;
  }

  bool matches(EventIndex i) const {
    const TraceColumns& columns = trace_.columns();
    return kinds_[columns.kind[i]] || has(actors_, columns.actor[i]) ||
           has(objects_, columns.object[i]) || value_matches(i) ||
           (grace_period_ && columns.grace_period[i] == *grace_period_);
  }

 private:
  static bool has(const std::vector<bool>& table, std::int64_t id) {
    return id >= 0 && static_cast<std::size_t>(id) < table.size() &&
           table[static_cast<std::size_t>(id)];
  }

  bool value_matches(EventIndex i) const {
    const std::int64_t value = trace_.columns().value[i];
    switch (roles_[trace_.columns().kind[i]]) {
      case ValueRole::actor:
        return has(actors_, value);
      case ValueRole::object:
        return has(objects_, value);
      case ValueRole::string:
        return has(strings_, value);
      case ValueRole::number:
        break;
    }
    return false;
  }

  const TraceStore& trace_;
  std::vector<bool> kinds_, actors_, objects_, strings_;
  std::vector<ValueRole> roles_;
  std::optional<std::int32_t> grace_period_;
};

std::vector<Word> words_of_query(const TraceStore& trace, std::string_view query) {
  std::vector<Word> words;
  std::string word;
  for (const char c : lower(query) + " ") {
    if (c != ' ') {
      word += c;
    } else if (!word.empty()) {
      words.emplace_back(trace, std::exchange(word, {}));
    }
  }
  return words;
}

}  // namespace

std::vector<std::uint32_t> find_events(const TraceStore& trace, std::string_view query) {
  const std::vector<Word> words = words_of_query(trace, query);
  std::vector<std::uint32_t> found;
  if (words.empty()) return found;
  for (EventIndex i = 0; i < trace.size(); ++i) {
    if (std::all_of(words.begin(), words.end(), [&](const Word& w) { return w.matches(i); })) {
      found.push_back(static_cast<std::uint32_t>(i));
    }
  }
  return found;
}

void Search::set_text(const TraceStore& trace, std::string new_text) {
  text = std::move(new_text);
  matches = find_events(trace, text);
}

}  // namespace rcuscope::gui
