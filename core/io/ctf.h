// SPDX-License-Identifier: LGPL-2.1-or-later
// The native format in memory: the three files of a CTF 1.8 directory, encoded and decoded.
//
//   metadata     TSDL text: what a record looks like, one event class for each row of event.def
//   events       stream 0: packets of 64 bytes of header and 32-byte records, `Event` as it is
//   definitions  stream 1: packets without events, whose context holds names and the place column
//
// Follows: the Common Trace Format 1.8 specification. The trace's uuid is a hash of all content, so
// that the same trace gives the same bytes and a damaged file is found.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trace/store.h"

namespace rcuscope::ctf {

static_assert(std::endian::native == std::endian::little, "the records are written as they are");

inline constexpr std::uint32_t packet_magic = 0xC1FC1FC1;
inline constexpr std::uint32_t event_stream = 0;
inline constexpr std::uint32_t definition_stream = 1;
inline constexpr std::size_t events_per_packet = 2048;
inline constexpr std::size_t definition_bytes_per_packet = 65536;  ///< Exceeded by one row at most.
inline constexpr std::uint16_t no_actor = 0xffff;

/// First line of our metadata file: tells our directories from other tracers' ones.
inline constexpr std::string_view signature = "/* CTF 1.8 */\n/* rcuscope trace, format 1 */\n";

inline constexpr const char* metadata_name = "metadata";
inline constexpr const char* events_name = "events";
inline constexpr const char* definitions_name = "definitions";

/// Metadata of a recording that goes on, or was cut off: events came in packets that may overlap.
inline constexpr const char* unfinished_key = "unfinished";

using Uuid = std::array<std::uint8_t, 16>;

/// First 64 bytes of each packet. CTF counts sizes in bits.
struct PacketHeader {
  std::uint32_t magic = packet_magic;
  Uuid uuid{};
  std::uint32_t stream = event_stream;
  std::uint64_t timestamp_begin = 0;
  std::uint64_t timestamp_end = 0;
  std::uint64_t content_bits = 0;
  std::uint64_t packet_bits = 0;
  std::uint64_t events_discarded = 0;  ///< Definitions: the number of events of the trace.
};
static_assert(sizeof(PacketHeader) == 64);
inline constexpr std::size_t uuid_offset = 4;
inline constexpr std::size_t hashed_offset = 24;  ///< Magic, uuid and stream have fixed values.

/// Follows the header in each packet of definitions: what holds for the trace, then row counts.
struct DefinitionHeader {
  std::uint64_t events_lost_count = 0;
  std::uint32_t clock = 0;  ///< As in enum Clock.
  std::uint32_t actor_count = 0;
  std::uint32_t object_count = 0;
  std::uint32_t string_count = 0;
  std::uint32_t place_count = 0;
  std::uint32_t metadata_count = 0;
  std::uint32_t event_place_count = 0;
  std::uint32_t padding = 0;
};
static_assert(sizeof(DefinitionHeader) == 40);

struct Files {
  std::string metadata;
  std::string events;
  std::string definitions;
};

/// The same, owned by somebody else. What another process may change at any time is allowed.
struct FilesView {
  FilesView(std::string_view metadata_bytes, std::string_view events_bytes,
            std::string_view definitions_bytes)
      : metadata(metadata_bytes), events(events_bytes), definitions(definitions_bytes) {}
  FilesView(const Files& files) : FilesView(files.metadata, files.events, files.definitions) {}

  std::string_view metadata;
  std::string_view events;
  std::string_view definitions;
};

/// Requires: what the records can hold; throws UsageError for an actor, CPU or time that they
/// cannot.
Files encode(const TraceStore& trace);

/// What the definitions say about a trace as a whole.
struct TraceSummary {
  Clock clock = Clock::nanoseconds;
  Timestamp start = 0;
  std::uint64_t event_count = 0;
  std::uint64_t events_lost_count = 0;
};

/// `places`: of each event, or empty.
std::string encode_definitions(const TraceSummary& trace, const TraceNames& names,
                               std::span<const std::int32_t> places);

/// Of one closed packet of events, which are in order of time.
PacketHeader header_of(std::span<const Event> events, std::uint64_t events_lost_count,
                       const Uuid& uuid);
/// With its header.
std::string encode_packet(std::span<const Event> events, std::uint64_t events_lost_count,
                          const Uuid& uuid);
/// Puts the uuid into each packet of a stream.
void write_uuid(std::string& stream, const Uuid& uuid);
/// Of a stream's first packet.
Uuid uuid_of(std::string_view stream);

/// `recover` takes what was written whole before a writer was stopped or a file was cut; `unhashed`
/// is for what was never on a disk, and has no uuid.
enum class Reading : std::uint8_t { whole, recover, unhashed };

/// Throws TraceFormatError that names the file below `directory`.
TraceStore decode(const FilesView& files, const std::filesystem::path& directory,
                  Reading reading = Reading::whole);

/// The TSDL text, with zeros for the uuid.
std::string metadata_text(Clock clock, const TraceNames& names);

/// Where the 36 characters of the uuid stand in such a text; npos if they do not.
std::size_t find_uuid(std::string_view metadata);

/// The kind of each event id that a metadata text declares; nullopt = not known to this version.
std::vector<std::optional<EventKind>> declared_kinds(std::string_view metadata);

std::string to_string(const Uuid& uuid);

/// A fast hash of a trace's content: against damage, not against malice. Files come in order.
class ContentHash {
 public:
  /// Without the place where the uuid stands.
  void add_metadata(std::string_view metadata);
  /// One whole packet of a stream, without the place of the uuid.
  void add_packet(std::string_view packet) { add(packet.substr(hashed_offset)); }
  void end_stream() { add({}); }
  Uuid result() const;

 private:
  void add(std::string_view bytes);

  /// Independent chains, because a record is four words and one chain would wait for its
  /// multiplications. Each step is a bijection of the word: a changed word changes its chain.
  std::array<std::uint64_t, 4> chains_ = {1, 2, 3, 4};
  std::size_t next_ = 0;
};

/// Requires: streams of whole packets.
Uuid content_uuid(const FilesView& files);

}  // namespace rcuscope::ctf
