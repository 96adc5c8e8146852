// SPDX-License-Identifier: LGPL-2.1-or-later
// The pyramid grows at its right edge only. Folding takes the widest node that still fits the run,
// so that neighbours below a pixel are never looked at one by one.
#include "timeline/track.h"

#include <algorithm>

namespace rcuscope::gui {
namespace {

/// A run may end this much of the resolution before it is full: what is below it is not worth a
/// look at each single span.
constexpr double slack_share = 0.25;

TrackNode node_of_spans(const Track& track, std::size_t first) {
  const std::size_t last = first + track_fan_out;
  TrackNode node{track.starts[first], track.ends[last - 1], 0, track.spans[first],
                 track.looks[first]};
  Timestamp longest = -1;
  for (std::size_t i = first; i < last; ++i) {
    const Timestamp length = track.ends[i] - track.starts[i];
    node.busy += length;
    if (length <= longest) continue;
    longest = length;
    node.look = track.looks[i];
  }
  return node;
}

TrackNode node_of_nodes(const std::vector<TrackNode>& below, std::size_t first) {
  TrackNode node = below[first];
  Timestamp busiest = node.busy;
  for (std::size_t i = first + 1; i < first + track_fan_out; ++i) {
    node.busy += below[i].busy;
    if (below[i].busy <= busiest) continue;
    busiest = below[i].busy;
    node.look = below[i].look;
  }
  node.end = below[first + track_fan_out - 1].end;
  return node;
}

class Folder {
 public:
  Folder(const Track& track, double resolution, std::vector<FoldedRun>& runs)
      : track_(track), resolution_(resolution), runs_(runs) {}

  void run(std::size_t first, std::size_t last) {
    at_ = first;
    last_ = last;
    while (at_ < last_) {
      const TrackNode* const node = next_node();
      if (node != nullptr) {
        take(*node, count_at(level_));
      } else {
        take_span();
      }
    }
    flush();
  }

 private:
  static double width(const TrackNode& node) { return static_cast<double>(node.end - node.start); }

  /// Level 0 is the spans, level n is track_.levels[n - 1].
  static std::size_t count_at(std::size_t level) {
    std::size_t count = 1;
    for (; level > 0; --level) count *= track_fan_out;
    return count;
  }

  /// The node of that level which begins here, if the open run takes it.
  const TrackNode* node_at(std::size_t level) const {
    if (level == 0 || level > track_.levels.size()) return nullptr;
    const std::size_t count = count_at(level), i = at_ / count;
    const auto& nodes = track_.levels[level - 1];
    const bool is_whole = at_ % count == 0 && at_ + count <= last_ && i < nodes.size();
    return is_whole && fits(nodes[i]) ? &nodes[i] : nullptr;
  }

  /// The widest node here that the open run takes; nullptr = look at one span. Whoever fits has
  /// children that fit, and neighbours are alike: the search begins where the last one ended.
  const TrackNode* next_node() {
    const TrackNode* node = node_at(level_);
    if (node == nullptr) {
      while (level_ > 0 && node == nullptr) node = node_at(--level_);
      if (node != nullptr || level_ > 0) return node;
    }
    for (;;) {
      const TrackNode* const wider = node_at(level_ + 1);
      if (wider == nullptr) return node;
      node = wider;
      ++level_;
    }
  }

  void take_span() {
    const TrackNode node{track_.starts[at_], track_.ends[at_],
                         track_.ends[at_] - track_.starts[at_], track_.spans[at_],
                         track_.looks[at_]};
    take(node, 1);
  }

  bool fits(const TrackNode& node) const {
    if (width(node) >= resolution_ / 2) return false;
    if (count_ == 0 || static_cast<double>(node.end) <= limit_) return true;
    // What does not fit is taken apart only where that fills the run well.
    return width(node) < resolution_ * slack_share;
  }

  void take(const TrackNode& node, std::size_t count) {
    const bool is_wide = width(node) >= resolution_;
    if (count_ > 0 && (is_wide || static_cast<double>(node.end) > limit_)) flush();
    if (count_ == 0) {
      open_ = node;
      limit_ = static_cast<double>(node.start) + resolution_;
      busiest_ = node.busy;
    } else {
      open_.end = node.end;
      open_.busy += node.busy;
      if (node.busy > busiest_) {
        busiest_ = node.busy;
        open_.look = node.look;
      }
    }
    count_ += count;
    at_ += count;
    if (is_wide) flush();
  }

  void flush() {
    if (count_ == 0) return;
    const Timestamp length = open_.end - open_.start;
    const float share =
        length <= 0 ? 1 : static_cast<float>(open_.busy) / static_cast<float>(length);
    runs_.push_back({open_.first_span, static_cast<std::uint32_t>(count_), open_.start, open_.end,
                     share, open_.look, false});
    count_ = 0;
  }

  const Track& track_;
  double resolution_;
  std::vector<FoldedRun>& runs_;
  std::size_t at_ = 0, last_ = 0;  ///< What is left.
  std::size_t level_ = 0;          ///< Of the last piece.
  TrackNode open_;                 ///< The run that grows; its count is 0 when there is none.
  std::size_t count_ = 0;
  Timestamp busiest_ = 0;
  double limit_ = 0;
};

void add_errors(const Track& track, std::size_t first, std::size_t last, double resolution,
                std::vector<FoldedRun>& runs) {
  auto error = std::lower_bound(track.errors.begin(), track.errors.end(), first);
  double drawn_until = -1e300;
  for (; error != track.errors.end() && *error < last; ++error) {
    const Timestamp start = track.starts[*error], end = track.ends[*error];
    if (static_cast<double>(end) <= drawn_until) continue;
    runs.push_back({track.spans[*error], 1, start, end, 1, track.looks[*error], true});
    drawn_until = std::max(static_cast<double>(end), static_cast<double>(start) + resolution);
  }
}

}  // namespace

void Track::append(const Span& span, std::uint32_t index) {
  close_nodes();
  starts.push_back(span.start);
  ends.push_back(std::max(span.start, span.end));
  looks.push_back({span.kind, span.is_pre_existing});
  spans.push_back(index);
  is_open = span.is_open;
  if (span.is_error) errors.push_back(static_cast<std::uint32_t>(spans.size()) - 1);
}

void Track::update_last(const Span& span) {
  ends.back() = std::max(span.start, span.end);
  looks.back() = {span.kind, span.is_pre_existing};
  is_open = span.is_open;
  const auto last = static_cast<std::uint32_t>(spans.size()) - 1;
  if (span.is_error && (errors.empty() || errors.back() != last)) errors.push_back(last);
}

/// A node is made when the next span follows: until then its last one may change.
void Track::close_nodes() {
  std::size_t count = spans.size();
  for (std::size_t k = 0; count > 0 && count % track_fan_out == 0; ++k) {
    if (k == levels.size()) levels.emplace_back();
    const std::size_t first = count - track_fan_out;
    levels[k].push_back(k == 0 ? node_of_spans(*this, first) : node_of_nodes(levels[k - 1], first));
    count /= track_fan_out;
  }
}

void fold(const Track& track, double from, double to, double resolution,
          std::vector<FoldedRun>& runs) {
  const auto after =
      std::partition_point(track.ends.begin(), track.ends.end(),
                           [from](Timestamp end) { return static_cast<double>(end) < from; });
  const auto first = static_cast<std::size_t>(after - track.ends.begin());
  const auto behind = std::partition_point(
      track.starts.begin() + static_cast<std::ptrdiff_t>(first), track.starts.end(),
      [to](Timestamp start) { return static_cast<double>(start) <= to; });
  const auto last = static_cast<std::size_t>(behind - track.starts.begin());
  Folder(track, resolution, runs).run(first, last);
  add_errors(track, first, last, resolution, runs);
}

std::vector<FoldedRun> fold(const Track& track, double from, double to, double resolution) {
  std::vector<FoldedRun> runs;
  fold(track, from, to, resolution, runs);
  return runs;
}

}  // namespace rcuscope::gui
