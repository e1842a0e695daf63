"""Markup of text that brings no appearance: ISO 32000-2, 12.5.6.10. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pikepdf import Object

from pdf_security_processor.rebuild.painting import (
    BLACK,
    Points,
    filling,
    numbers_of,
    path,
    stroking,
    written,
)

_STEP = 2.0
"""Points from one turn of a squiggly line to the next."""

_TURNS = 2000
"""Turns of one squiggly line that are drawn."""


def highlight(annotation: Object) -> str:
    """Draw the area of each line of text, rounded at both ends."""
    areas = []
    for x1, y1, x2, y2, x3, y3, x4, y4 in _quadrilaterals(annotation):
        bulge = abs(y1 - y3) / 4
        areas.append(
            f"{written(x3, y3)} m {written(x3 - bulge, y3 + bulge, x1 - bulge, y1 - bulge, x1, y1)}"
            f" c {written(x2, y2)} l "
            f"{written(x2 + bulge, y2 - bulge, x4 + bulge, y4 + bulge, x4, y4)} c f "
        )
    return filling(_colour(annotation)) + "".join(areas) if areas else ""


def underline(annotation: Object) -> str:
    """Draw a line at the foot of the text."""
    return _lines(annotation, (each[4:] for each in _quadrilaterals(annotation)))


def strike_out(annotation: Object) -> str:
    """Draw a line through the middle of the text."""
    halves = (
        ((x1 + x3) / 2, (y1 + y3) / 2, (x2 + x4) / 2, (y2 + y4) / 2)
        for x1, y1, x2, y2, x3, y3, x4, y4 in _quadrilaterals(annotation)
    )
    return _lines(annotation, halves)


def squiggly(annotation: Object) -> str:
    """Draw a jagged line at the foot of the text."""
    return _lines(annotation, (_jagged(each) for each in _quadrilaterals(annotation)))


def _jagged(corners: Points) -> Points:
    left, top, right, foot = corners[0], corners[1], corners[2], corners[5]
    height = (top - foot) / 6
    points = [left, foot + height]
    for turn in range(_TURNS):
        if left + turn * _STEP >= right:
            break
        points += [left + (turn + 1) * _STEP, foot if turn % 2 == 0 else foot + height]
    return points


def _lines(annotation: Object, shapes: Iterator[Points]) -> str:
    paths = "".join(f"{path(points)}S " for points in shapes if len(points) > 2)
    return f"{stroking(_colour(annotation))}1 w {paths}" if paths else ""


def _colour(annotation: Object) -> Points:
    return numbers_of(annotation.get("/C")) or BLACK


def _quadrilaterals(annotation: Object) -> Iterator[Points]:
    """Give the corners of each line of text: top left, top right, bottom left, bottom right."""
    points = numbers_of(annotation.get("/QuadPoints"))
    for at in range(0, len(points) - 7, 8):
        yield points[at : at + 8]
