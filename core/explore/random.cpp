// SPDX-License-Identifier: LGPL-2.1-or-later
// Random walks: each choice is uniform over the enabled actors.
#include "explore/random_stream.h"
#include "explore/strategy.h"

namespace rcuscope {
namespace {

class RandomSearch final : public Strategy {
 public:
  RandomSearch(std::uint64_t seed, SampleRange range) : seed_(seed), range_(range) {}

  ActorId choose(const Execution&, std::span<const ActorId> enabled) override {
    return enabled[random_.below(enabled.size())];
  }
  bool begin_execution() override {
    if (range_.first == range_.end) return false;
    random_ = random_of_execution(seed_, range_.first++);
    return true;
  }
  void end_execution(const Execution&, ExecutionEnd) override {}
  bool is_exhaustive() const override { return false; }

 private:
  const std::uint64_t seed_;
  SampleRange range_;
  Random random_{0};
};

}  // namespace

std::unique_ptr<Strategy> make_random_search(std::uint64_t seed, SampleRange range) {
  return std::make_unique<RandomSearch>(seed, range);
}

}  // namespace rcuscope
