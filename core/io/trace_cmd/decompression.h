// SPDX-License-Identifier: LGPL-2.1-or-later
// Decompression: a part of a file by the zstd that libtracecmd uses, as far as it is needed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "io/trace_cmd/large_buffer.h"

namespace rcuscope::trace_cmd {

class Decompression {
 public:
  Decompression() = default;
  /// `compressed_size` bytes at a place in a file, which give `size`.
  Decompression(int descriptor, std::uint64_t at, std::size_t compressed_size, std::size_t size)
      : descriptor_(descriptor), at_(at), compressed_left_(compressed_size), output_(size) {}

  const char* data() const { return output_.data(); }
  /// So much of it is there.
  std::size_t size() const { return done_; }
  bool is_whole() const { return done_ == output_.size(); }
  /// Makes more of it. Requires: !is_whole(). Throws: TraceFormatError.
  void go_on();

 private:
  void start();
  void read_input(std::size_t size);
  [[noreturn]] void fail() const;

  int descriptor_ = -1;
  std::uint64_t at_ = 0;
  std::size_t compressed_left_ = 0;
  LargeBuffer output_, input_;
  std::size_t done_ = 0;
  void* context_ = nullptr;  ///< One in the life of this process.
  bool is_by_pieces_ = false;
};

/// All or nothing. Return: false if the file ends before.
bool read_exactly(int descriptor, void* to, std::size_t size, std::uint64_t at);

}  // namespace rcuscope::trace_cmd
