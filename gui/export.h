// SPDX-License-Identifier: LGPL-2.1-or-later
// Export: what is seen goes into a file: a picture, a drawing, or an animation made frame by frame.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "gif.h"
#include "session.h"

namespace rcuscope::gui {

enum class ExportKind : std::uint8_t { png, svg, gif };

/// The first of rcuscope-1.png, rcuscope-2.png … that does not exist.
std::filesystem::path free_name(const std::filesystem::path& directory, ExportKind kind);

/// The part of the trace that is in view, as a drawing that plays itself. Throws:
/// std::system_error.
void save_svg(const Session& session, const std::filesystem::path& path);

/// An animation of the playhead going through the view; one picture for each frame of the window,
/// so that it can be watched and cancelled.
class Animation {
 public:
  static constexpr int picture_count = 48;

  explicit Animation(Session& session);

  /// Where the playhead must stand for the next picture is set; draw, then add() it.
  void add(Session& session, const Image& image);
  bool is_done() const { return added_count_ == picture_count; }
  int added_count() const { return added_count_; }
  /// Writes the file, and puts the playhead back. Throws: std::system_error.
  void finish(Session& session, const std::filesystem::path& path);
  void cancel(Session& session) const { session.playback.move_to(playhead_); }

 private:
  void place_playhead(Session& session) const;

  GifMaker gif_;
  Timestamp playhead_ = 0;  ///< Where it stood before.
  int added_count_ = 0;
};

}  // namespace rcuscope::gui
