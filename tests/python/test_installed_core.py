"""The C++ core as another project sees it: installed, found by find_package, linked, run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "editable"


def run(*command: object) -> str:
    words = [str(part) for part in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not (BUILD / "build.ninja").is_file(), reason="./dev build made no core here")
def test_example_of_the_documentation_finds_the_core_and_runs(tmp_path: Path) -> None:
    prefix, build = tmp_path / "prefix", tmp_path / "build"
    run("cmake", "--install", BUILD, "--component", "core", "--prefix", prefix)
    example = ROOT / "docs" / "cpp_example"
    run("cmake", "-S", example, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", build)
    shown = run(build / "check_removal").splitlines()
    assert shown[0].startswith("with synchronize_rcu: SAFE (exhaustive")
    assert shown[1].startswith("without synchronize_rcu: UNSAFE")
    assert "slab-use-after-free in lookup" in shown[2]


def test_installed_headers_need_no_other_folder_of_the_checkout() -> None:
    for header in sorted((ROOT / "core").rglob("*.h")):
        if "trace_cmd" in header.parts:
            continue  # of a program, not of the library
        for line in header.read_text(encoding="utf-8").splitlines():
            if line.startswith('#include "'):
                assert (ROOT / "core" / line.split('"')[1]).is_file(), f"{header}: {line}"
