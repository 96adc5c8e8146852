// SPDX-License-Identifier: LGPL-2.1-or-later
// Dividing a search, and putting together what comes back.
#include "explore/division.h"

#include <algorithm>

#include "base/assert.h"
#include "explore/division_tree.h"

namespace rcuscope {
namespace {

constexpr const char* limit_executions = "max_executions";
/// Executions in a unit of a random search without end; it pauses long before.
constexpr std::uint64_t samples_max = 4096 * pct_block;

bool has_siblings_left(const Level& level) { return level.position + 1 < level.order.size(); }

}  // namespace

Division::Division(const ExploreOptions& options)
    : options_(options), is_sampling_(is_sampling(options.strategy)) {
  begin_with(options.awaits);
}

Division::~Division() = default;

/// The whole search. Where actors wait in loops decides what a choice is, so nothing that was
/// counted or found with fewer sites holds.
void Division::begin_with(const AwaitSites& awaits) {
  tally_ = {};
  cut_off_ = {};
  tally_.awaits = awaits;
  handed_out_.clear();
  ranges_.clear();
  if (is_sampling_)
    ranges_.push_back({0, options_.max_executions.value_or(SampleRange{}.end)});
  else
    begin_anew(make_tree_search(options_, "")->mode());
}

void Division::begin_anew(const std::string& mode) {
  mode_ = mode;
  root_ = std::make_unique<Branch>();
  handed_out_.clear();
  reserved_ = 0;
  was_cut_ = false;
}

// --- handing out

std::optional<Division::Assignment> Division::next(std::size_t wanted) {
  if (is_done()) return {};
  if (is_sampling_) return next_samples(wanted);
  const std::uint64_t left = executions_left();
  if (left == 0) return {};
  std::vector<Path> found;
  for (;;) {
    found.clear();
    Path path;
    find_waiting(*root_, path, found);
    if (found.size() >= wanted || !divide_one(found)) break;
  }
  if (found.empty()) return {};
  Assignment assignment{next_id_++, unit_at(found.front())};
  branch_at(found.front()).state = Branch::State::running;
  Handed handed{found.front(), {}, 0};
  if (options_.max_executions) {
    handed.reserved = std::max<std::uint64_t>(1, left / std::max<std::size_t>(1, wanted));
    assignment.unit.max_executions = handed.reserved;
    reserved_ += handed.reserved;
  }
  handed_out_.emplace(assignment.id, std::move(handed));
  return assignment;
}

std::optional<Division::Assignment> Division::next_samples(std::size_t wanted) {
  if (ranges_.empty()) return {};
  SampleRange& range = ranges_.front();
  const std::uint64_t share = (range.end - range.first) / std::max<std::size_t>(1, wanted);
  const std::uint64_t blocks = std::min(share, samples_max) / pct_block + 1;
  const SampleRange part{range.first,
                         range.first + std::min(blocks * pct_block, range.end - range.first)};
  range.first = part.end;
  if (range.first == range.end) ranges_.erase(ranges_.begin());
  Assignment assignment{next_id_++, {}};
  assignment.unit.samples = part;
  assignment.unit.awaits = tally_.awaits;
  handed_out_.emplace(assignment.id, Handed{{}, part, 0});
  return assignment;
}

/// Executions that nobody has made or reserved.
std::uint64_t Division::executions_left() const {
  if (!options_.max_executions) return static_cast<std::uint64_t>(-1);
  const std::uint64_t taken = tally_.executions + tally_.blocked + reserved_;
  return *options_.max_executions - std::min(*options_.max_executions, taken);
}

/// In the order of the serial search. A branch can start when its sleep set is known: what was
/// executed together with its earlier siblings is, once they have run.
void Division::find_waiting(Branch& branch, Path& path, std::vector<Path>& found) const {
  if (branch.state == Branch::State::waiting) found.push_back(path);
  if (branch.state != Branch::State::divided) return;
  for (std::size_t i = 0; i < branch.below->branches.size(); ++i) {
    Branch& next = branch.below->branches[i];
    path.push_back(i);
    find_waiting(next, path, found);
    path.pop_back();
    if (!next.has_run && mode_.starts_with("lazy")) return;
  }
}

Division::Branch& Division::branch_at(const Path& path) {
  Branch* branch = root_.get();
  for (const std::size_t i : path) branch = &branch->below->branches[i];
  return *branch;
}

WorkUnit Division::unit_at(const Path& path) {
  WorkUnit unit;
  unit.mode = mode_;
  unit.awaits = tally_.awaits;
  unit.floor = path.size();
  const Branch* branch = root_.get();
  for (const std::size_t position : path) {
    Level& level = unit.levels.emplace_back();
    level.position = position;
    for (const Branch& sibling : branch->below->branches) {
      level.order.push_back(sibling.actor);
      level.merged.push_back(sibling.merged);
    }
    branch = &branch->below->branches[position];
  }
  unit.levels.insert(unit.levels.end(), branch->owned.begin(), branch->owned.end());
  return unit;
}

/// Divides the uppermost branch that can be. Return: false if none can.
bool Division::divide_one(const std::vector<Path>& waiting) {
  const Path* best = nullptr;
  for (const Path& path : waiting) {
    const std::vector<Level>& owned = branch_at(path).owned;
    const bool can_be = std::any_of(owned.begin(), owned.end(), has_siblings_left);
    if (can_be && (best == nullptr || path.size() < best->size())) best = &path;
  }
  if (best == nullptr) return false;
  Branch* branch = &branch_at(*best);
  for (bool is_divided = false; !is_divided;) {
    const std::size_t position = branch->owned.front().position;
    is_divided = has_siblings_left(branch->owned.front());
    peel(*branch);
    branch = &branch->below->branches[position];
  }
  return true;
}

/// Makes a choice of the division out of the first level that the branch owns.
void Division::peel(Branch& branch) {
  const Level& level = branch.owned.front();
  branch.below = std::make_unique<Node>();
  for (std::size_t i = 0; i < level.order.size(); ++i) {
    Branch& next = branch.below->branches.emplace_back();
    next.actor = level.order[i];
    if (i < level.merged.size()) next.merged = level.merged[i];
    if (i < level.position) next.state = Branch::State::ended;
    next.has_run = i < level.position;
    if (i != level.position) continue;
    next.owned.assign(branch.owned.begin() + 1, branch.owned.end());
    next.has_run = !next.owned.empty();
  }
  branch.owned.clear();
  branch.state = Branch::State::divided;
}

// --- taking back

void Division::give_back(std::uint64_t id) {
  const auto entry = handed_out_.find(id);
  if (entry == handed_out_.end()) return;
  const Handed handed = entry->second;
  handed_out_.erase(entry);
  reserved_ -= handed.reserved;
  if (is_sampling_)
    ranges_.insert(ranges_.begin(), handed.samples);
  else
    branch_at(handed.path).state = Branch::State::waiting;
}

void Division::complete(std::uint64_t id, UnitResult result) {
  const auto entry = handed_out_.find(id);
  if (entry == handed_out_.end()) return;  // of before the search began anew, or run twice
  if (result.tally.awaits != tally_.awaits) return begin_with(result.tally.awaits);
  if (!result.tally.limit.empty()) {
    stop(result.tally.limit);
    cut_off_.add(result.tally);
    return give_back(id);
  }
  const Handed handed = entry->second;
  if (!is_sampling_ && result.mode != mode_) {
    tally_.add(result.tally);
    tally_.begin_anew();
    return begin_anew(result.mode);
  }
  handed_out_.erase(entry);
  reserved_ -= handed.reserved;
  tally_.add(result.tally);
  if (is_sampling_) {
    if (result.unexplored_samples.first < result.unexplored_samples.end)
      ranges_.insert(ranges_.begin(), result.unexplored_samples);
  } else {
    Branch& branch = branch_at(handed.path);
    if (branch.owned.empty()) branch.merged = result.merged;
    branch.has_run = true;
    branch.owned = std::move(result.unexplored);
    branch.state = branch.owned.empty() ? Branch::State::ended : Branch::State::waiting;
    branch.requests.insert(branch.requests.end(), result.requests.begin(), result.requests.end());
    was_cut_ |= result.was_cut;
    settle_all();
  }
  check_limits();
}

/// Lets what the branch asked for take effect, and then what is below it, until something has not
/// come back. Return: true if nothing of the branch is left.
bool Division::settle(Branch& branch, std::vector<Node*>& above) {
  for (const PlanRequest& request : branch.requests) {
    RCUSCOPE_ASSERT(request.depth < above.size() && !request.actors.empty());
    std::deque<Branch>& planned = above[request.depth]->branches;
    const bool is_planned = std::any_of(planned.begin(), planned.end(), [&](const Branch& known) {
      return std::find(request.actors.begin(), request.actors.end(), known.actor) !=
             request.actors.end();
    });
    if (!is_planned) planned.emplace_back().actor = request.actors.front();
  }
  branch.requests.clear();
  if (branch.state != Branch::State::divided) return branch.state == Branch::State::ended;
  above.push_back(branch.below.get());
  bool has_ended = true;
  for (std::size_t i = 0; has_ended && i < branch.below->branches.size(); ++i)
    has_ended = settle(branch.below->branches[i], above);
  above.pop_back();
  if (!has_ended) return false;
  branch.below.reset();
  branch.state = Branch::State::ended;
  return true;
}

void Division::settle_all() {
  std::vector<Node*> above;
  if (!settle(*root_, above)) return;
  const std::optional<unsigned> bound = options_.preemption_bound;
  if (bound && was_cut_ && mode_ != std::to_string(*bound))
    begin_anew(std::to_string(std::stoul(mode_) + 1));  // the phase of the next bound
  else
    is_exhausted_ = true;
}

void Division::check_limits() {
  if (!tally_.limit.empty()) stop(tally_.limit);
  if (is_sampling_) {
    if (ranges_.empty() && handed_out_.empty()) stop(limit_executions);
    return;
  }
  if (!is_exhausted_ && options_.max_executions &&
      tally_.executions + tally_.blocked >= *options_.max_executions)
    stop(limit_executions);
}

void Division::stop(const std::string& limit) {
  if (!is_exhausted_ && limit_.empty()) limit_ = limit;
}

Tally Division::tally() const {
  Tally sum = tally_;
  sum.add(cut_off_);
  sum.limit = !limit_.empty() ? limit_ : tally_.limit;
  return sum;
}

}  // namespace rcuscope
