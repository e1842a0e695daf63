"""Draws annotations that bring no appearance, as readers do: ISO 32000-2, 12.5.6 and 12.7.

Makes content streams of numbers, colours and, for fields, text in a standard font. Pure: nothing of
the document goes in but those.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pikepdf import Array, Dictionary, Integer, Name, Object, Real

Points = Sequence[float]

_POINTS = 20_000
"""Numbers of one annotation's shape that are drawn."""

_LARGEST = 1e6
"""Points that a coordinate or a width may have."""

_CIRCLE = 0.5523
"""Of a radius: how far the control points of a quarter of a circle are away."""


def drawn(annotation: Object) -> bytes:
    """Draw an annotation in the page's coordinates; nothing for what readers do not draw."""
    draw = _DRAWN.get(str(annotation.get("/Subtype")))
    rectangle = numbers_of(annotation.get("/Rect"))
    if draw is None or len(rectangle) != 4:
        return b""
    left, right = sorted(rectangle[0::2])
    bottom, top = sorted(rectangle[1::2])
    return draw(annotation, (left, bottom, right, top)).encode()


def is_multiplied(annotation: Object) -> bool:
    """Tell whether what is below shines through, as through a text marker."""
    return annotation.get("/Subtype") == Name.Highlight


def _square(annotation: Object, box: Points) -> str:
    width, colours = _border(annotation), _colours(annotation)
    left, bottom, right, top = _inset(box, width / 2)
    if not colours or right <= left or top <= bottom:
        return ""
    painted = f"{left} {bottom} {right - left} {top - bottom} re {_painting(annotation, width)}"
    return f"{colours}{width} w {painted}"


def _circle(annotation: Object, box: Points) -> str:
    width, colours = _border(annotation), _colours(annotation)
    left, bottom, right, top = _inset(box, width / 2)
    if not colours or right <= left or top <= bottom:
        return ""
    x, y, a, b = (left + right) / 2, (bottom + top) / 2, (right - left) / 2, (top - bottom) / 2
    u, v = a * _CIRCLE, b * _CIRCLE
    path = (
        f"{x + a} {y} m {x + a} {y + v} {x + u} {y + b} {x} {y + b} c "
        f"{x - u} {y + b} {x - a} {y + v} {x - a} {y} c "
        f"{x - a} {y - v} {x - u} {y - b} {x} {y - b} c "
        f"{x + u} {y - b} {x + a} {y - v} {x + a} {y} c h "
    )
    return f"{colours}{width} w {path}{_painting(annotation, width)}"


def _line(annotation: Object, box: Points) -> str:
    return _stroked(annotation, [numbers_of(annotation.get("/L"))[:4]])


def _open_path(annotation: Object, box: Points) -> str:
    return _stroked(annotation, [numbers_of(annotation.get("/Vertices"))])


def _closed_path(annotation: Object, box: Points) -> str:
    path = _path(numbers_of(annotation.get("/Vertices")))
    width, colours = _border(annotation), _colours(annotation)
    return f"{colours}{width} w {path}h {_painting(annotation, width)}" if path and colours else ""


def _ink(annotation: Object, box: Points) -> str:
    lists = annotation.get("/InkList")
    return _stroked(
        annotation, [numbers_of(each) for each in lists] if isinstance(lists, Array) else []
    )


def _highlight(annotation: Object, box: Points) -> str:
    fill = _colour(annotation.get("/C"), "g", "rg", "k")
    areas = [
        f"{x1} {y1} m {x2} {y2} l {x4} {y4} l {x3} {y3} l h f"
        for x1, y1, x2, y2, x3, y3, x4, y4 in _quadrilaterals(annotation)
    ]
    return fill + " ".join(areas) if fill else ""


def _below(annotation: Object, box: Points) -> str:
    return _across(annotation, 0.08)


def _through(annotation: Object, box: Points) -> str:
    return _across(annotation, 0.5)


def _across(annotation: Object, share: float) -> str:
    """Draw a line across each quadrilateral, so much of its height above its foot."""
    lines = []
    for x1, y1, x2, y2, x3, y3, x4, y4 in _quadrilaterals(annotation):
        points = (
            x3 + (x1 - x3) * share,
            y3 + (y1 - y3) * share,
            x4 + (x2 - x4) * share,
            y4 + (y2 - y4) * share,
        )
        lines.append(points)
    return _stroked(annotation, lines)


def _link(annotation: Object, box: Points) -> str:
    """Draw the border of a link, which is black where nothing else is said."""
    width = _border(annotation)
    if not width:
        return ""
    stroke = _colour(annotation.get("/C"), "G", "RG", "K") or "0 G "
    left, bottom, right, top = box
    return (
        f"{stroke}{width} w {_dashes(annotation)}{left} {bottom} {right - left} {top - bottom} re s"
    )


def _widget(annotation: Object, box: Points) -> str:
    """Draw the frame of a field; its text is not known here."""
    looks = annotation.get("/MK")
    if not isinstance(looks, Dictionary):
        return ""
    width = _border(annotation)
    fill = _colour(looks.get("/BG"), "g", "rg", "k")
    stroke = _colour(looks.get("/BC"), "G", "RG", "K")
    left, bottom, right, top = box
    background = f"{fill}{left} {bottom} {right - left} {top - bottom} re f " if fill else ""
    if not stroke or not width:
        return background
    left, bottom, right, top = _inset(box, width / 2)
    frame = f"{left} {bottom} {right - left} {top - bottom} re s"
    return f"{background}{stroke}{width} w {_dashes(annotation)}{frame}"


_DRAWN: dict[str, Callable[[Object, Points], str]] = {
    "/Square": _square,
    "/Circle": _circle,
    "/Line": _line,
    "/PolyLine": _open_path,
    "/Polygon": _closed_path,
    "/Ink": _ink,
    "/Highlight": _highlight,
    "/Underline": _below,
    "/Squiggly": _below,
    "/StrikeOut": _through,
    "/Link": _link,
    "/Widget": _widget,
}


def _stroked(annotation: Object, shapes: Sequence[Points]) -> str:
    stroke = _colour(annotation.get("/C"), "G", "RG", "K")
    width = _border(annotation)
    paths = "".join(f"{_path(points)}S " for points in shapes if _path(points))
    return f"{stroke}{width} w {_dashes(annotation)}{paths}" if stroke and width and paths else ""


def _path(points: Points) -> str:
    pairs = list(zip(points[0::2], points[1::2], strict=False))
    if len(pairs) < 2:
        return ""
    (x, y), *others = pairs
    return f"{x} {y} m " + "".join(f"{x} {y} l " for x, y in others)


def _quadrilaterals(annotation: Object) -> list[Points]:
    points = numbers_of(annotation.get("/QuadPoints"))
    return [points[at : at + 8] for at in range(0, len(points) - 7, 8)]


def _painting(annotation: Object, width: float) -> str:
    fills = bool(_colour(annotation.get("/IC"), "g", "rg", "k"))
    strokes = bool(_colour(annotation.get("/C"), "G", "RG", "K")) and width > 0
    return {(True, True): "b", (True, False): "f", (False, True): "s"}.get((fills, strokes), "n")


def _colours(annotation: Object) -> str:
    stroke = _colour(annotation.get("/C"), "G", "RG", "K")
    return stroke + _colour(annotation.get("/IC"), "g", "rg", "k")


def _colour(given: Object | None, *operators: str) -> str:
    """Give the operator that sets a colour of one, three or four components."""
    components = numbers_of(given)
    operator = dict(zip((1, 3, 4), operators, strict=True)).get(len(components))
    return " ".join(map(str, components)) + f" {operator} " if operator else ""


def _border(annotation: Object) -> float:
    """Give the width of an annotation's border: 12.5.4."""
    style = annotation.get("/BS")
    if isinstance(style, Dictionary):
        width = style.get("/W")
        number = _number(width)
        return 1.0 if number is None else number
    border = numbers_of(annotation.get("/Border"))
    return border[2] if len(border) > 2 else 1.0


def _dashes(annotation: Object) -> str:
    style = annotation.get("/BS")
    if not isinstance(style, Dictionary) or style.get("/S") != Name.D:
        return ""
    pattern = numbers_of(style.get("/D")) or [3.0]
    return f"[{' '.join(map(str, pattern))}] 0 d "


def _inset(box: Points, by: float) -> Points:
    left, bottom, right, top = box
    return left + by, bottom + by, right - by, top - by


def numbers_of(given: Object | None) -> list[float]:
    """Give the numbers of an array, up to the first thing that is none."""
    numbers: list[float] = []
    for item in given if isinstance(given, Array) else ():
        number = _number(item)
        if number is None or len(numbers) == _POINTS:
            break
        numbers.append(number)
    return numbers


def _number(given: Object | None) -> float | None:
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
