// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests of the hand-over between OS threads.
#include "base/baton.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <csignal>
#include <system_error>
#include <thread>

#include "base/assert.h"

namespace rcuscope {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds long_time{60'000};

TEST(Baton, passed_before_the_wait_is_taken_at_once_and_only_once) {
  Baton baton;
  baton.pass();
  baton.wait();
  EXPECT_FALSE(baton.wait(milliseconds(0)));
  baton.pass();
  EXPECT_TRUE(baton.wait(milliseconds(0)));
}

TEST(Baton, wait_ends_after_its_timeout_and_the_baton_still_works) {
  Baton baton;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(baton.wait(milliseconds(2)));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(2));
  baton.pass();
  EXPECT_TRUE(baton.wait(long_time));
}

TEST(Baton, two_threads_take_turns_without_locks) {
  Baton here;
  Baton there;
  constexpr int rounds = 5'000;
  int turns = 0;  // plain: the batons alone order the accesses
  std::thread other([&] {
    for (int i = 0; i < rounds; ++i) {
      there.wait();
      ++turns;
      here.pass();
    }
  });
  for (int i = 0; i < rounds; ++i) {
    ++turns;
    there.pass();
    if (i % 2 == 0) {
      here.wait();
    } else {
      EXPECT_TRUE(here.wait(long_time));
    }
    EXPECT_EQ(turns, 2 * (i + 1));
  }
  other.join();
}

TEST(Baton, no_hand_over_is_lost_between_pass_and_timeout) {
  Baton here;
  Baton there;
  constexpr int rounds = 3'000;
  std::thread other([&] {
    for (int i = 0; i < rounds; ++i) {
      while (!there.wait(milliseconds(0))) std::this_thread::yield();
      here.pass();
    }
  });
  for (int i = 0; i < rounds; ++i) {
    there.pass();
    while (!here.wait(milliseconds(i % 2))) {
    }
  }
  other.join();
}

TEST(Baton, passing_twice_is_an_internal_error) {
  Baton baton;
  baton.pass();
  EXPECT_THROW(baton.pass(), InternalError);
}

TEST(Baton, timed_wait_returns_when_a_signal_handler_ran_and_the_other_goes_on) {
  struct sigaction action = {};
  struct sigaction previous = {};
  action.sa_handler = [](int) {};
  sigaction(SIGUSR1, &action, &previous);
  Baton timed;
  Baton untimed;
  std::atomic<bool> is_interrupted = false;
  std::thread waiter([&] {
    is_interrupted = !timed.wait(long_time);
    untimed.wait();
  });
  while (!is_interrupted) {
    pthread_kill(waiter.native_handle(), SIGUSR1);
    std::this_thread::yield();
  }
  pthread_kill(waiter.native_handle(), SIGUSR1);
  untimed.pass();
  waiter.join();
  sigaction(SIGUSR1, &previous, nullptr);
}

TEST(CpuPin, thread_stays_on_its_cpu_until_the_scope_ends) {
  cpu_set_t before;
  cpu_set_t after;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  const int cpu = current_cpu();
  {
    const ScopedCpuPin pin(cpu);
    EXPECT_EQ(current_cpu(), cpu);
    ASSERT_EQ(sched_getaffinity(0, sizeof after, &after), 0);
    EXPECT_EQ(CPU_COUNT(&after), 1);
  }
  ASSERT_EQ(sched_getaffinity(0, sizeof after, &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
  std::thread([cpu] {
    pin_thread_to_cpu(cpu);
    EXPECT_EQ(current_cpu(), cpu);
  }).join();
}

TEST(CpuPin, impossible_cpu_is_a_system_error) {
  EXPECT_THROW(pin_thread_to_cpu(-1), std::system_error);
  EXPECT_THROW(pin_thread_to_cpu(100'000), std::system_error);
}

}  // namespace
}  // namespace rcuscope
