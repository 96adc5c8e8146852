// SPDX-License-Identifier: LGPL-2.1-or-later
// libFuzzer target of the reader of native traces, in both ways of reading. One input holds three
// files: two lengths of 32 bits, metadata, events, definitions.
//
// `fuzz_ctf --seeds DIRECTORY` writes the seed corpus.
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/sample_trace.h"
#include "fuzz/show.h"
#include "io/file.h"

namespace rcuscope::fuzz {
namespace {

std::string join(const ctf::Files& files) {
  const std::uint32_t lengths[] = {static_cast<std::uint32_t>(files.metadata.size()),
                                   static_cast<std::uint32_t>(files.events.size())};
  return std::string(reinterpret_cast<const char*>(lengths), sizeof(lengths)) + files.metadata +
         files.events + files.definitions;
}

ctf::Files split(std::string_view input) {
  std::uint32_t lengths[2] = {};
  std::memcpy(lengths, input.data(), std::min(input.size(), sizeof(lengths)));
  input.remove_prefix(std::min(input.size(), sizeof(lengths)));
  const auto take = [&input](std::size_t length) {
    const std::string part(input.substr(0, length));
    input.remove_prefix(part.size());
    return part;
  };
  ctf::Files files;
  files.metadata = take(lengths[0]);
  files.events = take(lengths[1]);
  files.definitions = take(input.size());
  return files;
}

void read(const ctf::Files& files, ctf::Reading reading) {
  try {
    show(ctf::decode(files, "fuzz.ctf", reading));
  } catch (const TraceFormatError& error) {
    require(error.byte_offset() <=
            std::max({files.metadata.size(), files.events.size(), files.definitions.size()}));
  }
}

/// A recording that was cut off, with packets that overlap in time.
ctf::Files unfinished(const TraceStore& trace) {
  TraceNames names = trace.names();
  names.metadata[ctf::unfinished_key] = "yes";
  names.places.clear();
  ctf::Files files = ctf::encode(TraceStore(trace.clock(), {}, std::move(names), 0));
  const ctf::Uuid uuid = ctf::uuid_of(files.definitions);
  files.events.clear();
  for (const std::size_t first : {std::size_t{1}, std::size_t{0}}) {  // every other event each
    std::vector<Event> events;
    for (std::size_t i = first; i < trace.size(); i += 2) {
      Event event;
      event.time = trace.time(i);
      event.kind = trace.kind(i);
      event.actor = static_cast<std::uint16_t>(std::max(trace.columns().actor[i], 0));
      event.object.value = trace.columns().object[i];
      event.value = trace.columns().value[i];
      event.grace_period.value = trace.columns().grace_period[i];
      events.push_back(event);
    }
    files.events += ctf::encode_packet(events, 3, uuid);
  }
  return files;
}

void write_seeds(const std::filesystem::path& directory) {
  io::write_file(directory / "safe", join(ctf::encode(sample::safe_trace())));
  io::write_file(directory / "use_after_free", join(ctf::encode(sample::use_after_free_trace())));
  io::write_file(directory / "unfinished", join(unfinished(sample::safe_trace())));
  io::write_file(directory / "empty", join(ctf::encode(TraceBuilder(Clock::steps).build())));
}

}  // namespace
}  // namespace rcuscope::fuzz

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  if (*argc != 3 || std::string_view((*argv)[1]) != "--seeds") return 0;
  rcuscope::fuzz::write_seeds((*argv)[2]);
  std::exit(0);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rcuscope;
  const ctf::Files files = fuzz::split({reinterpret_cast<const char*>(data), size});
  fuzz::read(files, ctf::Reading::whole);
  fuzz::read(files, ctf::Reading::recover);
  return 0;
}
