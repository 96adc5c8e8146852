# SPDX-License-Identifier: LGPL-2.1-or-later
"""`rcuscope gui [FILE.py]`: the session page in a window of this process, or without a display."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rcuscope import _core, viewer
from rcuscope.gui_scenarios import GuiScenarios
from rcuscope.loading import scenarios_of


def _scenarios(file: str | None) -> GuiScenarios:
    if file is None:
        return GuiScenarios()
    path = Path(file)
    if path.suffix != ".py":
        raise _core.UsageError(
            f"{file}: expected a Python file (.py) with @rs.scenario functions; "
            f"`rcuscope view {file}` opens a trace"
        )
    if not path.is_file():
        raise FileNotFoundError(f"{file}: no such file")
    found = scenarios_of(path)
    if not found:
        raise _core.UsageError(
            f"{file} has no scenario; put @rs.scenario in front of a function of a Kernel"
        )
    return GuiScenarios(path.name, found)


def _check_size(arguments: argparse.Namespace) -> None:
    for name, least, most in (("width", 200, 16000), ("height", 150, 16000), ("scale", 0.5, 4)):
        value = getattr(arguments, name)
        if not least <= value <= most:
            raise _core.UsageError(f"--{name} {value}: expected {least} to {most}")


@contextmanager
def _signals() -> Iterator[int]:
    """A descriptor that a signal makes readable: the window looks there, without the GIL."""
    if threading.current_thread() is not threading.main_thread():
        yield -1
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(before)
        os.close(reader)
        os.close(writer)


def run(arguments: argparse.Namespace) -> int:
    """Returns the exit status; errors are raised."""
    _check_size(arguments)
    is_headless = bool(arguments.script or arguments.text or arguments.render)
    scenarios = _scenarios(arguments.file)  # what is wrong with the file comes first
    if not is_headless and not viewer.has_display():
        raise OSError(
            "no display: neither DISPLAY nor WAYLAND_DISPLAY is set. Without one, "
            "`rcuscope gui --text` prints the page, --script drives it, and `rcuscope step NAME` "
            "lets you be the scheduler in a terminal"
        )
    try:
        from rcuscope import _gui  # noqa: PLC0415  needs libraries of a window system
    except ImportError as error:
        raise OSError(
            f"the window cannot be used here: {error}. `rcuscope doctor` names what is missing; "
            "`rcuscope step NAME` and `rcuscope explore NAME` work without it"
        ) from error
    options: dict[str, Any] = {
        name: getattr(arguments, name)
        for name in ("theme", "script", "render", "text", "width", "height", "scale")
    }
    options["headless"] = is_headless
    options["fonts"] = str(Path(_core.__file__).resolve().parent / "fonts")
    with _signals() as descriptor:
        text = _gui.run(scenarios, {**options, "signal_descriptor": descriptor})
    if arguments.json:
        text = json.dumps({"file": arguments.file, "text": text.splitlines()}, indent=2) + "\n"
    sys.stdout.write(text)
    return 0
