// SPDX-License-Identifier: LGPL-2.1-or-later
// rcuscope-read-dat FILE: the trace in the native format on stdout, as io/trace_dat.cpp takes it:
// three lengths, then metadata, events and definitions. Errors: one line on stderr.
#include <sys/resource.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/error.h"
#include "io/ctf.h"
#include "io/trace_cmd/dat_reader.h"
#include "io/trace_dat.h"

namespace rcuscope {
namespace {

/// A damaged length must not take the machine's time and memory.
void limit_resources(const std::string& path) {
  std::error_code ignored;  // reading says what is wrong with it
  const std::uintmax_t size = std::filesystem::file_size(path, ignored);
  const rlim_t bytes = ignored ? 0 : static_cast<rlim_t>(size);
  const auto limit = [](int resource, rlim_t most) {
    const rlimit both{most, most};
    setrlimit(static_cast<__rlimit_resource_t>(resource), &both);
  };
  limit(RLIMIT_CPU, trace_dat::seconds_max(bytes));
  limit(RLIMIT_AS, trace_dat::memory_max(bytes));
  limit(RLIMIT_CORE, 0);
}

void write(const void* bytes, std::size_t size) {
  if (std::fwrite(bytes, 1, size, stdout) == size) return;
  throw std::system_error(errno, std::generic_category(), "cannot write");
}

void run(const std::string& path) {
  limit_resources(path);
  const ctf::Files files = ctf::encode(trace_cmd::read(path));
  const std::array<const std::string*, 3> parts = {&files.metadata, &files.events,
                                                   &files.definitions};
  for (const std::string* part : parts) {
    const std::uint64_t size = part->size();
    write(&size, sizeof(size));
  }
  for (const std::string* part : parts) write(part->data(), part->size());
  std::fflush(stdout);
}

}  // namespace
}  // namespace rcuscope

int main(int argc, char** argv) {
  using namespace rcuscope;
  if (argc != 2) {
    std::fputs("usage: rcuscope-read-dat FILE (for rcuscope itself)\n", stderr);
    return trace_dat::exit_failed;
  }
  try {
    run(argv[1]);
    // Without the destructors of a library that read a file which may be damaged.
    std::fflush(nullptr);
    std::_Exit(0);
  } catch (const TraceFormatError& error) {
    std::fprintf(stderr, "%llu %s\n", static_cast<unsigned long long>(error.byte_offset()),
                 error.expected().c_str());
    std::_Exit(trace_dat::exit_malformed);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    std::_Exit(trace_dat::exit_failed);
  }
}
