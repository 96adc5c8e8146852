"""What an installed wheel must be able to do; run by `./dev test wheel` outside the tree."""

import subprocess
import sys
import tempfile
from pathlib import Path

import rcuscope as rs


def main() -> None:
    package = Path(rs.__file__).resolve()
    assert package.is_relative_to(Path(sys.prefix).resolve()), f"not the wheel's package: {package}"

    verdict = rs.explore("no_synchronize_rcu")
    assert verdict.outcome == "UNSAFE", f"no_synchronize_rcu must be UNSAFE, got {verdict!r}"

    with tempfile.TemporaryDirectory() as folder:
        png = Path(folder) / "counterexample.png"
        verdict.findings[0].trace.to_png(png)
        head = png.read_bytes()[:8]
        assert head == b"\x89PNG\r\n\x1a\n", f"not a PNG, starts with {head!r}"
        print(f"counterexample drawn: {png.stat().st_size} bytes of PNG")

    for name in rs.examples.names():
        found = rs.load(rs.examples.path(name))
        removals = int((found.events["kind"] == rs.EventKind.remove_device_from_group).sum())
        assert removals == 7, f"{name} has {removals} removals, expected 7"
    for lesson in rs.lessons.TITLES:
        assert rs.lessons.notebook(lesson).is_file()

    text = subprocess.run(
        ["rcuscope", "--help"], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    assert "explore" in text, f"rcuscope --help does not mention explore:\n{text}"
    script = ["--script", "click offer:list_del; click explore; settle", "--text"]
    page = subprocess.run(
        ["rcuscope", "gui", *script], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    assert "verdict: list corruption" in page, f"rcuscope gui shows no verdict:\n{page}"
    print(f"smoke test of the wheel: passed (rcuscope {rs.__version__}, {verdict.outcome})")


if __name__ == "__main__":
    main()
