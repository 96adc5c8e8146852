# SPDX-License-Identifier: LGPL-2.1-or-later
"""Columns without a copy, Arrow, and the files that other tools read."""

from __future__ import annotations

import csv
import gc
from pathlib import Path

import numpy as np
import pytest
import rcuscope as rs
from rcuscope import cli

EVENT_COLUMNS = ("time", "kind", "actor", "cpu", "object", "grace_period", "value", "flags")
TYPES = ("int64", "uint16", "int32", "int32", "int32", "int32", "int64", "uint16")


@pytest.fixture(scope="module")
def trace() -> rs.Trace:
    return rs.explore("no_synchronize_rcu").findings[0].trace


# ---- NumPy
def test_columns_share_the_memory_of_the_trace(trace: rs.Trace) -> None:
    for name, kind in zip(EVENT_COLUMNS, TYPES, strict=True):
        first, second = trace.events[name], trace.events[name]
        assert first.dtype == kind
        assert not first.flags.owndata
        assert not first.flags.writeable
        assert first.__array_interface__["data"] == second.__array_interface__["data"]


def test_columns_outlive_the_trace() -> None:
    trace = rs.explore("list_del").findings[0].trace
    time = trace.events["time"]
    copy = time.copy()
    del trace
    gc.collect()
    assert (time == copy).all()


# ---- Arrow
def test_pyarrow_reads_the_events_without_a_copy(trace: rs.Trace) -> None:
    pa = pytest.importorskip("pyarrow")
    table = pa.table(trace)
    assert tuple(table.column_names) == EVENT_COLUMNS
    assert [str(field.type) for field in table.schema] == list(TYPES)
    for name in EVENT_COLUMNS:
        [chunk] = table[name].chunks
        address = trace.events[name].__array_interface__["data"][0]
        assert chunk.buffers()[1].address == address
        assert (chunk.to_numpy() == trace.events[name]).all()


def test_pyarrow_keeps_the_memory_that_it_reads() -> None:
    pa = pytest.importorskip("pyarrow")
    trace = rs.explore("list_del").findings[0].trace
    expected = trace.events["time"].tolist()
    table = pa.table(trace)
    column = table["time"]
    del trace, table
    gc.collect()
    assert column.to_pylist() == expected


def test_spans_and_arrows_are_arrow_tables_with_texts(trace: rs.Trace) -> None:
    pa = pytest.importorskip("pyarrow")
    spans, arrows = pa.table(trace.spans), pa.table(trace.arrows)
    assert spans["label"].to_pylist() == list(trace.spans["label"])
    assert spans["start"].to_pylist() == trace.spans["start"].tolist()
    assert arrows.num_rows == trace.arrows.rows
    assert arrows["to"].to_pylist() == trace.arrows["to"].tolist()


def test_polars_reads_events_and_spans(trace: rs.Trace) -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(trace)
    assert frame["value"].to_list() == trace.events["value"].tolist()
    assert frame.columns == list(EVENT_COLUMNS)
    spans = pl.DataFrame(trace.spans)
    assert spans["label"].to_list() == list(trace.spans["label"])


def test_a_stream_that_nobody_reads_is_released(trace: rs.Trace) -> None:
    for _ in range(100):
        trace.__arrow_c_stream__()
    gc.collect()


def test_an_empty_part_is_an_empty_table(trace: rs.Trace) -> None:
    pa = pytest.importorskip("pyarrow")
    assert pa.table(trace[0:0]).num_rows == 0


# ---- Perfetto
def test_perfetto_has_tracks_slices_flows_and_counters(trace: rs.Trace, tmp_path: Path) -> None:
    schema = pytest.importorskip("perfetto.protos.perfetto.trace.perfetto_trace_pb2")
    path = tmp_path / "trace.pftrace"
    trace.to_perfetto(path)
    parsed = schema.Trace.FromString(path.read_bytes())
    tracks = [p.track_descriptor for p in parsed.packet if p.HasField("track_descriptor")]
    names = {track.name for track in tracks}
    assert set(trace.lanes["name"]) <= names
    events = [(p.timestamp, p.track_event) for p in parsed.packet if p.HasField("track_event")]
    begin, end = schema.TrackEvent.TYPE_SLICE_BEGIN, schema.TrackEvent.TYPE_SLICE_END
    begins = [event for _, event in events if event.type == begin]
    assert len(begins) == trace.spans.rows
    assert sum(event.type == end for _, event in events) == trace.spans.rows
    flows = {flow for _, event in events for flow in event.flow_ids}
    ends = {flow for _, event in events for flow in event.terminating_flow_ids}
    assert flows == ends
    assert len(flows) == trace.arrows.rows
    counters = {track.uuid for track in tracks if track.HasField("counter")}
    counts = [e for _, e in events if e.type == schema.TrackEvent.TYPE_COUNTER]
    kinds = trace.events["kind"]
    references = ("get_device", "put_device", "kref_get", "kref_put")
    expected = sum(int((kinds == rs.EventKind[name]).sum()) for name in references)
    assert len(counts) == expected > 0
    assert {event.track_uuid for event in counts} == counters
    assert {event.track_uuid for _, event in events} <= {track.uuid for track in tracks}


def test_perfetto_slices_of_a_track_nest(trace: rs.Trace, tmp_path: Path) -> None:
    schema = pytest.importorskip("perfetto.protos.perfetto.trace.perfetto_trace_pb2")
    path = tmp_path / "trace.pftrace"
    trace.to_perfetto(path)
    depth: dict[int, int] = {}
    latest: dict[int, int] = {}
    for packet in schema.Trace.FromString(path.read_bytes()).packet:
        event = packet.track_event
        step = {1: 1, 2: -1}.get(event.type, 0)
        if step == 0:
            continue
        depth[event.track_uuid] = depth.get(event.track_uuid, 0) + step
        assert depth[event.track_uuid] >= 0
        assert packet.timestamp >= latest.get(event.track_uuid, 0)
        latest[event.track_uuid] = packet.timestamp
    assert set(depth.values()) == {0}


# ---- tables in files
def test_csv_has_a_line_for_each_event(trace: rs.Trace, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    trace.to_csv(path)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["time"]) for row in rows] == trace.events["time"].tolist()
    assert [rs.EventKind[row["kind_name"]] for row in rows] == trace.events["kind"].tolist()


def test_parquet_comes_back_the_same(trace: rs.Trace, tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "events.parquet"
    trace.to_parquet(path)
    table = pq.read_table(path)
    for name in EVENT_COLUMNS:
        assert (table[name].to_numpy() == trace.events[name]).all()
    actors = [name for name, _, _ in trace.actors]
    known = [i for i in trace.events["actor"].tolist() if i >= 0]
    assert [n for n in table["actor_name"].to_pylist() if n] == [actors[i] for i in known]


@pytest.mark.parametrize("suffix", [".pftrace", ".csv"])
def test_export_writes_it(trace: rs.Trace, tmp_path: Path, suffix: str) -> None:
    trace.save(tmp_path / "t.ctf")
    output = tmp_path / f"out{suffix}"
    assert cli.main(["export", str(tmp_path / "t.ctf"), str(output)]) == 0
    assert output.stat().st_size > 0


def test_every_export_tells_what_was_lost(
    trace: rs.Trace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lossy = tmp_path / "lossy.ctf"
    trace.save(lossy)
    events = lossy / "events"
    events.write_bytes(events.read_bytes()[:-1])  # its only packet is not whole
    assert cli.main(["import", str(lossy), str(tmp_path / "mended.ctf"), "--recover"]) == 0
    assert f"(0 events, {len(trace)} lost)" in capsys.readouterr().out
    found = rs.load(tmp_path / "mended.ctf")
    assert found.events_lost == len(trace)
    were = "events were lost"
    told = {".svg": were, ".html": "lost", ".txt": were, ".pftrace": "events lost"}
    for suffix in (*told, ".ctf", ".csv"):  # the last two: see below
        output = tmp_path / f"out{suffix}"
        assert cli.main(["export", str(tmp_path / "mended.ctf"), str(output)]) == 0
        assert f"(0 events, {len(trace)} lost)" in capsys.readouterr().out
        if suffix in told:
            assert f"{len(trace)} {told[suffix]}" in output.read_text(errors="replace")
    assert rs.load(tmp_path / "out.ctf").events_lost == len(trace)
    with (tmp_path / "out.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["time"], row["events_lost"]) == ("", str(len(trace)))
    pq = pytest.importorskip("pyarrow.parquet")
    found.to_parquet(tmp_path / "out.parquet")
    schema = pq.read_schema(tmp_path / "out.parquet")
    assert schema.metadata[b"events_lost"] == str(len(trace)).encode()


def test_what_was_lost_is_told_beside_the_events_that_are_there(tmp_path: Path) -> None:
    rs.run("posted", repeat=50).trace.save(tmp_path / "whole.ctf")
    events = tmp_path / "whole.ctf" / "events"
    events.write_bytes(events.read_bytes()[:-1])  # the last of its packets is not whole
    trace = rs.load(tmp_path / "whole.ctf", recover=True)
    assert len(trace) > 0
    assert trace.events_lost > 0
    lines = trace.describe().splitlines()
    assert lines[-1] == f"{trace.events_lost} events were lost"
    assert len(lines) == len(trace) + 1
    trace.to_csv(tmp_path / "events.csv")
    with (tmp_path / "events.csv").open(newline="") as file:
        told = [row["events_lost"] for row in csv.DictReader(file)]
    assert told == [str(trace.events_lost)] * len(trace)


# ---- parts
def test_slice_is_by_time_of_the_own_clock(trace: rs.Trace) -> None:
    middle = (trace.start + trace.end) // 2
    first, second = trace[:middle], trace[middle:]
    assert len(first) + len(second) == len(trace)
    assert (first.events["time"] < middle).all()
    assert np.array_equal(second.events["time"], trace.events["time"][len(first) :])


@pytest.mark.parametrize(
    "write",
    ["to_svg", "to_html", "to_gif", "to_png", "to_csv", "to_parquet", "to_perfetto", "save"],
)
def test_what_is_no_path_is_named(trace: rs.Trace, write: str) -> None:
    with pytest.raises(TypeError, match=r"path=5: expected a str or an os\.PathLike"):
        getattr(trace, write)(5)


def test_load_names_what_is_no_path() -> None:
    with pytest.raises(TypeError, match=r"path=5: expected a str or an os\.PathLike"):
        rs.load(5)  # type: ignore[arg-type]
