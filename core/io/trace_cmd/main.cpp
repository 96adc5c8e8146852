// SPDX-License-Identifier: LGPL-2.1-or-later
// rcuscope-read-dat FILE: the trace in the native format on stdout, as io/trace_dat.cpp takes it:
// three lengths, then metadata, events and definitions. Errors: one line on stderr.
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "io/ctf.h"
#include "io/file.h"
#include "io/trace_cmd/dat_reader.h"
#include "io/trace_dat.h"

namespace rcuscope {
namespace {

/// A damaged length must not take the machine's time and memory.
void limit_resources(std::uintmax_t file_size) {
  const auto limit = [](int resource, rlim_t most) {
    const rlimit both{most, most};
    setrlimit(static_cast<__rlimit_resource_t>(resource), &both);
  };
  limit(RLIMIT_CPU, trace_dat::seconds_max(file_size));
  limit(RLIMIT_AS, trace_dat::memory_max(file_size));
  limit(RLIMIT_CORE, 0);
}

/// The system takes longer to give a small page than we to fill it: what was freed is used again,
/// and for a large file the heap is of large pages.
void prepare_memory(std::uintmax_t file_size) {
  constexpr int room = 64 << 20, keep = 1 << 30, threshold_max = 32 << 20;
  mallopt(M_MMAP_THRESHOLD, threshold_max);
  mallopt(M_TRIM_THRESHOLD, keep);
  mallopt(M_TOP_PAD, room);
#ifdef MADV_HUGEPAGE
  constexpr std::uintmax_t large_file = 512 << 10;
  if (file_size < large_file) return;
  void* volatile more_than_there_is = std::malloc(std::size_t{1} << 20);
  std::free(more_than_there_is);  // and now there is
  constexpr std::uintptr_t large_page = std::uintptr_t{1} << 21;
  const auto end = reinterpret_cast<std::uintptr_t>(sbrk(0));
  const std::uintptr_t begin = (end - room + large_page - 1) & ~(large_page - 1);
  madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);  // only about speed
  // What lies before is left out: it would be taken page by page.
  const auto next = reinterpret_cast<std::uintptr_t>(std::malloc(1));
  if (next < begin && begin - next < large_page) {
    void* volatile left_out = std::malloc(begin - next);
    static_cast<void>(left_out);
  }
#endif
}

void write_all(const void* bytes, std::size_t size) {
  for (const char* at = static_cast<const char*>(bytes); size > 0;) {
    const ssize_t written = write(STDOUT_FILENO, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) io::throw_system_error(errno, "cannot write");
    at += written;
    size -= static_cast<std::size_t>(written);
  }
}

/// In packets that are larger than those of a file: nobody cuts them.
constexpr std::size_t events_per_packet = 4 * ctf::events_per_packet;

void write_events(std::span<const Event> events, std::uint64_t events_lost_count) {
  for (; !events.empty(); events = events.subspan(std::min(events_per_packet, events.size()))) {
    const auto packet = events.first(std::min(events_per_packet, events.size()));
    const ctf::PacketHeader header = ctf::header_of(packet, events_lost_count, {});
    write_all(&header, sizeof(header));
    write_all(packet.data(), packet.size_bytes());
  }
}

[[noreturn]] void run(const std::string& path, trace_cmd::Printing printing) {
  std::error_code ignored;  // reading says what is wrong with it
  const std::uintmax_t size = std::filesystem::file_size(path, ignored);
  limit_resources(ignored ? 0 : size);
  prepare_memory(ignored ? 0 : size);
  const auto [events, names, events_lost_count] = trace_cmd::read(path, printing);
  const ctf::TraceSummary summary{Clock::nanoseconds, events.empty() ? 0 : events.front().time,
                                  events.size(), events_lost_count};
  // Names are for other readers of the format; ours takes those of the definitions.
  const std::string metadata = ctf::metadata_text(summary.clock, {});
  const std::string definitions = ctf::encode_definitions(summary, names, {});
  const std::size_t packet_count = (events.size() + events_per_packet - 1) / events_per_packet;
  const std::array<std::uint64_t, 3> sizes = {
      metadata.size(), packet_count * sizeof(ctf::PacketHeader) + events.size() * sizeof(Event),
      definitions.size()};
  write_all(sizes.data(), sizeof(sizes));
  write_all(metadata.data(), metadata.size());
  write_events(events, events_lost_count);
  write_all(definitions.data(), definitions.size());
  // Neither the destructors of a library that read a file which may be damaged, nor ours: to give
  // back each text takes a fiftieth of the time.
  std::_Exit(0);
}

}  // namespace
}  // namespace rcuscope

int main(int argc, char** argv) {
  using namespace rcuscope;
  const bool is_by_library = argc == 3 && std::string_view(argv[2]) == "--print-by-library";
  if (argc != 2 && !is_by_library) {
    std::fputs("usage: rcuscope-read-dat FILE [--print-by-library] (for rcuscope itself)\n",
               stderr);
    return trace_dat::exit_failed;
  }
  try {
    run(argv[1], is_by_library ? trace_cmd::Printing::library : trace_cmd::Printing::own);
  } catch (const TraceFormatError& error) {
    std::fprintf(stderr, "%llu %s\n", static_cast<unsigned long long>(error.byte_offset()),
                 error.expected().c_str());
    std::_Exit(trace_dat::exit_malformed);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    std::_Exit(trace_dat::exit_failed);
  }
}
