// SPDX-License-Identifier: LGPL-2.1-or-later
// Lanes, spans, marks and arrows as packets of Perfetto's TracePacket, with its field numbers.
// Follows: Perfetto's protos/perfetto/trace (trace_packet, track_event, track_descriptor).
#include "io/perfetto.h"

#include <algorithm>
#include <map>
#include <vector>

#include "io/protobuf.h"
#include "trace/describe.h"
#include "trace/lanes.h"

namespace rcuscope {
namespace {

using protobuf::Message;

// Field numbers of the messages that we write.
namespace field {
constexpr std::uint32_t packet = 1;  // Trace
constexpr std::uint32_t timestamp = 8, sequence_id = 10, track_event = 11, sequence_flags = 13,
                        track_descriptor = 60;  // TracePacket
constexpr std::uint32_t uuid = 1, track_name = 2, process = 3, parent_uuid = 5,
                        counter = 8;                       // TrackDescriptor
constexpr std::uint32_t process_id = 1, process_name = 6;  // ProcessDescriptor
constexpr std::uint32_t annotation = 4, type = 9, track_uuid = 11, category = 22, name = 23,
                        counter_value = 30, flow_ids = 47,
                        terminating_flow_ids = 48;                  // TrackEvent
constexpr std::uint32_t annotation_text = 6, annotation_name = 10;  // DebugAnnotation
}  // namespace field

enum class Type : std::uint64_t { slice_begin = 1, slice_end, instant, counter };

constexpr std::uint64_t process_uuid = 1;
constexpr std::uint64_t first_lane_uuid = 16;
constexpr std::uint64_t lane_uuid_step = 4096;  ///< Tracks of one lane: more overlap on the last.
constexpr std::uint64_t first_counter_uuid = std::uint64_t{1} << 40;
constexpr std::uint64_t our_sequence = 1;
constexpr std::int64_t nanoseconds_per_step = 1000;

class Writer {
 public:
  explicit Writer(const TraceStore& trace) : trace_(trace), picture_(compute_lanes(trace)) {}

  std::string run() {
    describe_process();
    for (std::size_t lane = 0; lane < picture_.lanes.size(); ++lane) {
      describe_track(lane_uuid(static_cast<std::int32_t>(lane)), picture_.lanes[lane].name);
    }
    write_spans();
    for (const Mark& mark : picture_.marks) write_mark(mark);
    write_arrows();
    write_counters();
    return std::move(out_);
  }

 private:
  static std::uint64_t lane_uuid(std::int32_t lane, std::size_t row = 0) {
    return first_lane_uuid + static_cast<std::uint64_t>(lane) * lane_uuid_step + row;
  }

  void write(Message packet) {
    packet.number(field::sequence_id, our_sequence);
    Message trace;
    trace.message(field::packet, packet);
    out_ += trace.bytes();
  }

  void describe_process() {
    const auto& metadata = trace_.names().metadata;
    const auto scenario = metadata.find("scenario");
    Message process;
    process.number(field::process_id, 1);
    std::string name = scenario == metadata.end() ? "rcuscope" : scenario->second;
    if (const std::uint64_t lost = trace_.events_lost_count(); lost != 0)
      name += " (" + std::to_string(lost) + " events lost)";
    process.text(field::process_name, name);
    Message descriptor;
    descriptor.number(field::uuid, process_uuid);
    descriptor.message(field::process, process);
    Message packet;
    packet.message(field::track_descriptor, descriptor);
    constexpr std::uint64_t state_is_cleared = 1;
    packet.number(field::sequence_flags, state_is_cleared);
    write(std::move(packet));
  }

  void describe_track(std::uint64_t uuid, const std::string& name, bool is_counter = false) {
    Message descriptor;
    descriptor.number(field::uuid, uuid);
    descriptor.number(field::parent_uuid, process_uuid);
    descriptor.text(field::track_name, name);
    if (is_counter) descriptor.message(field::counter, Message());
    Message packet;
    packet.message(field::track_descriptor, descriptor);
    write(std::move(packet));
  }

  Message event(Type type, std::uint64_t track) const {
    Message message;
    message.number(field::type, static_cast<std::uint64_t>(type));
    message.number(field::track_uuid, track);
    return message;
  }

  void write_event(Timestamp time, const Message& event) {
    const std::int64_t scale = trace_.clock() == Clock::steps ? nanoseconds_per_step : 1;
    Message packet;
    packet.number(field::timestamp,
                  static_cast<std::uint64_t>(std::max<Timestamp>(time, 0) * scale));
    packet.message(field::track_event, event);
    write(std::move(packet));
  }

  void annotate(Message& event, EventIndex i) const {
    if (i >= trace_.size()) return;
    Message annotation;
    annotation.text(field::annotation_name, "what");
    annotation.text(field::annotation_text, describe_event(trace_, i));
    event.message(field::annotation, annotation);
  }

  // --- spans: on one track slices must nest, so what overlaps goes to further tracks

  /// The open slices of one track, outermost first.
  using Open = std::vector<Timestamp>;

  void close_until(Open& open, Timestamp time, std::uint64_t track) {
    while (!open.empty() && open.back() <= time) {
      write_event(open.back(), event(Type::slice_end, track));
      open.pop_back();
    }
  }

  void write_spans() {
    std::vector<Open> rows;
    std::int32_t lane = -1;
    const auto finish_lane = [&] {
      for (std::size_t row = 0; row < rows.size(); ++row) {
        close_until(rows[row], picture_.end, lane_uuid(lane, row));
      }
      rows.clear();
    };
    for (const Span& span : picture_.spans) {
      if (span.lane != lane) finish_lane();
      lane = span.lane;
      write_span(span, rows);
    }
    finish_lane();
  }

  void write_span(const Span& span, std::vector<Open>& rows) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
      close_until(rows[row], span.start, lane_uuid(span.lane, row));
    }
    const auto fits = [&span](const Open& open) { return open.empty() || open.back() >= span.end; };
    auto row =
        static_cast<std::size_t>(std::find_if(rows.begin(), rows.end(), fits) - rows.begin());
    if (row == rows.size() && rows.size() < lane_uuid_step) {
      rows.emplace_back();
      const std::string& name = picture_.lanes[static_cast<std::size_t>(span.lane)].name;
      if (row > 0) describe_track(lane_uuid(span.lane, row), name + " (overlapping)");
    }
    row = std::min(row, rows.size() - 1);
    const std::uint64_t track = lane_uuid(span.lane, row);
    Message begin = event(Type::slice_begin, track);
    begin.text(field::name, span.label.empty() ? to_string(span.kind) : span.label);
    begin.text(field::category, span.is_inferred ? "inferred" : to_string(span.kind));
    annotate(begin, span.first_event);
    write_event(span.start, begin);
    rows[row].push_back(span.end);
  }

  // --- points, causes, counts

  void write_mark(const Mark& mark) {
    Message point = event(Type::instant, lane_uuid(mark.lane));
    point.text(field::name, mark.label);
    point.text(field::category, mark.is_error ? "finding" : describe(mark.kind).name);
    annotate(point, mark.event);
    write_event(mark.time, point);
  }

  void write_arrows() {
    std::uint64_t flow = 0;
    for (const Arrow& arrow : picture_.arrows) {
      ++flow;
      write_arrow_end(arrow.from, arrow.from_lane, arrow.from_event, field::flow_ids, flow);
      write_arrow_end(arrow.to, arrow.to_lane, arrow.to_event, field::terminating_flow_ids, flow);
    }
  }

  void write_arrow_end(Timestamp time, std::int32_t lane, EventIndex i, std::uint32_t flows,
                       std::uint64_t flow) {
    Message point = event(Type::instant, lane_uuid(lane));
    point.text(field::name, describe(trace_.kind(i)).name);
    point.text(field::category, "cause");
    point.fixed64(flows, flow);
    annotate(point, i);
    write_event(time, point);
  }

  static bool is_count(EventKind kind) {
    return kind == EventKind::get_device || kind == EventKind::put_device ||
           kind == EventKind::kref_get || kind == EventKind::kref_put;
  }

  void write_counters() {
    std::map<std::int32_t, bool> is_described;
    for (EventIndex i = 0; i < trace_.size(); ++i) {
      const std::int32_t object = trace_.columns().object[i];
      if (object < 0 || !is_count(trace_.kind(i))) continue;
      const std::uint64_t track = first_counter_uuid + static_cast<std::uint64_t>(object);
      bool& is_known = is_described[object];
      if (!is_known) describe_track(track, "references to " + trace_.object_label(object), true);
      is_known = true;
      Message count = event(Type::counter, track);
      count.signed_number(field::counter_value, trace_.columns().value[i]);
      write_event(trace_.time(i), count);
    }
  }

  const TraceStore& trace_;
  const Lanes picture_;
  std::string out_;
};

}  // namespace

std::string to_perfetto(const TraceStore& trace) { return Writer(trace).run(); }

}  // namespace rcuscope
