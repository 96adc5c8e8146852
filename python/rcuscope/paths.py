# SPDX-License-Identifier: LGPL-2.1-or-later
"""Paths that users give."""

from __future__ import annotations

from os import PathLike
from pathlib import Path


def as_path(path: str | PathLike[str]) -> Path:
    """The argument `path` of a function.

    Raises:
        TypeError: if it is none; pathlib's own error names no argument.
    """
    try:
        return Path(path)
    except TypeError:
        raise TypeError(f"path={path!r}: expected a str or an os.PathLike") from None
