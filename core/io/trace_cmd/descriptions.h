// SPDX-License-Identifier: LGPL-2.1-or-later
// Descriptions: what a trace-cmd file says of its kernel: formats of events, symbols, constant
// strings.
//
// libtracecmd gives all of it to libtraceevent when it opens a file: that takes 40 to 100 ms, for
// symbols above all, however small the trace. The functions that it calls for that are defined by
// this program instead of the library, and only keep the text. What is needed is taken apart when
// it is needed; formats still by libtraceevent.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "io/trace_cmd/library.h"

namespace rcuscope::trace_cmd {

class Descriptions {
 public:
  /// Of the one file that this process reads.
  static Descriptions& get();

  // What libtracecmd hands over.
  void add_format(std::string_view text, const char* system);
  void add_symbols(std::string_view text) { symbol_text_ += text; }
  void add_strings(std::string_view text) { string_text_ += text; }

  /// The event of that id, taken apart by libtraceevent; null if the file describes none.
  tep_event* event(tep_handle* tep, int id);
  /// Some event, for what all have in common; null if the file describes none.
  tep_event* any_event(tep_handle* tep);
  /// The id of an event of that name; -1 if there is none.
  int id_of(std::string_view name) const;
  std::set<std::string> event_names() const;

  /// The function that contains the address; null if there is none.
  const char* symbol(std::uint64_t address);
  /// The constant string at that address of the kernel; null if the file does not have it.
  const std::string* string(std::uint64_t address);

  /// Before anything is printed by libtraceevent: it knows the symbols and strings from then on.
  void prepare_printing(tep_handle* tep);

 private:
  struct Format {
    std::string name, system, text;
    bool is_parsed = false;
  };
  struct Symbol {
    std::uint64_t address;
    const char* name;
    const char* module;  ///< Null: the kernel itself.
  };
  const Symbol* find_symbol(std::uint64_t address);
  void parse_symbols();
  void parse_symbol(char* line, char* end);
  void parse_strings();
  static void parse(tep_handle* tep, Format& format);
  static char* resolve(void* descriptions, unsigned long long* address, char** module);

  std::unordered_map<int, Format> formats_;  ///< By id.
  std::string symbol_text_, string_text_;
  std::vector<Symbol> symbols_;  ///< By address; their names lie in symbol_text_.
  std::unordered_map<std::uint64_t, std::string> strings_;
  bool has_symbols_ = false, has_strings_ = false, is_printing_ready_ = false;
};

}  // namespace rcuscope::trace_cmd
