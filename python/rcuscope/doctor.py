# SPDX-License-Identifier: LGPL-2.1-or-later
"""`rcuscope doctor`: what works in this installation, and what would make the rest work."""

from __future__ import annotations

import importlib.util
import json
import platform
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from rcuscope import _core, viewer


@dataclass(frozen=True, kw_only=True)
class Check:
    """One part of the installation."""

    part: str
    works: bool
    found: str
    remedy: str = ""  # the command that installs it
    is_needed: bool = False  # without it the main job does not work


def _check_viewer() -> Check:
    try:
        program = viewer.find_program()
    except FileNotFoundError:
        return Check(
            part="viewer",
            works=False,
            found="not built",
            remedy="apt-get install libglfw3-dev libimgui-dev libstb-dev, then build again",
        )
    return Check(part="viewer", works=True, found=f"{program} ({_backends(str(program))})")


def _backends(program: str) -> str:
    """What the viewer draws windows and pictures with on this machine."""
    try:
        done = subprocess.run(
            [program, "--backends"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"does not tell its backends: {error}"
    return "; ".join(line for line in done.stdout.splitlines() if not line.startswith(" "))


def _check_reader() -> Check:
    program = Path(_core.__file__).resolve().parent / "bin" / "rcuscope-read-dat"
    return Check(
        part="trace-cmd files",
        works=program.is_file(),
        found=str(program) if program.is_file() else "not built",
        remedy="apt-get install libtracecmd-dev libtraceevent-dev libtracefs-dev, then build again",
    )


def _check_module(part: str, module: str, remedy: str, is_needed: bool = False) -> Check:
    """Imports it: a package that is there may lack what it needs itself."""
    works = importlib.util.find_spec(module) is not None
    found = module if works else f"{module}: not found"
    if works:
        try:
            importlib.import_module(module)
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a broken package does
            works = False
            found = f"broken: {type(error).__name__}: {error}"
            remedy = remedy.replace("install", "install --force-reinstall", 1)
    return Check(part=part, works=works, found=found, remedy=remedy, is_needed=is_needed)


def _check_program(program: str, remedy: str) -> Check:
    found = shutil.which(program)
    return Check(part=program, works=found is not None, found=found or "not found", remedy=remedy)


def checks() -> list[Check]:
    """Looks at each part."""
    display = viewer.has_display()
    return [
        Check(part="Python", works=True, found=platform.python_version(), is_needed=True),
        Check(part="model world", works=True, found=f"core {_core.__version__}", is_needed=True),
        Check(
            part="live world",
            works=_core.has_live,
            found="liburcu" if _core.has_live else "not built",
            remedy="apt-get install liburcu-dev, then build again",
        ),
        _check_module("columns", "numpy", "pip install numpy", is_needed=True),
        _check_module("animations", "PIL", "pip install 'rcuscope[plot]'"),
        _check_module("notebooks", "anywidget", "pip install 'rcuscope[notebook]'"),
        _check_module("JupyterLab", "jupyterlab", "pip install jupyterlab"),
        _check_module("pytest plugin", "pytest", "pip install pytest"),
        _check_module("sending by value", "cloudpickle", "pip install 'rcuscope[cluster]'"),
        _check_module("shell completion", "shtab", "pip install 'rcuscope[completion]'"),
        _check_viewer(),
        _check_module(
            "rcuscope gui",
            "rcuscope._gui",
            "apt-get install libglfw3-dev libimgui-dev libstb-dev, then build again",
        ),
        _check_reader(),
        Check(
            part="display",
            works=display,
            found="found" if display else "neither DISPLAY nor WAYLAND_DISPLAY is set",
            remedy="not needed for PNG, SVG and text",
        ),
        _check_program("babeltrace2", "apt-get install babeltrace2 (reads native traces, too)"),
        _check_program("trace-cmd", "apt-get install trace-cmd (for rcuscope record --kernel)"),
    ]


def run(*, as_json: bool) -> int:
    """Prints the checks.

    Returns:
        0, or 1 if something is missing that the main job needs.
    """
    rows = checks()
    is_well = all(row.works for row in rows if row.is_needed)
    if as_json:
        sys.stdout.write(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
        return 0 if is_well else 1
    width = max(len(row.part) for row in rows)
    for row in rows:
        remedy = "" if row.works or not row.remedy else f" -> {row.remedy}"
        sys.stdout.write(
            f"{row.part:{width}}  {'yes' if row.works else 'no ':3}  {row.found}{remedy}\n"
        )
    return 0 if is_well else 1
