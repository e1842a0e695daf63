"""The icon of a note that brings no appearance: ISO 32000-2, 12.5.6.4. Pure.

Readers have their own for each name; these say that there was a note, and its colour.
"""

from __future__ import annotations

from pikepdf import Name, Object

from pdf_security_processor.rebuild.painting import (
    Box,
    ellipse,
    filling,
    inset,
    numbers_of,
    path,
    rectangle,
    stroking,
    written,
)

SIDE = 24.0
"""Points of an icon, whatever the annotation's rectangle is; it begins at its top left."""

_PAPER = (1.0,)
_FRAME, _WRITING = (0.72,), (0.6,)

_CORNER = 4.0
"""Points of the radius of the ground's corners."""

_SHEET: Box = (4.0, 4.0, 18.0, 19.0)
_ROWS = (7.75, 10.75, 13.75)
"""Heights of what stands on the sheet, as lines."""

_BALLOON: Box = (4.0, 8.0, 20.0, 20.0)
_TAIL = (9.0, 8.5, 8.0, 4.0, 13.0, 8.0)


def icon_box(box: Box) -> Box:
    """Give the place of an annotation's icon."""
    left, _, _, top = box
    return left, top - SIDE, left + SIDE, top


def note(annotation: Object, box: Box) -> str:
    """Draw a sheet with lines, or a balloon, on a ground of the annotation's colour."""
    left, bottom, _, _ = icon_box(box)
    colour = numbers_of(annotation.get("/C"))
    if not filling(colour):
        colour = list(_PAPER)
    # A line with round joins around an area makes its corners round.
    ground = rectangle(inset((0.0, 0.0, SIDE, SIDE), _CORNER))
    drawn = _balloon() if annotation.get("/Name") == Name.Comment else _sheet()
    return (
        f"q 1 0 0 1 {written(left, bottom)} cm 1 j {filling(colour)}{stroking(colour)}"
        f"{written(2 * _CORNER)} w {ground}b "
        f"{stroking(_FRAME)}2 w {drawn}Q "
    )


def _sheet() -> str:
    rows = "".join(f"{path((7.0, row, 15.0, row))}S " for row in _ROWS)
    return f"{rectangle(_SHEET)}s {stroking(_WRITING)}{rows}"


def _balloon() -> str:
    return f"{ellipse(_BALLOON)}S {path(_TAIL)}S "
