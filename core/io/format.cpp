// SPDX-License-Identifier: LGPL-2.1-or-later
// The list of formats, and the choice of one by what a path holds.
#include "io/format.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/error.h"
#include "io/ctf.h"
#include "io/file.h"
#include "io/ftrace_text.h"
#include "io/native.h"
#include "io/trace_dat.h"

namespace rcuscope {
namespace {

namespace fs = std::filesystem;

struct Format {
  const char* description;
  bool (*is_mine)(const fs::path&);
  TraceStore (*read)(const fs::path&);
};

constexpr std::array<Format, 3> formats = {
    {{"native (a directory with metadata, events and definitions)", &is_native, &read_native},
     {"trace-cmd (.dat)", &is_trace_dat, &read_trace_dat},
     {"ftrace text (`trace-cmd report`, /sys/kernel/tracing/trace)", &is_ftrace_text,
      &read_ftrace_text}}};

std::string known_formats() {
  std::string text = "one of the formats that rcuscope knows: ";
  for (const Format& format : formats) {
    if (&format != formats.data()) text += ", ";
    text += format.description;
  }
  return text;
}

/// Other tracers write CTF directories too, so the reason is said, and where the first lines
/// differ.
[[noreturn]] void refuse_directory(const fs::path& path) {
  const fs::path metadata = path / ctf::metadata_name;
  if (!fs::is_regular_file(metadata)) throw TraceFormatError(path.string(), 0, known_formats());
  const std::string start = io::read_start(metadata, ctf::signature.size());
  const auto differs = std::mismatch(start.begin(), start.end(), ctf::signature.begin()).first;
  throw TraceFormatError(metadata.string(), static_cast<std::uint64_t>(differs - start.begin()),
                         known_formats());
}

}  // namespace

TraceStore load_trace(const fs::path& path) {
  if (!fs::exists(path)) io::throw_system_error(ENOENT, "cannot open " + path.string());
  for (const Format& format : formats) {
    if (format.is_mine(path)) return format.read(path);
  }
  if (fs::is_directory(path)) refuse_directory(path);
  throw TraceFormatError(path.string(), 0, known_formats());
}

}  // namespace rcuscope
