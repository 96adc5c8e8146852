// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads trace-cmd's files (.dat, versions 6 and 7) with libtracecmd. Part of the program
// rcuscope-read-dat alone: a damaged file may take that process down, and only that.
#pragma once

#include <string>

#include "io/kernel_translator.h"

namespace rcuscope::trace_cmd {

/// Throws: TraceFormatError, std::system_error.
kernel::KernelTranslator::Records read(const std::string& path);

}  // namespace rcuscope::trace_cmd
