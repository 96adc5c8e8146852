// SPDX-License-Identifier: LGPL-2.1-or-later
// A divided search as text, to go on with later, and how far it is.
#include "explore/division_tree.h"
#include "explore/unit_text.h"

namespace rcuscope {

/// Turns the tree into text and back. What runs is written as waiting: it will be run again.
struct Division::TreeText {
  static void write_branch(TextWriter& out, const Branch& branch) {
    const bool is_running = branch.state == Branch::State::running;
    const Branch::State state = is_running ? Branch::State::waiting : branch.state;
    out.number(branch.actor.value);
    out.number(static_cast<unsigned>(state));
    out.number(static_cast<unsigned>(branch.has_run));
    out.string(branch.merged);
    write(out, branch.owned);
    write(out, branch.requests);
    if (state == Branch::State::divided)
      out.list(branch.below->branches, [&](const Branch& next) { write_branch(out, next); });
  }

  static void read_branch(TextReader& in, Branch& branch, std::size_t depth) {
    branch.actor = {in.number<std::int32_t>()};
    const auto state = in.number<unsigned>();
    if (state > static_cast<unsigned>(Branch::State::ended) ||
        state == static_cast<unsigned>(Branch::State::running))
      throw UsageError("state of a search: there is no state " + std::to_string(state));
    branch.state = static_cast<Branch::State>(state);
    branch.has_run = in.number<unsigned>() != 0;
    branch.merged = in.string();
    branch.owned = read_levels(in);
    branch.requests = read_requests(in);
    for (const PlanRequest& request : branch.requests)
      if (request.depth >= depth) throw UsageError("state of a search: a request below its branch");
    if (branch.state != Branch::State::divided) return;
    branch.below = std::make_unique<Node>();
    in.list([&] { read_branch(in, branch.below->branches.emplace_back(), depth + 1); });
  }

  static double share_done(const Branch& branch) {
    switch (branch.state) {
      case Branch::State::ended:
        return 1;
      case Branch::State::divided: {
        double sum = 0;
        for (const Branch& next : branch.below->branches) sum += share_done(next);
        return sum / static_cast<double>(branch.below->branches.size());
      }
      default: {
        double done = 0, weight = 1;
        for (const Level& level : branch.owned) {
          weight /= static_cast<double>(level.order.size());
          done += weight * static_cast<double>(level.position);
        }
        return done;
      }
    }
  }
};

std::string Division::to_text() const {
  TextWriter out;
  out.string(mode_);
  write(out, tally_);
  out.number(static_cast<unsigned>(was_cut_));
  out.number(static_cast<unsigned>(is_exhausted_));
  std::vector<SampleRange> ranges = ranges_;
  for (const auto& [id, handed] : handed_out_)
    if (is_sampling_) ranges.push_back(handed.samples);
  out.list(ranges, [&](const SampleRange& range) { write(out, range); });
  if (!is_sampling_) TreeText::write_branch(out, *root_);
  return out.take();
}

void Division::restore(std::string_view text) {
  TextReader in(text);
  mode_ = in.string();
  tally_ = read_tally(in);
  was_cut_ = in.number<unsigned>() != 0;
  is_exhausted_ = in.number<unsigned>() != 0;
  ranges_.clear();
  in.list([&] { ranges_.push_back(read_range(in)); });
  if (!is_sampling_) {
    make_tree_search(options_, mode_);  // throws if there is no such mode
    root_ = std::make_unique<Branch>();
    TreeText::read_branch(in, *root_, 0);
  }
  in.end();
  check_limits();
}

double Division::share_done() const {
  if (is_exhausted_) return 1;
  if (!is_sampling_) {
    const bool is_last =
        !options_.preemption_bound || mode_ == std::to_string(*options_.preemption_bound);
    return is_last ? TreeText::share_done(*root_) : 0;  // the next bound's size is unknown
  }
  if (!options_.max_executions) return 0;
  return static_cast<double>(tally_.executions) / static_cast<double>(*options_.max_executions);
}

}  // namespace rcuscope
