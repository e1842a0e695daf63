"""Frames of fields, and the marks of buttons: ISO 32000-2, 12.5.4 and 12.5.6.19. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pikepdf import Dictionary, Object

from pdf_security_processor.rebuild.painting import (
    Border,
    Box,
    Points,
    border_of,
    ellipse,
    filling,
    inset,
    numbers_of,
    path,
    rectangle,
    stroking,
    written,
)

_MARK = 0.2
"""Of a radio button's smaller side: the radius of the point in one that is chosen."""

_RAISED, _SUNKEN = "/B", "/I"


@dataclass(frozen=True)
class Frame:
    """What is around and behind the text of a field.

    Attributes:
        box: where it is.
        border: of it.
        background: its colour; nothing for none.
        colour: of the border; nothing for none.
        is_round: whether it is a radio button's.
    """

    box: Box
    border: Border
    background: Points = ()
    colour: Points = ()
    is_round: bool = False

    @property
    def width(self) -> float:
        """Points that the border takes of each side."""
        return self.border.width


def frame_of(widget: Object, box: Box, *, is_round: bool = False) -> Frame:
    """Read the frame of a field."""
    looks = widget.get("/MK")
    has_looks = isinstance(looks, Dictionary)
    background = numbers_of(looks.get("/BG")) if looks is not None and has_looks else []
    colour = numbers_of(looks.get("/BC")) if looks is not None and has_looks else []
    is_said = "/BS" in widget or "/Border" in widget
    # One that nobody speaks of and nobody sees takes no room either.
    border = border_of(widget) if colour or is_said else Border(0.0)
    return Frame(box, border, background, colour, is_round)


def drawn_frame(frame: Frame) -> str:
    """Draw the background and the border; nothing where it has neither."""
    fill, stroke = filling(frame.background), stroking(frame.colour)
    background = f"{fill}{rectangle(frame.box)}f " if fill else ""
    if not stroke or not frame.width:
        return background
    if frame.is_round:
        return f"{background}{_round(frame)}"
    left, bottom, right, _ = frame.box
    match frame.border.style:
        case "/U":
            foot = bottom + frame.width / 2
            return f"{background}{stroke}{frame.border.line}{path((left, foot, right, foot))}S "
        case style if style in (_RAISED, _SUNKEN):
            return f"{background}{_edges(frame)}"
        case _:
            inner = inset(frame.box, frame.width / 2)
            return f"{background}{stroke}{frame.border.line}{rectangle(inner)}s "


def mark(frame: Frame) -> str:
    """Draw the point in the middle of a radio button that is chosen."""
    fill = filling(frame.colour)
    if not fill:
        return ""
    left, bottom, right, top = _middle_square(frame.box)
    radius = (right - left) * _MARK
    x, y = (left + right) / 2, (bottom + top) / 2
    return f"{fill}{ellipse((x - radius, y - radius, x + radius, y + radius))}f "


def _round(frame: Frame) -> str:
    circle = ellipse(inset(_middle_square(frame.box), frame.width / 2))
    return f"{stroking(frame.colour)}{frame.border.line}{circle}s "


def _edges(frame: Frame) -> str:
    """Draw the edges as if light fell on them from the top left."""
    left, bottom, right, top = frame.box
    inner_left, inner_bottom, inner_right, inner_top = inset(frame.box, frame.width)
    lit = [0.5 * each + 0.5 for each in frame.colour]
    dark = [0.5 * each for each in frame.colour]
    if frame.border.style == _SUNKEN:
        lit, dark = dark, lit
    upper = (left, bottom, left, top, right, top, inner_right, inner_top, inner_left, inner_top)
    lower = (left, bottom, right, bottom, right, top, inner_right, inner_top)
    return (
        f"{filling(lit)}{path((*upper, inner_left, inner_bottom))}f "
        f"{filling(dark)}{path((*lower, inner_right, inner_bottom, inner_left, inner_bottom))}f "
    )


def _middle_square(box: Box) -> Box:
    left, bottom, right, top = box
    half = min(right - left, top - bottom) / 2
    x, y = (left + right) / 2, (bottom + top) / 2
    return x - half, y - half, x + half, y + half


def clipped(frame: Frame, content: str) -> str:
    """Keep content inside of the border."""
    inner = inset(frame.box, frame.width)
    return f"q {rectangle(inner)}W n {content}Q " if content else ""


def turned(angle: int, width: float, height: float) -> tuple[str, float, float]:
    """Give the operator that turns what is drawn in a field, and the sides it has then."""
    match angle % 360:
        case 90:
            return f"0 1 -1 0 {written(width)} 0 cm ", height, width
        case 180:
            return f"-1 0 0 -1 {written(width, height)} cm ", width, height
        case 270:
            return f"0 -1 1 0 0 {written(height)} cm ", height, width
        case _:
            return "", width, height
