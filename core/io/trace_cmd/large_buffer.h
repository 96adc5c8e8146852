// SPDX-License-Identifier: LGPL-2.1-or-later
// LargeBuffer: memory for what is written once, front to back. In a process that lives for some
// milliseconds, the system's work for each page of 4 KB takes longer than ours on it.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "io/file.h"

namespace rcuscope::trace_cmd {

class LargeBuffer {
 public:
  LargeBuffer() = default;
  /// Zeros. Throws: std::system_error if there is not that much memory.
  explicit LargeBuffer(std::size_t size) : size_(size) {
    mapped_size_ = size + large_page;
    mapped_ =
        mmap(nullptr, mapped_size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped_ == MAP_FAILED) io::throw_system_error(errno, "no memory for a trace");
    const auto address = reinterpret_cast<std::uintptr_t>(mapped_);
    data_ = static_cast<char*>(mapped_) + (large_page - address % large_page) % large_page;
#ifdef MADV_HUGEPAGE
    madvise(data_, size, MADV_HUGEPAGE);  // only about speed
#endif
  }
  LargeBuffer(LargeBuffer&& other) noexcept { *this = std::move(other); }
  LargeBuffer& operator=(LargeBuffer&& other) noexcept {
    std::swap(mapped_, other.mapped_);
    std::swap(mapped_size_, other.mapped_size_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~LargeBuffer() {
    if (mapped_ != nullptr) munmap(mapped_, mapped_size_);
  }

  char* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t large_page = std::size_t{1} << 21;

  void* mapped_ = nullptr;
  std::size_t mapped_size_ = 0;
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace rcuscope::trace_cmd
