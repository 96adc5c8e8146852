# SPDX-License-Identifier: LGPL-2.1-or-later
"""`rcuscope view`: a trace or two in the viewer's window, or the same as text."""

from __future__ import annotations

import argparse
import json
import sys

import rcuscope as rs
from rcuscope import _core, text_view, viewer


def _told(arguments: argparse.Namespace) -> str:
    trace = rs.load(arguments.file)
    if arguments.other is not None:
        rs.load(arguments.other)  # tells what is wrong with it, as for the first one
        text = viewer.text_of(arguments.file, arguments.other)
        if arguments.json:
            return json.dumps({"comparison": text.splitlines()}, indent=2) + "\n"
        return text
    if arguments.json:
        return json.dumps(text_view.world_at(trace, arguments.at), indent=2) + "\n"
    return text_view.text_view(trace, at=arguments.at, width=arguments.width)


def _check(arguments: argparse.Namespace) -> None:
    """Raises UsageError for options that do not go together: none is left out in silence."""
    if arguments.follow and (arguments.text or arguments.other is not None):
        raise _core.UsageError(
            "--follow shows one recording in a window; without --text and a second trace"
        )
    if arguments.text and arguments.other is not None and arguments.at is not None:
        raise _core.UsageError(
            f"--at {arguments.at} with --text and two traces: what is told of two is the whole of "
            "both; leave --at out, or the second trace"
        )
    if arguments.text and arguments.kernel_source is not None:
        raise _core.UsageError("--kernel-source is for the window; leave --text out")


def run(arguments: argparse.Namespace) -> int:
    """Returns the exit status; errors are raised."""
    _check(arguments)
    if arguments.text:
        told = _told(arguments)
    else:
        files = [arguments.file] + ([] if arguments.other is None else [arguments.other])
        viewer.open_file(
            *files,
            at=arguments.at,
            follow=arguments.follow,
            kernel_source=arguments.kernel_source,
        )
        told = json.dumps({"shown": arguments.file}, indent=2) + "\n" if arguments.json else ""
    sys.stdout.write(told)
    return 0
