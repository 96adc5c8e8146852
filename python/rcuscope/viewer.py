# SPDX-License-Identifier: LGPL-2.1-or-later
"""The viewer: a program of its own, started on a trace file, so that it never takes Python down."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING

from rcuscope import _core

if TYPE_CHECKING:
    from rcuscope.trace import Trace

NAME = "rcuscope-viewer"
_RENDER_SECONDS_MAX = 120
_START_SECONDS = 0.5  # what cannot open a window says so by then


def find_program() -> Path:
    """Path of the viewer that belongs to this package; $RCUSCOPE_VIEWER overrides it.

    Raises:
        FileNotFoundError: if the package was built without it.
    """
    chosen = os.environ.get("RCUSCOPE_VIEWER")
    if chosen:
        if Path(chosen).is_file():
            return Path(chosen)
        raise FileNotFoundError(f"$RCUSCOPE_VIEWER names {chosen}, which is no file")
    # An editable installation has the program beside the extension module, not beside this file.
    for beside in (_core.__file__, __file__):
        program = Path(beside).resolve().parent / "bin" / NAME
        if program.is_file():
            return program
    raise FileNotFoundError(
        f"{NAME} is not part of this installation: it was built without Dear ImGui and GLFW. "
        "`rcuscope doctor` names what is missing; trace.to_svg() draws without it"
    )


def has_display() -> bool:
    """Whether a window can be opened at all."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _require_display(instead: str) -> None:
    if not has_display():
        raise OSError(
            f"no display: neither DISPLAY nor WAYLAND_DISPLAY is set. Without one, {instead}"
        )


def render(trace: Trace, path: str, *, width: int, height: int, at: int | None, theme: str) -> None:
    """Draws a trace into a PNG.

    Raises:
        ValueError: for a wrong size, theme or time.
        OSError: if the viewer is missing or fails.
    """
    render_each(trace, [(path, at)], width=width, height=height, theme=theme)


def render_each(
    trace: Trace,
    pictures: Sequence[tuple[str, int | None]],
    *,
    width: int,
    height: int,
    theme: str,
    jobs: int = 1,
) -> None:
    """Draws several PNGs of one trace.

    Args:
        trace: From any world.
        pictures: Path and playhead of each; None = where the finding is.
        width: Pixels.
        height: Pixels.
        theme: "light" or "dark".
        jobs: Viewers at a time.

    Raises:
        ValueError: for a wrong size, theme or time.
        OSError: if the viewer is missing or fails.
    """
    _check_types(pictures, width, height)
    for _, at in pictures:
        if at is not None and not trace.start <= at <= trace.end:
            raise ValueError(
                f"at={at}: expected a time of the trace, {trace.start} to {trace.end} {trace.clock}"
            )
    if theme not in ("light", "dark"):
        raise ValueError(f"theme={theme!r}: expected 'light' or 'dark'")
    for name, value, least in (("width", width, 200), ("height", height, 150)):
        if not least <= value <= 16000:
            raise ValueError(f"{name}={value}: expected {least} to 16000 pixels")
    program = find_program()
    with tempfile.TemporaryDirectory(prefix="rcuscope-") as folder:
        file = Path(folder) / "trace"
        trace.save(file)
        command = [str(program), str(file), "--theme", theme, *_knowledge(trace)]
        command += ["--width", str(width), "--height", str(height)]
        with ThreadPoolExecutor(jobs) as pool:
            drawn = [
                pool.submit(_draw, command, path, None if at is None else at - _origin(trace))
                for path, at in pictures
            ]
            try:
                for picture in drawn:
                    picture.result()
            finally:
                pool.shutdown(cancel_futures=True)  # after a failure the others are of no use


def _check_types(pictures: Sequence[tuple[str, object]], width: object, height: object) -> None:
    """NumPy's numbers are numbers, too."""
    for _, at in pictures:
        if at is not None and not isinstance(at, Real):
            raise TypeError(f"at={at!r}: expected a time of the trace, or None")
    for name, value in (("width", width), ("height", height)):
        if not isinstance(value, Integral):
            raise TypeError(f"{name}={value!r}: expected a number of pixels, an int")


def _origin(trace: Trace) -> int:
    """What the viewer counts from: of nanoseconds the trace's start, to the microsecond."""
    return trace.start - trace.start % 1000 if trace.clock == "ns" else 0


def _knowledge(trace: Trace) -> list[str]:
    """What this process knows and the trace's file does not tell: options for the viewer."""
    directories = [str(Path(path).absolute()) for path in trace._store.source_directories()]
    options = [word for path in directories for word in ("--sources", path)]
    return [*options, *(["--searched", trace._searched] if trace._searched else [])]


def _draw(command: list[str], path: str, at: int | None) -> None:
    command = [*command, "--render", path, *([] if at is None else ["--at", str(at)])]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_RENDER_SECONDS_MAX, check=False
    )
    if done.returncode != 0:
        raise OSError(f"{NAME} could not draw {path}: {done.stderr.strip() or done.returncode}")


def open_window(trace: Trace, *, block: bool) -> None:
    """Opens the viewer on a trace.

    Raises:
        OSError: if it is missing, there is no display, or it cannot open a window.
    """
    _require_display(
        "trace.to_png(path) and trace.to_svg(path) draw pictures, trace.describe() tells it in "
        "words, and trace.save(path) keeps it for a machine with a display"
    )
    program = find_program()
    folder = tempfile.mkdtemp(prefix="rcuscope-")
    file = Path(folder) / "trace"
    trace.save(file)
    # The window outlives this process, and removes nothing: the shell takes the file away after it.
    script = 'folder=$1; shift; "$@"; code=$?; rm -rf "$folder"; exit $code'
    # It may outlive this process: nobody who reads what this one writes has to wait for it.
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            ["/bin/sh", "-c", script, NAME, folder, str(program), str(file), *_knowledge(trace)],
            start_new_session=not block,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            code = process.wait(None if block else _START_SECONDS)
        except subprocess.TimeoutExpired:
            process.returncode = 0  # it is on its own now: no warning when this object goes
            return
        errors.seek(0)
        _check_end(code, errors.read().decode(errors="replace"))


def _check_end(code: int, errors: str) -> None:
    if code != 0:
        raise OSError(f"{NAME} ended with status {code}: {errors.strip() or 'it said nothing'}")


def open_file(
    *paths: str, at: int | None = None, follow: bool = False, kernel_source: str | None = None
) -> None:
    """Opens the viewer on one trace file, or on two side by side, and waits until it is closed.

    Args:
        paths: One or two, of any format that `rs.load` reads.
        at: Where the playhead is, in the trace's clock; default: where the viewer likes.
        follow: The trace is a recording that goes on.
        kernel_source: Directory of a kernel tree whose functions are shown in place of ours.

    Raises:
        OSError: if it is missing, or there is no display.
        TraceFormatError: if it is no trace.
    """
    if not follow:
        for path in paths:
            _core.load_trace(Path(path))  # tells what is wrong with a file before anything else
    shown = " ".join(paths)
    _require_display(
        f"`rcuscope view {shown} --text` prints it, and "
        f"`rcuscope export {paths[0]} picture.png` draws"
    )
    command = [str(find_program()), *paths]
    command += [] if at is None else ["--at", str(at)]
    command += ["--follow"] if follow else []
    command += [] if kernel_source is None else ["--kernel-source", kernel_source]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    _check_end(done.returncode, done.stderr)


def text_of(*paths: str) -> str:
    """The viewer's page on one trace, or on two side by side, as text; needs no display.

    Raises:
        OSError: if the viewer is missing or fails.
    """
    done = subprocess.run(
        [str(find_program()), *paths, "--text"],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_RENDER_SECONDS_MAX,
        check=False,
    )
    _check_end(done.returncode, done.stderr)
    return done.stdout


def main() -> int:
    """The command `rcuscope-viewer`: replaces this process by the program."""
    try:
        program = find_program()
    except FileNotFoundError as error:
        sys.stderr.write(f"{NAME}: {error}\n")
        return 2
    return os.execv(program, [NAME, *sys.argv[1:]])
