// SPDX-License-Identifier: LGPL-2.1-or-later
// Follows: Documentation/core-api/printk-formats.rst, and what libtraceevent makes of it.
#include "io/trace_cmd/printer.h"

#include <bit>
#include <cstring>
#include <utility>

namespace rcuscope::trace_cmd {
namespace {

using Kind = Expression::Kind;

constexpr int width_max = 64;

bool is_text(const Expression& expression) {
  return expression.kind == Kind::literal || expression.kind == Kind::string ||
         expression.kind == Kind::symbolic || expression.kind == Kind::flags;
}

/// What %s can print: also an array of characters, the address of a constant string, and a choice.
bool is_text_argument(const Expression& expression) {
  if (expression.kind == Kind::choice)
    return is_text(expression.parts[1]) && is_text(expression.parts[2]);
  if (expression.kind != Kind::field) return is_text(expression);
  const Field& field = *expression.field;
  return field.count > 0 ? field.size == field.count : field.is_pointer && field.size == 8;
}

bool is_number_argument(const Expression& expression) {
  return !is_text(expression) && expression.kind != Kind::choice &&
         !(expression.kind == Kind::field && expression.field->count > 0);
}

std::size_t digit_count(std::uint64_t value, unsigned base) {
  std::size_t count = 1;
  for (; value >= base; value /= base) ++count;
  return count;
}

void append_flags(const Expression& flags, std::uint64_t value, Line& out) {
  std::string_view between;
  for (const auto& [flag, name] : flags.names) {
    if ((value & flag) != flag) continue;
    out.append(between);
    out.append(name);
    between = flags.text;
    value &= ~flag;
  }
  if (value == 0) return;
  out.append(between);
  out.append("0x");
  out.append_hexadecimal(value);
}

void append_symbolic(const Expression& symbolic, std::uint64_t value, Line& out) {
  for (const auto& [key, name] : symbolic.names) {
    if (key != value) continue;
    out.append(name);
    return;
  }
  out.append("0x");
  out.append_hexadecimal(value);
}

}  // namespace

/// Behind the per cent sign. Return: false for what is left to the library.
bool Printer::parse_conversion(std::string_view& format, Piece& piece) {
  const auto take = [&format](char c) {
    if (!format.starts_with(c)) return false;
    format.remove_prefix(1);
    return true;
  };
  if (take('#')) piece.has_prefix = true;
  if (take('0')) piece.has_zeros = true;
  while (!format.empty() && format.front() >= '0' && format.front() <= '9') {
    piece.width = piece.width * 10 + (format.front() - '0');
    if (piece.width > width_max) return false;
    format.remove_prefix(1);
  }
  const bool is_plain = piece.width == 0 && !piece.has_zeros && !piece.has_prefix;
  if (take('l') || take('z') || take('L')) {
    piece.bytes = 8;
    take('l');
  }
  if (format.empty()) return false;
  piece.conversion = format.front();
  format.remove_prefix(1);
  switch (piece.conversion) {
    case 'i':
      piece.conversion = 'd';
      [[fallthrough]];
    case 'd':
    case 'u':
    case 'x':
      return true;
    case 's':
      return is_plain && piece.bytes == 4;
    case 'p':
      if (!is_plain) return false;
      if (take('s')) {
        piece.conversion = 'S';
      } else if (!format.empty() && std::isalnum(static_cast<unsigned char>(format.front())) != 0) {
        return false;
      }
      return true;
    default:
      return false;
  }
}

std::optional<Printer> Printer::make(const EventFormat& event) {
  std::string_view rest = event.print;
  while (rest.ends_with('\n') || rest.ends_with(' ')) rest.remove_suffix(1);
  const std::optional<std::string> text = parse_literal(rest);
  if (!text) return std::nullopt;
  Printer printer;
  std::string_view format = *text;
  Piece piece;
  while (!format.empty()) {
    const char c = format.front();
    format.remove_prefix(1);
    if (c != '%') {
      piece.before += c;
      continue;
    }
    if (format.starts_with('%')) {
      piece.before += '%';
      format.remove_prefix(1);
      continue;
    }
    if (!parse_conversion(format, piece) || !rest.starts_with(',')) return std::nullopt;
    rest.remove_prefix(1);
    std::optional<Expression> value = parse_expression(rest, event);
    if (!value) return std::nullopt;
    piece.value = std::move(*value);
    if (!(piece.conversion == 's' ? is_text_argument(piece.value)
                                  : is_number_argument(piece.value)))
      return std::nullopt;
    const Field* const field = piece.value.field;
    if (piece.value.kind == Kind::field && field->count == 0 && std::has_single_bit(field->size) &&
        field->size <= 8) {
      piece.size = field->size;
      piece.offset = field->offset;
    } else if (piece.value.kind == Kind::element &&
               std::has_single_bit(field->size / field->count) && field->size / field->count <= 8) {
      piece.size = field->size / field->count;
      piece.offset = field->offset + piece.value.value * piece.size;
    }
    printer.pieces_.push_back(std::exchange(piece, {}));
  }
  if (!rest.empty()) return std::nullopt;
  printer.pieces_.push_back(std::move(piece));
  return printer;
}

/// As evaluate() has it.
std::optional<std::uint64_t> Printer::number(const Piece& piece, std::string_view record) {
  if (piece.size == 0) return evaluate(piece.value, record);
  if (piece.offset + piece.size > record.size()) return std::nullopt;
  const char* const place = record.data() + piece.offset;
  std::uint64_t value = 0;
  if (piece.size == 8) {
    std::memcpy(&value, place, 8);
  } else if (piece.size == 4) {
    std::memcpy(&value, place, 4);
  } else {
    std::memcpy(&value, place, piece.size);
  }
  return value;
}

void Printer::print_number(const Piece& piece, std::uint64_t value, Line& out) {
  if (piece.bytes == 4) value = static_cast<std::uint32_t>(value);
  bool is_negative = false;
  if (piece.conversion == 'd') {
    const auto number =
        piece.bytes == 4 ? static_cast<std::int32_t>(value) : static_cast<std::int64_t>(value);
    is_negative = number < 0;
    if (is_negative) value = ~static_cast<std::uint64_t>(number) + 1;
  }
  const bool is_hexadecimal = piece.conversion == 'x';
  const std::string_view sign = is_negative                                        ? "-"
                                : is_hexadecimal && piece.has_prefix && value != 0 ? "0x"
                                                                                   : "";
  // A sign is before zeros, and behind spaces.
  if (piece.width > 0) {
    const std::size_t size = sign.size() + digit_count(value, is_hexadecimal ? 16 : 10);
    const auto width = static_cast<std::size_t>(piece.width);
    const std::size_t missing = size < width ? width - size : 0;
    if (!piece.has_zeros) out.append_fill(missing, ' ');
    out.append(sign);
    if (piece.has_zeros) out.append_fill(missing, '0');
  } else {
    out.append(sign);
  }
  if (is_hexadecimal) {
    out.append_hexadecimal(value);
  } else {
    out.append_decimal(value);
  }
}

bool Printer::print_text(const Expression& text, std::string_view record, const Names& names,
                         Line& out) {
  switch (text.kind) {
    case Kind::literal:
      out.append(text.text);
      return true;
    case Kind::string:
      out.append(inside(*text.field, record, false));
      return true;
    case Kind::choice: {
      const auto condition = evaluate(text.parts[0], record);
      return condition && print_text(text.parts[*condition != 0 ? 1 : 2], record, names, out);
    }
    case Kind::field: {
      if (text.field->count > 0) {
        out.append(inside(*text.field, record, false));
        return true;
      }
      const auto address = evaluate(text, record);
      const std::string* const found = address ? names.string(*address) : nullptr;
      if (found != nullptr) out.append(*found);
      return found != nullptr;
    }
    default:
      break;
  }
  const auto value = evaluate(text.parts[0], record);
  if (!value) return false;
  if (text.kind == Kind::flags) {
    append_flags(text, *value, out);
  } else {
    append_symbolic(text, *value, out);
  }
  return true;
}

bool Printer::print(std::string_view record, const Names& names, Line& out) const {
  for (const Piece& piece : pieces_) {
    out.append(piece.before);
    if (piece.conversion == 0) return true;
    if (piece.conversion == 's') {
      if (!print_text(piece.value, record, names, out)) return false;
      continue;
    }
    const std::optional<std::uint64_t> value = number(piece, record);
    if (!value) return false;
    if (piece.conversion == 'S') {
      const std::string* const symbol = names.symbol(*value);
      if (symbol == nullptr) return false;
      out.append(*symbol);
    } else if (piece.conversion == 'p') {
      if (*value == 0) return false;
      out.append("0x");
      out.append_hexadecimal(*value);
    } else {
      print_number(piece, *value, out);
    }
  }
  return true;
}

}  // namespace rcuscope::trace_cmd
