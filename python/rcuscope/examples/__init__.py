# SPDX-License-Identifier: LGPL-2.1-or-later
"""Traces that come with the package. Both were recorded in one guest, on kernels built alike.

kernel_removal.dat: a kernel with the patch removes seven devices (trace-cmd's file).
kernel_removal_unpatched.txt: the same kernel without the patch does (the text of ftrace).
"""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent
_SUFFIXES = (".dat", ".txt")


def names() -> tuple[str, ...]:
    """Names of the traces, sorted.

    Example:
        >>> import rcuscope as rs
        >>> rs.examples.names()
        ('kernel_removal.dat', 'kernel_removal_unpatched.txt')
    """
    return tuple(sorted(file.name for file in _FOLDER.iterdir() if file.suffix in _SUFFIXES))


def path(name: str) -> Path:
    """Where a trace lies, for `rs.load` and the command line.

    Args:
        name: One of `names()`.

    Raises:
        ValueError: for another name.

    Example:
        >>> import rcuscope as rs
        >>> rs.load(rs.examples.path("kernel_removal_unpatched.txt")).clock
        'ns'
    """
    if name not in names():
        raise ValueError(f"example {name!r}: expected one of {', '.join(names())}")
    return _FOLDER / name
