// SPDX-License-Identifier: LGPL-2.1-or-later
// trace-cmd's files, read by the program rcuscope-read-dat in a process of its own.
#pragma once

#include <cstdint>
#include <filesystem>

#include "trace/store.h"

namespace rcuscope {

/// True for a file that begins as trace-cmd's do.
bool is_trace_dat(const std::filesystem::path& path);

/// Throws: TraceFormatError; std::system_error if the reader is not part of this installation.
TraceStore read_trace_dat(const std::filesystem::path& path);

namespace trace_dat {

inline constexpr int exit_malformed = 3;
inline constexpr int exit_failed = 4;

/// Limits of the reader: 1 MB takes a tenth of a second and some 50 MB, so these are generous.
inline std::uint64_t seconds_max(std::uint64_t bytes) { return 60 + (bytes >> 20); }
inline std::uint64_t memory_max(std::uint64_t bytes) {
  return (std::uint64_t{4} << 30) + bytes * 128;
}

}  // namespace trace_dat
}  // namespace rcuscope
