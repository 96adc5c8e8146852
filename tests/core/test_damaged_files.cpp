// SPDX-License-Identifier: LGPL-2.1-or-later
// Readers of files under random damage: what comes out is a trace or a TraceFormatError, and the
// sanitizers have nothing to say. RCUSCOPE_FUZZ_ROUNDS=N makes it longer.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>

#include "base/error.h"
#include "core/sample_trace.h"
#include "io/ctf.h"
#include "io/ftrace_text.h"

namespace rcuscope {
namespace {

int rounds() {
  const char* text = std::getenv("RCUSCOPE_FUZZ_ROUNDS");
  constexpr int usual = 2000;
  return text == nullptr ? usual : std::max(1, std::atoi(text));
}

/// Seeded, so that a failure comes again.
class Damage {
 public:
  explicit Damage(unsigned seed) : random_(seed) {}

  std::string of(std::string bytes) {
    const std::size_t changes = 1 + below(8);
    for (std::size_t i = 0; i < changes && !bytes.empty(); ++i) change(bytes);
    return bytes;
  }

  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

 private:
  void change(std::string& bytes) {
    const std::size_t at = below(bytes.size());
    const std::size_t length = std::min(bytes.size() - at, 1 + below(40));
    switch (below(6)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 1:
        bytes[at] = static_cast<char>(below(256));
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        bytes.erase(at, length);
        break;
      case 4:
        bytes.insert(at, bytes.substr(below(bytes.size()), length));
        break;
      default:
        // A length or an id that is as large as can be.
        bytes.replace(at, std::min<std::size_t>(length, 4), 4, '\xff');
    }
  }

  std::mt19937 random_;
};

constexpr const char* seed_text =
    "# tracer: nop\n"
    "  rcu_preempt-17 [000] d..1. 1.000100: rcu_grace_period: rcu_preempt -87 start\n"
    "  sh-75 (75) [001] ..... 1.000200: sync_enter: (ffffffff810ef2d4)\n"
    "CPU:1 [LOST 3 EVENTS]\n"
    "  rcu_preempt-17 [000] 1.000300: rcu_grace_period: rcu_preempt -87 end\n"
    "  sh-75 [001] 1.000400: rcu_callback: rcu_preempt rhp=0xff20 func=my_free 3\n"
    "  <idle>-0 [001] ..s1. 1.000500: rcu_invoke_callback: rcu_preempt rhp=0xff20 func=my_free\n"
    "  sh-75 [001] 1.000600: put_device: (ff) dev=0xff10 name=\"a b\" refs=2\n"
    "  sh-75 [001] 1.000700: device_release: (ff) dev=0xff10 name=\"a b\"\n"
    "  sh-75 [001] 1.000800: add_device_to_group: IOMMU: groupID=3 device=a\n"
    "  sh-75 [001] 1.000900: rcu_preempt_task: rcu_preempt -83 75\n"
    "  sh-75 [001] 1.001000: rcu_unlock_preempted_task: rcu_preempt -83 75\n"
    "  sh-75 [001] 1.001100: function: __rcu_read_lock <-x\n"
    "  sh-75 [001] 1.001200: rcu_exp_grace_period: rcu_preempt 76 start\n";

TEST(DamagedFiles, ftrace_text_gives_a_trace_or_an_error_that_names_the_place) {
  int read = 0, refused = 0;
  for (int round = 0; round < rounds(); ++round) {
    const std::string text = Damage(static_cast<unsigned>(round)).of(seed_text);
    try {
      parse_ftrace_text(text, "damaged.txt");
      ++read;
    } catch (const TraceFormatError& error) {
      ++refused;
      EXPECT_LE(error.byte_offset(), text.size()) << "round " << round;
    }
  }
  EXPECT_GT(read, 0);
  EXPECT_GT(refused, 0);
}

TEST(DamagedFiles, native_traces_give_a_trace_or_an_error_in_both_ways_of_reading) {
  const ctf::Files whole = ctf::encode(sample::safe_trace());
  int recovered = 0, refused = 0;
  for (int round = 0; round < rounds(); ++round) {
    Damage damage(static_cast<unsigned>(round));
    ctf::Files files = whole;
    std::string* parts[] = {&files.metadata, &files.events, &files.definitions};
    std::string& part = *parts[damage.below(std::size(parts))];
    const std::string before = part;
    part = damage.of(part);
    if (part == before) continue;
    EXPECT_THROW(ctf::decode(files, "damaged.ctf"), TraceFormatError) << "round " << round;
    // Without the hash of the content, so that damage goes deeper.
    try {
      ctf::decode(files, "damaged.ctf", ctf::Reading::recover);
      ++recovered;
    } catch (const TraceFormatError&) {
      ++refused;
    }
  }
  EXPECT_GT(recovered, 0);
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace rcuscope
