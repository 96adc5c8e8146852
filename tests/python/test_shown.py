# SPDX-License-Identifier: LGPL-2.1-or-later
"""Objects that show themselves: in Jupyter, as a page, and as an animation."""

from __future__ import annotations

import builtins
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import rcuscope as rs
from rcuscope import animation


@pytest.fixture(scope="module")
def verdict() -> rs.Verdict:
    return rs.explore("no_synchronize_rcu", memory="sc")


class Page(HTMLParser):
    """Tags, what is loaded from elsewhere, and what would run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.suspects: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            loads = name in ("src", "href", "xlink:href") and not (value or "").startswith("#")
            if loads or name.startswith("on"):
                self.suspects.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        self.text += data


def elements(svg: str) -> list[ET.Element]:
    return list(ET.fromstring(svg).iter())


# ---- Jupyter
def test_picture_in_jupyter_plays_without_script_and_stands_still_on_request(
    verdict: rs.Verdict,
) -> None:
    svg = verdict._repr_mimebundle_()["image/svg+xml"]
    assert re.match(r'<svg [^>]*viewBox="[^"]+" style="max-width:100%;height:auto"', svg)
    assert re.match(r'<svg [^>]* width="\d+" height="\d+"', verdict.findings[0].trace.to_svg())
    tags = {element.tag.rpartition("}")[2] for element in elements(svg)}
    assert not tags & {"script", "foreignObject", "image", "animate"}
    names = {name for element in elements(svg) for name in element.attrib}
    assert not [name for name in names if name.startswith("on")]
    style = next(element.text or "" for element in elements(svg) if element.tag.endswith("style"))
    moving = style.index("prefers-reduced-motion")
    assert "no-preference" in style[moving : moving + 40]
    assert all(moving < match.start() for match in re.finditer("animation:", style))
    assert "@import" not in style
    assert not re.search(r"url\((?!#)", style)


def test_finding_shows_picture_and_text_and_no_html(verdict: rs.Verdict) -> None:
    finding = verdict.findings[0]
    assert set(finding._repr_mimebundle_()) == {"text/plain", "image/svg+xml"}


# ---- pages
def test_page_is_one_file_without_script_and_network(verdict: rs.Verdict, tmp_path: Path) -> None:
    finding = verdict.findings[0]
    for shown in (verdict, finding, finding.trace):
        path = tmp_path / "page.html"
        text = shown.to_html(path)
        assert path.read_text(encoding="utf-8") == text
        page = Page(text)
        assert page.suspects == []
        assert "script" not in page.tags
        assert {"svg", "details"} <= set(page.tags)
        assert finding.explanation[:60] in page.text
        assert finding.schedule in page.text
        assert finding.trace.describe().splitlines()[-1] in page.text


def test_page_of_a_verdict_without_findings_is_text() -> None:
    page = Page(rs.explore("posted", memory="sc").to_html())
    assert "svg" not in page.tags
    assert "posted\nSAFE (exhaustive" in page.text


@pytest.mark.live
def test_page_of_a_live_run() -> None:
    run = rs.run("posted")
    page = Page(run.to_html())
    assert "svg" in page.tags
    assert "not a verdict" in page.text


def test_page_escapes_names() -> None:
    @rs.scenario(name="<b>&")
    def scenario(k: rs.Kernel) -> None:
        @k.process("<script>alert(1)</script>")
        def actor() -> None:
            k.WARN_ON(True)

    page = Page(rs.explore(scenario, memory="sc").to_html())
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert "<b>&" in page.text


def test_page_in_a_missing_folder_is_an_os_error(verdict: rs.Verdict, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        verdict.to_html(tmp_path / "missing" / "page.html")


# ---- animations
def test_frames_go_from_the_first_actor_to_the_finding(verdict: rs.Verdict) -> None:
    trace = verdict.findings[0].trace
    times = animation.frame_times(trace, 10)
    assert len(times) == 10
    assert times == sorted(set(times))
    assert times[-1] == trace.end
    assert len(animation.frame_times(trace, 1000)) == times[-1] - times[0] + 1  # one for each step


def decoded(path: Path) -> list[Any]:
    """The frames of a GIF, in RGB."""
    image = pytest.importorskip("PIL.Image")
    with image.open(path) as picture:
        frames = []
        for index in range(picture.n_frames):
            picture.seek(index)
            frames.append((picture.convert("RGB"), picture.info["duration"]))
    return frames


@pytest.mark.gui
def test_gif_moves_and_ends_long(verdict: rs.Verdict, tmp_path: Path) -> None:
    path = tmp_path / "bug.gif"
    verdict.to_gif(path, width=400, height=300, frames=4, seconds=2)
    frames = decoded(path)
    assert len(frames) == 4
    assert all(picture.size == (400, 300) for picture, _ in frames)
    assert len({picture.tobytes() for picture, _ in frames}) == 4
    assert [duration for _, duration in frames] == [500, 500, 500, 500]
    verdict.findings[0].to_gif(path, width=400, height=300, frames=3, seconds=4, theme="dark")
    assert [duration for _, duration in decoded(path)] == [1500, 1500, 1000]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"frames": 1}, ValueError, "frames=1: expected 2 to 1000"),
        ({"frames": 2.5}, TypeError, r"frames=2\.5: expected an int"),
        ({"frames": True}, TypeError, "frames=True"),
        ({"seconds": float("nan")}, ValueError, "seconds=nan"),
        ({"seconds": "x"}, TypeError, "seconds='x'"),
        ({"theme": "blue"}, ValueError, "theme='blue'"),
        ({"width": 3}, ValueError, "width=3"),
    ],
)
def test_wrong_animations_are_refused(
    verdict: rs.Verdict,
    tmp_path: Path,
    options: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        verdict.to_gif(tmp_path / "x.gif", **options)
    assert not (tmp_path / "x.gif").exists()


def test_nothing_to_draw_is_told(tmp_path: Path) -> None:
    safe = rs.explore("posted", memory="sc")
    for shown in (safe, rs.explore("list_del").findings[0].trace[0:0]):
        with pytest.raises(ValueError, match="no event to draw"):
            shown.to_gif(tmp_path / "x.gif")


def test_without_pillow_the_error_says_how_to_get_it(
    verdict: rs.Verdict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = builtins.__import__

    def without_pillow(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == "PIL":
            raise ImportError(name)
        return original(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_pillow)
    with pytest.raises(ImportError, match=r"pip install 'rcuscope\[plot\]'"):
        verdict.to_gif(tmp_path / "x.gif")


@pytest.mark.gui
def test_gif_in_a_missing_folder_is_an_os_error(verdict: rs.Verdict, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"x\.gif"):
        verdict.to_gif(tmp_path / "missing" / "x.gif", width=200, height=150, frames=2)


def test_notebooks_show_the_text_above_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    display = pytest.importorskip("IPython.display", reason="without IPython")
    shown: list[dict[str, str]] = []
    monkeypatch.setattr(display, "display", lambda data, **_: shown.append(data))
    verdict = rs.explore("list_del", memory="sc")
    verdict._ipython_display_()
    text, picture = shown
    assert text == {"text/plain": str(verdict)}
    assert "CONFIG_KCSAN" in text["text/plain"]  # of the second finding, too
    assert picture["image/svg+xml"].startswith("<svg")
    assert "text/html" not in picture
    shown.clear()
    rs.explore("posted", memory="sc")._ipython_display_()
    assert len(shown) == 1  # nothing to draw
