// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests of the native format: nothing is lost, nothing damaged is accepted, nothing foreign is
// harmed.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <system_error>

#include "base/error.h"
#include "core/equal_traces.h"
#include "core/own_directory.h"
#include "core/sample_trace.h"
#include "io/ctf.h"
#include "io/format.h"

namespace rcuscope {
namespace {

namespace fs = std::filesystem;

class Native : public testing::OwnDirectory {
 protected:
  static std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void write(const fs::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
};

/// Texts that break naive writers: quotes, NUL, UTF-8, broken UTF-8, comments, empty.
const std::array<std::string, 8> nasty_texts = {
    "plain",
    "",
    "with \"quotes\" and \\",
    std::string("a\0b", 3),
    "µs → €",
    "\xff\xfe",
    "*/ env { };\n\tuuid = \"00000000-0000-0000-0000-000000000000\"",
    "event { name = \"rcuscope:load\"; id = 0;"};

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  TraceStore trace() {
    const Clock clock = below(2) == 0 ? Clock::steps : Clock::nanoseconds;
    TraceBuilder builder(clock);
    const int actors = below(5);
    const int objects = below(5);
    for (int i = 0; i < actors; ++i) {
      builder.add_actor({text(), static_cast<ActorKind>(below(9)), {below(5) - 1}});
    }
    for (int i = 0; i < objects; ++i) builder.add_object({text(), text()});
    for (int i = below(6); i > 0; --i) builder.intern(text());
    for (int i = below(6); i > 0; --i) builder.set_metadata(text(), text());
    const bool has_places = below(2) == 0;
    const PlaceId place = has_places ? builder.intern(Place{"f.h", "f", 7}) : PlaceId{};
    builder.add_lost_events(static_cast<std::uint64_t>(below(3)) << 40);
    for (int i = below(4) == 0 ? 5000 : below(60); i > 0; --i) {
      builder.add(event(actors, objects), below(2) == 0 ? place : PlaceId{});
    }
    return builder.build();
  }

 private:
  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
  std::string text() { return nasty_texts[static_cast<std::size_t>(below(8))]; }

  Event event(int actors, int objects) {
    Event e;
    e.time = below(2) == 0 ? below(1000) : below(1 << 30);
    e.kind = static_cast<EventKind>(below(static_cast<int>(event_kind_count)));
    e.flags = static_cast<std::uint16_t>(random_());
    e.actor = below(2) == 0 && actors > 0 ? static_cast<std::uint16_t>(below(actors)) : 0xffff;
    e.cpu = static_cast<std::int16_t>(below(9) - 1);
    e.value = static_cast<std::int64_t>(random_()) << below(32);
    if (below(4) == 0) e.value = -e.value;
    e.object.value = below(objects + 1) - 1;
    e.grace_period.value = static_cast<std::int32_t>(random_());
    return e;
  }

  std::mt19937 random_;
};

TEST_F(Native, round_trip_keeps_everything) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    const TraceStore trace = Generator(seed).trace();
    save_native(trace, at("trace"));
    EXPECT_TRUE(are_equal(load_trace(at("trace")), trace)) << "seed " << seed;
  }
}

TEST_F(Native, round_trip_keeps_the_samples_in_both_clocks) {
  for (const Clock clock : {Clock::nanoseconds, Clock::steps}) {
    for (const TraceStore& trace :
         {sample::safe_trace(clock), sample::use_after_free_trace(clock), TraceStore()}) {
      save_native(trace, at("trace"));
      EXPECT_TRUE(are_equal(load_trace(at("trace")), trace));
    }
  }
}

TEST_F(Native, same_trace_gives_the_same_bytes) {
  save_native(sample::safe_trace(), at("a"));
  save_native(sample::safe_trace(), at("b"));
  for (const char* file : {"metadata", "events", "definitions"}) {
    EXPECT_EQ(read(at("a") / file), read(at("b") / file)) << file;
  }
}

TEST_F(Native, different_content_gives_another_uuid) {
  const auto uuid = [this](const TraceStore& trace) {
    save_native(trace, at("trace"));
    const std::string metadata = read(at("trace") / "metadata");
    return metadata.substr(ctf::find_uuid(metadata), 36);
  };
  EXPECT_NE(uuid(sample::safe_trace()), uuid(sample::use_after_free_trace()));
  EXPECT_NE(uuid(sample::safe_trace()), uuid(sample::safe_trace(Clock::steps)));
}

// --- damage ---

ctf::Files small_files() {
  return ctf::encode(sample::use_after_free_trace(Clock::steps).slice(30, 53));
}

constexpr std::array<std::string ctf::Files::*, 3> parts = {
    &ctf::Files::metadata, &ctf::Files::events, &ctf::Files::definitions};

TEST_F(Native, every_truncation_is_an_error) {
  const ctf::Files whole = small_files();
  for (const auto part : parts) {
    for (std::size_t length = 0; length < (whole.*part).size(); ++length) {
      ctf::Files cut = whole;
      (cut.*part).resize(length);
      EXPECT_THROW(ctf::decode(cut, "t"), TraceFormatError) << length;
    }
  }
}

TEST_F(Native, every_flipped_bit_is_an_error) {
  const ctf::Files whole = small_files();
  std::mt19937 random(1);
  for (const auto part : parts) {
    for (std::size_t byte = 0; byte < (whole.*part).size(); ++byte) {
      ctf::Files flipped = whole;
      char& c = (flipped.*part)[byte];
      c = static_cast<char>(c ^ (1 << random() % 8));
      EXPECT_THROW(ctf::decode(flipped, "t"), TraceFormatError) << byte;
    }
  }
}

TEST_F(Native, random_bytes_never_crash_the_reader) {
  std::mt19937 random(2);
  const ctf::Files whole = small_files();
  for (int round = 0; round < 3000; ++round) {
    ctf::Files files = whole;
    for (int i = 0; i < 8; ++i) {
      std::string& bytes = files.*parts[random() % 3];
      bytes[random() % bytes.size()] = static_cast<char>(random() % 4 == 0 ? 0xff : random());
    }
    EXPECT_THROW(ctf::decode(files, "t"), TraceFormatError);
  }
}

TEST_F(Native, a_huge_length_allocates_nothing) {
  ctf::Files files = small_files();
  const std::size_t counts = sizeof(ctf::PacketHeader) + 12;  // the count of actors
  const std::uint32_t huge = 0xffffffff;
  std::memcpy(files.definitions.data() + counts, &huge, sizeof(huge));
  EXPECT_THROW(ctf::decode(files, "t"), TraceFormatError);
  files = small_files();
  const std::size_t first_name = sizeof(ctf::PacketHeader) + sizeof(ctf::DefinitionHeader);
  std::memcpy(files.definitions.data() + first_name, &huge, sizeof(huge));
  EXPECT_THROW(ctf::decode(files, "t"), TraceFormatError);
}

TEST_F(Native, an_error_names_the_file_the_byte_and_what_was_expected) {
  save_native(sample::safe_trace(), at("trace"));
  std::string events = read(at("trace") / "events");
  events.resize(events.size() - 5);
  write(at("trace") / "events", events);
  try {
    load_trace(at("trace"));
    FAIL() << "no error";
  } catch (const TraceFormatError& error) {
    EXPECT_EQ(error.path(), (at("trace") / "events").string());
    EXPECT_EQ(error.byte_offset(), 48u);
    EXPECT_EQ(error.expected(), "a packet that ends within the file");
  }
}

TEST_F(Native, a_missing_part_is_a_format_error) {
  for (const char* part : {"events", "definitions"}) {
    save_native(sample::safe_trace(), at("trace"));
    fs::remove(at("trace") / part);
    EXPECT_THROW(load_trace(at("trace")), TraceFormatError) << part;
    fs::remove_all(at("trace"));
  }
}

// --- other paths ---

TEST_F(Native, a_missing_path_is_no_such_file) {
  try {
    load_trace(at("nothing"));
    FAIL() << "no error";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
    EXPECT_NE(std::string(error.what()).find("nothing"), std::string::npos);
  }
  EXPECT_THROW(save_native(sample::safe_trace(), at("nothing") / "below"), std::system_error);
}

TEST_F(Native, foreign_content_is_refused_with_the_list_of_formats) {
  write(at("text"), "hello");
  write(at("empty"), "");
  fs::create_directory(at("folder"));
  fs::create_directory(at("lttng"));
  write(at("lttng") / "metadata", "/* CTF 1.8 */\n\ntypealias integer");
  for (const char* name : {"text", "empty", "folder", "lttng"}) {
    try {
      load_trace(at(name));
      FAIL() << name;
    } catch (const TraceFormatError& error) {
      EXPECT_NE(error.expected().find("native"), std::string::npos) << error.what();
    }
  }
}

TEST_F(Native, a_save_replaces_an_older_trace_and_leaves_nothing_else_behind) {
  save_native(sample::safe_trace(), at("trace"));
  save_native(sample::use_after_free_trace(), at("trace/"));
  EXPECT_TRUE(are_equal(load_trace(at("trace")), sample::use_after_free_trace()));
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_), {}), 1);
}

TEST_F(Native, a_save_leaves_alone_what_is_no_trace) {
  write(at("text"), "precious");
  fs::create_directory(at("folder"));
  save_native(sample::safe_trace(), at("annotated"));
  write(at("annotated") / "notes.txt", "precious");
  for (const char* name : {"text", "folder", "annotated", ".", ""}) {
    EXPECT_THROW(save_native(sample::use_after_free_trace(), at(name)), UsageError) << name;
  }
  EXPECT_EQ(read(at("text")), "precious");
  EXPECT_EQ(read(at("annotated") / "notes.txt"), "precious");
  EXPECT_TRUE(are_equal(load_trace(at("annotated")), sample::safe_trace()));
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_), {}), 3);
}

TEST_F(Native, a_link_to_a_trace_stays_a_link) {
  save_native(sample::safe_trace(), at("trace"));
  fs::create_directory_symlink(at("trace"), at("link"));
  save_native(sample::use_after_free_trace(), at("link"));
  EXPECT_TRUE(fs::is_symlink(at("link")));
  EXPECT_TRUE(are_equal(load_trace(at("trace")), sample::use_after_free_trace()));
}

TEST_F(Native, what_the_records_cannot_hold_is_refused_before_anything_is_written) {
  TraceColumns columns = sample::safe_trace().columns();
  columns.cpu.back() = 40000;
  const TraceStore wide(Clock::steps, columns, sample::safe_trace().names(), 0);
  EXPECT_THROW(save_native(wide, at("trace")), UsageError);
  columns.cpu.back() = 0;
  columns.time.front() = -1;
  const TraceStore early(Clock::steps, columns, sample::safe_trace().names(), 0);
  EXPECT_THROW(save_native(early, at("trace")), UsageError);
  EXPECT_TRUE(fs::is_empty(directory_));
}

TEST_F(Native, packets_have_bounded_size) {
  TraceBuilder builder(Clock::steps);
  for (int i = 0; i < 10'000; ++i) {
    Event event;
    event.time = i;
    event.value = builder.intern("text number " + std::to_string(i)).value;
    event.kind = EventKind::note;
    builder.add(event);
  }
  const ctf::Files files = ctf::encode(builder.build());
  for (const std::string* stream : {&files.events, &files.definitions}) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < stream->size(); ++count) {
      ctf::PacketHeader header;
      std::memcpy(&header, stream->data() + at, sizeof(header));
      EXPECT_LE(header.packet_bits / 8, 70'000u);
      at += header.packet_bits / 8;
    }
    EXPECT_GT(count, 2u);
  }
}

// --- other tools ---

struct ToolResult {
  int status = 0;
  std::string output;
};

ToolResult run(const std::string& command) {
  ToolResult result;
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  std::array<char, 4096> buffer{};
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    result.output.append(buffer.data(), count);
  }
  result.status = pclose(pipe);
  return result;
}

TEST_F(Native, babeltrace2_shows_every_event_without_a_warning) {
  if (run("babeltrace2 --version").status != 0) GTEST_SKIP() << "babeltrace2 is not installed";
  std::vector<TraceStore> traces = {TraceStore(), sample::safe_trace(),
                                    sample::use_after_free_trace(Clock::steps)};
  for (std::uint32_t seed = 0; seed < 12; ++seed) {
    const TraceStore trace = Generator(seed).trace();
    // Lost events are reported by babeltrace2 in words of its own.
    traces.emplace_back(trace.clock(), trace.columns(), trace.names(), 0);
  }
  for (const TraceStore& trace : traces) {
    save_native(trace, at("trace"));
    const ToolResult result = run("babeltrace2 '" + at("trace").string() + "'");
    EXPECT_EQ(result.status, 0) << result.output;
    std::size_t lines = 0;
    std::istringstream text(result.output);
    for (std::string line; std::getline(text, line); ++lines) {
      EXPECT_NE(line.find(" rcuscope:"), std::string::npos) << line;
    }
    EXPECT_EQ(lines, trace.size());
  }
}

TEST_F(Native, babeltrace2_shows_names_instead_of_ids) {
  if (run("babeltrace2 --version").status != 0) GTEST_SKIP() << "babeltrace2 is not installed";
  save_native(sample::use_after_free_trace(), at("trace"));
  const std::string output = run("babeltrace2 '" + at("trace").string() + "'").output;
  EXPECT_NE(
      output.find("rcuscope:kfree: { flags = 0x0, actor = ( \"iommu_group_remove_device\" : "
                  "container = 1 ), cpu = 0 }, { value = 0, freed_object = ( \"gdev 01:00.1\""),
      std::string::npos)
      << output;
  EXPECT_NE(output.find("finding_kind = ( \"use_after_free\""), std::string::npos);
}

}  // namespace
}  // namespace rcuscope
