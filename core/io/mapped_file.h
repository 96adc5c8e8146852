// SPDX-License-Identifier: LGPL-2.1-or-later
// MappedFile: a file's bytes where the system keeps them, without a copy.
//
// Another process may cut the file at any moment, and then a read behind its new end raises SIGBUS,
// which ends a process. While a file is mapped here, a handler of that signal puts zeros in the
// place of what is gone, and was_cut() tells. Follows: sigbus.c of systemd, whose journal is read
// the same way, and wl_shm_buffer_begin_access() of Wayland. A lease or a seal would need the
// file's owner to take part, and a check of the size before each read only narrows the window.
//
// Who reads must copy what he checks: the bytes may also change from one read to the next.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace rcuscope::io {

class MappedFile {
 public:
  /// A file that cannot be mapped is read. Throws: std::system_error that names the path.
  explicit MappedFile(const std::filesystem::path& path);
  /// Of an open file, from its start, whose name is for messages only. The descriptor is not kept.
  MappedFile(int descriptor, const std::string& name);
  MappedFile(MappedFile&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)),
        size_(other.size_),
        region_(other.region_),
        copy_(std::move(other.copy_)) {}
  MappedFile& operator=(MappedFile&&) = delete;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::string_view bytes() const {
    return address_ == nullptr ? std::string_view(copy_)
                               : std::string_view(static_cast<const char*>(address_), size_);
  }
  /// False for a file that had to be read.
  bool is_mapped() const { return address_ != nullptr; }
  /// The file became shorter, and what is gone was read: as zeros.
  bool was_cut() const;

 private:
  void map_or_read(int descriptor, const std::string& name);

  void* address_ = nullptr;
  std::size_t size_ = 0;
  std::size_t region_ = 0;  ///< Which one the handler of SIGBUS knows it by.
  std::string copy_;
};

}  // namespace rcuscope::io
