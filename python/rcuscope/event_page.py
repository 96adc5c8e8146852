# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every event in words for an HTML page: as text, or of a large trace compressed."""

from __future__ import annotations

import base64
import gzip
from html import escape
from pathlib import Path
from typing import Final

from rcuscope.text_view import checked_time
from rcuscope.trace import Trace
from rcuscope.vocabulary import EventKind

_PLAIN_MAX: Final = 5000  # events; of more, the words are compressed
_LEVEL: Final = 6  # of gzip: 9 takes three times as long for the same size
_EXCERPT_MAX: Final = 500  # lines that need no script

EVENTS_STYLE: Final = """
.events .bar { display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; margin: .5rem 0; }
.events input { font: inherit; width: 14rem; } .events button { font: inherit; }
.events [hidden] { display: none; }
"""


def _excerpt(trace: Trace, lines: list[str]) -> tuple[list[str], str]:
    """The lines that are there without script, and which they are.

    Args:
        trace: Large.
        lines: Those of all its events; one may have several.
    """
    found = (trace.events["kind"] == EventKind["finding"]).any()
    later = trace[checked_time(trace, None) + 1 :].describe().splitlines() if found else []
    last = len(lines) - len(later)
    which = "ones up to the first finding" if found else "last ones"
    return lines[max(0, last - _EXCERPT_MAX) : last], which


def _packed(trace: Trace, text: str) -> list[str]:
    """All words, compressed, with the script that unpacks them; an excerpt stands in without it."""
    lines = text.splitlines()
    excerpt, which = _excerpt(trace, lines)
    packed = base64.b64encode(gzip.compress(text.encode(), _LEVEL, mtime=0)).decode()
    script = Path(__file__).with_name("event_page.js").read_text(encoding="utf-8")
    note = (
        f"The page has all of them, compressed: {len(packed) / 1e6:.1f} instead of "
        f"{len(text) / 1e6:.1f} MB. A browser with script unpacks them when this is unfolded. "
        f"Without script there are {len(excerpt)} of {len(lines)} lines here, the {which}; "
        "<code>rcuscope view</code> shows all."
    )
    return [
        f'<p class="note">{note}</p>',
        f"<pre>{escape(chr(10).join(excerpt))}</pre>",
        # Base64 has no character that HTML or a script's end could be made of.
        f'<script type="text/plain" class="packed">{packed}</script>',
        f"<script>{script}</script>",
    ]


def events_section(trace: Trace) -> str:
    """All events in words, to unfold.

    Args:
        trace: With events.

    Returns:
        HTML. Without script for up to 5,000 events; of more, the words are compressed, and a script
        in the page shows them part by part. Nothing is left out.
    """
    text = trace.describe()
    body = [f"<pre>{escape(text)}</pre>"] if len(trace) <= _PLAIN_MAX else _packed(trace, text)
    heading = f"<summary>All {len(trace)} events</summary>"
    return "\n".join([f'<details class="events">{heading}', *body, "</details>"])
