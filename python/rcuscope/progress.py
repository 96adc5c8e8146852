# SPDX-License-Identifier: LGPL-2.1-or-later
"""A line on stderr that tells how far an exploration is; on a terminal only."""

from __future__ import annotations

import sys
from types import TracebackType

from rcuscope.verdict import Progress

_QUIET_SECONDS = 0.5  # a search that ends sooner shows nothing


class ProgressLine:
    """Context manager: `show` is what `rs.explore(progress=)` takes."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._is_terminal = sys.stderr.isatty()
        self._width = 0

    def show(self, progress: Progress) -> None:
        """Writes the line anew."""
        if not self._is_terminal or progress.seconds < _QUIET_SECONDS:
            return
        share = f"{progress.share_done:4.0%} " if progress.share_done > 0 else ""
        text = (
            f"{self._title}: {share}{progress.executions:,} executions, "
            f"{progress.findings} findings, {progress.seconds:.0f} s"
        )
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)

    def __enter__(self) -> ProgressLine:  # noqa: PYI034  typing.Self is newer than Python 3.10
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
