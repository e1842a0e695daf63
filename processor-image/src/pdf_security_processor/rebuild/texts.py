"""Text that is set into a box, in one line, several, or cells: ISO 32000-2, 12.7.4.3. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pikepdf import Name, Object

from pdf_security_processor.rebuild.faces import Face, face_of
from pdf_security_processor.rebuild.painting import BLACK, Points, filling, written

LINES = 1000
"""Lines of a text that are drawn."""

MARGIN = 2.0
"""Points between a field's border and its text."""

_LEFT, _CENTRED, _RIGHT = 0, 1, 2

_LARGEST_OF_SEVERAL_LINES = 20
"""Points of a size that is chosen for a text of several lines."""

_TOP = 3.0
"""Points above the first of several lines."""

_DESCENT = 0.33
"""Of a size, below the foot of the last line."""

_WORD = re.compile(rb"/[^\s/()<>\[\]{}%]*|[^\s/()<>\[\]{}%]+")
_NUMBER = re.compile(rb"[-+]?(?:\d{1,9}\.?\d{0,9}|\.\d{1,9})")
_PLAIN = re.compile(rb"[ -'*-\[\]-~]*")
_COLOURS = {b"g": 1, b"rg": 3, b"k": 4}


@dataclass(frozen=True)
class Style:
    """How text looks: what a default appearance string says.

    Attributes:
        face: its font.
        size: in points; 0 for one that fits.
        colour: components of gray, RGB or CMYK.
        quadding: 0 for left, 1 for centred, 2 for right.
    """

    face: Face
    size: float
    colour: Points = BLACK
    quadding: int = _LEFT


def style_of(
    appearance: bytes, resources: Iterable[Object | None], quadding: int = _LEFT
) -> Style | None:
    """Read a default appearance string: 12.7.4.3, table 228.

    Args:
        appearance: the string.
        resources: where its font is looked for, in turn.
        quadding: how text is aligned.

    Returns:
        None where it names no font.
    """
    words = _WORD.findall(appearance)
    font: bytes | None = None
    size, colour = 0.0, list(BLACK)
    for place, word in enumerate(words):
        if word == b"Tf" and place >= 2 and words[place - 2].startswith(b"/"):
            font, size = words[place - 2], _number(words[place - 1])
        count = _COLOURS.get(word, 0)
        if count and place >= count:
            colour = [_number(each) for each in words[place - count : place]]
    name = None if font is None else Object.parse(font)
    if not isinstance(name, Name):
        return None
    return Style(face_of(name, resources), abs(size), colour, quadding)


def _number(word: bytes) -> float:
    return float(word) if _NUMBER.fullmatch(word) else 0.0


def one_line(text: str, style: Style, width: float, height: float, border: float) -> str:
    """Set text into one line, at half of the height."""
    wide = style.face.width(text)
    size = style.size
    if not size:
        fitting = (width - 2 * MARGIN - 2 * border) / wide if wide else height
        size = max(1.0, float(int(min(height - 2 * border, fitting))))
    x = _aligned(style.quadding, wide * size, width, border + MARGIN)
    return _text(replace(style, size=size), [(x, height / 2 - 0.4 * size, text)])


def several_lines(text: str, style: Style, width: float, height: float, border: float) -> str:
    """Set text into lines from the top on, broken where they are too long."""
    size = style.size or _fitting(text, style.face, width, height, border)
    sized = replace(style, size=size)
    margin = border + MARGIN
    lines = [
        (_aligned(style.quadding, wide * size, width, margin), -_TOP - (number + 1) * size, line)
        for number, (line, wide) in enumerate(lines_of(text, style.face, width / size))
    ]
    return _text(sized, [(x, height + y, line) for x, y, line in lines])


def _fitting(text: str, face: Face, width: float, height: float, border: float) -> float:
    room = max(1.0, width - 2 * border - 2 * MARGIN)
    for size in range(_LARGEST_OF_SEVERAL_LINES, 1, -1):
        count = sum(1 for _ in lines_of(text, face, room / size))
        if height - _TOP - count * size >= _DESCENT * size:
            return float(size)
    return 1.0


def in_cells(
    text: str, style: Style, width: float, height: float, border: float, cells: int
) -> str:
    """Set each character into a cell of its own (a comb: table 232)."""
    cell = (width - 2 * border) / cells
    size = style.size or max(1.0, float(int(min(height - 2 * border, cell))))
    shown = text[:cells]
    free = cells - len(shown)
    first = {_CENTRED: free / 2, _RIGHT: float(free)}.get(style.quadding, 0.0)
    pieces = []
    for number, character in enumerate(shown):
        middle = border + (first + number + 0.5) * cell
        x = middle - style.face.width(character) * size / 2
        pieces.append((x, height / 2 - 0.4 * size, character))
    return _text(replace(style, size=size), pieces)


def lines_from(top: float, text: str, style: Style, width: float, margin: float) -> str:
    """Set text into lines from a height on, each a size below the one above."""
    pieces = [
        (_aligned(style.quadding, wide * style.size, width, 0.0) + margin, number + 1, line)
        for number, (line, wide) in enumerate(lines_of(text, style.face, width / style.size))
    ]
    return _text(style, [(x, top - number * style.size, line) for x, number, line in pieces])


def in_rows(
    rows: Iterable[tuple[float, str]], style: Style, size: float, width: float, margin: float
) -> str:
    """Set each text with its foot at a height."""
    pieces = [
        (_aligned(style.quadding, style.face.width(text) * size, width, margin), y, text)
        for y, text in rows
    ]
    return _text(replace(style, size=size), pieces)


def lines_of(text: str, face: Face, width: float) -> Iterator[tuple[str, float]]:
    """Break text into lines that are no wider than a width in sizes of the font, but for letters.

    Yields:
        Each line, and how wide it is.
    """
    count = 0
    for paragraph in re.split(r"\r\n?|\n", text):
        for line in _broken(paragraph, face, max(width, 0.0)):
            if count == LINES:
                return
            count += 1
            yield line, face.width(line)


def _broken(text: str, face: Face, width: float) -> Iterator[str]:
    while True:
        taken, wide, space = 0, 0.0, 0
        for character in text:
            wide += face.width(character)
            if wide > width and taken:
                break
            taken += 1
            if character == " ":
                space = taken
        if taken == len(text):
            yield text
            return
        # At the last space; within a word where that is longer than a line.
        end = taken if text[taken] == " " else space or taken
        yield text[:end].rstrip(" ")
        text = text[end:].lstrip(" ")
        if not text:
            return


def _aligned(quadding: int, wide: float, width: float, margin: float) -> float:
    if quadding == _CENTRED:
        return (width - wide) / 2
    return width - margin - wide if quadding == _RIGHT else margin


def _text(style: Style, pieces: list[tuple[float, float, str]]) -> str:
    """Show pieces of text, each at its point, in the font that resources have as `/F`."""
    shown = []
    at_x, at_y = 0.0, 0.0
    for x, y, text in pieces:
        codes = style.face.codes(text)
        if codes:
            shown.append(f"{written(x - at_x, y - at_y)} Td {string_of(codes)} Tj ")
            at_x, at_y = x, y
    if not shown:
        return ""
    return f"BT {filling(style.colour)}/F {written(style.size)} Tf {''.join(shown)}ET "


def string_of(codes: bytes) -> str:
    """Write a string so that it can be read where it is plain."""
    return f"({codes.decode()})" if _PLAIN.fullmatch(codes) else f"<{codes.hex()}>"
