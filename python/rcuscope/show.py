# SPDX-License-Identifier: LGPL-2.1-or-later
"""Objects that show themselves in Jupyter: an SVG without script, and text."""

from __future__ import annotations

from typing import Any


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
            bundle["image/svg+xml"] = trace.to_svg()
        return bundle
