// SPDX-License-Identifier: LGPL-2.1-or-later
// Expressions in the print formats of events: `REC->iova + REC->size`, `__get_str(device)`,
// `__print_symbolic(REC->vec, { 0, "HI" }, ...)`, `REC->state ? "on" : "off"`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/trace_cmd/event_format.h"

namespace rcuscope::trace_cmd {

struct Expression {
  enum class Kind : std::uint8_t {
    number,    ///< value
    field,     ///< field
    element,   ///< value-th of the array `field`
    binary,    ///< operation of parts 0 and 1
    choice,    ///< part 0 ? part 1 : part 2
    literal,   ///< text
    string,    ///< the string of `field`, __get_str
    symbolic,  ///< part 0 by `names`
    flags,     ///< part 0 by `names`, with `text` between them
  };
  Kind kind = Kind::number;
  char operation = 0;  ///< + - * & | ^, l and r for shifts, = and ! for (un)equal
  const Field* field = nullptr;
  std::uint64_t value = 0;
  std::string text;
  std::vector<std::pair<std::uint64_t, std::string>> names;
  std::vector<Expression> parts;
};

/// One argument from the front of `rest`, up to a comma or the end. Return: nullopt for all that
/// has not the common form.
std::optional<Expression> parse_expression(std::string_view& rest, const EventFormat& format);

/// `"text"` from the front of `rest`, without what C escapes.
std::optional<std::string> parse_literal(std::string_view& rest);

/// Of what is a number, as libtraceevent has it: fields are without sign.
std::optional<std::uint64_t> evaluate(const Expression& expression, std::string_view record);

}  // namespace rcuscope::trace_cmd
