"""What a page says of a report: its verdict, its kinds, its colours."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pdf_security_operator.cli.report.content import Comparison, Content
from pdf_security_operator.cli.report.kinds import KINDS, UNKNOWN, kind_of, why_kept
from pdf_security_operator.cli.report.page import style
from pdf_security_operator.cli.report.verdict import verdict_of, words_of
from pdf_security_processor import findings
from pdf_security_processor.contract import DocumentReport, ExitCode, Visual

SEAL = {"landlock": 7, "seccomp": True}
OUTPUT = {"bytes": 1, "sha256": "0" * 64}


def _content(seen: Visual | None = None, **fields: Any) -> Content:
    given = {"job_uid": "u", "reason": "Succeeded", **fields}
    comparison = Comparison(seen) if seen else None
    return Content(DocumentReport.model_validate(given), None, comparison)


@pytest.mark.parametrize(
    ("content", "state", "headline"),
    [
        pytest.param(
            _content(operations=["sanitize"], removed={"URI": 2}, output=OUTPUT, seal=SEAL),
            "done",
            "2 things were taken out, and nothing that was found stayed.",
            id="all-removed",
        ),
        pytest.param(
            _content(operations=["removeMetadata"], removed={"Info": 1}, output=OUTPUT),
            "done",
            "1 thing was taken out.",
            id="nobody-looked-for-more",
        ),
        pytest.param(
            _content(operations=["sanitize"], removed={"URI": 2}, kept={"URI": 1}, output=OUTPUT),
            "attention",
            "2 things were taken out, and 1 thing stayed.",
            id="kept",
        ),
        pytest.param(
            _content(operations=["sanitize"], kept={"URI": 3}, output=OUTPUT),
            "attention",
            "Nothing was taken out; 3 things stayed.",
            id="only-kept",
        ),
        pytest.param(
            _content(operations=["sanitize"], output=OUTPUT),
            "done",
            "There was nothing of a known kind to take out.",
            id="nothing-there",
        ),
        pytest.param(
            _content(operations=["encrypt"], output=OUTPUT),
            "done",
            "The document was processed.",
            id="other-operations",
        ),
        pytest.param(
            _content(
                operations=["inspect"],
                inspection={"pdf_version": "1.7", "active_content": {"URI": 1}},
            ),
            "done",
            "1 active or hidden thing found; the document was not changed.",
            id="looked-at",
        ),
        pytest.param(
            _content(reason="VisualChange", message="1 of 3 pages look different."),
            "failed",
            "This was not done: visual change.",
            id="failed",
        ),
        pytest.param(
            _content(reason="Succeeded\u202e"),
            "failed",
            "This was not done: Succeeded\u202e.",
            id="reason-of-nobody",
        ),
    ],
)
def test_verdict(content: Content, state: str, headline: str) -> None:
    """A person would take a document for what it is not."""
    verdict = verdict_of(content)
    assert (verdict.state, verdict.headline) == (state, headline)


@pytest.mark.parametrize(
    ("content", "section"),
    [
        pytest.param(_content(kept={"URI": 1}), "kept", id="kept"),
        pytest.param(_content(warnings=["a"]), "warnings", id="warning"),
        pytest.param(_content(seal={"landlock": 0, "seccomp": True}), "seal", id="half-sealed"),
        pytest.param(_content(visual={"pages": 2, "changed": 1}), "looks", id="job-saw-a-change"),
        pytest.param(_content(Visual(pages=2, changed=1)), "looks", id="we-saw-a-change"),
        pytest.param(_content(Visual(problem="page 2 was not drawn")), "looks", id="not-compared"),
        pytest.param(_content(signatures=[{"field": "a"}]), "signatures", id="does-not-hold"),
        pytest.param(
            _content(
                signatures=[
                    {"field": "a", "holds": True, "covers": "file", "changes_since": "other"}
                ]
            ),
            "signatures",
            id="changed-since",
        ),
    ],
)
def test_points_to_look_at(content: Content, section: str) -> None:
    """A person would pass on what somebody should have looked at."""
    verdict = verdict_of(content)
    assert verdict.state == "attention"
    assert [point.section for point in verdict.points] == [section]


def test_our_own_look_counts_more() -> None:
    """A job that saw no change would hide one that is there now."""
    content = _content(Visual(pages=2, changed=1), visual={"pages": 2})
    assert verdict_of(content).state == "attention"


@pytest.mark.parametrize("code", ExitCode, ids=lambda code: code.reason)
def test_every_reason_has_words(code: ExitCode) -> None:
    """A failure would be named as in code."""
    assert re.fullmatch(r"[a-z ]+", words_of(code.reason))


def test_every_kind_has_words() -> None:
    """A finding would have no explanation; or one be kept of a kind that is gone."""
    found = {*findings._ACTIONS.values(), *findings._KEYS.values(), *findings._NAME_TREES.values()}
    found |= {kind for _, kind in findings._ANNOTATIONS.values()}
    found |= {"EmbeddedFile", "ExternalStream", "ReferenceXObject", "PostScript", "OpenAction"}
    found |= {"Info", "Metadata", "LastModified", "Signature", "Redaction", "RedactedPage"}
    assert set(KINDS) == found
    assert kind_of("Invented") == UNKNOWN


def test_why_something_stayed() -> None:
    """What stays unasked would look as if a job had wanted it."""
    assert "keepLinks" in why_kept("URI")
    assert "look at it" in why_kept("JavaScript")


def _palette(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{\n(.*?)\}", style(), re.DOTALL)[:2]
    printed = style().partition("@media print")[2].partition("}")[0]
    named = {"light": light, "dark": dark, "print": printed}[scheme]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", named))


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [
        *((front, back, 4.5) for front in ("text", "quiet", "link") for back in ("page", "card")),
        ("text", "code", 4.5),
        *((state, f"{state}-tint", 4.5) for state in ("done", "attention", "failed")),
        *((state, "card", 3) for state in ("done", "attention", "failed")),
        ("quiet", "code", 4.5),
    ],
)
def test_contrast(scheme: str, front: str, back: str, least: float) -> None:
    """Many people could not read it (WCAG 2.2, 1.4.3 and 1.4.11)."""
    palette = _palette(scheme)
    assert _contrast(palette[front], palette[back]) >= least


def test_frames_are_seen_on_paper() -> None:
    """Nobody would see where a page differs: pictures of pages are on white."""
    for scheme in ("light", "dark", "print"):
        assert _contrast(_palette(scheme)["mark"], "#ffffff") >= 4.5


def test_palettes_have_the_same_names() -> None:
    """A colour of the light scheme would show in the dark one, on what it was not chosen for."""
    assert set(_palette("light")) == set(_palette("dark")) == set(_palette("print"))
