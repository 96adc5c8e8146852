# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real module of a widget in a headless browser, with a script as its reader."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import chromium
import pytest

# A model as anywidget's, the module loaded as a front end does, and a reader who is a script.
PAGE = """<!doctype html><meta charset="utf-8"><body style="width:1000px"><div id="cell"></div>
<pre id="result"></pre><script type="module">
const given = JSON.parse(atob("GIVEN"));
const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const state = { ...given.state, columns: {} };
for (const [name, text] of Object.entries(given.columns)) state.columns[name] = bytes(text);
const listeners = {};
const sent = [];
const tell = (name, ...rest) => (listeners[name] ?? []).forEach((act) => act(...rest));
const model = {
  get: (name) => state[name],
  set: (name, value) => { state[name] = value; tell(`change:${name}`); },
  save_changes: () => {},
  on: (name, act) => (listeners[name] ??= []).push(act),
  off: (name, act) => (listeners[name] = (listeners[name] ?? []).filter((one) => one !== act)),
  send: (message) => sent.push(message),
};
const result = { errors: [] };
addEventListener("error", (event) => result.errors.push(event.message));
addEventListener("unhandledrejection", (event) => result.errors.push(String(event.reason)));
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
try {
  const url = URL.createObjectURL(new Blob([given.module], { type: "text/javascript" }));
  const { default: widget } = await import(url);
  const cell = document.querySelector("#cell");
  const close = await widget.render({ model, el: cell });
  const find = (name) => cell.querySelector(name);
  const canvas = find("canvas");
  const press = (key) =>
    find(".rcuscope").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const point = (name, x, y, more = {}) => {
    const box = canvas.getBoundingClientRect();
    const at = { clientX: box.left + x, clientY: box.top + y, bubbles: true, cancelable: true };
    const Kind = name === "wheel" ? WheelEvent : PointerEvent;
    canvas.dispatchEvent(new Kind(name, { ...at, ...more }));
  };
  const shown = () => canvas.dataset.shown.split(" ").map(Number);
  const panels = () => [...cell.querySelectorAll("ul")].map((list) => list.innerText);
  const colours = () => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set();
    for (let i = 0; i < data.length; i += 4) seen.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
    return [...seen];
  };
SCRIPT
  close();
  result.left = Object.values(listeners).flat().length;
} catch (error) { result.errors.push(String(error.stack ?? error)); }
document.querySelector("#result").textContent = JSON.stringify(result);
</script>"""


def in_browser(shown: Any, script: str, folder: Path) -> dict[str, Any]:
    """What the script found about the real module."""
    more = {"stand": shown.stand} if hasattr(shown, "stand") else {}
    given = {
        "module": shown._esm,
        "state": {"about": shown.about, "position": shown.position, "range": shown.range, **more},
        "columns": {
            name: base64.b64encode(column).decode() for name, column in shown.columns.items()
        },
    }
    packed = base64.b64encode(json.dumps(given).encode()).decode()
    page = folder / "page.html"
    page.write_text(PAGE.replace("SCRIPT", script).replace("GIVEN", packed), encoding="utf-8")
    result = result_of_page(page)
    assert result["errors"] == []
    return result


def result_of_page(file: Path) -> dict[str, Any]:
    """What a page's script writes into #result at its end, in a browser without network."""
    program = chromium.find_or_skip()
    playwright = pytest.importorskip("playwright.sync_api", reason="without playwright")
    options = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND"]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=options)
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        page.goto(file.as_uri())
        page.wait_for_function("document.querySelector('#result').textContent", timeout=100_000)
        result: dict[str, Any] = json.loads(page.text_content("#result"))
        browser.close()
    return result
