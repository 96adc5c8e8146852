# SPDX-License-Identifier: LGPL-2.1-or-later
"""Import of kernel traces. The example was recorded in a guest: a device leaves
its group while a grace period runs."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import rcuscope as rs
from rcuscope import _core, cli, kernel

DATA = rs.examples.path("kernel_removal.dat")
# More recordings, where there are some: beside the checkout.
SHARED = Path(
    os.environ.get("RCUSCOPE_KERNEL_TRACES", Path(__file__).parents[3] / "shared" / "traces")
)
INFERRED = 0x20
BACKGROUND = 0x800
GRACE_PERIODS_BELOW_ZERO = 300

READER = Path(_core.__file__).parent / "bin" / "rcuscope-read-dat"
needs_reader = pytest.mark.skipif(not READER.exists(), reason="built without libtracecmd")


@pytest.fixture(scope="module")
def removal() -> rs.Trace:
    return rs.load(DATA)


def number_of(gp_seq: int) -> int:
    return (gp_seq >> 2) + GRACE_PERIODS_BELOW_ZERO


def events_of(trace: rs.Trace, kind: rs.EventKind) -> list[dict[str, int]]:
    columns = trace.events
    rows = np.flatnonzero(columns["kind"] == kind)
    return [{name: int(columns[name][row]) for name in columns} for row in rows]


def microseconds(event: dict[str, int]) -> int:
    return round(event["time"] / 1000)


# ---- the clock
@pytest.mark.skipif(not (SHARED / "custom-tsc.dat").exists(), reason=f"no {SHARED}/custom-tsc.dat")
@needs_reader
def test_ticks_of_the_tsc_become_nanoseconds(tmp_path: Path) -> None:
    path = SHARED / "custom-tsc.dat"
    ticks = rs.load(path)
    assert ticks.metadata["trace_clock"] == "x86-tsc"
    assert any("--tsc-hz" in line for line in kernel.not_recorded(ticks))
    found = rs.load(path, tsc_hz=2e9)
    assert (found.events["time"] == ticks.events["time"] // 2).all()
    assert "trace_clock" not in found.metadata
    assert kernel.not_recorded(found) == kernel.not_recorded(ticks)[:-1]
    arguments = ["import", str(path), str(tmp_path / "tsc.ctf"), "--tsc-hz", "2e9"]
    assert cli.main(arguments) == 0
    assert rs.load(tmp_path / "tsc.ctf") == found


@needs_reader
@pytest.mark.parametrize("tsc_hz", [0, -1, 1e15, float("nan"), 2e9])
def test_frequency_that_is_none_or_not_needed_is_refused(tsc_hz: float) -> None:
    with pytest.raises(rs.UsageError, match="tsc_hz="):
        rs.load(DATA, tsc_hz=tsc_hz)


# ---- the first removal
@needs_reader
def test_first_removal_waits_for_the_next_full_grace_period(removal: rs.Trace) -> None:
    start = events_of(removal, rs.EventKind.synchronize_rcu_start)
    end = events_of(removal, rs.EventKind.synchronize_rcu_end)
    begins = {e["grace_period"]: e for e in events_of(removal, rs.EventKind.grace_period_start)}
    ends = {e["grace_period"]: e for e in events_of(removal, rs.EventKind.grace_period_end)}
    calls = [e for e in start if microseconds(e) == 11_944_989]
    returns = [e for e in end if microseconds(e) == 11_957_997]
    assert len(calls) == len(returns) == 1
    # Grace period -87 runs already and does not count.
    running, full = number_of(-87), number_of(-83)
    assert begins[running]["time"] < calls[0]["time"] < ends[running]["time"]
    assert microseconds(ends[running]) == 11_950_414
    assert microseconds(begins[full]) == 11_950_428
    assert microseconds(ends[full]) == 11_956_571
    assert calls[0]["grace_period"] == returns[0]["grace_period"] == full
    assert calls[0]["flags"] & INFERRED
    assert returns[0]["flags"] & INFERRED


@needs_reader
def test_after_the_grace_period_the_references_go_from_two_to_none(removal: rs.Trace) -> None:
    device = [name for name, _ in removal.objects].index("0000:01:00.0")
    puts = [e for e in events_of(removal, rs.EventKind.put_device) if e["object"] == device]
    after = {microseconds(e): e["value"] for e in puts}
    assert after[11_958_069] == 1
    assert after[11_959_735] == 0
    releases = events_of(removal, rs.EventKind.device_release)
    assert [microseconds(e) for e in releases if e["object"] == device] == [11_959_744]
    removed = events_of(removal, rs.EventKind.remove_device_from_group)
    assert microseconds(removed[0]) == 11_944_934
    assert removed[0]["object"] == device
    assert removal.objects[removed[0]["value"]] == ("8", "iommu_group")


@needs_reader
def test_picture_has_an_arrow_from_the_grace_period_that_let_it_go(removal: rs.Trace) -> None:
    part = removal[11_944_700_000:11_960_000_000]
    arrows = part.arrows
    [row] = np.flatnonzero(arrows["kind"] == rs.ArrowKind.grace_period)
    assert round(arrows["from"][row] / 1000) == 11_956_571
    assert round(arrows["to"][row] / 1000) == 11_957_997
    labels = list(part.spans["label"])
    assert "GP -87" in labels
    assert "GP -83" in labels
    waiting = labels.index("synchronize_rcu")
    assert part.spans["inferred"][waiting]
    assert "GP -87 began before: it does not count" in part.describe()


@needs_reader
def test_counts_are_those_of_trace_cmd(removal: rs.Trace) -> None:
    expected = {
        rs.EventKind.put_device: 150,
        rs.EventKind.get_device: 124,
        rs.EventKind.device_release: 23,
        rs.EventKind.synchronize_rcu_start: 19,
        rs.EventKind.synchronize_rcu_end: 19,
        rs.EventKind.add_device_to_group: 7,
        rs.EventKind.remove_device_from_group: 7,
        rs.EventKind.actor_start: 919,
    }
    assert {kind: len(events_of(removal, kind)) for kind in expected} == expected
    # Every other event is there with its text; what was added is inferred.
    flags = removal.events["flags"]
    added = (removal.events["kind"] == rs.EventKind.note) & ((flags & BACKGROUND) == 0)
    assert (flags[added] & INFERRED).all()
    assert len(removal) - int(added.sum()) == 4028


@needs_reader
def test_context_of_events_is_kept(removal: rs.Trace) -> None:
    flags = removal.events["flags"]
    assert (flags & 0x200).any()  # in softirq
    names = {name for name, _, _ in removal.actors}
    assert {"CPU 0 softirq", "CPU 1 softirq", "rcu_preempt-17", "sh-75"} <= names


# ---- text
TEXT = """# tracer: nop
#
cpus=2
     rcu_preempt-17    [000]     1.000100: rcu_grace_period:     rcu_preempt 5 start
        my sh-75    [001] d..1.     1.000200: sync_enter: (ffffffff810ef2d4)
CPU:1 [LOST 3 EVENTS]
     rcu_preempt-17    [000]     1.000300: rcu_grace_period:     rcu_preempt 5 end
     rcu_preempt-17    [000]     1.000400: rcu_grace_period:     rcu_preempt 9 start
    <idle>-0     [001] d.h2.     1.000450: rcu_grace_period: rcu_preempt 9 cpuqs
     rcu_preempt-17    [000]     1.000500: rcu_grace_period:     rcu_preempt 9 end
        my sh-75    [001]     1.000600: sync_exit: (ffffffff810ef2d4 <- ffffffff813d4683)
        my sh-75 (     75) [001] .....     1.000700: put_device: dev=0xff10 name="a b" refs=2
        my sh-75    [001] ...1.     1.000800: rcu_callback: rcu_preempt rhp=0xff20 func=my_free 3
     rcu_preempt-17    [000]     1.000900: rcu_grace_period:     rcu_preempt 13 start
     rcu_preempt-17    [000]     1.001000: rcu_grace_period:     rcu_preempt 13 end
    <idle>-0     [001] ..s1.     1.001100: rcu_invoke_callback: rcu rhp=0xff20 func=my_free
    <idle>-0     [001] ..s1.     1.001200: rcu_batch_end: rcu CBs-invoked=1
     rcu_preempt-17    [000]     1.001300: rcu_grace_period:     rcu_preempt 17 start
        my sh-75    [001]     1.001400: some_event: with: text
"""


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    path = tmp_path / "trace.txt"
    path.write_text(TEXT)
    return path


def test_text_of_ftrace_tells_the_same_story(text_file: Path) -> None:
    trace = rs.load(text_file)
    [call] = events_of(trace, rs.EventKind.synchronize_rcu_start)
    assert call["grace_period"] == number_of(9)
    assert call["time"] == 1_000_200_000
    [put] = events_of(trace, rs.EventKind.put_device)
    assert trace.objects[put["object"]] == ("a b", "device")
    assert put["value"] == 1
    assert trace.events_lost == 3
    assert ("my sh-75", "process", -1) in trace.actors
    [quiescent] = events_of(trace, rs.EventKind.quiescent_state)
    assert trace.actors[quiescent["value"]][0] == "CPU 1"
    assert quiescent["flags"] & 0x100  # in hardirq
    assert quiescent["flags"] >> 12 == 2
    assert "some_event: with: text" in trace.describe()


def test_callback_runs_after_its_first_full_grace_period(text_file: Path) -> None:
    trace = rs.load(text_file)
    [start] = events_of(trace, rs.EventKind.callback_start)
    assert start["grace_period"] == number_of(13)
    [row] = np.flatnonzero(trace.arrows["kind"] == rs.ArrowKind.callback)
    assert trace.arrows["from"][row] == 1_000_800_000
    assert trace.arrows["to"][row] == 1_001_100_000
    [end] = events_of(trace, rs.EventKind.callback_end)
    assert end["flags"] & INFERRED


def test_grace_period_open_at_the_end_is_shown_open(text_file: Path) -> None:
    trace = rs.load(text_file)
    spans = trace.spans
    row = list(spans["label"]).index("GP 17")
    assert spans["end"][row] == trace.end


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        (TEXT + "this is no event\n", len(TEXT)),
        ("# tracer: nop\n", len("# tracer: nop\n")),
        ("# tracer: nop\n  0)   1.234 us    |  my_function();\n", len("# tracer: nop\n")),
    ],
)
def test_malformed_text_names_path_and_offset(tmp_path: Path, text: str, offset: int) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(text)
    with pytest.raises(rs.TraceFormatError, match=f"{path}: byte {offset}: expected"):
        rs.load(path)


@needs_reader
@pytest.mark.skipif(shutil.which("trace-cmd") is None, reason="no trace-cmd on this machine")
def test_report_of_trace_cmd_gives_the_same_events(removal: rs.Trace, tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    with path.open("w") as output:
        subprocess.run(["trace-cmd", "report", "-t", DATA], stdout=output, check=True)
    text = rs.load(path)
    assert len(text) == len(removal)
    for column in ("kind", "grace_period", "cpu"):
        assert (text.events[column] == removal.events[column]).all(), column


def texts_of(trace: rs.Trace) -> list[str]:
    columns = trace.events
    ids = columns["value"][columns["kind"] == rs.EventKind.note]
    return [" ".join(trace.strings[text].split()) for text in ids]


@needs_reader
@pytest.mark.skipif(shutil.which("trace-cmd") is None, reason="no trace-cmd on this machine")
@pytest.mark.parametrize("path", [DATA, SHARED / "a4.dat"], ids=["kernel_removal", "a4"])
def test_texts_are_those_that_trace_cmd_prints_without_plugins(path: Path, tmp_path: Path) -> None:
    if not path.exists():
        pytest.skip(f"no {path}")
    report = tmp_path / "report.txt"
    with report.open("w") as output:
        subprocess.run(["trace-cmd", "report", "-t", "-N", path], stdout=output, check=True)
    assert texts_of(rs.load(path)) == texts_of(rs.load(report))


@needs_reader
@pytest.mark.parametrize("path", [DATA, *sorted(SHARED.glob("*.dat"))], ids=lambda path: path.stem)
def test_own_texts_are_those_of_libtraceevent(path: Path) -> None:
    if path.stat().st_size > 8 << 20:
        pytest.skip("too large for a test; see tests/bench/bench_traces.py")
    own, library = (
        subprocess.run([READER, path, *options], stdout=subprocess.PIPE, check=True).stdout
        for options in ([], ["--print-by-library"])
    )
    assert own == library


@needs_reader
def test_damaged_symbols_are_refused_when_one_is_needed(tmp_path: Path) -> None:
    """Their section stays in the file until an event asks for one: here, a callback's function."""
    source = SHARED / "custom-p1.dat"
    if not source.exists():
        pytest.skip(f"no {source}")
    content = bytearray(source.read_bytes())
    begin = len(content) // 4  # most of the file are its symbols
    content[begin : begin + 1000] = bytes(1000)
    path = tmp_path / "bad.dat"
    path.write_bytes(content)
    with pytest.raises(rs.TraceFormatError, match="the symbols of the kernel") as caught:
        rs.load(path)
    assert str(caught.value).startswith(str(path))


# ---- damaged files
@needs_reader
def test_damaged_trace_cmd_files_never_take_python_down(tmp_path: Path) -> None:
    content = DATA.read_bytes()
    path = tmp_path / "bad.dat"
    choose = random.Random(1)
    refused = []
    damaged = [content[:size] for size in (10, 12, 20, 100, 5000, 400_000, len(content) - 1)]
    for _ in range(20):
        flipped = bytearray(content)
        for _ in range(20):
            flipped[choose.randrange(10, len(content))] ^= 1 << choose.randrange(8)
        damaged.append(bytes(flipped))
    for bad in damaged:
        path.write_bytes(bad)
        try:
            rs.load(path)
        except rs.TraceFormatError as error:
            refused.append(str(error))
    assert all(message.startswith(str(path)) for message in refused)
    assert len(refused) >= 7


@needs_reader
@pytest.mark.skipif(not (SHARED / "custom-torture.dat").exists(), reason=f"no {SHARED}")
def test_damaged_pages_of_a_ring_buffer_end_soon(tmp_path: Path) -> None:
    """Uncompressed, so that what is damaged reaches the reader of pages; one of them has no end."""
    content = (SHARED / "custom-torture.dat").read_bytes()
    path = tmp_path / "bad.dat"
    choose, pages_at = random.Random(7), 0x21B000
    refused = 0
    for _ in range(8):
        damaged = bytearray(content)
        for _ in range(200):
            damaged[choose.randrange(pages_at, len(damaged))] ^= 1 << choose.randrange(8)
        path.write_bytes(damaged)
        before = os.times()
        try:
            rs.load(path)
        except rs.TraceFormatError:
            refused += 1
        assert os.times().children_user - before.children_user < 10
    assert refused > 0


@pytest.mark.parametrize("content", [b"", b"\x00" * 4096, b"\x7fELF" + bytes(100), b"hello\n"])
def test_foreign_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign"
    path.write_bytes(content)
    with pytest.raises(rs.TraceFormatError, match="one of the formats that rcuscope knows"):
        rs.load(path)


def test_missing_reader_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCUSCOPE_READ_DAT", "/does/not/exist")
    with pytest.raises(OSError, match="exist"):
        rs.load(DATA)


def test_damage_is_told_behind_what_libraries_print(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reader = tmp_path / "reader"
    reader.write_text("#!/bin/sh\necho mmap: Unknown error >&2\necho 508259 a page >&2\nexit 3\n")
    reader.chmod(0o755)
    monkeypatch.setenv("RCUSCOPE_READ_DAT", str(reader))
    with pytest.raises(rs.TraceFormatError, match=r"byte 508259: expected a page$"):
        rs.load(DATA)


# ---- command line
@needs_reader
def test_import_checks_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    native = tmp_path / "removal.ctf"
    assert cli.main(["import", str(DATA), str(native), "--check"]) == 0
    shown = capsys.readouterr().out
    assert "callbacks invoked" in shown
    assert "CONFIG_RCU_TRACE" in shown
    assert rs.load(native) == rs.load(DATA)
    assert cli.main(["import", str(DATA), "--check", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["kinds"]["device_release"] == 23
    assert any("read-side" in line for line in record["not_recorded"])


def test_import_without_a_place_says_what_to_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["import", "x.dat"]) == 2
    assert capsys.readouterr().err


def test_only_kernel_traces_have_something_not_recorded() -> None:
    trace = rs.explore("list_del").findings[0].trace
    with pytest.raises(ValueError, match="not one of a kernel"):
        kernel.not_recorded(trace)


# ---- the larger recordings
@needs_reader
@pytest.mark.parametrize("path", sorted(SHARED.glob("*.dat")), ids=lambda path: path.stem)
def test_every_recording_is_read_whole(path: Path) -> None:
    if path.stat().st_size > 8 << 20:
        pytest.skip("too large for a test; see tests/bench/bench_traces.py")
    counts = path.with_suffix(".counts")
    trace = rs.load(path)
    if counts.exists():
        recorded = sum(int(line.split()[0]) for line in counts.read_text().splitlines())
        notes = trace.events["kind"] == rs.EventKind.note
        inferred = (trace.events["flags"] & INFERRED) != 0
        assert len(trace) - int((notes & inferred).sum()) >= recorded * 0.99
    assert kernel.not_recorded(trace)
    assert len(trace.spans["start"]) > 0
