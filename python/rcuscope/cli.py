# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line. Results go to stdout, progress and errors to stderr."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import rcuscope as rs
from rcuscope import _core, completion, lesson_cli, record
from rcuscope.cli_arguments import (
    add_demo,
    add_explore,
    add_export,
    add_gui,
    add_import,
    add_list,
    add_litmus,
    add_nothing,
    add_replay,
    add_run,
    add_scenario,
    add_view,
    variant_of,
)
from rcuscope.complaint import told
from rcuscope.exit_status import (
    EXIT_INTERNAL,
    EXIT_INTERRUPTED,
    EXIT_MET,
    EXIT_MISSED,
    EXIT_USAGE,
)
from rcuscope.loading import load_scenario
from rcuscope.scenario import check_expectation


def _print_json(record: Any) -> None:
    print(json.dumps(record, indent=2))


# ---- commands
def _demo(arguments: argparse.Namespace) -> int:
    from rcuscope import demo  # noqa: PLC0415  not needed by most programs

    return demo.run(Path(arguments.output), seconds=arguments.seconds, as_json=arguments.json)


def _list(arguments: argparse.Namespace) -> int:
    from rcuscope import survey  # noqa: PLC0415  not needed by most programs

    if arguments.json and arguments.markdown:
        raise rs.UsageError("--json --markdown: expected one of them; each is a form of the list")
    if arguments.json:
        _print_json([survey.as_record(scenario) for scenario in rs.catalogue.values()])
    else:
        print("\n".join(survey.markdown_lines() if arguments.markdown else survey.list_lines()))
    return EXIT_MET


def _explore(arguments: argparse.Namespace) -> int:
    from rcuscope import explore_command  # noqa: PLC0415  not needed by most programs

    return explore_command.run(arguments)


def _litmus(arguments: argparse.Namespace) -> int:
    from rcuscope import litmus_command  # noqa: PLC0415  not needed by most programs

    return litmus_command.run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    check_expectation(arguments.expect)
    if arguments.save and arguments.trace == "off":
        raise rs.UsageError(f"--save {arguments.save} with --trace off: expected another level")
    scenario = load_scenario(arguments.scenario)
    done = rs.run(
        scenario,
        repeat=arguments.repeat,
        seconds=arguments.seconds,
        timeout=arguments.timeout,
        flavor=arguments.flavor,
        trace=arguments.trace,
        variant=variant_of(arguments),
    )
    expect = arguments.expect or scenario.expect or "SAFE"
    kinds = {finding.kind for finding in done.findings}
    is_met = not kinds if expect in ("SAFE", "UNKNOWN") else expect in kinds
    if arguments.save:
        done.trace.save(arguments.save)
    if arguments.json:
        print(json.dumps({**json.loads(done.to_json()), "expect": expect, "met": is_met}, indent=2))
    else:
        print(done)
        print(done.stats.grace_period.told("grace periods", "synchronize_rcu"))
        sections = done.stats.sections
        print(f"{sections:,} read-side critical section{'' if sections == 1 else 's'}")
        print(f"expected {expect}: {'yes' if is_met else 'no'}")
    return EXIT_MET if is_met else EXIT_MISSED


def _replay(arguments: argparse.Namespace) -> int:
    scenario = load_scenario(arguments.scenario)
    trace = rs.replay(scenario, arguments.schedule, variant=variant_of(arguments))
    if arguments.save:
        trace.save(arguments.save)
    found = trace.metadata.get("finding", "")
    if arguments.json:
        lines = trace.describe().splitlines()
        _print_json({"scenario": scenario.name, "finding": found or None, "events": lines})
    else:
        print(trace.describe(), end="")
        print(f"finding: {found}: {trace.metadata.get('message', '')}" if found else "no finding")
    return EXIT_MET


def _step(arguments: argparse.Namespace) -> int:
    from rcuscope import step_cli  # noqa: PLC0415  not needed by most programs

    scenario = load_scenario(arguments.scenario)
    with rs.step(scenario, variant=variant_of(arguments)) as session:
        return step_cli.run(session, as_json=arguments.json)


def _view(arguments: argparse.Namespace) -> int:
    from rcuscope import view_command  # noqa: PLC0415  not needed by most programs

    return view_command.run(arguments)


def _import(arguments: argparse.Namespace) -> int:
    from rcuscope import kernel  # noqa: PLC0415  not needed by most programs

    if arguments.output is None and not arguments.check:
        raise rs.UsageError("give a place for the native trace, or --check, or both")
    trace = rs.load(arguments.file, recover=arguments.recover, tsc_hz=arguments.tsc_hz)
    record = kernel.summary(trace)
    if arguments.output is not None:
        trace.save(arguments.output)
        record["written"] = arguments.output
    if arguments.json:
        _print_json(record)
        return EXIT_MET
    if arguments.check:
        print("\n".join(kernel.summary_lines(record)))
    if arguments.output is not None:
        print(f"wrote {arguments.output} ({_size(trace)})")
    return EXIT_MET


def _size(trace: rs.Trace) -> str:
    lost = f", {trace.events_lost} lost" if trace.events_lost else ""
    return f"{len(trace)} events{lost}"


def _export(arguments: argparse.Namespace) -> int:
    trace = rs.load(arguments.file)
    output = Path(arguments.output)
    writers: dict[str, Callable[[], object]] = {
        ".svg": lambda: trace.to_svg(output),
        ".html": lambda: trace.to_html(output),
        ".png": lambda: trace.to_png(output, theme=arguments.theme),
        ".gif": lambda: trace.to_gif(output, theme=arguments.theme),
        ".txt": lambda: output.write_text(trace.describe(), encoding="utf-8"),
        ".ctf": lambda: trace.save(output),
        ".pftrace": lambda: trace.to_perfetto(output),
        ".csv": lambda: trace.to_csv(output),
        ".parquet": lambda: trace.to_parquet(output),
    }
    writer = writers.get(output.suffix)
    if writer is None:
        raise rs.UsageError(f"{output}: expected a name that ends in {', '.join(writers)}")
    writer()
    if arguments.json:
        _print_json(
            {"written": str(output), "events": len(trace), "events_lost": trace.events_lost}
        )
    else:
        print(f"wrote {output} ({_size(trace)})")
    return EXIT_MET


def _doctor(arguments: argparse.Namespace) -> int:
    from rcuscope import doctor  # noqa: PLC0415  not needed by most programs

    return doctor.run(as_json=arguments.json)


def _gui(arguments: argparse.Namespace) -> int:
    from rcuscope import gui_command  # noqa: PLC0415  not needed by most programs

    return gui_command.run(arguments)


class Command(NamedTuple):
    """A subcommand: what it does, its arguments, and texts for --help."""

    name: str
    function: Callable[[argparse.Namespace], int]
    add_arguments: Callable[[argparse.ArgumentParser], None]
    text: str
    examples: tuple[str, ...]


_COMMANDS: Final = (
    Command(
        "demo",
        _demo,
        add_demo,
        "the main job: explore the patch, run it live, draw it",
        ("rcuscope demo", "rcuscope demo --output pictures"),
    ),
    Command("list", _list, add_list, "the scenarios of the catalogue", ("rcuscope list --json",)),
    Command(
        "explore",
        _explore,
        add_explore,
        "try every schedule of a scenario",
        (
            "rcuscope explore --all",
            "rcuscope explore no_synchronize_rcu --save bug.ctf",
            "rcuscope explore my_scenarios.py::removal --variant reclaim=call_rcu",
        ),
    ),
    Command(
        "litmus",
        _litmus,
        add_litmus,
        "explore litmus tests: final states, and whether their condition holds",
        ("rcuscope litmus mp.litmus sb.litmus", "rcuscope litmus mp.litmus --expect Never --json"),
    ),
    Command(
        "run",
        _run,
        add_run,
        "run a scenario on real threads",
        ("rcuscope run posted --repeat 1000", "rcuscope run posted --seconds 2 --flavor mb"),
    ),
    Command(
        "replay",
        _replay,
        add_replay,
        "run one schedule again and tell it in words",
        ("rcuscope replay list_del s1:1x4,2x20",),
    ),
    Command(
        "step",
        _step,
        add_scenario,
        "be the scheduler: choose each operation",
        ("rcuscope step posted", "printf '1\\n2\\n' | rcuscope step posted --json"),
    ),
    Command(
        "view",
        _view,
        add_view,
        "open the viewer on a trace, or print the same as text",
        ("rcuscope view bug.ctf", "rcuscope view bug.ctf --text --at 60"),
    ),
    Command(
        "gui",
        _gui,
        add_gui,
        "explore, run and step scenarios in a window",
        (
            "rcuscope gui",
            "rcuscope gui my_scenarios.py",
            "rcuscope gui --text --script 'click offer:list_del; click explore; settle'",
        ),
    ),
    Command(
        "export",
        _export,
        add_export,
        "turn a trace into a picture, text or a table",
        (
            "rcuscope export bug.ctf bug.svg",
            "rcuscope export bug.ctf bug.png --theme dark",
            "rcuscope export trace.dat trace.pftrace",
        ),
    ),
    Command(
        "import",
        _import,
        add_import,
        "turn a kernel's trace into a native one, or mend a native one",
        ("rcuscope import trace.dat removal.ctf", "rcuscope import trace.dat --check"),
    ),
    Command(
        "record",
        record.command,
        record.add_arguments,
        "record the live runs of a program, or this machine's kernel",
        record.EXAMPLES,
    ),
    Command(
        "lesson",
        lesson_cli.command,
        lesson_cli.add_arguments,
        "exercises that the model checker grades",
        ("rcuscope lesson", "rcuscope lesson 01.1 --hint 1", "rcuscope lesson 01.1 mine.py"),
    ),
    Command(
        "doctor",
        _doctor,
        add_nothing,
        "what works here, and what would make the rest work",
        ("rcuscope doctor --json",),
    ),
)


def _add_command(commands: Any, row: Command) -> None:
    command = commands.add_parser(
        row.name,
        help=row.text,
        description=row.text[0].upper() + row.text[1:] + ".",
        epilog="\n  ".join(["examples:", *row.examples]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    row.add_arguments(command)
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(function=row.function)


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="rcuscope",
        description="See, break and prove an RCU conversion.",
        epilog="exit status: 0 as expected, 1 not, 2 wrong use, 3 defect of rcuscope, 4 UNKNOWN, "
        "130 interrupted",
    )
    parser.add_argument("--version", action="version", version=f"rcuscope {rs.__version__}")
    completion.add_to(parser)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for row in _COMMANDS:
        _add_command(commands, row)
    return parser


def _complain(error: object) -> int:
    print(f"rcuscope: error: {error}", file=sys.stderr)
    return EXIT_USAGE


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `rcuscope`.

    Args:
        arguments: Default: those of the process.

    Returns:
        The exit status.
    """
    parsed = make_parser().parse_args(arguments)
    function: Callable[[argparse.Namespace], int] = parsed.function
    try:
        return function(parsed)
    except KeyboardInterrupt:
        print("rcuscope: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader of stdout has gone: nothing to complain about
        return EXIT_MET
    except _core.InternalError as error:
        print(f"rcuscope: internal error: {error}", file=sys.stderr)
        return EXIT_INTERNAL
    except (ValueError, OSError, ImportError, NotImplementedError, _core.LimitError) as error:
        return _complain(error)
    except _core.NondeterminismError as error:
        return _complain(error)
    except SystemExit as error:  # of a scenario's body: its status would pass for the command's
        return _complain(f"the scenario ends the program, SystemExit({error.code!r})")
    except Exception as error:  # noqa: BLE001  a user's file raised it
        return _complain(told(error))


def viewer_main() -> int:
    """The command `rcuscope-viewer`."""
    from rcuscope import viewer  # noqa: PLC0415  not needed by most programs

    return viewer.main()
