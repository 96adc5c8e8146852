# SPDX-License-Identifier: LGPL-2.1-or-later
"""The notebook widget: its Python half, and its real module in a headless browser."""

from __future__ import annotations

import builtins
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rcuscope as rs
from widget_browser import in_browser

widget = pytest.importorskip("rcuscope.widget", reason="without anywidget")
traitlets = pytest.importorskip("traitlets")

MODULE_BYTES_MAX = 60_000

READER = """
  result.width = canvas.clientWidth;
  result.colours = colours();
  result.all = shown();
  find(".forward").click();
  result.afterForward = state.position;
  press("ArrowRight");
  result.afterRight = state.position;
  find(".back").click();
  result.afterBack = state.position;
  find(".scrub").value = 40;
  find(".scrub").dispatchEvent(new Event("input"));
  result.afterScrub = state.position;
  press("End");
  result.atEnd = [state.position, panels()];
  model.set("position", 60);
  result.fromPython = [find(".clock").textContent, panels()];
  find(".zoom-in").click();
  result.zoomed = shown();
  point("wheel", 600, 60, { deltaY: -100 });
  result.wheeled = shown();
  point("wheel", 600, 60, { deltaY: 100, shiftKey: true });
  result.panned = shown();
  find(".all").click();
  result.allAgain = shown();
  const xOf = (time) => 150 + ((time - shown()[0]) * (canvas.clientWidth - 150)) / shown()[1];
  point("pointermove", xOf(70), 44);
  result.hover = find(".hover").textContent;
  point("pointermove", xOf(57), 44);
  result.hoverSpan = find(".hover").textContent;
  point("pointerdown", xOf(30), 44, { shiftKey: true });
  point("pointermove", xOf(20), 44, { shiftKey: true });
  point("pointerup", xOf(20), 44);
  result.range = state.range;
  press("Escape");
  result.noRange = state.range;
  press("Home");
  const started = state.position;
  find(".play").click();
  await wait(1100);
  find(".play").click();
  result.played = state.position - started;
  const paused = state.position;
  await wait(600);
  result.movedWhilePaused = state.position - paused;
  result.sent = sent;
"""


@pytest.fixture(scope="module")
def trace() -> rs.Trace:
    return rs.explore("no_synchronize_rcu", memory="sc").findings[0].trace


@pytest.fixture(scope="module")
def seen(trace: rs.Trace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return in_browser(trace.widget(), READER, tmp_path_factory.mktemp("widget"))


# ---- in the browser
def test_module_is_small_and_loads_nothing() -> None:
    text = widget.module_text()
    assert len(text.encode()) < MODULE_BYTES_MAX
    assert not re.search(r"^\s*import\b", text, re.MULTILINE)
    assert not re.search(r"https?://|\bimport\b[^a-z]*[\"'(]|\bfetch\(|innerHTML|\beval\(", text)


def test_lanes_are_drawn_in_the_colours_of_the_viewer(seen: dict[str, Any]) -> None:
    assert seen["width"] > 500
    assert {"47,127,209", "211,47,65"} <= set(seen["colours"])  # a reader; an error


def test_reader_steps_scrubs_and_jumps(seen: dict[str, Any], trace: rs.Trace) -> None:
    times = sorted({int(time) - trace.start for time in trace.events["time"]})
    assert seen["afterForward"] == times[1]
    assert seen["afterRight"] == times[2]
    assert seen["afterBack"] == times[1]
    assert seen["afterScrub"] == 40
    assert seen["atEnd"][0] == trace.end - trace.start


def test_panels_tell_events_places_and_memory(seen: dict[str, Any]) -> None:
    happens, places, memory = seen["atEnd"][1]
    assert "FINDING: use after free" in happens
    assert "device_name 0000:01:00.0: freed" in memory  # of what has a card, the card tells
    clock, (_, places, memory) = seen["fromPython"]
    assert clock == "step 61"
    assert "ATC time-out ISR: hardirq, reader" in places
    assert "device_name 0000:01:00.0: allocated" in memory


def test_reader_zooms_and_pans(seen: dict[str, Any]) -> None:
    assert seen["zoomed"][1] == pytest.approx(seen["all"][1] / 2)
    assert seen["wheeled"][1] == pytest.approx(seen["zoomed"][1] * 0.8)
    assert seen["panned"][1] == seen["wheeled"][1]
    assert seen["panned"][0] > seen["wheeled"][0]
    assert seen["allAgain"] == seen["all"]


def test_pointer_tells_events_and_intervals(seen: dict[str, Any]) -> None:
    assert seen["hover"] == "step 71: FINDING: use after free"
    assert "reader, step 41 to step 72" in seen["hoverSpan"]


def test_reader_selects_a_range_and_drops_it(seen: dict[str, Any]) -> None:
    assert seen["range"] == [20, 30]
    assert seen["noRange"] is None


def test_playing_moves_until_it_is_paused(seen: dict[str, Any]) -> None:
    assert 2 <= seen["played"] <= 6
    assert seen["movedWhilePaused"] == 0
    assert seen["sent"] == []  # a small trace brings its sentences along


def test_closing_leaves_no_listener(seen: dict[str, Any]) -> None:
    assert seen["left"] == 0


def test_hundred_thousand_events_are_drawn_by_the_pixel(trace: rs.Trace, tmp_path: Path) -> None:
    shown = trace.widget()
    count = 100_000
    rng = np.random.default_rng(1)
    step = np.arange(count)
    time = step.astype(np.float64)
    lane = rng.integers(0, 3, count).astype(np.int32)
    mark = rng.integers(0, 3, count).astype(np.uint8)
    no_error = np.zeros(count, np.bool_)
    many = {
        "event_time_f8": time,
        "event_lane_i4": lane,
        "event_object_i4": np.full(count, -1, np.int32),
        "event_mark_u1": mark,
        "event_memory_u1": np.zeros(count, np.uint8),
        "span_start_f8": time,
        "span_end_f8": time + 1,
        "span_lane_i4": lane,
        "span_kind_u1": np.ones(count, np.uint8),
        "span_error_u1": np.zeros(count, np.uint8),
        "span_label_i4": np.zeros(count, np.int32),
    }
    shown.columns = {
        **{name: column.tobytes() for name, column in many.items()},
        **widget.detail_columns("mark", step, step, lane * 3 + mark, no_error),
        **widget.detail_columns("span", step, step + 1, lane, no_error),
    }
    shown.about = {**shown.about, "start": 0, "end": count, "sentences": None}
    script = """
    result.drawn = Number(canvas.dataset.drawn);
    const colour = (x, y) => [...canvas.getContext("2d").getImageData(x, y, 1, 1).data].join();
    const isFilled = (x) => colour(155 + x, 44) !== colour(155 + x, 24);
    result.filled = [...Array(800).keys()].filter(isFilled);
    const milliseconds = (act) => {
      const start = performance.now();
      for (let i = 0; i < 20; i++) act(i);
      return (performance.now() - start) / 20;
    };
    result.times = {
      zoom: milliseconds(() => point("wheel", 600, 60, { deltaY: -100 })),
      pan: milliseconds(() => point("wheel", 600, 60, { deltaY: 30, shiftKey: true })),
      scrub: milliseconds((i) => { model.set("position", i * 5000); }),
    };
    for (let i = 0; i < 40; i++) point("wheel", 600, 60, { deltaY: -100 });
    result.near = [shown()[1], Number(canvas.dataset.drawn)];
    find(".all").click();
    press("End");
    result.sent = sent;
    tell("msg:custom", { kind: "sentences", time: sent.at(-1).time, lines: ["told by Python"] });
    result.told = panels()[0];
    """
    result = in_browser(shown, script, tmp_path)
    # Three lanes of 850 pixels with one kind of interval and three of marks.
    assert 1000 < result["drawn"] < 3 * 1000 * 4
    assert len(result["filled"]) == 800  # what was left out leaves no gap
    shown_steps, drawn = result["near"]  # each of them is drawn again
    assert shown_steps <= drawn <= 2 * shown_steps + 8
    assert max(result["times"].values()) < 100, result["times"]  # milliseconds, on a busy machine
    assert result["sent"][-1]["kind"] == "sentences"
    assert result["told"] == "told by Python"


# ---- be the scheduler
def test_reader_chooses_by_buttons_and_keys(tmp_path: Path) -> None:
    session = rs.step("no_synchronize_rcu")
    shown = session.widget()
    shown.session.choose("ATC time-out ISR")
    shown.refresh()
    script = """
    const group = find(".rcuscope-step");
    const texts = (name) => [...cell.querySelectorAll(name)].map((one) => one.innerText);
    const type = (key) =>
      group.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    result.choices = texts(".choice");
    result.told = texts(".told");
    cell.querySelectorAll(".choice")[1].click();
    find(".undo").click();
    type("1");
    type("9");
    type("u");
    result.sent = sent.slice();
    tell("msg:custom", { kind: "refused", text: "not now" });
    result.refused = texts(".told");
    const over = { choices: [], can_undo: false, is_over: true };
    const stand = { ...state.stand, ...over, blocked: ["a: b"] };
    model.set("stand", { ...stand, finding: "BUG: KASAN" });
    result.finding = [texts(".finding"), find(".undo").disabled, texts(".rcuscope-step ul")[1]];
    model.set("stand", { ...stand, finding: null });
    result.over = texts(".told");
    """
    seen = in_browser(shown, script, tmp_path)
    assert [text.splitlines()[0] for text in seen["choices"]] == [
        "1 ATC time-out ISR",
        "2 hot unplug",
    ]
    assert "s1:1" in seen["told"][0]
    choose = [{"kind": "choose", "actor": name} for name in ("hot unplug", "ATC time-out ISR")]
    assert seen["sent"] == [choose[0], {"kind": "undo"}, choose[1], {"kind": "undo"}]
    assert seen["refused"] == ["not now"]
    assert seen["finding"] == [["BUG: KASAN"], True, "a: b"]
    assert "nothing went wrong" in seen["over"][0]
    assert seen["left"] == 0


def test_messages_move_the_session_and_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    session = rs.step("no_synchronize_rcu")
    shown = session.widget()
    answers: list[dict[str, Any]] = []
    monkeypatch.setattr(type(shown), "send", lambda _, content: answers.append(content))
    for actor in ("ATC time-out ISR",) * 3 + ("hot unplug",) * 40:
        if actor in [choice["actor"] for choice in shown.stand["choices"]]:
            shown._answer(shown, {"kind": "choose", "actor": actor}, [])
    shown._answer(shown, {"kind": "choose", "actor": "ATC time-out ISR"}, [])
    assert session.finding is not None
    assert shown.stand["finding"].startswith("BUG: KASAN: slab-use-after-free")
    assert shown.step == session.trace.end
    count = len(shown.columns["event_time_f8"])
    shown._answer(shown, {"kind": "undo"}, [])
    assert shown.stand["finding"] is None
    assert len(shown.columns["event_time_f8"]) < count
    assert answers == []
    shown._answer(shown, {"kind": "choose", "actor": "nobody"}, [])
    assert answers[0]["kind"] == "refused"
    assert "'nobody'" in answers[0]["text"]


def test_session_starts_with_an_empty_picture_if_nothing_was_set_up() -> None:
    session = rs.step(lambda k: k.process("alone")(lambda: k.note("here")))
    shown = session.widget()
    shown._answer(shown, {"kind": "choose", "actor": "alone"}, [])
    assert session.is_over
    assert len(session.trace) > 0


# ---- in Python
def test_step_and_selection_follow_the_reader_and_python(trace: rs.Trace) -> None:
    shown = trace.widget()
    told: list[int] = []
    shown.observe(lambda change: told.append(change["new"]), "step")
    shown.position = 10  # as the front end sets it
    assert shown.step == trace.start + 10
    shown.step = trace.end
    assert shown.position == trace.end - trace.start
    assert told == [trace.start + 10, trace.end]
    shown.range = [3, 9]
    assert shown.selection == (trace.start + 3, trace.start + 9)
    assert len(trace[slice(*shown.selection)]) > 0
    shown.selection = None
    assert shown.range is None


def test_wrong_times_are_refused_and_change_nothing(trace: rs.Trace) -> None:
    shown = trace.widget()
    with pytest.raises(traitlets.TraitError, match="step=5000: expected 1 to 71"):
        shown.step = 5000
    with pytest.raises(traitlets.TraitError, match="start <= end"):
        shown.selection = (20, 10)
    with pytest.raises(traitlets.TraitError, match=r"selection: end=5000"):
        shown.selection = (20, 5000)
    assert (shown.step, shown.selection) == (1, None)


def test_sentences_of_large_traces_are_told_when_asked(
    trace: rs.Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(widget, "_SENTENCES_MAX", 10)
    shown = trace.widget()
    assert shown.about["sentences"] is None
    answers: list[dict[str, Any]] = []
    monkeypatch.setattr(type(shown), "send", lambda _, content: answers.append(content))
    shown._answer(shown, {"kind": "sentences", "time": 0}, [])
    assert answers == [{"kind": "sentences", "time": 0, "lines": ["main allocates group 7"]}]
    for content in ("nonsense", {}, {"time": None}, {"time": "x"}):
        shown._answer(shown, content, [])
    assert len(answers) == 1


def test_trace_without_events_has_no_widget(trace: rs.Trace) -> None:
    with pytest.raises(ValueError, match="no events"):
        trace[0:0].widget()


def test_without_anywidget_the_error_says_how_to_get_it(
    trace: rs.Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == "anywidget":
            raise ImportError(name)
        return original(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'rcuscope\[notebook\]'"):
        trace.widget()


def test_something_stands_in_where_no_widget_can_run() -> None:
    data, _ = rs.replay("posted", "s1:").widget()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["image/svg+xml"].startswith("<svg")
    session = rs.step("posted")
    data, _ = session.widget()._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "text/plain"}
    assert "choose who goes next:\n  ATC time-out ISR: starts" in data["text/plain"]
    told = session.widget()
    session.close()
    assert "closed" in told._repr_mimebundle_()[0]["text/plain"]
