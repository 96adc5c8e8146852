// SPDX-License-Identifier: LGPL-2.1-or-later
// Named invisible buttons on Dear ImGui, which does the hit testing.
#include "ui.h"

#include <imgui.h>

namespace rcuscope::gui {

const Rect* Widgets::find(const std::string& name) const {
  const auto found = rects_.find(name);
  return found == rects_.end() ? nullptr : &found->second;
}

std::string Widgets::names() const {
  std::string all;
  for (const auto& [name, rect] : rects_) all += (all.empty() ? "" : ", ") + name;
  return all;
}

Response Ui::interact(const std::string& plain_name, const Rect& rect) {
  if (rect.width() < 1 || rect.height() < 1) return {};
  const std::string name = prefix + plain_name;
  widgets.add(name, rect);
  ImGui::SetCursorScreenPos({rect.x0, rect.y0});
  Response response;
  response.is_clicked = ImGui::InvisibleButton(name.c_str(), {rect.width(), rect.height()});
  if (response.is_clicked) widgets.note_click(name);
  response.is_hovered = ImGui::IsItemHovered();
  response.is_active = ImGui::IsItemActive();
  response.is_pressed = ImGui::IsItemActivated();
  response.is_double_clicked = response.is_hovered && ImGui::IsMouseDoubleClicked(0);
  return response;
}

Mouse current_mouse() {
  const ImGuiIO& io = ImGui::GetIO();
  Mouse mouse;
  mouse.at = {io.MousePos.x, io.MousePos.y};
  mouse.moved = {io.MouseDelta.x, io.MouseDelta.y};
  mouse.wheel = io.MouseWheel;
  mouse.is_ctrl = io.KeyCtrl;
  mouse.is_shift = io.KeyShift;
  mouse.is_middle_down = io.MouseDown[2];
  return mouse;
}

bool text_button(Ui& ui, const std::string& name, const Rect& rect, std::string_view text,
                 bool is_on) {
  Painter& p = ui.paint;
  const Theme& theme = p.theme();
  const Response response = ui.interact(name, rect);
  if (is_on) {
    const Rect inner = rect.inset(p.px(2), p.px(2));
    p.fill(inner, theme.selected_segment, p.px(5));
    if (!theme.is_dark) p.stroke(inner, theme.line_strong, p.px(5));
  }
  const Face& face = p.fonts().regular;
  const bool is_strong = is_on || response.is_hovered;
  p.text_between(face, rect.center().x - p.text_width(face, text) / 2, rect.y0, rect.y1,
                 is_strong ? theme.text : theme.text_secondary, text);
  return response.is_clicked;
}

}  // namespace rcuscope::gui
