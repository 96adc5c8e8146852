// SPDX-License-Identifier: LGPL-2.1-or-later
// Keys to actions, in groups: moves may be held, commands act once a press.
#include "keys.h"

#include <utility>

#include "navigate.h"

namespace rcuscope::gui {
namespace {

/// Keys that may be held.
bool apply_move(Session& session, const KeyPress& press) {
  const double tenth = session.view.span() / 10;
  const double middle = (session.view.start + session.view.end) / 2;
  const auto step = [&](int direction) {
    press.is_shift ? session.step_in_lane(direction) : session.step(direction);
  };
  switch (press.key) {
    case Key::left:
      step(-1);
      return true;
    case Key::right:
      step(1);
      return true;
    case Key::a:
      session.pan(-tenth);
      return true;
    case Key::d:
      session.pan(tenth);
      return true;
    case Key::w:
    case Key::plus:
    case Key::up:
      session.zoom(middle, 0.8);
      return true;
    case Key::s:
    case Key::minus:
    case Key::down:
      session.zoom(middle, 1.25);
      return true;
    default:
      return false;
  }
}

/// Keys that go somewhere; they may be held, too.
bool apply_jump(Session& session, const KeyPress& press) {
  switch (press.key) {
    case Key::home:
      session.move_playhead(static_cast<double>(session.playback.start()));
      return true;
    case Key::end:
      session.move_playhead(static_cast<double>(session.playback.end()));
      return true;
    case Key::left_bracket:
      return follow_arrow(session, -1);
    case Key::right_bracket:
      return follow_arrow(session, 1);
    case Key::comma:
      return go_to_bookmark(session, -1);
    case Key::period:
      return go_to_bookmark(session, 1);
    case Key::n:
      return go_to_match(session, 1);
    case Key::p:
      return go_to_match(session, -1);
    case Key::enter:
      return go_to_match(session, press.is_shift ? -1 : 1);
    default:
      return false;
  }
}

/// Takes back one thing at a time, the uppermost first.
void escape(Session& session) {
  if (session.shows_help) {
    session.shows_help = false;
  } else if (session.range) {
    session.clear_range();
  } else if (session.selection.kind != Selection::Kind::none) {
    session.selection = {};
  } else {
    session.search = {};
  }
}

bool apply_command(Session& session, const KeyPress& press) {
  switch (press.key) {
    case Key::space:
      session.playback.toggle();
      return true;
    case Key::f:
      zoom_to_choice(session);
      return true;
    case Key::m:
      toggle_bookmark(session);
      return true;
    case Key::l:
      toggle_loop(session);
      return true;
    case Key::slash:
      session.search.is_focused = true;
      return true;
    case Key::e:
      session.prefers_events = !session.prefers_events;
      return true;
    case Key::help:
      session.shows_help = !session.shows_help;
      return true;
    case Key::t:
      session.theme = session.theme == ThemeName::light ? ThemeName::dark : ThemeName::light;
      return true;
    case Key::escape:
      escape(session);
      return true;
    default:
      return false;
  }
}

bool apply_text(Session& session, const KeyPress& press) {
  // Long enough for any name, short enough for the box.
  constexpr std::size_t text_size_max = 200;
  std::string text = session.search.text;
  switch (press.key) {
    case Key::enter:
      return go_to_match(session, press.is_shift ? -1 : 1);
    case Key::escape:
      session.search = {};
      return true;
    case Key::backspace:
      remove_last_character(text);
      break;
    default:
      // Keys that type nothing work as ever: arrows step, Home and End jump.
      if (press.character == 0) return apply_move(session, press) || apply_jump(session, press);
      if (text.size() < text_size_max) append_utf8(text, press.character);
  }
  session.search.set_text(session.trace(), std::move(text));
  return true;
}

}  // namespace

bool apply_key(Session& session, const KeyPress& press) {
  session.notice.clear();
  if (session.search.is_focused) return apply_text(session, press);
  if (apply_move(session, press) || apply_jump(session, press)) return true;
  if (press.is_repeat) return false;  // a held key must not toggle
  return apply_command(session, press);
}

}  // namespace rcuscope::gui
