// SPDX-License-Identifier: LGPL-2.1-or-later
// The events of a large trace in a report: unpacked when they are unfolded, shown part by part.
//
// A classic script inside the page, so that it also works from a disk. Its place is the <details> that
// it stands in, with the compressed lines before it and an excerpt that stands in until then.
(() => {
  const LINES = 1000; // at a time: what a browser lays out at once
  const root = document.currentScript.closest("details");
  const packed = root.querySelector(".packed");
  const place = root.querySelector("pre");
  const note = root.querySelector(".note");
  let lines = [];
  let found = null; // indices of the lines with the words that are sought; null = all
  let from = 0;

  async function unpack() {
    const bytes = Uint8Array.from(atob(packed.textContent), (one) => one.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const text = await new Response(stream).text();
    return text.replace(/\n$/, "").split("\n");
  }

  function element(parent, tag, text = "") {
    const made = document.createElement(tag);
    made.textContent = text;
    parent.append(made);
    return made;
  }

  function makeBar() {
    const bar = document.createElement("div");
    bar.className = "bar";
    const button = (text, act) => element(bar, "button", text).addEventListener("click", act);
    const count = () => found?.length ?? lines.length;
    const last = () => Math.max(0, Math.floor((count() - 1) / LINES) * LINES);
    button("first", () => show(0));
    button("back", () => show(from - LINES));
    button("on", () => show(from + LINES));
    button("last", () => show(last()));
    const words = element(bar, "input");
    Object.assign(words, { type: "search", placeholder: "only lines with these words" });
    words.setAttribute("aria-label", words.placeholder);
    words.addEventListener("change", () => search(words.value));
    const where = element(bar, "span");
    where.setAttribute("aria-live", "polite");
    place.before(bar);

    function show(line) {
      from = Math.min(Math.max(0, line), last());
      const end = Math.min(from + LINES, count());
      const shown = found ? found.slice(from, end).map((i) => lines[i]) : lines.slice(from, end);
      place.textContent = shown.join("\n");
      const of = found ? `${count()} lines found, of ${lines.length}` : `${lines.length} lines`;
      where.textContent = count() ? `${from + 1} to ${end} of ${of}` : of;
    }

    function search(text) {
      const wanted = text.trim().toLowerCase();
      const is = (line) => line.toLowerCase().includes(wanted);
      found = wanted ? lines.flatMap((line, i) => (is(line) ? [i] : [])) : null;
      show(0);
    }

    show(0);
  }

  root.addEventListener("toggle", async () => {
    if (!root.open || lines.length) return;
    try {
      lines = await unpack();
      note.hidden = true;
      makeBar();
    } catch (error) {
      note.append(` This browser cannot unpack them: ${error.message}`);
    }
  });
})();
