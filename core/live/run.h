// SPDX-License-Identifier: LGPL-2.1-or-later
// LiveRun: runs a scenario on real threads, once or many times, and gives back trace, findings,
// numbers.
//
//   LiveRun run({.timeout = 2'000'000'000});
//   run.run_once([](Live w) {
//     w.declare({"reader", ActorKind::hardirq, {}, [w] { walk(w); }});
//     w.declare({"updater", ActorKind::process, {}, [w] { w.synchronize_rcu(); }});
//     w.run_actors();
//   });
//   Nanoseconds worst = run.result().statistics.grace_period.max;
#pragma once

#include <functional>
#include <memory>

#include "live/live.h"
#include "live/options.h"
#include "trace/sink.h"

namespace rcuscope {

namespace live {
class Session;
}

class LiveRun {
 public:
  /// Throws UsageError for an unknown flavor, a ring that is no power of two, and in a child of
  /// fork() whose parent has run live.
  explicit LiveRun(LiveOptions options = {}, LiveHooks hooks = {});
  /// Ends the run's threads, which may call the hooks: the caller holds no lock that a hook takes.
  ~LiveRun();
  LiveRun(const LiveRun&) = delete;
  LiveRun& operator=(const LiveRun&) = delete;

  /// One repetition. The body is the actor `main`: it sets up, declares actors, calls run_actors()
  /// and tears down; it runs on a thread of the run, as the actors do, never on the caller's.
  /// `poll` is called on the caller's thread at least every 50 ms; true cancels the repetition.
  ///
  /// A repetition that is cut short (fatal finding, deadlock, stall, cancellation) ends each actor
  /// at its next primitive. A thread that does not come to one within 60 ms is left alone: it
  /// keeps its repetition's memory and ends when it can. Where it is inside a read-side critical
  /// section, later grace periods of its flavor in this process wait for it.
  ///
  /// Throws what the body or an actor threw as UsageError or LimitError.
  LiveOutcome run_once(std::function<void(Live)> body, const std::function<bool()>& poll = {});

  /// From now on each event goes to the sink, too, about a millisecond after it happened. Call it
  /// before the first repetition. What the sink throws, result() throws.
  void record_to(std::shared_ptr<EventSink> sink);

  /// Everything since the last call; findings and statistics since the beginning.
  LiveResult result();

 private:
  std::shared_ptr<live::Session> session_;
};

}  // namespace rcuscope
