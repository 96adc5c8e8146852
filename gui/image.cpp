// SPDX-License-Identifier: LGPL-2.1-or-later
// PNG through stb_image_write: compressed in memory, then written in one go.
#include "image.h"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <system_error>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include <stb_image_write.h>
#pragma GCC diagnostic pop

namespace rcuscope::gui {

void save_png(const Image& image, const std::filesystem::path& path) {
  int length = 0;
  const std::unique_ptr<unsigned char, decltype(&std::free)> png(
      stbi_write_png_to_mem(image.rgba.data(), image.width * 4, image.width, image.height, 4,
                            &length),
      &std::free);
  if (png == nullptr) throw std::bad_alloc();
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(png.get()), length);
  file.close();
  if (!file) {
    throw std::system_error(errno != 0 ? errno : EIO, std::generic_category(),
                            "cannot write " + path.string());
  }
}

}  // namespace rcuscope::gui
