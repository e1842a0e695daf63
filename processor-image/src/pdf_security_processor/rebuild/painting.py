"""Numbers, colours and borders of annotations, and how a content stream says them.

ISO 32000-2, 8.4.4, 8.5, 8.6.8 and 12.5.4. Pure; knows no kind of annotation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pikepdf import Array, Dictionary, Integer, Name, Object, Real

Points = Sequence[float]
Box = tuple[float, float, float, float]

_POINTS = 20_000
"""Numbers of one annotation's shape that are drawn."""

_LARGEST = 1e6
"""Points that a coordinate or a width may have."""

_DASHES = 32
"""Numbers of a pattern of dashes."""

_CIRCLE = 0.5523
"""Of a radius: how far the control points of a quarter of a circle are away."""

BLACK = (0.0,)


@dataclass(frozen=True)
class Border:
    """The border of an annotation, which is the line of what is drawn of lines: 12.5.4.

    Attributes:
        width: of the line, in points.
        style: `/S`, `/D`, `/B`, `/I` or `/U`.
        dashes: lengths of dashes and gaps; nothing for a line without.
    """

    width: float
    style: str = "/S"
    dashes: Points = ()

    @property
    def line(self) -> str:
        """The operators that set width and dashes."""
        pattern = f"[{written(*self.dashes)}] 0 d " if self.dashes else ""
        return f"{written(self.width)} w {pattern}"


def border_of(annotation: Object) -> Border:
    """Read the border of an annotation: its style, or its older array, or one point."""
    style = annotation.get("/BS")
    if isinstance(style, Dictionary):
        width = number_of(style.get("/W"))
        kind = style.get("/S")
        name = next((known for known in _STYLES if kind == Name(known)), "/S")
        dashes = _dashes(style.get("/D"), default=(3.0,)) if name == "/D" else ()
        return Border(1.0 if width is None else max(0.0, width), name, dashes)
    given = annotation.get("/Border")
    border = numbers_of(given)
    if len(border) < 3:
        return Border(1.0)
    dashes = _dashes(given[3]) if isinstance(given, Array) and len(given) > 3 else ()
    return Border(max(0.0, border[2]), "/D" if dashes else "/S", dashes)


_STYLES = ("/S", "/D", "/B", "/I", "/U")


def _dashes(given: Object | None, default: Points = ()) -> Points:
    """Give a pattern of dashes; `default` where it is none, or would never draw."""
    pattern = numbers_of(given)[:_DASHES]
    return pattern if sum(pattern) > 0 and min(pattern) >= 0 else default


def stroking(colour: Points) -> str:
    """Give the operator that sets the colour of lines; none for one that is transparent."""
    return _setting(colour, "G", "RG", "K")


def filling(colour: Points) -> str:
    """Give the operator that sets the colour of areas; none for one that is transparent."""
    return _setting(colour, "g", "rg", "k")


def _setting(colour: Points, *operators: str) -> str:
    operator = dict(zip((1, 3, 4), operators, strict=True)).get(len(colour))
    return f"{written(*colour)} {operator} " if operator else ""


def ellipse(box: Box) -> str:
    """Give the path of the ellipse that fills a box, closed."""
    left, bottom, right, top = box
    x, y, a, b = (left + right) / 2, (bottom + top) / 2, (right - left) / 2, (top - bottom) / 2
    u, v = a * _CIRCLE, b * _CIRCLE
    quarters = (
        (x + a, y + v, x + u, y + b, x, y + b),
        (x - u, y + b, x - a, y + v, x - a, y),
        (x - a, y - v, x - u, y - b, x, y - b),
        (x + u, y - b, x + a, y - v, x + a, y),
    )
    return f"{written(x + a, y)} m " + "".join(f"{written(*each)} c " for each in quarters) + "h "


def rectangle(box: Box) -> str:
    """Give the path of a box."""
    left, bottom, right, top = box
    return f"{written(left, bottom, right - left, top - bottom)} re "


def path(points: Points) -> str:
    """Give the path from point to point; nothing where there are less than two."""
    pairs = list(zip(points[0::2], points[1::2], strict=False))
    if len(pairs) < 2:
        return ""
    first, *others = pairs
    return f"{written(*first)} m " + "".join(f"{written(*each)} l " for each in others)


def inset(box: Box, by: float) -> Box:
    """Give a box that is smaller by so much on each side, down to none at its centre."""
    left, bottom, right, top = box
    x, y = min(by, (right - left) / 2), min(by, (top - bottom) / 2)
    return left + x, bottom + y, right - x, top - y


def box_of(given: Object | None) -> Box | None:
    """Give a rectangle, whichever of its corners it begins with; None where it is none."""
    numbers = numbers_of(given)
    if len(numbers) != 4:
        return None
    left, right = sorted(numbers[0::2])
    bottom, top = sorted(numbers[1::2])
    return left, bottom, right, top


def numbers_of(given: Object | None) -> list[float]:
    """Give the numbers of an array, up to the first thing that is none."""
    numbers: list[float] = []
    for item in given if isinstance(given, Array) else ():
        number = number_of(item)
        if number is None or len(numbers) == _POINTS:
            break
        numbers.append(number)
    return numbers


def number_of(given: Object | None) -> float | None:
    """Give a number of a size that a page can have; None where it is none."""
    try:
        if isinstance(given, Real):
            number = float(given.as_decimal())
        elif isinstance(given, Integer):
            number = float(given.as_int())
        else:
            return None
    except (TypeError, OverflowError):
        # pikepdf's, of one with hundreds of digits.
        return None
    return round(number, 4) if abs(number) <= _LARGEST else None


def written(*numbers: float) -> str:
    """Write numbers as content streams have them: never with an exponent."""
    # Nothing added: of a zero below zero that leaves zero.
    return " ".join(f"{round(number, 4) + 0.0:.4f}".rstrip("0").rstrip(".") for number in numbers)
