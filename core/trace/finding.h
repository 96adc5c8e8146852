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

/// The kernel option that speaks these words: some texts of a kind need another one than the rest
/// (KERNEL_FACTS 2.3, 2.5).
constexpr std::string_view kconfig_of(FindingKind kind, std::string_view message) {
  const auto says = [&](std::string_view words) {
    return message.find(words) != std::string_view::npos;
  };
  if (says("RCU-list traversed")) return "CONFIG_PROVE_RCU_LIST";
  // The list poison makes the CPU fault by itself; DEBUG_LIST looks at list_add and list_del only.
  if (says("LIST_POISON") && says("general protection fault"))
    return "CONFIG_ILLEGAL_POINTER_VALUE";
  return describe(kind).kconfig;
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
  /// The actor was in a read-side critical section: it met what RCU is there to keep from readers.
  bool is_by_reader = false;
};

}  // namespace rcuscope
