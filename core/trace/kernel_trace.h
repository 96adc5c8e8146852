// SPDX-License-Identifier: LGPL-2.1-or-later
// What is special about the trace of a kernel: numbers of grace periods, and events without a kind.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "trace/store.h"

namespace rcuscope {

namespace event_flag {
/// A note that is a kernel event of no kind of ours: told in words, not drawn on the timeline.
inline constexpr std::uint16_t background = 0x0800;
/// The highest four bits: how often preemption was switched off, 15 for more.
inline constexpr int preempt_depth_shift = 12;
inline constexpr std::uint8_t preempt_depth_max = 15;
}  // namespace event_flag

namespace kernel {

/// Metadata of a kernel's trace: "world" has this value.
inline constexpr const char* world = "kernel";

/// Linux starts counting this many grace periods below zero. The numbers of events count from
/// there, so that they are not negative.
inline constexpr std::int32_t grace_periods_below_zero = 300;

/// Expedited grace periods are counted separately; their numbers begin here.
inline constexpr std::int32_t first_expedited = 1 << 30;

}  // namespace kernel

namespace kernel {

/// Metadata of a trace whose times are not in ns but ticks of this clock ("x86-tsc").
inline constexpr const char* tick_clock = "trace_clock";
/// What such a trace says under "not_recorded", as the last line.
inline constexpr std::string_view no_seconds =
    "seconds: times are ticks of the trace clock, shown as if they were ns, since the file does "
    "not tell the frequency; without it: give it, as tsc_hz= or --tsc-hz";

/// The same trace with times in ns. Requires: times in ticks, a positive frequency.
TraceStore in_nanoseconds(const TraceStore& ticks, double ticks_per_second);

}  // namespace kernel

/// How people call a grace period: its number, or the kernel's own gp_seq in a kernel's trace.
/// "" for one that is not known.
std::string grace_period_name(const TraceStore& trace, std::int32_t id);

}  // namespace rcuscope
