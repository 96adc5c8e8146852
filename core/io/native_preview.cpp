// SPDX-License-Identifier: LGPL-2.1-or-later
// Whole packets from the front of the events file, decoded as if it had been cut there.
#include "io/native_preview.h"

#include <string>
#include <utility>

#include "io/ctf.h"
#include "io/file.h"
#include "io/native.h"

namespace rcuscope {

std::optional<TraceStore> first_events(const std::filesystem::path& path,
                                       std::size_t event_count_max) {
  if (!is_native(path)) return std::nullopt;
  const std::filesystem::path events = path / ctf::events_name;
  const std::size_t packet_count = event_count_max / ctf::events_per_packet + 1;
  const std::size_t bytes =
      packet_count * (sizeof(ctf::PacketHeader) + ctf::events_per_packet * sizeof(Event));
  if (std::filesystem::file_size(events) <= bytes) return std::nullopt;
  const ctf::Files files{io::read_file(path / ctf::metadata_name), io::read_start(events, bytes),
                         io::read_file(path / ctf::definitions_name)};
  const TraceStore cut = ctf::decode(files, path, ctf::Reading::recover);
  TraceNames names = cut.names();
  const auto recovered = names.metadata.extract("recovered");
  if (recovered.empty()) return std::nullopt;
  names.metadata["preview"] = recovered.mapped();
  // What was not read is not lost.
  return TraceStore(cut.clock(), cut.columns(), std::move(names), 0);
}

}  // namespace rcuscope
