// SPDX-License-Identifier: LGPL-2.1-or-later
// Formats of events as tracefs has them: "field:int pid;  offset:4;  size:4;  signed:1;" for each
// field, and the format of printf that prints them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rcuscope::trace_cmd {

struct Field {
  std::string_view name;
  std::size_t offset = 0, size = 0;
  bool is_common = false;  ///< Of all events.
  bool is_signed = false, is_pointer = false;
  std::size_t count = 0;  ///< Of an array; 0: it is none.
  /// A string or array elsewhere in the record, where a word of offset and length says;
  /// `is_relative`: as counted from the end of that word.
  bool is_dynamic = false, is_relative = false;
};

struct EventFormat {
  int id = -1;
  std::string_view name, system;
  std::vector<Field> fields;
  std::string_view print;  ///< `"%d", REC->pid`

  const Field* find(std::string_view field_name) const {
    for (const Field& field : fields)
      if (field.name == field_name) return &field;
    return nullptr;
  }
};

/// `text` must live as long as the format. Lines of another form are skipped.
void parse_format(std::string_view text, EventFormat& format);

/// The value of a field of 1, 2, 4 or 8 bytes; 0 if the record is too short for it.
std::int64_t number(const Field& field, std::string_view record, bool is_big_endian);

/// A string in the record: at a fixed place, or where its field says; cut off where the record
/// ends.
std::string_view inside(const Field& field, std::string_view record, bool is_big_endian);

}  // namespace rcuscope::trace_cmd
