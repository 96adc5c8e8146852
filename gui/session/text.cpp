// SPDX-License-Identifier: LGPL-2.1-or-later
// Nothing that changes from run to run stands here: no seconds.
#include "session/text.h"

#include <algorithm>

#include "session/words.h"

namespace rcuscope::gui {
namespace {

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string line(const std::string& text) { return text + "\n"; }

std::string work_text(const Workbench& workbench) {
  std::string text;
  for (const Job* job : {workbench.job(), workbench.quick_job()})
    if (job != nullptr) text += line("under way: " + job->title());
  if (!workbench.notice.empty()) text += line("notice: " + workbench.notice);
  return text;
}

std::string decisions_text(const Request& request) {
  std::string text;
  for (const Decision& decision : variant_decisions()) {
    const std::string_view value = get_decision(request.variant, decision.name);
    text += line("  " + padded(std::string(decision.name), 16) + padded(clear_name(value), 28) +
                 (value == decision.values.front()
                      ? ""
                      : "(posted: " + clear_name(decision.values.front()) + ")"));
  }
  return text;
}

std::string answer_text(const Answer& answer) {
  const Told told = answer.verdict ? tell(*answer.verdict) : tell(*answer.live);
  std::string text = line("verdict: " + told.word + ", " + told.detail);
  for (std::size_t i = 0; i < answer.findings().size(); ++i) {
    const Finding& finding = answer.findings()[i];
    text += line("finding " + std::to_string(i) + ": " + spaced(describe(finding.kind).name) +
                 " in " + finding.actor);
    text += line("  " + finding.message);
    text += line("  " + finding.explanation);
    if (!finding.schedule.empty()) text += line("  schedule " + finding.schedule);
  }
  return text;
}

std::string catalogue_text(const Workbench& workbench) {
  std::string text;
  for (const CatalogueRow& row : workbench.rows()) {
    if (!row.theme.empty()) {
      text +=
          line((row.is_folded ? "+ " : "- ") + row.theme + " (" + std::to_string(row.count) + ")");
      continue;
    }
    const Offer& offer = workbench.offers()[row.offer];
    const bool is_chosen = row.offer == workbench.chosen_index();
    text += line((is_chosen ? "  > " : "    ") + padded(offer.name, 36) + " " + offer.title);
  }
  return text;
}

}  // namespace

std::string session_text(const Workbench& workbench) {
  const Offer& offer = workbench.chosen();
  std::string text = line("page: session");
  text += catalogue_text(workbench);
  text += line("");
  text += line("scenario: " + offer.name + ": " + offer.title);
  if (!offer.question.empty()) text += line("question: " + offer.question);
  if (!offer.expect.empty()) text += line("expected: " + expectation(offer));
  text += line("world: " + told_world(workbench.request()));
  text += line("variant: " + to_string(workbench.request().variant));
  text += decisions_text(workbench.request());
  if (const std::string problem = workbench.problem(); !problem.empty())
    text += line("cannot start: " + problem);
  text += work_text(workbench);
  const Answer* answer = workbench.answer();
  return text + (answer == nullptr ? line("verdict: not known yet") : answer_text(*answer));
}

std::string matrix_text(const Workbench& workbench) {
  const Workbench::Tally tally = workbench.tally();
  std::string text = line("page: matrix");
  std::string theme;
  for (std::size_t i = 0; i < workbench.offers().size(); ++i) {
    const Offer& offer = workbench.offers()[i];
    if (offer.theme != theme) text += line(theme = offer.theme);
    const Answer* answer = workbench.matrix_answer(i);
    std::string found = "not explored";
    if (answer != nullptr) {
      const Told told = tell(*answer->verdict);
      found = told.word + ", " + told.detail;
      if (!is_as_expected(offer, *answer->verdict)) found += " (NOT AS EXPECTED)";
    }
    text += line("  " + padded(offer.name, 36) + " " + padded(expectation(offer), 24) + " " +
                 padded(found, 40) + " " + offer.reason);
  }
  text += line(std::to_string(tally.as_expected) + " of " + std::to_string(tally.explored) +
               " explored as expected; " + std::to_string(workbench.offers().size()) +
               " scenarios; " + counted(tally.executions, "execution"));
  return text + work_text(workbench);
}

std::string scheduler_text(const Workbench& workbench) {
  const Scheduler& scheduler = *workbench.scheduler();
  std::string text = line("page: scheduler");
  text +=
      line("scenario: " + scheduler.request().name + ", " + to_string(scheduler.request().variant));
  text += line("goal: make it crash. " + scheduler.goal());
  if (const std::string prospect = workbench.prospect(); !prospect.empty()) text += line(prospect);
  std::size_t number = 0;
  for (const ActorCard& card : scheduler.cards()) {
    ++number;
    std::string state = card.text;
    if (card.state == ActorCard::State::can_run)
      state = "can run: " + card.text + (card.place.empty() ? "" : "  (" + card.place + ")");
    if (card.state == ActorCard::State::blocked) state = "blocked, because " + card.text;
    text += line("  " + std::to_string(number) + "  " + padded(card.name, 24) + " " +
                 padded(card.context, 18) + " " + state +
                 (card.is_reader ? "  [in a read-side critical section]" : ""));
  }
  text += line("schedule: " + scheduler.now().schedule);
  for (const Finding& finding : scheduler.now().findings)
    text += line("finding: " + finding.message) + line("  " + finding.explanation);
  return text + work_text(workbench) + timeline_text(scheduler.session());
}

std::string page_text(const Workbench& workbench, const Session& timeline) {
  switch (workbench.page) {
    case Page::session:
      return session_text(workbench);
    case Page::matrix:
      return matrix_text(workbench);
    case Page::scheduler:
      if (workbench.scheduler() != nullptr) return scheduler_text(workbench);
      break;
    case Page::timeline:
      break;
  }
  return line("page: timeline") + timeline_text(timeline) + work_text(workbench);
}

}  // namespace rcuscope::gui
