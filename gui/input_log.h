// SPDX-License-Identifier: LGPL-2.1-or-later
// InputLog: each input in a line, once it has taken effect, with the playhead behind it.
#pragma once

#include <cstddef>
#include <fstream>
#include <string>

#include "base/time.h"

namespace rcuscope::gui {

class InputLog {
 public:
  /// Throws: std::system_error if the file cannot be written.
  explicit InputLog(const std::string& path);

  /// "42 click step". Readers of the file see a line as soon as it is written.
  void note(Timestamp playhead, const std::string& input);

 private:
  std::ofstream file_;
};

}  // namespace rcuscope::gui
