// SPDX-License-Identifier: LGPL-2.1-or-later
// The words of a verdict, from the trace's metadata.
#include "trace/verdict_text.h"

#include <cctype>

#include "trace/words.h"

namespace rcuscope {
namespace {

std::string_view metadata(const TraceStore& trace, const char* key) {
  const auto found = trace.names().metadata.find(key);
  return found == trace.names().metadata.end() ? std::string_view() : found->second;
}

/// "use_after_free" -> "USE AFTER FREE".
std::string in_capitals(std::string_view name) {
  std::string text;
  for (const char c : name)
    text += c == '_' ? ' ' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

std::string searched_text(std::uint64_t showing, std::uint64_t all) {
  if (showing == 0) return "";
  return with_thousands(std::to_string(showing)) + " of " + with_thousands(std::to_string(all)) +
         (all == 1 ? " schedule" : " schedules");
}

VerdictText verdict_text(const TraceStore& trace, std::string_view searched) {
  VerdictText text;
  std::string_view finding = metadata(trace, "finding");
  finding = finding.substr(0, finding.find_first_of(":,;"));
  text.word = metadata(trace, "verdict");
  if (text.word.empty() && !finding.empty()) text.word = "UNSAFE";  // one is enough for that
  if (text.word.empty()) return text;
  text.detail = searched;
  if (text.word.starts_with("SAFE")) text.sense = VerdictText::Sense::good;
  if (text.word != "UNSAFE") return text;
  text.sense = VerdictText::Sense::bad;
  if (!finding.empty()) text.word = in_capitals(finding);
  return text;
}

}  // namespace rcuscope
