// SPDX-License-Identifier: LGPL-2.1-or-later
// Follows: the manual of zstd 1.5 for its streams whose output stays at its place.
#include "io/trace_cmd/decompression.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "io/trace_cmd/library.h"

namespace rcuscope::trace_cmd {
namespace {

/// As zstd.h has them; its headers need not be there.
struct InputPiece {
  const void* bytes;
  std::size_t size, taken;
};
struct OutputPlace {
  void* bytes;
  std::size_t size, made;
};
/// Instead of a window and a copy of its own, the output is the window.
constexpr int stable_output = 1001;
/// Gives some 100 KB of symbols.
constexpr std::size_t piece_size = std::size_t{32} << 10;

}  // namespace

bool read_exactly(int descriptor, void* to, std::size_t size, std::uint64_t at) {
  for (auto* place = static_cast<char*>(to); size > 0;) {
    const ssize_t got = pread(descriptor, place, size, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    place += got;
    at += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

void Decompression::fail() const {
  throw TraceFormatError("", at_, "the symbols of the kernel, compressed by zstd");
}

void Decompression::start() {
  context_ = library_function<void*()>("ZSTD_createDCtx")();
  if (context_ == nullptr) fail();
  auto* const set = library_function<std::size_t(void*, int, int)>("ZSTD_DCtx_setParameter");
  is_by_pieces_ = set(context_, stable_output, 1) == 0;
  input_ = LargeBuffer(is_by_pieces_ ? piece_size : compressed_left_);
}

void Decompression::read_input(std::size_t size) {
  if (!read_exactly(descriptor_, input_.data(), size, at_)) fail();
  at_ += size;
  compressed_left_ -= size;
}

void Decompression::go_on() {
  if (context_ == nullptr) start();
  if (compressed_left_ == 0) fail();
  const std::size_t size = std::min(compressed_left_, input_.size());
  read_input(size);
  if (!is_by_pieces_) {
    static auto* const decompress =
        library_function<std::size_t(void*, void*, std::size_t, const void*, std::size_t)>(
            "ZSTD_decompressDCtx");
    done_ = decompress(context_, output_.data(), output_.size(), input_.data(), size);
    if (!is_whole()) fail();
    return;
  }
  static auto* const decompress =
      library_function<std::size_t(void*, OutputPlace*, InputPiece*)>("ZSTD_decompressStream");
  static auto* const is_error = library_function<unsigned(std::size_t)>("ZSTD_isError");
  InputPiece input{input_.data(), size, 0};
  OutputPlace output{output_.data(), output_.size(), done_};
  while (input.taken < input.size) {
    const std::size_t taken = input.taken;
    const std::size_t made = output.made;
    if (is_error(decompress(context_, &output, &input)) != 0) fail();
    if (input.taken == taken && output.made == made) break;
  }
  done_ = output.made;
}

}  // namespace rcuscope::trace_cmd
