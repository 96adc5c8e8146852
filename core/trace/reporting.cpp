// SPDX-License-Identifier: LGPL-2.1-or-later
// Which option of a kernel makes it speak the words of a finding.
#include "trace/reporting.h"

namespace rcuscope {
namespace {

/// Words that need something else than the row of their kind says.
struct ReportedWords {
  std::string_view words;
  Reporting reporting;
};

constexpr Reporting always{"", true};
constexpr Reporting never{"", false};

constexpr ReportedWords reported_words[] = {
    // lockdep: print_circular_bug, print_deadlock_bug, print_usage_bug, print_bad_irq_dependency
    {"possible circular locking dependency detected", {"CONFIG_PROVE_LOCKING"}},
    {"possible recursive locking detected", {"CONFIG_PROVE_LOCKING"}},
    {"inconsistent lock state", {"CONFIG_PROVE_LOCKING"}},
    {"-unsafe lock order detected", {"CONFIG_PROVE_LOCKING"}},
    {"!lockdep_is_held(lock)", {"CONFIG_PROVE_LOCKING"}},
    {"lockdep_assert_irqs_enabled()", {"CONFIG_PROVE_LOCKING"}},
    // rt_mutex_trylock(): the mutexes of PREEMPT_RT; the others do not look.
    {"mutex_trylock: WARN_ON_ONCE(!in_task())", {"CONFIG_DEBUG_RT_MUTEXES"}},
    // The watchdogs, and the detectors of hung tasks and stalls.
    {"blocked for more than 120 seconds", {"CONFIG_DETECT_HUNG_TASK"}},
    {"BUG: soft lockup", {"CONFIG_SOFTLOCKUP_DETECTOR"}},
    {"detected hard LOCKUP", {"CONFIG_HARDLOCKUP_DETECTOR"}},
    {"rcu_preempt detected stalls", {"CONFIG_RCU_CPU_STALL_TIMEOUT"}},
    {"scheduling while atomic", always},
    // WARN_ON_ONCE in rcu_note_context_switch(): every kernel with PREEMPT_RCU has it.
    {"Voluntary context switch", always},
    // The kernel's own might_sleep() of put_device is commented out.
    {"put_device may sleep", never},
    // Neither has a lock that lockdep knows: preempt_count_sub() looks whether the count
    // underflows.
    {"local_bh_enable without", {"CONFIG_DEBUG_PREEMPT"}},
    {"preempt_enable without", {"CONFIG_DEBUG_PREEMPT"}},
    // do_exit(): "exited with irqs disabled", "exited with preempt_count".
    {"ends with interrupts off", always},
    {"ends with bottom halves off", always},
    {"ends with preemption off", always},
};

}  // namespace

Reporting reporting_of(FindingKind kind) {
  switch (kind) {
    case FindingKind::null_dereference:
    case FindingKind::refcount_underflow:
    case FindingKind::refcount_addition_on_zero:
    case FindingKind::warn_on:
    case FindingKind::bug_on:
      return always;
    default:
      return {describe(kind).kconfig};
  }
}

Reporting reporting_of(FindingKind kind, std::string_view message) {
  std::size_t first = std::string_view::npos;
  Reporting found = reporting_of(kind);
  if (!found.is_always) found.kconfig = kconfig_of(kind, message);
  for (const ReportedWords& row : reported_words) {
    const std::size_t at = message.find(row.words);
    if (at >= first) continue;
    first = at;
    found = row.reporting;
  }
  // What waits for ever without one of these texts is told by nobody.
  const bool needs_words = kind == FindingKind::deadlock || kind == FindingKind::stall;
  return needs_words && first == std::string_view::npos ? never : found;
}

}  // namespace rcuscope
