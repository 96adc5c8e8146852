// SPDX-License-Identifier: LGPL-2.1-or-later
// The TSDL text of a native trace, made from event.def; babeltrace2 and Trace Compass read it.
#include <algorithm>
#include <set>

#include "io/ctf.h"
#include "trace/finding.h"
#include "trace/value_kind.h"

namespace rcuscope::ctf {
namespace {

constexpr std::string_view no_uuid = "00000000-0000-0000-0000-000000000000";
constexpr std::string_view uuid_key = "\tuuid = \"";
constexpr std::string_view event_prefix = "event { name = \"rcuscope:";
/// Names in enumerations make babeltrace2's lines readable; beyond this many they only cost.
constexpr std::size_t enumeration_limit = 4096;

std::string tsdl_string(std::string_view text) {
  constexpr const char* digits = "01234567";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      // A NUL would end the text for other readers; the exact text is in the definitions.
      if (byte != 0) out += {'\\', digits[byte >> 6], digits[byte >> 3 & 7], digits[byte & 7]};
    } else {
      out += c;
    }
  }
  return out + '"';
}

constexpr std::string_view types = R"(
typealias integer { size = 8; align = 8; signed = false; } := uint8_t;
typealias integer { size = 16; align = 8; signed = false; } := uint16_t;
typealias integer { size = 16; align = 8; signed = true; } := int16_t;
typealias integer { size = 32; align = 8; signed = false; } := uint32_t;
typealias integer { size = 32; align = 8; signed = true; } := int32_t;
typealias integer { size = 64; align = 8; signed = false; } := uint64_t;
typealias integer { size = 64; align = 8; signed = true; } := int64_t;
typealias integer { size = 16; align = 8; signed = false; base = 16; } := flags_t;
typealias integer { size = 8; align = 8; signed = false; encoding = UTF8; } := utf8_t;
)";

constexpr std::string_view trace_block = R"(
	byte_order = le;
	packet.header := struct {
		uint32_t magic;
		uint8_t uuid[16];
		uint32_t stream_id;
	};
};
)";

constexpr std::string_view event_stream_block = R"(
stream {
	id = 0;
	packet.context := struct {
		timestamp_t timestamp_begin;
		timestamp_t timestamp_end;
		uint64_t content_size;
		uint64_t packet_size;
		uint64_t events_discarded;
	};
	event.header := struct {
		timestamp_t timestamp;
		uint16_t id;
	};
	event.context := struct {
		flags_t _flags;
		actor_t _actor;
		int16_t _cpu;
	};
};
)";

constexpr std::string_view definition_stream_block = R"(
struct text { uint32_t length; utf8_t text[length]; };
struct actor { struct text _name; uint8_t _kind; int32_t _cpu; };
struct object { struct text _name; struct text _type; };
struct place { struct text _file; struct text _function; int32_t _line; };
struct metadata { struct text _key; struct text _value; };

stream {
	id = 1;
	packet.context := struct {
		timestamp_t timestamp_begin;
		timestamp_t timestamp_end;
		uint64_t content_size;
		uint64_t packet_size;
		uint64_t event_count;
		uint64_t events_lost_count;
		uint32_t _clock;
		uint32_t actor_count;
		uint32_t object_count;
		uint32_t string_count;
		uint32_t place_count;
		uint32_t metadata_count;
		uint32_t event_place_count;
		uint32_t _padding;
		struct actor actors[actor_count];
		struct object objects[object_count];
		struct text strings[string_count];
		struct place places[place_count];
		struct metadata metadata[metadata_count];
		int32_t event_places[event_place_count];
	};
};
)";

bool is_identifier(std::string_view key) {
  const auto is_word = [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !key.empty() && !(key[0] >= '0' && key[0] <= '9') &&
         std::all_of(key.begin(), key.end(), is_word);
}

/// Words that TSDL keeps for itself, and those that we have said already.
bool is_taken(std::string_view key) {
  static const std::set<std::string_view> words = {
      "align",       "callsite", "char",           "clock",
      "const",       "domain",   "double",         "enum",
      "env",         "event",    "float",          "int",
      "integer",     "long",     "short",          "signed",
      "stream",      "string",   "struct",         "trace",
      "typealias",   "typedef",  "tracer_name",    "unsigned",
      "variant",     "void",     "floating_point", "tracer_major",
      "tracer_minor"};
  return words.contains(key);
}

std::string env_block(const TraceNames& names) {
  std::string text = "\nenv {\n\tdomain = \"rcuscope\";\n\ttracer_name = \"rcuscope\";\n";
  for (const auto& [key, value] : names.metadata) {
    if (!is_identifier(key)) continue;  // the definitions have it
    text += "\t" + (is_taken(key) ? key + "_" : key) + " = " + tsdl_string(value) + ";\n";
  }
  return text + "};\n";
}

std::string clock_block(Clock clock) {
  const bool is_steps = clock == Clock::steps;
  std::string text = "\nclock {\n";
  text += is_steps ? "\tname = steps;\n\tdescription = \"Steps of the model\";\n\tfreq = 1;\n"
                   : "\tname = monotonic;\n\tdescription = \"CLOCK_MONOTONIC\";\n"
                     "\tfreq = 1000000000;\n";
  text += "\toffset_s = 0;\n\toffset = 0;\n};\n\n";
  text += "typealias integer { size = 64; align = 8; signed = false; map = clock.";
  text += is_steps ? "steps" : "monotonic";
  return text + ".value; } := timestamp_t;\n";
}

/// An integer type whose values have names, so that other tools print those; equal names are told
/// apart by their id, and -1 (`none` in its own width) is nobody.
std::string named_integer(const std::string& type, const std::string& base, const std::string& none,
                          const std::vector<std::string_view>& names) {
  // Beyond the limit nobody gets a name, so that no event looks as if it had none.
  if (names.size() > enumeration_limit) return "typealias " + base + " := " + type + ";\n";
  std::string text = "typealias enum : " + base + " {\n\t\"none\" = " + none;
  std::set<std::string> used = {"\"none\""};
  for (std::size_t id = 0; id < names.size(); ++id) {
    std::string label = tsdl_string(names[id]);
    while (label == "\"\"" || !used.insert(label).second) {
      label.insert(label.size() - 1, "#" + std::to_string(id));
    }
    text += ",\n\t" + label + " = " + std::to_string(id);
  }
  return text + "\n} := " + type + ";\n";
}

template <class Items, class NameOf>
std::vector<std::string_view> names_of(const Items& items, NameOf name_of) {
  std::vector<std::string_view> names;
  for (const auto& item : items) names.push_back(name_of(item));
  return names;
}

/// Ids stand in columns of their own and in the value column, which is wider.
std::string named_types(const TraceNames& names) {
  const auto name = [](const auto& item) { return std::string_view(item.name); };
  const auto itself = [](const std::string& text) { return std::string_view(text); };
  const auto actors = names_of(names.actors, name);
  const auto objects = names_of(names.objects, name);
  return named_integer("actor_t", "uint16_t", "65535", actors) +
         named_integer("actor_value_t", "int64_t", "-1", actors) +
         named_integer("object_t", "int32_t", "-1", objects) +
         named_integer("object_value_t", "int64_t", "-1", objects) +
         named_integer("string_value_t", "int64_t", "-1", names_of(names.strings, itself)) +
         named_integer("finding_value_t", "int64_t", "-1", names_of(finding_descriptions, name));
}

std::string_view value_type(EventKind kind) {
  switch (value_kind(kind)) {
    case ValueKind::actor:
      return "actor_value_t ";
    case ValueKind::object:
      return "object_value_t ";
    case ValueKind::string:
      return "string_value_t ";
    case ValueKind::finding:
      return "finding_value_t ";
    default:
      return "int64_t ";
  }
}

/// "actor id of the worker, -1 if it was pending" becomes `_worker`. Readers drop the
/// leading underscore, which keeps the name apart from TSDL's own words.
std::string field_name(std::string_view description, std::string_view if_unused) {
  if (description.empty()) return "_" + std::string(if_unused);
  for (const std::string_view start :
       {"actor id of ", "object id of ", "string id of ", "the ", "1 if "}) {
    if (description.starts_with(start)) description.remove_prefix(start.size());
  }
  std::string name = "_";
  for (const char c : description.substr(0, description.find_first_of(",(:"))) {
    const bool is_letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_letter) name += c;
    if (!is_letter && c != '\'' && name.back() != '_') name += '_';
  }
  while (name.size() > 1 && name.back() == '_') name.pop_back();
  return name;
}

std::string event_class(std::size_t id) {
  const EventDescription& row = event_descriptions[id];
  return std::string(event_prefix) + std::string(row.name) + "\"; id = " + std::to_string(id) +
         "; stream_id = 0; fields := struct { " +
         std::string(value_type(static_cast<EventKind>(id))) + field_name(row.value, "value") +
         "; object_t " + field_name(row.object, "object") + "; int32_t _grace_period; }; };\n";
}

}  // namespace

std::string metadata_text(Clock clock, const TraceNames& names) {
  std::string text(signature);
  text += types;
  text += "\ntrace {\n\tmajor = 1;\n\tminor = 8;\n";
  text += std::string(uuid_key) + std::string(no_uuid) + "\";";
  text += trace_block;
  text += env_block(names);
  text += clock_block(clock);
  text += named_types(names);
  text += event_stream_block;
  text += definition_stream_block;
  text += "\n";
  for (std::size_t id = 0; id < event_kind_count; ++id) text += event_class(id);
  return text;
}

std::size_t find_uuid(std::string_view metadata) {
  const std::size_t key = metadata.find(uuid_key);
  if (key == std::string_view::npos) return key;
  const std::size_t at = key + uuid_key.size();
  return metadata.size() < at + no_uuid.size() ? std::string_view::npos : at;
}

std::vector<std::optional<EventKind>> declared_kinds(std::string_view metadata) {
  std::vector<std::optional<EventKind>> kinds;
  for (std::size_t at = 0; (at = metadata.find(event_prefix, at)) != std::string_view::npos;) {
    at += event_prefix.size();
    const std::string_view name = metadata.substr(at, metadata.find('"', at) - at);
    std::optional<EventKind> kind;
    for (std::size_t id = 0; id < event_kind_count; ++id) {
      if (event_descriptions[id].name == name) kind = static_cast<EventKind>(id);
    }
    kinds.push_back(kind);  // ids are given in order, from 0
  }
  return kinds;
}

}  // namespace rcuscope::ctf
