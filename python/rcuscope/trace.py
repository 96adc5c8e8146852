# SPDX-License-Identifier: LGPL-2.1-or-later
"""Traces: what happened, event by event, from any world."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rcuscope import _core, show
from rcuscope.paths import as_path

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rcuscope.widget import TimelineWidget


class Table(Mapping[str, "NDArray[Any]"]):
    """Columns of one length, by name; read-only. `pandas.DataFrame(table)` takes it as it is."""

    def __init__(self, columns: Mapping[str, NDArray[Any]]) -> None:
        self._columns = dict(columns)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self._columns.values()))) if self._columns else 0

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._columns:
            raise KeyError(f"{name!r}; the columns are {', '.join(self._columns)}")
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The columns for pyarrow, polars, pandas or DuckDB, numbers without a copy.

        Example:
            >>> import rcuscope as rs, pyarrow
            >>> trace = rs.explore("list_del").findings[0].trace
            >>> pyarrow.table(trace.spans).num_rows == trace.spans.rows
            True
        """
        del requested_schema  # a hint that may be ignored
        return _core.arrow_stream(dict(self._columns))

    def __repr__(self) -> str:
        return f"<Table: {self.rows} rows of {', '.join(self)}>"


_FLAGS: Final = ("inferred", "pre_existing", "error", "must_not_sleep")


def _table(columns: dict[str, Any]) -> Table:
    import numpy as np  # noqa: PLC0415  not needed by most programs

    made: dict[str, NDArray[Any]] = {}
    for name, column in columns.items():
        if isinstance(column, list):
            made[name] = np.array(column, dtype=object)
            made[name].setflags(write=False)
        else:
            made[name] = column.view(np.bool_) if name in _FLAGS else column
    return Table(made)


def require_anywidget() -> None:
    """Raises ImportError that says how to get it, if it is missing."""
    try:
        import anywidget  # noqa: F401, PLC0415  an extra, and only for widgets
    except ImportError:
        raise ImportError("a widget needs anywidget: pip install 'rcuscope[notebook]'") from None


class Trace(show.Shown):
    """What happened, event by event.

    `len(trace)` is the number of events, `trace[start:end]` the part with start <= time < end in
    the trace's own clock.

    Example:
        >>> import rcuscope as rs
        >>> trace = rs.explore("no_synchronize_rcu").findings[0].trace
        >>> trace.clock
        'steps'
        >>> len(trace) == len(trace.events["time"])
        True
    """

    def __init__(self, store: _core.TraceStore) -> None:
        self._store = store
        self._lanes: _core.Lanes | None = None
        self._searched = ""  # what only the search knows: the same schedule gives the same trace

    # ---- columns
    @property
    def clock(self) -> str:
        """Either "ns" (CLOCK_MONOTONIC) or "steps" (operations executed before)."""
        return self._store.clock

    @property
    def start(self) -> int:
        """Time of the first event, in the trace's clock; 0 if there is none."""
        return self._store.start

    @property
    def end(self) -> int:
        """Time of the last event, in the trace's clock; 0 if there is none."""
        return self._store.end

    @property
    def events(self) -> Table:
        """The events, a row each, by time; NumPy views that share the trace's memory, read-only.

        Columns, each of shape (n_events,): time (int64, ns or steps: `clock`), kind (uint16,
        `rs.EventKind`), actor (int32, index into `actors`), cpu (int32), object (int32, index into
        `objects`), grace_period (int32, its number), each -1 = none; value (int64, its meaning
        and unit by kind: `help(rs.EventKind)`), flags (uint16; bits: 0x0f what kind of load or
        store, 0x10 at a finding, 0x20 inferred, that is concluded and not recorded, 0x40 the call
        failed, 0x100 in a hardirq, 0x200 in a softirq, 0x400 in a read-side critical section).

        Example:
            >>> import rcuscope as rs
            >>> trace = rs.explore("list_del").findings[0].trace
            >>> int((trace.events["kind"] == rs.EventKind.list_del).sum())
            1
        """
        return Table(self._store.columns())

    def _picture(self) -> _core.Lanes:
        if self._lanes is None:
            self._lanes = _core.compute_lanes(self._store)
        return self._lanes

    @property
    def lanes(self) -> Table:
        """The rows of the picture, from the top.

        Columns, each of shape (n_lanes,): name (str), kind (uint8, `rs.LaneKind`), actor (int32,
        index into `actors`, -1 = none), actor_kind (str: "process", "hardirq" ...), cpu (int32,
        -1 = not known), must_not_sleep (bool).
        """
        return _table(self._picture().lane_table())

    @property
    def spans(self) -> Table:
        """The intervals of the picture.

        Columns, each of shape (n_spans,): start and end (int64, ns or steps: `clock`), lane (int32,
        row of `lanes`), kind (uint8, `rs.SpanKind`), object (int32, index into `objects`),
        grace_period (int32, its number), both -1 = none; inferred (bool: concluded, not recorded),
        pre_existing (bool: a reader that a grace period waits for), error (bool), label (str).
        """
        return _table(self._picture().span_table())

    @property
    def arrows(self) -> Table:
        """The arrows of the picture, from causes to effects.

        Columns, each of shape (n_arrows,): from and to (int64, ns or steps: `clock`), from_lane and
        to_lane (int32, rows of `lanes`), kind (uint8, `rs.ArrowKind`), label (str).
        """
        return _table(self._picture().arrow_table())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The events for pyarrow, polars, pandas or DuckDB, without a copy.

        Example:
            >>> import rcuscope as rs, pyarrow
            >>> trace = rs.explore("list_del").findings[0].trace
            >>> pyarrow.table(trace).num_rows == len(trace)
            True
        """
        return self.events.__arrow_c_stream__(requested_schema)

    # ---- names
    @property
    def actors(self) -> list[tuple[str, str, int]]:
        """(name, kind, cpu) of each actor; the column "actor" holds indices into it."""
        return self._store.actors

    @property
    def objects(self) -> list[tuple[str, str]]:
        """(name, type) of each object; the column "object" holds indices into it."""
        return self._store.objects

    @property
    def strings(self) -> list[str]:
        """Texts that values of some events are indices into."""
        return self._store.strings

    @property
    def metadata(self) -> dict[str, str]:
        """What the trace says about itself: scenario, variant, schedule, finding ..."""
        return self._store.metadata

    @property
    def events_lost(self) -> int:
        """Events that a full ring dropped; 0 in the model."""
        return self._store.events_lost_count

    # ---- parts
    def __len__(self) -> int:
        return len(self._store)

    def __bool__(self) -> bool:
        return True  # a trace without events is a trace

    def __getitem__(self, part: slice) -> Trace:
        if not isinstance(part, slice) or part.step is not None:
            raise TypeError(
                f"trace[{part!r}]: expected a slice of times, trace[start:end]; single events are "
                "rows of trace.events"
            )
        start = self._store.start if part.start is None else int(part.start)
        end = self._store.end + 1 if part.stop is None else int(part.stop)
        return Trace(self._store.slice(start, end))

    def describe(self) -> str:
        """English, one line an event: time, actor, sentence. What was lost is told in a last line.

        Example:
            >>> import rcuscope as rs
            >>> "LIST_POISON1" in rs.explore("list_del").findings[0].message
            True
        """
        lost = f"{self.events_lost} events were lost\n" if self.events_lost else ""
        return self._store.describe() + lost

    # ---- files
    def save(self, path: str | PathLike[str]) -> None:
        """Writes the native format: a CTF 1.8 directory, which babeltrace2 reads too.

        Args:
            path: Of the directory; a native trace that is there is replaced.

        Raises:
            OSError: if it cannot be written.
            ValueError: if something else is there.

        Example:
            >>> import rcuscope as rs, tempfile, pathlib
            >>> path = pathlib.Path(tempfile.mkdtemp()) / "list_del.ctf"
            >>> trace = rs.explore("list_del").findings[0].trace
            >>> trace.save(path)
            >>> len(rs.load(path)) == len(trace)
            True
        """
        _core.save_native(self._store, as_path(path))

    def to_perfetto(self, path: str | PathLike[str]) -> None:
        """Writes a trace for ui.perfetto.dev: a track for each lane, flows for the arrows.

        Reference counts are counters. A step of the model counts as a microsecond.

        Args:
            path: Of the file, usually ".pftrace".

        Raises:
            OSError: if it cannot be written.

        Example:
            >>> import rcuscope as rs, tempfile, pathlib
            >>> path = pathlib.Path(tempfile.mkdtemp()) / "list_del.pftrace"
            >>> rs.explore("list_del").findings[0].trace.to_perfetto(path)
            >>> path.stat().st_size > 0
            True
        """
        as_path(path).write_bytes(_core.to_perfetto(self._store))

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Writes the events as text, a line each, with names beside the numbers.

        The column "events_lost" has the number of the whole trace in each line. A trace that lost
        all of its events has one line with nothing else.

        Args:
            path: Of the file.

        Raises:
            OSError: if it cannot be written.
        """
        from rcuscope import tables  # noqa: PLC0415  not needed by most programs

        tables.write_csv(self, as_path(path))

    def to_parquet(self, path: str | PathLike[str]) -> None:
        """Writes the events as a Parquet file, with names beside the numbers; needs pyarrow.

        The file's metadata say under "events_lost" how many events the trace has lost.

        Args:
            path: Of the file.

        Raises:
            ImportError: without pyarrow; the message says how to get it.
            OSError: if it cannot be written.
        """
        from rcuscope import tables  # noqa: PLC0415  not needed by most programs

        tables.write_parquet(self, as_path(path))

    def to_svg(self, path: str | PathLike[str] | None = None) -> str:
        """A picture that plays by itself, without script.

        Args:
            path: Written there too, if given.

        Returns:
            The SVG text.

        Raises:
            OSError: if it cannot be written.

        Example:
            >>> import rcuscope as rs
            >>> rs.explore("list_del").findings[0].trace.to_svg()[:4]
            '<svg'
        """
        text = _core.to_svg(self._store, self._searched)
        if path is not None:
            as_path(path).write_text(text, encoding="utf-8")
        return text

    def to_png(
        self,
        path: str | PathLike[str],
        *,
        width: int = 1600,
        height: int = 900,
        at: int | None = None,
        theme: str = "light",
    ) -> None:
        """Draws the viewer's picture into a file; needs no display.

        Args:
            path: Of the PNG.
            width: Pixels.
            height: Pixels.
            at: Playhead, from `start` to `end` in the trace's clock; the view moves there if it
                has to. None = where the finding is.
            theme: "light" or "dark".

        Raises:
            ValueError: for a wrong size, theme or time.
            OSError: if the viewer is not installed or cannot write.

        Example:
            >>> import rcuscope as rs
            >>> trace = rs.explore("list_del").findings[0].trace
            >>> trace.to_png("list_del.png", theme="dark")  # doctest: +SKIP
        """
        from rcuscope import viewer  # noqa: PLC0415  not needed by most programs

        viewer.render(self, str(as_path(path)), width=width, height=height, at=at, theme=theme)

    def view(self, block: bool = False) -> None:
        """Opens the viewer on this trace, as a process of its own.

        Args:
            block: Wait until its window is closed.

        Raises:
            OSError: if it is not installed, or there is no display; the message says what else
                shows a trace.
        """
        from rcuscope import viewer  # noqa: PLC0415  not needed by most programs

        viewer.open_window(self, block=block)

    def widget(self) -> TimelineWidget:
        """The timeline for a notebook: zoom, pan, play, step, scrub; needs anywidget.

        Returns:
            The widget; its `step` and `selection` follow the reader, and can be set.

        Raises:
            ImportError: without anywidget; the message says how to get it.
            ValueError: if there are no events.

        Example:
            >>> import rcuscope as rs
            >>> widget = rs.explore("list_del").findings[0].trace.widget()  # doctest: +SKIP
            >>> widget.step = 20  # doctest: +SKIP
        """
        require_anywidget()
        from rcuscope.widget import TimelineWidget  # noqa: PLC0415  it needs that extra

        return TimelineWidget(self)

    # ---- showing
    def _shown_trace(self) -> Trace:
        return self

    def _shown_text(self) -> str:
        about = self.metadata
        known = ("message", "explanation", "variant", "schedule")
        lines = [f"{name}: {about[name]}" for name in known if about.get(name)]
        return "\n".join(
            [str(self), *(line for text in lines for line in textwrap.wrap(text, 100))]
        )

    def __repr__(self) -> str:
        lost = f", {self.events_lost} lost" if self.events_lost else ""
        name = self.metadata.get("scenario", "")
        return f"<Trace{' of ' + name if name else ''}: {len(self)} events{lost}, in {self.clock}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_files, (_native_files(self),)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Trace):
            return NotImplemented
        return self._store is other._store or _native_files(self) == _native_files(other)

    __hash__ = None  # type: ignore[assignment]


def _native_files(trace: Trace) -> dict[str, bytes]:
    """The files of the native format, for pickling and comparing."""
    import tempfile  # noqa: PLC0415  not needed by most programs

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace"
        trace.save(path)
        return {file.name: file.read_bytes() for file in sorted(path.iterdir())}


def _from_files(files: dict[str, bytes]) -> Trace:
    import tempfile  # noqa: PLC0415  not needed by most programs

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace"
        path.mkdir()
        for name, content in files.items():
            (path / name).write_bytes(content)
        return load(path)


def _in_nanoseconds(store: _core.TraceStore, tsc_hz: float) -> _core.TraceStore:
    lowest, highest = 1e3, 1e12
    if isinstance(tsc_hz, bool) or not isinstance(tsc_hz, (int, float)):
        raise TypeError(f"tsc_hz={tsc_hz!r}: expected a number, ticks per second")
    if not lowest <= tsc_hz <= highest:
        raise _core.UsageError(
            f"tsc_hz={tsc_hz!r}: expected {lowest:g} to {highest:g} ticks per second"
        )
    if "trace_clock" not in store.metadata:
        raise _core.UsageError(
            f"tsc_hz={tsc_hz!r}: the times of this trace are no ticks; leave it out"
        )
    return _core.in_nanoseconds(store, tsc_hz)


def load(path: str | PathLike[str], *, recover: bool = False, tsc_hz: float | None = None) -> Trace:
    """Reads a trace of any known format, told by its content.

    Formats: native (a CTF directory), trace-cmd's `.dat`, the text of ftrace. Events of a kernel
    that mean the same as ours become those; what is concluded from them has the flag "inferred".

    Args:
        path: Of a file or directory.
        recover: Take a native trace that was cut up to its last whole packet; what is missing
            counts as lost.
        tsc_hz: Ticks per second of the clock of a kernel's trace that was recorded with
            `trace-cmd record -C x86-tsc`, whose file does not tell.

    Raises:
        ValueError: for a frequency that is none, or that the trace does not need.
        TraceFormatError: with path, byte offset and what was expected there.
        OSError: if it cannot be opened.

    Example:
        >>> import rcuscope as rs
        >>> rs.load("/does/not/exist")
        Traceback (most recent call last):
            ...
        FileNotFoundError: [Errno 2] ...
    """
    read = _core.recover_trace if recover else _core.load_trace
    store = read(as_path(path))
    return Trace(store if tsc_hz is None else _in_nanoseconds(store, tsc_hz))
