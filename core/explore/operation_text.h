// SPDX-License-Identifier: LGPL-2.1-or-later
// What an operation touches as text that means the same in every process.
#pragma once

#include <string>
#include <string_view>

#include "model/execution.h"

namespace rcuscope {

/// Of an operation on an address that means nothing elsewhere.
inline constexpr std::string_view unknown_operation = "?";

/// Kind and claims only: all that dependence is decided on; or unknown_operation.
std::string to_text(const Operation& operation, const Execution& execution);

/// Throws: UsageError if the text was not made by to_text, or is unknown_operation.
Operation operation_from_text(std::string_view text, const Execution& execution);

}  // namespace rcuscope
