// SPDX-License-Identifier: LGPL-2.1-or-later
// The futex calls below Baton, and CPU affinity of threads.
#include "base/baton.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <string>
#include <system_error>

#include "base/assert.h"

namespace rcuscope {
namespace {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t), "the kernel's futex");

/// Sleeps while the slot has that value. Return: 0 if woken, else errno.
int futex_wait(std::atomic<std::uint32_t>& slot, std::uint32_t value, const timespec* timeout) {
  const long result = syscall(SYS_futex, &slot, FUTEX_WAIT_PRIVATE, value, timeout, nullptr, 0);
  return result == 0 ? 0 : errno;
}

void futex_wake_one(std::atomic<std::uint32_t>& slot) {
  syscall(SYS_futex, &slot, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

cpu_set_t affinity_of_thread() {
  cpu_set_t cpus;
  if (sched_getaffinity(0, sizeof cpus, &cpus) != 0) {
    throw std::system_error(errno, std::generic_category(), "sched_getaffinity");
  }
  return cpus;
}

}  // namespace

void Baton::pass() {
  // Pairs with the exchanges in try_take() and in the waits.
  const std::uint32_t before = slot_.exchange(passed, std::memory_order_acq_rel);
  RCUSCOPE_ASSERT(before != passed);
  // The waiter may be gone with its Baton by now; a wake-up of an unused address is harmless.
  if (before == awaited) futex_wake_one(slot_);
}

bool Baton::try_take() {
  std::uint32_t expected = passed;
  return slot_.compare_exchange_strong(expected, empty, std::memory_order_acquire);
}

void Baton::wait() {
  while (!try_take()) {
    std::uint32_t expected = empty;
    slot_.compare_exchange_strong(expected, awaited, std::memory_order_relaxed);
    if (expected != passed) futex_wait(slot_, awaited, nullptr);
  }
}

bool Baton::wait(std::chrono::milliseconds timeout) {
  using std::chrono::steady_clock;
  const steady_clock::time_point deadline = steady_clock::now() + timeout;
  while (!try_take()) {
    const auto left = std::chrono::nanoseconds(deadline - steady_clock::now());
    std::uint32_t expected = empty;
    slot_.compare_exchange_strong(expected, awaited, std::memory_order_relaxed);
    if (expected == passed) continue;
    int error = ETIMEDOUT;
    if (left.count() > 0) {
      constexpr std::int64_t ns_per_s = 1'000'000'000;
      const timespec time{left.count() / ns_per_s, left.count() % ns_per_s};
      error = futex_wait(slot_, awaited, &time);
    }
    if (error != ETIMEDOUT && error != EINTR) continue;
    expected = awaited;
    // Nobody waits any more; if this fails, the baton was passed in the meantime.
    if (slot_.compare_exchange_strong(expected, empty, std::memory_order_relaxed)) return false;
  }
  return true;
}

void pin_thread_to_cpu(int cpu) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(cpu, &cpus);
  if (sched_setaffinity(0, sizeof cpus, &cpus) != 0) {
    throw std::system_error(errno, std::generic_category(),
                            "pin thread to CPU " + std::to_string(cpu));
  }
}

void try_to_pin_thread(int cpu) {
  try {
    pin_thread_to_cpu(cpu);
  } catch (const std::system_error&) {
  }
}

int current_cpu() { return sched_getcpu(); }

ScopedCpuPin::ScopedCpuPin(int cpu) : previous_(affinity_of_thread()) { pin_thread_to_cpu(cpu); }

ScopedCpuPin::~ScopedCpuPin() { sched_setaffinity(0, sizeof previous_, &previous_); }

}  // namespace rcuscope
