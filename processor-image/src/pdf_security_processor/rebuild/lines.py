"""Lines of annotations, and what stands at their ends: ISO 32000-2, 12.5.6.7 and 12.5.6.9. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from pikepdf import Array, Object

from pdf_security_processor.rebuild.painting import Points, ellipse, path, rectangle, written
from pdf_security_processor.spelling import spelling

_ENDING = 6.0
"""Widths of a line that its ending is large, at most half of the line."""

_ARROW = math.tan(math.pi / 6)
_SLASH = math.cos(math.pi / 3) / 2


@dataclass(frozen=True)
class Segment:
    """A line between two points, seen as lying along the x axis from 0.

    Attributes:
        start: its first point.
        end: its second point.
    """

    start: tuple[float, float]
    end: tuple[float, float]

    @property
    def length(self) -> float:
        """Points from one end to the other."""
        return math.dist(self.start, self.end)

    @property
    def placing(self) -> str:
        """The operator by which what is drawn along the x axis is drawn along the segment."""
        angle = math.atan2(self.end[1] - self.start[1], self.end[0] - self.start[0])
        cosine, sine = math.cos(angle), math.sin(angle)
        return f"{written(cosine, sine, -sine, cosine, *self.start)} cm "

    def at(self, along: float, aside: float = 0.0) -> tuple[float, float]:
        """Give the point so far along it, and so far to its left."""
        if not self.length:
            return self.start
        x = (self.end[0] - self.start[0]) / self.length
        y = (self.end[1] - self.start[1]) / self.length
        return self.start[0] + x * along - y * aside, self.start[1] + y * along + x * aside

    def moved(self, aside: float) -> Segment:
        """Give the segment that runs beside it, so far to its left."""
        return Segment(self.at(0.0, aside), self.at(self.length, aside))


def with_endings(
    annotation: Object, points: Points, width: float, *, fills: bool, gap: float = 0.0
) -> str:
    """Draw a line from point to point, and what its ends bear.

    Args:
        annotation: whose `/LE` says what stands at the first and the last point.
        points: at least two, as x and y in turn.
        width: of the line.
        fills: whether there is a colour to fill endings with.
        gap: points that stay free in the middle of a line of two points.
    """
    first = Segment((points[0], points[1]), (points[2], points[3]))
    last = Segment((points[-2], points[-1]), (points[-4], points[-3]))
    names = _endings_of(annotation)
    sizes = [min(_ENDING * width, segment.length / 2) for segment in (first, last)]
    shortened = list(points)
    ends = ((first, slice(0, 2)), (last, slice(len(points) - 2, None)))
    drawn = ""
    for name, size, (segment, place) in zip(names, sizes, ends, strict=True):
        if name in _SHORTENING:
            shortened[place] = segment.at(size)
        draw = _ENDINGS.get(name)
        if draw and size:
            shape, is_area = draw(size)
            drawn += f"q {segment.placing}{shape}{_painted(fills=fills, is_area=is_area)}Q "
    if gap:
        half = (first.length - gap) / 2
        return (
            f"{path((*shortened[:2], *first.at(half)))}S "
            f"{path((*last.at(half), *shortened[2:]))}S {drawn}"
        )
    return f"{path(shortened)}S {drawn}"


def leaders(segment: Segment, aside: float, further: float) -> str:
    """Draw the lines that lead from what is measured to a line that runs aside of it."""
    reach = math.copysign(abs(aside) + max(0.0, further), aside)
    if not reach:
        return ""
    ends = ((along, segment.at(along, reach)) for along in (0.0, segment.length))
    return "".join(f"{path((*segment.at(along), *end))}S " for along, end in ends)


def _endings_of(annotation: Object) -> tuple[str, str]:
    given = annotation.get("/LE")
    if not isinstance(given, Array) or len(given) != 2:
        return "", ""
    return spelling(given[0]), spelling(given[1])


def _painted(*, fills: bool, is_area: bool) -> str:
    if not is_area:
        return "S "
    return "b " if fills else "s "


def _square(size: float) -> tuple[str, bool]:
    return rectangle((0.0, -size / 2, size, size / 2)), True


def _circle(size: float) -> tuple[str, bool]:
    return ellipse((0.0, -size / 2, size, size / 2)), True


def _diamond(size: float) -> tuple[str, bool]:
    return path((0.0, 0.0, size / 2, size / 2, size, 0.0, size / 2, -size / 2)), True


def _open_arrow(size: float) -> tuple[str, bool]:
    return path((size, _ARROW * size, 0.0, 0.0, size, -_ARROW * size)), False


def _closed_arrow(size: float) -> tuple[str, bool]:
    return _open_arrow(size)[0], True


def _turned_open_arrow(size: float) -> tuple[str, bool]:
    return path((-size, _ARROW * size, 0.0, 0.0, -size, -_ARROW * size)), False


def _turned_closed_arrow(size: float) -> tuple[str, bool]:
    return _turned_open_arrow(size)[0], True


def _butt(size: float) -> tuple[str, bool]:
    return path((0.0, size / 2, 0.0, -size / 2)), False


def _slash(size: float) -> tuple[str, bool]:
    return path((-_SLASH * size, -size / 2, _SLASH * size, size / 2)), False


_ENDINGS: dict[str, Callable[[float], tuple[str, bool]]] = {
    "/Square": _square,
    "/Circle": _circle,
    "/Diamond": _diamond,
    "/OpenArrow": _open_arrow,
    "/ClosedArrow": _closed_arrow,
    "/ROpenArrow": _turned_open_arrow,
    "/RClosedArrow": _turned_closed_arrow,
    "/Butt": _butt,
    "/Slash": _slash,
}
"""Table 179: each drawn of a size, its line leaving to the right; and whether it is an area."""

_SHORTENING = frozenset(("/Square", "/Circle", "/Diamond", "/ClosedArrow"))
"""Where the line begins behind the ending."""
