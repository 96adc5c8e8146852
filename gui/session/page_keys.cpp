// SPDX-License-Identifier: LGPL-2.1-or-later
// One function for each page.
#include "session/page_keys.h"

namespace rcuscope::gui {
namespace {

/// Long enough for any name, short enough for the box.
constexpr std::size_t text_size_max = 200;

bool move_choice(Workbench& workbench, Key key) {
  if (key != Key::up && key != Key::down) return false;
  workbench.choose_neighbour(key == Key::up ? -1 : 1);
  return true;
}

void type(Workbench& workbench, const KeyPress& press) {
  TextField& filter = workbench.filter;
  if (press.key == Key::escape) {
    filter = {};
  } else if (press.key == Key::enter) {
    filter.is_focused = false;
    workbench.choose_neighbour(1);
  } else if (press.key == Key::backspace) {
    remove_last_character(filter.text);
  } else if (press.character != 0 && filter.text.size() < text_size_max) {
    append_utf8(filter.text, press.character);
  } else {
    return;
  }
  workbench.catalogue_scroll_px = 0;
}

bool apply_to_session(Workbench& workbench, const KeyPress& press) {
  if (move_choice(workbench, press.key)) return true;
  if (workbench.filter.is_focused) {
    type(workbench, press);
    return true;
  }
  switch (press.key) {
    case Key::slash:
      workbench.filter.is_focused = true;
      return true;
    case Key::enter:
      if (!press.is_repeat && workbench.job() == nullptr) workbench.start();
      return true;
    case Key::escape:
      workbench.filter.text.clear();
      workbench.cancel();
      return true;
    default:
      return press.key != Key::t && press.key != Key::help;
  }
}

bool apply_to_matrix(Workbench& workbench, const KeyPress& press) {
  if (press.key == Key::escape && workbench.is_busy())
    workbench.cancel();
  else if (press.key == Key::escape)
    workbench.page = Page::session;
  return press.key != Key::t && press.key != Key::help;
}

bool apply_to_scheduler(Workbench& workbench, const KeyPress& press) {
  const Scheduler* scheduler = workbench.scheduler();
  if (scheduler == nullptr || scheduler->session().search.is_focused) return false;
  if (press.key == Key::backspace || press.character == U'u') {
    workbench.wish(Workbench::Wish::undo);
    return true;
  }
  if (press.character < U'1' || press.character > U'9') return false;
  const auto index = static_cast<std::size_t>(press.character - U'1');
  const std::vector<ActorCard> cards = scheduler->cards();
  if (index < cards.size()) workbench.step(cards[index].name);
  return true;
}

}  // namespace

bool apply_page_key(Workbench& workbench, const KeyPress& press) {
  switch (workbench.page) {
    case Page::session:
      return apply_to_session(workbench, press);
    case Page::matrix:
      return apply_to_matrix(workbench, press);
    case Page::scheduler:
      return apply_to_scheduler(workbench, press);
    case Page::timeline:
      break;
  }
  return false;
}

}  // namespace rcuscope::gui
