// SPDX-License-Identifier: LGPL-2.1-or-later
// Short, as a kernel's reports are: without folders, which differ from machine to machine.
#include "base/place_text.h"

namespace rcuscope {

std::string place_text(std::string_view file, std::int64_t line) {
  const std::string_view name = file.substr(file.rfind('/') + 1);
  const bool is_file = name.find('.') != std::string_view::npos;
  return std::string(name) + (is_file ? ":" : ", line ") + std::to_string(line);
}

}  // namespace rcuscope
