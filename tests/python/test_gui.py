# SPDX-License-Identifier: LGPL-2.1-or-later
"""`rcuscope gui`: the session page in this process, driven by scripts. test_window.py opens it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from small_scenarios import MANY_SCHEDULES_TEXT

pytestmark = pytest.mark.gui
RunCli = Callable[..., "subprocess.CompletedProcess[str]"]

FILE = '''
import time
import rcuscope as rs

@rs.scenario(expect="use_after_free")
def early_free(k: rs.Kernel) -> None:
    """The value is freed under its reader."""
    slot = k.shared("slot", k.kzalloc("value", n=1))

    @k.process("reader")
    def reader():
        with k.rcu_read_side():
            value = k.rcu_dereference(slot)
            if value is not None:
                value.n

    @k.process("updater")
    def updater():
        value = k.rcu_dereference_protected(slot, True)
        k.rcu_assign_pointer(slot, None)
        k.kfree(value)

@rs.scenario
def wrong(k: rs.Kernel) -> None:
    raise LookupError("no such thing")

@rs.scenario
def sleeps(k: rs.Kernel) -> None:
    @k.process
    def sleeper():
        time.sleep(3)
'''
FILE += MANY_SCHEDULES_TEXT


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(FILE, encoding="utf-8")
    return path


def script(run_cli: RunCli, *arguments: str, commands: str, timeout: float = 100) -> str:
    done = run_cli("gui", *arguments, "--script", commands, timeout=timeout)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_finding_of_the_catalogue_opens_its_counterexample(run_cli: RunCli) -> None:
    text = script(
        run_cli,
        "--text",
        commands="click offer:list_del; click explore; settle; dump; click finding:0; settle",
    )
    assert "verdict: list corruption, data race" in text
    assert text.rindex("page: timeline") > text.index("page: session")
    assert "finding: list_corruption" in text


def test_scenarios_of_the_file_stand_beside_the_catalogue(run_cli: RunCli, file: Path) -> None:
    text = script(run_cli, str(file), "--text", commands="wait 1")
    assert text.index("mine.py (4)") < text.index("The patch as posted")
    assert "> mine.py::early_free" in text
    assert "The value is freed under its reader." in text


def test_scenario_of_the_file_is_explored_replayed_and_stepped(run_cli: RunCli, file: Path) -> None:
    text = script(
        run_cli,
        str(file),
        "--text",
        commands="click explore; settle; dump; click finding:0; settle; dump; click scenario;"
        "click be.scheduler; settle; click choice:0; settle; click choice:0; settle",
    )
    assert "verdict: use after free" in text
    assert "finding: use_after_free" in text
    assert "goal: make it crash. Not yet: 2 choices" in text
    assert "mine.py:" in text, "places are lines of the user's file"


def test_scenario_of_the_file_runs_live(run_cli: RunCli, file: Path) -> None:
    text = script(
        run_cli, str(file), "--text", commands="click world:1; click repeat:1; click run; settle"
    )
    assert "world: live, 100 times, memb" in text
    assert "100 repetitions" in text or "use after free" in text


def test_error_of_a_body_is_a_notice_and_the_window_goes_on(run_cli: RunCli, file: Path) -> None:
    text = script(
        run_cli,
        str(file),
        "--text",
        commands="click offer:mine.py::wrong; click explore; settle; dump;"
        "click offer:mine.py::early_free; click explore; settle",
    )
    assert "notice: exploring mine.py::wrong: " in text
    assert "LookupError: no such thing" in text
    assert "verdict: use after free" in text


def test_long_search_is_cancelled_within_a_fifth_of_a_second(run_cli: RunCli, file: Path) -> None:
    text = script(
        run_cli,
        str(file),
        "--text",
        commands="click offer:mine.py::many_schedules; click explore; pause 1; dump;"
        "click cancel; settle 0.2; pause 2",  # on a busy machine the answer comes late
    )
    assert "under way: exploring mine.py::many_schedules" in text
    assert "verdict: UNKNOWN" in text
    assert "limit: interrupted" in text


def test_actor_that_sleeps_does_not_keep_the_window(run_cli: RunCli, file: Path) -> None:
    text = script(
        run_cli,
        str(file),
        "--text",
        commands="click offer:mine.py::sleeps; click explore; pause 0.3; click cancel; settle 0.3",
    )
    assert "under way" not in text


def test_live_run_is_cancelled(run_cli: RunCli, file: Path) -> None:
    text = script(
        run_cli,
        str(file),
        "--text",
        commands="click offer:mine.py::sleeps; click world:1; click run; pause 0.3; click cancel;"
        "settle 0.3",
    )
    assert "under way" not in text


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("no_such_file.py",), "no_such_file.py: no such file"),
        (("trace.ctf",), "expected a Python file (.py)"),
        (("empty.py",), "empty.py has no scenario"),
        (("broken.py",), "SyntaxError"),
        ((), "no display"),
        (("--width", "3", "--text"), "--width 3: expected 200 to 16000"),
        (("--script", "click nowhere"), "no widget 'nowhere'"),
        (("--script", "jump"), "unknown command"),
    ],
)
def test_mistakes_are_one_message(
    run_cli: RunCli, tmp_path: Path, arguments: tuple[str, ...], expected: str
) -> None:
    (tmp_path / "empty.py").write_text("x = 1\n")
    (tmp_path / "broken.py").write_text("def f(:\n")
    done = run_cli("gui", *arguments)
    assert done.returncode == 2
    assert expected in done.stderr
    assert done.stderr.startswith("rcuscope: error: ")
    assert "Traceback" not in done.stderr


def test_json_has_the_text(run_cli: RunCli) -> None:
    done = run_cli("gui", "--text", "--json")
    assert json.loads(done.stdout)["text"][0] == "page: session"


def test_picture_is_drawn(run_cli: RunCli, tmp_path: Path) -> None:
    script(run_cli, "--render", str(tmp_path / "page.png"), commands="click page.matrix")
    assert (tmp_path / "page.png").read_bytes()[1:4] == b"PNG"


def test_python_survives_whatever_the_window_does(
    run_script: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = run_script(
        """
import rcuscope as rs
from rcuscope import _gui
from rcuscope.gui_scenarios import GuiScenarios
options = dict(theme="dark", script="", render="", text=True, width=800, height=600, scale=1.0,
               headless=True, fonts="/nowhere", signal_descriptor=-1)
for i in range(3):
    assert "page: session" in _gui.run(GuiScenarios(), options)
for wrong in ("click nothing", "explode"):
    try:
        _gui.run(GuiScenarios(), {**options, "script": wrong})
    except ValueError as error:
        print(error)
# Left in the middle of a search: the window goes, the search ends, Python stays.
script = "click offer:posted; click preemptions:4; click explore; wait 2"
_gui.run(GuiScenarios(), {**options, "width": 1600, "script": script})
print(rs.explore("list_del").outcome)
"""
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "UNSAFE"
