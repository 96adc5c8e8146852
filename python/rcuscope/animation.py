# SPDX-License-Identifier: LGPL-2.1-or-later
"""Animations: a GIF of the viewer's pictures, one after the other."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from rcuscope import show, viewer
from rcuscope.text_timeline import shown_range
from rcuscope.trace import Trace

_LAST_SHARE: Final = 0.25  # of the time that the last picture, with the finding, stays
_MILLISECONDS_LEAST: Final = 20  # browsers show what is faster at 100 ms a picture


def frame_times(trace: Trace, frames: int) -> list[int]:
    """The playheads of an animation, in the trace's clock: ascending, the last one at the end.

    Args:
        trace: With events.
        frames: At most so many.

    Example:
        >>> import rcuscope as rs
        >>> from rcuscope.animation import frame_times
        >>> frame_times(rs.explore("no_synchronize_rcu").findings[0].trace, 3)
        [40, 55, 71]
    """
    first, last = shown_range(trace)
    count = min(frames, last - first + 1)
    if count == 1:
        return [last]
    return [first + (last - first) * index // (count - 1) for index in range(count)]


def _check(frames: object, seconds: object) -> None:
    if not isinstance(frames, int) or isinstance(frames, bool):
        raise TypeError(f"frames={frames!r}: expected an int")
    if not 2 <= frames <= show.GIF_FRAMES_MAX:
        raise ValueError(f"frames={frames}: expected 2 to {show.GIF_FRAMES_MAX}")
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise TypeError(f"seconds={seconds!r}: expected a number")
    if not 0.1 <= seconds <= 600:  # also NaN
        raise ValueError(f"seconds={seconds}: expected 0.1 to 600")


def _durations(count: int, seconds: float) -> list[int]:
    """Milliseconds of each picture."""
    last = seconds * _LAST_SHARE
    other = (seconds - last) / max(1, count - 1)
    whole = [max(_MILLISECONDS_LEAST, round(1000 * time)) for time in (other, last)]
    return [whole[0]] * (count - 1) + [whole[1]]


def write_gif(
    trace: Trace, path: Path, *, size: tuple[int, int], frames: int, seconds: float, theme: str
) -> None:
    """Draws a trace as an animation.

    Args:
        trace: With events.
        path: Of the GIF.
        size: Width and height, pixels.
        frames: At most so many.
        seconds: Of one round.
        theme: "light" or "dark".

    Raises:
        ImportError: without Pillow.
        ValueError: for a wrong number, size or theme.
        OSError: if the viewer is missing or fails, or the file cannot be written.
    """
    _check(frames, seconds)
    try:
        from PIL import Image  # noqa: PLC0415  an extra, and only here
    except ImportError:
        raise ImportError("a GIF needs Pillow: pip install 'rcuscope[plot]'") from None
    times = frame_times(trace, frames)
    with tempfile.TemporaryDirectory(prefix="rcuscope-") as folder:
        names = [str(Path(folder) / f"{index}.png") for index in range(len(times))]
        viewer.render_each(
            trace,
            list(zip(names, times, strict=True)),
            width=size[0],
            height=size[1],
            theme=theme,
            jobs=os.cpu_count() or 1,
        )
        pictures = []
        for name in names:
            with Image.open(name) as picture:
                # One palette each: the colours are few, and a common one would lose the red.
                pictures.append(picture.convert("RGB").quantize(128, dither=Image.Dither.NONE))
    pictures[0].save(
        path,
        format="GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=_durations(len(pictures), seconds),
        loop=0,
    )
