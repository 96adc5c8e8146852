# SPDX-License-Identifier: LGPL-2.1-or-later
"""A report of one trace as one HTML file that loads nothing."""

from __future__ import annotations

from html import escape
from typing import Final

from rcuscope.event_page import EVENTS_STYLE, events_section
from rcuscope.state_page import STATES_STYLE, states_section
from rcuscope.trace import Trace

_STYLE: Final = """
body { font: 15px/1.5 Inter, "Segoe UI", sans-serif; margin: 2rem auto; max-width: 75rem;
  padding: 0 1rem; color: #1b242d; background: #f6f7f9; }
h1 { font-size: 1.3rem; }
pre { background: #fff; border: 1px solid #e3e7ec; border-radius: 6px; padding: .8rem;
  overflow-x: auto; font: 13px/1.45 "JetBrains Mono", monospace; }
svg { max-width: 100%; height: auto; }
@media (prefers-color-scheme: dark) {
  body { color: #e6ebf0; background: #0f1419; }
  pre { background: #161c23; border-color: #27313b; }
}
"""


def report_page(title: str, text: str, trace: Trace | None) -> str:
    """One self-contained page: heading, text, the picture that plays by itself, states, events.

    Args:
        title: The heading.
        text: Shown as it is, lines kept.
        trace: Drawn and told; None = there is nothing to draw.
    """
    parts = [f"<h1>{escape(title)}</h1>", f"<pre>{escape(text)}</pre>"]
    if trace is not None and len(trace) > 0:
        parts += [
            trace.to_svg(),
            states_section(trace),
            events_section(trace),
        ]
    style = _STYLE + STATES_STYLE + EVENTS_STYLE
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{style}</style></head><body>",
            *parts,
            "</body></html>",
            "",
        ]
    )
