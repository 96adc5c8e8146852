// SPDX-License-Identifier: LGPL-2.1-or-later
// Actors of the catalogue own nothing while they wait at an operation: executions are left, and
// gone back to, without unwinding stacks. Counts what is allocated and not deleted, in this program
// only.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "scenario/catalogue.h"
#include "scenario/run.h"

namespace {

std::int64_t live_count = 0;

}  // namespace

#ifndef __SANITIZE_ADDRESS__  // which has its own operators, and reports leaks itself
// Not inlined: the compiler would take free() for the wrong partner of new.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  void* const memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  ++live_count;
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  if (memory != nullptr) --live_count;
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}
#endif

namespace rcuscope {
namespace {

class OwningIn : public ::testing::TestWithParam<const Scenario*> {};

TEST_P(OwningIn, nothing_outlives_a_search) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer reports leaks itself";
#endif
  ExploreOptions options;
  options.checks = GetParam()->checks;
  options.minimizes = false;
  options.max_executions = 5'000;
  std::int64_t before = 0;
  for (int search = 0; search < 2; ++search) {  // the first one fills what the process keeps
    before = live_count;
    const auto runner = make_fiber_runner();
    explore(make_program(*GetParam()), *runner, options);
  }
  EXPECT_EQ(live_count, before);
}

std::vector<const Scenario*> all_scenarios() {
  std::vector<const Scenario*> all;
  for (const Scenario& scenario : catalogue()) all.push_back(&scenario);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Names, OwningIn, ::testing::ValuesIn(all_scenarios()),
                         [](const auto& parameter) { return parameter.param->name; });

TEST(Owning, is_what_this_test_would_notice) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer has operators of its own";
#endif
  const std::int64_t before = live_count;
  auto* const kept = new int(1);
  EXPECT_EQ(live_count, before + 1);
  delete kept;
  EXPECT_EQ(live_count, before);
}

}  // namespace
}  // namespace rcuscope
