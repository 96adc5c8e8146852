// SPDX-License-Identifier: LGPL-2.1-or-later
// libFuzzer target of the reader of ftrace text: a trace, or an error with a place in the text.
#include <cstdint>
#include <string_view>

#include "fuzz/show.h"
#include "io/ftrace_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rcuscope;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    fuzz::show(parse_ftrace_text(text, "fuzz.txt"));
  } catch (const TraceFormatError& error) {
    fuzz::require(error.byte_offset() <= size);
  }
  return 0;
}
