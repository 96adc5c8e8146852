"""A lesson in a real JupyterLab: opened, run, and a reader at work with mouse and keys."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chromium
import pytest

pytest.importorskip("jupyterlab", reason="without JupyterLab")
playwright = pytest.importorskip("playwright.sync_api", reason="without playwright")

LESSON = Path(__file__).resolve().parents[2] / "notebooks" / "01_grace_period.ipynb"
# The indicator in the notebook's bar says "idle" before there is a kernel, and "Run All" then asks
# which one to take.
IDLE = """document.querySelector('#jp-main-statusbar')?.innerText.includes('(ipykernel) | Idle')"""
PATIENCE_MS = 200_000  # of a busy machine; a quiet one needs ten seconds in all
CELLS = "document.querySelectorAll('.jp-CodeCell').length"
CODE_CELLS = sum(
    cell["cell_type"] == "code" for cell in json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
)
ALL_RAN = """(() => {
  const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')];
  return prompts.length > 5 && prompts.every((one) => /\\d/.test(one.textContent));
})()"""
PICTURES = "[data-mime-type='image/svg+xml'] :is(img, svg)"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab on loopback, with a folder and a configuration of its own."""
    home = tmp_path_factory.mktemp("lab")
    notebooks = home / "notebooks"
    notebooks.mkdir()
    shutil.copy(LESSON, notebooks)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folders = {f"JUPYTER_{name}_DIR": str(home / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    # All cells, not only those near the part that is seen.
    settings = home / "CONFIG" / "lab/user-settings/@jupyterlab/notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
    words = ["-m", "jupyterlab", "--allow-root", "--no-browser", "--ServerApp.ip=127.0.0.1"]
    words += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    words += ["--IdentityProvider.token=secret", f"--ServerApp.root_dir={notebooks}"]
    log = home / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *words],
            env={**os.environ, **folders, "HOME": str(home)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/lab/tree/{LESSON.name}?token=secret"
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def page(server: str) -> Iterator[Any]:
    """The lesson after "Run All Cells"."""
    program = chromium.find_or_skip()
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        lab = browser.new_page(viewport={"width": 1400, "height": 1000})
        lab.set_default_timeout(PATIENCE_MS)
        lab.goto(server)
        lab.wait_for_selector(".jp-NotebookPanel")
        # Cells come after the panel, and "Run All" runs those that are there.
        lab.wait_for_function(f"{CELLS} === {CODE_CELLS}")
        lab.wait_for_function(IDLE)
        lab.get_by_role("menuitem", name="Run", exact=True).click()
        lab.get_by_text("Run All Cells", exact=True).click()
        lab.wait_for_function(ALL_RAN)
        lab.wait_for_selector(".rcuscope-step")
        yield lab
        browser.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_cells_show_pictures_that_fit_and_no_error(page: Any) -> None:
    assert page.locator(PICTURES).count() >= 3
    for picture in page.locator(PICTURES).all():
        shown = picture.bounding_box()
        area = picture.locator("xpath=ancestor::*[contains(@class,'jp-OutputArea-output')]").first
        assert shown["width"] > 300
        assert shown["width"] <= area.bounding_box()["width"] + 1
    assert page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_reader_schedules_undoes_and_drags_the_slider(page: Any) -> None:
    told = page.locator(".rcuscope-step .told")
    start = told.inner_text()
    page.locator(".rcuscope-step .choice", has_text="removal").click()
    page.wait_for_function("text => document.querySelector('.told').innerText !== text", arg=start)
    page.locator(".rcuscope-step .undo").click()
    page.wait_for_function("text => document.querySelector('.told').innerText === text", arg=start)
    # The handler gets hold of the entry, the removal frees it, the handler goes on.
    for actor, until in (("interrupt", "read of entry->"), ("removal", None), ("interrupt", None)):
        for _ in range(40):
            choice = page.locator(".rcuscope-step .choice", has_text=actor)
            if choice.count() == 0 or (until is not None and until in choice.inner_text()):
                break
            before = told.inner_text()
            choice.click()
            page.wait_for_function(
                "text => document.querySelector('.told').innerText !== text", arg=before
            )
    assert "slab-use-after-free" in page.locator(".rcuscope-step .finding").inner_text()
    slider = page.locator(".rcuscope .scrub")
    clock = page.locator(".rcuscope .clock")
    at_the_end = clock.inner_text()
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 8, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.4, middle, steps=5)
    page.mouse.up()
    assert clock.inner_text() != at_the_end
