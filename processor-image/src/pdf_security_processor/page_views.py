"""What a page is seen as: a picture, characters. Plain data; no PDF, no renderer."""

from dataclasses import dataclass

SAMPLES = 3
"""Bytes of a pixel: blue, green, red."""

_POINTS_AN_INCH = 72

Rectangle = tuple[float, float, float, float]
"""Left, bottom, right, top: in points, and in a page's coordinates."""


class CannotBeOpenedError(Exception):
    """The renderer does not open the document, or the page."""


@dataclass(frozen=True)
class Character:
    """One character of a page.

    Attributes:
        text: it; empty where the document does not say what it is.
        box: that it stands in; none where it was made up: white space between words, ends of lines.
        is_hyphen: whether it divides a word at the end of a line.
    """

    text: str
    box: Rectangle | None
    is_hyphen: bool = False


def size_of(width: float, height: float, dots_an_inch: float, most: int) -> tuple[int, int]:
    """Give the picture's size in pixels.

    Args:
        width: of the page, in points.
        height: of the page, in points.
        dots_an_inch: wanted.
        most: pixels that it may have; the picture of a larger page is coarser.
    """
    scale = dots_an_inch / _POINTS_AN_INCH
    pixels = width * height * scale * scale
    if pixels > most:
        scale *= (most / pixels) ** 0.5
    return max(1, int(width * scale)), max(1, int(height * scale))
