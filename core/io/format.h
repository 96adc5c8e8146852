// SPDX-License-Identifier: LGPL-2.1-or-later
// The file formats of traces: each has a name, and a reader or a writer or both.
#pragma once

#include <filesystem>
#include <string>

#include "trace/store.h"

namespace rcuscope {

/// Writes the native format: a CTF 1.8 directory (metadata, events, definitions).
/// Same trace, same bytes. An existing native trace at `path` is replaced; anything else there is
/// left alone. Throws: UsageError, std::system_error.
void save_native(const TraceStore& trace, const std::filesystem::path& path);

/// Reads any format that we know, by content. Throws: TraceFormatError with path, byte offset and
/// expectation; std::system_error if it cannot be opened.
TraceStore load_trace(const std::filesystem::path& path);

/// Self-playing SVG without script: CSS key frames, still under prefers-reduced-motion.
std::string to_svg(const TraceStore& trace, const std::string& searched = "");

}  // namespace rcuscope
