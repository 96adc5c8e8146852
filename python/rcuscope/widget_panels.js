// SPDX-License-Identifier: LGPL-2.1-or-later
// State and memory at the playhead, beside the timeline of widget.js.
//
// A small trace brings all of them along in about.states. Of a large one, Python is asked: one question
// at a time, so that the answers keep up with a reader who scrubs. Until the answer is there, the panels
// keep what was known last, and say of which time it is.

import { element, RED, timeText, upperBound } from "./widget_parts.js";

const KNOWN_MAX = 200; // answers that are kept
const PATIENCE_MS = 5000; // then a question counts as lost: an interrupted kernel answers nothing

export const PANELS_CSS = `
.rcuscope .world{margin-bottom:6px} .rcuscope .late{opacity:.55}
.rcuscope h5{margin:6px 0 1px;font-size:10px;font-weight:600;opacity:.7}
.rcuscope .line{overflow-wrap:anywhere} .rcuscope .faint{opacity:.65}
.rcuscope .pointer{margin-right:10px} .rcuscope .cards{max-height:22em;overflow:auto}
.rcuscope .card{border-left:3px solid #8B97A3;padding:1px 0 2px 7px;margin:4px 0}
.rcuscope .card .top{display:flex;gap:8px;align-items:baseline;flex-wrap:wrap}
.rcuscope .card s{opacity:.75} .rcuscope .count{margin-left:auto;white-space:nowrap}
.rcuscope .chain{display:flex;flex-wrap:wrap;gap:2px 4px}
.rcuscope .entry{border:1px solid #8B97A399;border-radius:4px;padding:0 4px}
.rcuscope .good{border-color:#128A66} .rcuscope .waiting{border-color:#C98A12}
.rcuscope .error{border-color:${RED}} .rcuscope .reader{border-color:#2F7FD1}
.rcuscope .poison{color:${RED};font-weight:600} .rcuscope .stale{color:#B26B00;font-weight:600}
[data-jp-theme-light=false] .rcuscope .stale{color:#E5A83B}
[data-jp-theme-light=false] .rcuscope :is(.poison,.freed){color:#FF7A85}`;

/** A heading with lines below it; none without lines. */
function section(root, title, lines) {
  if (!lines.length) return;
  element(root, "h5", "", title);
  for (const line of lines) element(root, "div", "line", line);
}

function chain(root, [title, entries]) {
  element(root, "h5", "", title);
  const row = element(root, "div", "chain");
  element(row, "span", "", "head →");
  for (const entry of entries) {
    element(row, "span", "entry", entry);
    element(row, "span", "", "→");
  }
  element(row, "span", "", "head");
}

function pointer(row, name, [target, wrong]) {
  if (!target) return;
  const made = element(row, "span", "pointer", `${name} → `);
  element(made, "span", wrong.split(",")[0], wrong && wrong !== "poison" ? `${target} (${wrong})` : target);
  row.append(" ");
}

function card(root, one) {
  const made = element(root, "div", `card ${one.tone}`);
  const top = element(made, "div", "top");
  element(top, one.struck ? "s" : "b", "", one.title);
  element(top, "span", one.tone === "error" ? "freed" : "", one.state);
  if (one.references !== null) element(top, "span", "count", `refcount ${one.references}`);
  if (one.next[0] || one.previous[0]) {
    const row = element(made, "div", "line");
    pointer(row, "next", one.next);
    pointer(row, "prev", one.previous);
  }
  if (one.held) element(made, "div", "line faint", one.held);
}

/** The three panels beside the timeline: their lists, and the places of WorldPanels. */
export function makePanels(root) {
  const panels = ["What happens", "State", "Memory"].map((title) => {
    const panel = element(root, "div");
    return { panel, heading: element(panel, "h4", "", title) };
  });
  const [happens, state, memory] = panels.map(({ panel }) => panel);
  const list = (panel) => element(panel, "ul");
  const where = list(state);
  const places = {
    heading: element(panels[1].heading, "span"),
    state: element(state, "div", "world state"),
    memory: element(memory, "div", "world memory"),
  };
  return { lists: [list(happens), where, list(memory)], places };
}

export class WorldPanels {
  /** `state` and `memory` are the places to draw in; `heading` tells of which time they are. */
  constructor(model, { state, memory, heading }) {
    Object.assign(this, { model, state, memory, heading });
  }

  load(about) {
    this.about = about;
    this.known = new Map();
    this.pending = null;
    this.drawn = null;
    this.latest = null;
  }

  find(time) {
    const { states } = this.about;
    if (!states) return this.known.get(time);
    return states.panels[upperBound(states.times, time) - 1];
  }

  ask(time) {
    const now = performance.now();
    if (this.pending && now - this.pending.since < PATIENCE_MS) return;
    this.pending = { time, since: now };
    this.model.send?.({ kind: "panels", time });
  }

  answer({ time, panels }) {
    if (this.pending?.time !== time) return; // of a trace that was replaced, or given up
    this.pending = null;
    this.known.set(time, panels);
    if (this.known.size > KNOWN_MAX) this.known.delete(this.known.keys().next().value);
    this.latest = { time, panels };
  }

  /** Draws the panels of that time, or what is known instead; returns what is drawn, or null. */
  show(time) {
    const found = this.find(time);
    if (found) this.latest = { time, panels: found };
    else this.ask(time);
    const late = !found;
    const when = this.latest ? `as of ${timeText(this.about, this.latest.time)}` : "Python is asked";
    this.heading.textContent = late ? ` (${when})` : "";
    for (const root of [this.state, this.memory]) root.classList.toggle("late", late);
    const panels = this.latest?.panels ?? null;
    if (panels && panels !== this.drawn) this.draw(panels);
    return panels;
  }

  draw(panels) {
    this.drawn = panels;
    this.state.replaceChildren();
    section(this.state, "RCU", panels.rcu);
    section(this.state, "Locks", panels.locks.length ? panels.locks : ["none held"]);
    const counted = panels.cards.filter((one) => one.references !== null);
    section(this.state, "Reference counts", counted.map((one) =>
      `${one.title}: ${one.references}${one.users ? ` (${one.users})` : ""}`));
    this.memory.replaceChildren();
    for (const list of panels.lists) chain(this.memory, list);
    const { lists_left_out } = panels;
    if (lists_left_out) element(this.memory, "div", "line", `... and ${lists_left_out} more lists`);
    if (panels.cards.length) element(this.memory, "h5", "", "Objects");
    const cards = element(this.memory, "div", "cards");
    for (const one of panels.cards) card(cards, one);
    if (panels.left_out) element(cards, "div", "line", `... and ${panels.left_out} more objects`);
  }
}
