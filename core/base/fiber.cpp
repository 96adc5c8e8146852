// SPDX-License-Identifier: LGPL-2.1-or-later
// Switching of fibers on boost::context's raw fcontext, with everything that has to go along.
#include "base/fiber.h"

#include <cxxabi.h>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/context/detail/fcontext.hpp>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/hash.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/memcheck.h>
#include <valgrind/valgrind.h>
#else
#define VALGRIND_MAKE_MEM_UNDEFINED(start, bytes) static_cast<void>(start)
#define VALGRIND_STACK_REGISTER(lowest, highest) 0U
#define VALGRIND_STACK_DEREGISTER(id) static_cast<void>(id)
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

// The annotations must stand in the frame that jumps: a call of its own would return, for TSan, on
// another shadow stack than it began on.
#define RCUSCOPE_ALWAYS_INLINE [[gnu::always_inline]] inline

namespace rcuscope {

namespace context = boost::context::detail;

/// What the fiber that leaves tells the one that continues.
struct Fiber::Switch {
  Fiber* from;
  Fiber* to;

  static void enter_first_time(context::transfer_t transfer);
};

Fiber::Fiber(std::size_t stack_bytes) {
  if (stack_bytes < min_stack_bytes) {
    throw UsageError("stack_bytes is " + std::to_string(stack_bytes) + "; expected at least " +
                     std::to_string(min_stack_bytes));
  }
  const auto page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  stack_bytes_ = (stack_bytes + page_bytes - 1) / page_bytes * page_bytes;
  void* mapping = mmap(nullptr, page_bytes + stack_bytes_, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (mapping == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), "mmap of a fiber's stack");
  }
  if (mprotect(mapping, page_bytes, PROT_NONE) != 0) {
    const int error = errno;
    munmap(mapping, page_bytes + stack_bytes_);
    throw std::system_error(error, std::generic_category(), "guard page of a fiber's stack");
  }
  mapping_ = mapping;
  char* bottom = static_cast<char*>(mapping) + page_bytes;
  stack_bottom_ = bottom;
  context_ = context::make_fcontext(bottom + stack_bytes_, stack_bytes_, &Switch::enter_first_time);
  valgrind_stack_id_ = VALGRIND_STACK_REGISTER(bottom, bottom + stack_bytes_);
  first_context_ = context_;
  copy_stack(context_, first_stack_);
#ifdef __SANITIZE_THREAD__
  tsan_fiber_ = __tsan_create_fiber(0);
#endif
}

Fiber::Fiber(AdoptThread) : state_(State::running), thread_exceptions_(abi::__cxa_get_globals()) {
#ifdef __SANITIZE_THREAD__
  tsan_fiber_ = __tsan_get_current_fiber();
#endif
}

Fiber Fiber::adopt_thread() { return Fiber(AdoptThread{}); }

Fiber::~Fiber() {
  if (mapping_ == nullptr) return;
#ifdef __SANITIZE_ADDRESS__
  __asan_unpoison_memory_region(stack_bottom_, stack_bytes_);
#endif
#ifdef __SANITIZE_THREAD__
  __tsan_destroy_fiber(tsan_fiber_);
#endif
  VALGRIND_STACK_DEREGISTER(valgrind_stack_id_);
  const char* end = static_cast<const char*>(stack_bottom_) + stack_bytes_;
  munmap(mapping_, static_cast<std::size_t>(end - static_cast<const char*>(mapping_)));
}

// --- going back

bool Fiber::can_go_back() {
#ifdef __SANITIZE_THREAD__
  return false;
#else
  return true;
#endif
}

namespace {

#ifdef __SANITIZE_ADDRESS__
/// Some of a stack is poisoned, and AddressSanitizer watches memcpy.
[[gnu::no_sanitize("address"), gnu::noinline]] void copy_bytes(void* to, const void* from,
                                                               std::size_t bytes) {
  auto* const target = static_cast<volatile std::byte*>(to);
  const auto* const source = static_cast<const volatile std::byte*>(from);
  for (std::size_t i = 0; i < bytes; ++i) target[i] = source[i];
}

/// Bytes of the program for one of AddressSanitizer's, as a power of two.
std::size_t shadow_scale() {
  std::size_t scale = 0, offset = 0;
  __asan_get_shadow_mapping(&scale, &offset);
  return scale;
}

/// What AddressSanitizer knows of the bytes at an address. Is no memory of the program.
std::byte* shadow_of(const void* address) {
  std::size_t scale = 0, offset = 0;
  __asan_get_shadow_mapping(&scale, &offset);
  return reinterpret_cast<std::byte*>((reinterpret_cast<std::uintptr_t>(address) >> scale) +
                                      offset);
}
#else
void copy_bytes(void* to, const void* from, std::size_t bytes) { std::memcpy(to, from, bytes); }
#endif

}  // namespace

/// boost::context saves the registers at the end of the stack, and its context is their address.
void Fiber::copy_stack(const void* context, std::vector<std::byte>& copy) const {
  const char* const end = static_cast<const char*>(stack_bottom_) + stack_bytes_;
  copy.resize(static_cast<std::size_t>(end - static_cast<const char*>(context)));
  copy_bytes(copy.data(), context, copy.size());
}

bool Fiber::save(Image& image) const {
  RCUSCOPE_ASSERT(is_suspended() && mapping_ != nullptr, state_);
  if (has_exceptions()) return false;
  image.context_ = context_;
  copy_stack(context_, image.stack_);
#ifdef __SANITIZE_ADDRESS__
  image.shadow_.resize(image.stack_.size() / (std::size_t{1} << shadow_scale()));
  copy_bytes(image.shadow_.data(), shadow_of(context_), image.shadow_.size());
#endif
  return true;
}

std::uint64_t Fiber::Image::hash() const {
  Hash hash;
  hash.add(context_);
  hash.add(stack_);
  return hash.value();
}

void Fiber::restore(const Image& image) {
  RCUSCOPE_ASSERT(state_ != State::running && mapping_ != nullptr, state_);
  VALGRIND_MAKE_MEM_UNDEFINED(image.context_, image.stack_.size());
  copy_bytes(image.context_, image.stack_.data(), image.stack_.size());
#ifdef __SANITIZE_ADDRESS__
  // What is below is nobody's.
  __asan_unpoison_memory_region(stack_bottom_,
                                static_cast<std::size_t>(static_cast<char*>(image.context_) -
                                                         static_cast<const char*>(stack_bottom_)));
  copy_bytes(shadow_of(image.context_), image.shadow_.data(), image.shadow_.size());
#endif
  context_ = image.context_;
  exceptions_ = {};
  body_ = nullptr;
  state_ = State::suspended;
}

void Fiber::forget() {
  RCUSCOPE_ASSERT(is_suspended() && mapping_ != nullptr, state_);
#ifdef __SANITIZE_ADDRESS__
  __asan_unpoison_memory_region(stack_bottom_, stack_bytes_);
#endif
  VALGRIND_MAKE_MEM_UNDEFINED(first_context_, first_stack_.size());
  copy_bytes(first_context_, first_stack_.data(), first_stack_.size());
  context_ = first_context_;
  exceptions_ = {};
  state_ = State::idle;
}

void Fiber::start(Body body, void* argument) {
  RCUSCOPE_ASSERT(body != nullptr && body_ == nullptr, body_ != nullptr);
  RCUSCOPE_ASSERT(mapping_ != nullptr && state_ != State::suspended, mapping_, state_);
  body_ = body;
  argument_ = argument;
}

bool Fiber::can_continue() const {
  return state_ == State::suspended || (state_ == State::idle && body_ != nullptr);
}

/// Last thing on the fiber that leaves: puts away what belongs to it, and loads what `to` has.
RCUSCOPE_ALWAYS_INLINE void Fiber::leave_for(Fiber& to) {
  // memcpy, because the two types are the same to the runtime but not to the language.
  std::memcpy(&exceptions_, thread_exceptions_, sizeof exceptions_);
  std::memcpy(thread_exceptions_, &to.exceptions_, sizeof to.exceptions_);
  to.thread_exceptions_ = thread_exceptions_;
  to.state_ = State::running;
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(&asan_fake_stack_, to.stack_bottom_, to.stack_bytes_);
#endif
#ifdef __SANITIZE_THREAD__
  __tsan_switch_to_fiber(to.tsan_fiber_, 0);
#endif
}

/// First thing on the fiber that continues.
RCUSCOPE_ALWAYS_INLINE void Fiber::arrive_from(Fiber& from, void* context_of_from) {
  from.context_ = context_of_from;
#ifdef __SANITIZE_ADDRESS__
  const void* bottom = nullptr;
  std::size_t bytes = 0;
  __sanitizer_finish_switch_fiber(asan_fake_stack_, &bottom, &bytes);
  if (from.stack_bottom_ == nullptr) {  // an adopted thread leaves for the first time
    from.stack_bottom_ = bottom;
    from.stack_bytes_ = bytes;
  }
#endif
}

void Fiber::switch_to(Fiber& to, State state_until_return) {
  state_ = state_until_return;
  Switch message{this, &to};
  leave_for(to);
  const context::transfer_t transfer = context::jump_fcontext(to.context_, &message);
  arrive_from(*static_cast<const Switch*>(transfer.data)->from, transfer.fctx);
}

void switch_fiber(Fiber& from, Fiber& to) {
  RCUSCOPE_ASSERT(from.state_ == Fiber::State::running, from.state_);
  RCUSCOPE_ASSERT(to.can_continue(), to.state_);
  from.switch_to(to, Fiber::State::suspended);
}

void Fiber::Switch::enter_first_time(context::transfer_t transfer) {
  const auto* message = static_cast<const Switch*>(transfer.data);
  Fiber& self = *message->to;
  self.arrive_from(*message->from, transfer.fctx);
  self.run_bodies_for_ever();
}

void Fiber::run_bodies_for_ever() noexcept {
  for (;;) {
    Fiber* next = std::exchange(body_, nullptr)(argument_);
    if (next == this && body_ != nullptr) continue;
    // A failure ends the process here, as the stack below holds nothing that could handle it.
    RCUSCOPE_ASSERT(next != nullptr && next->can_continue(), next);
    switch_to(*next, State::idle);
  }
}

Fiber& FiberPool::grow_to(std::size_t index) {
  if (index >= max_fibers) {
    throw LimitError("fiber " + std::to_string(index) + " exceeds FiberPool::max_fibers = " +
                     std::to_string(max_fibers) + "; use fewer actors");
  }
  while (fibers_.size() <= index) fibers_.emplace_back(stack_bytes_);
  return fibers_[index];
}

}  // namespace rcuscope
