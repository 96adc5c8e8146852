// SPDX-License-Identifier: LGPL-2.1-or-later
// Jobs are given the engine and copies of what they need; what they bring comes back by take_in().
#include "session/workbench.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "session/words.h"

namespace rcuscope::gui {
namespace {

constexpr std::ptrdiff_t live_answers_max = 4;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// Every word of the filter stands somewhere in what is known about the offer.
bool matches(const Offer& offer, std::string_view filter) {
  const std::string text = lower(offer.name + " " + offer.title + " " + offer.question + " " +
                                 offer.expect + " " + expectation(offer) + " " + offer.theme);
  const std::string words = lower(filter);
  for (std::size_t start = 0; start < words.size();) {
    const std::size_t end = std::min(words.find(' ', start), words.size());
    if (text.find(words.substr(start, end - start)) == std::string::npos) return false;
    start = end + 1;
  }
  return true;
}

/// The event of a live finding: the first finding by that actor, else the first of all.
std::optional<Timestamp> moment_of(const TraceStore& trace, const Finding& finding) {
  std::optional<Timestamp> first;
  for (EventIndex i = 0; i < trace.size(); ++i) {
    if (trace.kind(i) != EventKind::finding) continue;
    const std::int32_t actor = trace.columns().actor[i];
    if (actor >= 0 && trace.names().actors[static_cast<std::size_t>(actor)].name == finding.actor)
      return trace.time(i);
    if (!first) first = trace.time(i);
  }
  return first;
}

}  // namespace

Workbench::Workbench(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {
  request_ = default_request(0);
}

Request Workbench::default_request(std::size_t offer) const {
  Request request;
  request.name = offers()[offer].name;
  request.variant = offers()[offer].variant;
  return request;
}

std::vector<CatalogueRow> Workbench::rows() const {
  std::vector<CatalogueRow> rows;
  std::size_t heading = 0;
  for (std::size_t i = 0; i < offers().size(); ++i) {
    const Offer& offer = offers()[i];
    if (!matches(offer, filter.text)) continue;
    if (rows.empty() || rows[heading].theme != offer.theme) {
      heading = rows.size();
      // A filter looks everywhere, or one would search for what is only folded.
      rows.push_back({offer.theme, i, 0, filter.text.empty() && folded_.contains(offer.theme)});
    }
    ++rows[heading].count;
    if (!rows[heading].is_folded) rows.push_back({"", i, 0, false});
  }
  return rows;
}

void Workbench::choose(std::size_t offer) {
  if (offer >= offers().size()) return;
  Request next = default_request(offer);
  // What is about the search and not about the scenario stays as the user wants it.
  next.world = request_.world;
  next.memory = request_.memory;
  next.preemption_bound = request_.preemption_bound;
  next.max_executions = request_.max_executions;
  next.max_seconds = request_.max_seconds;
  next.repeat = request_.repeat;
  next.flavor = request_.flavor;
  request_ = next;
  chosen_ = offer;
  answer_scroll_px = request_scroll_px = 0;
  notice.clear();
}

void Workbench::choose_neighbour(int direction) {
  std::vector<std::size_t> shown;
  for (const CatalogueRow& row : rows())
    if (row.theme.empty()) shown.push_back(row.offer);
  if (shown.empty()) return;
  const auto here = std::find(shown.begin(), shown.end(), chosen_);
  if (here == shown.end()) {
    choose(direction > 0 ? shown.front() : shown.back());
  } else if (direction > 0 && here + 1 != shown.end()) {
    choose(*(here + 1));
  } else if (direction < 0 && here != shown.begin()) {
    choose(*(here - 1));
  }
  follows_choice = true;
}

void Workbench::toggle_theme(const std::string& theme) {
  if (!folded_.erase(theme)) folded_.insert(theme);
}

void Workbench::decide(std::string_view decision, std::string_view value) {
  set_decision(request_.variant, decision, value);
  answer_scroll_px = 0;
}

void Workbench::reset_variant() { request_.variant = chosen().variant; }

std::string Workbench::problem() const {
  if (request_.world == WorldName::live && !engine_->has_live())
    return "built without liburcu: there is no live world";
  return contradiction_in(request_.variant);
}

const Answer* Workbench::answer_to(const Request& request) const {
  const auto found = std::find_if(answers_.begin(), answers_.end(),
                                  [&](const Answer& one) { return one.request == request; });
  return found == answers_.end() ? nullptr : &*found;
}

Workbench::Tally Workbench::tally() const {
  Tally tally;
  for (std::size_t i = 0; i < offers().size(); ++i) {
    const Answer* answer = matrix_answer(i);
    if (answer == nullptr) continue;
    ++tally.explored;
    tally.executions += answer->verdict->executions;
    if (is_as_expected(offers()[i], *answer->verdict)) ++tally.as_expected;
  }
  return tally;
}

// --- work

void Workbench::begin(Job::Kind kind, const std::string& title, std::function<void(Watch&)> work) {
  notice.clear();
  const bool is_quick = kind == Job::Kind::open || kind == Job::Kind::step;
  std::unique_ptr<Job>& slot = is_quick ? quick_ : job_;
  if (slot) {
    notice = title + " has to wait: " + slot->title() + " is under way; cancel that first";
    return;
  }
  slot = std::make_unique<Job>(kind, title, std::move(work));
}

/// The session is made on the job's thread, too: that of a long live trace takes its time.
void Workbench::open(const std::string& title, std::function<std::unique_ptr<Session>()> make) {
  begin(Job::Kind::open, title, [make = std::move(make)](Watch& watch) {
    auto session = std::make_shared<std::unique_ptr<Session>>(make());
    watch.deliver([session](Workbench& self) { self.take_session(std::move(*session)); });
  });
}

void Workbench::start() {
  if (notice = problem(); !notice.empty()) return;
  const Request request = request_;
  if (request.world == WorldName::live) {
    begin(Job::Kind::run, "running " + request.name, [engine = engine_, request](Watch& watch) {
      auto live = std::make_shared<LiveAnswer>(engine->run(request, watch));
      if (live->trace == nullptr) return;
      watch.deliver([request, live](Workbench& self) { self.take_answer({request, {}, live}); });
    });
    return;
  }
  begin(Job::Kind::explore, "exploring " + request.name, [engine = engine_, request](Watch& watch) {
    auto verdict = std::make_shared<Verdict>(engine->explore(request, watch));
    watch.deliver(
        [request, verdict](Workbench& self) { self.take_answer({request, verdict, {}}); });
  });
}

void Workbench::explore_all() {
  std::vector<Request> requests;
  for (std::size_t i = 0; i < offers().size(); ++i) {
    const Answer* known = matrix_answer(i);
    if (known == nullptr || known->verdict->limit == "interrupted")
      requests.push_back(default_request(i));
  }
  if (requests.empty()) {
    notice = "all of them have been explored";
    return;
  }
  const std::size_t known_count = offers().size() - requests.size();
  begin(Job::Kind::matrix, "exploring all scenarios",
        [engine = engine_, requests, known_count, all = offers().size()](Watch& watch) {
          for (std::size_t i = 0; i < requests.size() && !watch.must_end(); ++i) {
            JobProgress progress;
            progress.part = requests[i].name;
            progress.share_done = static_cast<double>(known_count + i) / static_cast<double>(all);
            if (!watch.report(progress)) return;
            Watch part = watch;
            auto verdict = std::make_shared<Verdict>(engine->explore(requests[i], part));
            if (verdict->limit == "interrupted") return;
            watch.deliver([request = requests[i], verdict](Workbench& self) {
              self.take_answer({request, verdict, {}});
            });
          }
        });
}

void Workbench::cancel() {
  if (job_) job_->cancel();
  if (quick_) quick_->cancel();
}

Metadata Workbench::metadata_of(const Answer* answer, const Finding* finding) const {
  Metadata metadata;
  if (answer != nullptr && answer->verdict) {
    metadata["verdict"] = to_string(answer->verdict->outcome);
  }
  if (finding != nullptr) {
    metadata["verdict"] = "UNSAFE";
    metadata["finding"] = describe(finding->kind).name;
    metadata["explanation"] = finding->explanation;
  }
  return metadata;
}

/// How many schedules of the search the finding shows in; without one, how many there were.
std::string Workbench::searched_by(const std::shared_ptr<const Verdict>& verdict,
                                   std::optional<std::size_t> finding) {
  if (!verdict) return "";
  const bool is_counted = finding && *finding < verdict->executions_showing.size();
  return searched_text(is_counted ? verdict->executions_showing[*finding] : verdict->executions,
                       verdict->executions);
}

void Workbench::open_finding(std::size_t finding) {
  const Answer* shown = answer();
  if (shown == nullptr || finding >= shown->findings().size()) return;
  const Finding found = shown->findings()[finding];
  if (shown->live) {
    open("opening the trace", [live = shown->live, found] {
      auto session = std::make_unique<Session>(*live->trace);
      if (const std::optional<Timestamp> moment = moment_of(session->trace(), found))
        session->move_playhead(static_cast<double>(*moment));
      return session;
    });
    return;
  }
  open("opening the counterexample", [engine = engine_, request = shown->request, found,
                                      metadata = metadata_of(shown, &found),
                                      searched = searched_by(shown->verdict, finding)] {
    auto session = std::make_unique<Session>(engine->replay(request, found.schedule, metadata));
    session->searched = searched;
    return session;
  });
}

void Workbench::open_execution() {
  const Answer* shown = answer();
  if (shown != nullptr && shown->live) {
    open("opening the trace",
         [live = shown->live] { return std::make_unique<Session>(*live->trace); });
    return;
  }
  if (notice = problem(); !notice.empty()) return;
  open("replaying one execution",
       [engine = engine_, request = request_, metadata = metadata_of(shown, nullptr),
        searched = shown == nullptr ? "" : searched_by(shown->verdict, std::nullopt)] {
         auto session = std::make_unique<Session>(engine->replay(request, "s1:", metadata));
         session->searched = searched;
         return session;
       });
}

// --- be the scheduler

void Workbench::start_scheduler() {
  if (notice = problem(); !notice.empty()) return;
  begin(Job::Kind::step, "setting up " + request_.name,
        [engine = engine_, request = request_](Watch& watch) {
          auto start = std::make_shared<Standpoint>(engine->step(request, "s1:", {}));
          watch.deliver(
              [request, start](Workbench& self) { self.take_start(request, std::move(*start)); });
        });
}

void Workbench::step(const std::string& actor) {
  if (!scheduler_) return;
  if (is_stepping()) {
    scheduler_->pending.push_back(actor);
    return;
  }
  const auto& choices = scheduler_->now().choices;
  const auto chosen = std::find_if(choices.begin(), choices.end(),
                                   [&](const NextOperation& one) { return one.actor == actor; });
  if (chosen == choices.end()) {
    notice = "'" + actor + "' cannot run now";
    scheduler_->pending.clear();
    return;
  }
  begin(
      Job::Kind::step, "stepping",
      [engine = engine_, request = scheduler_->request(), actor, id = chosen->id,
       schedule = scheduler_->now().schedule](Watch& watch) {
        auto next = std::make_shared<Standpoint>(engine->step(request, schedule, id));
        watch.deliver([actor, next](Workbench& self) { self.take_step(actor, std::move(*next)); });
      });
}

std::string Workbench::prospect() const {
  const Answer* known = scheduler_ ? answer_to(scheduler_->request()) : nullptr;
  if (known == nullptr || !known->verdict) return {};
  const Verdict& verdict = *known->verdict;
  if (verdict.outcome == Outcome::safe) return "Explored: no order of operations reaches it.";
  if (verdict.findings.empty()) return "Explored, but not to the end: " + tell(verdict).detail;
  return "Explored: it can be reached (" + tell(verdict).word + ").";
}

void Workbench::next_pending() {
  if (!scheduler_ || is_stepping() || scheduler_->pending.empty()) return;
  const std::string actor = scheduler_->pending.front();
  scheduler_->pending.pop_front();
  step(actor);
}

// --- deliveries

void Workbench::collect(std::unique_ptr<Job>& job) {
  if (!job) return;
  // Asked first: what is delivered before its end must not be missed.
  const bool is_over = job->is_over();
  const std::vector<Delivery> deliveries = job->take_deliveries();
  if (!is_over && job->is_stuck()) {
    fail(job->title(), "left behind: it is in a call that cannot be interrupted");
    left_behind_.push_back(std::move(job));
  } else if (is_over) {
    job.reset();
  }
  for (const Delivery& delivery : deliveries) delivery(*this);
}

/// What a search has found is welcome late, too; a page that opens by itself is not.
void Workbench::collect_left_behind() {
  std::erase_if(left_behind_, [this](const std::unique_ptr<Job>& job) {
    if (!job->is_over()) return false;
    const bool is_quick = job->kind() == Job::Kind::open || job->kind() == Job::Kind::step;
    if (!is_quick)
      for (const Delivery& delivery : job->take_deliveries()) delivery(*this);
    return true;
  });
}

void Workbench::take_in() {
  collect(job_);
  collect(quick_);
  collect_left_behind();
  if (scheduler_ && !is_stepping()) {  // what is under way belongs to where the scheduler stands
    const Wish wish = std::exchange(wish_, Wish::none);
    if (wish == Wish::undo) scheduler_->undo();
    if (wish == Wish::restart) scheduler_->restart();
  }
  next_pending();
}

void Workbench::take_answer(Answer answer) {
  std::erase_if(answers_, [&](const Answer& one) { return one.request == answer.request; });
  answers_.push_back(std::move(answer));
  // Traces of live runs are long: the oldest ones go, and can be made again.
  const auto is_live = [](const Answer& one) { return one.live != nullptr; };
  if (std::count_if(answers_.begin(), answers_.end(), is_live) > live_answers_max)
    answers_.erase(std::find_if(answers_.begin(), answers_.end(), is_live));
}

void Workbench::take_session(std::unique_ptr<Session> session) {
  opened_ = std::move(session);
  page = Page::timeline;
}

void Workbench::take_start(const Request& request, Standpoint start) {
  scheduler_ = std::make_unique<Scheduler>(request, std::move(start));
  page = Page::scheduler;
}

void Workbench::take_step(const std::string& actor, Standpoint next) {
  if (scheduler_) scheduler_->arrive(actor, std::move(next));
}

void Workbench::fail(const std::string& title, const std::string& why) {
  notice = title + ": " + why;
  if (scheduler_) scheduler_->pending.clear();
}

}  // namespace rcuscope::gui
