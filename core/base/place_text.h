// SPDX-License-Identifier: LGPL-2.1-or-later
// Places in words, for everybody who shows one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rcuscope {

/// "core/iommu/remove.h" and 769 -> "remove.h:769". A cell of a notebook is no file, and has no
/// suffix: "cell 4" and 15 -> "cell 4, line 15".
std::string place_text(std::string_view file, std::int64_t line);

}  // namespace rcuscope
