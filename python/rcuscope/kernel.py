# SPDX-License-Identifier: LGPL-2.1-or-later
"""Traces of kernels: what was recorded, and what was not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rcuscope as rs
from rcuscope import _core

if TYPE_CHECKING:
    from rcuscope.trace import Trace


def is_kernel_trace(trace: Trace) -> bool:
    """True for a trace that was imported from a kernel."""
    return trace.metadata.get("world") == "kernel"


def not_recorded(trace: Trace) -> list[str]:
    """What the trace cannot show, with the reason and what would have shown it; a line each.

    Raises:
        ValueError: if it is no trace of a kernel.
    """
    if not is_kernel_trace(trace):
        raise _core.UsageError("this trace is not one of a kernel; expected an imported one")
    return trace.metadata.get("not_recorded", "").splitlines()


def summary(trace: Trace) -> dict[str, Any]:
    """Counts of what an imported trace shows, and `not_recorded`."""
    import numpy as np  # noqa: PLC0415  not needed by most programs

    kinds = trace.events["kind"]
    counts = {kind.name: int((kinds == kind).sum()) for kind in rs.EventKind}
    spans = trace.spans
    return {
        "events": len(trace),
        "events_lost": trace.events_lost,
        "seconds": (trace.end - trace.start) / 1e9 if trace.clock == "ns" else None,
        "cpus": int(np.unique(trace.events["cpu"]).size),
        "kinds": {name: count for name, count in counts.items() if count},
        "inferred_spans": int(spans["inferred"].sum()),
        "not_recorded": not_recorded(trace) if is_kernel_trace(trace) else [],
    }


def summary_lines(record: dict[str, Any]) -> list[str]:
    """The summary in words."""
    lines = [
        f"{record['events']} events on {record['cpus']} CPU(s)",
        f"{record['events_lost']} events lost",
    ]
    lines += [f"  {count:8} {name}" for name, count in record["kinds"].items()]
    lines.append(f"{record['inferred_spans']} spans are inferred, not recorded")
    if record["not_recorded"]:
        lines.append("not recorded:")
        lines += [f"  {line}" for line in record["not_recorded"]]
    return lines
