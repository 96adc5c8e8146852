// SPDX-License-Identifier: LGPL-2.1-or-later
// Whole files through C streams, because those keep errno.
#include "io/file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <memory>
#include <system_error>

namespace rcuscope::io {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File open_file(const std::filesystem::path& path, const char* mode) {
  File file(std::fopen(path.c_str(), mode), &std::fclose);
  if (!file) throw_system_error(errno, "cannot open " + path.string());
  return file;
}

}  // namespace

void throw_system_error(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

std::string read_start(const std::filesystem::path& path, std::size_t limit) {
  const File file = open_file(path, "rb");
  std::string bytes;
  // Grows with what is there, whatever size the file claims to have.
  constexpr std::size_t chunk = std::size_t{1} << 20;
  while (bytes.size() < limit) {
    const std::size_t before = bytes.size();
    const std::size_t wanted = std::min(limit - before, std::max(chunk, before));
    bytes.resize(before + wanted);
    const std::size_t got = std::fread(bytes.data() + before, 1, wanted, file.get());
    bytes.resize(before + got);
    if (got < wanted) break;
  }
  if (std::ferror(file.get()) != 0) throw_system_error(errno, "cannot read " + path.string());
  return bytes;
}

std::string read_file(const std::filesystem::path& path) {
  return read_start(path, std::numeric_limits<std::size_t>::max());
}

std::string read_descriptor(int descriptor, const std::string& name) {
  std::string bytes;
  constexpr std::size_t chunk = std::size_t{1} << 20;
  while (true) {
    const std::size_t before = bytes.size();
    bytes.resize(before + std::max(chunk, before));
    const ssize_t got = read(descriptor, bytes.data() + before, bytes.size() - before);
    const int error = errno;
    bytes.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return bytes;
    if (got < 0 && error != EINTR) throw_system_error(error, "cannot read " + name);
  }
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  File file = open_file(path, "wb");
  const bool is_written = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size() &&
                          std::fflush(file.get()) == 0;
  const int error = errno;
  if (!is_written) throw_system_error(error, "cannot write " + path.string());
  if (std::fclose(file.release()) != 0) throw_system_error(errno, "cannot close " + path.string());
}

}  // namespace rcuscope::io
