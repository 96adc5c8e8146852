// SPDX-License-Identifier: LGPL-2.1-or-later
// Workbench: what the session pages show and do: what is chosen, asked, found and stepped. Plain
// data with a background job; no window.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "session/engine.h"
#include "session/job.h"
#include "session/scheduler.h"

namespace rcuscope::gui {

enum class Page : std::uint8_t { session, matrix, scheduler, timeline };

/// What came out of a request; one of the two is there.
struct Answer {
  Request request;
  std::shared_ptr<const Verdict> verdict;
  std::shared_ptr<const LiveAnswer> live;

  const std::vector<Finding>& findings() const {
    return verdict ? verdict->findings : live->findings;
  }
};

/// A line of the catalogue as it is folded and filtered.
struct CatalogueRow {
  std::string theme;      ///< Of a heading; empty: an offer.
  std::size_t offer = 0;  ///< The offer; of a heading the first one below it.
  std::size_t count = 0;  ///< Of a heading: offers below it.
  bool is_folded = false;
};

/// A text that the user types.
struct TextField {
  std::string text;
  bool is_focused = false;
};

class Workbench {
 public:
  /// Requires: the engine offers something.
  explicit Workbench(std::shared_ptr<Engine> engine);

  const std::vector<Offer>& offers() const { return engine_->offers(); }
  const Engine& engine() const { return *engine_; }

  // --- what is chosen
  const Offer& chosen() const { return offers()[chosen_]; }
  std::size_t chosen_index() const { return chosen_; }
  const Request& request() const { return request_; }
  /// The request that an offer is explored with unless somebody changes it.
  Request default_request(std::size_t offer) const;
  std::vector<CatalogueRow> rows() const;
  void choose(std::size_t offer);
  void choose_neighbour(int direction);  ///< Of those that rows() shows.
  void toggle_theme(const std::string& theme);
  void decide(std::string_view decision, std::string_view value);
  void reset_variant();
  void change(const Request& request) { request_ = request; }
  /// Why nothing can be started; empty if it can.
  std::string problem() const;

  // --- what came out
  const Answer* answer_to(const Request& request) const;
  const Answer* answer() const { return answer_to(request_); }
  /// Of the offer as the catalogue has it, in the model.
  const Answer* matrix_answer(std::size_t offer) const { return answer_to(default_request(offer)); }
  struct Tally {
    std::size_t explored = 0, as_expected = 0;
    std::uint64_t executions = 0;
  };
  Tally tally() const;

  // --- work: one search or run at a time, and beside it one quick job (a step, a replay)
  void start();        ///< Explores or runs, as the request says.
  void explore_all();  ///< What is not explored yet.
  void cancel();
  const Job* job() const { return job_.get(); }
  const Job* quick_job() const { return quick_.get(); }
  bool is_busy() const { return job_ != nullptr || quick_ != nullptr; }
  /// A counterexample, or the trace of the live run at its finding.
  void open_finding(std::size_t finding);
  /// One execution of the request, whatever its verdict is.
  void open_execution();

  // --- be the scheduler
  void start_scheduler();
  Scheduler* scheduler() { return scheduler_.get(); }
  const Scheduler* scheduler() const { return scheduler_.get(); }
  void step(const std::string& actor);
  /// What exploring the same has shown: whether the goal can be reached. Empty: nobody has
  /// explored.
  std::string prospect() const;
  enum class Wish : std::uint8_t { none, undo, restart };
  void wish(Wish wish) { wish_ = wish; }

  /// Takes in what has been done meanwhile. Call it once a frame, before drawing.
  void take_in();
  /// A trace that has to be shown in the timeline, once.
  std::unique_ptr<Session> take_opened() { return std::move(opened_); }

  // --- for deliveries
  void take_answer(Answer answer);
  void take_session(std::unique_ptr<Session> session);
  void take_start(const Request& request, Standpoint start);
  void take_step(const std::string& actor, Standpoint next);
  void fail(const std::string& title, const std::string& why);

  Page page = Page::session;
  std::string notice;  ///< What did not work, or why; empty: nothing to say.
  TextField filter;
  float catalogue_scroll_px = 0, request_scroll_px = 0, answer_scroll_px = 0, matrix_scroll_px = 0;
  bool follows_choice = false;  ///< The chosen row has to be scrolled into view.

 private:
  void begin(Job::Kind kind, const std::string& title, std::function<void(Watch&)> work);
  void open(const std::string& title, std::function<std::unique_ptr<Session>()> make);
  void collect(std::unique_ptr<Job>& job);
  void collect_left_behind();
  bool is_stepping() const { return quick_ && quick_->kind() == Job::Kind::step; }
  void next_pending();
  Metadata metadata_of(const Answer* answer, const Finding* finding) const;
  static std::string searched_by(const std::shared_ptr<const Verdict>& verdict,
                                 std::optional<std::size_t> finding);

  std::shared_ptr<Engine> engine_;
  std::size_t chosen_ = 0;
  Request request_;
  std::set<std::string> folded_;
  std::vector<Answer> answers_;  // one for each request
  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<Session> opened_;
  Wish wish_ = Wish::none;
  std::unique_ptr<Job> job_, quick_;
  std::vector<std::unique_ptr<Job>> left_behind_;  // cancelled, and still in some long call
};

}  // namespace rcuscope::gui
