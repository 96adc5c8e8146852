# SPDX-License-Identifier: LGPL-2.1-or-later
"""Traces: columns without copies, tables, slices, files and pictures."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import rcuscope as rs

DTYPES = {
    "time": np.int64,
    "kind": np.uint16,
    "actor": np.int32,
    "cpu": np.int32,
    "object": np.int32,
    "grace_period": np.int32,
    "value": np.int64,
    "flags": np.uint16,
}


@pytest.fixture(scope="module")
def trace() -> rs.Trace:
    return rs.explore("no_synchronize_rcu").findings[0].trace


def test_columns_have_the_types_of_the_contract(trace: rs.Trace) -> None:
    events = trace.events
    assert list(events) == list(DTYPES)
    for name, dtype in DTYPES.items():
        assert events[name].dtype == dtype
        assert events[name].shape == (len(trace),)
    assert (np.diff(events["time"]) >= 0).all()
    assert events.rows == len(trace)


def test_columns_are_views_that_keep_the_trace(trace: rs.Trace) -> None:
    first, second = trace.events["time"], trace.events["time"]
    assert np.shares_memory(first, second)
    assert not first.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1
    loose = rs.explore("list_del").findings[0].trace.events["kind"]
    assert loose.sum() > 0


def test_kinds_are_those_of_the_table(trace: rs.Trace) -> None:
    kinds = {rs.EventKind(kind).name for kind in trace.events["kind"]}
    assert {"rcu_read_lock", "list_del_rcu", "kfree", "finding"} <= kinds
    found = trace.events["kind"] == rs.EventKind.finding
    values = trace.events["value"][found]
    assert {rs.FindingKind(value).name for value in values} == {"use_after_free"}


def test_names_behind_the_columns(trace: rs.Trace) -> None:
    names = [name for name, _, _ in trace.actors]
    assert "hot unplug" in names
    assert ("ATC time-out ISR", "hardirq", -1) in trace.actors
    assert ("0000:01:00.0", "device") in trace.objects
    assert max(trace.events["actor"]) < len(names)
    assert trace.metadata["scenario"] == "no_synchronize_rcu"
    assert trace.metadata["variant"] == "reclaim=none"
    assert trace.metadata["world"] == "model"
    assert trace.events_lost == 0


def test_lanes_spans_and_arrows_are_tables(trace: rs.Trace) -> None:
    lanes, spans, arrows = trace.lanes, trace.spans, trace.arrows
    assert "hot unplug" in list(lanes["name"])
    for name in ("start", "end", "lane", "kind", "object", "grace_period", "inferred"):
        assert spans[name].shape == (spans.rows,)
    assert spans["start"].dtype == np.int64
    assert spans["inferred"].dtype == np.bool_
    assert (spans["end"] >= spans["start"]).all()
    assert spans["lane"].max() < lanes.rows
    assert rs.SpanKind.reader in spans["kind"]
    assert arrows["from"].shape == arrows["to"].shape


def test_tables_name_their_columns(trace: rs.Trace) -> None:
    with pytest.raises(KeyError, match=r"'times'.*time, kind"):
        trace.events["times"]
    assert "rows of time" in repr(trace.events)


def test_slices_are_by_time(trace: rs.Trace) -> None:
    end = int(trace.events["time"][-1])
    part = trace[10:20]
    assert part.clock == "steps"
    assert set(part.events["time"]) <= set(range(10, 20))
    assert len(trace[:]) == len(trace)
    assert len(trace[: end + 1]) == len(trace)
    assert len(trace[end + 1 :]) == 0
    with pytest.raises(TypeError, match=r"trace\[start:end\]"):
        trace[3]  # type: ignore[index]


def test_describe_is_a_line_an_event(trace: rs.Trace) -> None:
    lines = trace.describe().splitlines()
    assert len(lines) == len(trace)
    assert any("hot unplug frees" in line for line in lines)


def test_empty_trace_is_still_a_trace(trace: rs.Trace) -> None:
    nothing = trace[0:0]
    assert len(nothing) == 0
    assert nothing
    assert nothing.describe() == ""
    assert nothing.spans.rows == 0
    assert "image/svg+xml" not in nothing._repr_mimebundle_()


# ---- files
def test_a_directory_where_nothing_can_be_saved_is_named(trace: rs.Trace) -> None:
    with pytest.raises(OSError, match=r"cannot save /proc/bug\.ctf: no directory") as raised:
        trace.save("/proc/bug.ctf")
    assert "/proc/." not in str(raised.value)


def test_save_and_load(trace: rs.Trace, tmp_path: Path) -> None:
    path = tmp_path / "bug.ctf"
    trace.save(path)
    again = rs.load(path)
    assert again == trace
    assert again.metadata == trace.metadata
    for name in DTYPES:
        assert (again.events[name] == trace.events[name]).all()
    trace.save(path)  # replaced as a whole
    assert rs.load(str(path)) == trace


def test_pickle(trace: rs.Trace) -> None:
    again = pickle.loads(pickle.dumps(trace))
    assert again == trace
    assert again != rs.explore("list_del").findings[0].trace


def test_missing_and_foreign_files(trace: rs.Trace, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        rs.load(tmp_path / "nothing")
    assert missing.value.errno == 2
    other = tmp_path / "other.txt"
    other.write_text("hello")
    with pytest.raises(rs.TraceFormatError, match=r"other\.txt"):
        rs.load(other)
    with pytest.raises((ValueError, OSError)):
        trace.save(other)
    assert other.read_text() == "hello"


def test_truncated_file_tells_where(trace: rs.Trace, tmp_path: Path) -> None:
    path = tmp_path / "cut.ctf"
    trace.save(path)
    events = path / "events"
    events.write_bytes(events.read_bytes()[:-5])
    with pytest.raises(rs.TraceFormatError) as caught:
        rs.load(path)
    error = caught.value
    assert isinstance(error, ValueError)
    assert str(error.path).startswith(str(path))
    assert error.byte_offset >= 0
    assert error.expected


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_unwritable_place_is_an_os_error(trace: rs.Trace, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        trace.save(tmp_path / "bug.ctf")


# ---- pictures
def test_svg_has_no_script(trace: rs.Trace, tmp_path: Path) -> None:
    path = tmp_path / "bug.svg"
    text = trace.to_svg(path)
    assert path.read_text(encoding="utf-8") == text
    assert "<svg" in text
    assert "<script" not in text
    assert "hot unplug" in text


def test_objects_show_themselves_without_html(trace: rs.Trace) -> None:
    verdict = rs.explore("no_synchronize_rcu")
    for shown in (trace, verdict, verdict.findings[0]):
        bundle = shown._repr_mimebundle_()
        assert set(bundle) == {"text/plain", "image/svg+xml"}
        assert bundle["image/svg+xml"].lstrip().startswith("<svg")
    assert set(rs.explore("posted")._repr_mimebundle_()) == {"text/plain"}


@pytest.mark.parametrize(
    ("options", "message"),
    [({"theme": "blue"}, "light.*dark"), ({"width": 3}, "width=3"), ({"height": 10**6}, "height")],
)
def test_wrong_pictures_are_refused(
    trace: rs.Trace, tmp_path: Path, options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        trace.to_png(tmp_path / "x.png", **options)  # type: ignore[arg-type]


@pytest.mark.gui
def test_png(trace: rs.Trace, tmp_path: Path) -> None:
    path = tmp_path / "bug.png"
    trace.to_png(path, width=800, height=500, at=20, theme="dark")
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(head[16:20], "big") == 800
    assert int.from_bytes(head[20:24], "big") == 500


@pytest.mark.gui
@pytest.mark.live
def test_png_takes_the_times_of_a_live_trace(tmp_path: Path) -> None:
    live = rs.run("posted", repeat=3).trace
    for name, at in (("first", live.start), ("last", live.end), ("default", None)):
        live.to_png(tmp_path / f"{name}.png", at=at, width=400, height=300)
    pictures = {path.read_bytes() for path in tmp_path.glob("*.png")}
    assert len(pictures) == 3


def test_time_outside_of_the_trace_is_refused(trace: rs.Trace, tmp_path: Path) -> None:
    for at in (trace.start - 1, trace.end + 1):
        expected = rf"at={at}: expected a time of the trace, {trace.start} to {trace.end} steps"
        with pytest.raises(ValueError, match=expected):
            trace.to_png(tmp_path / "x.png", at=at)


@pytest.mark.gui
def test_png_at_an_impossible_place_is_an_os_error(trace: rs.Trace, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"rcuscope-viewer could not draw .*x\.png"):
        trace.to_png(tmp_path / "no such folder" / "x.png")


def test_no_viewer_says_what_else_draws(
    trace: rs.Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RCUSCOPE_VIEWER", str(tmp_path / "missing"))
    with pytest.raises(FileNotFoundError, match="RCUSCOPE_VIEWER"):
        trace.to_png(tmp_path / "x.png")


def test_no_display_names_the_alternatives(
    trace: rs.Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(OSError, match=r"no display.*to_png.*to_svg.*describe.*save"):
        trace.view()
