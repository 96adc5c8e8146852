// SPDX-License-Identifier: LGPL-2.1-or-later
// The file is flushed line by line: it is read while the viewer runs, or after it was killed.
#include "input_log.h"

#include <cerrno>
#include <system_error>

namespace rcuscope::gui {

InputLog::InputLog(const std::string& path) {
  errno = 0;
  file_.open(path, std::ios::binary);
  if (!file_) {
    throw std::system_error(errno != 0 ? errno : EIO, std::generic_category(),
                            "cannot write " + path);
  }
}

void InputLog::note(Timestamp playhead, const std::string& input) {
  file_ << playhead << ' ' << input << std::endl;
}

}  // namespace rcuscope::gui
