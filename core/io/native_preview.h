// SPDX-License-Identifier: LGPL-2.1-or-later
// The beginning of a long native trace, at the cost of the beginning.
#pragma once

#include <filesystem>
#include <optional>

#include "trace/store.h"

namespace rcuscope {

/// The first events of a finished native trace that has more than `event_count_max`; nullopt for
/// everything else. Metadata "preview" tells of how many they are the first. Throws:
/// TraceFormatError, std::system_error.
std::optional<TraceStore> first_events(const std::filesystem::path& path,
                                       std::size_t event_count_max);

}  // namespace rcuscope
