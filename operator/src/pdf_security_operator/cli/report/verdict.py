"""How it ended, in a sentence, and what to look at. Pure; never says that a document is safe."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pdf_security_operator.cli.report.content import Content
from pdf_security_processor.contract import DocumentReport, ExitCode, Visual

State = Literal["done", "attention", "failed"]

STATE_WORDS: dict[State, str] = {
    "done": "Done",
    "attention": "Done, with points to look at",
    "failed": "Not done",
}

_NAMES = {
    "removeMetadata": "remove metadata",
    "linearize": "lay out for the web",
}


@dataclass(frozen=True)
class Point:
    """One thing to look at.

    Attributes:
        text: a sentence.
        section: the id of where it is told in full.
    """

    text: str
    section: str


@dataclass(frozen=True)
class Verdict:
    """How it ended.

    Attributes:
        state: for its sign.
        headline: in one sentence.
        explanation: in one or two more; may be empty.
        points: to look at, the gravest first.
    """

    state: State
    headline: str
    explanation: str
    points: tuple[Point, ...]


def verdict_of(content: Content) -> Verdict:
    """Judge a report."""
    report = content.report
    points = tuple(_points(content))
    if not succeeded(report):
        put = "" if report.output else " No document was put."
        headline = f"This was not done: {words_of(report.reason)}."
        return Verdict("failed", headline, f"{report.message}{put}".strip(), points)
    return Verdict("attention" if points else "done", _headline(report), _done(report), points)


def figures_of(content: Content) -> list[tuple[str, str]]:
    """Give the numbers that a person looks for first, with their names."""
    report, visual = content.report, content.visual
    figures = [
        ("Taken out", f"{sum(report.removed.values()):,}"),
        ("Stayed", f"{sum(report.kept.values()):,}"),
        ("Keys left out", f"{sum(report.left_out.values()):,}"),
    ]
    if visual:
        figures.append(("Pages that look different", f"{visual.changed:,} of {visual.pages:,}"))
    elif report.input and report.input.pages is not None:
        figures.append(("Pages", f"{report.input.pages:,}"))
    return [*figures, ("Warnings", f"{len(report.warnings):,}")]


def succeeded(report: DocumentReport) -> bool:
    """Tell whether the job did what it was to."""
    return report.reason == ExitCode.SUCCEEDED.reason


def looks_for_active(report: DocumentReport) -> bool:
    """Tell whether the job took out what is active, and looked for what stayed."""
    return not {"sanitize", "redact"}.isdisjoint(report.operations)


def words_of(name: str) -> str:
    """Write a name as it stands in code in words: `InputDamaged` is `input damaged`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower() if name.isascii() else name


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: `1 page`, `1,200 pages`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _headline(report: DocumentReport) -> str:
    removed, kept = sum(report.removed.values()), sum(report.kept.values())
    if removed:
        were = "was" if removed == 1 else "were"
        rest = ", and nothing that was found stayed" if looks_for_active(report) else ""
        rest = f", and {counted(kept, 'thing')} stayed" if kept else rest
        return f"{counted(removed, 'thing')} {were} taken out{rest}."
    if kept:
        return f"Nothing was taken out; {counted(kept, 'thing')} stayed."
    found = sum(report.inspection.active_content.values()) if report.inspection else 0
    if report.output is None and found:
        return f"{counted(found, 'active or hidden thing')} found; the document was not changed."
    if report.output is None:
        return "The document was looked at, and nothing active or hidden was found."
    if looks_for_active(report):
        return "There was nothing of a known kind to take out."
    return "The document was processed."


def _done(report: DocumentReport) -> str:
    did = ", ".join(_NAMES.get(each, words_of(each)) for each in report.operations)
    return f"What was asked for: {did}." if did else ""


def _points(content: Content) -> Iterator[Point]:
    report = content.report
    if content.visual:
        yield from _visual_points(content.visual)
    kept = sum(report.kept.values())
    if kept:
        yield Point(f"{counted(kept, 'thing')} of a known kind stayed in the document.", "kept")
    broken = [each for each in report.signatures or () if not each.holds]
    if broken:
        yield Point(f"{counted(len(broken), 'signature')} did not hold.", "signatures")
    changed = [
        each
        for each in report.signatures or ()
        if each.holds and (each.covers == "part" or each.changes_since == "other")
    ]
    if changed:
        text = f"{counted(len(changed), 'signature')} held, for less than what is seen."
        yield Point(text, "signatures")
    if report.seal and report.seal.missing:
        missing = " and ".join(report.seal.missing)
        yield Point(f"The process that read the document ran without {missing}.", "seal")
    if report.warnings:
        yield Point(f"{counted(len(report.warnings), 'warning')} noted.", "warnings")


def _visual_points(visual: Visual) -> Iterator[Point]:
    if visual.changed:
        looks = "looks" if visual.changed == 1 else "look"
        of = f"of {visual.pages:,} compared"
        yield Point(f"{counted(visual.changed, 'page')} {of} {looks} different.", "looks")
    if visual.problem:
        yield Point(f"Not all pages could be compared: {visual.problem}.", "looks")
