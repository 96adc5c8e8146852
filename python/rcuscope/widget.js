// SPDX-License-Identifier: LGPL-2.1-or-later
// The timeline in a notebook. anywidget's front ends take one module: widget.py puts widget_parts.js and
// widget_panels.js in the place of the imports.
//
// The model has `about` (lanes, objects, sentences), `columns` (binary), and what Python and the
// reader share: `position` (of the playhead) and `range` (two times, or null). Times are relative to
// about.start: those of a clock in ns need not fit into a double.

import {
  CSS,
  decode,
  element,
  HEAD,
  LANE,
  LINES_MAX,
  MARKS,
  MEMORY,
  memoryAt,
  memoryEvents,
  RED,
  RULER,
  SPANS,
  stops,
  TICK_MS,
  timeText,
  upperBound,
} from "./widget_parts.js";
import { makePanels, PANELS_CSS, WorldPanels } from "./widget_panels.js";

class Timeline {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.about = model.get("about");
    this.makeControls();
    this.load();
    this.listen();
    this.showAll();
    this.update();
  }

  load() {
    this.about = this.model.get("about");
    this.data = decode(this.model.get("columns"));
    this.memory = memoryEvents(this.data);
    this.stops = stops(this.data.event_time);
    this.length = Math.max(1, this.about.end - this.about.start);
    this.slider.max = this.length;
    this.world.load(this.about);
    this.asked = new Map(); // sentences that Python was asked for, by time
  }

  get time() {
    return this.model.get("position");
  }

  set time(value) {
    this.model.set("position", this.within(value)); // and "change:position" updates the picture
    this.model.save_changes();
  }

  /** The nearest whole time of the trace. */
  within(value) {
    return Math.min(Math.max(0, Math.round(value)), this.about.end - this.about.start);
  }

  makeControls() {
    const { root } = this;
    root.classList.add("rcuscope");
    root.tabIndex = 0;
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", `Timeline of ${this.about.title}`);
    element(root, "style", "", CSS + PANELS_CSS);
    const bar = element(root, "div", "bar");
    const button = (name, text, label, act) => {
      const made = element(bar, "button", name, text);
      made.title = label;
      made.setAttribute("aria-label", label);
      made.addEventListener("click", act);
      return made;
    };
    button("back", "◀", "one step back (left arrow)", () => this.stepBy(-1));
    this.playButton = button("play", "▶", "play or pause (space)", () => this.togglePlay());
    button("forward", "▶|", "one step on (right arrow)", () => this.stepBy(1));
    this.slider = element(bar, "input", "scrub");
    Object.assign(this.slider, { type: "range", min: 0, step: "any" });
    this.slider.setAttribute("aria-label", "time");
    this.slider.addEventListener("input", () => (this.time = Number(this.slider.value)));
    this.clock = element(bar, "span", "clock");
    button("zoom-in", "+", "zoom in (+, or the wheel)", () => this.zoom(0.5));
    button("zoom-out", "−", "zoom out (-)", () => this.zoom(2));
    button("all", "all", "show everything (0)", () => this.showAll());
    this.canvas = element(root, "canvas");
    this.canvas.setAttribute("role", "img");
    this.hover = element(root, "div", "hover");
    this.hover.setAttribute("aria-live", "polite");
    const { lists, places } = makePanels(element(root, "div", "panels"));
    this.panels = lists;
    this.world = new WorldPanels(this.model, places);
    if (this.about.lost) element(root, "div", "freed", `${this.about.lost} events were lost`);
  }

  listen() {
    this.stopping = new AbortController();
    const on = (target, name, act) =>
      target.addEventListener(name, act, { signal: this.stopping.signal, passive: false });
    on(this.canvas, "wheel", (event) => {
      event.preventDefault();
      if (event.shiftKey) this.pan((event.deltaY || event.deltaX) / this.width());
      else this.zoom(event.deltaY < 0 ? 0.8 : 1.25, this.timeAt(event.offsetX));
    });
    on(this.canvas, "pointerdown", (event) => this.press(event));
    on(this.canvas, "pointermove", (event) => this.move(event));
    on(this.canvas, "pointerup", () => (this.dragging = null));
    on(this.canvas, "pointerleave", () => {
      this.pointer = null;
      this.hover.textContent = "";
    });
    on(this.root, "keydown", (event) => this.key(event));
    this.changed = () => this.update();
    this.selected = () => this.draw();
    this.replaced = () => {
      this.load();
      this.showAll();
      this.update();
    };
    this.answered = (message) => {
      if (message.kind === "panels") this.world.answer(message);
      else if (message.kind === "sentences") this.asked.set(message.time, message.lines);
      else return;
      this.update();
      if (this.pointer) this.point(...this.pointer);
    };
    this.model.on("change:position", this.changed);
    this.model.on("change:range", this.selected);
    this.model.on("change:columns", this.replaced);
    this.model.on("msg:custom", this.answered);
    this.resizing = new ResizeObserver(() => this.draw());
    this.resizing.observe(this.root);
  }

  close() {
    this.pause();
    this.stopping.abort();
    this.resizing.disconnect();
    this.model.off("change:position", this.changed);
    this.model.off("change:range", this.selected);
    this.model.off("change:columns", this.replaced);
    this.model.off("msg:custom", this.answered);
  }

  // ---- what the reader does
  key(event) {
    if (event.target !== this.root || event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = {
      ArrowLeft: () => this.stepBy(-1),
      ArrowRight: () => this.stepBy(1),
      Home: () => (this.time = 0),
      End: () => (this.time = this.length),
      " ": () => this.togglePlay(),
      "+": () => this.zoom(0.5),
      "-": () => this.zoom(2),
      0: () => this.showAll(),
      Escape: () => this.select(null),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    event.stopPropagation(); // a notebook has its own keys
    acts[event.key]();
  }

  press(event) {
    const time = this.timeAt(event.offsetX);
    // A pointer that a script made up cannot be captured.
    if (event.isTrusted) this.canvas.setPointerCapture(event.pointerId);
    // Left: playhead, and with Shift a range; the middle button moves the picture.
    const what = event.button === 1 ? "pan" : event.shiftKey ? "range" : "scrub";
    this.dragging = { what, time, x: event.offsetX, from: this.from };
    if (what === "scrub") this.time = time;
    if (event.button === 1) event.preventDefault();
  }

  move(event) {
    const { dragging } = this;
    const time = this.timeAt(event.offsetX);
    if (!dragging) return this.point(event.offsetX, event.offsetY);
    if (dragging.what === "scrub") this.time = time;
    else if (dragging.what === "pan") {
      this.showFrom(dragging.from - (event.offsetX - dragging.x) / this.scale());
    } else {
      this.select([dragging.time, time].map((end) => this.within(end)).sort((a, b) => a - b));
    }
  }

  select(range) {
    this.model.set("range", range);
    this.model.save_changes();
  }

  stepBy(direction) {
    const next = upperBound(this.stops, this.time);
    const previous = upperBound(this.stops, this.time - 1) - 1;
    const index = direction > 0 ? next : previous;
    if (index >= 0 && index < this.stops.length) this.time = this.stops[index];
    return index >= 0 && index < this.stops.length;
  }

  togglePlay() {
    if (this.timer) return this.pause();
    if (this.time >= this.stops[this.stops.length - 1]) this.time = this.stops[0] ?? 0;
    // Many steps are played in half a minute, few at a pace for reading.
    const stride = Math.max(1, Math.ceil((this.stops.length * TICK_MS) / 30000));
    this.playButton.textContent = "❚❚";
    this.timer = setInterval(() => {
      const at = upperBound(this.stops, this.time) - 1 + stride;
      const last = this.stops.length - 1;
      this.time = this.stops[Math.min(at, last)];
      if (at >= last) this.pause();
    }, TICK_MS);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.playButton.textContent = "▶";
  }

  // ---- the part that is shown
  showAll() {
    [this.from, this.shown] = [0, this.length * 1.02];
    this.draw();
  }

  showFrom(from) {
    this.from = Math.min(Math.max(-this.shown * 0.1, from), this.length);
    this.draw();
  }

  pan(share) {
    this.showFrom(this.from + share * this.shown);
  }

  zoom(factor, around = this.time) {
    const shown = Math.min(Math.max(this.shown * factor, 4), this.length * 1.02);
    const from = around - ((around - this.from) * shown) / this.shown;
    this.shown = shown;
    this.showFrom(shown >= this.length ? 0 : from);
  }

  /** As it was drawn last: to ask the page in a loop would cost more than the drawing. */
  width() {
    return Math.max(50, this.drawnWidth - HEAD);
  }

  scale() {
    return this.width() / this.shown;
  }

  timeAt(x) {
    return this.from + (x - HEAD) / this.scale();
  }

  xOf(time) {
    return HEAD + (time - this.from) * this.scale();
  }

  // ---- the picture
  draw() {
    const width = (this.drawnWidth = this.canvas.clientWidth || 800);
    const height = RULER + LANE * this.about.lanes.length;
    const ratio = globalThis.devicePixelRatio || 1;
    this.canvas.style.height = `${height}px`;
    Object.assign(this.canvas, { width: width * ratio, height: height * ratio });
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    this.ink = getComputedStyle(this.root).color;
    this.drawn = 0;
    this.drawLanes(pen, width);
    pen.save();
    pen.beginPath();
    pen.rect(HEAD, 0, width - HEAD, height);
    pen.clip();
    this.drawSpans(pen, width);
    this.drawMarks(pen, width);
    this.drawRange(pen, height);
    pen.restore();
    this.canvas.dataset.drawn = this.drawn;
    this.canvas.dataset.shown = `${this.from} ${this.shown}`;
  }

  drawLanes(pen, width) {
    pen.font = "12px Inter, sans-serif";
    this.about.lanes.forEach((lane, i) => {
      const top = RULER + i * LANE;
      pen.fillStyle = i % 2 ? "#8B97A312" : "#8B97A31E";
      pen.fillRect(HEAD, top, width - HEAD, LANE);
      pen.fillStyle = this.ink;
      pen.fillText(lane.name, 2, top + LANE / 2 - 1, HEAD - 8);
      pen.globalAlpha = 0.65;
      pen.fillText(lane.kind, 2, top + LANE / 2 + 14, HEAD - 8);
      pen.globalAlpha = 1;
    });
    pen.globalAlpha = 0.65;
    for (let i = 0; i < 5; i++) {
      const time = Math.round(this.from + ((i + 0.5) / 5) * this.shown);
      if (time >= 0) pen.fillText(timeText(this.about, time), this.xOf(time), 14);
    }
    pen.globalAlpha = 1;
  }

  /** The coarsest level of detail that differs in no pixel: its positions and ends; null = all. */
  level(name) {
    const pixel = 1 / this.scale();
    const number = this.data[`${name}_levels`].findIndex((resolution) => resolution <= pixel);
    if (number < 0) return null;
    return [this.data[`${name}_level${number}`], this.data[`${name}_ends${number}`]];
  }

  /** Spans come by start. What is below a pixel is drawn once for each pixel, lane and kind. */
  drawSpans(pen, width) {
    const { span_start, span_end, span_lane, span_kind, span_error } = this.data;
    const taken = new Int32Array(this.about.lanes.length * SPANS.length).fill(-1);
    const [chosen, ends] = this.level("span") ?? [null, span_end];
    const [from, to, scale] = [this.from, this.from + this.shown, this.scale()];
    for (let n = 0; n < ends.length; n++) {
      const i = chosen ? chosen[n] : n;
      if (span_start[i] > to) break;
      if (ends[n] < from) continue;
      const left = Math.max(HEAD - 2, HEAD + (span_start[i] - from) * scale);
      const right = Math.min(width + 2, HEAD + (ends[n] - from) * scale);
      const kind = span_kind[i];
      const slot = span_lane[i] * SPANS.length + kind;
      if (right - left < 1) {
        if (taken[slot] === Math.floor(left) && !span_error[i]) continue;
        taken[slot] = Math.floor(left);
      }
      const [fill, edge, top, share] = SPANS[kind] ?? SPANS[0];
      const y = RULER + LANE * (span_lane[i] + top);
      pen.fillStyle = fill;
      pen.fillRect(left, y, Math.max(1, right - left), LANE * share);
      if (edge || span_error[i]) {
        pen.strokeStyle = span_error[i] ? RED : edge;
        pen.strokeRect(left, y, Math.max(1, right - left), LANE * share);
      }
      this.drawn++;
    }
  }

  drawMarks(pen, width) {
    const { event_time, event_lane, event_mark } = this.data;
    const lanes = this.about.lanes.length;
    const taken = new Int32Array(lanes * MARKS.length).fill(-1);
    const [chosen] = this.level("mark") ?? [null];
    const [from, scale] = [this.from, this.scale()];
    const last = upperBound(event_time, from + this.shown, chosen);
    for (let n = upperBound(event_time, from - 1, chosen); n < last; n++) {
      const i = chosen ? chosen[n] : n;
      if (event_lane[i] >= lanes) continue;
      const x = HEAD + (event_time[i] - from) * scale;
      const mark = event_mark[i];
      const slot = event_lane[i] * MARKS.length + mark;
      if (x > width || taken[slot] === Math.floor(x)) continue;
      taken[slot] = Math.floor(x);
      pen.fillStyle = MARKS[mark];
      const y = RULER + LANE * (event_lane[i] + 0.5);
      if (mark === 0) pen.fillRect(x, y - 3, 1, 6);
      else {
        pen.beginPath();
        pen.arc(x, y, mark === 5 ? 7 : 4.5, 0, 2 * Math.PI);
        pen.fill();
      }
      this.drawn++;
    }
  }

  drawRange(pen, height) {
    const range = this.model.get("range");
    if (range) {
      const [left, right] = range.map((time) => this.xOf(time));
      pen.fillStyle = "#2F7FD126";
      pen.fillRect(left, 0, Math.max(1, right - left), height);
    }
    const x = this.xOf(this.time);
    pen.fillStyle = this.ink;
    pen.fillRect(x - 0.8, 0, 1.6, height);
    pen.fillRect(x - 4, 0, 8, 8);
  }

  // ---- the words
  sentences(first, last) {
    const { about, data } = this;
    if (about.sentences) {
      return about.sentences.slice(first, last).map((text, i) => [first + i, text]);
    }
    // Too many for one message: Python tells those of one time when they are needed.
    const time = data.event_time[last - 1];
    if (!this.asked.has(time)) {
      this.asked.set(time, []);
      this.model.send?.({ kind: "sentences", time });
    }
    return this.asked.get(time).map((text) => [last - 1, text]);
  }

  update() {
    const { about, data, time } = this;
    this.slider.value = time;
    this.clock.textContent = timeText(about, time);
    const end = upperBound(data.event_time, time);
    const first = Math.max(0, end - 8);
    // State and memory change only by events.
    const world = this.world.show(end ? data.event_time[end - 1] : 0);
    const lines = end ? this.sentences(first, end) : [];
    this.fill(0, lines.map(([i, text]) => [text, data.event_time[i] === time ? "now" : ""]));
    this.fill(1, this.places(time));
    // Of objects that have a card, the card tells more.
    const cards = new Set(world?.cards.flatMap((card) => card.objects));
    const states = [...memoryAt(data, this.memory, time)].filter(
      ([object]) => object >= 0 && !cards.has(object));
    this.fill(2, states.map(([object, state]) => [
      `${about.objects[object]}: ${MEMORY[state]}`, MEMORY[state] === "freed" ? "freed gone" : ""]));
    this.canvas.setAttribute("aria-label",
      `${timeText(about, time)}: ${lines.map(([, text]) => text).at(-1) ?? "nothing yet"}`);
    this.draw();
  }

  places(time) {
    const { span_start, span_end, span_lane, span_kind, span_label } = this.data;
    const open = this.about.lanes.map(() => []);
    const last = upperBound(span_start, time);
    for (let i = 0; i < last; i++) {
      if (span_end[i] > time && span_kind[i]) {
        open[span_lane[i]].push(this.about.labels[span_label[i]] || this.about.span_kinds[span_kind[i]]);
      }
    }
    return this.about.lanes.map((lane, i) => [
      `${lane.name}: ${[...new Set(open[i])].join(", ") || "–"}`, ""]);
  }

  fill(panel, lines) {
    const list = this.panels[panel];
    list.replaceChildren();
    const left = lines.length - LINES_MAX;
    if (left > 0) element(list, "li", "", `${left} more before these`);
    for (const [text, className] of lines.slice(-LINES_MAX)) element(list, "li", className, text);
    list.scrollTop = list.scrollHeight;
  }

  /** Tells about the event, or else the interval, under the pointer. */
  point(x, y) {
    this.pointer = [x, y];
    const lane = Math.floor((y - RULER) / LANE);
    const { event_time, event_lane } = this.data;
    const time = this.timeAt(x);
    const reach = 6 / this.scale();
    let nearest = -1;
    const end = upperBound(event_time, time + reach);
    for (let i = upperBound(event_time, time - reach - 1e-9); i < end; i++) {
      const away = Math.abs(event_time[i] - time);
      if (event_lane[i] === lane && !(away > Math.abs(event_time[nearest] - time))) nearest = i;
    }
    if (nearest >= 0) {
      const when = timeText(this.about, event_time[nearest]);
      const texts = this.sentences(nearest, nearest + 1).map(([, text]) => text);
      this.hover.textContent = `${when}: ${texts.join("\n")}`;
    } else this.hover.textContent = this.spanText(lane, time);
  }

  spanText(lane, time) {
    const { span_start, span_end, span_lane, span_kind, span_label } = this.data;
    const texts = [];
    for (let i = upperBound(span_start, time) - 1; i >= 0 && texts.length < 4; i--) {
      if (span_lane[i] !== lane || span_end[i] < time || !span_kind[i]) continue;
      const name = this.about.labels[span_label[i]] || this.about.span_kinds[span_kind[i]];
      const [from, to] = [span_start[i], span_end[i]].map((end) => timeText(this.about, end));
      texts.push(`${name}, ${from} to ${to}`);
    }
    return texts.join("\n");
  }
}

export default {
  render({ model, el }) {
    const root = document.createElement("div");
    el.append(root);
    const timeline = new Timeline(model, root);
    return () => timeline.close();
  },
};
