# SPDX-License-Identifier: LGPL-2.1-or-later
"""Same scenario and schedule give the same bytes of trace: whoever asks, and however it started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import rcuscope as rs

# Three findings at the end of the run, and one before: no schedule tells them apart by itself.
SCRIPT = """
import sys
import rcuscope as rs


@rs.scenario(name="careless")
def careless(k):
    shelf = k.list_head("shelf")
    lock = k.mutex("lock")

    @k.process
    def updater():
        k.WARN_ON(True)
        for name in ("a", "b"):
            item = k.kzalloc(name)
            k.list_add_rcu(item, shelf)
            k.list_del_rcu(item)
        k.mutex_lock(lock)


@rs.scenario(name="failing")
def failing(k):
    @k.process
    def actor():
        k.note("before")
        raise ValueError("no")


def save_all(folder):
    for scenario in (careless, failing):
        for number, finding in enumerate(rs.explore(scenario).findings):
            finding.trace.save(f"{folder}/{scenario.name}-{number}")


if __name__ == "__main__":
    save_all(sys.argv[1])
"""


def content(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def test_trace_of_a_finding_is_the_replay_of_its_schedule() -> None:
    count = 0
    for name in rs.catalogue:
        for finding in rs.explore(name, memory="sc").findings:
            count += 1
            assert rs.replay(name, finding.schedule) == finding.trace, (name, finding.schedule)
            about = finding.trace.metadata
            assert (about["finding"], about["message"]) == (finding.kind, finding.message), name
            assert about["explanation"] == finding.explanation, name
            assert about["schedule"] == finding.schedule, name
    assert count > 60


def test_findings_of_one_execution_have_schedules_of_their_own() -> None:
    module: dict[str, object] = {"__name__": "careless"}
    exec(compile(SCRIPT, "careless.py", "exec"), module)
    scenario = module["careless"]
    assert isinstance(scenario, rs.Scenario)
    findings = rs.explore(scenario, memory="sc").findings
    assert [finding.kind for finding in findings] == ["leak", "leak", "lock_imbalance", "warn_on"]
    assert len({finding.schedule for finding in findings}) == len(findings)
    for finding in findings:
        replayed = rs.replay(scenario, finding.schedule)
        assert replayed == finding.trace
        assert replayed.metadata["message"] == finding.message


def test_schedule_that_asks_for_a_finding_that_is_not_made() -> None:
    schedule = rs.explore("list_del").findings[0].schedule
    with pytest.raises(ValueError, match=r"asks for finding 9, but this execution makes 2"):
        rs.replay("list_del", f"{schedule}#9")
    with pytest.raises(ValueError, match=r"cannot read '#0'"):
        rs.replay("list_del", f"{schedule}#0")


def test_trace_does_not_depend_on_where_and_how_the_program_was_started(tmp_path: Path) -> None:
    seen = []
    for folder, words in (
        ("one", ["careless.py"]),
        ("one", [str(tmp_path / "one" / "careless.py")]),
        ("one", ["-m", "careless"]),
        ("two", ["-c", "import sys, careless; careless.save_all(sys.argv[1])"]),
        (".", ["two/careless.py"]),
    ):
        program = tmp_path / folder / "careless.py"
        program.parent.mkdir(exist_ok=True)
        program.write_text(SCRIPT)
        out = tmp_path / f"out{len(seen)}"
        out.mkdir()
        subprocess.run([sys.executable, *words, str(out)], cwd=tmp_path / folder, check=True)
        seen.append(content(out))
    assert len(seen[0]) == 5 * 3
    assert all(one == seen[0] for one in seen)
    for name, data in seen[0].items():
        assert str(tmp_path).encode() not in data, name
