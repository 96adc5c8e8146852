# SPDX-License-Identifier: LGPL-2.1-or-later
"""Events as tables in files: numbers as they are, and beside them what they refer to."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rcuscope as rs
from rcuscope import _core

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rcuscope.trace import Trace


def _names(ids: NDArray[Any], names: list[str]) -> list[str]:
    return [names[i] if i >= 0 else "" for i in ids.tolist()]


def named_columns(trace: Trace) -> dict[str, Any]:
    """The columns of the events and the names of kinds, actors and objects."""
    events = trace.events
    columns: dict[str, Any] = dict(events)
    kinds = [kind.name for kind in rs.EventKind]
    columns["kind_name"] = _names(events["kind"], kinds)
    columns["actor_name"] = _names(events["actor"], [name for name, _, _ in trace.actors])
    columns["object_name"] = _names(events["object"], [name for name, _ in trace.objects])
    return columns


def write_csv(trace: Trace, path: Path) -> None:
    """A line of names, then a line for each event, with what the whole trace has lost in each."""
    columns = named_columns(trace)
    columns["events_lost"] = [trace.events_lost] * len(trace)
    rows = zip(*(c if isinstance(c, list) else c.tolist() for c in columns.values()), strict=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
        if trace.events_lost and len(trace) == 0:  # nothing else would tell it
            writer.writerow([*[""] * (len(columns) - 1), trace.events_lost])


class _Stream:
    def __init__(self, columns: dict[str, Any]) -> None:
        self._columns = columns

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        del requested_schema
        return _core.arrow_stream(self._columns)


def write_parquet(trace: Trace, path: Path) -> None:
    """One row group of all events; the file's metadata say under "events_lost" how many are not.

    Raises:
        ImportError: without pyarrow.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415  optional
        import pyarrow.parquet as pq  # noqa: PLC0415  optional
    except ImportError as error:
        raise ImportError(
            "Parquet files need pyarrow: python -m pip install 'rcuscope[data]'"
        ) from error
    table = pa.table(_Stream(named_columns(trace)))
    table = table.replace_schema_metadata({"events_lost": str(trace.events_lost)})
    pq.write_table(table, path)
