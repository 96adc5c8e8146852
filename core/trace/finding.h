// SPDX-License-Identifier: LGPL-2.1-or-later
// Finding: one defect of the studied program, as data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"

namespace rcuscope {

enum class FindingKind : std::uint8_t {
#define RCUSCOPE_FINDING(name, is_fatal, title, kconfig) name,
#include "trace/finding.def"
#undef RCUSCOPE_FINDING
};

/// One row of finding.def.
struct FindingDescription {
  std::string_view name;
  bool is_fatal;
  std::string_view title;
  std::string_view kconfig;  ///< Kernel option that would have caught it; empty = none.
};

inline constexpr FindingDescription finding_descriptions[] = {
#define RCUSCOPE_FINDING(name, is_fatal, title, kconfig) {#name, is_fatal, title, kconfig},
#include "trace/finding.def"
#undef RCUSCOPE_FINDING
};

constexpr const FindingDescription& describe(FindingKind kind) {
  return finding_descriptions[static_cast<std::uint8_t>(kind)];
}

/// One defect, where it showed. The explorer adds explanation and schedule.
struct Finding {
  FindingKind kind{};
  std::string message;  ///< The kernel's own words.
  std::string kconfig;  ///< Kernel option that would have caught it; may be empty.
  std::string
      explanation;       ///< Plain English: which reader, which grace period, who freed, who read.
  std::string schedule;  ///< Replays it exactly; empty when it was found live.
  std::string actor;     ///< Name of the actor that hit it.
  std::string place;     ///< What distinguishes it from others of its kind: the location or object.
  Step step = -1;        ///< In its execution; -1 when it was found at the end or live.
};

}  // namespace rcuscope
