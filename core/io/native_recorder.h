// SPDX-License-Identifier: LGPL-2.1-or-later
// Records into a native trace while events come in: what was written is there after `kill -9`.
#pragma once

#include <filesystem>
#include <memory>

#include "trace/sink.h"

namespace rcuscope {

/// Makes the directory and writes each batch as a closed packet. The trace is unfinished:
/// load_trace() refuses it with a remedy and recover_native() reads it, until save_native() puts
/// the whole one in its place. Throws: UsageError if `path` exists, std::system_error.
std::shared_ptr<EventSink> record_native(const std::filesystem::path& path, Clock clock);

}  // namespace rcuscope
