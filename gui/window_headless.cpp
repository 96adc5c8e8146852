// SPDX-License-Identifier: LGPL-2.1-or-later
// A window without X or GL: the same pixels on every run, rasterised on the CPU.
#include "imgui_compat.h"
#include "raster.h"
#include "window.h"
#include "window_offscreen.h"

namespace rcuscope::gui {
namespace {

class HeadlessWindow final : public OffscreenWindow {
 public:
  HeadlessWindow(WindowSize framebuffer, float content_scale)
      : OffscreenWindow(framebuffer, content_scale),
        image_{framebuffer.width_px, framebuffer.height_px, {}} {
    ImGui::GetIO().BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
  }

  void fonts_changed() override {
    ImFontAtlas& fonts = *ImGui::GetIO().Fonts;
    unsigned char* coverage = nullptr;
    fonts.GetTexDataAsAlpha8(&coverage, &atlas_.width, &atlas_.height);
    atlas_.coverage.assign(coverage, coverage + static_cast<std::ptrdiff_t>(atlas_.width) *
                                                    static_cast<std::ptrdiff_t>(atlas_.height));
    fonts.SetTexID(compat::texture_id(1));
  }

  void render() override {
    if (const ImDrawData* data = ImGui::GetDrawData()) rasterize(*data, atlas_, image_);
  }

  Image read_pixels() override {
    render();
    return image_;
  }

 private:
  GlyphAtlas atlas_;
  Image image_;
};

}  // namespace

std::unique_ptr<Window> make_headless_window(WindowSize framebuffer, float content_scale) {
  return std::make_unique<HeadlessWindow>(framebuffer, content_scale);
}

}  // namespace rcuscope::gui
