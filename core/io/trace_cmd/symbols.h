// SPDX-License-Identifier: LGPL-2.1-or-later
// Symbols: the kernel's /proc/kallsyms as a trace-cmd file has it, taken apart when the first one is
// asked for. It is most of a small file: 2 to 4 MB of text, compressed to a fifth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

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
  struct Section {
    std::uint64_t at = 0;  ///< Of the compressed bytes in the file.
    std::size_t compressed_size = 0, size = 0;
  };

  void prepare();
  void load_section();
  void parse();
  void sort(std::size_t sorted_count);
  const Symbol& symbol_of(const Line& line);

  int descriptor_ = -1;
  Section postponed_;
  LargeBuffer text_;
  std::size_t text_begin_ = 0, text_end_ = 0;
  LargeBuffer line_memory_;
  std::span<Line> lines_;  ///< By address.
  std::unordered_map<std::size_t, Symbol> symbols_;  ///< Those asked for, by place in the text.
  bool is_ready_ = false;
};

}  // namespace rcuscope::trace_cmd
