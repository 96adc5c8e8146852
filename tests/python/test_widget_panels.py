# SPDX-License-Identifier: LGPL-2.1-or-later
"""State and memory beside the timeline: in the widget, and on pages without a kernel."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
import rcuscope as rs
from rcuscope import state_page
from rcuscope.state_panels import panels_at
from widget_browser import in_browser

widget = pytest.importorskip("rcuscope.widget", reason="without anywidget")

READER = """
  const at = (time) => {
    model.set("position", time);
    const texts = (name) => [...cell.querySelectorAll(name)].map((one) => one.innerText);
    const late = [...cell.querySelectorAll(".late")].length;
    return {
      state: find(".state").innerText, memory: find(".memory").innerText, late,
      struck: texts(".card s"), poison: texts(".poison"), stale: texts(".stale"),
      lines: getComputedStyle(find(".card s") ?? document.body).textDecorationLine,
      heading: find("h4 span").innerText.trim(), rest: panels()[2],
    };
  };
"""


def counterexample(name: str) -> rs.Trace:
    return rs.explore(name, memory="sc").findings[0].trace


def step_of(trace: rs.Trace, kind: str, number: int = 0) -> int:
    """When that happened, relative as the module's times."""
    found = (trace.events["kind"] == rs.EventKind[kind]).nonzero()[0]
    return int(trace.events["time"][found[number]]) - trace.start


# ---- in the browser
def test_poisoned_pointer_list_and_lock_of_a_step(tmp_path: Path) -> None:
    trace = counterexample("list_del")
    removal = step_of(trace, "list_del")
    script = f"{READER} result.before = at({removal - 1}); result.after = at({removal});"
    seen = in_browser(trace.widget(), script, tmp_path)
    before, after = seen["before"], seen["after"]
    assert before["poison"] == []
    assert "head → 01:00.0 → 01:00.1 → head" in " ".join(before["memory"].split())
    assert "head → 01:00.1 → head" in " ".join(after["memory"].split())
    assert "LIST_POISON1" in after["poison"]
    assert "unlinked and poisoned" in after["memory"]
    assert "group 7->mutex: held by hot unplug" in after["state"]
    assert (after["late"], after["heading"]) == (0, "")


def test_freed_object_its_holder_and_the_count(tmp_path: Path) -> None:
    trace = counterexample("no_synchronize_rcu")
    unlinked, freed = step_of(trace, "list_del_rcu"), step_of(trace, "kfree", -1)
    end = trace.end - trace.start
    script = f"""{READER}
    [result.unlinked, result.freed, result.end] = [at({unlinked}), at({freed}), at({end})];
    result.sent = sent;"""
    seen = in_browser(trace.widget(), script, tmp_path)
    assert seen["unlinked"]["struck"] == []
    assert seen["unlinked"]["stale"] == ["01:00.1 (stale)"]
    assert "LIST_POISON2" in seen["unlinked"]["poison"]
    assert "held by ATC time-out ISR" in seen["unlinked"]["memory"]
    assert "0000:01:00.0" in seen["end"]["struck"]
    assert seen["end"]["lines"] == "line-through"
    assert "gdev freed, still used" in seen["end"]["memory"]
    assert "refcount" in seen["freed"]["memory"]
    assert "dropped by hot unplug 1" in seen["end"]["state"]
    assert "group_device" not in seen["end"]["rest"]  # the card tells of it
    assert seen["sent"] == []  # a counterexample brings all its states along


def test_grace_period_names_the_readers_that_it_waits_for(tmp_path: Path) -> None:
    session = rs.step("posted")
    for actor in ("ATC time-out ISR",) * 3 + ("hot unplug",) * 60:
        if actor in [choice.actor for choice in session.choices]:
            session.choose(actor)
    trace = session.trace
    seen = in_browser(trace.widget(), f"{READER} result.at = at({trace.end - 1});", tmp_path)
    assert re.search(r"GP \d+ in progress, waits for ATC time-out ISR", seen["at"]["state"])
    assert "waiting for GP" in seen["at"]["memory"]


def test_large_trace_asks_one_question_at_a_time_and_never_waits(tmp_path: Path) -> None:
    trace = counterexample("list_del")
    shown = trace.widget()
    shown.about = {**shown.about, "states": None}
    removal = step_of(trace, "list_del")
    known = {step: panels_at(trace, step + trace.start) for step in (0, removal)}
    script = f"""{READER}
    const known = {json.dumps(known)};
    const reply = () => {{
      const {{ time }} = sent.at(-1);
      tell("msg:custom", {{ kind: "panels", time, panels: known[time] }});
    }};
    result.first = at(0);
    reply();
    result.told = at(0);
    for (let i = 0; i <= {removal}; i++) at(i);
    result.scrubbed = sent.map((message) => message.time);
    result.late = at({removal});
    known[sent.at(-1).time] ??= known[0];
    reply();
    result.asked = sent.at(-1).time;
    reply();
    result.done = at({removal});
    """
    seen = in_browser(shown, script, tmp_path)
    assert (seen["first"]["late"], seen["first"]["heading"]) == (2, "(Python is asked)")
    assert seen["told"]["late"] == 0
    assert len(seen["scrubbed"]) == 2  # of all the steps in between, one was asked for
    assert seen["late"]["late"] == 2
    assert seen["late"]["heading"] == f"(as of step {trace.start})"
    assert seen["asked"] == removal  # where the reader is now, not what he passed
    assert seen["done"]["late"] == 0
    assert "LIST_POISON1" in seen["done"]["poison"]


# ---- in Python
def test_large_trace_is_told_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widget, "_STATES_MAX", 10)
    trace = counterexample("list_del")
    shown = trace.widget()
    assert shown.about["states"] is None
    answers: list[dict[str, Any]] = []
    monkeypatch.setattr(type(shown), "send", lambda _, content: answers.append(content))
    at = step_of(trace, "list_del")
    shown._answer(shown, {"kind": "panels", "time": at}, [])
    assert answers[0]["panels"] == panels_at(trace, trace.start + at)
    assert ["LIST_POISON1", "poison"] in [one["next"] for one in answers[0]["panels"]["cards"]]
    for wrong in (-1, 10**9, float("inf"), float("nan"), None):
        shown._answer(shown, {"kind": "panels", "time": wrong}, [])
    assert len(answers) == 1


def test_panels_at_every_step_are_those_that_the_widget_brings_along() -> None:
    trace = counterexample("no_synchronize_rcu")
    states = trace.widget().about["states"]
    for step in range(trace.end - trace.start + 1):
        row = max(i for i, begin in enumerate(states["times"]) if begin <= step)
        assert states["panels"][row] == panels_at(trace, trace.start + step)


# ---- on a page
def test_page_of_a_counterexample_has_the_state_of_each_step() -> None:
    trace = counterexample("list_del")
    page = trace.to_html()
    steps = len(set(trace.events["time"].tolist()))
    assert page.count('<details name="step"') == steps
    assert page.count('<details name="step" open>') == 1  # that of the finding
    assert 'next &rarr; <span class="error">LIST_POISON1</span>' in page
    assert "group 7-&gt;mutex: held by hot unplug" in page
    assert "are left out" not in page
    assert "<script" not in page


def test_page_of_a_large_trace_says_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_page, "_STEPS_MAX", 10)
    trace = counterexample("list_del")
    page = trace.to_html()
    steps = len(set(trace.events["time"].tolist()))
    assert page.count('<details name="step"') == 10
    assert f"step by step: 10 of {steps} steps" in page
    assert f"the other {steps - 10} steps are left out" in page
    assert page.count('<details name="step" open>') == 1


@pytest.mark.live
def test_a_moment_of_hundred_thousand_events_is_told_while_the_reader_scrubs() -> None:
    trace = rs.run("posted", repeat=1000).trace
    assert len(trace) > 100_000
    start = time.perf_counter()
    panels = panels_at(trace, trace.end)
    assert time.perf_counter() - start < 0.5  # on a busy machine
    assert len(json.dumps(panels)) < 200_000
