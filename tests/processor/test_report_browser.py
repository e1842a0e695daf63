"""The page of a report in a real browser without a network: on screens, aloud and on paper."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import Browser, browser
from pdf_security_operator.cli.report.content import Content
from pdf_security_operator.cli.report.page import build_page
from pdf_security_processor.contract import DocumentReport
from report_images.__main__ import page_in
from unit.report_scene import FULL, JOB, full, read_page

HOSTILE = "</td><script>window.ran=1</script><img src=http://127.0.0.1:9/x onerror='window.ran=1'>"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def letter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the page of a real job on a real letter."""
    return page_in(tmp_path_factory.mktemp("letter"))


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a page with everything in it, and hostile texts wherever there is room for them."""
    finding = {"kind": "URI", "object": "9 0", "path": HOSTILE, "action": "removed"}
    report = {**FULL, "findings": [finding] * 120, "warnings": [HOSTILE, "a" * 900]}
    content = Content(DocumentReport.model_validate(report), JOB, full().comparison)
    return _put(tmp_path_factory.mktemp("everything"), build_page(content))


def _put(folder: Path, page: str) -> Path:
    (folder / "page.html").write_text(page, encoding="utf-8")
    return folder / "page.html"


def _open(tab: Browser, page: Path, *, dark: bool = False, width: int = 1200) -> None:
    tab.forget()
    tab.show(dark=dark, width=width)
    tab.open(page.as_uri())


@pytest.mark.parametrize("name", ["letter", "everything"])
def test_loads_nothing_and_says_nothing(
    tab: Browser, name: str, request: pytest.FixtureRequest
) -> None:
    """Somebody would be told who reads which report; or the page break its own policy."""
    page: Path = request.getfixturevalue(name)
    _open(tab, page)
    assert tab.complaints == []
    asked = [url for url in tab.requests.values() if not url.startswith("data:image/")]
    assert asked == [page.as_uri()]
    assert tab.blocked == []
    assert tab.value("document.scripts.length + document.querySelectorAll('iframe').length") == 0
    assert tab.value("typeof window.ran") == "undefined"


def test_reads_as_it_was_written(tab: Browser, everything: Path) -> None:
    """A browser would make other elements of a text than the tests' reader does."""
    _open(tab, everything)
    tags = tab.value("[...document.querySelectorAll('*')].map(e => e.localName).join(' ')")
    written = read_page(everything.read_text(encoding="utf-8"))
    assert tags.split() == [element.tag for element in written.all()]


def test_the_policy_stops_what_came_through(tab: Browser, letter: Path, tmp_path: Path) -> None:
    """A text that became markup after all would run, and call somebody."""
    page = letter.read_text(encoding="utf-8").replace(
        "</h1>", f"</h1>{HOSTILE}<style>p{{}}</style>"
    )
    _open(tab, _put(tmp_path, page))
    assert tab.value("typeof window.ran") == "undefined"
    assert tab.blocked == ["http://127.0.0.1:9/x"]
    assert not [url for url in tab.requests.values() if url.startswith("http")]
    complaints = " ".join(tab.complaints)
    for directive in ("img-src", "style-src", "default-src 'none'"):
        assert directive in complaints


def test_pictures_are_shown(tab: Browser, letter: Path) -> None:
    """A person would see frames around nothing."""
    _open(tab, letter)
    sizes = tab.value("[...document.images].map(i => [i.naturalWidth, i.naturalHeight])")
    assert sizes == [[595, 842], [595, 842]]
    assert tab.value("document.querySelectorAll('.paper rect').length") == 2 * 3


_CONTRAST = """
(() => {
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [.2126, .7152, .0722][at], 0);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let worst = [99, ''], count = 0;
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), element = walker.currentNode.parentElement;
    if (!text) continue;
    const [one, other] = [light(parts(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
    count += 1;
    if (ratio < worst[0]) worst = [ratio, text];
  }
  return [count, ...worst, getComputedStyle(document.body).backgroundColor];
})()
"""


def test_can_be_read_in_light_and_dark(tab: Browser, everything: Path) -> None:
    """Text would stand on what it cannot be told from (WCAG 2.2, 1.4.3)."""
    backgrounds = set()
    for dark in (False, True):
        _open(tab, everything, dark=dark)
        count, ratio, text, background = tab.value(_CONTRAST)
        assert count > 100
        assert ratio >= 4.5, text
        backgrounds.add(background)
    assert len(backgrounds) == 2


@pytest.mark.parametrize("width", [320, 700, 1200])
@pytest.mark.parametrize("name", ["letter", "everything"])
def test_fits_every_screen(
    tab: Browser, name: str, width: int, request: pytest.FixtureRequest
) -> None:
    """A person would have to move the page about to read a line (WCAG 2.2, 1.4.10)."""
    _open(tab, request.getfixturevalue(name), width=width)
    assert tab.value("document.documentElement.scrollWidth") <= width
    narrow = "[...document.querySelectorAll('td, th')].filter(c => c.clientWidth < 24).length"
    assert tab.value(narrow) == 0


def _tree(tab: Browser) -> list[tuple[str, str]]:
    nodes: list[dict[str, Any]] = tab.call("Accessibility.getFullAXTree")["nodes"]
    return [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"]
    ]


def test_reads_aloud(tab: Browser, everything: Path) -> None:
    """Who reads by a screen reader would get a heap of words."""
    _open(tab, everything)
    tree = _tree(tab)
    roles = [role for role, _ in tree]
    for role in ("banner", "navigation", "main", "contentinfo"):
        assert roles.count(role) == 1, role
    for named in ("table", "image", "link", "heading", "region", "rowheader", "columnheader"):
        names = [name for role, name in tree if role == named]
        assert names, named
        assert all(name.strip() for name in names), named
    assert "graphics-document" not in roles, "drawings are for the eye alone"


def test_goes_by_the_keyboard(tab: Browser, letter: Path) -> None:
    """Who has no mouse would not get past the contents, or not see where they are."""
    _open(tab, letter)
    seen = []
    for _ in range(4):
        for kind in ("keyDown", "keyUp"):
            tab.call(
                "Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9
            )
        seen.append(tab.value(_FOCUSED))
    assert [each["text"] for each in seen[:2]] == ["Skip to the verdict", "Verdict"]
    assert all(each["top"] >= 0 and each["outline"] != "none" for each in seen)


_FOCUSED = """
(() => {
  const at = document.activeElement;
  return {text: at.innerText, top: at.getBoundingClientRect().top,
          outline: getComputedStyle(at).outlineStyle};
})()
"""


def test_on_paper(tab: Browser, everything: Path, tmp_path: Path) -> None:
    """Rows would be lost between two sheets, or nobody know what a column is."""
    _open(tab, everything)
    (tmp_path / "page.pdf").write_bytes(tab.printed())
    command = ["pdftotext", "-layout", str(tmp_path / "page.pdf"), "-"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    sheets = printed.split("\f")[:-1]
    assert len(sheets) > 4
    whole = "".join(printed.split())
    assert whole.count("".join(HOSTILE.split())) == 120 + 1
    heads = [sheet for sheet in sheets if "Path in it" in sheet]
    assert len(heads) > 2, "a table that goes on says again what its columns are"
    assert "Skip to the verdict" not in printed
    for sheet in heads[1:]:
        first = next(line for line in sheet.splitlines() if line.strip())
        assert "Path in it" in first, "a row is cut by the end of a sheet"


def test_the_committed_pictures_are_small() -> None:
    """The documentation would be slow to load, or show nothing."""
    images = Path(__file__).parents[2] / "docs" / "images"
    found = {path.name: path.stat().st_size for path in images.glob("report-*.png")}
    assert set(found) == {"report-light.png", "report-dark.png"}
    assert all(10_000 < size < 150_000 for size in found.values()), json.dumps(found)
