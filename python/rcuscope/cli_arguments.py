# SPDX-License-Identifier: LGPL-2.1-or-later
"""Arguments of some commands of the command line, told to their parsers."""

from __future__ import annotations

import argparse
from typing import Final

from rcuscope.variant import Variant

_MEMORY: Final = "memory model; default: sc"
_STEPS: Final = "operations of one execution; default: %(default)s"
_EXECUTIONS: Final = "complete or not; default: no limit"
_SECONDS: Final = "of wall time; default: no limit"
_THEME: Final = "of pictures; default: %(default)s"


def variant_of(arguments: argparse.Namespace) -> Variant | None:
    """The what-ifs that were given; None = the scenario's own."""
    return None if arguments.variant is None else Variant.parse(arguments.variant)


def add_scenario(parser: argparse.ArgumentParser, *, is_optional: bool = False) -> None:
    """A scenario, and what-ifs."""
    parser.add_argument(
        "scenario",
        nargs="?" if is_optional else None,
        metavar="NAME_OR_FILE[::SCENARIO]",
        help="a name that `rcuscope list` shows, or a Python file with @rs.scenario functions",
    )
    parser.add_argument("--variant", help='what-ifs: "reclaim=call_rcu unlink=list_del"')


def add_expect(parser: argparse.ArgumentParser) -> None:
    """What is expected."""
    parser.add_argument("--expect", help="SAFE, UNKNOWN or a finding kind; default: the scenario's")


def add_explore(parser: argparse.ArgumentParser) -> None:
    """A scenario, or all of the catalogue, and options of `rs.explore`."""
    add_scenario(parser, is_optional=True)
    parser.add_argument("--all", action="store_true", help="the whole catalogue, as a table")
    add_expect(parser)
    parser.add_argument("--memory", choices=("sc", "lkmm"), help=_MEMORY)
    parser.add_argument(
        "--strategy",
        default="dpor",
        choices=("dpor", "exhaustive", "random", "pct"),
        help="one order of each class, every order, or samples, which go on until a limit or "
        "Ctrl-C; default: %(default)s",
    )
    parser.add_argument(
        "--preemption-bound", type=int, metavar="N", help="preemptions of a schedule, at most"
    )
    parser.add_argument("--bug-depth", type=int, metavar="N", help="of pct; default: 3")
    parser.add_argument("--max-executions", type=int, metavar="N", help=_EXECUTIONS)
    parser.add_argument("--max-steps", type=int, default=10_000, metavar="N", help=_STEPS)
    parser.add_argument("--max-seconds", type=float, metavar="S", help=_SECONDS)
    parser.add_argument("--stop-on-first", action="store_true", help="end at the first finding")
    parser.add_argument("--seed", type=int, metavar="N", help="of random and pct; default: 0")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="threads")
    parser.add_argument(
        "--checkpoint", metavar="FILE", help="go on from there, and write the state there"
    )
    parser.add_argument(
        "--put-device",
        choices=("precise", "strict"),
        help="a put that must not sleep: a defect if it is the last one, or always",
    )
    parser.add_argument("--preempt-rt", action="store_true", help="hardirq handlers are threads")
    parser.add_argument(
        "--debug-kobject-release", action="store_true", help="releases run in work items"
    )
    parser.add_argument("--save", metavar="DIR", help="write the first counterexample there")


def add_run(parser: argparse.ArgumentParser) -> None:
    """A scenario, and options of `rs.run`."""
    add_scenario(parser)
    add_expect(parser)
    parser.add_argument("--repeat", type=int, metavar="N", help="repetitions; default: one")
    parser.add_argument("--seconds", type=float, metavar="S", help="repeat for so long instead")
    parser.add_argument(
        "--timeout",
        type=float,
        default=10,
        metavar="S",
        help="seconds without progress that are a deadlock or stall; default: %(default)s",
    )
    parser.add_argument(
        "--flavor",
        default="memb",
        choices=("memb", "mb", "bp", "qsbr"),
        help="of liburcu; default: %(default)s",
    )
    parser.add_argument(
        "--trace",
        default="full",
        choices=("full", "section", "logical", "off"),
        help="what is recorded: every event with its time, a record for a section, every event "
        "in order without a clock, nothing; default: %(default)s",
    )
    parser.add_argument("--save", metavar="DIR", help="write the trace there")


def add_replay(parser: argparse.ArgumentParser) -> None:
    """A scenario and a schedule."""
    add_scenario(parser)
    parser.add_argument("schedule", help='as a finding prints it: "s1:2x5,1"')
    parser.add_argument("--save", metavar="DIR", help="write the trace there")


def add_nothing(parser: argparse.ArgumentParser) -> None:
    """No arguments."""
    del parser


def add_litmus(parser: argparse.ArgumentParser) -> None:
    """Files, an expectation, and options of `rs.explore`."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a litmus test in C")
    parser.add_argument(
        "--expect",
        help="Never, Sometimes or Always, or as in `rcuscope explore`; default: the test's comment",
    )
    parser.add_argument("--memory", choices=("sc", "lkmm"), help=_MEMORY)
    parser.add_argument("--max-executions", type=int, metavar="N", help=_EXECUTIONS)
    parser.add_argument("--max-steps", type=int, default=10_000, metavar="N", help=_STEPS)
    parser.add_argument("--max-seconds", type=float, metavar="S", help=_SECONDS)
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="threads")


def add_file(parser: argparse.ArgumentParser) -> None:
    """A trace."""
    parser.add_argument("file", help="a trace")


def add_view(parser: argparse.ArgumentParser) -> None:
    """A trace or two, and what is seen of them."""
    add_file(parser)
    parser.add_argument(
        "other", nargs="?", help="a second trace: both one above the other, their clocks linked"
    )
    parser.add_argument("--text", action="store_true", help="print the window as text; no display")
    parser.add_argument("--at", type=int, metavar="TIME", help="the playhead: a step, or ns")
    parser.add_argument("--width", type=int, default=100, metavar="N", help="of a line of text")
    parser.add_argument(
        "--follow", action="store_true", help="a recording that goes on: the newest as it comes"
    )
    parser.add_argument(
        "--kernel-source", metavar="DIR", help="show functions as they stand in this kernel tree"
    )


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
    parser.add_argument(
        "--tsc-hz", type=float, metavar="HZ", help="of a trace with the clock x86-tsc: its ticks/s"
    )


def add_export(parser: argparse.ArgumentParser) -> None:
    """A trace, and where it goes in which form."""
    add_file(parser)
    parser.add_argument("output", help=".svg .html .png .gif .txt .ctf .pftrace .csv or .parquet")
    parser.add_argument("--theme", default="light", choices=("light", "dark"), help=_THEME)


def add_demo(parser: argparse.ArgumentParser) -> None:
    """Where the pictures go, and how long it runs live."""
    parser.add_argument(
        "--output", default="rcuscope-demo", metavar="DIR", help="default: %(default)s"
    )
    parser.add_argument("--seconds", type=float, default=1.0, help="of the live run")


def add_list(parser: argparse.ArgumentParser) -> None:
    """How the catalogue is listed."""
    parser.add_argument("--markdown", action="store_true", help="the tables of docs/catalogue.md")


def add_gui(parser: argparse.ArgumentParser) -> None:
    """A file of scenarios, and what happens instead of a window."""
    parser.add_argument(
        "file", nargs="?", metavar="FILE.py", help="its @rs.scenario functions stand first"
    )
    parser.add_argument("--theme", default="light", choices=("light", "dark"), help=_THEME)
    parser.add_argument("--width", type=int, default=1600, metavar="N", help="pixels of the design")
    parser.add_argument("--height", type=int, default=900, metavar="N", help="the same, upright")
    parser.add_argument(
        "--scale", type=float, default=1.0, metavar="X", help="of pictures: pixels per design pixel"
    )
    parser.add_argument(
        "--script", default="", metavar="COMMANDS", help="clicks and keys, without a display"
    )
    parser.add_argument("--text", action="store_true", help="print the page as text; no display")
    parser.add_argument("--render", default="", metavar="OUT.png", help="draw the page; no display")
