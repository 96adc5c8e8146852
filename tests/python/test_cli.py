# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line in a process of its own: output, exit status, wrong use."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import rcuscope as rs
from rcuscope import _core, cli, doctor

RunCli = Callable[..., "subprocess.CompletedProcess[str]"]

SCENARIOS = '''
import rcuscope as rs

@rs.scenario(expect="warn_on")
def lost_update(k):
    """Two increments."""
    x = k.shared("x", 0)
    def add():
        k.WRITE_ONCE(x, k.READ_ONCE(x) + 1)
    k.process("one")(add)
    k.process("two")(add)
    k.at_end(lambda: k.WARN_ON(k.READ_ONCE(x) != 2))

@rs.scenario
def quiet(k):
    """One actor."""
    k.process("one")(lambda: k.note("here"))

@rs.scenario
def crowd(k):
    open("crowd has started", "w").close()
    x = k.shared("x", 0)
    def actor(number):
        for _ in range(8):
            k.WRITE_ONCE(x, number)
    for number in range(5):
        k.process(f"p{number}", args=(number,))(actor)

@rs.scenario
def broken(k):
    raise RuntimeError("in the body")
'''


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "mine.py").write_text(SCENARIOS)
    return "mine.py"


def test_help_and_version(run_cli: RunCli) -> None:
    help_text = run_cli("--help")
    assert help_text.returncode == 0
    for command in ("demo", "list", "explore", "run", "replay", "view", "export", "doctor"):
        assert command in help_text.stdout
        one = run_cli(command, "--help")
        assert one.returncode == 0
        assert "examples:\n  rcuscope " in one.stdout
        assert "--json" in one.stdout
    assert run_cli("--version").stdout == f"rcuscope {rs.__version__}\n"


def test_every_argument_says_what_it_is() -> None:
    (commands,) = (
        action for action in cli.make_parser()._actions if isinstance(action.choices, dict)
    )
    silent = [
        f"{name} {action.dest}"
        for name, command in commands.choices.items()
        for action in command._actions
        if not action.help
    ]
    assert silent == []


def test_list(run_cli: RunCli) -> None:
    assert "no_synchronize_rcu" in run_cli("list").stdout
    rows = json.loads(run_cli("list", "--json").stdout)
    assert [row["name"] for row in rows] == list(rs.catalogue)


def test_explore_meets_the_expectation_of_the_scenario(run_cli: RunCli) -> None:
    safe = run_cli("explore", "posted")
    assert safe.returncode == 0
    assert "posted: SAFE (exhaustive" in safe.stdout
    assert safe.stderr == ""
    unsafe = run_cli("explore", "list_del")
    assert unsafe.returncode == 0
    assert "0xdead000000000100" in unsafe.stdout
    assert "expected list_corruption: yes" in unsafe.stdout


def test_explore_exit_codes(run_cli: RunCli, file: str) -> None:
    assert run_cli("explore", "posted", "--expect", "leak").returncode == 1
    assert run_cli("explore", "posted", "--variant", "unlink=list_del").returncode == 1
    assert run_cli("explore", f"{file}::lost_update").returncode == 0
    assert run_cli("explore", f"{file}::crowd", "--max-executions", "3").returncode == 4
    unknown = ("explore", f"{file}::crowd", "--max-executions", "3", "--expect", "UNKNOWN")
    assert run_cli(*unknown).returncode == 0


def test_explore_samples_with_a_seed_and_says_if_nothing_was_saved(run_cli: RunCli) -> None:
    words = ("explore", "posted", "--strategy", "pct", "--seed", "4", "--bug-depth", "2")
    done = run_cli(*words, "--max-executions", "20", "--expect", "UNKNOWN", "--save", "bug.ctf")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("no counterexample to write into bug.ctf\n")


def test_explore_json_and_save(run_cli: RunCli, file: str, tmp_path: Path) -> None:
    done = run_cli("explore", f"{file}::lost_update", "--json", "--save", "bug.ctf")
    record = json.loads(done.stdout)
    assert record["met"] is True
    assert record["expect"] == "warn_on"
    assert record["findings"][0]["kind"] == "warn_on"
    assert rs.load(tmp_path / "bug.ctf").metadata["scenario"] == "lost_update"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "required"),
        (("explode",), "invalid choice"),
        (("explore", "postd"), "did you mean 'posted'"),
        (("explore", "nothing.py"), "nothing.py"),
        (("explore", "."), ".: expected a Python file (.py), or a name"),
        (("explore", "no/such"), "no/such: expected a Python file (.py), or a name"),
        (("demo", "--seconds", "-1"), "seconds=-1.0: expected more than 0"),
        (("explore", "mine.py"), "lost_update, quiet, crowd, broken"),
        (("explore", "mine.py::other"), "has no scenario 'other'"),
        (("explore", "./mine.py:other"), "two colons: ./mine.py::other"),
        (("explore", "posted", "--variant", "unlink=remove"), "remove"),
        (("explore", "posted", "--expect", "safe"), "expect"),
        (("explore", "posted", "--memory", "lkmm"), "not there yet"),
        (("explore", "posted", "--max-executions", "0"), "max_executions=0"),
        (("replay", "posted", "nonsense"), "nonsense"),
        (("view", "nothing.ctf"), "cannot open nothing.ctf"),
        (("export", "nothing.ctf", "x.svg"), "nothing.ctf"),
        (("run", "posted", "--repeat", "1", "--seconds", "1"), "give one of them"),
        (("litmus", "a.litmus"), "No such file"),
        (("record",), "give the program to record"),
        (("record", "--", "/no/such/program"), "No such file"),
        (("record", "--tracefs", "x", "--", "ls"), "--tracefs is for --kernel"),
        (("record", "--kernel", "--tracefs", "x", "--", "ls"), "no tracefs at x"),
        (("run", "posted", "--trace", "off", "--save", "x.ctf"), "--save x.ctf with --trace off"),
        (("view", "a.ctf", "b.ctf", "--text", "--at", "5"), "--at 5 with --text and two traces"),
        (("view", "a.ctf", "--text", "--kernel-source", "x"), "--kernel-source is for the window"),
        (("demo", "--output", "mine.py"), "File exists"),
        (("explore", "posted", "--seed", "4"), "--seed 4 with --strategy dpor: expected --strat"),
        (
            ("explore", "posted", "--bug-depth", "2", "--strategy", "random"),
            "expected --strategy pct",
        ),
        (
            ("explore", "--all", "--strategy", "random"),
            "--all with --strategy random would never come to the second scenario",
        ),
        (("list", "--markdown", "--json"), "--json --markdown: expected one of them"),
        (("import", "x.dat"), "give a place for the native trace"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(
    run_cli: RunCli, file: str, arguments: tuple[str, ...], message: str
) -> None:
    assert file == "mine.py"
    done = run_cli(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_error_of_the_scenarios_file_shows_its_traceback(run_cli: RunCli, file: str) -> None:
    done = run_cli("explore", f"{file}::broken")
    assert done.returncode == 2
    assert "RuntimeError: in the body" in done.stderr
    assert "mine.py" in done.stderr


def test_replay_tells_the_story(run_cli: RunCli) -> None:
    schedule = rs.explore("list_del").findings[0].schedule
    done = run_cli("replay", "list_del", schedule)
    assert done.returncode == 0
    assert "hot unplug unlinks" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("finding: list_corruption")
    record = json.loads(run_cli("replay", "list_del", schedule, "--json").stdout)
    assert record["finding"] == "list_corruption"


def test_export(run_cli: RunCli, tmp_path: Path) -> None:
    rs.explore("list_del").findings[0].trace.save(tmp_path / "bug.ctf")
    for name in ("bug.svg", "bug.html", "bug.txt", "copy.ctf"):
        done = run_cli("export", "bug.ctf", name)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / name).exists()
    assert "<svg" in (tmp_path / "bug.svg").read_text()
    wrong = run_cli("export", "bug.ctf", "bug.jpeg")
    assert wrong.returncode == 2
    assert ".svg, .html, .png, .gif, .txt, .ctf" in wrong.stderr


@pytest.mark.gui
def test_export_png(run_cli: RunCli, tmp_path: Path) -> None:
    rs.explore("list_del").findings[0].trace.save(tmp_path / "bug.ctf")
    assert run_cli("export", "bug.ctf", "bug.png").returncode == 0
    assert (tmp_path / "bug.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.live
def test_run_live(run_cli: RunCli, tmp_path: Path) -> None:
    done = run_cli("run", "posted", "--repeat", "3", "--save", "run.ctf")
    assert done.returncode == 0, done.stderr
    assert "3 repetitions live, no findings" in done.stdout
    assert rs.load(tmp_path / "run.ctf").clock == "ns"
    assert "expected SAFE: yes" in done.stdout
    bad = run_cli("run", "no_synchronize_rcu", "--repeat", "3", "--json")
    assert bad.returncode == 0  # the scenario expects it
    record = json.loads(bad.stdout)
    assert record["findings"][0]["kind"] == record["expect"] == "use_after_free"
    missed = run_cli("run", "no_synchronize_rcu", "--repeat", "3", "--expect", "SAFE")
    assert missed.returncode == 1
    assert "expected SAFE: no" in missed.stdout


def test_doctor(run_cli: RunCli) -> None:
    done = run_cli("doctor")
    assert done.returncode == 0
    assert "model world" in done.stdout
    parts = {row["part"]: row for row in json.loads(run_cli("doctor", "--json").stdout)}
    assert parts["live world"]["works"] == _core.has_live
    assert parts["display"]["works"] is False
    for part in ("JupyterLab", "pytest plugin", "sending by value", "shell completion"):
        assert "pip install" in parts[part]["remedy"]
    assert "apt-get install trace-cmd" in parts["trace-cmd"]["remedy"]
    if parts["viewer"]["works"]:
        for backend in (
            "windows (glfw): none",
            "pictures (cpu): CPU",
            "pictures on demand (egl): ",
        ):
            assert backend in parts["viewer"]["found"]


def test_doctor_tells_a_broken_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "half_there.py").write_text("import what_it_needs_but_has_not\n")
    (tmp_path / "that_exits.py").write_text("raise SystemExit(3)\n")
    monkeypatch.syspath_prepend(tmp_path)
    half = doctor._check_module("part", "half_there", "pip install half")
    assert not half.works
    assert "broken: ModuleNotFoundError: No module named 'what_it" in half.found
    assert half.remedy == "pip install --force-reinstall half"
    assert not doctor._check_module("part", "that_exits", "pip install it").works
    assert doctor._check_module("part", "no_such_module", "").found == "no_such_module: not found"


def test_interrupt_is_status_130(file: str, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "rcuscope", "explore", f"{file}::crowd"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while not (tmp_path / "crowd has started").exists():
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "UNKNOWN (limit: interrupted" in output


def test_sampling_without_a_limit_says_in_a_pipe_what_would_end_it(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "rcuscope", "explore", "posted", "--strategy", "random"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        told = process.stderr.readline()
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
    finally:
        process.kill()
    assert told == (
        "posted: --strategy random goes on until Ctrl-C; give --max-executions, --max-seconds or "
        "--stop-on-first to end it\n"
    )
    assert process.returncode == 130
    assert "UNKNOWN (limit: interrupted" in output


def test_limited_sampling_says_nothing_of_limits(run_cli: RunCli) -> None:
    done = run_cli("explore", "posted", "--strategy", "random", "--max-executions", "5")
    assert done.stderr == ""


def test_closed_pipe_is_quiet(tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m rcuscope list --json | head -1",
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "[\n"
    assert done.stderr == ""


# ---- the main job
@pytest.mark.live
def test_demo_end_to_end(run_cli: RunCli, tmp_path: Path) -> None:
    done = run_cli("demo", "--output", "out", "--seconds", "0.3")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "demo: all 8 verdicts as expected; pictures in out"
    rows = [line for line in lines if line.startswith(tuple(rs.catalogue))]
    assert len(rows) == 8
    assert all(" yes " in row for row in rows)
    starts = {row.index(" yes ") for row in rows}
    assert len(starts) == 1, "the columns are aligned"
    assert "grace periods; synchronize_rcu took p50" in done.stdout
    assert "no findings, 0 events lost" in done.stdout
    assert rs.load(tmp_path / "out" / "no_synchronize_rcu.ctf").clock == "steps"
    assert "<svg" in (tmp_path / "out" / "no_synchronize_rcu.svg").read_text()


@pytest.mark.live
def test_demo_json(run_cli: RunCli) -> None:
    done = run_cli("demo", "--json", "--seconds", "0.2")
    record = json.loads(done.stdout)
    assert record["met"] is True
    assert len(record["verdicts"]) == 8
    assert record["live"]["stats"]["grace_periods"] > 0


def test_demo_without_a_live_world_goes_on_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_core, "has_live", False)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert cli.main(["demo", "--output", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "grace periods; synchronize_rcu took" not in printed
    paragraph = printed[printed.index("No live run") :].split("\n\n")[0]
    assert "Install liburcu-dev" in paragraph
    assert printed.splitlines()[-1].startswith("demo: all 8 verdicts as expected")


@pytest.mark.gui
@pytest.mark.live
def test_demo_draws_a_png(run_cli: RunCli, tmp_path: Path) -> None:
    assert run_cli("demo", "--seconds", "0.2").returncode == 0
    png = tmp_path / "rcuscope-demo" / "no_synchronize_rcu.png"
    assert png.read_bytes().startswith(b"\x89PNG")


def test_view_without_a_display_names_commands_that_need_none(
    run_cli: RunCli, tmp_path: Path
) -> None:
    rs.explore("list_del").findings[0].trace.save(tmp_path / "bug.ctf")
    done = run_cli("view", "bug.ctf")
    assert done.returncode == 2
    assert "`rcuscope view bug.ctf --text` prints it" in done.stderr
    assert run_cli("view", "bug.ctf", "--text").returncode == 0
