# SPDX-License-Identifier: LGPL-2.1-or-later
"""Arguments of some commands of the command line, told to their parsers."""

from __future__ import annotations

import argparse


def add_litmus(parser: argparse.ArgumentParser) -> None:
    """Files, an expectation, and options of `rs.explore`."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a litmus test in C")
    parser.add_argument(
        "--expect",
        help="Never, Sometimes or Always, or as in `rcuscope explore`; default: the test's comment",
    )
    parser.add_argument("--memory", choices=("sc", "lkmm"))
    parser.add_argument("--max-executions", type=int, metavar="N")
    parser.add_argument("--max-steps", type=int, default=10_000, metavar="N")
    parser.add_argument("--max-seconds", type=float, metavar="S")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="threads")


def add_file(parser: argparse.ArgumentParser) -> None:
    """A trace."""
    parser.add_argument("file", help="a trace")


def add_view(parser: argparse.ArgumentParser) -> None:
    """A trace, and what is seen of it."""
    add_file(parser)
    parser.add_argument("--text", action="store_true", help="print the window as text; no display")
    parser.add_argument("--at", type=int, metavar="TIME", help="the playhead: a step, or ns")
    parser.add_argument("--width", type=int, default=100, metavar="N", help="of a line of text")


def add_import(parser: argparse.ArgumentParser) -> None:
    """A trace of a kernel, and where the native one goes."""
    parser.add_argument("file", help="a trace-cmd file (.dat), or the text of ftrace")
    parser.add_argument("output", nargs="?", help="the native trace to write, a directory")
    parser.add_argument(
        "--check", action="store_true", help="tell what is in it and what was not recorded"
    )
    parser.add_argument(
        "--recover", action="store_true", help="take what is whole of a native trace that was cut"
    )


def add_export(parser: argparse.ArgumentParser) -> None:
    """A trace, and where it goes in which form."""
    add_file(parser)
    parser.add_argument("output", help=".svg .html .png .gif .txt .ctf .pftrace .csv or .parquet")
    parser.add_argument("--theme", default="light", choices=("light", "dark"))


def add_demo(parser: argparse.ArgumentParser) -> None:
    """Where the pictures go, and how long it runs live."""
    parser.add_argument(
        "--output", default="rcuscope-demo", metavar="DIR", help="default: %(default)s"
    )
    parser.add_argument("--seconds", type=float, default=1.0, help="of the live run")


def add_list(parser: argparse.ArgumentParser) -> None:
    """How the catalogue is listed."""
    parser.add_argument("--markdown", action="store_true", help="the tables of docs/catalogue.md")
