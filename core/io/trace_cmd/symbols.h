// SPDX-License-Identifier: LGPL-2.1-or-later
// Symbols: the kernel's /proc/kallsyms as a trace-cmd file has it, decompressed and taken apart as
// far as symbols are asked for. It is most of a small file: 2 to 4 MB of text, compressed to a
// fifth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "io/trace_cmd/decompression.h"
#include "io/trace_cmd/large_buffer.h"

namespace rcuscope::trace_cmd {

/// One function or variable of the kernel.
struct Symbol {
  std::uint64_t address = 0;
  std::string name, module;  ///< Module: empty for the kernel itself.
};

class Symbols {
 public:
  /// The file that is being opened; `descriptor` shares its position with the library's.
  void set_file(int descriptor) { descriptor_ = descriptor; }

  /// Before the library decompresses what it read last. Return: true if those bytes are the section
  /// of the symbols: it stays in the file until one is asked for.
  bool postpone(std::size_t compressed_size, std::size_t size);
  void add(std::string_view text);

  /// The one that contains the address; null if there is none.
  const Symbol* find(std::uint64_t address);

 private:
  struct Line {
    std::uint64_t address;
    std::size_t at;  ///< In the text.
  };

  const char* text() const { return is_postponed_ ? section_.data() : text_.data(); }
  bool go_on();
  void mark_lines();
  const Symbol* find_among_marks(std::uint64_t address);
  const Symbol* find_between(const Line& mark, std::uint64_t address);
  const Symbol* find_among_modules(std::uint64_t address);
  void parse_modules();
  const Symbol* find_among_all(std::uint64_t address);
  void parse();
  void sort(std::size_t sorted_count);
  const Symbol* symbol_of(const Line& line);

  int descriptor_ = -1;
  bool is_postponed_ = false;
  Decompression section_;
  LargeBuffer text_;
  std::size_t begin_ = 0, end_ = 0;  ///< Of what is there of the text.

  /// Some lines of the kernel's own, which are in order: the text is taken apart between two of
  /// them. Not all lines, and not all of the text, are needed for most events.
  std::vector<Line> marks_;
  std::size_t marked_until_ = 0;
  bool are_marks_whole_ = false;
  std::vector<Line> modules_;  ///< Those of modules, by address, behind one of the kernel's own.
  bool are_modules_parsed_ = false;
  std::uint64_t greatest_ = ~std::uint64_t{0};  ///< Address of a symbol, where that is known.

  LargeBuffer line_memory_;
  std::span<Line> lines_;  ///< By address.
  bool is_parsed_ = false;

  std::unordered_map<std::size_t, Symbol> symbols_;  ///< Those asked for, by place in the text.
  std::unordered_map<std::uint64_t, const Symbol*> found_;  ///< By address asked for.
};

}  // namespace rcuscope::trace_cmd
