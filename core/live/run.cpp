// SPDX-License-Identifier: LGPL-2.1-or-later
// The supervisor: waits on the caller's thread, polls, and tells deadlock and stall from slowness.
#include "live/run.h"

#include <bit>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "live/repetition.h"
#include "live/session.h"
#include "live/words.h"
#include "trace/reporting.h"

namespace rcuscope {
namespace live {
namespace {

using std::chrono_literals::operator""ms;

constexpr auto poll_period = 20ms;
constexpr auto farewell_time = 60ms;  // for threads to notice that their repetition is over
/// Times the timeout: so long, actors that only read may be at work.
constexpr int patience_with_readers = 10;

std::string readers_in(const Repetition& repetition, const Actor& except) {
  std::string names;
  repetition.for_each_unfinished([&names, &except](const Actor& actor) {
    if (&actor == &except || !actor.is_reader()) return;
    names += (names.empty() ? "'" : ", '") + actor.name + "'";
  });
  return names;
}

/// Who has a section open that a grace period of the domain waits for.
std::string srcu_readers(const SrcuStruct& domain) {
  const SrcuState* const state = domain.state.load();
  std::string names;
  if (state == nullptr) return names;
  for (const auto& [number, reader] : state->open)
    names += (names.empty() ? "'" : ", '") + reader->name + "'";
  return names;
}

std::string owner_of(const Repetition& repetition, const Lock& lock) {
  return repetition.session().names.actor_name({lock.owner.load()});
}

/// "'unplug' waits in synchronize_rcu: its grace period waits for the reader 'isr'".
std::string describe_wait(const Repetition& repetition, const Actor& actor) {
  const std::string who = "'" + actor.name + "' ";
  const std::string readers = readers_in(repetition, actor);
  switch (actor.wait.load()) {
    case Wait::none:
      return who + "runs without coming to an end" +
             (actor.is_reader() ? " inside a read-side critical section" : "");
    case Wait::relax:
      return who + "goes round in a loop with cpu_relax, and nobody changes what it waits for" +
             (actor.is_reader() ? ", inside a read-side critical section" : "");
    case Wait::srcu: {
      const auto* domain = static_cast<const SrcuStruct*>(actor.wait_object.load());
      if (domain == nullptr) return who + "waits in synchronize_srcu";
      return who + "waits in synchronize_srcu: its grace period of " + domain->name +
             " waits for the reader " + srcu_readers(*domain);
    }
    case Wait::spinlock: {
      const auto* lock = static_cast<const Spinlock*>(actor.wait_object.load());
      if (lock == nullptr) return who + "spins on a lock";
      return who + "spins on " + lock->name + ", held by '" + owner_of(repetition, *lock) + "'";
    }
    case Wait::completion: {
      const auto* completion = static_cast<const Completion*>(actor.wait_object.load());
      if (completion == nullptr) return who + "waits for a completion";
      return who + "waits for the completion " + completion->name + ", which nobody completes";
    }
    case Wait::grace_period:
      return who + "waits in synchronize_rcu: its grace period waits for the reader " +
             (readers.empty() ? "of an earlier run" : readers);
    case Wait::mutex: {
      const auto* mutex = static_cast<const Mutex*>(actor.wait_object.load());
      if (mutex == nullptr) return who + "waits for a mutex";
      return who + "waits for the mutex " + mutex->name + ", held by '" +
             owner_of(repetition, *mutex) + "'";
    }
    case Wait::callbacks:
      return who + "waits in a barrier for a callback or work item";
    case Wait::work:
      return who + "waits for a work item to end";
    case Wait::actors:
      return who + "waits for the actors";
    case Wait::cpu:
      return who + "waits for its CPU";
  }
  return who;
}

/// What lockdep or the watchdog says of those who spin, where nobody sleeps.
std::string words_about_spinning(const Repetition& repetition) {
  bool waits_for_spinner = false;
  bool waits_for_ended = false;
  std::string context;  // of an interrupt that spins while somebody waits for its CPU
  bool is_cpu_waited_for = false;
  repetition.for_each_unfinished([&](const Actor& spinner) {
    is_cpu_waited_for = is_cpu_waited_for || spinner.wait.load() == Wait::cpu;
    if (spinner.wait.load() != Wait::spinlock) return;
    if (is_atomic(spinner.kind) && spinner.cpu.is_valid())
      context = context_of(spinner.kind) == Context::hardirq ? "HARDIRQ" : "SOFTIRQ";
    const auto* lock = static_cast<const Spinlock*>(spinner.wait_object.load());
    const std::int32_t owner = lock == nullptr ? -1 : lock->owner.load();
    bool is_owner_there = false;
    repetition.for_each_unfinished([&](const Actor& actor) {
      if (actor.id.value != owner) return;
      is_owner_there = true;
      waits_for_spinner = waits_for_spinner || actor.wait.load() == Wait::spinlock;
    });
    waits_for_ended = waits_for_ended || !is_owner_there;
  });
  if (waits_for_ended) return "watchdog: BUG: soft lockup: ";
  if (context.empty() || !is_cpu_waited_for)
    return "WARNING: possible circular locking dependency detected: ";
  return waits_for_spinner
             ? "WARNING: " + context + "-safe -> " + context + "-unsafe lock order detected: "
             : "WARNING: inconsistent lock state: inconsistent {" + context + "-ON-W} -> {IN-" +
                   context + "-W} usage: ";
}

/// The kernel's report of a deadlock: of the first who sleeps, else of those who spin.
std::string deadlock_words(const Repetition& repetition) {
  std::string words;
  repetition.for_each_unfinished([&](const Actor& actor) {
    const Wait wait = actor.wait.load();
    if (wait == Wait::actors || wait == Wait::cpu || wait == Wait::spinlock) return;
    if (words.empty()) words = blocked_words(actor);
  });
  return words.empty() ? words_about_spinning(repetition) : words;
}

/// Context: the repetition's lock is held.
Finding describe_standstill(const Repetition& repetition, Nanoseconds timeout) {
  Finding finding;
  bool is_anybody_running = false;
  std::string waits;
  repetition.for_each_unfinished([&](const Actor& actor) {
    const Wait wait = actor.wait.load();
    if (wait == Wait::actors || wait == Wait::cpu) return;
    is_anybody_running |= wait == Wait::none || wait == Wait::relax;
    waits += (waits.empty() ? "" : "; ") + describe_wait(repetition, actor);
    finding.actor += (finding.actor.empty() ? "" : ", ") + actor.name;
  });
  if (const std::string& chain = repetition.endless_chain(); !chain.empty()) {
    is_anybody_running = true;
    waits += (waits.empty() ? "'" : "; '") + chain + "' is queued again and again without end";
    if (finding.actor.empty()) finding.actor = chain;
  }
  finding.kind = is_anybody_running ? FindingKind::stall : FindingKind::deadlock;
  const std::string seconds = std::to_string(static_cast<double>(timeout) / 1e9);
  finding.message = (is_anybody_running ? "INFO: rcu_preempt detected stalls on CPUs/tasks: "
                                        : deadlock_words(repetition)) +
                    waits;
  finding.explanation = "nothing moved for " + seconds.substr(0, seconds.find('.') + 2) + " s";
  finding.kconfig = reporting_of(finding.kind, finding.message).kconfig;
  finding.place = finding.actor;
  return finding;
}

class Supervisor {
 public:
  Supervisor(Repetition& repetition, const std::function<bool()>& poll)
      : repetition_(repetition),
        poll_(poll),
        last_turn_(monotonic_now()),
        last_operation_(last_turn_) {}

  LiveOutcome watch() {
    std::unique_lock lock(repetition_.mutex);
    while (!is_done()) {
      repetition_.changed.wait_for(lock, poll_period, [this] { return is_done(); });
      if (is_done()) break;
      lock.unlock();
      if (poll_ && poll_()) return cancel();
      lock.lock();
      if (!stands_still()) continue;
      const Finding finding = describe_standstill(repetition_, timeout());
      lock.unlock();
      repetition_.count_finding();
      repetition_.session().add_finding(finding);
      repetition_.abandon();
      stood_still_ = true;
      lock.lock();
    }
    // Those that are still at work after the last word of `main`, or cut short.
    repetition_.changed.wait_for(lock, farewell_time, [this] { return repetition_.is_at_rest(); });
    return outcome();
  }

 private:
  /// Context: the repetition's lock is held, as for all below but cancel().
  bool is_done() const { return repetition_.is_at_rest() || repetition_.is_abandoned(); }
  Nanoseconds timeout() const { return repetition_.session().options().timeout; }

  bool stands_still() {
    const Repetition::Progress now = repetition_.progress();
    const Repetition::Progress before = std::exchange(last_progress_, now);
    const Nanoseconds time = monotonic_now();
    if (now.turns != before.turns) last_turn_ = time;
    if (now.operations != before.operations) last_turn_ = last_operation_ = time;
    return time - last_turn_ >= timeout() ||
           time - last_operation_ >= patience_with_readers * timeout();
  }

  LiveOutcome cancel() {
    repetition_.abandon();
    std::unique_lock lock(repetition_.mutex);
    repetition_.changed.wait_for(lock, farewell_time, [this] { return repetition_.is_at_rest(); });
    LiveOutcome result = outcome();
    result.was_cancelled = true;
    return result;
  }

  LiveOutcome outcome() const {
    return {repetition_.finding_count(), false, stood_still_, repetition_.is_abandoned()};
  }

  Repetition& repetition_;
  const std::function<bool()>& poll_;
  Repetition::Progress last_progress_;
  Nanoseconds last_turn_;
  Nanoseconds last_operation_;
  bool stood_still_ = false;
};

LiveOptions checked(LiveOptions options) {
  if (!std::has_single_bit(options.ring_slot_count)) {
    throw UsageError("ring_slot_count = " + std::to_string(options.ring_slot_count) +
                     "; expected a power of two");
  }
  if (options.timeout <= 0) {
    throw UsageError("timeout = " + std::to_string(options.timeout) + " ns; expected more than 0");
  }
  return options;
}

}  // namespace
}  // namespace live

LiveRun::LiveRun(LiveOptions options, LiveHooks hooks)
    : session_(
          std::make_shared<live::Session>(live::checked(std::move(options)), std::move(hooks))) {}

LiveRun::~LiveRun() { session_->stop(); }

LiveOutcome LiveRun::run_once(std::function<void(Live)> body, const std::function<bool()>& poll) {
  const auto repetition = std::make_shared<live::Repetition>(session_);
  repetition->start([body = std::move(body)] { body(Live{}); });
  const LiveOutcome outcome = live::Supervisor(*repetition, poll).watch();
  if (repetition->error() != nullptr) std::rethrow_exception(repetition->error());
  return outcome;
}

void LiveRun::record_to(std::shared_ptr<EventSink> sink) { session_->record_to(std::move(sink)); }

LiveResult LiveRun::result() {
  LiveResult result;
  result.statistics = session_->statistics();
  result.trace = session_->build_trace();
  result.findings = session_->findings();
  return result;
}

}  // namespace rcuscope
