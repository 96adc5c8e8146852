// SPDX-License-Identifier: LGPL-2.1-or-later
// The session page without a window: what is chosen, asked and found, jobs and their end.
#include "session/workbench.h"

#include <gtest/gtest.h>

#include <chrono>

#include "gui/toy_engine.h"
#include "session/page_keys.h"
#include "session/text.h"
#include "session/words.h"

namespace rcuscope::gui {
namespace {

using test::choose;
using test::settle;
using test::ToyEngine;

double seconds_of(const std::function<void()>& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class Bench : public testing::Test {
 protected:
  std::shared_ptr<ToyEngine> engine_ = std::make_shared<ToyEngine>();
  Workbench bench_{engine_};
};

TEST_F(Bench, rows_have_themes_that_fold) {
  EXPECT_EQ(bench_.rows().size(), 7u);
  bench_.toggle_theme("Second theme");
  const std::vector<CatalogueRow> rows = bench_.rows();
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[3].theme, "Second theme");
  EXPECT_TRUE(rows[3].is_folded);
  EXPECT_EQ(rows[3].count, 3u);
}

TEST_F(Bench, filter_looks_at_every_word_and_into_folded_themes) {
  bench_.toggle_theme("Second theme");
  bench_.filter.text = "ENDLESS title";
  const std::vector<CatalogueRow> rows = bench_.rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(bench_.offers()[rows[1].offer].name, "endless");
  bench_.filter.text = "endless nonsense";
  EXPECT_TRUE(bench_.rows().empty());
}

TEST_F(Bench, choosing_takes_the_variant_and_keeps_the_limits) {
  Request request = bench_.request();
  request.preemption_bound = 2;
  bench_.change(request);
  bench_.decide("reclaim", "none");
  choose(bench_, "broken");
  EXPECT_EQ(bench_.request().preemption_bound, 2u);
  EXPECT_EQ(bench_.request().variant, Variant{});
}

TEST_F(Bench, neighbours_follow_the_filtered_rows) {
  bench_.filter.text = "second theme";
  bench_.choose_neighbour(1);
  EXPECT_EQ(bench_.chosen().name, "endless");
  bench_.choose_neighbour(1);
  EXPECT_EQ(bench_.chosen().name, "stuck");
  bench_.choose_neighbour(-1);
  EXPECT_EQ(bench_.chosen().name, "endless");
}

TEST_F(Bench, contradicting_decisions_start_nothing_and_say_why) {
  bench_.decide("reclaim", "kfree_rcu");
  bench_.decide("free_gdev", "before_grace_period");
  ASSERT_FALSE(bench_.problem().empty()) << "these two are expected to contradict each other";
  bench_.start();
  EXPECT_FALSE(bench_.is_busy());
  EXPECT_EQ(bench_.notice, bench_.problem());
}

TEST_F(Bench, answer_belongs_to_exactly_what_was_asked) {
  bench_.start();
  ASSERT_TRUE(settle(bench_));
  ASSERT_NE(bench_.answer(), nullptr);
  EXPECT_EQ(bench_.answer()->verdict->outcome, Outcome::safe);
  bench_.decide("unlink", "list_del");
  EXPECT_EQ(bench_.answer(), nullptr) << "nobody asked about that";
  bench_.decide("unlink", "list_del_rcu");
  EXPECT_NE(bench_.answer(), nullptr);
}

TEST_F(Bench, progress_tells_executions_and_estimate) {
  choose(bench_, "endless");
  bench_.start();
  while (bench_.job()->progress().executions == 0) std::this_thread::yield();
  EXPECT_EQ(told_progress(bench_.job()->progress()), "3 executions of about 1 200");
  bench_.cancel();
  EXPECT_TRUE(settle(bench_));
}

TEST_F(Bench, cancelled_search_ends_soon_with_what_it_found) {
  choose(bench_, "endless");
  bench_.start();
  const double seconds = seconds_of([&] {
    bench_.cancel();
    EXPECT_TRUE(settle(bench_));
  });
  EXPECT_LT(seconds, 0.2);
  ASSERT_NE(bench_.answer(), nullptr);
  EXPECT_EQ(bench_.answer()->verdict->limit, "interrupted");
}

TEST_F(Bench, search_that_does_not_end_is_left_behind_and_named) {
  choose(bench_, "stuck");
  bench_.start();
  const double seconds = seconds_of([&] {
    bench_.cancel();
    EXPECT_TRUE(settle(bench_));
  });
  EXPECT_LT(seconds, 0.25);
  EXPECT_NE(bench_.notice.find("stuck"), std::string::npos) << bench_.notice;
  EXPECT_EQ(bench_.answer(), nullptr);
  engine_->lets_go = true;
  while (bench_.answer() == nullptr) bench_.take_in();
  EXPECT_EQ(bench_.answer()->verdict->limit, "interrupted") << "what it found is welcome late";
}

TEST_F(Bench, few_traces_of_live_runs_are_kept) {
  for (const std::uint64_t repeat : {1, 2, 3, 4, 5, 6}) {
    Request request = bench_.request();
    request.world = WorldName::live;
    request.repeat = repeat;
    bench_.change(request);
    bench_.start();
    ASSERT_TRUE(settle(bench_));
    EXPECT_NE(bench_.answer(), nullptr);
  }
  Request first = bench_.request();
  first.repeat = 1;
  EXPECT_EQ(bench_.answer_to(first), nullptr);
}

TEST_F(Bench, second_search_has_to_wait_and_is_told_so) {
  choose(bench_, "endless");
  bench_.start();
  choose(bench_, "fine");
  bench_.start();
  EXPECT_NE(bench_.notice.find("exploring endless is under way"), std::string::npos);
  bench_.cancel();
  EXPECT_TRUE(settle(bench_));
}

TEST_F(Bench, what_the_engine_throws_becomes_a_notice) {
  choose(bench_, "wrong");
  bench_.start();
  EXPECT_TRUE(settle(bench_));
  EXPECT_EQ(bench_.notice, "exploring wrong: the body raised ValueError");
  EXPECT_EQ(bench_.answer(), nullptr);
  bench_.start_scheduler();
  EXPECT_TRUE(settle(bench_));
  EXPECT_EQ(bench_.notice, "setting up wrong: nothing to step");
  EXPECT_EQ(bench_.page, Page::session);
}

TEST_F(Bench, finding_opens_while_a_search_goes_on) {
  choose(bench_, "broken");
  bench_.start();
  ASSERT_TRUE(settle(bench_));
  choose(bench_, "endless");
  bench_.start();
  choose(bench_, "broken");
  bench_.open_finding(0);
  while (bench_.quick_job() != nullptr) bench_.take_in();
  EXPECT_EQ(bench_.page, Page::timeline);
  const std::unique_ptr<Session> opened = bench_.take_opened();
  ASSERT_NE(opened, nullptr);
  EXPECT_TRUE(opened->finding_so_far());
  EXPECT_NE(bench_.job(), nullptr) << "the search goes on";
  bench_.open_finding(99);
  EXPECT_EQ(bench_.quick_job(), nullptr);
}

TEST_F(Bench, live_findings_open_the_trace_of_the_run_where_they_are) {
  Request request = bench_.request();
  request.world = WorldName::live;
  bench_.change(request);
  bench_.start();
  ASSERT_TRUE(settle(bench_));
  ASSERT_NE(bench_.answer(), nullptr);
  EXPECT_EQ(tell(*bench_.answer()->live).word, "use after free");
  bench_.open_finding(0);
  ASSERT_TRUE(settle(bench_));
  const std::unique_ptr<Session> opened = bench_.take_opened();
  ASSERT_NE(opened, nullptr);
  EXPECT_TRUE(opened->finding_so_far());
  EXPECT_EQ(opened->trace().clock(), Clock::nanoseconds);
}

TEST_F(Bench, matrix_explores_what_is_not_known_and_can_be_stopped) {
  bench_.start();
  ASSERT_TRUE(settle(bench_));
  bench_.explore_all();
  while (bench_.tally().explored < 2) bench_.take_in();
  EXPECT_EQ(bench_.tally().as_expected, 2u);
  bench_.cancel();
  EXPECT_TRUE(settle(bench_));
  EXPECT_EQ(engine_->explored_count, 3) << "fine was known; broken and endless were explored";
  EXPECT_EQ(bench_.tally().explored, 2u) << "what was interrupted is no answer";
}

TEST_F(Bench, keys_choose_explore_and_cancel) {
  const auto press = [&](Key key) { return apply_page_key(bench_, {key, false, false, 0}); };
  EXPECT_TRUE(press(Key::down));
  EXPECT_EQ(bench_.chosen().name, "broken");
  EXPECT_TRUE(press(Key::enter));
  EXPECT_TRUE(bench_.is_busy());
  EXPECT_TRUE(settle(bench_));
  EXPECT_TRUE(press(Key::slash));
  for (const char32_t c : std::u32string(U"end"))
    apply_page_key(bench_, {Key::character, false, false, c});
  EXPECT_EQ(bench_.filter.text, "end");
  EXPECT_TRUE(press(Key::backspace));
  EXPECT_EQ(bench_.filter.text, "en");
  EXPECT_TRUE(press(Key::escape));
  EXPECT_EQ(bench_.filter.text, "");
  EXPECT_FALSE(press(Key::t)) << "the theme is everybody's";
}

TEST_F(Bench, text_twin_tells_the_page) {
  choose(bench_, "broken");
  bench_.start();
  ASSERT_TRUE(settle(bench_));
  const std::string text = session_text(bench_);
  for (const char* part :
       {"page: session", "- First theme (2)", "  > broken", "question: Is it broken?",
        "verdict: use after free, 7 executions", "finding 0: use after free in reader",
        "schedule s1:1x2", "world: model, sc"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  bench_.page = Page::matrix;
  const std::string matrix = page_text(bench_, Session(TraceStore()));
  EXPECT_NE(matrix.find("1 of 1 explored as expected"), std::string::npos) << matrix;
}

TEST(Words, names_are_clear_and_kernel_functions_stay) {
  EXPECT_EQ(clear_name("after_grace_period"), "after grace period");
  EXPECT_EQ(clear_name("list_del_rcu"), "list_del_rcu");
  EXPECT_EQ(clear_name("for_each_group_device"), "for_each_group_device");
}

TEST(Words, verdict_with_other_kinds_is_not_as_expected) {
  Offer offer;
  offer.expect = "leak";
  Verdict verdict;
  verdict.outcome = Outcome::unsafe;
  verdict.findings.resize(1);
  verdict.findings[0].kind = FindingKind::leak;
  EXPECT_TRUE(is_as_expected(offer, verdict));
  verdict.findings.resize(2);
  verdict.findings[1].kind = FindingKind::deadlock;
  EXPECT_FALSE(is_as_expected(offer, verdict));
  offer.also = {"deadlock"};
  EXPECT_TRUE(is_as_expected(offer, verdict));
}

// --- with the C++ core

TEST(Catalogue, each_search_can_be_stopped_within_a_fifth_of_a_second) {
  Workbench bench(make_catalogue_engine());
  choose(bench, "posted");
  Request request = bench.request();
  request.preemption_bound = 9;  // every schedule, without reduction: far too many
  bench.change(request);
  bench.start();
  while (bench.job() != nullptr && bench.job()->progress().executions < 100) bench.take_in();
  ASSERT_NE(bench.job(), nullptr) << "it has to be a long search";
  const double seconds = seconds_of([&] {
    bench.cancel();
    EXPECT_TRUE(settle(bench));
  });
  EXPECT_LT(seconds, 0.2);
  ASSERT_NE(bench.answer(), nullptr);
  EXPECT_EQ(bench.answer()->verdict->limit, "interrupted");
  EXPECT_EQ(tell(*bench.answer()->verdict).word, "UNKNOWN");
}

TEST(Catalogue, counterexample_of_a_what_if_is_replayed) {
  Workbench bench(make_catalogue_engine());
  choose(bench, "posted");
  bench.decide("reclaim", "none");
  bench.start();
  ASSERT_TRUE(settle(bench));
  ASSERT_NE(bench.answer(), nullptr);
  ASSERT_FALSE(bench.answer()->findings().empty());
  bench.open_finding(0);
  ASSERT_TRUE(settle(bench));
  const std::unique_ptr<Session> opened = bench.take_opened();
  ASSERT_NE(opened, nullptr);
  EXPECT_EQ(opened->metadata("finding"), "use_after_free");
  EXPECT_EQ(opened->metadata("variant"), "reclaim=none");
  const Verdict& verdict = *bench.answer()->verdict;
  EXPECT_EQ(opened->searched, searched_text(verdict.executions_showing[0], verdict.executions));
}

TEST(Catalogue, safe_scenario_shows_one_execution) {
  Workbench bench(make_catalogue_engine());
  choose(bench, "posted");
  bench.start();
  ASSERT_TRUE(settle(bench));
  EXPECT_TRUE(is_as_expected(bench.chosen(), *bench.answer()->verdict));
  bench.open_execution();
  ASSERT_TRUE(settle(bench));
  const std::unique_ptr<Session> opened = bench.take_opened();
  ASSERT_NE(opened, nullptr);
  EXPECT_EQ(verdict_text(*opened).word, "SAFE");
}

}  // namespace
}  // namespace rcuscope::gui
