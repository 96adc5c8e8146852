// SPDX-License-Identifier: LGPL-2.1-or-later
// A window without X or GL: the same pixels on every run, rendered only when they are asked for.
#include "imgui_compat.h"
#include "raster.h"
#include "window.h"

namespace rcuscope::gui {
namespace {

class HeadlessWindow final : public Window {
 public:
  HeadlessWindow(WindowSize framebuffer, float content_scale)
      : size_(framebuffer), content_scale_(content_scale) {
    ImGui::GetIO().BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
  }

  bool should_close() const override { return false; }

  void wait(double /*seconds*/) override {}

  bool take_event() override { return true; }

  void begin_frame(Input& /*input*/) override {
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize =
        ImVec2(static_cast<float>(size_.width_px), static_cast<float>(size_.height_px));
    io.DisplayFramebufferScale = ImVec2(1, 1);
    io.DeltaTime = 1.0f / 60;
  }

  void end_frame() override {}

  void fonts_changed() override {
    ImFontAtlas& fonts = *ImGui::GetIO().Fonts;
    unsigned char* coverage = nullptr;
    fonts.GetTexDataAsAlpha8(&coverage, &atlas_.width, &atlas_.height);
    atlas_.coverage.assign(coverage, coverage + static_cast<std::ptrdiff_t>(atlas_.width) *
                                                    static_cast<std::ptrdiff_t>(atlas_.height));
    fonts.SetTexID(compat::texture_id(1));
  }

  void set_title(const std::string& /*title*/) override {}

  float content_scale() const override { return content_scale_; }

  WindowSize size() const override {
    const auto design = [this](int length) {
      return static_cast<int>(static_cast<float>(length) / content_scale_ + 0.5f);
    };
    return {design(size_.width_px), design(size_.height_px)};
  }

  Image read_pixels() override {
    Image image{size_.width_px, size_.height_px, {}};
    if (const ImDrawData* data = ImGui::GetDrawData()) rasterize(*data, atlas_, image);
    return image;
  }

 private:
  WindowSize size_;
  float content_scale_;
  GlyphAtlas atlas_;
};

}  // namespace

std::unique_ptr<Window> make_headless_window(WindowSize framebuffer, float content_scale) {
  return std::make_unique<HeadlessWindow>(framebuffer, content_scale);
}

}  // namespace rcuscope::gui
