// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of files, and the pictures of an animation.
#include "export.h"

#include <algorithm>
#include <cmath>

#include "io/file.h"
#include "io/format.h"

namespace rcuscope::gui {
namespace {

/// Five pictures a second: slow enough to follow each step.
constexpr int delay_hundredths = 20;

const char* suffix_of(ExportKind kind) {
  switch (kind) {
    case ExportKind::png:
      return ".png";
    case ExportKind::svg:
      return ".svg";
    case ExportKind::gif:
      return ".gif";
  }
  return "";
}

}  // namespace

std::filesystem::path free_name(const std::filesystem::path& directory, ExportKind kind) {
  for (int number = 1;; ++number) {
    const auto path = directory / ("rcuscope-" + std::to_string(number) + suffix_of(kind));
    if (!std::filesystem::exists(std::filesystem::symlink_status(path))) return path;
  }
}

void save_svg(const Session& session, const std::filesystem::path& path) {
  const auto from = static_cast<Timestamp>(std::floor(session.view.start));
  const auto to = static_cast<Timestamp>(std::ceil(session.view.end));
  io::write_file(path, to_svg(session.trace().slice(from, to)));
}

Animation::Animation(Session& session) : playhead_(session.playback.playhead()) {
  session.playback.pause();
  place_playhead(session);
}

void Animation::place_playhead(Session& session) const {
  const double from = std::max(session.view.start, static_cast<double>(session.trace().start()));
  const double to = std::min(session.view.end, static_cast<double>(session.trace().end()));
  const double share = static_cast<double>(added_count_) / (picture_count - 1);
  session.playback.move_to(static_cast<Timestamp>(std::floor(from + (to - from) * share)));
}

void Animation::add(Session& session, const Image& image) {
  gif_.add(image, delay_hundredths);
  ++added_count_;
  if (!is_done()) place_playhead(session);
}

void Animation::finish(Session& session, const std::filesystem::path& path) {
  cancel(session);
  io::write_file(path, gif_.finish());
}

}  // namespace rcuscope::gui
