// SPDX-License-Identifier: LGPL-2.1-or-later
// Descriptions: what a trace-cmd file says of its kernel: formats of events, symbols, constant
// strings.
//
// libtracecmd gives all of it to libtraceevent when it opens a file: that takes 40 to 100 ms, for
// symbols above all, however small the trace. The functions that it calls for that are defined by
// this program instead of the library, and only keep the text. What is needed is taken apart when
// it is needed.
#pragma once

#include <cstdint>
#include <exception>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "io/trace_cmd/event_format.h"
#include "io/trace_cmd/library.h"
#include "io/trace_cmd/symbols.h"

namespace rcuscope::trace_cmd {

class Descriptions {
 public:
  /// Of the one file that this process reads.
  static Descriptions& get();

  // What libtracecmd hands over.
  void add_format(std::string_view text, const char* system);
  void add_strings(std::string_view text) { string_text_ += text; }
  Symbols& symbols() { return symbols_; }

  /// The event of that id; null if the file describes none.
  const EventFormat* format(int id);
  /// Some event, for what all have in common; null if the file describes none.
  const EventFormat* any_format();
  /// The id of an event of that name; -1 if there is none.
  int id_of(std::string_view name) const;
  std::set<std::string> event_names() const;

  /// The constant string at that address of the kernel; null if the file does not have it.
  const std::string* string(std::uint64_t address);

  /// Before libtraceevent prints an event of that id: it knows its format, the symbols and the
  /// strings from then on.
  void prepare_printing(tep_handle* tep, int id);
  /// After it. Throws: what went wrong with a symbol.
  void check_printed();

 private:
  struct Description {
    std::string system, text;
    EventFormat format;
    bool is_parsed = false, is_known_to_library = false;
  };
  const EventFormat& parsed(Description& description);
  void parse_strings();
  static void hand_over(tep_handle* tep, Description& description);
  static char* resolve(void* descriptions, unsigned long long* address, char** module);

  std::unordered_map<int, Description> descriptions_;  ///< By id.
  std::string string_text_;
  Symbols symbols_;
  std::unordered_map<std::uint64_t, std::string> strings_;
  bool has_strings_ = false, is_printing_ready_ = false;
  std::exception_ptr failure_;
};

}  // namespace rcuscope::trace_cmd
