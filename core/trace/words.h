// SPDX-License-Identifier: LGPL-2.1-or-later
// The words of the picture, so that SVG, viewer and PNG call the same thing by the same name.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "trace/lanes.h"

namespace rcuscope {

namespace legend {
inline constexpr std::string_view waited_for = "reader GP waits for";
inline constexpr std::string_view later_reader = "later reader";
inline constexpr std::string_view grace_period = "grace period";
inline constexpr std::string_view waiting = "waiting";
inline constexpr std::string_view lock = "lock held";
inline constexpr std::string_view callback = "callback";
inline constexpr std::string_view work = "work";
inline constexpr std::string_view release = "release";
inline constexpr std::string_view put = "put_device";
}  // namespace legend

/// Under a lane's name: "hardirq", "threaded irq", "set-up and tear-down", "all CPUs".
std::string kind_word(const Lane& lane);
/// "mutex", "cb": a span's name where there is little room; may be empty.
std::string_view short_word(SpanKind kind);
/// Below a reader: "began before GP 3: must end first"; empty = there is nothing to say.
std::string reader_caption(const TraceStore& trace, const Span& span);
/// Of `count` marks in one place: "3 × kfree gdev0" if all say the same, else "kfree gdev0 +2".
std::string folded_text(const std::string& first, std::size_t count, bool is_same);
/// "1 284".
std::string with_thousands(std::string_view digits);

}  // namespace rcuscope
