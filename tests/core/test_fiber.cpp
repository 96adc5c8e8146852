// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests of fibers: hand-over, reuse for ever, exceptions that stay with their fiber, stack use.
#include "base/fiber.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/error.h"

namespace rcuscope {
namespace {

/// Two fibers and the thread, with what their bodies share.
struct Ring {
  Fiber main = Fiber::adopt_thread();
  Fiber a, b;
  std::string log;
  int wrong_count = 0;
  int live_count = 0;

  explicit Ring(std::size_t stack_bytes = Fiber::default_stack_bytes)
      : a(stack_bytes), b(stack_bytes) {}
};

TEST(Fiber, runs_its_body_at_the_first_switch_and_not_before) {
  Ring ring;
  EXPECT_TRUE(ring.a.is_idle());
  ring.a.start(
      [](void* argument) noexcept {
        auto& r = *static_cast<Ring*>(argument);
        r.log += 'a';
        return &r.main;
      },
      &ring);
  EXPECT_FALSE(ring.a.is_idle());
  EXPECT_EQ(ring.log, "");
  switch_fiber(ring.main, ring.a);
  EXPECT_EQ(ring.log, "a");
  EXPECT_TRUE(ring.a.is_idle());
}

TEST(Fiber, two_fibers_hand_over_in_turn_and_keep_their_locals) {
  Ring ring;
  ring.a.start(
      [](void* argument) noexcept {
        auto& r = *static_cast<Ring*>(argument);
        for (int i = 0; i < 3; ++i) {
          r.log += "a" + std::to_string(i);
          switch_fiber(r.a, r.b);
        }
        return &r.main;
      },
      &ring);
  ring.b.start(
      [](void* argument) noexcept {
        auto& r = *static_cast<Ring*>(argument);
        for (int i = 0; i < 2; ++i) {
          r.log += "b" + std::to_string(i);
          switch_fiber(r.b, r.a);
        }
        return &r.a;
      },
      &ring);
  switch_fiber(ring.main, ring.a);
  EXPECT_EQ(ring.log, "a0b0a1b1a2");
  EXPECT_TRUE(ring.a.is_idle());
  EXPECT_TRUE(ring.b.is_idle());
}

TEST(Fiber, restarts_thousands_of_times_on_the_same_stack) {
  Ring ring;
  struct Job {
    Ring& ring;
    long sum = 0;
    std::array<const void*, 2> addresses{};
  } job{ring};
  constexpr int restarts = 20'000;
  for (int i = 0; i < restarts; ++i) {
    ring.a.start(
        [](void* argument) noexcept {
          auto& j = *static_cast<Job*>(argument);
          switch_fiber(j.ring.a, j.ring.main);
          ++j.sum;
          return &j.ring.main;
        },
        &job);
    switch_fiber(ring.main, ring.a);
    EXPECT_TRUE(ring.a.is_inside_body());
    switch_fiber(ring.main, ring.a);
  }
  EXPECT_EQ(job.sum, restarts);
}

TEST(Fiber, starts_over_when_its_body_arms_it_again) {
  struct Chain {
    Fiber main = Fiber::adopt_thread();
    Fiber fiber;
    int left = 1000;
    static Fiber* body(void* argument) noexcept {
      auto& chain = *static_cast<Chain*>(argument);
      if (--chain.left == 0) return &chain.main;
      chain.fiber.start(&body, argument);
      return &chain.fiber;
    }
  } chain;
  chain.fiber.start(&Chain::body, &chain);
  switch_fiber(chain.main, chain.fiber);
  EXPECT_EQ(chain.left, 0);
  EXPECT_TRUE(chain.fiber.is_idle());
}

/// Goes to the other of the two fibers, as a scheduler that alternates would.
void yield(Ring& ring, const Fiber& self) {
  if (&self == &ring.a) {
    if (!ring.b.is_idle()) switch_fiber(ring.a, ring.b);
  } else if (!ring.a.is_idle()) {
    switch_fiber(ring.b, ring.a);
  }
}

/// A destructor that switches, as that of a scope guard which unlocks a model mutex does.
struct YieldInDestructor {
  Ring& ring;
  const Fiber& self;
  YieldInDestructor(Ring& the_ring, const Fiber& fiber) : ring(the_ring), self(fiber) {
    ++ring.live_count;
  }
  ~YieldInDestructor() {
    yield(ring, self);
    --ring.live_count;
  }
  YieldInDestructor(const YieldInDestructor&) = delete;
  YieldInDestructor& operator=(const YieldInDestructor&) = delete;
};

void check_name(Ring& ring, const std::exception& exception, const std::string& expected) {
  if (exception.what() != expected) ++ring.wrong_count;
}

/// Throws, unwinds, catches and rethrows, with a switch to the other fiber at each stage.
void juggle_exceptions(Ring& ring, const Fiber& self, int rounds) {
  const std::string name = &self == &ring.a ? "a" : "b";
  for (int i = 0; i < rounds; ++i) {
    const std::string expected = name + std::to_string(i);
    try {
      const YieldInDestructor guard(ring, self);
      yield(ring, self);
      throw std::runtime_error(expected);
    } catch (const std::runtime_error& first) {
      yield(ring, self);
      check_name(ring, first, expected);
      try {
        yield(ring, self);
        throw;
      } catch (const std::runtime_error& again) {
        yield(ring, self);
        check_name(ring, again, expected);
      }
      try {
        std::rethrow_exception(std::current_exception());
      } catch (const std::exception& current) {
        check_name(ring, current, expected);
      }
    }
    yield(ring, self);
    if (std::uncaught_exceptions() != 0 || std::current_exception() != nullptr) ++ring.wrong_count;
  }
}

TEST(Fiber, exceptions_stay_with_their_fiber_across_switches_in_catch_and_unwinding) {
  Ring ring;
  for (int b_rounds = 1; b_rounds < 40; ++b_rounds) {
    ring.a.start(
        [](void* argument) noexcept {
          auto& r = *static_cast<Ring*>(argument);
          juggle_exceptions(r, r.a, 20);
          return r.b.is_idle() ? &r.main : &r.b;
        },
        &ring);
    struct Rounds {
      Ring& ring;
      int count;
    } rounds{ring, b_rounds};
    ring.b.start(
        [](void* argument) noexcept {
          auto& job = *static_cast<Rounds*>(argument);
          // Offset by one switch, so that the two are at different stages.
          if (job.count % 2 == 0) yield(job.ring, job.ring.b);
          juggle_exceptions(job.ring, job.ring.b, job.count);
          return job.ring.a.is_idle() ? &job.ring.main : &job.ring.a;
        },
        &rounds);
    switch_fiber(ring.main, ring.a);
    ASSERT_TRUE(ring.a.is_idle());
    ASSERT_TRUE(ring.b.is_idle());
  }
  EXPECT_EQ(ring.wrong_count, 0);
  EXPECT_EQ(ring.live_count, 0);
}

TEST(Fiber, uncaught_exceptions_of_one_fiber_are_not_seen_by_another) {
  struct Counts {
    Ring ring;
    int seen = -1;
  } counts;
  counts.ring.a.start(
      [](void* argument) noexcept {
        auto& c = *static_cast<Counts*>(argument);
        try {
          const YieldInDestructor guard(c.ring, c.ring.a);
          throw std::runtime_error("a");
        } catch (const std::runtime_error&) {
        }
        return &c.ring.main;
      },
      &counts);
  counts.ring.b.start(
      [](void* argument) noexcept {
        auto& c = *static_cast<Counts*>(argument);
        c.seen = std::uncaught_exceptions() + (std::current_exception() != nullptr ? 100 : 0);
        return &c.ring.a;
      },
      &counts);
  switch_fiber(counts.ring.main, counts.ring.a);
  EXPECT_EQ(counts.seen, 0);
}

TEST(Fiber, main_keeps_its_own_exception_while_a_fiber_throws) {
  Ring ring;
  try {
    throw std::runtime_error("main");
  } catch (const std::runtime_error&) {
    ring.a.start(
        [](void* argument) noexcept {
          auto& r = *static_cast<Ring*>(argument);
          try {
            throw std::logic_error("a");
          } catch (const std::logic_error&) {
            switch_fiber(r.a, r.main);
          }
          return &r.main;
        },
        &ring);
    switch_fiber(ring.main, ring.a);
    try {
      throw;
    } catch (const std::exception& exception) {
      EXPECT_STREQ(exception.what(), "main");
    }
  }
  switch_fiber(ring.main, ring.a);
  EXPECT_EQ(std::current_exception(), nullptr);
}

TEST(Fiber, abandoned_body_is_unwound_by_an_exception_and_the_fiber_restarts) {
  struct Abandon {};
  Ring ring;
  for (int i = 0; i < 2000; ++i) {
    ring.log = "run";
    ring.a.start(
        [](void* argument) noexcept {
          auto& r = *static_cast<Ring*>(argument);
          try {
            const YieldInDestructor guard(r, r.a);
            switch_fiber(r.a, r.main);
            if (r.log == "abandon") throw Abandon{};
          } catch (const Abandon&) {
            r.log = "unwound";
          }
          return &r.main;
        },
        &ring);
    switch_fiber(ring.main, ring.a);
    EXPECT_EQ(ring.live_count, 1);
    ring.log = "abandon";
    switch_fiber(ring.main, ring.a);
    EXPECT_EQ(ring.log, "unwound");
    EXPECT_EQ(ring.live_count, 0);
  }
}

// Each level uses at least this much stack; sanitizers add their red zones.
constexpr std::size_t frame_bytes = 1024;

[[gnu::noinline]] int recurse(int depth) {
  volatile char frame[frame_bytes];
  frame[0] = static_cast<char>(depth);
  frame[frame_bytes - 1] = frame[0];
  if (depth == 0) return 0;
  const int below = recurse(depth - 1);
  return below + (frame[frame_bytes - 1] == frame[0] ? 1 : 0);
}

TEST(Fiber, recursion_may_use_most_of_the_stack) {
  constexpr std::size_t bytes = 1024 * 1024;
  struct Depth {
    Ring ring{bytes};
    int wanted = static_cast<int>(bytes / frame_bytes / 4 * 3);
    int reached = 0;
  } depth;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  depth.wanted /= 2;
#endif
  for (int i = 0; i < 3; ++i) {
    depth.ring.a.start(
        [](void* argument) noexcept {
          auto& d = *static_cast<Depth*>(argument);
          d.reached = recurse(d.wanted);
          return &d.ring.main;
        },
        &depth);
    switch_fiber(depth.ring.main, depth.ring.a);
    EXPECT_EQ(depth.reached, depth.wanted);
  }
}

TEST(Fiber, smallest_stack_suffices_to_throw_and_catch) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  Ring ring;
#else
  Ring ring(Fiber::min_stack_bytes);
#endif
  ring.a.start(
      [](void* argument) noexcept {
        auto& r = *static_cast<Ring*>(argument);
        try {
          throw std::runtime_error("caught");
        } catch (const std::runtime_error& exception) {
          r.log = exception.what();
        }
        return &r.main;
      },
      &ring);
  switch_fiber(ring.main, ring.a);
  EXPECT_EQ(ring.log, "caught");
}

TEST(Fiber, stack_is_rounded_up_to_pages_and_too_small_is_refused) {
  EXPECT_EQ(Fiber(20'000).stack_bytes() % 4096, 0U);
  EXPECT_GE(Fiber(20'000).stack_bytes(), 20'000U);
  EXPECT_THROW(Fiber(4096), UsageError);
}

TEST(Fiber, misuse_is_an_internal_error) {
  Ring ring;
  const Fiber::Body to_main = [](void* argument) noexcept {
    auto& r = *static_cast<Ring*>(argument);
    switch_fiber(r.a, r.main);
    return &r.main;
  };
  EXPECT_THROW(switch_fiber(ring.main, ring.a), InternalError) << "not started";
  EXPECT_THROW(switch_fiber(ring.a, ring.main), InternalError) << "not running";
  EXPECT_THROW(switch_fiber(ring.main, ring.main), InternalError) << "already running";
  EXPECT_THROW(ring.main.start(to_main, &ring), InternalError) << "a thread's own stack";
  EXPECT_THROW(ring.a.start(nullptr, &ring), InternalError) << "no body";
  ring.a.start(to_main, &ring);
  EXPECT_THROW(ring.a.start(to_main, &ring), InternalError) << "armed twice";
  switch_fiber(ring.main, ring.a);
  EXPECT_THROW(ring.a.start(to_main, &ring), InternalError) << "suspended inside its body";
  switch_fiber(ring.main, ring.a);
}

void let_exception_escape() {
  Ring ring;
  // Through a pointer, or the compiler warns of what is tested here.
  void (*fail)() = [] { throw std::runtime_error("escapes"); };
  ring.a.start(
      [](void* argument) noexcept -> Fiber* {
        (*static_cast<void (**)()>(argument))();
        return nullptr;
      },
      &fail);
  switch_fiber(ring.main, ring.a);
}

void overflow_stack() {
  const rlimit no_core_file{0, 0};
  setrlimit(RLIMIT_CORE, &no_core_file);
  Ring ring;
  ring.a.start(
      [](void* argument) noexcept {
        auto& r = *static_cast<Ring*>(argument);
        r.wrong_count = recurse(static_cast<int>(r.a.stack_bytes() / frame_bytes) + 8);
        return &r.main;
      },
      &ring);
  switch_fiber(ring.main, ring.a);
}

TEST(FiberDeathTest, exception_that_leaves_a_body_ends_the_process) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(let_exception_escape(), "escapes");
}

TEST(FiberDeathTest, overflow_of_the_stack_hits_the_guard_page) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(overflow_stack(), "");
}

TEST(FiberPool, gives_the_same_fiber_for_the_same_index) {
  FiberPool pool;
  Fiber& third = pool.at(3);
  EXPECT_EQ(pool.size(), 4U);
  EXPECT_EQ(&pool.at(100), &pool.at(100));
  EXPECT_EQ(&pool.at(3), &third);
  EXPECT_THROW(pool.at(FiberPool::max_fibers), LimitError);
}

TEST(FiberPool, many_fibers_pass_control_round) {
  struct Round {
    Fiber main = Fiber::adopt_thread();
    FiberPool pool{64 * 1024};
    std::size_t next = 0;
  } round;
  constexpr std::size_t fibers = 100;
  for (int lap = 0; lap < 10; ++lap) {
    round.next = 0;
    for (std::size_t i = 0; i < fibers; ++i) {
      round.pool.at(i).start(
          [](void* argument) noexcept {
            auto& r = *static_cast<Round*>(argument);
            return ++r.next < fibers ? &r.pool.at(r.next) : &r.main;
          },
          &round);
    }
    switch_fiber(round.main, round.pool.at(0));
    EXPECT_EQ(round.next, fibers);
  }
}

/// Counts up, and gives way each time.
Fiber* count_up(void* argument) noexcept {
  auto& ring = *static_cast<Ring*>(argument);
  for (int i = 1; i <= 5; ++i) {
    ring.live_count = i;
    switch_fiber(ring.a, ring.main);
  }
  return &ring.main;
}

TEST(Fiber, goes_back_to_where_it_was_saved) {
  if (!Fiber::can_go_back()) GTEST_SKIP() << "not under ThreadSanitizer";
  Ring ring;
  ring.a.start(&count_up, &ring);
  for (int i = 0; i < 2; ++i) switch_fiber(ring.main, ring.a);
  Fiber::Image image;
  ASSERT_TRUE(ring.a.save(image));
  for (int time = 0; time < 3; ++time) {
    for (int i = 3; i <= 5; ++i) {
      switch_fiber(ring.main, ring.a);
      EXPECT_EQ(ring.live_count, i);
    }
    switch_fiber(ring.main, ring.a);
    EXPECT_TRUE(ring.a.is_idle());
    ring.a.restore(image);
  }
  ring.a.forget();
}

TEST(Fiber, that_is_forgotten_can_be_started_again) {
  if (!Fiber::can_go_back()) GTEST_SKIP() << "not under ThreadSanitizer";
  Ring ring;
  for (int time = 0; time < 3; ++time) {
    ring.a.start(&count_up, &ring);
    for (int i = 0; i < 2; ++i) switch_fiber(ring.main, ring.a);
    EXPECT_EQ(ring.live_count, 2);
    ring.a.forget();
    EXPECT_TRUE(ring.a.is_idle());
  }
}

TEST(Fiber, is_not_saved_while_it_handles_an_exception) {
  Ring ring;
  ring.a.start(
      [](void* argument) noexcept {
        auto& r = *static_cast<Ring*>(argument);
        try {
          throw std::runtime_error("handled");
        } catch (const std::exception&) {
          switch_fiber(r.a, r.main);
        }
        return &r.main;
      },
      &ring);
  switch_fiber(ring.main, ring.a);
  Fiber::Image image;
  EXPECT_FALSE(ring.a.save(image));
  switch_fiber(ring.main, ring.a);
  EXPECT_TRUE(ring.a.is_idle());
}

}  // namespace
}  // namespace rcuscope
