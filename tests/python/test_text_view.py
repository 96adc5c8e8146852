"""`rcuscope view --text`: the window's twin for terminals and tests."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import rcuscope as rs
from rcuscope import cli
from rcuscope.state_panels import panels_at
from rcuscope.text_view import text_view, world_at


@pytest.fixture(scope="module")
def trace() -> rs.Trace:
    return rs.explore("no_synchronize_rcu", memory="sc").findings[0].trace


def section(text: str, name: str) -> list[str]:
    lines = re.sub(r"\n {6}(?=\S)", " ", text).splitlines()  # what did not fit stands further in
    start = lines.index(name) + 1
    return [line.strip() for line in lines[start : [*lines, ""].index("", start)]]


def test_playhead_is_at_the_finding_unless_it_is_set(trace: rs.Trace) -> None:
    text = text_view(trace)
    finding = int(trace.events["time"][trace.events["kind"] == rs.EventKind["finding"]][0])
    assert section(text, f"At step {finding}")[-1] == f"> {'step 71':>12}  FINDING: use after free"
    assert "slab-use-after-free" in " ".join(section(text, "What went wrong"))
    (entry,) = (line for line in section(text, "Objects") if line.startswith("0000:01:00.0: "))
    assert entry.startswith("0000:01:00.0: gdev freed, still used, refcount ")
    assert entry.endswith(
        "next -> 0x6b6b6b6b (poison), prev -> 0x6b6b6b6b (poison), held by ATC time-out ISR"
    )
    assert section(text, "Lists") == ["Group 7 devices: head -> 01:00.1 -> head"]


def test_panels_show_the_world_at_the_playhead(trace: rs.Trace) -> None:
    before, after = text_view(trace, at=54), text_view(trace, at=55)
    assert section(before, "Lists") == ["Group 7 devices: head -> 01:00.0 -> 01:00.1 -> head"]
    assert section(after, "Lists") == ["Group 7 devices: head -> 01:00.1 -> head"]
    assert "0000:01:00.0: unlinked, " in "\n".join(section(after, "Objects"))
    assert section(after, "Locks") == ["group 7->mutex: held by hot unplug"]
    assert "ATC time-out ISR: runs, in a read-side critical section" in section(after, "Actors")
    assert section(text_view(trace, at=1), "Actors")[1:] == [
        "ATC time-out ISR: has not started",
        "hot unplug: has not started",
    ]


def test_playhead_stands_below_its_column(trace: rs.Trace) -> None:
    lines = text_view(trace, at=55).splitlines()
    row = next(i for i, line in enumerate(lines) if line.strip() == "^")
    assert lines[row - 1][lines[row].index("^")] == "U"


def test_blocked_actors_say_on_what_and_grace_periods_on_whom() -> None:
    with rs.step("posted") as session:
        for _ in range(3):
            session.choose("ATC time-out ISR")
        while "hot unplug" in [choice.actor for choice in session.choices]:
            session.choose("hot unplug")
        text = text_view(session.trace)
    assert "hot unplug: blocked on synchronize_rcu" in section(text, "Actors")
    assert section(text, "RCU") == ["GP 0 in progress, waits for ATC time-out ISR"]


def test_words_are_those_of_the_panels_of_the_widget_and_of_pages(trace: rs.Trace) -> None:
    for time in (45, 55, 71):
        panels, text = panels_at(trace, time), text_view(trace, at=time)
        assert section(text, "RCU") == panels["rcu"]
        assert section(text, "Locks") == (panels["locks"] or ["none held"])
        for card, line in zip(panels["cards"], section(text, "Objects"), strict=True):
            assert line.startswith(f"{card['title']}: {card['state']}")


def test_kernel_traces_have_times_since_their_start() -> None:
    kernel = rs.load(rs.examples.path("kernel_removal.dat"))
    text = text_view(kernel, at=kernel.start + 1_000_000)
    assert "At 1,000.000 us" in text
    assert all(len(line) <= 100 for line in text.split("\n\n")[1].splitlines())


@pytest.mark.parametrize("width", [40, 80])
def test_panels_keep_to_the_width(trace: rs.Trace, width: int) -> None:
    panels = text_view(trace, width=width).partition("\nActors\n")[2]
    assert max(map(len, panels.splitlines())) <= width


@pytest.mark.parametrize("at", [0, 72])
def test_times_outside_are_refused(trace: rs.Trace, at: int) -> None:
    with pytest.raises(ValueError, match=f"at={at}: expected 1 to 71"):
        text_view(trace, at=at)


def test_empty_trace_and_narrow_window_are_refused(trace: rs.Trace) -> None:
    with pytest.raises(ValueError, match="no events"):
        text_view(trace[0:0])
    with pytest.raises(ValueError, match="width=39"):
        text_view(trace, width=39)


def test_command_prints_text_or_json(
    trace: rs.Trace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "bug.ctf")
    trace.save(path)
    assert cli.main(["view", path, "--text", "--at", "60"]) == 0
    assert capsys.readouterr().out == text_view(rs.load(path), at=60)
    assert cli.main(["view", path, "--text", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == world_at(trace)
    assert cli.main(["view", path, "--text", "--at", "600"]) == cli.EXIT_USAGE
    assert "expected 1 to 71" in capsys.readouterr().err


def test_two_traces_are_told_side_by_side(
    trace: rs.Trace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [str(tmp_path / name) for name in ("posted.ctf", "bug.ctf")]
    with rs.step("posted") as session:
        while not session.is_over:
            session.choose(0)
        session.trace.save(paths[0])
    trace.save(paths[1])
    assert cli.main(["view", *paths, "--text"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line[:2] for line in told if line[1:2] == ":"] == ["A:", "B:"]
    assert any(line.startswith("clocks: linked at ") for line in told)
    assert any(line.startswith("only in B: ") and "finding" in line for line in told)
    assert cli.main(["view", *paths, "--text", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["comparison"] == told
    assert cli.main(["view", paths[0], "--text", "--follow"]) == cli.EXIT_USAGE
    assert "one recording" in capsys.readouterr().err
