// SPDX-License-Identifier: LGPL-2.1-or-later
// ftrace's text: what `trace-cmd report` prints and what /sys/kernel/tracing/trace holds.
#pragma once

#include <filesystem>
#include <string_view>

#include "trace/store.h"

namespace rcuscope {

/// True for a text file with a line of ftrace among its first ones.
bool is_ftrace_text(const std::filesystem::path& path);

/// Throws: TraceFormatError, std::system_error.
TraceStore read_ftrace_text(const std::filesystem::path& path);

/// The same of a text in memory; `path` is for messages.
TraceStore parse_ftrace_text(std::string_view text, const std::filesystem::path& path);

}  // namespace rcuscope
