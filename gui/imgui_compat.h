// SPDX-License-Identifier: LGPL-2.1-or-later
// What differs between Dear ImGui 1.86 (Debian 12) and 1.92; no other file asks for the version.
#pragma once

#include <imgui.h>
#if __has_include(<imgui_freetype.h>)
#include <imgui_freetype.h>
#elif __has_include(<misc/freetype/imgui_freetype.h>)
#include <misc/freetype/imgui_freetype.h>
#endif

#include <cstdint>

namespace rcuscope::gui::compat {

/// 1.92 made ImTextureID an integer; before it was a pointer.
inline ImTextureID texture_id(std::uintptr_t number) { return (ImTextureID)number; }

inline void use_freetype(ImFontAtlas& atlas) {
#if IMGUI_VERSION_NUM >= 19200
  atlas.SetFontLoader(ImGuiFreeType::GetFontLoader());
  atlas.FontLoaderFlags = ImGuiFreeTypeLoaderFlags_LightHinting;
#else
  atlas.FontBuilderIO = ImGuiFreeType::GetBuilderForFreeType();
  atlas.FontBuilderFlags = ImGuiFreeTypeBuilderFlags_LightHinting;
#endif
}

/// Since 1.87 its backends queue events, and deal them out to frames.
inline constexpr bool queues_input = IMGUI_VERSION_NUM >= 18700;

inline void set_mouse_position(ImGuiIO& io, float x, float y) {
#if IMGUI_VERSION_NUM >= 18700
  io.AddMousePosEvent(x, y);
#else
  io.MousePos = ImVec2(x, y);
#endif
}

inline void set_mouse_button(ImGuiIO& io, int button, bool is_down) {
#if IMGUI_VERSION_NUM >= 18700
  io.AddMouseButtonEvent(button, is_down);
#else
  io.MouseDown[button] = is_down;
#endif
}

inline void add_wheel(ImGuiIO& io, float notches) {
#if IMGUI_VERSION_NUM >= 18700
  io.AddMouseWheelEvent(0.0f, notches);
#else
  io.MouseWheel += notches;
#endif
}

inline void set_modifiers(ImGuiIO& io, bool is_ctrl, bool is_shift) {
#if IMGUI_VERSION_NUM >= 18900
  io.AddKeyEvent(ImGuiMod_Ctrl, is_ctrl);
  io.AddKeyEvent(ImGuiMod_Shift, is_shift);
#elif IMGUI_VERSION_NUM >= 18700
  io.AddKeyEvent(ImGuiKey_ModCtrl, is_ctrl);
  io.AddKeyEvent(ImGuiKey_ModShift, is_shift);
#else
  io.KeyCtrl = is_ctrl;
  io.KeyShift = is_shift;
#endif
}

}  // namespace rcuscope::gui::compat
