// SPDX-License-Identifier: LGPL-2.1-or-later
// What the timeline of widget.js is made of: colours, style, and small functions.

export const HEAD = 150; // pixels of the lanes' names
export const LANE = 44;
export const RULER = 22;
export const TICK_MS = 250; // of one step at speed 1
export const LINES_MAX = 200; // of a panel

// By rs.SpanKind: fill, edge, top and height as shares of the lane.
export const SPANS = [
  ["#CBD2DA", null, 0.48, 0.04],
  ["#2F7FD1", null, 0.32, 0.36],
  ["#2F7FD18C", null, 0.42, 0.16],
  ["#C98A1240", "#C98A12", 0.2, 0.6],
  ["#8F80C040", "#8F80C0", 0.3, 0.4],
  ["#7454CF38", "#7454CF", 0.22, 0.56],
  ["#7454CF70", "#7454CF", 0.26, 0.48],
  ["#128A66", null, 0.32, 0.36],
  ["#D2552B38", "#D2552B", 0.3, 0.4],
  ["#D2552B", null, 0.36, 0.28],
];
export const RED = "#D32F41";
export const MARKS = ["#8B97A3", "#128A66", "#D2552B", "#55626F", "#128A66", RED];
export const MEMORY = ["", "allocated", "linked", "unlinked", "freed"];
const TYPES = { f8: Float64Array, i4: Int32Array, u1: Uint8Array };

export const CSS = `
.rcuscope{font:12px/1.45 Inter,"Segoe UI",sans-serif;color:var(--jp-content-font-color1,#1B242D);
 background:var(--jp-layout-color0,#fff);border:1px solid var(--jp-border-color1,#CBD2DA);
 border-radius:8px;padding:10px;outline-offset:2px}
.rcuscope .bar{display:flex;gap:6px;align-items:center;flex-wrap:wrap}
.rcuscope .bar input[type=range]{flex:1;min-width:120px}
.rcuscope button{font:inherit;min-width:30px;padding:2px 8px;cursor:pointer}
.rcuscope canvas{display:block;width:100%;margin:8px 0;touch-action:none;cursor:crosshair}
.rcuscope .panels{display:grid;grid-template-columns:1.2fr 1fr 1.2fr;gap:10px}
.rcuscope h4{margin:0 0 2px;font-size:11px;font-weight:600;opacity:.7}
.rcuscope ul{margin:0;padding:0;list-style:none;max-height:12em;overflow:auto}
.rcuscope .panels>:first-child ul{max-height:26em}
.rcuscope .freed{color:${RED}} .rcuscope .gone{text-decoration:line-through} .rcuscope .now{font-weight:600}
.rcuscope .hover{min-height:1.5em;white-space:pre-line}
@media(max-width:700px){.rcuscope .panels{grid-template-columns:1fr}}`;

/** First position whose value is above `value`; values ascend. Of `chosen` indices, if given. */
export function upperBound(values, value, chosen = null) {
  let low = 0;
  let high = (chosen ?? values).length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[chosen ? chosen[middle] : middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The columns as typed arrays; a front end gives DataViews. */
export function decode(columns) {
  const tables = {};
  for (const [name, value] of Object.entries(columns)) {
    const type = TYPES[name.slice(-2)];
    const plain = name.slice(0, -3);
    if (Array.isArray(value)) tables[plain] = type.from(value);
    else {
      const from = value.byteOffset ?? 0;
      tables[plain] = new type((value.buffer ?? value).slice(from, from + value.byteLength));
    }
  }
  return tables;
}

/** The events that change the state of an object's memory. */
export function memoryEvents(data) {
  return Int32Array.from(data.event_memory.keys()).filter((i) => data.event_memory[i]);
}

/** Last state of each object at a time: a map from object to an index of MEMORY. */
export function memoryAt(data, changes, time) {
  const states = new Map();
  const end = upperBound(data.event_time, time, changes);
  for (let n = 0; n < end; n++) states.set(data.event_object[changes[n]], data.event_memory[changes[n]]);
  return states;
}

/** Distinct times of events: what one step goes to. */
export function stops(times) {
  return times.filter((time, i) => i === 0 || time !== times[i - 1]);
}

export function element(parent, tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  parent.append(made);
  return made;
}

export function timeText(about, time) {
  if (about.clock === "steps") return `step ${time + about.start}`;
  // One unit for the whole trace, so that times can be compared.
  const [unit, size] = about.end < 1e7 ? ["µs", 1e3] : about.end < 1e10 ? ["ms", 1e6] : ["s", 1e9];
  return `${(time / size).toLocaleString("en", { maximumFractionDigits: Math.log10(size) })} ${unit}`;
}
