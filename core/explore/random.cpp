// SPDX-License-Identifier: LGPL-2.1-or-later
// Random walks: each choice is uniform over the enabled actors.
#include "base/random.h"

#include "explore/strategy.h"

namespace rcuscope {
namespace {

class RandomSearch final : public Strategy {
 public:
  explicit RandomSearch(std::uint64_t seed) : random_(seed) {}

  ActorId choose(const Execution&, std::span<const ActorId> enabled) override {
    return enabled[random_.below(enabled.size())];
  }
  bool begin_execution() override { return true; }
  void end_execution(const Execution&, ExecutionEnd) override {}
  bool is_exhaustive() const override { return false; }

 private:
  Random random_;
};

}  // namespace

std::unique_ptr<Strategy> make_random_search(std::uint64_t seed) {
  return std::make_unique<RandomSearch>(seed);
}

}  // namespace rcuscope
