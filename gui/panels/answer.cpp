// SPDX-License-Identifier: LGPL-2.1-or-later
// The right column of the session page: world and limits, the buttons, and what came out.
#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "panels/controls.h"
#include "panels/pages.h"
#include "panels/panels.h"
#include "session/words.h"

namespace rcuscope::gui {
namespace {

constexpr float margin = 20;
constexpr float label_width = 108;
constexpr float label_width_small = 92;

constexpr std::array<std::optional<unsigned>, 5> preemption_bounds = {std::nullopt, 0U, 1U, 2U, 3U};
constexpr std::array<std::optional<std::uint64_t>, 4> execution_limits = {std::nullopt, 100U,
                                                                          10'000U, 1'000'000U};
constexpr std::array<std::optional<double>, 4> second_limits = {std::nullopt, 1.0, 10.0, 60.0};
constexpr std::array<std::uint64_t, 4> repetitions = {1U, 100U, 1'000U, 10'000U};
constexpr std::array<const char*, 4> flavors = {"memb", "mb", "bp", "qsbr"};

/// "any", "100", "10 000".
template <class Values>
std::vector<std::string> names_of(const Values& values, const char* unit = "") {
  std::vector<std::string> names;
  for (const auto& value : values)
    names.push_back(value ? grouped(static_cast<std::uint64_t>(*value)) + unit : "any");
  return names;
}

template <class Values, class Value>
int index_in(const Values& values, const Value& value) {
  const auto found = std::find(values.begin(), values.end(), value);
  return found == values.end() ? -1 : static_cast<int>(found - values.begin());
}

class AnswerPanel {
 public:
  AnswerPanel(Ui& ui, Workbench& workbench, const Rect& area)
      : ui_(ui),
        p_(ui.paint),
        theme_(p_.theme()),
        workbench_(workbench),
        area_(area),
        request_(workbench.request()),
        x_(area.x0 + p_.px(margin)),
        y_(area.y0 + p_.px(14)),
        right_(area.x1 - p_.px(margin)) {}

  void draw() {
    draw_options();
    if (request_ != workbench_.request()) workbench_.change(request_);
    y_ += px(8);
    draw_buttons();
    y_ = draw_notice(ui_, workbench_, {x_, y_ + px(10), right_, area_.y1});
    y_ = draw_job(ui_, workbench_, {x_, y_ + px(4), right_, area_.y1});
    y_ += px(10);
    p_.line({area_.x0, y_}, {area_.x1, y_}, theme_.line, 1);
    const Rect rest{area_.x0, y_ + 1, area_.x1, area_.y1};
    const Answer* answer = workbench_.answer();
    answer == nullptr ? draw_unknown(rest) : draw_known(*answer, rest);
  }

 private:
  float px(float length) const { return p_.px(length); }

  int option(const char* label, const std::string& name, const std::vector<std::string>& texts,
             int chosen) {
    p_.text_between(p_.fonts().small, x_, y_, y_ + px(segments_height), theme_.text_secondary,
                    label);
    const float left = right_ - x_ < px(320) ? px(label_width_small) : px(label_width);
    const int clicked = segments(ui_, name, {x_ + left, y_}, right_, texts, chosen);
    y_ += px(segments_height + 7);
    return clicked;
  }

  void draw_options() {
    const int world =
        option("World", "world", {"Model", "Live"}, request_.world == WorldName::model ? 0 : 1);
    if (world >= 0) request_.world = world == 0 ? WorldName::model : WorldName::live;
    request_.world == WorldName::model ? draw_model_options() : draw_live_options();
  }

  void draw_model_options() {
    const std::vector<std::string> memories = workbench_.engine().memories();
    int i = option("Memory model", "memory", memories, index_in(memories, request_.memory));
    if (i >= 0) request_.memory = memories[static_cast<std::size_t>(i)];
    i = option("Preemptions", "preemptions", names_of(preemption_bounds),
               index_in(preemption_bounds, request_.preemption_bound));
    if (i >= 0) request_.preemption_bound = preemption_bounds[static_cast<std::size_t>(i)];
    i = option("Executions", "executions", names_of(execution_limits),
               index_in(execution_limits, request_.max_executions));
    if (i >= 0) request_.max_executions = execution_limits[static_cast<std::size_t>(i)];
    i = option("Time", "seconds", names_of(second_limits, " s"),
               index_in(second_limits, request_.max_seconds));
    if (i >= 0) request_.max_seconds = second_limits[static_cast<std::size_t>(i)];
  }

  void draw_live_options() {
    std::vector<std::string> counts;
    for (const std::uint64_t count : repetitions) counts.push_back(grouped(count));
    int i = option("Repetitions", "repeat", counts, index_in(repetitions, request_.repeat));
    if (i >= 0) request_.repeat = repetitions[static_cast<std::size_t>(i)];
    const std::vector<std::string> names(flavors.begin(), flavors.end());
    i = option("Flavor", "flavor", names, index_in(names, request_.flavor));
    if (i >= 0) request_.flavor = names[static_cast<std::size_t>(i)];
    y_ = draw_wrapped(p_, p_.fonts().tiny, px(17), {x_, y_ + px(3), right_, 0}, theme_.text_faint,
                      "Real threads on liburcu. What they do not show is not proved absent: only "
                      "the model tries every schedule.");
    y_ += px(6);
  }

  void draw_buttons() {
    const bool is_live = request_.world == WorldName::live;
    const std::string problem = workbench_.problem();
    const bool may_start = problem.empty() && workbench_.job() == nullptr;
    const float height = px(36), gap = px(8);
    const float wide = (right_ - x_ - gap) * 0.42f;
    const Rect first{x_, y_, x_ + wide, y_ + height};
    if (push_button(ui_, is_live ? "run" : "explore", first, is_live ? "Run" : "Explore",
                    ButtonLook::primary, may_start))
      workbench_.start();
    const Rect second{first.x1 + gap, y_, right_, y_ + height};
    if (push_button(ui_, "be.scheduler", second, "Be the scheduler", ButtonLook::plain,
                    problem.empty()))
      workbench_.start_scheduler();
    y_ += height;
    if (problem.empty()) return;
    const bool is_contradiction = !contradiction_in(request_.variant).empty();
    y_ = draw_wrapped(
        p_, p_.fonts().small, px(18), {x_, y_ + px(8), right_, 0}, theme_.error,
        is_contradiction ? "These decisions contradict each other: " + problem : problem);
  }

  void draw_unknown(const Rect& rest) {
    const bool is_working = workbench_.job() != nullptr;
    const char* text = is_working ? "The answer will stand here."
                       : request_.world == WorldName::live
                           ? "Not run yet. Run repeats it on real threads and records what happens."
                           : "Not explored yet. Explore tries every order of the operations that "
                             "depend on each other, and shows the shortest way to each defect.";
    draw_wrapped(p_, p_.fonts().small, px(19), {x_, rest.y0 + px(16), right_, 0}, theme_.text_faint,
                 text);
  }

  void draw_known(const Answer& answer, const Rect& rest) {
    ScrollArea scroll(ui_, "answer", rest, workbench_.answer_scroll_px);
    scroll_ = &scroll;
    y_ = scroll.top() + px(16);
    draw_verdict_plate(answer);
    if (answer.verdict) draw_expectation(*answer.verdict);
    draw_facts(answer);
    for (std::size_t i = 0; i < answer.findings().size(); ++i) draw_finding(answer, i);
    draw_open_button(answer);
    scroll.finish(y_ + px(16));
  }

  void draw_verdict_plate(const Answer& answer) {
    const Told told = answer.verdict ? tell(*answer.verdict) : tell(*answer.live);
    const Color color = tone_color(theme_, told.tone);
    const Rect plate{x_, y_, right_, y_ + px(46)};
    ui_.widgets.add("verdict", plate);
    p_.fill(plate, fade(color, theme_.tint), px(8));
    draw_outcome(p_, {plate.x0 + px(20), plate.center().y}, told.tone);
    const float detail = p_.text_width(p_.fonts().small, told.detail);
    p_.text_between(p_.fonts().small, plate.x1 - px(14) - detail, plate.y0, plate.y1,
                    theme_.text_secondary, told.detail);
    const float room = plate.width() - detail - px(36 + 28);
    p_.text_between(p_.fonts().bold, plate.x0 + px(36), plate.y0, plate.y1, color,
                    p_.fitted(p_.fonts().bold, told.word, room));
    y_ = plate.y1 + px(10);
  }

  void line(const Face& face, Color color, const std::string& text) {
    y_ = draw_wrapped(p_, face, px(18), {x_, y_, right_, 0}, color, text);
  }

  /// Only the offer as the catalogue has it is expected to be anything.
  void draw_expectation(const Verdict& verdict) {
    const Offer& offer = workbench_.chosen();
    if (offer.expect.empty() || request_.variant != offer.variant) return;
    const bool is_met = is_as_expected(offer, verdict);
    line(p_.fonts().small, is_met ? theme_.text_secondary : theme_.error,
         is_met ? offer.reason.empty() ? "As expected." : "As expected: " + offer.reason
                : "Expected was: " + expectation(offer));
    y_ += px(4);
  }

  void draw_facts(const Answer& answer) {
    std::vector<std::string> facts;
    if (answer.verdict) {
      const Verdict& verdict = *answer.verdict;
      std::array<char, 64> text{};
      const bool is_short = verdict.seconds < 1;
      std::snprintf(text.data(), text.size(), is_short ? " in %.0f ms" : " in %.1f s",
                    is_short ? verdict.seconds * 1000 : verdict.seconds);
      facts.push_back(counted(verdict.steps, "operation") + text.data());
      if (verdict.outcome == Outcome::safe && verdict.memory == "sc")
        facts.emplace_back("Sequential consistency: weak memory was not checked.");
      if (verdict.outcome == Outcome::unknown && !verdict.memory_doubt.empty())
        facts.push_back(verdict.memory_doubt);
    } else {
      facts = answer.live->numbers;
    }
    for (const std::string& fact : facts) line(p_.fonts().tiny, theme_.text_faint, fact);
    y_ += px(6);
  }

  void draw_finding(const Answer& answer, std::size_t index) {
    const Finding& finding = answer.findings()[index];
    const float inner = right_ - x_ - px(32);
    const auto message = wrap_text(p_, p_.fonts().mono, finding.message, inner);
    const auto why = wrap_text(p_, p_.fonts().small, finding.explanation, inner);
    const std::size_t message_lines = std::min<std::size_t>(message.size(), 2);
    const std::size_t why_lines = std::min<std::size_t>(why.size(), 5);
    const float height = px(46 + 18 * static_cast<float>(message_lines + why_lines) + 28);
    const Rect card{x_, y_, right_, y_ + height};
    const Response response =
        ui_.interact("finding:" + std::to_string(index), scroll_->visible(card));
    if (response.is_clicked) workbench_.open_finding(index);
    p_.fill(card, theme_.card, px(8));
    p_.stroke(card, response.is_hovered ? theme_.accent : theme_.card_line, px(8),
              response.is_hovered ? px(1.5f) : 1);
    p_.fill({card.x0, card.y0 + px(8), card.x0 + px(3), card.y1 - px(8)}, theme_.error, px(1.5f));
    const float x = card.x0 + px(16);
    float y = card.y0 + px(11);
    const std::string kind = spaced(describe(finding.kind).name);
    const float used = p_.text(p_.fonts().bold, x, y, theme_.error, kind);
    const std::string by = finding.actor.empty() ? "" : "in " + finding.actor;
    p_.text_fit(p_.fonts().small, x + used + px(10), y + px(1), inner - used - px(10),
                theme_.text_secondary, by);
    y += px(25);
    y = draw_wrapped(p_, p_.fonts().mono, px(18), {x, y, x + inner, 0}, theme_.text,
                     finding.message, message_lines);
    y = draw_wrapped(p_, p_.fonts().small, px(18), {x, y + px(2), x + inner, 0},
                     theme_.text_secondary, finding.explanation, why_lines);
    const std::string open =
        finding.schedule.empty() ? "Open the trace" : "Open the counterexample";
    const Color color = response.is_hovered ? theme_.accent : theme_.text_faint;
    p_.text(p_.fonts().tiny, x, card.y1 - px(24), color, open);
    const float gap = p_.text_width(p_.fonts().tiny, open) + px(14);
    p_.text_fit(p_.fonts().tiny, x + gap, card.y1 - px(24), inner - gap, theme_.text_faint,
                finding.schedule);
    y_ = card.y1 + px(10);
  }

  void draw_open_button(const Answer& answer) {
    const std::string text = answer.live ? "Show the trace of the run" : "Show one execution";
    const Rect rect{x_, y_, x_ + push_button_width(p_, text), y_ + px(32)};
    const Rect seen = scroll_->visible(rect);
    if (seen.height() > px(20) &&
        push_button(ui_, "open.execution", rect, text, ButtonLook::plain, true))
      workbench_.open_execution();
    y_ = rect.y1;
  }

  Ui& ui_;
  Painter& p_;
  const Theme& theme_;
  Workbench& workbench_;
  Rect area_;
  Request request_;
  float x_, y_, right_;
  ScrollArea* scroll_ = nullptr;
};

}  // namespace

void draw_answer(Ui& ui, Workbench& workbench, const Rect& area) {
  ui.paint.fill(area, ui.paint.theme().panel);
  AnswerPanel(ui, workbench, area).draw();
}

}  // namespace rcuscope::gui
