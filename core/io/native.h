// SPDX-License-Identifier: LGPL-2.1-or-later
// The native format on disk: a directory of three files, replaced as a whole or not at all.
#pragma once

#include <filesystem>

#include "trace/store.h"

namespace rcuscope {

/// True for a directory whose file `metadata` begins as ours do.
bool is_native(const std::filesystem::path& path);

/// Requires: is_native(path). Throws: TraceFormatError, std::system_error.
TraceStore read_native(const std::filesystem::path& path);

/// All events up to the last whole packet of a native trace that was cut; what is missing counts as
/// lost. Throws: TraceFormatError, std::system_error.
TraceStore recover_native(const std::filesystem::path& path);

}  // namespace rcuscope
