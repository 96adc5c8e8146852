// SPDX-License-Identifier: LGPL-2.1-or-later
// Printer: the text of an event by its print format, as libtraceevent prints it. What is not of the
// common form is left to that library, which needs ten times as long.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/trace_cmd/event_format.h"
#include "io/trace_cmd/expression.h"
#include "io/trace_cmd/line.h"

namespace rcuscope::trace_cmd {

/// Names of the kernel's addresses; null if there is none.
struct Names {
  std::function<const std::string*(std::uint64_t)> symbol, string;
};

class Printer {
 public:
  /// Return: nullopt if the format is one for the library. The printer refers to `format`.
  static std::optional<Printer> make(const EventFormat& format);

  /// Appends to `out`. Return: false if this record is one for the library; then `out` may have
  /// got a part.
  bool print(std::string_view record, const Names& names, Line& out) const;

 private:
  /// A conversion, and the plain text before it.
  struct Piece {
    std::string before;
    char conversion = 0;  ///< d u x c p s; S: a symbol; 0: the end
    bool has_zeros = false, has_prefix = false;
    int width = 0;
    int bytes = 4;  ///< Of a number.
    Expression value;
    /// Where the value is a number in the record, as most are; 0: it is not.
    std::size_t size = 0, offset = 0;
  };

  static bool parse_conversion(std::string_view& format, Piece& piece);
  static bool print_text(const Expression& text, std::string_view record, const Names& names,
                         Line& out);
  static std::optional<std::uint64_t> number(const Piece& piece, std::string_view record);
  static void print_number(const Piece& piece, std::uint64_t value, Line& out);

  std::vector<Piece> pieces_;
};

}  // namespace rcuscope::trace_cmd
