"""The pytest plugin, in pytest runs of its own."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import pytest
import pytest_rcuscope
import rcuscope as rs
from small_scenarios import REMOVAL_TEXT

pytest_plugins = ["pytester"]

SCENARIOS = f"import rcuscope as rs\nimport pytest\n{REMOVAL_TEXT}"
GOOD = "@rs.scenario\ndef test_waits(k):\n    removal(k, True)\n"
BAD = "@rs.scenario\ndef test_hurries(k):\n    removal(k, False)\n"


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    # In a continuous integration pytest repeats each message in full in its summary.
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("BUILD_NUMBER", raising=False)

    def run_tests(text: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_removal=SCENARIOS + text)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)

    return run_tests


def test_scenario_that_is_safe_passes_and_one_that_is_not_fails(run) -> None:
    result = run(GOOD + BAD)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*test_hurries*expected SAFE, found*UNSAFE*"])


def test_failure_prints_explanation_timeline_and_a_command_that_replays(run, pytester) -> None:
    text = run(BAD).stdout.str()
    assert "'reader' touches entry" in text
    assert re.search(r"^reader +[-=]+!$", text, re.MULTILINE), text
    assert re.search(r"^updater +-*U-*F", text, re.MULTILINE), text
    line = re.search(r"^replay: rcuscope (.+)$", text, re.MULTILINE)
    assert line is not None, text
    command = [sys.executable, "-m", "rcuscope", *shlex.split(line[1])]
    told = subprocess.run(
        command, cwd=pytester.path, capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert "finding: use_after_free" in told


def test_scenario_meets_what_it_expects(run) -> None:
    text = BAD.replace("scenario\n", "scenario(expect='use_after_free')\n")
    run(text).assert_outcomes(passed=1)
    missed = run(text.replace("use_after_free", "deadlock"))
    missed.assert_outcomes(failed=1)
    missed.stdout.fnmatch_lines(["*expected deadlock, found*"])


def test_scenario_with_another_name_and_a_helper_are_no_tests(run) -> None:
    result = run(BAD.replace("test_", "") + GOOD)
    result.assert_outcomes(passed=1)


def test_fixture_returns_the_verdict_or_fails_with_the_callers_line(run) -> None:
    text = """
def test_returns(explore):
    verdict = explore(lambda k: removal(k, True), memory="sc")
    assert verdict.outcome == "SAFE" and verdict.exhaustive

def test_expects(explore):
    verdict = explore(lambda k: removal(k, False), expect="use_after_free")
    assert verdict.outcome == "UNSAFE"

def test_fails(explore):
    explore("no_synchronize_rcu", expect="SAFE")  # the caller's line
"""
    result = run(text)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [">*the caller's line", "*replay: rcuscope replay no_synchronize_rcu s1:*"]
    )


def test_search_that_a_limit_ends_is_no_pass(run) -> None:
    text = "def test_limit(explore):\n    explore(lambda k: removal(k, True), max_executions=1)\n"
    result = run(text)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*limit: max_executions*"])


def test_mark_sets_options_and_the_call_wins(run) -> None:
    text = """
@pytest.mark.rcuscope(max_executions=1)
@rs.scenario(expect="UNKNOWN")
def test_above(k):
    removal(k, True)

@rs.scenario(expect="UNKNOWN")
@pytest.mark.rcuscope(max_executions=1)
def test_below(k):
    removal(k, True)

@pytest.mark.rcuscope(max_executions=1, expect="UNKNOWN")
class TestClass:
    def test_inherits(self, explore):
        assert explore(lambda k: removal(k, True)).limit == "max_executions"

    @pytest.mark.rcuscope(max_executions=1000, expect="SAFE")
    def test_nearer_mark_wins(self, explore):
        explore(lambda k: removal(k, True))

    def test_call_wins(self, explore):
        explore(lambda k: removal(k, True), max_executions=None, expect="SAFE")
"""
    run(text, "--strict-markers").assert_outcomes(passed=5)


def test_other_marks_work_on_scenarios(run) -> None:
    text = f"""
@pytest.mark.skip(reason="later")
{GOOD}
@pytest.mark.xfail(strict=True)
{BAD}
@pytest.mark.parametrize("x", [1, 2])
{GOOD.replace("waits", "parametrized")}"""
    result = run(text)
    result.stdout.fnmatch_lines(["*a scenario takes no arguments*parametrize*"])
    text = text[: text.index("@pytest.mark.parametrize")]
    run(text).assert_outcomes(skipped=1, xfailed=1)


def test_scenarios_in_classes_and_test_cases(run) -> None:
    text = """
import unittest

class TestPlain:
    waits = True

    @rs.scenario
    def test_with_self(self, k):
        removal(k, self.waits)

    @rs.scenario
    def test_without(k):
        removal(k, False)

class Case(unittest.TestCase):
    def setUp(self):
        self.waits = True

    @rs.scenario
    def test_with_self(self, k):
        removal(k, self.waits)

    @rs.scenario
    def test_bad(k):
        removal(k, False)

    @pytest.fixture(autouse=True)
    def _take(self, explore):
        self.explore = explore

    def test_method(self):
        self.assertEqual(self.explore(lambda k: removal(k, True)).outcome, "SAFE")
"""
    result = run(text)
    result.assert_outcomes(passed=3, failed=2)
    assert result.stdout.str().count("replay: ") == 2


def test_html_report_has_the_picture_and_needs_nothing_else(run, pytester) -> None:
    run(BAD, "--rcuscope-html", "reports").stdout.fnmatch_lines(["report: reports/*.html"])
    (page,) = (pytester.path / "reports").iterdir()
    text = page.read_text(encoding="utf-8")
    assert "<svg" in text
    assert "replay: rcuscope replay" in text
    assert "<script" not in text
    foreign = re.findall(r'(?:src|href)\s*=\s*"([^"#][^"]*)"|url\(\s*[^)#]|@import', text)
    assert not foreign


def test_options_of_the_command_line_reach_the_search(run) -> None:
    text = """
def test_memory(explore, monkeypatch):
    seen = {}
    real = rs.explore
    monkeypatch.setattr(rs, "explore", lambda s, **options: seen.update(options) or real(s))
    explore(lambda k: removal(k, True))
    assert seen == {"jobs": 2, "memory": "sc"}
"""
    run(text, "--rcuscope-jobs=2", "--rcuscope-memory=sc").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("explore('no_such_scenario')", "no_such_scenario"),
        ("explore('posted', expect='FINE')", "expect='FINE': expected"),
        ("explore('posted', speed=3)", "speed"),
    ],
)
def test_wrong_use_is_told(run, call: str, told: str) -> None:
    result = run(f"def test_wrong(explore):\n    {call}\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E *{told}*"])


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--rcuscope-jobs=0", "--rcuscope-jobs=0: expected 1 to 10000"),
        ("--rcuscope-jobs=10001", "--rcuscope-jobs=10001: expected 1 to 10000"),
        ("--rcuscope-html=test_removal.py", "--rcuscope-html='test_removal.py': expected a folder"),
    ],
)
def test_wrong_option_is_told_once_and_no_test_runs(run, option: str, told: str) -> None:
    result = run(GOOD + BAD, option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stdout.str() + result.stderr.str()
    assert text.count(told) == 1
    assert "Traceback" not in text


def test_limits_of_the_options_are_those_of_the_search() -> None:
    with pytest.raises(ValueError, match=f"expected 1 to {pytest_rcuscope._JOBS_MAX}"):
        rs.explore("posted", jobs=pytest_rcuscope._JOBS_MAX + 1)


def test_finding_is_told_though_its_report_cannot_be_written(run) -> None:
    result = run(BAD, "--rcuscope-html", "test_removal.py/reports")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["replay: rcuscope replay *", "no report: *test_removal.py/reports*"]
    )


def test_unknown_option_of_a_mark_is_named(run) -> None:
    text = f"@pytest.mark.rcuscope(bogus=3)\n{GOOD}"
    result = run(text)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*test_waits: @pytest.mark.rcuscope(bogus=...): expected some of *"]
    )


def test_workers_of_xdist_run_scenarios(run) -> None:
    pytest.importorskip("xdist")
    result = run(GOOD + BAD, "-n", "2", "--rcuscope-html", "reports")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["replay: *"])


def test_without_the_plugin_nothing_of_it_is_there(run) -> None:
    run("def test_plain():\n    pass\n", "-p", "no:rcuscope").assert_outcomes(passed=1)
    run(BAD, "-p", "no:rcuscope").assert_outcomes(errors=1)  # nobody can give it its k
    assert "rcuscope-html" not in run(BAD, "-p", "no:rcuscope", "--help").stdout.str()


def test_project_without_scenarios_never_loads_the_extension(pytester) -> None:
    pytester.makepyfile(
        test_plain="import sys\n\ndef test_it():\n    assert 'rcuscope' not in sys.modules\n"
        "    assert 'numpy' not in sys.modules\n    assert 'pytest_rcuscope' in sys.modules\n"
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
