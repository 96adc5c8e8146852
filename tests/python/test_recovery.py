# SPDX-License-Identifier: LGPL-2.1-or-later
"""Native traces that were cut: all whole packets come back, and nothing crashes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import rcuscope as rs
from rcuscope import cli

HEADER = 64
RECORD = 32
RECORDS_IN_PACKET = 2048


@pytest.fixture
def small(tmp_path: Path) -> tuple[rs.Trace, Path]:
    trace = rs.explore("list_del").findings[0].trace
    trace.save(tmp_path / "small.ctf")
    return trace, tmp_path / "small.ctf"


@pytest.fixture
def long(tmp_path: Path) -> tuple[rs.Trace, Path]:
    """Several packets."""
    lines = [f"  task-7 [001] {i}.000001: step_{i % 5}: of many" for i in range(5000)]
    (tmp_path / "long.txt").write_text("\n".join(lines))
    trace = rs.load(tmp_path / "long.txt")
    trace.save(tmp_path / "long.ctf")
    return trace, tmp_path / "long.ctf"


def test_events_cut_at_any_offset_never_crash(small: tuple[rs.Trace, Path]) -> None:
    trace, path = small
    events = path / "events"
    content = events.read_bytes()
    for size in range(len(content)):
        events.write_bytes(content[:size])
        with pytest.raises(rs.TraceFormatError, match="expected"):
            rs.load(path)
        found = rs.load(path, recover=True)
        assert len(found) == 0  # its only packet is not whole
        assert found.events_lost == len(trace)
    events.write_bytes(content)
    assert rs.load(path, recover=True) == trace


def test_definitions_cut_at_any_offset_are_an_error(small: tuple[rs.Trace, Path]) -> None:
    _, path = small
    definitions = path / "definitions"
    content = definitions.read_bytes()
    for size in range(0, len(content), 3):
        definitions.write_bytes(content[:size])
        with pytest.raises(rs.TraceFormatError, match="definitions: byte"):
            rs.load(path, recover=True)


def test_whole_packets_come_back(long: tuple[rs.Trace, Path]) -> None:
    trace, path = long
    events = path / "events"
    content = events.read_bytes()
    packet = HEADER + RECORD * RECORDS_IN_PACKET
    for size in (packet - 1, packet, packet + 1, packet + HEADER + 5, 2 * packet, len(content) - 1):
        events.write_bytes(content[:size])
        found = rs.load(path, recover=True)
        count = size // packet * RECORDS_IN_PACKET
        assert len(found) == count
        assert (found.events["value"] == trace.events["value"][:count]).all()
        assert found.events_lost == len(trace) - count
        assert found.metadata["recovered"] == f"{count} of {len(trace)} events"


def test_a_tail_of_zeros_is_left_out(long: tuple[rs.Trace, Path]) -> None:
    trace, path = long
    events = path / "events"
    packet = HEADER + RECORD * RECORDS_IN_PACKET
    events.write_bytes(events.read_bytes()[:packet] + bytes(100_000))
    assert len(rs.load(path, recover=True)) == RECORDS_IN_PACKET
    assert len(trace) == 5000


def test_bits_that_flip_are_found(small: tuple[rs.Trace, Path]) -> None:
    _, path = small
    for name in ("metadata", "events", "definitions"):
        content = (path / name).read_bytes()
        for at in range(0, len(content), 11):
            flipped = bytearray(content)
            flipped[at] ^= 1 << at % 8
            (path / name).write_bytes(flipped)
            with pytest.raises(rs.TraceFormatError):
                rs.load(path)
            try:
                rs.load(path, recover=True)
            except rs.TraceFormatError as error:
                assert str(path) in str(error)  # noqa: PT017  it may also be read
        (path / name).write_bytes(content)


def test_command_writes_what_it_recovered(
    long: tuple[rs.Trace, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, path = long
    events = path / "events"
    events.write_bytes(events.read_bytes()[:-7])
    mended = path.parent / "mended.ctf"
    assert cli.main(["import", str(path), str(mended)]) == 2
    assert cli.main(["import", str(path), str(mended), "--recover"]) == 0
    assert "4096 events" in capsys.readouterr().out
    assert len(rs.load(mended)) == 2 * RECORDS_IN_PACKET


CUT_WHILE_IT_IS_READ = """
import os, random, sys, threading, time
import rcuscope as rs

path = sys.argv[1]
events = os.path.join(path, "events")
content = open(events, "rb").read()
must_stop = threading.Event()

def cut_and_restore():
    file = os.open(events, os.O_WRONLY)
    while not must_stop.is_set():
        os.ftruncate(file, random.randrange(len(content)))
        time.sleep(0)
        os.pwrite(file, content, 0)
        time.sleep(random.random() * 2e-3)

cutter = threading.Thread(target=cut_and_restore)
cutter.start()
whole = refused = 0
end = time.monotonic() + 20
while (whole < 20 or refused < 20) and time.monotonic() < end:
    try:
        whole += len(rs.load(path)) == 5000
    except rs.TraceFormatError:
        refused += 1
    try:
        rs.load(path, recover=True)
    except rs.TraceFormatError:
        pass
must_stop.set()
cutter.join()
assert whole and refused, (whole, refused)
print("alive")
"""


def test_a_trace_that_is_cut_while_it_is_read_takes_nobody_down(
    long: tuple[rs.Trace, Path],
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CUT_WHILE_IT_IS_READ, str(long[1])],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr
