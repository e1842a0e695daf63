"""Draws annotations that bring no appearance, as readers do: ISO 32000-2, 12.5.6.

Makes content streams of numbers, colours and text in one font, in the page's coordinates. Pure:
nothing of the document goes in but those. What fields show is `fields`'.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pikepdf import Array, Boolean, Name, Object, String

from pdf_security_processor.rebuild import text_markup
from pdf_security_processor.rebuild.faces import Face, standard_font, text_of
from pdf_security_processor.rebuild.icons import icon_box, note
from pdf_security_processor.rebuild.lines import Segment, leaders, with_endings
from pdf_security_processor.rebuild.painting import (
    BLACK,
    Box,
    Points,
    border_of,
    box_of,
    ellipse,
    filling,
    inset,
    number_of,
    numbers_of,
    path,
    rectangle,
    stroking,
)
from pdf_security_processor.rebuild.texts import Style, in_rows, lines_from, style_of
from pdf_security_processor.spelling import spelling

_EDGE = 24.0
"""Points by which what is drawn may reach out of an annotation's points: ends of lines do."""

_SIZE = 10.0
"""Points of text that does not say how large it is."""

_DEFAULT_APPEARANCE = b"0 g /Helv 0 Tf"
"""Of text that does not say how it looks."""

_CAPTION = 9.0
"""Points of a line's caption."""

_CAPTION_MARGIN = 2.0
_CAPTION_DESCENT = -0.207 * _CAPTION
_CAPTION_FOOT = _CAPTION / 2 - _CAPTION - _CAPTION_DESCENT
"""Of a caption in the line, from the line."""

_SHINING = ("/Highlight", "/Underline", "/Squiggly")


@dataclass(frozen=True)
class Look:
    """What an annotation looks like.

    Attributes:
        content: operators in the page's coordinates.
        box: what of the page it may draw on.
        font: the one that it has as `/F`.
        is_multiplied: whether what is below shines through, as through a text marker.
        opacity: from 0 for what cannot be seen to 1.
    """

    content: str
    box: Box
    font: Object | None = None
    is_multiplied: bool = False
    opacity: float = 1.0


@dataclass(frozen=True)
class _Drawn:
    content: str
    box: Box | None = None
    font: Object | None = None


def look_of(annotation: Object, resources: Object | None) -> Look | None:
    """Draw an annotation; None for what readers do not draw.

    Args:
        annotation: without an appearance.
        resources: of the document's form, where fonts are looked for.
    """
    subtype = spelling(annotation.get("/Subtype"))
    draw, box = _DRAWN.get(subtype), box_of(annotation.get("/Rect"))
    if draw is None or box is None:
        return None
    drawn = draw(annotation, box, resources)
    if not drawn.content:
        return None
    opacity = number_of(annotation.get("/CA"))
    return Look(
        drawn.content,
        drawn.box or box,
        drawn.font,
        is_multiplied=subtype in _SHINING,
        opacity=1.0 if opacity is None else min(max(opacity, 0.0), 1.0),
    )


def _square(annotation: Object, box: Box, resources: Object | None) -> _Drawn:
    return _Drawn(_area(annotation, rectangle(inset(box, border_of(annotation).width / 2))))


def _circle(annotation: Object, box: Box, resources: Object | None) -> _Drawn:
    return _Drawn(_area(annotation, ellipse(inset(box, border_of(annotation).width / 2))))


def _polygon(annotation: Object, box: Box, resources: Object | None) -> _Drawn:
    points = numbers_of(annotation.get("/Vertices"))
    shape = path(points)
    return _Drawn(_area(annotation, f"{shape}h ") if shape else "", _around(box, points))


def _area(annotation: Object, shape: str) -> str:
    """Paint an area and the line around it."""
    border = border_of(annotation)
    fill = filling(numbers_of(annotation.get("/IC")))
    painting = {(True, True): "b ", (True, False): "f ", (False, True): "s "}.get(
        (bool(fill), border.width > 0), ""
    )
    stroke = stroking(_colour(annotation))
    return f"{stroke}{fill}{border.line}{shape}{painting}" if painting else ""


def _line(annotation: Object, box: Box, resources: Object | None) -> _Drawn:
    """Draw a line, with the lines that lead to it and a caption where it has some: 12.5.6.7."""
    points, border = numbers_of(annotation.get("/L")), border_of(annotation)
    if len(points) != 4 or not border.width:
        return _Drawn("")
    measured = Segment((points[0], points[1]), (points[2], points[3]))
    aside = number_of(annotation.get("/LL")) or 0.0
    line = measured.moved(aside)
    face = Face(standard_font("/Helvetica"))
    text = text_of(annotation.get("/Contents")) if _is_true(annotation.get("/Cap")) else ""
    wide = face.width(text) * _CAPTION
    room = line.length - 2 * _CAPTION_MARGIN
    is_inline = wide <= room and annotation.get("/CP") != Name.Top
    moved = [*numbers_of(annotation.get("/CO")), 0.0, 0.0]
    fill = filling(numbers_of(annotation.get("/IC")))
    drawn = with_endings(
        annotation,
        (*line.start, *line.end),
        border.width,
        fills=bool(fill),
        gap=wide + 2 * _CAPTION_MARGIN if wide and is_inline else 0.0,
    )
    foot = _CAPTION_FOOT if is_inline else 2 * border.width - _CAPTION_DESCENT
    at = ((line.length - wide) / 2 + moved[0], foot + moved[1])
    caption = in_rows([(at[1], text)], Style(face, _CAPTION), _CAPTION, 0.0, at[0])
    content = (
        f"{stroking(_colour(annotation))}{fill}{border.line}{drawn}"
        f"{leaders(measured, aside, number_of(annotation.get('/LLE')) or 0.0)}"
    )
    if not caption:
        return _Drawn(content, _around(box, (*points, *line.start, *line.end)))
    ends = line.at(at[0], at[1] + _CAPTION), line.at(at[0] + wide, at[1])
    reached = (*points, *line.start, *line.end, *ends[0], *ends[1])
    return _Drawn(f"{content}q {line.placing}{caption}Q ", _around(box, reached), face.font)


def _poly_line(annotation: Object, box: Box, resources: Object | None) -> _Drawn:
    points, border = numbers_of(annotation.get("/Vertices")), border_of(annotation)
    points = points[: len(points) // 2 * 2]
    if len(points) < 4 or not border.width:
        return _Drawn("")
    fill = filling(numbers_of(annotation.get("/IC")))
    line = with_endings(annotation, points, border.width, fills=bool(fill))
    content = f"{stroking(_colour(annotation))}{fill}{border.line}{line}"
    return _Drawn(content, _around(box, points))


def _ink(annotation: Object, box: Box, resources: Object | None) -> _Drawn:
    lists, border = annotation.get("/InkList"), border_of(annotation)
    strokes = [numbers_of(each) for each in lists] if isinstance(lists, Array) else []
    paths = "".join(f"{path(points)}S " for points in strokes if len(points) >= 4)
    if not paths or not border.width:
        return _Drawn("")
    content = f"{stroking(_colour(annotation))}{border.line}{paths}"
    return _Drawn(content, _around(box, [each for points in strokes for each in points]))


def _markup(draw: Callable[[Object], str]) -> Callable[[Object, Box, Object | None], _Drawn]:
    def drawn(annotation: Object, box: Box, resources: Object | None) -> _Drawn:
        return _Drawn(draw(annotation), _around(box, numbers_of(annotation.get("/QuadPoints"))))

    return drawn


def _link(annotation: Object, box: Box, resources: Object | None) -> _Drawn:
    """Draw the border of a link, which is black where nothing else is said."""
    border = border_of(annotation)
    stroke = stroking(numbers_of(annotation.get("/C"))) or stroking(BLACK)
    content = f"{stroke}{border.line}{rectangle(box)}s " if border.width else ""
    return _Drawn(content, _around(box, ()))


def _free_text(annotation: Object, box: Box, resources: Object | None) -> _Drawn:
    """Draw text in a box, whose border has the text's colour."""
    border = border_of(annotation)
    style = _style_of(annotation, resources)
    if style is None:
        return _Drawn("")
    fill = filling(numbers_of(annotation.get("/C")))
    painting = {(True, True): "B ", (True, False): "f ", (False, True): "S "}.get(
        (bool(fill), border.width > 0), "n "
    )
    frame = f"{stroking(style.colour)}{fill}{border.line}{rectangle(inset(box, border.width / 2))}"
    inner = inset(box, 2 * border.width)
    left, _, right, top = inner
    text = lines_from(top, text_of(annotation.get("/Contents")), style, right - left, left)
    return _Drawn(
        f"{frame}{painting}{rectangle(inner)}W n {text}", font=style.face.font if text else None
    )


def _style_of(annotation: Object, resources: Object | None) -> Style | None:
    given, quadding = annotation.get("/DA"), number_of(annotation.get("/Q"))
    appearance = bytes(given) if isinstance(given, String) else b""
    # What it says itself comes later, and so holds.
    style = style_of(_DEFAULT_APPEARANCE + b" " + appearance, [resources], int(quadding or 0))
    return style if style is None or style.size else replace(style, size=_SIZE)


def _text(annotation: Object, box: Box, resources: Object | None) -> _Drawn:
    return _Drawn(note(annotation, box), icon_box(box))


def _is_true(value: Object | None) -> bool:
    return isinstance(value, Boolean) and value.as_bool()


def _colour(annotation: Object) -> Points:
    """Give the colour of lines: black where none is said."""
    return numbers_of(annotation.get("/C")) or BLACK


def _around(box: Box, points: Points) -> Box:
    """Give a box with room for points, and for lines through them."""
    left, bottom, right, top = box
    return (
        min([left, *points[0::2]]) - _EDGE,
        min([bottom, *points[1::2]]) - _EDGE,
        max([right, *points[0::2]]) + _EDGE,
        max([top, *points[1::2]]) + _EDGE,
    )


_DRAWN: dict[str, Callable[[Object, Box, Object | None], _Drawn]] = {
    "/Square": _square,
    "/Circle": _circle,
    "/Line": _line,
    "/PolyLine": _poly_line,
    "/Polygon": _polygon,
    "/Ink": _ink,
    "/Highlight": _markup(text_markup.highlight),
    "/Underline": _markup(text_markup.underline),
    "/Squiggly": _markup(text_markup.squiggly),
    "/StrikeOut": _markup(text_markup.strike_out),
    "/FreeText": _free_text,
    "/Text": _text,
    "/Link": _link,
}
