# SPDX-License-Identifier: LGPL-2.1-or-later
"""See, break and prove an RCU conversion.

A scenario sets objects up and declares actors; `explore` tries every schedule of it, `run` runs it
on real threads, and a `Trace` shows what happened.

Example:
    >>> import rcuscope as rs
    >>> rs.explore("no_synchronize_rcu").findings[0].kind
    'use_after_free'
"""

from rcuscope import examples, lessons
from rcuscope._core import (
    Completion,
    Device,
    DeviceName,
    DevIommu,
    ExecutionAbandoned,
    GroupDevice,
    GroupList,
    Handle,
    HeapObject,
    InternalError,
    IommuGroup,
    Kernel,
    Kref,
    LimitError,
    ListHead,
    Location,
    MemoryModelWarning,
    Mutex,
    NondeterminismError,
    Spinlock,
    SrcuStruct,
    TraceFormatError,
    UnsafeError,
    UsageError,
    Work,
    __version__,
)
from rcuscope.config import Config
from rcuscope.explore import explore, replay
from rcuscope.iommu import Iommu
from rcuscope.litmus import Litmus, litmus
from rcuscope.live import Latency, Run, Stats, run
from rcuscope.scenario import Scenario, catalogue, scenario
from rcuscope.stepping import Choice, Session, State, step
from rcuscope.trace import Trace, load
from rcuscope.variant import Variant
from rcuscope.verdict import Cost, Finding, Progress, Verdict
from rcuscope.vocabulary import ArrowKind, EventKind, FindingKind, LaneKind, SpanKind
from rcuscope.workload import Workload, workload

__all__ = [
    "ArrowKind",
    "Choice",
    "Completion",
    "Config",
    "Cost",
    "DevIommu",
    "Device",
    "DeviceName",
    "EventKind",
    "ExecutionAbandoned",
    "Finding",
    "FindingKind",
    "GroupDevice",
    "GroupList",
    "Handle",
    "HeapObject",
    "InternalError",
    "Iommu",
    "IommuGroup",
    "Kernel",
    "Kref",
    "LaneKind",
    "Latency",
    "LimitError",
    "ListHead",
    "Litmus",
    "Location",
    "MemoryModelWarning",
    "Mutex",
    "NondeterminismError",
    "Progress",
    "Run",
    "Scenario",
    "Session",
    "SpanKind",
    "Spinlock",
    "SrcuStruct",
    "State",
    "Stats",
    "Trace",
    "TraceFormatError",
    "UnsafeError",
    "UsageError",
    "Variant",
    "Verdict",
    "Work",
    "Workload",
    "__version__",
    "catalogue",
    "examples",
    "explore",
    "lessons",
    "litmus",
    "load",
    "replay",
    "run",
    "scenario",
    "step",
    "workload",
]
