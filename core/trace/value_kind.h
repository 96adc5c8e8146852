// SPDX-License-Identifier: LGPL-2.1-or-later
// ValueKind: what the value column of an event refers to, read from its row of event.def.
#pragma once

#include <cstdint>
#include <string_view>

#include "trace/event.h"

namespace rcuscope {

enum class ValueKind : std::uint8_t { none, number, actor, object, string, finding };

constexpr ValueKind value_kind(EventKind kind) {
  const std::string_view text = describe(kind).value;
  if (text.empty()) return ValueKind::none;
  if (text.starts_with("actor id")) return ValueKind::actor;
  if (text.starts_with("object id")) return ValueKind::object;
  if (text.starts_with("string id")) return ValueKind::string;
  if (text.starts_with("finding kind")) return ValueKind::finding;
  return ValueKind::number;
}

}  // namespace rcuscope
