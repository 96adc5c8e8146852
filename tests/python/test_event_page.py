"""The events of a report: words as they are, or of a large trace compressed."""

from __future__ import annotations

import base64
import gzip
import html
import re
from pathlib import Path

import pytest
import rcuscope as rs
from rcuscope import event_page
from widget_browser import result_of_page

OPENED = """<pre id="result"></pre><script>
const details = document.querySelector(".events");
const place = details.querySelector("pre");
const split = () => place.textContent.split("\\n");
const find = (text) =>
  [...details.querySelectorAll("button")].find((one) => one.textContent === text);
const shown = () => [split().length, details.querySelector("span").textContent];
const until = async (is) => { while (!is()) await new Promise((done) => setTimeout(done, 10)); };
(async () => {
  const result = { excerpt: split().length };
  details.open = true;
  await until(() => details.querySelector(".bar"));
  result.first = shown();
  find("on").click();
  result.second = [split()[0], ...shown()];
  find("last").click();
  result.last = [split().at(-1), ...shown()];
  const words = details.querySelector("input");
  words.value = "FREES";
  words.dispatchEvent(new Event("change"));
  result.frees = [split().every((line) => /frees/i.test(line)), ...shown()];
  words.value = "no such words";
  words.dispatchEvent(new Event("change"));
  result.none = [place.textContent, ...shown()];
  result.note = details.querySelector(".note").offsetParent === null;
  document.querySelector("#result").textContent = JSON.stringify(result);
})();
</script>"""


@pytest.fixture(scope="module")
def trace() -> rs.Trace:
    """A long one: a reader walks many entries many times, then a removal frees them."""

    @rs.scenario
    def busy(k: rs.Kernel) -> None:
        devices = k.list_head("devices")
        entries = [k.kzalloc(f"<entry {number}>", value=1) for number in range(120)]
        for entry in entries:
            k.list_add_tail_rcu(entry, devices)

        @k.process("reader")
        def reader() -> None:
            for _ in range(18):
                with k.rcu_read_side():
                    for found in k.list_for_each_entry_rcu(devices):
                        k.READ_ONCE(found["value"])

        @k.process("removal")
        def removal() -> None:
            for entry in entries:
                k.list_del_rcu(entry)
            k.synchronize_rcu()
            for entry in entries:
                k.kfree(entry)

    return rs.replay(busy, "s1:")


def test_words_of_a_large_trace_are_compressed_and_all_there(
    trace: rs.Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_page, "_PLAIN_MAX", 100)
    section = event_page.events_section(trace)
    (packed,) = re.findall(r'class="packed">([^<]*)</script>', section)
    assert gzip.decompress(base64.b64decode(packed)).decode() == trace.describe()
    assert len(section) < len(trace.describe()) / 2
    assert section == event_page.events_section(trace)  # no time of day in it
    assert not re.search(r"\b(?:src|href)=|https?:|import\b", section)


def test_small_trace_has_its_words_without_script(trace: rs.Trace) -> None:
    part = trace[trace.start : trace.start + 50]
    section = event_page.events_section(part)
    assert html.escape(part.describe()) in section
    assert "<script" not in section


def test_excerpt_ends_at_the_first_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_page, "_PLAIN_MAX", 10)
    monkeypatch.setattr(event_page, "_EXCERPT_MAX", 5)
    found = rs.explore("no_synchronize_rcu", memory="sc").findings[0].trace
    for part, which in ((found, "up to the first finding"), (found[0:60], "the last ones")):
        section = event_page.events_section(part)
        (shown,) = re.findall(r"<pre>(.*?)</pre>", section, re.DOTALL)
        assert html.unescape(shown).splitlines() == part.describe().splitlines()[-5:]
        assert f"5 of {len(part.describe().splitlines())} lines" in section
        assert which.removeprefix("the ") in section


def test_browser_unpacks_them_part_by_part(
    trace: rs.Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_page, "_PLAIN_MAX", 100)
    lines = trace.describe().splitlines()
    assert len(lines) > 2000
    page = tmp_path / "report.html"
    trace.to_html(page)
    page.write_text(page.read_text(encoding="utf-8").replace("</body>", f"{OPENED}</body>"))
    result = result_of_page(page)
    assert result["excerpt"] == 500
    assert result["first"] == [1000, f"1 to 1000 of {len(lines)} lines"]
    assert result["second"] == [lines[1000], 1000, f"1001 to 2000 of {len(lines)} lines"]
    assert result["last"][0] == lines[-1]
    assert result["last"][2].endswith(f" to {len(lines)} of {len(lines)} lines")
    frees = sum("frees" in line for line in lines)
    assert result["frees"] == [True, frees, f"1 to {frees} of {frees} lines found, of {len(lines)}"]
    assert result["none"] == ["", 1, f"0 lines found, of {len(lines)}"]
    assert result["note"]
