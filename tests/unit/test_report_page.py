"""The page of a report: what it is built of, what it lets a browser do, its bounds."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from functools import cache

import pytest

from pdf_security_operator.cli.report import rows
from pdf_security_operator.cli.report.content import Comparison, Content
from pdf_security_operator.cli.report.page import build_page
from pdf_security_operator.cli.report.visible import CHARACTERS
from pdf_security_processor.contract import DocumentReport, Visual
from unit.report_scene import (
    COMPARISON,
    FAILED,
    FULL,
    JOB,
    Element,
    full,
    page_of,
    read_page,
)

EMPTY = {"version": 1, "job_uid": "u", "reason": "Succeeded"}

CONTENTS = {
    "full": full(),
    "failed": Content(DocumentReport.model_validate(FAILED)),
    "empty": Content(DocumentReport.model_validate(EMPTY)),
    "looked-at-only": Content(
        DocumentReport.model_validate(
            {**EMPTY, "operations": ["inspect"], "inspection": FULL["inspection"]}
        )
    ),
    "same-looks": Content(DocumentReport.model_validate(EMPTY), None, Comparison(Visual(pages=3))),
}


@cache
def _read(name: str) -> Element:
    return read_page(build_page(CONTENTS[name]))


@pytest.fixture(params=CONTENTS)
def page(request: pytest.FixtureRequest) -> Element:
    """Give a page, read back."""
    return _read(request.param)


def test_landmarks(page: Element) -> None:
    """Who reads by a screen reader would not find the way."""
    assert [each.attributes["lang"] for each in page.all("html")] == ["en"]
    assert len(page.all("title")) == 1
    for tag in ("header", "nav", "main", "footer", "h1"):
        assert len(page.all(tag)) == 1, tag
    assert page.all("nav")[0].attributes["aria-label"]
    skip = page.all("body")[0].children[0]
    assert skip.attributes["href"] == "#verdict", "the first thing is a way past the rest"


def test_headings_are_in_order(page: Element) -> None:
    """An outline with holes says that something is missing."""
    levels = [int(each.tag[1]) for each in page.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    for above, level in itertools.pairwise(levels):
        assert level <= above + 1
    for section in page.all("section", "article"):
        title = section.attributes["aria-labelledby"]
        assert title in [each.attributes.get("id") for each in section.all("h1", "h2", "h3")]


def test_tables_say_what_is_what(page: Element) -> None:
    """A number read aloud would belong to nothing."""
    for table in page.all("table"):
        assert table.children[0].tag == "caption"
        assert table.children[0].whole_text.strip()
        for head in table.all("th"):
            in_head = head.parent and head.parent.parent and head.parent.parent.tag == "thead"
            assert head.attributes["scope"] == ("col" if in_head else "row")
        widths = {len(row.children) for row in table.all("tr")}
        assert len(widths) == 1, "a row has more cells than another"
        for row in table.all("tbody")[0].all("tr"):
            assert row.children[0].tag == "th"


def test_links_and_ids(page: Element) -> None:
    """A link would lead nowhere."""
    ids = [each.attributes["id"] for each in page.all() if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    for link in page.all("a"):
        assert link.attributes["href"].removeprefix("#") in ids
        assert link.whole_text.strip()


def test_pictures_have_words(page: Element) -> None:
    """Who cannot see them would not know what they are of, and the page jump as they come."""
    for image in page.all("img"):
        assert re.fullmatch(r"Page \d+ (before|after)\.", image.attributes["alt"])
        assert int(image.attributes["width"]) > 0
        assert int(image.attributes["height"]) > 0
    for drawing in page.all("svg"):
        assert drawing.attributes["aria-hidden"] == "true"


def test_a_state_has_words() -> None:
    """Who sees no colours would not know how it ended."""
    words = {
        name: next(p for p in page.all("p") if p.attributes.get("class") == "state").whole_text
        for name, page in ((name, _read(name)) for name in CONTENTS)
    }
    assert "Done, with points to look at" in words["full"]
    assert "Not done" in words["failed"]
    assert words["empty"].strip() == "Done"


def test_nothing_runs_and_nothing_is_fetched(page: Element) -> None:
    """Whoever opens a report would tell somebody, or run something."""
    never = {
        "script",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "audio",
        "video",
        "foreignobject",
    }
    for each in page.all():
        assert each.tag not in never
        for name, value in each.attributes.items():
            assert not name.startswith("on")
            assert name not in ("style", "srcset", "srcdoc", "action", "ping", "xlink:href")
            if name in ("href", "src"):
                assert re.match(r"#|data:,$|data:image/(png|jpeg);base64,[A-Za-z0-9+/=]+$", value)
    assert "url(" not in page.all("style")[0].text
    assert "@import" not in page.all("style")[0].text


def test_the_policy_allows_this_page_alone(page: Element) -> None:
    """A text that came through as markup after all could load, run or send something."""
    metas = page.all("meta")
    policy = next(m for m in metas if m.attributes.get("http-equiv") == "Content-Security-Policy")
    assert metas.index(policy) == 1, "it holds for what comes after it"
    digest = hashlib.sha256(page.all("style")[0].text.encode()).digest()
    assert policy.attributes["content"].split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{base64.b64encode(digest).decode()}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_the_same_report_gives_the_same_page() -> None:
    """Two pages of one report could not be compared."""
    again = DocumentReport.model_validate_json(full().report.model_dump_json(by_alias=True))
    assert build_page(Content(again, JOB, COMPARISON)) == build_page(full())


def test_a_long_report_is_cut_and_says_so() -> None:
    """A page of a hostile report would be too large to open, or lack rows without a word."""
    finding = FULL["findings"][0]
    report = {
        **FULL,
        "findings": [finding] * (rows.ROWS + 7),
        "left_out": {f"/{number}": 1 for number in range(rows.ROWS + 1)},
        "warnings": ["x" * (CHARACTERS + 1)],
    }
    page = page_of(report)
    shown = page.whole_text
    assert "7 more rows in the report are not shown here." in shown
    assert "1 more row in the report" in shown
    assert "… (1 more characters)" in shown
    tables = [table for table in page.all("table") if table.attributes["class"] == "places"]
    assert len(tables[0].all("tbody")[0].children) == rows.ROWS


def test_what_is_left_out_of_the_pictures_is_said() -> None:
    """Nobody would know that more pages changed."""
    assert "1 more page that looks different is not shown here" in " ".join(
        _read("full").whole_text.split()
    )
    assert "no picture to show" in _read("same-looks").whole_text
