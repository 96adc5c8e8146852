# SPDX-License-Identifier: LGPL-2.1-or-later
"""`rcuscope record`: the live runs of a program, and the plan for a kernel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import rcuscope as rs
from rcuscope import kernel_record
from rcuscope.kernel_record import Offsets, make_plan

RunCli = Callable[..., "subprocess.CompletedProcess[str]"]

TWO_RUNS = """
import rcuscope as rs
print("not JSON")
rs.run("posted", repeat=2)
rs.workload(seconds=0.05)
"""
KILLED = """
import os, signal, threading
import rcuscope as rs
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGKILL)).start()
rs.workload(seconds=60, readers=1)
"""
OFFSETS = Offsets(gp_seq=4096, kobj=0, kobject_name=0, kref=56)
FUNCTIONS = {
    *("rcu_gp_init", "rcu_gp_cleanup", "synchronize_rcu", "call_rcu"),
    *("get_device", "put_device", "device_release"),
}


# ---- programs
@pytest.mark.live
def test_every_live_run_of_a_program_is_recorded(run_cli: RunCli, tmp_path: Path) -> None:
    done = run_cli("record", "--json", "--", sys.executable, "-c", TWO_RUNS)
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["status"] == 0
    assert [trace["scenario"] for trace in record["traces"]] == ["posted", "workload"]
    for trace in record["traces"]:
        assert len(rs.load(tmp_path / trace["path"])) == trace["events"] > 0
        assert trace["cut_off"] is False
        assert Path(trace["path"]).parent == Path("rcuscope-record")


@pytest.mark.live
def test_program_that_is_killed_leaves_a_mended_trace(run_cli: RunCli) -> None:
    done = run_cli("record", "--output", "out", "--", sys.executable, "-c", KILLED)
    assert done.returncode == 128 + 9
    assert "cut off with its process" in done.stdout
    assert ": 0 events" not in done.stdout


def test_program_without_live_runs_is_told(run_cli: RunCli) -> None:
    done = run_cli("record", "--", sys.executable, "-c", "print('hello', flush=True)")
    assert done.returncode == 1
    assert done.stdout == "hello\nnothing was recorded: the program made no live run\n"
    again = run_cli("record", "--", sys.executable, "-c", "print('hello', flush=True)")
    assert again.returncode == 1  # no empty folder of the first one is in its way


def test_exit_status_is_the_programs(run_cli: RunCli) -> None:
    assert run_cli("record", "--", sys.executable, "-c", "raise SystemExit(7)").returncode == 7


def test_existing_output_is_refused(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    done = run_cli("record", "--output", "out", "--", "true")
    assert done.returncode == 2
    assert "expected a new folder" in done.stderr


# ---- kernels
def test_kernel_with_rcu_trace_needs_no_probe_for_grace_periods() -> None:
    events = {"rcu:rcu_grace_period", "rcu:rcu_sr_normal", "rcu:rcu_callback"}
    plan = make_plan(events, FUNCTIONS, OFFSETS)
    assert "rcu" in plan.events
    assert [line.split()[1] for line in plan.kprobes] == [
        "get_device",
        "put_device",
        "device_release",
    ]
    assert any(line.startswith("sched:sched_switch") for line in plan.missing)


def test_kernel_without_rcu_trace_gets_probes_under_the_importers_names() -> None:
    plan = make_plan({"rcu:rcu_utilization", "sched:sched_switch"}, FUNCTIONS, OFFSETS)
    assert "r:rcuscope/gp_start rcu_gp_init gp_seq=@rcu_state+4096:u64" in plan.kprobes
    assert "p:rcuscope/sync_enter synchronize_rcu" in plan.kprobes
    assert (
        "p:rcuscope/put_device put_device dev=$arg1:x64 name=+0(+0($arg1)):string "
        "refs=+56($arg1):s32" in plan.kprobes
    )
    names = {line.split()[0].partition("/")[2] for line in plan.kprobes}
    assert names == {
        *("gp_start", "gp_end", "sync_enter", "sync_exit", "call_rcu"),
        *("get_device", "put_device", "device_release"),
    }
    assert {f"rcuscope:{name}" for name in names} <= set(plan.events)


def test_what_cannot_be_had_is_said() -> None:
    plan = make_plan({"rcu:rcu_utilization"}, FUNCTIONS - {"call_rcu"}, Offsets())
    text = "\n".join(plan.missing)
    assert "grace periods: no event rcu:rcu_grace_period (CONFIG_RCU_TRACE is not set)" in text
    assert "install pahole" in text
    assert "callbacks queued: call_rcu cannot be probed" in text
    no_probes = make_plan({"rcu:rcu_utilization"}, None, OFFSETS)
    assert no_probes.kprobes == []
    assert "this kernel has no kprobe events" in "\n".join(no_probes.missing)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like tracefs, and a trace-cmd that only writes down what it was told."""
    tracefs = tmp_path / "tracing"
    tracefs.mkdir()
    (tracefs / "available_events").write_text("rcu:rcu_utilization\nsched:sched_switch\n")
    (tracefs / "available_filter_functions").write_text("\n".join(sorted(FUNCTIONS)) + "\n")
    (tracefs / "tracing_on").write_text("1")
    (tracefs / "kprobe_events").write_text("")
    programs = tmp_path / "bin"
    programs.mkdir()
    trace_cmd = programs / "trace-cmd"
    trace_cmd.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >"$3"\ncp "$TRACEFS/kprobe_events" seen\n')
    trace_cmd.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("TRACEFS", str(tracefs))
    monkeypatch.chdir(tmp_path)
    return tracefs


def test_probes_are_set_while_trace_cmd_records_and_gone_after(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = kernel_record.run(["true"], Path("out.dat"), tracefs=machine, as_json=True)
    assert status == 0
    record = json.loads(capsys.readouterr().out)
    told = Path("out.dat").read_text().split()
    assert told[:3] == ["record", "-o", "out.dat"]
    assert told[-1] == "true"
    for event in record["events"]:
        assert told[told.index(event) - 1] == "-e"
    set_meanwhile = Path("seen").read_text().splitlines()
    assert set_meanwhile == record["kprobes"] != []
    after = (machine / "kprobe_events").read_text().splitlines()[len(set_meanwhile) :]
    names = [line.split()[0].partition("/")[2] for line in set_meanwhile]
    assert after == [f"-:rcuscope/{name}" for name in names]
    assert any(line.startswith("grace periods:") for line in record["missing"])


def test_missing_rights_and_programs_are_told(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FileNotFoundError, match="mount -t tracefs"):
        kernel_record.run([], Path("out.dat"), tracefs=Path("nowhere"), as_json=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FileNotFoundError, match="apt-get install trace-cmd"):
        kernel_record.run([], Path("out.dat"), tracefs=machine, as_json=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody without rights")
def test_folder_that_only_root_may_see_is_a_matter_of_rights(machine: Path) -> None:
    machine.chmod(0o700)
    os.seteuid(65534)
    try:
        with pytest.raises(PermissionError, match="no right to trace; run this as root"):
            kernel_record._find_tracefs(machine)
    finally:
        os.seteuid(0)
