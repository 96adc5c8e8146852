# SPDX-License-Identifier: LGPL-2.1-or-later
"""Objects that show themselves: in Jupyter by an SVG without script, and as files for others."""

from __future__ import annotations

import re
from os import PathLike
from typing import Any, Final

from rcuscope.paths import as_path

GIF_FRAMES: Final = 40
GIF_FRAMES_MAX: Final = 1000
GIF_SECONDS: Final = 12.0


def _as_wide_as_its_place(svg: str) -> str:
    """Without a size of its own: front ends put it into an image that they do not shrink."""
    return re.sub(r' width="[\d.]+" height="[\d.]+"', "", svg, count=1)


class Shown:
    """Mixin: the representations of an object that may have a trace."""

    def _shown_trace(self) -> Any:
        """The trace to draw, or None.

        A finding draws its own, a verdict that of its first finding.
        """
        findings = getattr(self, "findings", ())
        if findings:
            return findings[0]._shown_trace()
        try:
            return getattr(self, "trace", None)
        except ValueError:  # found live: the run has the trace
            return None

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What Jupyter shows; no HTML, so that it also works in notebooks that are not trusted."""
        del include, exclude  # Jupyter filters by itself
        bundle = {"text/plain": str(self)}
        trace = self._shown_trace()
        if trace is not None and len(trace) > 0:
            bundle["image/svg+xml"] = _as_wide_as_its_place(trace.to_svg())
        return bundle

    def _ipython_display_(self) -> None:
        """Shows the text above the picture: of one bundle a notebook shows only the picture."""
        from IPython import display as ipython  # noqa: PLC0415  IPython is who calls this

        display: Any = ipython.display
        bundle = self._repr_mimebundle_()
        display({"text/plain": bundle["text/plain"]}, raw=True)
        if len(bundle) > 1:
            display({**bundle, "text/plain": f"(picture of {self._shown_title()})"}, raw=True)

    def _shown_title(self) -> str:
        """The heading of a page about it."""
        trace = self._shown_trace()
        about = {} if trace is None else trace.metadata
        names = (getattr(self, "scenario", ""), about.get("title"), about.get("scenario"))
        return next((str(name) for name in names if name), "Trace")

    def _shown_text(self) -> str:
        """The text of a page about it."""
        return str(self)

    def to_html(self, path: str | PathLike[str] | None = None) -> str:
        """A page in one file: text, the picture that plays by itself, states, every event in words.

        It loads nothing, so it works from a disk, in a mail and offline, and up to 5,000 events it
        has no script. The words of more events are compressed: a script in the page unpacks them
        when they are unfolded. State and memory are told of each step; of a trace with more than
        500 steps, or very many events, of those up to the first finding, and the page says what it
        leaves out.

        Args:
            path: Written there too, if given.

        Returns:
            The HTML text.

        Raises:
            OSError: if it cannot be written.

        Example:
            >>> import rcuscope as rs
            >>> "LIST_POISON1" in rs.explore("list_del").to_html()
            True
        """
        from rcuscope.html import report_page  # noqa: PLC0415  it needs traces, which are shown

        text = report_page(self._shown_title(), self._shown_text(), self._shown_trace())
        if path is not None:
            as_path(path).write_text(text, encoding="utf-8")
        return text

    def to_gif(
        self,
        path: str | PathLike[str],
        *,
        width: int = 1000,
        height: int = 600,
        frames: int = GIF_FRAMES,
        seconds: float = GIF_SECONDS,
        theme: str = "light",
    ) -> None:
        """Draws the viewer's picture as an animation; needs Pillow, and no display.

        Args:
            path: Of the GIF.
            width: Pixels.
            height: Pixels.
            frames: At most so many, evenly in time; a trace of few steps has one for each.
            seconds: Of one round; the last picture stays for a quarter of them.
            theme: "light" or "dark".

        Raises:
            ImportError: without Pillow; the message says how to get it.
            ValueError: for a wrong number or theme, or if there is nothing to draw.
            OSError: if the viewer is not installed or cannot write.

        Example:
            >>> import rcuscope as rs
            >>> rs.explore("list_del").findings[0].to_gif("list_del.gif")  # doctest: +SKIP
        """
        from rcuscope import animation  # noqa: PLC0415  it needs traces, which are shown

        trace = self._shown_trace()
        if trace is None or len(trace) == 0:
            raise ValueError(
                f"{self._shown_title()}: there is no event to draw; an animation needs a trace, "
                "such as that of a finding, a replay or a run"
            )
        animation.write_gif(
            trace,
            as_path(path),
            size=(width, height),
            frames=frames,
            seconds=seconds,
            theme=theme,
        )
