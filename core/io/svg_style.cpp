// SPDX-License-Identifier: LGPL-2.1-or-later
// Colours stand here and nowhere else in the SVG. One red only, for errors.
#include "io/svg_style.h"

#include <cstdint>

#include "io/svg_text.h"

namespace rcuscope::svg {
namespace {

constexpr const char* rules = R"(
text{font:500 11.5px Inter,"Helvetica Neue",Arial,"Liberation Sans",sans-serif;fill:#1B242D}
.ground{fill:#FFFFFF;stroke:#CBD2DA}
.row-a{fill:#F6F7F9}.row-b{fill:#F0F2F5}
.head{fill:#FFFFFF}
.fold{fill:#55626F;fill-opacity:.07}.cut{stroke:#8B97A3;stroke-dasharray:2 3}
.line{stroke:#E3E7EC}.strong-line{stroke:#CBD2DA}
.edge-atomic{fill:#55626F}.edge{fill:#CBD2DA}
.title{font-size:17px;font-weight:600}
.subtitle,.still{font-size:12px;fill:#55626F}.message{font-weight:600;fill:#D32F41}
.lane-name{font-size:13px}
.cpu{font-size:10.5px;font-weight:600;fill:#55626F}
.quiet{font-size:10.5px;fill:#8B97A3}
.pill{fill:#FFFFFF;stroke:#CBD2DA}.pill-text{font-size:10.5px;fill:#55626F}
.small{font-size:10.5px}
.dark,.grey{fill:#55626F}.on-dark{fill:#FFFFFF}.on-pale{fill:#2C4F73}
.amber{fill:#9A6A08}.violet{fill:#5B3DB0}.green{fill:#0F6F52}.orange{fill:#B8431F}
.blue{fill:#1668C7}.red{fill:#D32F41}
.alert{font-size:13px;font-weight:600;fill:#FFFFFF}
.halo{paint-order:stroke;stroke:#F6F7F9;stroke-width:3px;stroke-linejoin:round}
.verdict{font-size:12.5px;font-weight:600}
.ok{fill:#E3F3EC}.ok-text{fill:#0F6F52}.ok-dot{fill:#128A66}
.bad{fill:#FBE4E6}.bad-text,.bad-dot{fill:#D32F41}
.open{fill:#F0F2F5}.open-text{fill:#55626F}.open-dot{fill:#8B97A3}
.band{fill:#C98A12;fill-opacity:.09}.band-line{stroke:#C98A12;stroke-opacity:.75}
.strip{fill:#C98A12;fill-opacity:.2}
.bar-actor{fill:#CBD2DA}
.bar-reader{fill:#2F7FD1}.bar-later{fill:#A9C6E4}
.bar-implicit{fill:#2F7FD1;fill-opacity:.55}.bar-later-implicit{fill:#A9C6E4;fill-opacity:.6}
.bar-grace{fill:#C98A12;fill-opacity:.16;stroke:#C98A12;stroke-width:1.2}
.bar-blocked{fill:url(#hatch-ID);stroke:#8F80C0}
.bar-mutex{fill:#E1DAF4;stroke:#7454CF;stroke-width:1.2}
.bar-callback{fill:#128A66}.bar-release{fill:#D2552B}
.bar-work{fill:#F8DFD7;stroke:#D2552B;stroke-width:1}
.bar-error{fill:url(#broken-ID);stroke:#D32F41}
.inferred{stroke-dasharray:3 2;stroke:#55626F}
.put{fill:#D2552B;stroke:#FFFFFF;stroke-width:1.4}.put-hollow{fill:#FFFFFF;stroke:#D2552B;stroke-width:1.6}
.ring{fill:#FFFFFF;stroke:#128A66;stroke-width:4}
.cross{fill:#FFFFFF;stroke:#55626F;stroke-width:1.4}.cross-error{fill:#FFFFFF;stroke:#D32F41;stroke-width:1.6}
.dot{fill:#D2552B}.alert-disc{fill:#D32F41;stroke:#FFFFFF;stroke-width:1.5}
.pin{stroke:#1B242D;stroke-width:1.6}
.pin-add{fill:#FFFFFF;stroke:#128A66;stroke-width:2}.pin-del{fill:#FFFFFF;stroke:#D2552B;stroke-width:2}
.pin-other{fill:#FFFFFF;stroke:#55626F;stroke-width:1.6}
.badge{fill:#C98A12;stroke:#F6F7F9;stroke-width:1.5}.badge-text{font-size:10px;font-weight:600;fill:#FFFFFF}
.plate{fill:#FFFFFF;stroke:#CBD2DA}.plate-green{stroke:#128A66}.plate-orange{stroke:#D2552B}
.plate-red{stroke:#D32F41}.plate-bar{fill:#FFFFFF;fill-opacity:.88}.plate-ground{fill:#F6F7F9;fill-opacity:.85}.plate-alert{fill:#D32F41}
.curve{fill:none;stroke-width:1.5}
.curve-callback{stroke:#128A66}.curve-work{stroke:#D2552B}.curve-grace{stroke:#C98A12}
.curve-reader{stroke:#2F7FD1;stroke-width:1;stroke-dasharray:2 3;stroke-opacity:.8}
.curve-freed{stroke:#D32F41;stroke-width:1.8}
.veil{fill:#F6F7F9;fill-opacity:.64}
.playhead line{stroke:#1B242D;stroke-width:1.6}.playhead path{fill:#1B242D}
.caption{font-size:13px}
.animated{visibility:hidden}
)";

/// Everything right of the playhead is the future and pale: one veil that travels, and captions.
constexpr const char* moving_rules = R"(
.animated{visibility:visible}
.travel{animation:travel-ID DURATION linear infinite}
.caption{opacity:0;animation-duration:DURATION;animation-timing-function:step-end;animation-iteration-count:infinite}
.pop{transform-box:fill-box;transform-origin:center;animation:pop-ID DURATION ease-out infinite}
)";

constexpr const char* key_frames = R"(
@keyframes travel-ID{0%{transform:translateX(0)}SHARE%,100%{transform:translateX(TRAVELpx)}}
@keyframes pop-ID{0%{transform:scale(1.7)}4%,100%{transform:scale(1)}}
)";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), by);
    at += by.size();
  }
  return text;
}

/// Puts "#id " before each selector of rules without nesting.
std::string scoped(const std::string& text, const std::string& id) {
  std::string out;
  bool is_selector_start = true;
  int depth = 0;
  for (const char c : text) {
    if (is_selector_start && c != '\n') {
      out += "#" + id + " ";
      is_selector_start = false;
    }
    out += c;
    if (c == '{') ++depth;
    if (c == '}') --depth;
    if (c == '}' || (c == ',' && depth == 0)) is_selector_start = true;
  }
  return out;
}

std::string arrow_head(const std::string& name, const std::string& colour) {
  return "<marker id=\"" + name +
         "\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" "
         "markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0.5L8 4L0 7.5Z\" fill=\"" +
         colour + "\"/></marker>\n";
}

std::string hatch(const std::string& name, const std::string& colour, const std::string& ground) {
  return "<pattern id=\"" + name +
         "\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
         "patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" fill=\"" +
         ground + "\"/><rect width=\"2\" height=\"6\" fill=\"" + colour + "\"/></pattern>\n";
}

}  // namespace

std::string picture_id(const TraceStore& trace) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  const auto add = [&hash](std::uint64_t word) {
    for (int i = 0; i < 8; ++i) hash = (hash ^ (word >> (8 * i) & 0xff)) * 0x100000001b3;
  };
  for (EventIndex i = 0; i < trace.size(); ++i) {
    add(static_cast<std::uint64_t>(trace.time(i)));
    add(static_cast<std::uint64_t>(trace.columns().kind[i]) << 32 |
        static_cast<std::uint32_t>(trace.columns().actor[i]));
  }
  for (const auto& [key, value] : trace.names().metadata) {
    for (const char c : key + value) add(static_cast<unsigned char>(c));
  }
  constexpr const char* digits = "0123456789abcdef";
  std::string id = "rcuscope-";
  for (int i = 0; i < 8; ++i) id += digits[hash >> (8 * i) & 15];
  return id;
}

std::string style_sheet(const std::string& id, double travel_px) {
  std::string text = "<style>" + scoped(rules, id) +
                     "@media (prefers-reduced-motion:no-preference){" + scoped(moving_rules, id) +
                     "}" + key_frames + "</style>\n";
  text = replaced(text, "DURATION", number(play_seconds) + "s");
  text = replaced(text, "SHARE", number(play_share * 100));
  text = replaced(text, "TRAVEL", number(travel_px));
  return replaced(text, "-ID", "-" + id);
}

std::string definitions(const std::string& id) {
  return "<defs>\n" + hatch("hatch-" + id, "#C9C2E2", "#EFECF7") +
         hatch("broken-" + id, "#D32F41", "#F7C9CE") + arrow_head("callback-" + id, "#128A66") +
         arrow_head("work-" + id, "#D2552B") + arrow_head("grace-" + id, "#C98A12") +
         arrow_head("freed-" + id, "#D32F41") + "</defs>\n";
}

}  // namespace rcuscope::svg
