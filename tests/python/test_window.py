# SPDX-License-Identifier: LGPL-2.1-or-later
"""The viewer in a real window, driven by a hand that is faster than its frames: nothing is lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import rcuscope as rs
from rcuscope import viewer
from small_scenarios import MANY_SCHEDULES_TEXT

pytestmark = pytest.mark.gui
RunCli = Callable[..., "subprocess.CompletedProcess[str]"]
Place = tuple[str, str]

SECONDS_MAX = 120  # on a machine under load a frame may take seconds


class Screen:
    """A virtual screen of its own, with a mouse and a keyboard."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def hand(self, *arguments: str) -> str:
        """What a hand does, by xdotool: as fast as it goes, whatever the window does meanwhile."""
        done = subprocess.run(
            ["xdotool", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        return done.stdout.strip()

    def titles(self) -> dict[str, str]:
        """Window -> title, of those that can be seen."""
        windows = self.hand("search", "--onlyvisible", "--name", "rcuscope").split()
        return {window: self.hand("getwindowname", window) for window in windows}

    def wait_for_title(self, part: str) -> str:
        """The window whose title has that part."""
        titles: dict[str, str] = {}
        end = time.monotonic() + SECONDS_MAX
        while time.monotonic() < end:
            titles = self.titles()
            for window, title in titles.items():
                if part in title:
                    return window
            time.sleep(0.1)
        raise AssertionError(f"no title with {part!r}; there are {titles!r}")

    def focus(self, window: str) -> None:
        """Gives the keyboard to a window that is there: without a manager nobody else does."""
        end = time.monotonic() + SECONDS_MAX
        while self.hand("getwindowfocus") != window:
            assert time.monotonic() < end, "the window does not take the keyboard"
            self.hand("windowfocus", window)
            time.sleep(0.05)

    def click(self, place: Place) -> None:
        self.hand("mousemove", *place, "click", "1")


@contextmanager
def virtual_screen(state: Path, size: str = "1600x900") -> Iterator[Screen]:
    """A screen whose windows remember things in a directory of their own."""
    for program in ("Xvfb", "xdotool"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    reader, writer = os.pipe()
    # -r: a key that a busy machine lets go late must not repeat itself.
    server = subprocess.Popen(
        [
            "Xvfb",
            "-displayfd",
            str(writer),
            "-screen",
            "0",
            f"{size}x24",
            "-nolisten",
            "tcp",
            "-r",
            "-noreset",  # a client that ends must not refuse the next one while the server restarts
        ],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with os.fdopen(reader) as answer:
        number = answer.readline().strip()
    own = {"DISPLAY": f":{number}", "LIBGL_ALWAYS_SOFTWARE": "1", "XDG_STATE_HOME": str(state)}
    own["XDG_RUNTIME_DIR"] = str(state)  # libwayland complains where there is none
    yield Screen({**os.environ, **own})
    server.terminate()
    server.wait(timeout=10)


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    with virtual_screen(tmp_path / "state") as one:
        yield one


@contextmanager
def running(command: list[str], screen: Screen) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, env=screen.environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)


def places(run_cli: RunCli, commands: str) -> dict[str, Place]:
    """Widget -> its middle, after a script without a display."""
    done = run_cli("gui", "--script", commands, timeout=100)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    return {name: (x, y) for name, x, y in rows}


@pytest.mark.parametrize("program", ["gui", "viewer"])
def test_explore_then_click_the_finding(run_cli: RunCli, screen: Screen, program: str) -> None:
    commands = "click offer:no_synchronize_rcu; click explore; settle; where "
    at = places(run_cli, commands + "offer:no_synchronize_rcu; where explore; where finding:0")
    command = {
        "gui": [sys.executable, "-m", "rcuscope", "gui"],
        "viewer": [str(viewer.find_program())],
    }[program]
    with running(command, screen) as process:
        screen.wait_for_title("the patch as posted")
        screen.click(at["offer:no_synchronize_rcu"])
        screen.wait_for_title("no synchronize_rcu")
        screen.click(at["explore"])
        screen.wait_for_title("use after free")
        screen.click(at["finding:0"])
        screen.wait_for_title("(timeline): USE AFTER FREE")
        assert process.poll() is None
        process.send_signal(signal.SIGINT if program == "gui" else signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
        if program == "gui":
            assert process.returncode == 130, errors
            assert errors.strip() == "rcuscope: interrupted"


def test_ctrl_c_closes_the_window_in_the_middle_of_a_search(screen: Screen, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(MANY_SCHEDULES_TEXT, encoding="utf-8")
    with running([sys.executable, "-m", "rcuscope", "gui", str(file)], screen) as process:
        screen.focus(screen.wait_for_title("many_schedules"))
        screen.hand("key", "Return")
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        _, errors = process.communicate(timeout=20)
        assert time.monotonic() - start < 5
        assert process.returncode == 130, errors


# ---- nothing is lost
class Viewer:
    """A viewer on a trace that counts steps, and the log of what it took in."""

    def __init__(self, screen: Screen, log: Path, places: dict[str, Place]) -> None:
        self.screen = screen
        self.log = log
        self.places = places
        self.seen = 0  # lines of the log that have been asserted

    def new_lines(self, last: str) -> list[str]:
        """What was taken in since the last call, once a line that ends with `last` is there."""
        end = time.monotonic() + SECONDS_MAX
        while True:
            text = self.log.read_text(encoding="utf-8")
            lines = text[: text.rfind("\n") + 1].splitlines()[self.seen :]
            if any(line.endswith(last) for line in lines):
                self.seen += len(lines)
                return lines
            assert time.monotonic() < end, f"no {last!r} in {lines}"
            time.sleep(0.05)

    def act(self, *arguments: str) -> list[str]:
        """What all that a hand did has become; a drag of no use behind it tells that it is over."""
        self.screen.hand(*arguments)
        self.screen.hand("mousedown", "3", "mousemove_relative", "7", "3", "mouseup", "3")
        lines = [line.split(" ", 1)[1] for line in self.new_lines(" drag 7 3")]
        assert lines.pop() == "drag 7 3"
        return lines

    def playhead(self) -> int:
        return int(self.log.read_text(encoding="utf-8").splitlines()[-1].split()[0])


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    directory = tmp_path_factory.mktemp("window")
    trace, log = directory / "trace", directory / "input.log"
    rs.explore("no_synchronize_rcu").findings[0].trace.save(trace)
    command = [str(viewer.find_program()), str(trace), "--width", "1000", "--height", "600"]
    script = "where step; where timeline@0.3,0.5; where timeline@0.6,0.5"
    told = subprocess.run(
        [*command, "--script", script], capture_output=True, text=True, check=True
    )
    at = {name: (x, y) for name, x, y in map(str.split, told.stdout.splitlines())}
    with virtual_screen(directory) as screen, running([*command, "--log-input", str(log)], screen):
        shown = Viewer(screen, log, at)
        screen.focus(screen.wait_for_title("rcuscope"))
        screen.hand("mousemove", *at["timeline@0.3,0.5"])
        yield shown


@pytest.fixture(autouse=True)
def at_the_start(request: pytest.FixtureRequest) -> None:
    """Each test has room for its steps before it."""
    if "window" in request.fixturenames:
        assert request.getfixturevalue("window").act("key", "Home") == ["key home"]


def test_fast_key_taps_are_all_taken_in(window: Viewer) -> None:
    """250 a second; two presses in one millisecond are an echo of the input method to GLFW."""
    start = window.playhead()
    assert window.act("key", "--delay", "4", *["Right"] * 50) == ["key right"] * 50
    assert window.playhead() == start + 50
    assert window.act("key", "--delay", "4", *["Left"] * 30) == ["key left"] * 30
    assert window.playhead() == start + 20


def test_fast_clicks_are_all_taken_in(window: Viewer) -> None:
    start = window.playhead()
    clicks = ["click", "--repeat", "40", "--delay", "1", "1"]
    assert window.act("mousemove", *window.places["step"], *clicks) == ["click step"] * 40
    assert window.playhead() == start + 40


def test_every_notch_of_the_wheel_counts(window: Viewer) -> None:
    at = window.places["timeline@0.3,0.5"]
    wheel = ["click", "--repeat", "25", "--delay", "1", "4"]
    for button, sign in (("4", 1), ("5", -1)):
        lines = window.act("mousemove", *at, *wheel[:-1], button)
        assert sum(float(line.removeprefix("wheel ")) for line in lines) == 25 * sign
    lines = window.act("keydown", "ctrl", *wheel, "keyup", "ctrl", *wheel)
    assert sum(float(line.split()[1]) for line in lines if line.endswith(" ctrl")) == 25
    assert sum(float(line.split()[1]) for line in lines if not line.endswith(" ctrl")) == 25


def test_drags_begin_and_end_where_the_hand_does(window: Viewer) -> None:
    start, end = window.places["timeline@0.3,0.5"], window.places["timeline@0.6,0.5"]
    drag = ["mousemove", *start, "mousedown", "1", "mousemove", *end, "mouseup", "1"]
    lines = window.act(*drag * 6)
    length = int(end[0]) - int(start[0])
    assert [line for line in lines if line.startswith("drag")] == [f"drag {length} 0"] * 6


def test_clicks_between_moves_hit_what_they_were_aimed_at(window: Viewer) -> None:
    step, lanes = window.places["step"], window.places["timeline@0.3,0.5"]
    there_and_back = ["mousemove", *step, "click", "1", "mousemove", *lanes, "click", "1"]
    lines = window.act(*there_and_back * 10)
    assert lines == ["click step", "click timeline"] * 10


def test_window_opens_where_and_as_large_as_it_was(screen: Screen) -> None:
    program = str(viewer.find_program())

    def geometry() -> list[str]:
        window = screen.wait_for_title("rcuscope")
        return screen.hand("getwindowgeometry", "--shell", window).splitlines()[1:5]

    with running([program], screen) as process:
        window = screen.wait_for_title("rcuscope")
        screen.hand("windowmove", "--sync", window, "210", "95")
        screen.hand("windowsize", "--sync", window, "1000", "640")
        before = geometry()
        assert before == ["X=210", "Y=95", "WIDTH=1000", "HEIGHT=640"]
        process.terminate()
        assert process.wait(timeout=SECONDS_MAX) == -signal.SIGTERM
    with running([program], screen):
        assert geometry() == before


def test_window_is_no_larger_than_the_screen(tmp_path: Path) -> None:
    with (
        virtual_screen(tmp_path / "state", "1280x720") as screen,
        running([str(viewer.find_program())], screen),
    ):
        window = screen.wait_for_title("rcuscope")
        shown = screen.hand("getwindowgeometry", "--shell", window).splitlines()[3:5]
        assert shown == ["WIDTH=1280", "HEIGHT=720"]
