# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pytest plugin: scenarios as tests, the fixture `explore`, the mark `rcuscope`.

A package of its own beside `rcuscope`, because importing that loads the extension module: a project
that has no scenario must not pay for it whenever pytest starts.
"""

from __future__ import annotations

import sys
import unittest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import rcuscope as rs

_JOBS_MAX: Final = 10_000  # as rcuscope.explore says; importing that is too dear here


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the command line."""
    group = parser.getgroup("rcuscope", "exploring RCU scenarios")
    group.addoption(
        "--rcuscope-jobs", type=int, metavar="N", help="threads of each search (default: 1)"
    )
    group.addoption("--rcuscope-memory", choices=("sc", "lkmm"), help="memory model of each search")
    group.addoption(
        "--rcuscope-html", metavar="DIR", help="write an HTML report of each failure there"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Checks the options once for all tests, and declares the mark."""
    jobs = config.getoption("rcuscope_jobs")
    if jobs is not None and not 1 <= jobs <= _JOBS_MAX:
        raise pytest.UsageError(f"--rcuscope-jobs={jobs}: expected 1 to {_JOBS_MAX}")
    folder = config.getoption("rcuscope_html")
    if folder is not None and (not folder or (Path(folder).exists() and not Path(folder).is_dir())):
        raise pytest.UsageError(f"--rcuscope-html={folder!r}: expected a folder, made if need be")
    config.addinivalue_line(
        "markers",
        "rcuscope(**options): options of rcuscope.explore, and expect=, for this test's searches",
    )


def _is_scenario(thing: object) -> bool:
    # Whoever has a scenario has imported the package; nobody else has to.
    if "rcuscope" not in sys.modules:
        return False
    from rcuscope import Scenario  # noqa: PLC0415  see above

    return isinstance(thing, Scenario)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> pytest.Item | None:
    """A scenario whose name is that of a test is one."""
    if isinstance(obj, type) and issubclass(obj, unittest.TestCase):
        _wrap_scenarios(obj)
    elif _is_scenario(obj) and collector.funcnamefilter(name):
        made: pytest.Item = ScenarioItem.from_parent(collector, name=name, scenario=obj)
        return made
    return None


def _wrap_scenarios(case: type[unittest.TestCase]) -> None:
    """TestCase calls its tests itself: a scenario in a TestCase becomes a method."""
    for name, value in list(vars(case).items()):
        if name.startswith("test") and _is_scenario(value):
            setattr(case, name, _as_method(name, value))


def _as_method(name: str, scenario: Any) -> Callable[[unittest.TestCase], None]:
    @pytest.mark.usefixtures("_rcuscope_for_unittest")
    def test(self: unittest.TestCase) -> None:
        __tracebackhide__ = True
        self._rcuscope_check(_bound(scenario, self))  # type: ignore[attr-defined]

    test.__name__ = name
    test.__doc__ = scenario.__doc__
    test.pytestmark += _marks_of(scenario)  # type: ignore[attr-defined]
    return test


def _marks_of(scenario: rs.Scenario) -> list[pytest.Mark]:
    """Marks put on the scenario, or on the function below @rs.scenario."""
    found: list[pytest.Mark] = []
    for marked in (scenario.body, scenario):
        found += getattr(marked, "pytestmark", [])
    return found


def _bound(scenario: rs.Scenario, instance: object) -> rs.Scenario:
    """The scenario of a method `def test_it(self, k)`, with self given."""
    import functools  # noqa: PLC0415  not needed at start-up
    import inspect  # noqa: PLC0415  not needed at start-up

    from rcuscope import Scenario  # noqa: PLC0415  somebody has imported it by now

    body = scenario.body
    if body is None or len(inspect.signature(body).parameters) < 2:
        return scenario
    bound: Any = functools.partial(body, instance)  # type: ignore[arg-type]  # body takes self
    functools.update_wrapper(bound, body)
    return Scenario(bound, **scenario._description())


class ScenarioItem(pytest.Item):
    """A scenario that is a test: it must meet what it expects, by default SAFE."""

    def __init__(self, *, scenario: rs.Scenario, **options: Any) -> None:
        super().__init__(**options)
        self.scenario = scenario
        for mark in _marks_of(scenario):
            if mark.name == "parametrize":
                raise self._collect_error("pytest.mark.parametrize")
            self.own_markers.append(mark)
            self.keywords[mark.name] = mark

    def _collect_error(self, what: str) -> Exception:
        return pytest.Collector.CollectError(
            f"{self.nodeid}: a scenario takes no arguments, so {what} cannot apply; write a test "
            "function that makes the scenario and gives it to the fixture explore"
        )

    def runtest(self) -> None:
        """Explores it."""
        parent = self.parent
        scenario = self.scenario
        if isinstance(parent, pytest.Class):
            scenario = _bound(scenario, parent.obj())
        from pytest_rcuscope.check import explore_for  # noqa: PLC0415  loads the extension

        explore_for(self, scenario, {}, pytrace=False)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where its function is."""
        code = getattr(self.scenario.body, "__code__", None)
        line = None if code is None else code.co_firstlineno - 1
        return self.path, line, self.name


@pytest.fixture
def explore(request: pytest.FixtureRequest) -> Callable[..., rs.Verdict]:
    """rcuscope.explore as a check: fails the test unless expect= is met (default: the scenario's).

    Options are those of the command line, then of @pytest.mark.rcuscope, then of the call. Returns
    the Verdict.
    """
    from pytest_rcuscope.check import explore_for  # noqa: PLC0415  loads the extension

    def explore(scenario: Any, **options: Any) -> rs.Verdict:
        __tracebackhide__ = True
        return explore_for(request.node, scenario, options, pytrace=True)

    return explore


@pytest.fixture
def _rcuscope_for_unittest(request: pytest.FixtureRequest) -> None:
    from pytest_rcuscope.check import explore_for  # noqa: PLC0415  loads the extension

    def check(scenario: rs.Scenario) -> None:
        __tracebackhide__ = True
        explore_for(request.node, scenario, {}, pytrace=False)

    request.instance._rcuscope_check = check
