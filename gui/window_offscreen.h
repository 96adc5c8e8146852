// SPDX-License-Identifier: LGPL-2.1-or-later
// OffscreenWindow: what windows without a screen share. Their clock runs at 60 frames a second
// whatever the real time is, so pictures of animations are reproducible.
#pragma once

#include <string>

#include "imgui_compat.h"
#include "window.h"

namespace rcuscope::gui {

class OffscreenWindow : public Window {
 public:
  OffscreenWindow(WindowSize framebuffer, float content_scale)
      : framebuffer_(framebuffer), content_scale_(content_scale) {}

  bool should_close() const override { return false; }
  void wait(double /*seconds*/) override {}
  bool take_event() override { return true; }

  void begin_frame(Input& /*input*/) override {
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = ImVec2(static_cast<float>(framebuffer_.width_px),
                            static_cast<float>(framebuffer_.height_px));
    io.DisplayFramebufferScale = ImVec2(1, 1);
    io.DeltaTime = 1.0f / 60;
  }

  /// Nothing: a picture is drawn when it is asked for.
  void end_frame() override {}
  void set_title(const std::string& /*title*/) override {}
  float content_scale() const override { return content_scale_; }

  WindowSize size() const override {
    const auto design = [this](int length) {
      return static_cast<int>(static_cast<float>(length) / content_scale_ + 0.5f);
    };
    return {design(framebuffer_.width_px), design(framebuffer_.height_px)};
  }

 protected:
  WindowSize framebuffer() const { return framebuffer_; }

 private:
  WindowSize framebuffer_;
  float content_scale_;
};

}  // namespace rcuscope::gui
