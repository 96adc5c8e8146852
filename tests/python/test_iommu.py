# SPDX-License-Identifier: LGPL-2.1-or-later
"""Steps of the machinery that are written in Python."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import rcuscope as rs
import small_iommus
from rcuscope.iommu import STEPS
from small_iommus import AllButOne, Bus, Callback, Counts, ListDel, NoGracePeriod, Posted, Raises


def pass_through(step: str) -> type[rs.Iommu]:
    """A class that overrides one step by a call of the posted one."""

    def method(self: rs.Iommu, k: rs.Kernel, *arguments: Any) -> Any:
        return getattr(rs.Iommu, step)(self, k, *arguments)

    return type(f"Passes_{step}", (rs.Iommu,), {step: method})


def explore(name: str, **options: Any) -> rs.Verdict:
    return rs.explore(name, memory="sc", **options)


def summary(verdict: rs.Verdict) -> tuple[object, ...]:
    """What must not depend on the language of a step."""
    findings = sorted((finding.kind, finding.message) for finding in verdict.findings)
    return verdict.outcome, verdict.executions, findings, verdict.final_states


def kinds(verdict: rs.Verdict) -> set[str]:
    return {finding.kind for finding in verdict.findings}


@rs.scenario
def unplug(k: rs.Kernel) -> None:
    """A lookup in an interrupt handler against hot unplug."""
    group = k.iommu_group("7")
    nic = k.device("0000:01:00.0")
    other = k.device("0000:01:00.1")
    assert group.add_device(nic) == 0
    assert group.add_device(other) == 0

    @k.hardirq("ISR")
    def isr() -> None:
        with k.rcu_read_side():
            group.find_device_rcu(other)

    @k.process("hot unplug")
    def remove() -> None:
        k.device_unregister(nic)


@pytest.mark.parametrize("iommu", [Posted, AllButOne, Bus])
@pytest.mark.parametrize("name", ["posted", unplug])
def test_steps_in_python_give_the_same_verdict(name: Any, iommu: type[rs.Iommu]) -> None:
    expected = explore(name)
    assert expected.outcome == "SAFE"
    assert summary(explore(name, iommu=iommu)) == summary(expected)


@pytest.mark.parametrize(
    ("iommu", "kind"),
    [
        (NoGracePeriod, "use_after_free"),
        (Callback, "sleeping_in_atomic"),
        (ListDel, "list_corruption"),
    ],
)
@pytest.mark.parametrize("name", ["posted", unplug])
def test_wrong_steps_are_found(name: Any, iommu: type[rs.Iommu], kind: str) -> None:
    verdict = explore(name, iommu=iommu)
    assert verdict.outcome == "UNSAFE"
    assert kind in kinds(verdict)
    finding = next(finding for finding in verdict.findings if finding.kind == kind)
    assert len(finding.trace)
    again = rs.replay(name, finding.schedule, iommu=iommu)
    assert len(again) == len(finding.trace)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "name", ["posted", "no_synchronize_rcu", "list_del", "call_rcu_put_device"]
)
def test_a_step_that_only_passes_on_changes_nothing(name: str, step: str) -> None:
    assert summary(explore(name, iommu=pass_through(step))) == summary(explore(name))


def test_there_are_nine_steps() -> None:
    assert set(STEPS) == {
        "alloc_group_device",
        "probe_device",
        "add_group_device",
        "remove_group_device",
        "deinit_device",
        "free_group_device",
        "put_group",
        "report_device_broken",
        "bus_probe",
    }


@rs.scenario
def bus(k: rs.Kernel) -> None:
    """A bus is probed while one of its devices is unplugged."""
    devices = [k.device(f"nic {number}") for number in range(2)]

    @k.process("bus")
    def probe() -> None:
        k.WARN_ON(k.bus_iommu_probe(devices) != 0)

    @k.at_end
    def unplug_first() -> None:
        k.iommu_report_device_broken(devices[1])
        k.device_unregister(devices[0])


@pytest.mark.parametrize("point", [None, "attach", "default_domain", "sysfs_link", "device_name"])
def test_the_walk_over_the_bus_in_python(point: str | None) -> None:
    def body(k: rs.Kernel) -> None:
        if point is not None:
            k.inject_fault(point)
        bus(k)

    expected = explore(body)
    assert (point is None) == (expected.outcome == "SAFE")
    assert summary(explore(body, iommu=Bus)) == summary(expected)


def recorder(step: str, called: list[str]) -> type[rs.Iommu]:
    """A class whose one step notes that it was called, and does what the built-in one does."""

    def method(self: rs.Iommu, k: rs.Kernel, *arguments: Any) -> Any:
        called.append(step)
        return getattr(rs.Iommu, step)(self, k, *arguments)

    return type("Recorder", (rs.Iommu,), {step: method})


def bus_with_managed_device(k: rs.Kernel) -> None:
    bus(k)
    k.iommu_group("7").add_device(k.device("managed"))


@pytest.mark.parametrize("step", STEPS)
def test_every_step_is_called(step: str) -> None:
    called: list[str] = []

    verdict = explore(bus_with_managed_device, iommu=recorder(step, called))
    assert verdict.outcome == "SAFE", verdict
    assert called


def test_faults_reach_an_allocation_in_python() -> None:
    for point, error in (("alloc_device", -12), ("sysfs_link", -17), ("device_name", -12)):
        seen: list[int] = []

        def body(
            k: rs.Kernel, point: str = point, error: int = error, seen: list[int] = seen
        ) -> None:
            k.inject_fault(point, error)
            group, nic = k.iommu_group("7"), k.device("nic")
            k.process("adds")(lambda: seen.append(group.add_device(nic)))

        assert explore(body, iommu=AllButOne).outcome == "SAFE"
        assert set(seen) == {error}


def test_variant_in_force_reaches_the_posted_step() -> None:
    variant = rs.Variant(reclaim="none")
    verdict = explore("posted", variant=variant, iommu=pass_through("free_group_device"))
    assert "use_after_free" in kinds(verdict)


# ---- one object for each execution
def test_state_on_self_lives_for_one_execution() -> None:
    assert summary(explore("posted", iommu=Counts)) == summary(explore("posted"))


def test_state_on_the_class_is_refused() -> None:
    class Remembers(rs.Iommu):
        calls = 0

        def remove_group_device(self, k: rs.Kernel, dev: rs.Device) -> None:
            Remembers.calls += 1
            for _ in range(Remembers.calls % 5):
                k.synchronize_rcu()
            super().remove_group_device(k, dev)

    with pytest.raises(rs.NondeterminismError):
        explore(unplug, iommu=Remembers, strategy="exhaustive")


def test_what_init_raises_reaches_the_caller() -> None:
    class Fails(rs.Iommu):
        def __init__(self) -> None:
            raise LookupError("no firmware")

        def put_group(self, k: rs.Kernel, group: rs.IommuGroup | None) -> None:
            super().put_group(k, group)

    with pytest.raises(LookupError, match="no firmware"):
        explore("posted", iommu=Fails)


# ---- errors of the studied program
@pytest.mark.parametrize("name", ["posted", unplug])
def test_a_step_that_raises_is_a_finding(name: Any) -> None:
    verdict = explore(name, iommu=Raises)
    (finding,) = (finding for finding in verdict.findings if finding.actor == "hot unplug")
    assert finding.kind == "error"
    assert "KeyError: '0000:01:00.0'" in finding.message
    assert "remove_group_device" in finding.message


@pytest.mark.parametrize(
    ("step", "value", "text"),
    [
        (
            "add_group_device",
            None,
            "add_group_device returned None; expected 0 or a negative errno",
        ),
        ("add_group_device", 5, "returned 5"),
        ("add_group_device", True, "returned True"),
        ("add_group_device", -(2**70), "expected 0 or a negative errno"),
        (
            "alloc_group_device",
            None,
            "expected a GroupDevice of this execution, or a negative errno",
        ),
        ("alloc_group_device", 0, "returned 0"),
        ("alloc_group_device", "gdev", "returned 'gdev'"),
        ("put_group", 0, "put_group returned 0; expected None"),
    ],
)
def test_wrong_results_say_what_is_expected(step: str, value: object, text: str) -> None:
    def method(self: rs.Iommu, *arguments: object) -> object:
        return value

    verdict = explore(unplug, iommu=type("Wrong", (rs.Iommu,), {step: method}))
    assert kinds(verdict) == {"error"}
    assert any(text in finding.message for finding in verdict.findings), verdict


def test_an_error_pointer_reaches_the_caller() -> None:
    class NoMemory(rs.Iommu):
        def alloc_group_device(
            self, k: rs.Kernel, group: rs.IommuGroup, dev: rs.Device
        ) -> rs.GroupDevice | int:
            return -12

    def body(k: rs.Kernel) -> None:
        assert k.iommu_group("7").add_device(k.device("nic")) == -12
        k.process("nothing")(lambda: None)

    assert explore(body, iommu=NoMemory).outcome == "SAFE"


def test_handles_of_another_execution_are_refused() -> None:
    kept: list[rs.GroupDevice | int] = []

    class Keeps(rs.Iommu):
        def alloc_group_device(
            self, k: rs.Kernel, group: rs.IommuGroup, dev: rs.Device
        ) -> rs.GroupDevice | int:
            kept.append(super().alloc_group_device(k, group, dev))
            return kept[-1]

    class Returns(rs.Iommu):
        def alloc_group_device(
            self, k: rs.Kernel, group: rs.IommuGroup, dev: rs.Device
        ) -> rs.GroupDevice | int:
            return kept[0]

    assert explore(unplug, iommu=Keeps).outcome == "SAFE"
    (finding,) = explore(unplug, iommu=Returns).findings
    assert "expected a GroupDevice of this execution" in finding.message


# ---- arguments
@pytest.mark.parametrize(
    ("iommu", "text"),
    [
        (Posted(), "expected the class Posted itself"),
        (object, "derived from rs.Iommu"),
        ("Posted", "derived from rs.Iommu"),
    ],
)
@pytest.mark.parametrize("call", [rs.explore, rs.run, lambda *a, **o: rs.replay(*a, "s1:", **o)])
def test_wrong_classes_say_why(call: Any, iommu: object, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        call("posted", iommu=iommu)


def test_init_with_arguments_is_refused() -> None:
    class Wants(rs.Iommu):
        def __init__(self, size: int) -> None:
            self.size = size

    with pytest.raises(TypeError, match=r"Wants.*'size'; it is made without arguments"):
        rs.explore("posted", iommu=Wants)


def test_typing_errors_are_found_at_the_definition() -> None:
    def method(self: object, k: object, group: object, gdev: object) -> None:
        del self, k, group, gdev

    with pytest.raises(TypeError, match="no such step; did you mean free_group_device"):
        type("Typo", (rs.Iommu,), {"free_groupdevice": method})
    with pytest.raises(TypeError, match=r"expected the arguments \(self, k, dev\)"):
        type("Arguments", (rs.Iommu,), {"deinit_device": method})
    with pytest.raises(TypeError, match="a step is a plain method"):
        type("NoMethod", (rs.Iommu,), {"deinit_device": 3})
    type("Helpers", (rs.Iommu,), {"unlink_all": method, "_free_groupdevice": method})


def test_generators_are_refused() -> None:
    with pytest.raises(TypeError, match="runs nothing"):

        class Lazy(rs.Iommu):
            def put_group(self, k: rs.Kernel, group: object) -> Any:
                yield group


# ---- threads, processes, checkpoints
def test_jobs_give_the_same_counts() -> None:
    for name in ("posted", unplug):
        assert summary(explore(name, iommu=AllButOne, jobs=2)) == summary(
            explore(name, iommu=AllButOne)
        )


def test_processes_give_the_same_counts() -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for iommu in (AllButOne, NoGracePeriod):
            found = explore("posted", iommu=iommu, executor=pool)
            assert summary(found) == summary(explore("posted", iommu=iommu))


def test_a_verdict_pickles_with_its_class() -> None:
    verdict = explore("posted", iommu=NoGracePeriod)
    again = pickle.loads(pickle.dumps(verdict))
    assert again == verdict
    assert again.origin.iommu is NoGracePeriod
    assert len(again.findings[0].trace) == len(verdict.findings[0].trace)


def test_classes_that_nobody_can_import_are_sent_by_value() -> None:
    pytest.importorskip("cloudpickle")
    verdict = explore("posted", iommu=pass_through("put_group"))
    sent = pickle.loads(pickle.dumps(verdict)).origin.iommu
    assert sent.__name__ == "Passes_put_group"
    assert explore("posted", iommu=sent).outcome == "SAFE"


def test_a_checkpoint_is_of_one_class(tmp_path: Path) -> None:
    path = tmp_path / "search"
    first = explore("posted", iommu=Posted, checkpoint=path, max_executions=1)
    assert first.limit == "max_executions"
    for other in (None, NoGracePeriod):
        with pytest.raises(ValueError, match="iommu="):
            explore("posted", iommu=other, checkpoint=path)
    whole = explore("posted", iommu=Posted, checkpoint=path)
    assert summary(whole) == summary(explore("posted"))


def test_a_checkpoint_is_of_one_text_of_the_class(tmp_path: Path) -> None:
    def edited(wait: bool) -> type[rs.Iommu]:
        class Edited(rs.Iommu):
            if wait:

                def put_group(self, k: rs.Kernel, group: rs.IommuGroup | None) -> None:
                    k.note("put")
                    super().put_group(k, group)

            else:

                def put_group(self, k: rs.Kernel, group: rs.IommuGroup | None) -> None:
                    super().put_group(k, group)

        return Edited

    path = tmp_path / "search"
    explore("posted", iommu=edited(False), checkpoint=path, max_executions=1)
    with pytest.raises(ValueError, match="iommu='test_a_checkpoint"):
        explore("posted", iommu=edited(True), checkpoint=path)
    assert explore("posted", iommu=edited(False), checkpoint=path).outcome == "SAFE"


def test_ctrl_c_while_a_step_never_ends(run_script: Any) -> None:
    script = f"""
import sys, _thread, threading
sys.path.insert(0, {str(Path(small_iommus.__file__).parent)!r})
import rcuscope as rs
class Endless(rs.Iommu):
    def free_group_device(self, k, group, gdev):
        while True:
            pass
threading.Timer(0.5, _thread.interrupt_main).start()
print(rs.explore("posted", iommu=Endless).limit)
"""
    result = run_script(script)
    assert result.stdout.split() == ["interrupted"], result.stderr


def test_an_endless_step_is_a_stall() -> None:
    class Endless(rs.Iommu):
        def put_group(self, k: rs.Kernel, group: rs.IommuGroup | None) -> None:
            while True:
                pass

    def body(k: rs.Kernel) -> None:
        group, nic = k.iommu_group("7"), k.device("nic")
        group.add_device(nic)
        k.process("hot unplug")(lambda: k.device_unregister(nic))

    verdict = explore(body, iommu=Endless, stop_on_first=True)
    assert kinds(verdict) == {"stall"}


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    explore("posted", iommu=NoGracePeriod)
    assert threading.active_count() == before


# ---- live
@pytest.mark.live
@pytest.mark.parametrize("name", ["posted", unplug])
def test_steps_in_python_run_live(name: Any) -> None:
    for iommu in (Posted, AllButOne, Bus, Counts):
        run = rs.run(name, iommu=iommu, repeat=20)
        assert not run.findings, run
        assert run.stats.repetitions == 20


@pytest.mark.live
@pytest.mark.parametrize("step", STEPS)
def test_every_step_is_called_live(step: str) -> None:
    called: list[str] = []

    run = rs.run(bus_with_managed_device, iommu=recorder(step, called), repeat=5)
    run.assert_no_findings()
    assert called


@pytest.mark.live
def test_wrong_steps_are_found_live() -> None:
    for iommu, kind in ((Callback, "sleeping_in_atomic"), (Raises, "error")):
        run = rs.run(unplug, iommu=iommu, repeat=20, timeout=2)
        assert kind in {finding.kind for finding in run.findings}, run


class FreesNothing(rs.Iommu):
    def free_group_device(self, k: rs.Kernel, group: rs.IommuGroup, gdev: rs.GroupDevice) -> None:
        pass


@pytest.mark.live
def test_live_run_tells_as_many_leaks_as_the_model_of_a_step_that_frees_nothing() -> None:
    def body(k: rs.Kernel) -> None:
        group, nic = k.iommu_group("7"), k.device("0000:01:00.0")
        group.add_device(nic)
        k.process("hot unplug")(lambda: k.device_unregister(nic))

    def leaks(findings: Iterable[rs.Finding]) -> set[str]:
        return {finding.message for finding in findings if finding.kind == "leak"}

    model = leaks(rs.explore(body, iommu=FreesNothing, memory="sc").findings)
    live = leaks(rs.run(body, iommu=FreesNothing).findings)
    assert len(live) == len(model) == 3, (live, model)
    for kind in ("group_device", "device_name"):
        assert f"unreferenced object: {kind} 0000:01:00.0 is never freed" in live
