// SPDX-License-Identifier: LGPL-2.1-or-later
// Fibers: stacks that are switched by hand and used again for ever. Used by the model only.
//
// A fiber is made once and never ends. start() arms it with a function, the next switch to it runs
// that function, and when the function returns the fiber goes to the fiber named by the result and
// waits, idle, for the next start(). So an exploration re-executes a scenario a million times on
// the same stacks and allocates nothing.
//
//   Fiber main = Fiber::adopt_thread();
//   Fiber actor;
//   actor.start([](void* argument) noexcept { return static_cast<Fiber*>(argument); }, &main);
//   switch_fiber(main, actor);  // runs the body, and comes back when it returns &main
//
// Follows: boost::context's raw fcontext, plus what it leaves out: each fiber has the C++ runtime's
// record of caught and uncaught exceptions for itself (else a switch inside a catch block or inside
// a destructor during unwinding silently mixes up the exceptions of two fibers), and the
// sanitizers and Valgrind are told about every stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace rcuscope {

class Fiber {
 public:
  /// What a fiber runs. Return: the fiber to switch to next, never null; the fiber itself only if
  /// it was armed again. `noexcept`: an exception that leaves a body calls std::terminate with the
  /// stack still intact, for it has nowhere to go.
  using Body = Fiber* (*)(void* argument) noexcept;

  /// Enough for scenarios with moderate recursion; untouched pages cost no memory.
  static constexpr std::size_t default_stack_bytes = 256 * 1024;
  /// Below this, throwing an exception may not fit.
  static constexpr std::size_t min_stack_bytes = 16 * 1024;

  /// Maps a stack, rounded up to whole pages, with a guard page below it. Throws std::system_error
  /// if there is no memory, UsageError if `stack_bytes` is below min_stack_bytes.
  explicit Fiber(std::size_t stack_bytes = default_stack_bytes);

  /// Wraps the stack that the caller runs on, so that fibers can switch to it. Such a fiber cannot
  /// be started; it is running from the beginning.
  static Fiber adopt_thread();

  /// Unmaps the stack. Objects on the stack of a body that has not returned are lost: unwind first.
  /// The fiber must not be running, unless it is a thread's own.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Arms the fiber: the next switch to it calls `body(argument)`. The fiber is idle, or is running
  /// the last statements of its body and starts over when that returns.
  void start(Body body, void* argument);

  /// True if no body is running or waiting to run: the fiber may be started, not switched to.
  bool is_idle() const { return state_ == State::idle && body_ == nullptr; }

  /// True between the first switch to a started fiber and the return of its body.
  bool is_inside_body() const { return state_ == State::running || state_ == State::suspended; }

  /// True if it is inside its body, below switch_fiber.
  bool is_suspended() const { return state_ == State::suspended; }

  /// True while it handles an exception, or lets one unwind its stack.
  bool has_exceptions() const {
    return exceptions_.caught_exceptions != nullptr || exceptions_.uncaught_exceptions != 0;
  }

  std::size_t stack_bytes() const { return stack_bytes_; }

  /// What a suspended fiber has on its stack. Means something to that very fiber only.
  class Image;

  /// False under ThreadSanitizer, which follows the calls of a fiber: images are of no use there.
  static bool can_go_back();

  /// Return: false if it has exceptions, which are not on its stack. Requires: it is suspended. Of
  /// what its locals own elsewhere nothing is kept: they own nothing that is used after restore().
  bool save(Image& image) const;

  /// Makes it suspended where save() has seen it. No destructor runs of what was on its stack until
  /// then. Requires: it is not running.
  void restore(const Image& image);

  /// Makes a suspended fiber idle. No destructor runs of what was on its stack.
  void forget();

  friend void switch_fiber(Fiber& from, Fiber& to);

 private:
  enum class State : unsigned char {
    idle,       ///< At the top of its loop; armed if body_ is set.
    running,    ///< Exactly one fiber per thread.
    suspended,  ///< Inside its body, below switch_fiber.
  };
  /// Same layout as __cxa_eh_globals, which <cxxabi.h> declares but does not define.
  struct ExceptionGlobals {
    void* caught_exceptions = nullptr;
    unsigned int uncaught_exceptions = 0;
  };
  struct Switch;
  struct AdoptThread {};

  explicit Fiber(AdoptThread);
  bool can_continue() const;
  [[noreturn]] void run_bodies_for_ever() noexcept;
  void switch_to(Fiber& to, State state_until_return);
  void leave_for(Fiber& to);
  void arrive_from(Fiber& from, void* context_of_from);
  void copy_stack(const void* context, std::vector<std::byte>& copy) const;

  State state_ = State::idle;
  Body body_ = nullptr;  ///< Armed body; null once it runs.
  void* argument_ = nullptr;
  void* context_ = nullptr;             ///< fcontext_t: valid while the fiber is not running.
  ExceptionGlobals exceptions_;         ///< Valid while the fiber is not running.
  void* thread_exceptions_ = nullptr;   ///< __cxa_get_globals() of the thread; valid while running.
  const void* stack_bottom_ = nullptr;  ///< Lowest usable address; null: thread, not yet learned.
  std::size_t stack_bytes_ = 0;
  void* mapping_ = nullptr;  ///< Guard page and stack; null: a thread's own stack.
  void* asan_fake_stack_ = nullptr;
  void* tsan_fiber_ = nullptr;
  unsigned valgrind_stack_id_ = 0;
  void* first_context_ = nullptr;       ///< Before it first ran; null: thread.
  std::vector<std::byte> first_stack_;  ///< What was above that.
};

class Fiber::Image {
 public:
  std::uint64_t hash() const;

 private:
  friend class Fiber;

  void* context_ = nullptr;
  std::vector<std::byte> stack_;   ///< From context_ on.
  std::vector<std::byte> shadow_;  ///< What AddressSanitizer knows of that.
};

/// Leaves `from`, which must be the running fiber, and continues `to`: an armed fiber at the top
/// of its body, a suspended one after its own last switch_fiber. Returns when something switches
/// to `from` again. Allowed everywhere, also in catch blocks and destructors.
/// Context: both belong to one OS thread; a fiber goes to another thread only while it is idle.
/// Cost: 13 ns (bench_fiber).
void switch_fiber(Fiber& from, Fiber& to);

/// Fibers by index, made when first asked for and kept until the pool dies.
class FiberPool {
 public:
  /// Two mappings per fiber must stay well below Linux' vm.max_map_count of 65,530.
  static constexpr std::size_t max_fibers = 4096;

  explicit FiberPool(std::size_t stack_bytes = Fiber::default_stack_bytes)
      : stack_bytes_(stack_bytes) {}

  /// Return: the fiber of that index; its address never changes. Throws LimitError from max_fibers.
  Fiber& at(std::size_t index) { return index < fibers_.size() ? fibers_[index] : grow_to(index); }

  /// Number of fibers made so far.
  std::size_t size() const { return fibers_.size(); }

 private:
  Fiber& grow_to(std::size_t index);

  std::size_t stack_bytes_;
  std::deque<Fiber> fibers_;  ///< A deque: its elements never move.
};

}  // namespace rcuscope
