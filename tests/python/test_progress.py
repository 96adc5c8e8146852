"""The line on stderr that tells how far a search is: on a terminal, and nowhere else."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from small_scenarios import MANY_SCHEDULES_TEXT

WORDS = ("explore", "many.py", "--max-seconds", "2", "--expect", "UNKNOWN", "--json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "many.py").write_text(MANY_SCHEDULES_TEXT)
    return tmp_path


def read_all(terminal: int) -> str:
    shown = b""
    try:
        while part := os.read(terminal, 65536):
            shown += part
    except OSError:  # the other end has closed it
        pass
    return shown.decode()


def test_terminal_shows_how_far_it_is_and_is_clean_at_the_end(folder: Path) -> None:
    terminal, other_end = pty.openpty()
    command = [sys.executable, "-m", "rcuscope", *WORDS]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=other_end) as process:
        os.close(other_end)
        shown = read_all(terminal)
        assert process.stdout is not None
        output = process.stdout.read().decode()
    os.close(terminal)
    assert process.returncode == 0
    assert shown.startswith("\rmany_schedules: ")
    assert " executions, 0 findings, 1 s" in shown
    assert shown.rpartition("\r")[0].rpartition("\r")[2].strip() == ""
    assert output.startswith("{")


def test_pipe_gets_nothing(folder: Path) -> None:
    command = [sys.executable, "-m", "rcuscope", *WORDS]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("{")
