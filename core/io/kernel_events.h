// SPDX-License-Identifier: LGPL-2.1-or-later
// Events of a kernel's trace, as the readers of trace.dat and of ftrace text hand them over: the
// events that mean something to us, with the fields that we take, and where text shows them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"

namespace rcuscope::kernel {

/// Kernel events that the translator knows. Probes have the names of the recipes in
/// docs/kernel_traces.md.
enum class Known : std::uint8_t {
  other,  ///< Kept with its text.
  grace_period,
  expedited_grace_period,
  forced_quiescent_state,
  preempt_task,
  unlock_preempted_task,
  callback,
  invoke_callback,
  batch_end,
  synchronize,
  barrier,
  add_device,
  remove_device,
  softirq_entry,
  softirq_exit,
  hardirq_entry,
  hardirq_exit,
  function,
  probe_grace_period_start,
  probe_grace_period_end,
  probe_synchronize_enter,
  probe_synchronize_exit,
  probe_call_rcu,
  probe_get_device,
  probe_put_device,
  probe_device_release,
};
inline constexpr std::size_t known_count =
    static_cast<std::size_t>(Known::probe_device_release) + 1;

/// One row: an event's name, the fields that we take, and its text.
struct KnownEvent {
  Known known;
  std::string_view name;
  std::array<std::string_view, 2> numbers;
  std::array<std::string_view, 2> texts;
  /// N and S stand for the next number and text, _ for a word that is skipped, everything else for
  /// itself. Empty: a probe, whose text is "name=value" for each field.
  std::string_view pattern;
};

std::span<const KnownEvent> known_events();

/// The row of that name, or nullptr.
const KnownEvent* find_known(std::string_view name);

/// One event of a kernel. Texts live until the call that it is given to returns.
struct Record {
  Timestamp time = 0;
  std::int32_t pid = 0;
  std::int32_t cpu = 0;
  Known known = Known::other;
  bool in_hardirq = false;
  bool in_softirq = false;
  std::uint8_t preempt_depth = 0;
  std::array<std::int64_t, 2> numbers{};
  std::array<std::string_view, 2> texts{};
  std::int32_t text_id = -1;  ///< Of an event that is kept as text: "name: text", interned.
};

/// Takes the fields of a row out of an event's text. Return: false if the text is of another form.
bool match_text(const KnownEvent& row, std::string_view text, Record& out);

/// Decimal or hexadecimal, signed or as large as 64 bits unsigned, which wraps.
bool parse_number(std::string_view text, std::int64_t& out);

}  // namespace rcuscope::kernel
