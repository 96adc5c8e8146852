// SPDX-License-Identifier: LGPL-2.1-or-later
// Follows: Documentation/trace/events.rst of Linux, and the formats of its own events.
#include "io/trace_cmd/event_format.h"

#include <bit>
#include <charconv>
#include <cstring>
#include <optional>

namespace rcuscope::trace_cmd {
namespace {

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// "key:VALUE;" from the front of a line.
std::optional<std::string_view> take_value(std::string_view& line, std::string_view key) {
  const std::string_view rest = trimmed(line);
  const std::size_t end = rest.find(';');
  if (!rest.starts_with(key) || end == std::string_view::npos) return std::nullopt;
  line = rest.substr(end + 1);
  return rest.substr(key.size(), end - key.size());
}

std::optional<std::size_t> take_number(std::string_view& line, std::string_view key) {
  const std::optional<std::string_view> text = take_value(line, key);
  std::size_t value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

/// "unsigned long caller[8]", "const char * name", "__data_loc char[] device".
void parse_declaration(std::string_view text, Field& field) {
  field.is_relative = text.starts_with("__rel_loc");
  field.is_dynamic = field.is_relative || text.starts_with("__data_loc");
  if (text.ends_with(']')) {
    const std::size_t bracket = text.rfind('[');
    if (bracket == std::string_view::npos) return;
    const std::string_view number = text.substr(bracket + 1);
    field.count = 1;  // it may be a name of the kernel's
    std::from_chars(number.data(), number.data() + number.size(), field.count);
    text = trimmed(text.substr(0, bracket));
  }
  const std::size_t space = text.find_last_of(" \t*");
  field.name = text.substr(space == std::string_view::npos ? 0 : space + 1);
  field.is_pointer = text.find('*') != std::string_view::npos;
}

std::optional<Field> parse_field(std::string_view line) {
  const std::optional<std::string_view> declaration = take_value(line, "field:");
  if (!declaration) return std::nullopt;
  Field field;
  parse_declaration(*declaration, field);
  const std::optional<std::size_t> offset = take_number(line, "offset:");
  const std::optional<std::size_t> size = take_number(line, "size:");
  if (!offset || !size) return std::nullopt;
  field.offset = *offset;
  field.size = *size;
  field.is_signed = take_number(line, "signed:").value_or(0) == 1;
  field.is_common = field.name.starts_with("common_");
  return field;
}

}  // namespace

void parse_format(std::string_view text, EventFormat& format) {
  constexpr std::string_view print = "print fmt: ";
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(print)) {
      format.print = text.substr(print.size());
      return;
    }
    text.remove_prefix(line.size() == text.size() ? line.size() : line.size() + 1);
    if (const std::optional<Field> field = parse_field(line)) format.fields.push_back(*field);
  }
}

std::int64_t number(const Field& field, std::string_view record, bool is_big_endian) {
  const std::size_t size = field.size;
  std::uint64_t value = 0;
  if (field.offset > record.size() || size > record.size() - field.offset) return 0;
  const char* const place = record.data() + field.offset;
  // With a size that the compiler knows, a copy is a move.
  if (size == 8) {
    std::memcpy(&value, place, 8);
  } else if (size == 4) {
    std::memcpy(&value, place, 4);
  } else if (size == 2 || size == 1) {
    std::memcpy(&value, place, size);
  } else {
    return 0;
  }
  if (is_big_endian) value = __builtin_bswap64(value) >> (64 - 8 * size);
  if (!field.is_signed) return static_cast<std::int64_t>(value);
  if (size == 4) return static_cast<std::int32_t>(value);
  return static_cast<std::int64_t>(value);
}

std::string_view inside(const Field& field, std::string_view record, bool is_big_endian) {
  std::size_t at = field.offset, length = field.size;
  if (field.is_dynamic) {
    std::uint32_t place = 0;
    if (at > record.size() || record.size() - at < sizeof(place)) return {};
    std::memcpy(&place, record.data() + at, sizeof(place));
    if (is_big_endian) place = __builtin_bswap32(place);
    at = place & 0xffff;
    length = place >> 16;
    if (field.is_relative) at += field.offset + field.size;
  }
  if (at > record.size()) return {};
  const std::string_view text = record.substr(at, length);
  return text.substr(0, text.find('\0'));
}

}  // namespace rcuscope::trace_cmd
