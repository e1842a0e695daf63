"""Texts of documents in the page of a report: each is shown, and none is anything but text."""

from __future__ import annotations

import dataclasses
import re
from functools import cache
from typing import Any

import pytest
from pydantic import ValidationError

from pdf_security_operator.cli.report.content import Content, JobFacts
from pdf_security_operator.cli.report.page import build_page
from pdf_security_operator.cli.report.visible import visible
from pdf_security_processor.contract import DocumentReport
from unit.report_scene import (
    COMPARISON,
    FAILED,
    FULL,
    JOB,
    Path,
    Skeleton,
    fields_of,
    full,
    leaves_of,
    page_of,
    read_page,
    with_text,
)

HOSTILE = {
    "script": "<script>",
    "image": "'><img src=x>",
    "attribute": '" onload="x',
    "end-of-style": "</style><b>",
    "end-of-title": "</title><b>",
    "comment": "<!--",
    "processing": "<?x",
    "reference": "&lt;b&gt;&#60;",
    "template": "{{7*7}}{%x%}",
    "address": "javascript:x()",
    "turned": "a\u202eb",
    "isolated": "a\u2067b",
    "zero-width": "a\u200bb\ufeff",
    "control": "a\x00\x1b[31m",
    "new-line": "a\r\n\u2028b",
    "tag-characters": "a\U000e0041",
    "filler": "\u3164\u2800",
    "escape": "⟦U+202E⟧",
}
"""Texts short enough for any field: what a document may say to whoever reads its report."""

REPORTS = {"full": FULL, "failed": FAILED}

LEAVES = [pytest.param("full", path, id=".".join(map(str, path))) for path in leaves_of(FULL)]
LEAVES += [pytest.param("failed", ("message",), id="failed.message")]

NOT_ANY_TEXT = {
    "input.sha256",
    "output.sha256",
    "server_side_encryption",
    "inspection.encryption.opened_with",
    "signatures.0.covers",
    "signatures.0.changes_since",
    "findings.0.kind",
    "findings.0.action",
    "findings.1.kind",
    "findings.1.action",
    "inspection.active_content.JavaScript.*",
}
"""Fields of which the contract says all that may stand there."""


@cache
def _harmless_skeleton(report: str, path: Path) -> Skeleton:
    return page_of(with_text(REPORTS[report], path, "harmless")).skeleton()


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize(("report", "path"), LEAVES)
def test_no_text_is_markup(report: str, path: Path, hostile: str) -> None:
    """A document would speak in the report's voice, or reach into whoever reads it."""
    try:
        said = DocumentReport.model_validate(with_text(REPORTS[report], path, hostile))
    except ValidationError:
        assert ".".join(map(str, path)) in NOT_ANY_TEXT
        return
    text = build_page(Content(said, JOB, None))
    assert read_page(text).skeleton() == _harmless_skeleton(report, path)
    hidden = set(re.findall(r"[^\n -~]", hostile)) - set("⟦⟧")
    assert not hidden & set(text), "what has no look of its own is in the page as it is"


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("name", [each.name for each in dataclasses.fields(JobFacts)])
def test_no_text_of_a_job_is_markup(name: str, hostile: str) -> None:
    """Whoever names jobs would reach into whoever reads their reports."""
    pages = []
    for text in (hostile, "harmless"):
        job = dataclasses.replace(JOB, **{name: text})
        pages.append(read_page(build_page(dataclasses.replace(full(), job=job))))
    assert pages[0].skeleton() == pages[1].skeleton()
    assert visible(hostile) in pages[0].whole_text


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_problem_of_a_comparison_is_markup(hostile: str) -> None:
    """A renderer in the hands of its document would reach the page."""
    pages = []
    for text in (hostile, "harmless"):
        visual = COMPARISON.visual.model_copy(update={"problem": text})
        comparison = dataclasses.replace(COMPARISON, visual=visual)
        pages.append(read_page(build_page(dataclasses.replace(full(), comparison=comparison))))
    assert pages[0].skeleton() == pages[1].skeleton()


def test_the_scene_has_every_field() -> None:
    """A new field of the report would be tried with no hostile text, and nobody notice."""
    dumped = DocumentReport.model_validate(FULL).model_dump()
    for name in fields_of(DocumentReport):
        at: Any = dumped
        for step in name.split("."):
            at = at[0] if isinstance(at, list) else at
            at = at[step]
        assert at not in (None, [], {}, "") or name == "message", f"set {name} in report_scene.FULL"


NOT_SHOWN = {
    "inspection.active_content.JavaScript.*",
    "inspection.encryption.opened_with",
    "signatures.0.covers",
    "signatures.0.changes_since",
    "findings.0.action",
    "findings.1.action",
}
"""What is told in other words, or by where it stands."""


@pytest.mark.parametrize(("report", "path"), LEAVES)
def test_every_text_is_shown(report: str, path: Path) -> None:
    """Something of the report would be kept from whoever reads the page."""
    if ".".join(map(str, path)) in NOT_SHOWN or (path == ("message",) and report == "full"):
        return
    *way, last = path
    at: Any = REPORTS[report]
    for step in way if last == "*" else path:
        at = way[-1] if last == "*" and step == way[-1] else at[step]
    shown: dict[Path, str] = {
        ("reason",): "Succeeded",
        ("inspection", "encryption", "permissions", "print"): "in low quality only",
        ("inspection", "encryption", "permissions", "print", "*"): "Printing",
        ("inspection", "encryption", "permissions", "copy", "*"): "Copying text and pictures",
        ("inspection", "encryption", "permissions", "modify", "*"): "Changing the content",
    }
    text: str = shown.get(path, at)
    assert text in page_of(REPORTS[report]).whole_text
