# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lanes that follow from a kernel's trace, one test each: what is shown, what is inferred."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rcuscope as rs

INFERRED = 0x20
GRACE_PERIODS_BELOW_ZERO = 300

TEXT = """# tracer: nop
 rcu_preempt-17  [000] d..1.  1.000000: rcu_grace_period: rcu_preempt -7 start
    read-80  [001] d..1.  1.000050: rcu_preempt_task: rcu_preempt -7 80
 rcu_preempt-17  [000] d..1.  1.000100: rcu_fqs: rcu_preempt -7 3 dti
  <idle>-0   [001] d.h2.  1.000110: rcu_grace_period: rcu_preempt -7 cpuqs
    read-80  [001] d..1.  1.000150: rcu_unlock_preempted_task: rcu_preempt -7 80
 rcu_preempt-17  [000] d..1.  1.000200: rcu_grace_period: rcu_preempt -7 end
 rcu_preempt-17  [000] d..1.  1.000300: rcu_grace_period: rcu_preempt 1 start
      sh-75  [001] .....  1.000310: sync_enter: (ffffffff810ef2d4)
      sh-75  [001] ...1.  1.000320: rcu_callback: rcu_preempt rhp=0xff20 func=my_free 3
 rcu_preempt-17  [000] d..1.  1.000400: rcu_grace_period: rcu_preempt 1 end
 rcu_preempt-17  [000] d..1.  1.000410: rcu_grace_period: rcu_preempt 5 start
 rcu_preempt-17  [000] d..1.  1.000500: rcu_grace_period: rcu_preempt 5 end
      sh-75  [001] .....  1.000510: sync_exit: (ffffffff810ef2d4 <- ffffffff813d4683)
  <idle>-0   [001] ..s1.  1.000600: rcu_invoke_callback: rcu_preempt rhp=0xff20 func=my_free
  <idle>-0   [001] ..s1.  1.000610: rcu_batch_end: rcu_preempt CBs-invoked=1 idle=....
      cat-81 [000] .....  1.000700: function: __rcu_read_lock <-- do_sys_open
      cat-81 [000] .....  1.000710: function: __rcu_read_lock <-- path_init
      cat-81 [000] .....  1.000720: function: __rcu_read_unlock <-- path_init
      cat-81 [000] .....  1.000730: function: __rcu_read_unlock <-- do_sys_open
      sh-75  [001] .....  1.000800: add_device_to_group: IOMMU: groupID=8 device=0000:01:00.0
      sh-75  [001] .....  1.000810: get_device: dev=0xff10 name="0000:01:00.0" refs=1
      sh-75  [001] .....  1.000820: remove_device_from_group: IOMMU: groupID=8 device=0000:01:00.0
      sh-75  [001] .....  1.000830: put_device: dev=0xff10 name="0000:01:00.0" refs=2
      sh-75  [001] .....  1.000840: put_device: dev=0xff10 name="0000:01:00.0" refs=1
      sh-75  [001] .....  1.000850: device_release: dev=0xff10 name="0000:01:00.0"
 rcu_preempt-17  [000] d..1.  1.000900: rcu_grace_period: rcu_preempt 9 start
"""

# Of a kernel without rcu events: probes under the names of docs/kernel_traces.md.
PROBES = """# tracer: nop
 rcu_preempt-17  [000] .....  2.000000: gp_start: (rcu_gp_kthread+0x1/0x2 <- rcu_gp_init) gp_seq=-11
      sh-75  [001] .....  2.000100: sync_enter: (synchronize_rcu+0x0/0x10)
      sh-75  [001] .....  2.000110: call_rcu: (call_rcu+0x0/0x10) head=0xff30 func=free_it
 rcu_preempt-17  [000] .....  2.000200: gp_end: (rcu_gp_cleanup+0x0/0x10) gp_seq=-11
 rcu_preempt-17  [000] .....  2.000300: gp_start: (rcu_gp_kthread+0x1/0x2 <- rcu_gp_init) gp_seq=-7
 rcu_preempt-17  [000] .....  2.000400: gp_end: (rcu_gp_cleanup+0x0/0x10) gp_seq=-7
      sh-75  [001] .....  2.000500: sync_exit: (do_it+0x1/0x2 <- synchronize_rcu)
"""


def number_of(gp_seq: int) -> int:
    return (gp_seq >> 2) + GRACE_PERIODS_BELOW_ZERO


def at(seconds: float) -> int:
    return round(seconds * 1e9)


def load(folder: Path, text: str) -> rs.Trace:
    path = folder / "trace.txt"
    path.write_text(text)
    return rs.load(path)


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> rs.Trace:
    return load(tmp_path_factory.mktemp("lanes"), TEXT)


@pytest.fixture(scope="module")
def probes(tmp_path_factory: pytest.TempPathFactory) -> rs.Trace:
    return load(tmp_path_factory.mktemp("probes"), PROBES)


def events_of(trace: rs.Trace, kind: rs.EventKind) -> list[dict[str, int]]:
    columns = trace.events
    rows = np.flatnonzero(columns["kind"] == kind)
    return [{name: int(columns[name][row]) for name in columns} for row in rows]


def spans_of(trace: rs.Trace, kind: rs.SpanKind) -> list[dict[str, object]]:
    spans = trace.spans
    rows = np.flatnonzero(spans["kind"] == kind)
    return [
        {
            "start": int(spans["start"][row]),
            "end": int(spans["end"][row]),
            "label": spans["label"][row],
            "lane": trace.lanes["name"][int(spans["lane"][row])],
            "inferred": bool(spans["inferred"][row]),
        }
        for row in rows
    ]


def arrows_of(trace: rs.Trace, kind: rs.ArrowKind) -> list[tuple[int, int]]:
    arrows = trace.arrows
    rows = np.flatnonzero(arrows["kind"] == kind)
    return [(int(arrows["from"][row]), int(arrows["to"][row])) for row in rows]


def test_each_gp_seq_is_a_span_also_below_zero(trace: rs.Trace) -> None:
    spans = spans_of(trace, rs.SpanKind.grace_period)
    found = [(span["label"], span["start"], span["end"]) for span in spans]
    assert found == [
        ("GP -7", at(1.0), at(1.0002)),
        ("GP 1", at(1.0003), at(1.0004)),
        ("GP 5", at(1.00041), at(1.0005)),
        ("GP 9", at(1.0009), trace.end),
    ]
    assert not any(span["inferred"] for span in spans)


def test_grace_period_that_is_open_at_the_end_has_no_end_event(trace: rs.Trace) -> None:
    ended = {event["grace_period"] for event in events_of(trace, rs.EventKind.grace_period_end)}
    assert ended == {number_of(-7), number_of(1), number_of(5)}


def test_quiescent_states_name_their_cpu(trace: rs.Trace) -> None:
    states = events_of(trace, rs.EventKind.quiescent_state)
    named = [(e["time"], trace.actors[e["value"]][0], e["grace_period"]) for e in states]
    assert (at(1.0001), "CPU 3", number_of(-7)) in named  # from rcu_fqs
    assert (at(1.00011), "CPU 1", number_of(-7)) in named  # from cpuqs


def test_arrow_goes_from_the_grace_period_that_counted_to_synchronize_rcu(trace: rs.Trace) -> None:
    # GP 1 ran already when synchronize_rcu was called.
    assert arrows_of(trace, rs.ArrowKind.grace_period) == [(at(1.0005), at(1.00051))]
    [call] = events_of(trace, rs.EventKind.synchronize_rcu_start)
    assert call["grace_period"] == number_of(5)
    assert call["flags"] & INFERRED
    [span] = spans_of(trace, rs.SpanKind.blocked)
    assert (span["label"], span["inferred"]) == ("synchronize_rcu", True)
    assert "GP 1 began before: it does not count" in trace.describe()


def test_callback_is_followed_from_call_rcu_to_its_invocation(trace: rs.Trace) -> None:
    assert arrows_of(trace, rs.ArrowKind.callback) == [(at(1.00032), at(1.0006))]
    [span] = spans_of(trace, rs.SpanKind.callback)
    assert (span["start"], span["end"]) == (at(1.0006), at(1.00061))
    assert span["inferred"]  # no event tells when it returned
    [start] = events_of(trace, rs.EventKind.callback_start)
    assert start["grace_period"] == number_of(5)


def test_preempted_reader_is_inferred_and_holds_up_the_grace_period(trace: rs.Trace) -> None:
    [span] = [s for s in spans_of(trace, rs.SpanKind.reader) if s["lane"] == "read-80"]
    assert (span["start"], span["end"]) == (at(1.00005), at(1.00015))
    assert span["inferred"]
    [waits] = events_of(trace, rs.EventKind.grace_period_waits_for)
    assert trace.actors[waits["value"]][0] == "read-80"
    assert waits["grace_period"] == number_of(-7)
    assert (at(1.00015), at(1.00015)) in arrows_of(trace, rs.ArrowKind.reader)


def test_traced_functions_give_the_section_itself_and_its_nesting(trace: rs.Trace) -> None:
    [span] = [s for s in spans_of(trace, rs.SpanKind.reader) if s["lane"] == "cat-81"]
    assert (span["start"], span["end"]) == (at(1.0007), at(1.00073))
    assert not span["inferred"]
    depths = [
        e["value"]
        for kind in (rs.EventKind.rcu_read_lock, rs.EventKind.rcu_read_unlock)
        for e in events_of(trace, kind)
        if trace.actors[e["actor"]][0] == "cat-81"
    ]
    assert depths == [1, 2, 1, 0]


def test_group_gets_and_loses_the_device(trace: rs.Trace) -> None:
    for kind in (rs.EventKind.add_device_to_group, rs.EventKind.remove_device_from_group):
        [event] = events_of(trace, kind)
        assert trace.objects[event["object"]] == ("0000:01:00.0", "device")
        assert trace.objects[event["value"]] == ("8", "iommu_group")


def test_references_are_the_count_afterwards_down_to_the_release(trace: rs.Trace) -> None:
    counts = [e["value"] for e in events_of(trace, rs.EventKind.get_device)]
    counts += [e["value"] for e in events_of(trace, rs.EventKind.put_device)]
    assert counts == [2, 1, 0]
    [release] = events_of(trace, rs.EventKind.device_release)
    assert release["time"] == at(1.00085)
    assert trace.objects[release["object"]] == ("0000:01:00.0", "device")


def test_probes_stand_for_the_events_of_a_kernel_without_them(probes: rs.Trace) -> None:
    spans = spans_of(probes, rs.SpanKind.grace_period)
    assert [(span["label"], span["inferred"]) for span in spans] == [
        ("GP -11", True),
        ("GP -7", True),
    ]
    assert arrows_of(probes, rs.ArrowKind.grace_period) == [(at(2.0004), at(2.0005))]
    [call] = events_of(probes, rs.EventKind.call_rcu)
    assert probes.actors[call["value"]][0] == "free_it"
