// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads trace-cmd's files (.dat, versions 6 and 7) with libtracecmd. Part of the program
// rcuscope-read-dat alone: a damaged file may take that process down, and only that.
#pragma once

#include <cstdint>
#include <string>

#include "io/kernel_translator.h"

namespace rcuscope::trace_cmd {

/// Who makes the texts of events: we where we can, or libtraceevent all of them, which takes ten
/// times as long and must give the same.
enum class Printing : std::uint8_t { own, library };

/// Throws: TraceFormatError, std::system_error.
kernel::KernelTranslator::Records read(const std::string& path, Printing printing);

}  // namespace rcuscope::trace_cmd
