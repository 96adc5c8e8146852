// SPDX-License-Identifier: LGPL-2.1-or-later
// The handler of SIGBUS is there while a file is mapped, and the one that was there before gets all
// that is not ours. A signal has one handler in a process, so what it needs is global: a table of
// mapped regions, read in the handler and therefore of atomics and of fixed size.
#include "io/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <optional>

#include "io/file.h"

namespace rcuscope::io {
namespace {

struct Region {
  std::atomic<std::uintptr_t> begin{0};  ///< 0: free.
  std::atomic<std::uintptr_t> end{0};
  std::atomic<bool> was_cut{false};
};

/// More files than that at one time are read instead.
std::array<Region, 64> regions;

class BusErrors {
 public:
  /// Return: the number of a region; nullopt if there are too many.
  std::optional<std::size_t> watch(std::uintptr_t begin, std::size_t size) {
    const std::lock_guard guard(mutex_);
    for (std::size_t i = 0; i < regions.size(); ++i) {
      if (regions[i].begin.load() != 0) continue;
      if (count_++ == 0) install();
      regions[i].was_cut = false;
      regions[i].end = begin + size;
      regions[i].begin = begin;
      return i;
    }
    return std::nullopt;
  }

  void unwatch(std::size_t region) {
    const std::lock_guard guard(mutex_);
    regions[region].end = 0;
    regions[region].begin = 0;
    if (--count_ == 0) uninstall();
  }

 private:
  static void install() {
    struct sigaction own{};
    own.sa_sigaction = &on_bus_error;
    own.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&own.sa_mask);
    sigaction(SIGBUS, &own, &previous_);
    is_passing_on_ = false;
  }

  static void uninstall() {
    struct sigaction now{};
    sigaction(SIGBUS, nullptr, &now);
    // Somebody came after us: his handler stays, and ours behind it.
    const bool is_ours = (now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == &on_bus_error;
    if (is_ours) sigaction(SIGBUS, &previous_, nullptr);
  }

  /// Context: a signal handler; mmap is a bare system call on Linux.
  static void on_bus_error(int signal, siginfo_t* info, void* context) {
    const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
    if (info->si_code <= 0 || !fill_with_zeros(at)) pass_on(signal, info, context);
  }

  static bool fill_with_zeros(std::uintptr_t at) {
    for (Region& region : regions) {
      const std::uintptr_t begin = region.begin.load(), end = region.end.load();
      if (begin == 0 || at < begin || at >= end) continue;
      const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
      const std::uintptr_t from = at - at % page;
      const int how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
      void* const address = reinterpret_cast<void*>(from);
      if (mmap(address, end - from, PROT_READ, how, -1, 0) == MAP_FAILED) return false;
      region.was_cut = true;
      return true;
    }
    return false;
  }

  static void pass_on(int signal, siginfo_t* info, void* context) {
    const bool comes_again = is_passing_on_.exchange(true);
    const bool has_function = previous_.sa_handler != SIG_DFL && previous_.sa_handler != SIG_IGN;
    if (comes_again || !has_function) {
      std::signal(signal, SIG_DFL);
      raise(signal);  // comes when this returns; a fault would come again, a kill() would not
    } else if ((previous_.sa_flags & SA_SIGINFO) != 0) {
      previous_.sa_sigaction(signal, info, context);
    } else {
      previous_.sa_handler(signal);
    }
  }

  std::mutex mutex_;
  std::size_t count_ = 0;
  static inline struct sigaction previous_{};
  /// Handlers that each have the other for their predecessor would never end.
  static inline std::atomic<bool> is_passing_on_{false};
};

BusErrors& bus_errors() {
  static BusErrors made;
  return made;
}

bool is_bus_error_blocked() {
  sigset_t blocked;
  return pthread_sigmask(SIG_SETMASK, nullptr, &blocked) != 0 || sigismember(&blocked, SIGBUS) != 0;
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw_system_error(errno, "cannot open " + path.string());
  try {
    map_or_read(descriptor, path.string());
  } catch (...) {
    close(descriptor);
    throw;
  }
  close(descriptor);
}

MappedFile::MappedFile(int descriptor, const std::string& name) { map_or_read(descriptor, name); }

void MappedFile::map_or_read(int descriptor, const std::string& name) {
  struct stat status{};
  if (fstat(descriptor, &status) != 0) throw_system_error(errno, "cannot read " + name);
  size_ = static_cast<std::size_t>(status.st_size);
  // Blocked, the signal would end the process whatever the handler is.
  if (size_ > 0 && !is_bus_error_blocked()) {
    void* const address = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (address != MAP_FAILED) {
      const auto region = bus_errors().watch(reinterpret_cast<std::uintptr_t>(address), size_);
      if (region) {
        madvise(address, size_, MADV_SEQUENTIAL);
        address_ = address;
        region_ = *region;
        return;
      }
      munmap(address, size_);
    }
  }
  lseek(descriptor, 0, SEEK_SET);  // what has no position stands where it should
  copy_ = read_descriptor(descriptor, name);
}

MappedFile::~MappedFile() {
  if (address_ == nullptr) return;
  bus_errors().unwatch(region_);
  munmap(address_, size_);
}

bool MappedFile::was_cut() const { return address_ != nullptr && regions[region_].was_cut.load(); }

}  // namespace rcuscope::io
