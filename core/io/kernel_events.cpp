// SPDX-License-Identifier: LGPL-2.1-or-later
// The table of kernel events that we know, and the taking apart of their text.
// Follows: include/trace/events/{rcu,iommu,irq}.h of Linux 6.1 and 6.12, by their printed form.
#include "io/kernel_events.h"

#include <charconv>
#include <unordered_map>

namespace rcuscope::kernel {
namespace {

constexpr KnownEvent table[] = {
    {Known::grace_period, "rcu_grace_period", {"gp_seq", ""}, {"gpevent", ""}, "_ N S"},
    {Known::expedited_grace_period,
     "rcu_exp_grace_period",
     {"gpseq", ""},
     {"gpevent", ""},
     "_ N S"},
    {Known::forced_quiescent_state, "rcu_fqs", {"gp_seq", "cpu"}, {"qsevent", ""}, "_ N N S"},
    {Known::preempt_task, "rcu_preempt_task", {"gp_seq", "pid"}, {}, "_ N N"},
    {Known::unlock_preempted_task, "rcu_unlock_preempted_task", {"gp_seq", "pid"}, {}, "_ N N"},
    {Known::callback, "rcu_callback", {"rhp", ""}, {"func", ""}, "_ rhp=N func=S"},
    {Known::invoke_callback, "rcu_invoke_callback", {"rhp", ""}, {"func", ""}, "_ rhp=N func=S"},
    {Known::batch_end, "rcu_batch_end", {"callbacks_invoked", ""}, {}, "_ CBs-invoked=N"},
    {Known::synchronize, "rcu_sr_normal", {"rhp", ""}, {"srevent", ""}, "_ rhp=N event=S"},
    {Known::barrier, "rcu_barrier", {}, {"s", ""}, "_ S"},
    {Known::add_device,
     "add_device_to_group",
     {"gid", ""},
     {"device", ""},
     "IOMMU: groupID=N device=S"},
    {Known::remove_device,
     "remove_device_from_group",
     {"gid", ""},
     {"device", ""},
     "IOMMU: groupID=N device=S"},
    {Known::softirq_entry, "softirq_entry", {"vec", ""}, {}, "vec=N"},
    {Known::softirq_exit, "softirq_exit", {"vec", ""}, {}, "vec=N"},
    {Known::hardirq_entry, "irq_handler_entry", {"irq", ""}, {}, "irq=N"},
    {Known::hardirq_exit, "irq_handler_exit", {"irq", ""}, {}, "irq=N"},
    {Known::function, "function", {}, {"ip", ""}, "S"},
    {Known::probe_grace_period_start, "gp_start", {"gp_seq", ""}, {}, ""},
    {Known::probe_grace_period_end, "gp_end", {"gp_seq", ""}, {}, ""},
    {Known::probe_synchronize_enter, "sync_enter", {}, {}, ""},
    {Known::probe_synchronize_exit, "sync_exit", {}, {}, ""},
    {Known::probe_call_rcu, "call_rcu", {"head", ""}, {"func", ""}, ""},
    {Known::probe_get_device, "get_device", {"dev", "refs"}, {"name", ""}, ""},
    {Known::probe_put_device, "put_device", {"dev", "refs"}, {"name", ""}, ""},
    {Known::probe_device_release, "device_release", {"dev", ""}, {"name", ""}, ""},
};

std::string_view skip_spaces(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

std::string_view take_word(std::string_view& text) {
  text = skip_spaces(text);
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

/// "name=value" or "name="value with spaces"" somewhere in the text; empty if there is none.
std::string_view find_value(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    const bool starts_a_word = at == 0 || text[at - 1] == ' ';
    if (!starts_a_word || end >= text.size() || text[end] != '=') continue;
    std::string_view value = text.substr(end + 1);
    if (!value.starts_with('"')) return value.substr(0, value.find(' '));
    value.remove_prefix(1);
    return value.substr(0, value.find('"'));
  }
  return {};
}

bool match_probe(const KnownEvent& row, std::string_view text, Record& out) {
  for (std::size_t i = 0; i < row.numbers.size(); ++i) {
    if (row.numbers[i].empty()) continue;
    if (!parse_number(find_value(text, row.numbers[i]), out.numbers[i])) return false;
  }
  for (std::size_t i = 0; i < row.texts.size(); ++i) {
    if (!row.texts[i].empty()) out.texts[i] = find_value(text, row.texts[i]);
  }
  return true;
}

}  // namespace

std::span<const KnownEvent> known_events() { return table; }

const KnownEvent* find_known(std::string_view name) {
  static const auto* rows = [] {
    auto* made = new std::unordered_map<std::string_view, const KnownEvent*>;
    for (const KnownEvent& row : table) made->emplace(row.name, &row);
    return made;
  }();
  const auto found = rows->find(name);
  return found == rows->end() ? nullptr : found->second;
}

bool parse_number(std::string_view text, std::int64_t& out) {
  int base = 10;
  // Some kernels print a pointer's prefix twice.
  while (text.starts_with("0x")) {
    base = 16;
    text.remove_prefix(2);
  }
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || text.empty()) return false;
  if (end != text.data() + text.size() && *end != '>' && *end != ',') return false;
  out = static_cast<std::int64_t>(is_negative ? ~value + 1 : value);
  return true;
}

bool match_text(const KnownEvent& row, std::string_view text, Record& out) {
  if (row.pattern.empty()) return match_probe(row, text, out);
  std::size_t numbers = 0, texts = 0;
  for (const char expected : row.pattern) {
    if (expected == 'N') {
      if (!parse_number(take_word(text), out.numbers[numbers++])) return false;
    } else if (expected == 'S') {
      const std::string_view word = take_word(text);
      if (word.empty()) return false;
      out.texts[texts++] = word;
    } else if (expected == '_') {
      take_word(text);
    } else if (expected == ' ') {
      text = skip_spaces(text);
    } else {
      if (!text.starts_with(expected)) return false;
      text.remove_prefix(1);
    }
  }
  return true;
}

}  // namespace rcuscope::kernel
