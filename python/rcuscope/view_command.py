# SPDX-License-Identifier: LGPL-2.1-or-later
"""`rcuscope view`: a trace in the viewer's window, or the same as text."""

from __future__ import annotations

import argparse
import json
import sys

import rcuscope as rs
from rcuscope import text_view, viewer


def run(arguments: argparse.Namespace) -> int:
    """Returns the exit status; errors are raised."""
    if not arguments.text:
        viewer.open_file(arguments.file, at=arguments.at)
        told = json.dumps({"shown": arguments.file}, indent=2) + "\n" if arguments.json else ""
    else:
        trace = rs.load(arguments.file)
        if arguments.json:
            told = json.dumps(text_view.world_at(trace, arguments.at), indent=2) + "\n"
        else:
            told = text_view.text_view(trace, at=arguments.at, width=arguments.width)
    sys.stdout.write(told)
    return 0
