// SPDX-License-Identifier: LGPL-2.1-or-later
// The session pages without a display: scripts click and type, pictures are compared.
#include <gtest/gtest.h>

#include <chrono>

#include "app.h"
#include "base/error.h"
#include "gui/fixtures.h"
#include "gui/toy_engine.h"

namespace rcuscope::gui {
namespace {

std::unique_ptr<App> make_page_app(std::shared_ptr<Engine> engine = make_catalogue_engine(),
                                   float scale = 1, WindowSize size = {1600, 900}) {
  auto app = test::make_app(Session(TraceStore()), scale, size);
  app->attach(std::make_unique<Workbench>(std::move(engine)));
  app->frame();
  app->frame();
  return app;
}

TEST(Pages, explore_then_click_the_finding_opens_its_counterexample) {
  const auto app = make_page_app();
  app->run_script("click offer:no_synchronize_rcu; click explore; settle; click finding:0; settle");
  EXPECT_EQ(app->workbench()->page, Page::timeline);
  EXPECT_EQ(app->session().metadata("finding"), "use_after_free");
  EXPECT_TRUE(app->session().finding_so_far());
  EXPECT_NE(app->widgets().find("timeline"), nullptr);
  app->run_script("click scenario");
  EXPECT_EQ(app->workbench()->page, Page::session);
  EXPECT_NE(app->widgets().find("finding:0"), nullptr) << "the answer is still there";
}

TEST(Pages, decisions_are_chosen_by_chips_and_taken_back) {
  const auto app = make_page_app();
  app->run_script("click decision:reclaim=none; click decision:unlink=list_del");
  EXPECT_EQ(to_string(app->workbench()->request().variant), "unlink=list_del reclaim=none");
  app->run_script("click variant.reset");
  EXPECT_EQ(app->workbench()->request().variant, app->workbench()->chosen().variant);
}

TEST(Pages, contradiction_takes_the_explore_button_away) {
  const auto app = make_page_app();
  app->run_script("click decision:reclaim=kfree_rcu; click decision:free_gdev=before_grace_period");
  EXPECT_EQ(app->widgets().find("explore"), nullptr);
  EXPECT_THROW(app->run_script("click explore"), UsageError);
}

TEST(Pages, limits_and_world_are_chosen_by_segments) {
  const auto app = make_page_app();
  app->run_script("click preemptions:3; click executions:1; click seconds:2");
  const Request& request = app->workbench()->request();
  EXPECT_EQ(request.preemption_bound, 2u);
  EXPECT_EQ(request.max_executions, 100u);
  EXPECT_EQ(request.max_seconds, 10.0);
  app->run_script("click world:1; click repeat:1; click flavor:1");
  EXPECT_EQ(request.world, WorldName::live);
  EXPECT_EQ(request.repeat, 100u);
  EXPECT_EQ(request.flavor, "mb");
}

TEST(Pages, typing_filters_the_catalogue) {
  const auto app = make_page_app();
  app->run_script("click filter; type list_del instead");
  const auto rows = app->workbench()->rows();
  ASSERT_EQ(rows.size(), 2u);
  app->run_script("click offer:list_del");
  EXPECT_EQ(app->workbench()->chosen().name, "list_del");
}

TEST(Pages, wheel_scrolls_the_catalogue) {
  const auto app = make_page_app();
  app->run_script("wheel catalogue -4");
  EXPECT_GT(app->workbench()->catalogue_scroll_px, 0);
  app->run_script("wheel catalogue 9");
  EXPECT_EQ(app->workbench()->catalogue_scroll_px, 0);
}

TEST(Pages, folding_a_theme_hides_its_scenarios) {
  const auto app = make_page_app(std::make_shared<test::ToyEngine>());
  app->run_script("click theme:fine");
  EXPECT_EQ(app->widgets().find("offer:fine"), nullptr);
  EXPECT_NE(app->widgets().find("offer:endless"), nullptr);
}

TEST(Pages, matrix_explores_all_and_a_row_opens_its_scenario) {
  const auto app = make_page_app();
  app->run_script("click page.matrix; click explore.all; settle");
  const Workbench::Tally tally = app->workbench()->tally();
  EXPECT_EQ(tally.explored, app->workbench()->offers().size());
  EXPECT_EQ(tally.as_expected, tally.explored) << app->text();
  app->run_script("click row:no_synchronize_rcu");
  EXPECT_EQ(app->workbench()->page, Page::session);
  EXPECT_EQ(app->workbench()->chosen().name, "no_synchronize_rcu");
  EXPECT_NE(app->widgets().find("finding:0"), nullptr);
}

TEST(Pages, scheduler_runs_actors_by_button_and_key_until_it_crashes) {
  const auto app = make_page_app();
  app->run_script("click offer:no_synchronize_rcu; click be.scheduler; settle");
  ASSERT_NE(app->workbench()->scheduler(), nullptr);
  app->run_script("click choice:0; settle; type 1; settle");
  EXPECT_EQ(app->workbench()->scheduler()->choice_count(), 2u);
  app->run_script("click undo; settle; type 1; settle");
  for (int i = 0; i < 60 && app->widgets().find("choice:1") != nullptr; ++i)
    app->run_script("click choice:1; settle");
  app->run_script("click choice:0; settle; dump");
  ASSERT_NE(app->workbench()->scheduler()->finding(), nullptr) << app->text();
  const std::string text = app->take_output();
  EXPECT_NE(text.find("goal: make it crash. Reached after"), std::string::npos) << text;
  EXPECT_NE(app->widgets().find("verdict"), nullptr);
  app->run_script("click restart; wait 1; click back.session");
  EXPECT_EQ(app->workbench()->page, Page::session);
}

TEST(Pages, window_goes_on_drawing_while_a_search_runs) {
  const auto app = make_page_app(std::make_shared<test::ToyEngine>());
  app->run_script("click offer:endless; click explore; wait 3");
  ASSERT_NE(app->widgets().find("job"), nullptr);
  double slowest = 0;
  for (int i = 0; i < 20; ++i) {
    const auto start = std::chrono::steady_clock::now();
    app->frame();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    slowest = std::max(slowest, taken.count());
  }
  EXPECT_LT(slowest, 0.2);
  EXPECT_THROW(app->run_script("settle 0.1"), UsageError) << "it never ends by itself";
  app->run_script("click cancel; settle 1");
  EXPECT_EQ(app->widgets().find("job"), nullptr);
}

TEST(Pages, theme_is_one_for_all_pages) {
  const auto app = make_page_app();
  app->run_script("click theme; click offer:no_synchronize_rcu; click be.scheduler; settle");
  EXPECT_EQ(app->workbench()->scheduler()->session().theme, ThemeName::dark);
  app->run_script("key t; click back.session; wait 1");
  EXPECT_EQ(app->session().theme, ThemeName::light);
}

TEST(Pages, help_covers_every_page) {
  const auto app = make_page_app();
  app->run_script("click help");
  const std::size_t before = app->workbench()->chosen_index();
  app->run_script("click help.close");
  EXPECT_EQ(app->workbench()->chosen_index(), before) << "the click went through";
  EXPECT_FALSE(app->session().shows_help);
}

// --- pictures

TEST(PagePicture, same_page_gives_the_same_bytes_at_any_size) {
  for (const WindowSize size : {WindowSize{1600, 900}, {1000, 600}, {520, 400}, {200, 150}}) {
    const Image first = make_page_app(make_catalogue_engine(), 1, size)->screenshot();
    const Image second = make_page_app(make_catalogue_engine(), 1, size)->screenshot();
    EXPECT_EQ(first.rgba, second.rgba);
  }
}

TEST(PagePicture, columns_never_meet) {
  for (const int width_px : {560, 700, 850, 1000, 1280, 1600, 2400}) {
    const auto app = make_page_app(make_catalogue_engine(), 1, {width_px, 800});
    const Rect catalogue = *app->widgets().find("catalogue");
    const Rect explore = *app->widgets().find("explore");
    EXPECT_FALSE(catalogue.overlaps(explore)) << width_px;
    EXPECT_LE(explore.x1, static_cast<float>(width_px)) << width_px;
    for (const char* name : {"executions:3", "seconds:3", "preemptions:4", "be.scheduler"})
      EXPECT_LE(app->widgets().find(name)->x1, static_cast<float>(width_px)) << name << width_px;
  }
}

}  // namespace
}  // namespace rcuscope::gui
